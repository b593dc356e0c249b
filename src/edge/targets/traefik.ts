import { banner, type Target } from "../target.ts";

export const traefik: Target = {
	name: "traefik",
	modes: ["override"],
	isExperimental: true,
	howTo: "Load it by the file provider, and name headguard@file in the middlewares of each router. A request that no router takes has no middleware.",
	files: ({ headers, remove }) => {
		// The file is a template of Go, in which two braces begin an expression.
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
