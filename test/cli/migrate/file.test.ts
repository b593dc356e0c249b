import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replaceFile } from "../../../src/cli/files.ts";
import { migrateFile } from "../../../src/cli/migrate/file.ts";
import { readSource } from "../../../src/cli/migrate/sources.ts";
import { runHere } from "../../support/cli.ts";

let folder = "";
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "headguard-migrate-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const run = (...args: string[]) => runHere({}, folder, "migrate", ...args);
const APP = 'import helmet from "helmet";\napp.use(helmet({ contentSecurityPolicy: false }));\n';
const AFTER = 'import { secureHeaders } from "headguard";\napp.use(secureHeaders({ contentSecurityPolicy: false, xFrameOptions: "SAMEORIGIN" }));\n';
/** The run reached its end, and the files before and after the odd one were written. */
const withOthers = async (): ReturnType<typeof run> => {
	writeFileSync(at("a.js"), APP);
	writeFileSync(at("z.js"), APP);
	const result = await run("--write");
	expect([readFileSync(at("a.js"), "utf8"), readFileSync(at("z.js"), "utf8")]).toEqual([AFTER, AFTER]);
	return result;
};

describe("left as it is, said, and the others have their turn", () => {
	const wide = Buffer.from(`\ufeff${APP}`, "utf16le");
	test.each<[string, Buffer, string]>([
		["Latin-1", Buffer.from(`// caf\xe9\n${APP}`, "latin1"), "it is not UTF-8"],
		["UTF-16 with a mark", wide, "it is not UTF-8"],
		["UTF-16, the other way round", Buffer.from(wide).swap16(), "it is not UTF-8"],
		["UTF-16 without a mark", Buffer.from(APP, "utf16le"), "it is not UTF-8"],
		["half a character at its end", Buffer.concat([Buffer.from(APP), Buffer.from([0xc3])]), "it is not UTF-8"],
		["a surrogate by itself", Buffer.concat([Buffer.from(`${APP}// `), Buffer.from([0xed, 0xa0, 0x80])]), "it is not UTF-8"],
		["bytes that are no text", Buffer.concat([Buffer.from([0, 255, 254, 1]), Buffer.from(APP)]), "it is not UTF-8"],
		["zeroes", Buffer.from(`${APP}\0\0`), "the file cannot be parsed"],
		["brackets 20,000 deep", Buffer.from(`${APP}x = ${"[".repeat(20_000)}${"]".repeat(20_000)};\n`), "its code is nested too deeply"],
		["blocks 20,000 deep", Buffer.from(`${APP}${"{".repeat(20_000)}${"}".repeat(20_000)}\n`), "its code is nested too deeply"],
		["20,000 additions", Buffer.from(`${APP}x = 1${" + 1".repeat(20_000)};\n`), "its code is nested too deeply"],
		["20,000 members", Buffer.from(`${APP}x${".y".repeat(20_000)};\n`), "its code is nested too deeply"],
		[
			"options 3,000 deep",
			Buffer.from(`import helmet from "helmet";\napp.use(helmet({ hsts: ${"[".repeat(3000)}${"]".repeat(3000)} }));\n`),
			"nested too deeply",
		],
		["more than a million bytes", Buffer.from(APP + "// filler\n".repeat(110_000)), "it has 1100080 bytes"],
	])("%s", async (_name, bytes, reason) => {
		writeFileSync(at("m.js"), bytes);
		const { status, stdout, stderr } = await withOthers();
		expect([status, stderr]).toEqual([1, ""]);
		expect(stdout).toMatch(new RegExp(`^m\\.js:1: not changed: (?:.*)(?:${reason})`, "m"));
		expect(readFileSync(at("m.js")).equals(bytes)).toBe(true);
	});

	test("a file that is read-only", async () => {
		writeFileSync(at("m.js"), APP);
		chmodSync(at("m.js"), 0o444);
		const { status, stdout } = await withOthers();
		expect([status, stdout.includes("m.js:1: not changed: it is read-only\n")]).toEqual([1, true]);
		expect([readFileSync(at("m.js"), "utf8"), statSync(at("m.js")).mode & 0o777]).toEqual([APP, 0o444]);
	});

	test.skipIf(process.getuid?.() === 0)("files and folders that must not be read, a folder that must not be written", async () => {
		mkdirSync(at("closed"));
		mkdirSync(at("fixed"));
		writeFileSync(at("m.js"), APP);
		writeFileSync(at("fixed/a.js"), APP);
		chmodSync(at("m.js"), 0);
		chmodSync(at("closed"), 0);
		chmodSync(at("fixed"), 0o555);
		const { status, stdout } = await withOthers();
		for (const mode of ["closed", "fixed"]) chmodSync(at(mode), 0o755);
		expect(status).toBe(1);
		expect(stdout).toContain("closed: not changed: it cannot be read: EACCES");
		expect(stdout).toContain("m.js:1: not changed: it cannot be read: EACCES");
		expect(stdout).toContain("fixed/a.js:1: not changed: it cannot be written: EACCES");
		expect(readFileSync(at("fixed/a.js"), "utf8")).toBe(APP);
	});

	test("a file that was changed after it was read, or is gone", () => {
		writeFileSync(at("m.js"), APP);
		const source = readSource(at("m.js"));
		writeFileSync(at("m.js"), `${APP}// mine\n`);
		expect(replaceFile(at("m.js"), source?.text === undefined ? Buffer.alloc(0) : source.bytes, AFTER)).toBe(
			"it was changed meanwhile. Run this command again",
		);
		expect(readFileSync(at("m.js"), "utf8")).toBe(`${APP}// mine\n`);
		rmSync(at("m.js"));
		expect(replaceFile(at("m.js"), Buffer.from(APP), AFTER)).toContain("it cannot be written: ENOENT");
		expect(readdirSync(folder)).toEqual([]);
	});

	test("what does not speak of helmet is not looked at, however odd it is", async () => {
		writeFileSync(at("b.js"), Buffer.from([0xff, 0xfe, 0, 1]));
		writeFileSync(at("c.js"), "[".repeat(50_000));
		writeFileSync(at("d.js"), "");
		writeFileSync(at("e.js"), "");
		truncateSync(at("e.js"), 50_000_000);
		expect(await withOthers()).toMatchObject({ status: 0, stderr: "" });
	});
});

describe("what changes, and nothing else", () => {
	test.each([
		["a mark at the beginning", `\ufeff${APP}`, `\ufeff${AFTER}`],
		["a first line for the shell", `#!/usr/bin/env node\n${APP}`, `#!/usr/bin/env node\n${AFTER}`],
		["a mark and a first line for the shell, and no end of the last", `#!/usr/bin/env node\r\n${APP.trimEnd()}`, `#!/usr/bin/env node\r\n${AFTER.trimEnd()}`],
		["line ends of both kinds", `// a\r\n// b\n${APP}// c\r\nx = \`\r\n\n\`;\r\n`, `// a\r\n// b\n${AFTER}// c\r\nx = \`\r\n\n\`;\r\n`],
		["trailing space, tabs, characters beyond ASCII", `\t \n// ünï 😀\u00a0\n${APP} \t`, `\t \n// ünï 😀\u00a0\n${AFTER} \t`],
	])("%s", async (_name, before, after) => {
		writeFileSync(at("a.js"), before);
		expect((await run("--write", "a.js")).status).toBe(0);
		expect(readFileSync(at("a.js"), "utf8")).toBe(after);
	});

	test("new lines end as most of the others, and literals that move keep theirs", () => {
		const call = "app.use(helmet({ contentSecurityPolicy: { directives: { scriptSrc: [() => `'self'\n`] } } }));";
		const text = migrateFile(`import helmet from "helmet";\r\n${call}\r\n\r\n\r\n// end\n`, "a.js")?.text ?? "";
		expect(text.split(/\r?\n/).length).toBeGreaterThan(15);
		expect(text.split(/(?<!\r)\n/)).toHaveLength(3);
		expect(text).toContain("`'self'\n`");
	});

	test("the mode, the link, and no file beside it", async () => {
		writeFileSync(at("real.mjs"), APP);
		chmodSync(at("real.mjs"), 0o751);
		symlinkSync("real.mjs", at("link.mjs"));
		expect((await run("--write", "link.mjs")).status).toBe(0);
		expect(lstatSync(at("link.mjs")).isSymbolicLink()).toBe(true);
		expect([readFileSync(at("real.mjs"), "utf8"), statSync(at("real.mjs")).mode & 0o777]).toEqual([AFTER, 0o751]);
		expect(readdirSync(folder).toSorted()).toEqual(["link.mjs", "real.mjs"]);
	});

	test("a folder called like a file, a link in a circle, folders of others; each file once", async () => {
		for (const name of ["x.js", "node_modules", "dist", "coverage", ".cache", "x.js/dist"]) {
			mkdirSync(at(name));
			writeFileSync(at(`${name}/a.js`), APP);
		}
		symlinkSync(".", at("x.js/again"));
		const { status, stdout } = await run("--write", ".", "x.js", "x.js/a.js");
		expect([status, stdout.match(/^\S+:\d+:/gm)]).toEqual([0, ["x.js/a.js:2:"]]);
		expect(readFileSync(at("dist/a.js"), "utf8")).toBe(APP);
		expect((await run("--write", "dist")).status).toBe(0);
		expect(readFileSync(at("dist/a.js"), "utf8")).toBe(AFTER);
	});
});

/** Pieces that an expression or a loop may look at again from each place. */
test.each<[string, string, string]>([
	["white space before the end of a statement", "app.use(helmet({ contentSecurityPolicy: false }))x", ";"],
	["white space and line ends there", "app.use(helmet({ contentSecurityPolicy: false }))", " \n"],
	["white space inside", "app.use(helmet({", " "],
	["line ends inside", "app.use(helmet({", "\n"],
	["the name of the application", "app = 1;", "app = 1;"],
	["comments", "app.use(helmet({ contentSecurityPolicy: false }));", "/**/"],
	["calls", "", "app.use(helmet({ contentSecurityPolicy: false }));\n"],
	["routes", "app.use(helmet({ contentSecurityPolicy: false }));", 'get("/", helmet.noSniff());\n'],
	["other mounts", "app.use(helmet({ contentSecurityPolicy: false }));", "app.use((a, b, next) => next());\n"],
	["names", "const a = 1;", "a;"],
	["a long source", 'app.use(helmet({ contentSecurityPolicy: { directives: { imgSrc: ["', " "],
	["many sources", 'app.use(helmet({ contentSecurityPolicy: { directives: { imgSrc: ["', "https://a.example "],
])("50,000 characters of it take a time that grows with the length: %s", (name, before, piece) => {
	const endings: Readonly<Record<string, string>> = { inside: " contentSecurityPolicy: false }));", source: '"] } } }));' };
	const ending = Object.entries(endings).find(([key]) => name.includes(key))?.[1] ?? "";
	const seconds = (length: number): number => {
		const middle = piece.repeat(Math.ceil(length / piece.length));
		const text = `import helmet from "helmet";\nconst app = express();\n${name.startsWith("white space before") ? `${before.slice(0, -1)}${" ".repeat(length)};` : `${before}${middle}${ending};`}\napp.use(helmet.hsts());\n`;
		const start = performance.now();
		migrateFile(text, "a.js");
		return performance.now() - start;
	};
	seconds(6250);
	// Eight times as much: 64 times the time, if it were the square.
	expect(seconds(50_000)).toBeLessThan(40 * Math.max(seconds(6250), 25));
});
