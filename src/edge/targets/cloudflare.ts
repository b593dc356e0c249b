import type { Target } from "../target.ts";
import { headersFile } from "./headers-file.ts";

export const cloudflare: Target = {
	name: "cloudflare",
	modes: ["override"],
	limits: [
		{
			what: "value",
			most: 1900,
			remedy: "Cloudflare ignores a line of more than 2000 characters without a message. Use hashes or 'strict-dynamic' instead of long lists.",
			isFatal: true,
		},
		{ what: "count", most: 99, remedy: "Switch some of them off.", isFatal: true },
	],
	howTo:
		"Put the file into the folder that you deploy. Cloudflare joins the values of another rule for the same path to these, so keep only one rule. Responses of functions need the middleware.",
	files: (plan) => [
		{
			path: "_headers",
			text: headersFile(plan, (value) =>
				value.includes(":splat") ? { refused: "Cloudflare replaces :splat with a part of the path. Remove :splat." } : value,
			),
		},
	],
};
