import { jsonFile, type Target } from "../target.ts";

export const azure: Target = {
	name: "azure",
	modes: ["override"],
	isExperimental: true,
	howTo: "Merge the file into staticwebapp.config.json.",
	files: ({ headers }) => [
		{ path: "staticwebapp.config.json", text: jsonFile({ globalHeaders: Object.fromEntries(headers.map(({ name, value }) => [name, value])) }) },
	],
};
