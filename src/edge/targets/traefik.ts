import { banner, type Target } from "../target.ts";

export const traefik: Target = {
	name: "traefik",
	modes: ["override"],
	isExperimental: true,
	howTo:
		"Load the file with the file provider, and add headguard@file to the middlewares of each router. A response to a request that matches no router does not have the headers.",
	files: ({ headers, remove }) => {
		// Traefik reads the file as a Go template, where two braces begin an expression.
		const value = (one: string): string => JSON.stringify(one).replaceAll("{{", '{{"{{"}}');
		const sets = [...headers.map((header) => `          ${header.name}: ${value(header.value)}\n`), ...remove.map((name) => `          ${name}: ""\n`)];
		return [
			{
				path: "headguard-traefik.yaml",
				text: `${banner("#")}http:\n  middlewares:\n    headguard:\n      headers:\n        customResponseHeaders:\n${sets.join("")}`,
			},
		];
	},
};
