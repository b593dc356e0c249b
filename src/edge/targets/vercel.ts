import { jsonFile, quoted, type Target } from "../target.ts";

export const vercel: Target = {
	name: "vercel",
	modes: ["override"],
	howTo: "Merge it into vercel.json.",
	files(plan) {
		quoted(plan.headers, (value) =>
			/\$\w/.test(value) ? { refused: "$ before a letter or digit stands for a part of the path there. Write %24 in addresses." } : value,
		);
		return [
			{ path: "vercel.json", text: jsonFile({ headers: [{ source: "/(.*)", headers: plan.headers.map(({ name, value }) => ({ key: name, value })) }] }) },
		];
	},
};
