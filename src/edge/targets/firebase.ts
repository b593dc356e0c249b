import { jsonFile, type Target } from "../target.ts";

export const firebase: Target = {
	name: "firebase",
	modes: ["override"],
	howTo: "Merge the file into firebase.json. Responses of functions and Cloud Run need the middleware.",
	files: (plan) => [
		{
			path: "firebase.json",
			text: jsonFile({ hosting: { headers: [{ source: "**", headers: plan.headers.map(({ name, value }) => ({ key: name, value })) }] } }),
		},
	],
};
