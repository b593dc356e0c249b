import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { securedBy } from "../../src/compiled/index.ts";
import { inFolder } from "../support/cli.ts";

const { headguard, write, folder } = inFolder("compile");
const HEADGUARD = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/index.js")).href);
const POLICY = `import { secureHeaders } from ${HEADGUARD};
export const headers = secureHeaders();
export const checkout = headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: ["https://js.pay.example"] } } });
export const api = secureHeaders({ preset: "api" });
export const other = 5;
`;
const textOf = (file: string): string => readFileSync(join(folder(), file), "utf8");

describe("headguard compile", () => {
	test("writes an ES module and its declaration, which securedBy reads", async () => {
		write("headers.mjs", POLICY);
		const run = await headguard("compile", "headers.mjs", "--out", "headers.compiled.mjs");
		expect(run).toEqual({ status: 0, stdout: "headers.compiled.mjs\nheaders.compiled.d.mts\n", stderr: "" });
		const { default: compiled } = await import(pathToFileURL(join(folder(), "headers.compiled.mjs")).href);
		expect(Object.keys(securedBy(compiled).overrides)).toEqual(["api", "checkout"]);
		expect(textOf("headers.compiled.mjs")).toMatch(
			/^\/\/ Compiled from headers\.mjs by headguard compile\. Do not edit it: run the command again\.\nexport default \{\n/,
		);
		expect(textOf("headers.compiled.d.mts")).toContain('declare const compiled: CompiledModule<"api" | "checkout">;\nexport default compiled;\n');
	});

	test("a change of one header changes the lines of that header, and the checksum", async () => {
		write("headers.mjs", POLICY);
		await headguard("compile", "headers.mjs", "--out", "a.js");
		write("changed.mjs", POLICY.replace("https://js.pay.example", "https://js.pay2.example"));
		await headguard("compile", "changed.mjs", "--out", "b.js");
		const [a, b] = [textOf("a.js").split("\n"), textOf("b.js").split("\n")];
		expect(a.filter((line, i) => line !== b[i]).map((line) => line.slice(0, 30))).toEqual([
			"// Compiled from headers.mjs b",
			expect.stringMatching(/^\t"checksum": "/),
			// On top of headers, and on top of api.
			...Array(2).fill('\t\t{"name":"Content-Security-Po'),
		]);
	});

	test.each([
		["--cjs", "c.js", "c.d.ts"],
		[undefined, "c.cjs", "c.d.cts"],
	])("CommonJS with %s, as %s", async (flag, out, types) => {
		write("headers.mjs", POLICY);
		write("package.json", "{}");
		expect((await headguard("compile", "headers.mjs", "--out", out, ...(flag === undefined ? [] : [flag]))).status).toBe(0);
		expect(typeof securedBy(createRequire(import.meta.url)(join(folder(), out)))).toBe("function");
		expect(textOf(types)).toContain("export = compiled;");
	});

	test("--check passes for the same policy, and fails for another, an edited or a missing file, and writes nothing", async () => {
		write("headers.mjs", POLICY);
		const check = (file: string) => headguard("compile", file, "--out", "h.js", "--check");
		expect(await check("headers.mjs")).toEqual({
			status: 1,
			stdout: "",
			stderr: "h.js and h.d.ts: not what headers.mjs compiles to. Run headguard compile headers.mjs --out h.js.\n",
		});
		expect(existsSync(join(folder(), "h.js"))).toBe(false);
		await headguard("compile", "headers.mjs", "--out", "h.js");
		expect(await check("headers.mjs")).toEqual({ status: 0, stdout: "", stderr: "" });
		const written = textOf("h.js");
		write("h.js", written.replaceAll("\n", "\r\n"));
		expect((await check("headers.mjs")).status, "as Git writes it on Windows").toBe(0);
		write("h.js", written.replace("DENY", "SAMEORIGIN"));
		expect((await check("headers.mjs")).status).toBe(1);
		expect(textOf("h.js")).toContain("SAMEORIGIN");
		write("h.js", written);
		write("changed.mjs", POLICY.replace("js.pay", "js2.pay"));
		expect((await check("changed.mjs")).status).toBe(1);
	});

	test("warnings are printed, and a policy that is refused writes nothing", async () => {
		write("weak.mjs", "export const options = { xFrameOptions: 'SAMEORIGIN' };");
		expect((await headguard("compile", "weak.mjs", "--out", "w.js")).stderr).toMatch(/^warning: xFrameOptions: .*\[frame\/conflict\]\n/);
		write("bad.mjs", "export const options = { frameguard: true };");
		const { status, stdout, stderr } = await headguard("compile", "bad.mjs", "--out", "b.js");
		expect([status, stdout, stderr]).toEqual([1, "", expect.stringContaining("[option/alias]")]);
		write("dynamic.mjs", `${POLICY}export const tenant = headers.extend(() => ({}));`);
		const dynamic = await headguard("compile", "dynamic.mjs", "--out", "b.js");
		expect([dynamic.status, dynamic.stderr]).toEqual([1, expect.stringContaining("tenant: a function makes its patch in each request")]);
		expect(existsSync(join(folder(), "b.js"))).toBe(false);
	});

	test.each([
		[["headers.mjs"], "one module and --out are needed"],
		[["--out", "a.js"], "one module and --out are needed"],
		[["headers.mjs", "more.mjs", "--out", "a.js"], "one module and --out are needed"],
		[["headers.mjs", "--out", "headers.mjs"], "is the module itself"],
		[["headers.mjs", "--out", "a.js", "--stacks", "0"], 'received "0"'],
		[["headers.mjs", "--out", "none/a.js"], "none/a.js cannot be written"],
		[["none.mjs", "--out", "a.js"], "the file does not exist"],
	])("called as %j, it ends with 2", async (args, message) => {
		write("headers.mjs", POLICY);
		const { status, stderr } = await headguard("compile", ...args);
		expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
		expect(textOf("headers.mjs")).toBe(POLICY);
	});
});
