import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import express from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secureHeaders } from "../../src/index.ts";
import { inFolder } from "../support/cli.ts";

const { headguard, write, folder } = inFolder("audit");

describe("audit", () => {
	let good: Server;
	let bare: Server;
	const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	beforeAll(() => {
		const page: express.RequestHandler = (req, res) =>
			void (req.path === "/" ? res.type("html").send("<!doctype html><title>page</title>") : res.status(404).end());
		good = express()
			.use(secureHeaders() as never, page)
			.listen(0);
		bare = express().use(page).listen(0);
	});
	afterAll(() => {
		good.close();
		bare.close();
	});

	test("a good site passes, a bare one fails, by exit code and last line", async () => {
		const passed = await headguard("audit", addressOf(good), "--assume-tls", "--header", "Host: app.example");
		expect([passed.status, passed.stdout.trimEnd().split("\n").at(-1), passed.stderr]).toEqual([0, "HEADER AUDIT PASSED", ""]);
		const failed = await headguard("audit", addressOf(bare), "--assume-tls");
		expect([failed.status, failed.stdout.trimEnd().split("\n").at(-1)]).toEqual([1, "HEADER AUDIT FAILED (4 errors, 2 warnings)"]);
		expect(failed.stdout).toContain("  csp/missing  page: GET /\n      Content-Security-Policy: absent on a document");
	});

	test("--fail-on, --ignore and --out", async () => {
		expect((await headguard("audit", addressOf(good), "--fail-on", "note")).status).toBe(1);
		const ignored = ["consistency/400"].flatMap((id) => ["--ignore", id]);
		expect((await headguard("audit", addressOf(good), "--fail-on", "note", ...ignored)).status).toBe(0);
		const written = await headguard("audit", addressOf(bare), "--format", "json", "--out", "report.json");
		expect(written).toMatchObject({ status: 1, stdout: "" });
		const report = JSON.parse(readFileSync(join(folder(), "report.json"), "utf8"));
		expect([report.passed, report.findings[0].severity, report.responses[0].probe]).toEqual([false, "error", "page"]);
	});

	test("formats for machines", async () => {
		const [github, junit, markdown] = await Promise.all(
			["github", "junit", "markdown"].map((format) => headguard("audit", addressOf(bare), "--format", format)),
		);
		expect(github?.stdout).toContain("::error title=No policy (csp/missing)::Content-Security-Policy: absent on a document");
		expect(junit?.stdout).toMatch(
			/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites>\n\t<testsuite name="http:\/\/127\.0\.0\.1:\d+\/" tests="\d+" failures="3">/,
		);
		expect(junit?.stdout).toContain('<failure message="absent. Send nosniff."/>');
		expect(markdown?.stdout).toContain("| error | csp/missing | No policy | Content-Security-Policy | absent on a document");
	});

	test.each([
		[["audit"], "one address is needed. Run headguard audit https://www.example.com."],
		[["audit", "www.example.com"], '"www.example.com" is not a URL. Write https://www.example.com.'],
		[["audit", "http://127.0.0.1:1/"], "ECONNREFUSED"],
		[["audit", "http://127.0.0.1:1/", "--timeout", "-1"], '--timeout: received "-1". Use seconds, up to 600.'],
		[["audit", "http://127.0.0.1:1/", "--path", "login"], '"login" is not a path. Write /login.'],
		[["audit", "http://127.0.0.1:1/", "--header", "nonsense"], '--header: write "Name: value"'],
		[["audit", "http://127.0.0.1:1/", "--header", "A: b\r\nC: d"], '--header: write "Name: value"'],
		[["audit", "http://127.0.0.1:1/", "--ignore", "csp/mising"], 'no rule has the id "csp/mising". Did you mean "csp/missing"?'],
		[["audit", "http://127.0.0.1:1/", "--formt", "json"], 'unknown flag --formt. Did you mean "--format"?'],
		[["audit", "http://127.0.0.1:1/", "--format", "jsn"], 'Did you mean "json"?'],
		[["check"], "one module is needed"],
		[["check", "missing.js"], "missing.js cannot be loaded: the file does not exist."],
	])("%j is exit code 2, and one line", async (args, message) => {
		const { status, stdout, stderr } = await headguard(...args);
		expect([status, stdout]).toEqual([2, ""]);
		expect(stderr).toContain(message);
		expect(stderr).not.toMatch(/^\s+at /m);
	});

	test("--explain says what a rule means, with its examples, what to write and a page", async () => {
		expect(await headguard("audit", "--explain", "hsts/no-subdomains")).toMatchObject({
			status: 0,
			stderr: "",
			stdout: `hsts/no-subdomains (note), Strict-Transport-Security
Subdomains not covered

Browsers may still use http for subdomains. An attacker answers over http under a made-up subdomain
and sets cookies for the whole domain.

Bad:
  Strict-Transport-Security: max-age=31536000

Good:
  Strict-Transport-Security: max-age=31536000; includeSubDomains

Write:
  secureHeaders({ strictTransportSecurity: { includeSubDomains: true } })

https://www.rfc-editor.org/rfc/rfc6797#section-6.1.2
`,
		});
		expect(await headguard("check", "--explain", "constructor")).toMatchObject({ status: 2, stdout: "" });
	});
});

describe("check", () => {
	const HEADGUARD = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/index.js")).href);
	const CJS = JSON.stringify(join(process.cwd(), "dist/index.cjs"));

	test.each<[string, string, string]>([
		["a named export", "headers.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders();`],
		["a default export", "headers.mjs", `import { secureHeaders } from ${HEADGUARD}; export default secureHeaders();`],
		["options", "headers.mjs", 'export const options = { xFrameOptions: "DENY" };'],
		["CommonJS", "headers.cjs", `exports.headers = require(${CJS}).secureHeaders();`],
		["CommonJS, the export itself", "headers.cjs", `module.exports = require(${CJS}).secureHeaders();`],
		[
			"one that keeps a server open",
			"headers.mjs",
			`import { createServer } from "node:http"; import { secureHeaders } from ${HEADGUARD}; createServer().listen(0); export const headers = secureHeaders();`,
		],
	])("%s passes", async (_what, file, text) => {
		write(file, text);
		const { status, stdout, stderr } = await headguard("check", file);
		expect([status, stderr, stdout.trimEnd().split("\n").at(-1)]).toEqual([0, "", "HEADER AUDIT PASSED"]);
		expect(stdout).not.toContain("Notes");
	});

	test("a weak policy fails, a refused one says why", async () => {
		write(
			"weak.mjs",
			"export const options = { strictTransportSecurity: { maxAge: 60 }, contentSecurityPolicy: { directives: { scriptSrc: [\"'self'\", \"'unsafe-inline'\"] } } };",
		);
		const weak = await headguard("check", "weak.mjs");
		expect([weak.status, weak.stdout]).toEqual([1, expect.stringContaining("hsts/max-age-short")]);
		expect(weak.stdout).toContain("csp/script-unsafe-inline");
		write("refused.mjs", "export const options = { hsts: true };");
		expect(await headguard("check", "refused.mjs")).toMatchObject({
			status: 1,
			stdout: "",
			stderr: expect.stringContaining("hsts: headguard has no short names."),
		});
	});

	test("no policy, or a module that throws, is exit code 2", async () => {
		write("none.mjs", "export const x = 1;");
		expect(await headguard("check", "none.mjs")).toMatchObject({ status: 2, stderr: expect.stringContaining("none.mjs exports no policy.") });
		write("throws.mjs", 'throw new Error("no database");');
		expect(await headguard("check", "throws.mjs")).toMatchObject({ status: 2, stderr: expect.stringContaining("throws.mjs cannot be loaded: no database.") });
	});
});
