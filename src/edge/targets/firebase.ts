import { jsonFile, type Target } from "../target.ts";

export const firebase: Target = {
	name: "firebase",
	modes: ["override"],
	howTo: "Merge it into firebase.json. Functions and Cloud Run need the middleware.",
	files: (plan) => [
		{
			path: "firebase.json",
			text: jsonFile({ hosting: { headers: [{ source: "**", headers: plan.headers.map(({ name, value }) => ({ key: name, value })) }] } }),
		},
	],
};
