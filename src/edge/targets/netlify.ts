import type { Target } from "../target.ts";
import { headersFile } from "./headers-file.ts";

export const netlify: Target = {
	name: "netlify",
	modes: ["override"],
	howTo: "Put it into the folder that is deployed. Functions, server-side rendering and proxied content need the middleware.",
	files: (plan) => [
		{
			path: "_headers",
			text: headersFile(plan, (value) =>
				// Its reader takes a value apart at commas, and puts it together again.
				value
					.split(",")
					.map((part) => part.trim())
					.join(", ") === value
					? value
					: { refused: "a comma without one space behind it would get one. Write %2C in addresses, or a space behind it." },
			),
		},
	],
};
