import type { Target } from "../target.ts";
import { headersFile } from "./headers-file.ts";

export const cloudflare: Target = {
	name: "cloudflare",
	modes: ["override"],
	limits: [
		{
			what: "value",
			most: 1900,
			remedy: "A line over 2000 characters vanishes silently. Use hashes or 'strict-dynamic' in place of long lists.",
			isFatal: true,
		},
		{ what: "count", most: 99, remedy: "Leave some out.", isFatal: true },
	],
	howTo:
		"Put it into the folder that is deployed. Another rule for the same path joins its values to these: keep one. Answers of functions need the middleware.",
	files: (plan) => [
		{
			path: "_headers",
			text: headersFile(plan, (value) => (value.includes(":splat") ? { refused: "`:splat` stands for the path there. Take it out." } : value)),
		},
	],
};
