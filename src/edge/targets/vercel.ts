import { jsonFile, quoted, type Target } from "../target.ts";

export const vercel: Target = {
	name: "vercel",
	modes: ["override"],
	howTo: "Merge the file into vercel.json.",
	files(plan) {
		quoted(plan.headers, (value) =>
			/\$\w/.test(value) ? { refused: "Vercel replaces $ and the letter or digit after it with a part of the path. Write %24 in URLs." } : value,
		);
		return [
			{ path: "vercel.json", text: jsonFile({ headers: [{ source: "/(.*)", headers: plan.headers.map(({ name, value }) => ({ key: name, value })) }] }) },
		];
	},
};
