import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const PAGES = readdirSync("docs/frameworks").filter((name) => name.endsWith(".md"));

/** A code block that names its file is that file of the app, or parts of it with a line "…" between them. */
const BLOCK = /^```\w+ (\S+)\n([\s\S]*?)^```$/gm;

describe.each(PAGES)("docs/frameworks/%s", (page) => {
	const text = readFileSync(`docs/frameworks/${page}`, "utf8");
	const app = `examples/frameworks/${page.replace(/\.md$/, "")}`;
	const blocks = [...text.matchAll(BLOCK)].map(([, file = "", code = ""]) => ({ file, code }));

	test("has lines of its app, and at most 145 lines", () => {
		expect(blocks).not.toEqual([]);
		expect(text.split("\n").length).toBeLessThanOrEqual(146);
	});

	test("says what to install, and where each name of headguard comes from", () => {
		expect(text).toMatch(/npm install headguard\b/);
		const missing = [...new Set(blocks.map(({ file }) => file))].flatMap((file) => {
			const shown = blocks.filter((block) => block.file === file).map(({ code }) => code);
			const imports = readFileSync(`${app}/${file}`, "utf8").matchAll(IMPORT);
			return [...imports].filter(([line, names = ""]) => uses(shown, line, names)).map(([line]) => `${file}: ${line}`);
		});
		expect(missing).toEqual([]);
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

const IMPORT = /^import \{ (.+) \} from "(?:headguard(?:\/\w+)?|\.\/headers(?:\.js)?)";$/gm;

/** Whether code has one of the names, and not the line that imports it. */
function uses(shown: readonly string[], line: string, names: string): boolean {
	const code = shown.join("\n");
	return !code.includes(line) && names.split(", ").some((name) => new RegExp(`\\b${name}\\b`).test(code));
}

/** Without indentation, which differs where a part is from the middle. */
function plain(code: string): string {
	return code.replace(/^[ \t]+/gm, "");
}
