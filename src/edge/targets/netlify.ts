import type { Target } from "../target.ts";
import { headersFile } from "./headers-file.ts";

export const netlify: Target = {
	name: "netlify",
	modes: ["override"],
	howTo: "Put the file into the folder that you deploy. Functions, server-side rendering and proxied content need the middleware.",
	files: (plan) => [
		{
			path: "_headers",
			text: headersFile(plan, (value) =>
				// Netlify splits a value at commas, and joins the parts with a comma and a space.
				value
					.split(",")
					.map((part) => part.trim())
					.join(", ") === value
					? value
					: { refused: "Netlify writes exactly one space after each comma. Write %2C in URLs, or one space after the comma." },
			),
		},
	],
};
