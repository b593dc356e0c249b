import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { parse } from "parse5";
import { expect, test } from "vitest";
import { STYLE, STYLE_HASH } from "../../../src/audit/formats/html-style.ts";
import { FORMATS, type Format } from "../../../src/audit/formats/index.ts";
import type { Report } from "../../../src/audit/formats/report.ts";
import { audit } from "../../../src/audit/index.ts";
import { RULES } from "../../../src/audit/judge.ts";
import type { Severity } from "../../../src/audit/types.ts";

/** Whatever a server may put into what a report shows. */
const HOSTILE = `"><script>alert(1)</script><!--]]>%0A::error::x|\`**b**&lt;\u009b31m`;

const hostile: RequestListener = (_req, res) => {
	res.writeHead(200, [
		["Content-Type", "text/html; charset=utf-8"],
		["Server", `${HOSTILE}/1.2`],
		["X-Frame-Options", HOSTILE],
		["Referrer-Policy", HOSTILE],
		["Permissions-Policy", HOSTILE],
		["Content-Security-Policy", `default-src ${HOSTILE}`],
		["Set-Cookie", "sid=topsecret; Path=/"],
		["Set-Cookie", "topsecret"],
	] as never);
	res.end(`<!doctype html><script src='http://x.example/${HOSTILE.replaceAll("'", "")}'></script>`);
};

async function reportOf(app: RequestListener): Promise<Report> {
	const report = await audit(app, { headers: { Authorization: "Bearer topsecret" } });
	return { ...report, file: "config/headers.js" };
}

const write = (format: Format, report: Report): string =>
	FORMATS[format](
		report,
		{ passed: false, errors: report.findings.filter(({ severity }) => severity === "error").length, warnings: 1, limit: "error" },
		(_kind, text) => text,
	);

test.each(Object.keys(FORMATS) as Format[])("%s: no secret, and nothing that steers a terminal", async (format) => {
	const text = write(format, await reportOf(hostile));
	expect(text).toContain("xfo/invalid");
	expect(text).not.toMatch(/topsecret/);
	expect(text.replace(/[\n\t]/g, "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});

test("SARIF is valid by the official schema, and has a place in the repository", async () => {
	const require = createRequire(import.meta.url);
	const schema = JSON.parse(readFileSync(require.resolve("schemastore/schemas/json/sarif-2.1.0.json"), "utf8"));
	const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
	(formats as unknown as (ajv: Ajv) => void)(ajv);
	const validate = ajv.compile(schema);
	for (const report of [await reportOf(hostile), { ...(await reportOf(hostile)), findings: [] }]) {
		const log = JSON.parse(write("sarif", report));
		expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
	}
	expect(validate({ version: "2.1.0", runs: [{}] })).toBe(false);
	const [run] = JSON.parse(write("sarif", await reportOf(hostile))).runs;
	for (const { ruleId, ruleIndex, locations, partialFingerprints, level } of run.results) {
		expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
		expect(locations[0].physicalLocation.artifactLocation.uri).toBe("config/headers.js");
		expect(["error", "warning", "note"]).toContain(level);
		expect(Object.values(partialFingerprints).join()).not.toMatch(/127\.0\.0\.1|headguard-audit-[0-9a-f]{12}/);
	}
	expect(run.results.length).toBe((await reportOf(hostile)).findings.length);
});

test("SARIF: the same defect keeps its fingerprint from run to run", async () => {
	const prints = async () =>
		JSON.parse(write("sarif", await reportOf(hostile))).runs[0].results.map((result: { partialFingerprints: object }) => result.partialFingerprints);
	expect(await prints()).toEqual(await prints());
});

test.each([
	["/srv/app/headers.js", "srv/app/headers.js"],
	["C:\\app\\my headers.js", "app/my%20headers.js"],
	["../headers.js", "headers.js"],
	["", "package.json"],
])("SARIF: %s is no absolute address", async (file, uri) => {
	const log = JSON.parse(write("sarif", { ...(await reportOf(hostile)), file }));
	expect(log.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toBe(uri);
});

test("HTML: its own elements alone, under a policy that fits its style sheet", async () => {
	const text = write("html", await reportOf(hostile));
	expect(STYLE_HASH).toBe(`sha256-${createHash("sha256").update(STYLE).digest("base64")}`);
	expect(text).toContain(`<style>${STYLE}</style>`);
	const names = new Set<string>();
	const attributes = new Set<string>();
	const visit = (node: { nodeName: string; childNodes?: unknown[]; attrs?: { name: string; value: string }[] }): void => {
		names.add(node.nodeName);
		for (const { name } of node.attrs ?? []) attributes.add(name);
		for (const child of node.childNodes ?? []) visit(child as never);
	};
	visit(parse(text) as never);
	for (const name of ["script", "img", "iframe", "b", "form", "#comment"]) expect([...names].filter((one) => one === name && name !== "b")).toEqual([]);
	expect([...attributes].filter((name) => name.startsWith("on") || name === "style")).toEqual([]);
	expect(text).toContain("default-src &#39;none&#39;; style-src &#39;sha256-");
	expect(text).toMatch(/<p class="grade grade-f">F<\/p>/);
	expect(text).toContain('<th scope="col" title="Content-Security-Policy">CSP</th>');
});

test("HTML: what was asked, the reason and the code of each finding, points and values", async () => {
	const asked = { date: "2026-11-30T08:15:00.000Z", version: '1.2.3"><script>', command: 'headguard audit "https://a.example/<script>`x`" --active' };
	const text = write("html", { ...(await reportOf(hostile)), asked });
	expect(text).toContain('<time datetime="2026-11-30T08:15:00.000Z">2026-11-30 08:15 UTC</time>');
	expect(text).toContain("headguard audit &#34;https://a.example/&#60;script&#62;&#96;x&#96;&#34; --active");
	expect(text).not.toContain("<script>");
	expect(text).toContain("<pre><code>secureHeaders({ xFrameOptions: &#34;DENY&#34; })</code></pre>");
	expect(text).toContain('<th scope="row">Referrer-Policy</th><td><code>&#34;&#62;&#60;script&#62;');
	expect(text).toMatch(/<th scope="row">framing<\/th><td>0 of 10<\/td>/);
	expect(text).not.toMatch(/\bmodel\b/);
	expect(text.indexOf("Errors (")).toBeLessThan(text.indexOf("Points by area"));
	expect(write("html", await reportOf(hostile))).not.toContain("<time");
});

test("HTML: red is only what is needed and absent, and rows can be told apart", () => {
	const answer = { probe: "page", method: "GET", url: "http://localhost/", status: 200, secure: false } as const;
	const page = { ...answer, headers: [["Content-Type", "text/html"] as const, ["Content-Security-Policy", "frame-ancestors 'none'"] as const] };
	const report = (...responses: readonly object[]): Report =>
		({ url: "http://localhost/", passed: true, findings: [], ignored: [], stale: [], estimates: [], responses, file: "x" }) as unknown as Report;
	const cells = (text: string): string[] => [...text.matchAll(/<td class="(\w+)" title="([\w-]+)/g)].map(([, kind, name]) => `${kind} ${name}`);
	const local = cells(write("html", report(page)));
	expect(local.slice(0, 4)).toEqual(["set Content-Security-Policy", "soft Strict-Transport-Security", "set X-Frame-Options", "absent X-Content-Type-Options"]);
	expect(cells(write("html", report({ ...page, secure: true })))[1]).toBe("absent Strict-Transport-Security");
	const open = { ...page, headers: [["Content-Type", "text/html"] as const] };
	expect(cells(write("html", report(open))).slice(0, 3)).toEqual([
		"absent Content-Security-Policy",
		"soft Strict-Transport-Security",
		"absent X-Frame-Options",
	]);
	const script = { ...answer, probe: "static", headers: [["Content-Type", "text/javascript"] as const] };
	expect(cells(write("html", report(script))).slice(0, 3)).toEqual(["soft Content-Security-Policy", "soft Strict-Transport-Security", "soft X-Frame-Options"]);
	const malformed = ["a header without a colon", "a request without Host"].map((sent) => ({ ...answer, probe: "malformed", status: 400, sent, headers: [] }));
	const rows = [...write("html", report(...malformed)).matchAll(/<th scope="row">malformed<span>(.*?)<\/span>/g)].map(([, what]) => what);
	expect(rows).toEqual(["GET /, a header without a colon", "GET /, a request without Host"]);
});

test("GitHub: one annotation for each finding, and none of the server's", async () => {
	const report = await reportOf(hostile);
	const lines = write("github", report).trimEnd().split("\n");
	expect(lines.length).toBe(report.findings.length + 1);
	for (const line of lines.slice(0, -1)) expect(line).toMatch(/^::(?:error|warning|notice) title=[^:,]+::/);
});

test("JUnit: as many cases as findings, and XML without loose ends", async () => {
	const report = await reportOf(hostile);
	const text = write("junit", report);
	expect(text.match(/<testcase /g)?.length).toBe(report.findings.length);
	const inner = text.replace(/<\/?(?:testsuites|testsuite|testcase|failure|system-out)(?: [a-z]+="[^"<&]*(?:&#\d+;[^"<&]*)*")*\/?>|<\?xml[^>]*\?>/g, "");
	expect(inner).not.toMatch(/[<>]/);
});

test.each<[Severity, readonly Severity[]]>([
	["error", ["error"]],
	["warning", ["error", "warning"]],
	["note", ["error", "warning", "note"]],
])("JUnit: with --fail-on %s, what fails is a failure", async (limit, failing) => {
	const report = await reportOf(hostile);
	const count = report.findings.filter(({ severity }) => failing.includes(severity)).length;
	const text = FORMATS.junit(report, { passed: false, errors: 1, warnings: 1, limit }, (_kind, plain) => plain);
	expect([text.match(/<failure /g)?.length, text.includes(` failures="${count}"`)]).toEqual([count, true]);
});

test("short titles are where a table or a list shows findings", async () => {
	const report = await reportOf(hostile);
	const [run] = JSON.parse(write("sarif", report)).runs;
	const rule = run.tool.driver.rules.find(({ id }: { id: string }) => id === "xfo/invalid");
	expect(rule).toMatchObject({
		shortDescription: { text: "Unknown framing value" },
		fullDescription: { text: "The values of X-Frame-Options are DENY and SAMEORIGIN." },
		helpUri: "https://html.spec.whatwg.org/multipage/speculative-loading.html#the-x-frame-options-header",
	});
	expect(rule.help.text).toContain("so every site may frame the page.");
	expect(write("github", report)).toContain("::error title=Unknown framing value (xfo/invalid)::X-Frame-Options: ");
	expect(write("junit", report)).toContain('<testcase classname="headers.page" name="xfo/invalid: Unknown framing value"><failure message="');
	expect(write("markdown", report)).toContain("| error | xfo/invalid | Unknown framing value | X-Frame-Options | ");
	expect(write("html", report)).toContain('<strong>Unknown framing value</strong> <a href="https://html.spec.whatwg.org/');
	for (const { id, title } of RULES) expect([id, /^[\w'-][\w :'*=-]*[\w'*]$/.test(title)]).toEqual([id, true]);
});
