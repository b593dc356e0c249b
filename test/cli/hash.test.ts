import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inlineCode } from "../../src/cli/inline.ts";
import { csp, secureHeaders } from "../../src/index.ts";
import { runHere } from "../support/cli.ts";

let folder = "";
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "headguard-hash-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const headguard = (...args: string[]) => runHere({}, folder, ...args);

const page = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const found = (text: string) => inlineCode(text).map(({ directive, text, line }) => [directive, text, line]);

describe("inline code, as a browser's parser sees it", () => {
	test.each<[string, readonly (readonly [string, string, number])[]]>([
		[
			"<script>a</script>\n<script type=module>b</script>",
			[
				["scriptSrc", "a", 1],
				["scriptSrc", "b", 2],
			],
		],
		[
			"<script type=' text/javascript'>a</script><script type=importmap>{}</script><script type=speculationrules>{}</script>",
			[
				["scriptSrc", "a", 1],
				["scriptSrc", "{}", 1],
				["scriptSrc", "{}", 1],
			],
		],
		["<script src=/a.js>ignored</script><script type=application/json>{}</script><script type=text/template>x</script><script></script>", []],
		[
			"<style>a{}</style><style></style>",
			[
				["styleSrc", "a{}", 1],
				["styleSrc", "", 1],
			],
		],
		[
			"<p style='a: b' onclick='x(&quot;y&quot;)' once=1 on=2>",
			[
				["styleSrcAttr", "a: b", 1],
				["scriptSrcAttr", 'x("y")', 1],
				["scriptSrcAttr", "1", 1],
			],
		],
		[
			"<template><script>a</script></template><noscript><style>b{}</style></noscript>",
			[
				["scriptSrc", "a", 1],
				["styleSrc", "b{}", 1],
			],
		],
		["\n\n<iframe srcdoc='<script>a</script>'></iframe>", [["scriptSrc", "a", 3]]],
		[
			"<svg><script>a&lt;b</script><script href=x></script><style>c{}</style></svg>",
			[
				["scriptSrc", "a<b", 1],
				["styleSrc", "c{}", 1],
			],
		],
		["<script>a\r\nb\rc</script>", [["scriptSrc", "a\nb\nc", 1]]],
		[
			"<!-- <script>a</script> --><textarea><script>b</script></textarea><script><!-- <script>c</script> --></script>",
			[["scriptSrc", "<!-- <script>c</script> -->", 1]],
		],
		["", []],
	])("%j", (text, code) => {
		expect(found(text)).toEqual(code);
	});
});

describe("headguard hash", () => {
	const one = csp.hash("sha256", "one()");
	const two = csp.hash("sha256", "two()");

	test("writes JSON, directives and a TypeScript module, sorted, each hash once", async () => {
		page("a.html", "<script>one()</script><script>two()</script>");
		mkdirSync(join(folder, "deep"));
		page("deep/b.htm", "<script>one()</script><b onclick='one()'>");
		page("deep/readme.txt", "<script>three()</script>");
		const directives = { scriptSrc: [one, two].sort(), scriptSrcAttr: ["'unsafe-hashes'", one] };
		expect(JSON.parse((await headguard("hash", ".")).stdout)).toEqual(directives);
		expect((await headguard("hash", "a.html", "--format", "directives", "--algorithm", "sha384")).stdout).toBe(
			`script-src ${[csp.hash("sha384", "one()"), csp.hash("sha384", "two()")].sort().join(" ")}\n`,
		);
		expect(await headguard("hash", ".", "--out", "hashes.ts")).toEqual({ status: 0, stdout: "", stderr: "hashes.ts: 3 hashes of 2 pages.\n" });
		const module = readFileSync(join(folder, "hashes.ts"), "utf8");
		expect(module).toMatch(/^\/\/ .+\nexport const inlineHashes = \{\n[\s\S]+\} as const;\n$/);
		expect(JSON.parse(module.slice(module.indexOf("{"), module.lastIndexOf("}") + 1))).toEqual(directives);
	});

	test("hashes of a policy in a meta tag are in the header too, because both are in force", async () => {
		const meta = (content: string): string => `<meta http-equiv="content-security-policy" content="${content}">`;
		const own = "'sha384-b3du'";
		page(
			"a.html",
			`<head>${meta(`Script-Src 'self' 'strict-dynamic' ${one} ${two} 'sha256-no?base64'; style-src-elem ${own}; style-src-attr 'unsafe-hashes' ${own}; img-src ${own}`)}</head>
<script>one()</script>`,
		);
		const directives = { scriptSrc: [one, two].sort(), styleSrc: [own], styleSrcAttr: ["'unsafe-hashes'", own] };
		expect(JSON.parse((await headguard("hash", ".")).stdout)).toEqual(directives);
		const { styleSrcAttr: _, ...without } = directives;
		expect(JSON.parse((await headguard("hash", ".", "--no-attributes")).stdout)).toEqual(without);
		await headguard("hash", ".", "--out", "hashes.json");
		// Browsers ignore a policy in the body, and what another tag says about reports or in a template.
		page(
			"a.html",
			`<head><template>${meta(`script-src ${two}`)}</template><meta name="content-security-policy" content="script-src ${two}"></head>
<body>${meta(`script-src ${two}`)}<script>one()</script>`,
		);
		expect(JSON.parse((await headguard("hash", ".")).stdout)).toEqual({ scriptSrc: [one] });
		expect((await headguard("hash", ".", "--check", "hashes.json")).stderr).toContain(`  - scriptSrc ${two}  no page has this code anymore\n`);
		page("a.html", `<head>${meta(`script-src ${two}`)}</head>`);
		page("empty.json", "{}");
		expect((await headguard("hash", "a.html", "--check", "empty.json")).stderr).toContain(`  + scriptSrc ${two}  a.html:1, a policy in <meta>\n`);
	});

	test("CRLF and LF agree, and a byte order mark is no code", async () => {
		page("lf.html", "<script>\none()\n</script>");
		page("crlf.html", "\uFEFF<script>\r\none()\r\n</script>");
		expect((await headguard("hash", "crlf.html")).stdout).toBe((await headguard("hash", "lf.html")).stdout);
	});

	test.each(["hashes.json", "hashes.ts", "hashes.txt"])("--check compares with %s, whatever a formatter made of it", async (file) => {
		page("a.html", "<script>one()</script><style>a{}</style>");
		await headguard("hash", ".", "--out", file, ...(file.endsWith("txt") ? ["--format", "directives"] : []));
		writeFileSync(join(folder, file), readFileSync(join(folder, file), "utf8").replaceAll('"', "`").replaceAll("\t", " "));
		expect(await headguard("hash", ".", "--check", file)).toEqual({ status: 0, stdout: "", stderr: `${file} has all 2 hashes.\n` });
		page("a.html", "<script>two()</script><style>a{}</style>");
		const differs = await headguard("hash", ".", "--check", file);
		expect(differs.status).toBe(1);
		expect(differs.stderr).toContain(`  + scriptSrc ${two}  a.html:1, <script>\n  - scriptSrc ${one}  no page has this code anymore\n`);
	});

	test("links to folders, links to nothing and folders with the name of a page are no trouble", async () => {
		mkdirSync(join(folder, "site/x.html"), { recursive: true });
		page("site/x.html/index.html", "<script>one()</script>");
		for (const [name, target] of [
			["loop", "."],
			["again", ".."],
			["gone.html", "nowhere"],
		] as const)
			symlinkSync(target, join(folder, "site", name));
		// "again" leads out of the folder, and is found anyway where the folder around it is named.
		expect((await headguard("hash", "site", "--out", "hashes.json")).stderr).toBe(
			"site/again: it is a link to another folder, which is not followed. Name the folder to include it.\nhashes.json: 1 hash of 1 page.\n",
		);
		expect((await headguard("hash", ".", "--out", "hashes.json")).stderr).toBe("hashes.json: 1 hash of 1 page.\n");
	});

	test("links out of the folder are not followed, and those in it and the folder itself are", async () => {
		mkdirSync(join(folder, "site/parts"), { recursive: true });
		mkdirSync(join(folder, "other"));
		page("site/index.html", "<script>one()</script>");
		page("site/parts/text", "<script>two()</script>");
		page("other/secret.html", "<script>three()</script>");
		symlinkSync("parts/text", join(folder, "site/two.html"));
		symlinkSync("../other", join(folder, "site/other"));
		symlinkSync("../other/secret.html", join(folder, "site/secret.html"));
		symlinkSync("site", join(folder, "current"));
		const { status, stdout, stderr } = await headguard("hash", "current");
		expect([status, JSON.parse(stdout), stderr]).toEqual([
			0,
			{ scriptSrc: [one, two].sort() },
			"current/other: it is a link to another folder, which is not followed. Name the folder to include it.\ncurrent/secret.html: it is a link to another folder, which is not followed. Name the folder to include it.\n",
		]);
		expect(JSON.parse((await headguard("hash", "site/secret.html")).stdout)).toEqual({ scriptSrc: [csp.hash("sha256", "three()")] });
	});

	test("a javascript: URL is named, because no hash lets it pass", async () => {
		page("a.html", '<a href=" java\nscript:one()">x</a>');
		const { status, stderr } = await headguard("hash", "a.html");
		expect([status, stderr]).toEqual([0, "a.html:1: href of <a> is a javascript: URL, which a hash cannot allow. Add a listener in a script instead.\n"]);
	});

	const ATTRIBUTES = `<script>one()</script><style>a{}</style><b onclick='one()' style='a: b'></b>\n<i style="c: d" onclick=two()></i>`;
	const style = csp.hash("sha256", "a{}");

	test.each(["json", "directives", "ts"])("--no-attributes leaves out attributes, with --format %s, and names each event handler", async (format) => {
		page("a.html", ATTRIBUTES);
		const all = await headguard("hash", "a.html", "--format", format);
		expect([all.stderr, /attr/i.test(all.stdout)]).toEqual(["", true]);
		const { status, stdout, stderr } = await headguard("hash", "a.html", "--no-attributes", "--format", format);
		expect([status, stderr]).toEqual([
			0,
			"a.html:1: onclick of <b> is left out, so the policy blocks it unless it allows event handlers.\na.html:2: onclick of <i> is left out, so the policy blocks it unless it allows event handlers.\n",
		]);
		expect(stdout.match(/(?:script|style)-?src(?:-?attr)?|'[^']+'/gi)).toEqual(
			format === "directives" ? ["script-src", one, "style-src", style] : ["scriptSrc", one, "styleSrc", style],
		);
	});

	test("--check with --no-attributes knows a file that was written with it, and wants no more", async () => {
		page("a.html", ATTRIBUTES);
		await headguard("hash", ".", "--no-attributes", "--out", "hashes.json");
		expect(await headguard("hash", ".", "--no-attributes", "--check", "hashes.json")).toMatchObject({ status: 0 });
		const differs = await headguard("hash", ".", "--check", "hashes.json");
		expect([differs.status, differs.stderr.match(/ {2}[+-] \w+/g)]).toEqual([
			1,
			["  + scriptSrcAttr", "  + scriptSrcAttr", "  + styleSrcAttr", "  + styleSrcAttr"],
		]);
		await headguard("hash", ".", "--out", "all.json");
		expect((await headguard("hash", ".", "--no-attributes", "--check", "all.json")).status).toBe(1);
	});

	test("a policy with 'unsafe-inline' for attributes refuses their hashes and names the flag, and takes the others", async () => {
		page("a.html", ATTRIBUTES);
		const hashes = JSON.parse((await headguard("hash", "a.html")).stdout);
		const without = JSON.parse((await headguard("hash", "a.html", "--no-attributes")).stdout);
		const headers = secureHeaders({
			contentSecurityPolicy: { directives: { scriptSrc: [csp.self], styleSrc: [csp.self], styleSrcAttr: [csp.unsafeInline] } },
		});
		expect(() => headers.extend({ contentSecurityPolicy: { directives: hashes } })).toThrow(
			/^extend\.contentSecurityPolicy\.directives\.styleSrcAttr: a nonce or hash makes .+ write headguard hash --no-attributes\. \[override\/restricts\]$/,
		);
		expect(() => headers.extend({ contentSecurityPolicy: { directives: without } })).not.toThrow();
		// Where the code is in elements the flag would not help.
		const open = secureHeaders({ contentSecurityPolicy: { directives: { styleSrc: [csp.self, csp.unsafeInline] } } });
		expect(() => open.extend({ contentSecurityPolicy: { directives: { styleSrc: [style] } } })).toThrow(/to restrict\. \[override\/restricts\]$/);
		expect(() => open.extend({ contentSecurityPolicy: { directives: { styleSrcAttr: [csp.unsafeHashes, style] } } })).toThrow("--no-attributes");
	});

	test("nesting and long lists have no limit", async () => {
		page("deep.html", `${"<div>".repeat(5000)}<script>one()</script><noscript>${"<p style='x'>".repeat(50_000)}</noscript>`);
		expect(JSON.parse((await headguard("hash", "deep.html")).stdout)).toMatchObject({ scriptSrc: [one] });
	});

	test("what is not UTF-8 is refused: its hashes would never match", async () => {
		writeFileSync(join(folder, "utf16.html"), Buffer.from("\uFEFF<script>one()</script>", "utf16le"));
		expect(await headguard("hash", "utf16.html")).toMatchObject({ status: 2, stdout: "" });
	});

	test("a hash that is committed for another directive is missing", async () => {
		page("a.html", "<script>one()</script>");
		page("hashes.json", JSON.stringify({ styleSrc: [one] }));
		expect((await headguard("hash", ".", "--check", "hashes.json")).status).toBe(1);
	});

	test.each<[string, readonly string[], string]>([
		["nothing", ["hash"], "no file or folder was given"],
		["a folder without pages", ["hash", "."], "no .html file in ."],
		["a script instead of a page", ["hash", "app.js"], "app.js is not a page. The command hashes the inline code of HTML. Name the page, or its folder."],
		["a file that is not there", ["hash", "gone.html"], "gone.html cannot be read"],
		["a file to compare with that is not there", ["hash", "a.htm", "--check", "gone.json"], "gone.json cannot be read"],
		["a place that cannot be written", ["hash", "a.htm", "--out", "gone/x.json"], "gone/x.json cannot be written"],
		["a misspelt flag", ["hash", "a.htm", "--chek", "x"], 'unknown flag --chek. Did you mean "--check"?'],
		["a flag with a value", ["hash", "a.htm", "--no-attributes=x"], "--no-attributes takes no value."],
		["a short flag", ["hash", "a.htm", "-o"], "unknown flag -o."],
		["a flag of Object.prototype", ["hash", "--toString"], "unknown flag --toString."],
		["a flag without its value", ["hash", "a.htm", "--out"], "--out needs a value: --out <file>."],
		["a value that is none", ["hash", "a.htm", "--format", "yaml"], '--format: received "yaml". Write json, directives, ts.'],
		["a misspelt command", ["hsah", "a.htm"], 'unknown command "hsah". Did you mean "hash"?'],
	])("%s is refused with exit code 2 and no stack trace", async (title, args, message) => {
		if (!title.startsWith("a folder")) page("a.htm", "<script>one()</script>");
		const { status, stdout, stderr } = await headguard(...args);
		expect([status, stdout]).toEqual([2, ""]);
		expect(stderr).toContain(`headguard: ${message}`);
		expect(stderr).not.toContain("    at ");
	});

	test("help names every command and every flag", async () => {
		expect((await headguard("--help")).stdout).toMatch(/\n {2}hash +Hashes/);
		expect((await headguard()).status).toBe(2);
		for (const flag of ["--format", "--out", "--check", "--algorithm", "--no-attributes"]) expect((await headguard("hash", "--help")).stdout).toContain(flag);
		expect((await headguard("--version")).stdout).toBe(`${JSON.parse(readFileSync("package.json", "utf8")).version}\n`);
	});
});

describe("--framework", () => {
	const HASH = csp.hash("sha256", "a()");
	const build = (file: string): void => {
		mkdirSync(join(folder, file, ".."), { recursive: true });
		page(file, "<script>a()</script>");
	};

	test.each([
		["next", ".next/server/app/stat.html"],
		["next", ".next/server/pages/404.html"],
		["nuxt", ".output/public/about/index.html"],
		["astro", "dist/client/index.html"],
		["astro", "dist/index.html"],
		["sveltekit", "build/prerendered/about.html"],
		["react-router", "build/client/index.html"],
		["vike", "dist/client/index.html"],
		["vite", "dist/index.html"],
	])("%s has written %s", async (name, file) => {
		build(file);
		const { status, stdout } = await headguard("hash", "--framework", name);
		expect([status, JSON.parse(stdout)]).toEqual([0, { scriptSrc: [HASH] }]);
	});

	test("in the folder of another project", async () => {
		build("web/dist/client/index.html");
		const { stdout } = await headguard("hash", "web", "--framework", "astro", "--format", "directives");
		expect(stdout).toBe(`script-src ${HASH}\n`);
	});

	test("what is missing is named, with what to run", async () => {
		const wrong = async (...args: string[]) => (await headguard("hash", ...args)).stderr.split("\n")[0];
		expect(await wrong("--framework", "next")).toBe("headguard: .next/server/app and .next/server/pages do not exist. Run next build first.");
		expect(await wrong("--framework", "nuxt", "web")).toBe("headguard: web/.output/public does not exist. Run nuxt build first.");
		expect(await wrong("--framework", "nest")).toMatch(/^headguard: --framework: received "nest"\. Write next, nuxt, /);
		expect(await wrong("--framework", "vite", "a", "b")).toContain("--framework needs one folder at most: that of the project.");
		mkdirSync(join(folder, "dist"));
		expect(await wrong("--framework", "vite")).toBe("headguard: no .html file in dist. Without prerendered pages, the policy needs no hashes.");
	});
});
