import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const PAGES = readdirSync("docs/frameworks").filter((name) => name.endsWith(".md"));

/** A code block that names its file is that file of the app, or parts of it with a line "…" between them. */
const BLOCK = /^```\w+ (\S+)\n([\s\S]*?)^```$/gm;

describe.each(PAGES)("docs/frameworks/%s", (page) => {
	const text = readFileSync(`docs/frameworks/${page}`, "utf8");
	const app = `examples/frameworks/${page.replace(/\.md$/, "")}`;
	const blocks = [...text.matchAll(BLOCK)].map(([, file = "", code = ""]) => ({ file, code }));

	test("has lines of its app, and at most 120 lines", () => {
		expect(blocks).not.toEqual([]);
		expect(text.split("\n").length).toBeLessThanOrEqual(121);
	});

	test.each(blocks)("the block of $file is what the tested app has", ({ file, code }) => {
		expect([file, existsSync(`${app}/${file}`)]).toEqual([file, true]);
		const source = plain(readFileSync(`${app}/${file}`, "utf8"));
		let from = 0;
		for (const part of plain(code).split(/^\S*\s*…\s*\S*$/m)) {
			const at = source.indexOf(part.trim(), from);
			expect(at, `${file} does not have, in this order:\n${part.trim()}`).not.toBe(-1);
			from = at + part.trim().length;
		}
	});
});

test("a block that differs from its file is found (control)", () => {
	const [[, file, code] = []] = ["```js server.js\napp.use(headers);\n// …\n```\n".matchAll(BLOCK)].map((found) => [...found][0] ?? []);
	expect([file, code]).toEqual(["server.js", "app.use(headers);\n// …\n"]);
});

/** Without indentation, which differs where a part is from the middle. */
function plain(code: string): string {
	return code.replace(/^[ \t]+/gm, "");
}
