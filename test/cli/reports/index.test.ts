import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileStore, type ReportCluster } from "../../../src/reports/index.ts";
import { inFolder } from "../../support/cli.ts";

const { headguard, write, folder } = inFolder("reports");

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 1, 12);

function seen(directive: string, blocked: string, count: number, changes: Partial<ReportCluster> = {}): ReportCluster {
	const fixed = { type: "csp-violation", disposition: "report", document: "https://www.example.com/", source: "", line: 0, message: "" } as const;
	return { ...fixed, directive, blocked, count, first: START, last: START + 3_600_000, ...changes };
}

async function store(...clusters: readonly ReportCluster[]): Promise<void> {
	await fileStore(join(folder(), "r.jsonl"))({ clusters, dropped: new Map([["extension", 7]]) });
}

const SOME = [
	seen("img-src", "https://img.example/a.png", 40),
	seen("img-src", "https://img.example/a.png", 60, { first: START + 2 * DAY, last: START + 2 * DAY }),
	seen("img-src", "https://img.example/a.png", 5, { document: "https://www.example.com/cart" }),
	seen("script-src-elem", "https://js.example/x.js", 30),
	seen("navigation-to-response", "https://x.example/", 2, { type: "coop" }),
];

test("a table of what was blocked, where and when, the most frequent first", async () => {
	await store(...SOME);
	const { status, stdout, stderr } = await headguard("reports", "r.jsonl");
	expect([status, stderr]).toEqual([0, ""]);
	expect(stdout).toBe(
		[
			"reports  violated                              blocked                    on                                   first seen (UTC)  last seen (UTC)",
			"    105  img-src (report)                      https://img.example/a.png  https://www.example.com/ and 1 more  2026-11-01 12:00  2026-11-03 12:00",
			"     30  script-src-elem (report)              https://js.example/x.js    https://www.example.com/             2026-11-01 12:00  2026-11-01 13:00",
			"      2  coop navigation-to-response (report)  https://x.example/         https://www.example.com/             2026-11-01 12:00  2026-11-01 13:00",
			"",
			"137 reports of 3 kinds, 2026-11-01 12:00 to 2026-11-03 12:00 UTC.",
			"Left out: extension 7.",
			"",
		].join("\n"),
	);
	expect((await headguard("reports", "r.jsonl", "--limit", "1")).stdout).toContain("… and 2 more kinds. Use --limit 3 to see them.");
	expect((await headguard("reports", "r.jsonl", "--type", "coop")).stdout).toContain("2 reports of 1 kind,");
	expect((await headguard("reports", "r.jsonl", "--since", "2026-11-02")).stdout).toContain("60 reports of 1 kind,");
	expect((await headguard("reports", "r.jsonl", "--since", "1h")).stdout).toBe("No reports.\nLeft out: extension 7.\n");
});

test("inline code is told apart by its line and by what is known of it", async () => {
	const inline = (line: number, sample: string, count: number): ReportCluster => seen("script-src-elem", "inline", count, { line, sample });
	await store(inline(3, "a()", 2), inline(9, "a()", 4), inline(9, "b()", 1));
	const { stdout } = await headguard("reports", "r.jsonl");
	expect(stdout).toContain("      6  script-src-elem (report)  inline, line 9: a()  ");
	expect(stdout).toContain("      1  script-src-elem (report)  inline, line 9: b()  ");
	const { rows } = JSON.parse((await headguard("reports", "r.jsonl", "--format", "json")).stdout);
	expect(rows[0]).toMatchObject({
		sample: "a()",
		places: [
			{ source: "", line: 9, count: 4 },
			{ source: "", line: 3, count: 2 },
		],
	});
});

test("JSON, with every page and every day", async () => {
	await store(...SOME);
	const report = JSON.parse((await headguard("reports", "r.jsonl", "--format", "json")).stdout);
	expect(report).toMatchObject({
		reports: 137,
		kinds: 3,
		dropped: { extension: 7 },
		unreadable: 0,
		days: [
			{ day: "2026-11-01", count: 77 },
			{ day: "2026-11-02", count: 0 },
			{ day: "2026-11-03", count: 60 },
		],
	});
	expect(report.rows[0]).toMatchObject({ directive: "img-src", count: 105, first: "2026-11-01T12:00:00.000Z", pages: [{ count: 100 }, { count: 5 }] });
});

test("one HTML file with a chart, in which nothing that was reported is markup", async () => {
	const hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
	await store(...SOME, seen(hostile, hostile, 1, { document: hostile, message: hostile, type: "deprecation" }));
	expect(await headguard("reports", "r.jsonl", "--format", "html", "--out", "r.html")).toMatchObject({ status: 0, stdout: "", stderr: "" });
	const page = readFileSync(join(folder(), "r.html"), "utf8");
	expect(page).toContain("&#60;script&#62;alert(1)");
	expect(page).not.toMatch(/<script|<img|onerror=alert\(1\)>/);
	expect(page.match(/<rect /g)?.length).toBe(3);
	expect(page).toContain("<title>2026-11-01: 78</title>");
	expect(page).toContain("default-src &#39;none&#39;; style-src &#39;sha256-");
});

test("a terminal never receives control characters from the file", async () => {
	write("r.jsonl", `${JSON.stringify(seen("img-src", "\u001b]0;x\u0007\u009b31m\u202e", 1))}\nnot a report\n`);
	const { stdout } = await headguard("reports", "r.jsonl");
	expect(stdout).toContain("?]0;x??31m?");
	expect(stdout).toContain("Not reports: 1 line of the file.");
});

const POLICY = `import { secureHeaders } from "headguard";
export const headers = secureHeaders({ contentSecurityPolicyReportOnly: true, reporting: { endpoint: "/_reports" } });`;

test("suggestions as text, with the code to paste and what would be left", async () => {
	write("headers.mjs", POLICY);
	await store(...SOME, seen("script-src-attr", "inline", 9), seen("frame-ancestors", "https://evil.example", 3));
	const { status, stdout, stderr } = await headguard("suggest", "r.jsonl", "--policy", "headers.mjs");
	expect([status, stderr]).toEqual([0, ""]);
	expect(stdout).toBe(`Add to the policy:
  img-src https://img.example [low risk]: about 105 page views, 105 reports, https://www.example.com/ and 1 more page
      img.example: The page shows its images. It learns who visits, and what scripts write into the addresses of images.

Add to the policy, if the risk is worth it (--risk high adds it to the patch):
  script-src https://js.example [high risk]: about 30 page views, 30 reports, only on /
      js.example: Its code runs with all the rights of the page, including any code that it serves later. A nonce on the tag allows one script, not a whole host.

Change in the pages:
  script-src-attr: about 9 page views, 9 reports, https://www.example.com/
      A tag has an inline event handler. Add the handler in a script: element.addEventListener(…).

Leave as it is:
  frame-ancestors: about 3 page views, 3 reports, https://www.example.com/
      Another site shows the page in a frame, which is how clickjacking works. If the site is a partner, add it to frameAncestors of that route.

In code, after app.use(headers):
  app.use(headers.extend({ contentSecurityPolicyReportOnly: { directives: { imgSrc: ["https://img.example"] } } }));

Replay: of 147 recorded violations, the policy would still report 147. With the patch, it would report 42.
Anything that no report can tell counts as still reported, such as whether a tag has a nonce by now.
Left out: extension 7.
`);
});

test("suggestions as JSON, whose patch a program can take", async () => {
	write("headers.mjs", POLICY);
	await store(...SOME);
	const run = await headguard("suggest", "r.jsonl", "--policy", "headers.mjs", "--risk", "high", "--format", "json");
	const { patch, replay, suggestions } = JSON.parse(run.stdout);
	expect(patch).toEqual({
		extend: { contentSecurityPolicyReportOnly: { directives: { imgSrc: ["https://img.example"] } } },
		routes: [{ path: "/", extend: { contentSecurityPolicyReportOnly: { directives: { scriptSrc: ["https://js.example"] } } } }],
	});
	expect([replay, suggestions.length]).toEqual([{ recorded: 135, before: 135, after: 0 }, 2]);
	expect((await headguard("suggest", "r.jsonl", "--policy", "headers.mjs", "--host", "other.example")).stdout).toContain("foreign-document 135");
});

test("what was redirected is marked, and csp-hash reports are what they are", async () => {
	await store(
		seen("img-src", "https://www.example.com/go", 4, { policy: "allows" }),
		seen("img-src", "https://www.example.com/go", 3, { policy: "blocks" }),
		seen("script", "https://www.example.com/ok.js", 2, { type: "csp-hash", message: "sha256-YfHO0OjsLC" }),
	);
	const { stdout } = await headguard("reports", "r.jsonl");
	expect(stdout).toMatch(/^ {6}4 {2}img-src, redirected \(report\) {2}https:\/\/www\.example\.com\/go /m);
	expect(stdout).toMatch(/^ {6}3 {2}img-src \(report\) {14}https:\/\/www\.example\.com\/go /m);
	expect(stdout).toContain("sha256-YfHO0OjsLC of https://www.example.com/ok.js");
	expect(stdout).toContain(
		"Redirected: in 4 reports, the policy allows the address, but not the one that it redirects to, which browsers do not report. Find it with headguard suggest --follow.",
	);
	expect(JSON.parse((await headguard("reports", "r.jsonl", "--format", "json")).stdout).rows[0]).toMatchObject({ policy: "allows", count: 4 });
	await headguard("reports", "r.jsonl", "--format", "html", "--out", "r.html");
	expect(readFileSync(join(folder(), "r.html"), "utf8")).toContain("img-src, redirected (report)");
});

describe("--follow", () => {
	const asked: string[] = [];
	const server = createServer((req, res) => {
		asked.push(
			`${req.method} ${req.headers.host?.replace(/:\d+$/, "")}${req.url} ${req.headers.cookie ?? "-"} ${req.headers.authorization ?? "-"} ${req.headers.referer ?? "-"}`,
		);
		const locations: Record<string, string> = {
			"/go": "/next",
			"/next": "https://cdn.vendor.test/a.png?token=secret",
			"/loop": "/loop",
			"/odd": "javascript:alert(1)",
			"/bad": "http://[",
		};
		const location = locations[req.url ?? ""];
		if (location !== undefined) res.setHeader("Location", location);
		res.statusCode = location === undefined ? 404 : 302;
		res.end();
	});
	let origin = "";
	beforeAll(async () => {
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	});
	afterAll(() => void server.close());
	const policy = `import { secureHeaders } from "headguard";
export const headers = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: ["'self'"] } } });`;
	const redirected = (path: string, count: number): ReportCluster =>
		seen("img-src", `${origin}${path}`, count, { document: `${origin}/`, policy: "allows", disposition: "enforce" });

	test("without it nothing is asked, and the redirect is named", async () => {
		write("headers.mjs", policy);
		await store(redirected("/go", 9));
		asked.length = 0;
		const { status, stdout, stderr } = await headguard("suggest", "r.jsonl", "--policy", "headers.mjs");
		expect([status, stderr, asked]).toEqual([0, "", []]);
		expect(stdout).toBe(`Redirected: find out where to:
  img-src: about 9 page views, 9 reports, ${origin}/
      The policy allows ${origin}/go, but not the address that it redirects to. No report names that address. Find it with --follow ${origin}. Then allow the target, or write its address in the page.

Replay: of 9 recorded violations, the policy would still report 9.
Anything that no report can tell counts as still reported, such as whether a tag has a nonce by now.
Left out: extension 7.
`);
	});

	test("the addresses of that origin are asked, without secrets, and the target is proposed and not asked", async () => {
		write("headers.mjs", policy);
		await store(redirected("/go", 9));
		asked.length = 0;
		const { status, stdout, stderr } = await headguard("suggest", "r.jsonl", "--policy", "headers.mjs", "--follow", origin);
		expect([status, stderr, asked]).toEqual([0, "", ["GET 127.0.0.1/go - - -", "GET 127.0.0.1/next - - -"]]);
		expect(stdout).toContain("  img-src https://cdn.vendor.test [low risk]: about 9 page views, 9 reports,");
		expect(stdout).toContain(`${origin}/go redirects to https://cdn.vendor.test.`);
		expect(stdout).toContain("would still report 9. With the patch, it would report 0.");
		expect(stdout).not.toContain("secret");
	});

	test("a user and a password in an address are not sent", async () => {
		write("headers.mjs", policy);
		await store(seen("img-src", `${origin.replace("//", "//user:secret@")}/go`, 9, { document: `${origin}/`, policy: "allows", disposition: "enforce" }));
		asked.length = 0;
		await headguard("suggest", "r.jsonl", "--policy", "headers.mjs", "--follow", origin);
		expect(asked).toEqual(["GET 127.0.0.1/go - - -", "GET 127.0.0.1/next - - -"]);
	});

	test("another origin is not asked, whatever was reported", async () => {
		write("headers.mjs", policy);
		await store(redirected("/go", 9));
		asked.length = 0;
		const { stdout } = await headguard("suggest", "r.jsonl", "--policy", "headers.mjs", "--follow", "https://www.example.com");
		expect([asked, stdout.includes("Redirected: find out where to:")]).toEqual([[], true]);
	});

	test.each<[string, string]>([
		["/none", "answers 404 and does not redirect"],
		["/loop", ""],
		["/odd", "answers 302 and does not redirect"],
		["/bad", "answers 302 and does not redirect"],
		["/a/:id/b", "represents several addresses"],
	])("%s: %s", async (path, message) => {
		write("headers.mjs", policy);
		await store(redirected(path, 9));
		const { status, stdout, stderr } = await headguard("suggest", "r.jsonl", "--policy", "headers.mjs", "--follow", origin);
		expect([status, stderr.includes(message), stdout.includes("Add to the policy")]).toEqual([0, true, false]);
	});
});

test("a single report proposes nothing unless one is enough", async () => {
	write("headers.mjs", POLICY);
	await store(seen("img-src", "https://adware.test/x.png", 1));
	expect((await headguard("suggest", "r.jsonl", "--policy", "headers.mjs")).stdout).toContain("Only one report names it, which is not enough evidence.");
	const { stdout } = await headguard("suggest", "r.jsonl", "--policy", "headers.mjs", "--least", "1");
	expect(stdout).toContain("img-src https://adware.test [low risk]");
	expect(stdout).toContain("Replay: of 1 recorded violation, the policy would still report 1. With the patch, it would report 0.");
});

test("the replay says nothing of a patch when the risk leaves all proposals out of it", async () => {
	write("headers.mjs", POLICY);
	await store(seen("style-src-elem", "https://use.example/all.css", 4));
	const { stdout } = await headguard("suggest", "r.jsonl", "--policy", "headers.mjs");
	expect(stdout).toContain("style-src https://use.example [medium risk]");
	expect(stdout).toContain("Replay: of 4 recorded violations, the policy would still report 4.\n");
	expect(stdout).not.toContain("it would report");
});

test("only what is low goes in without asking, and copies of vendors' names are not", async () => {
	write("headers.mjs", POLICY);
	await store(
		seen("connect-src", "https://evil.test/", 900),
		seen("style-src-elem", "https://evil.test/x.css", 900),
		seen("frame-src", "https://evil.test", 900),
		seen("img-src", "https://js.str1pe.com/x.png", 900),
		seen("img-src", "https://img.example/x.png", 900),
	);
	const { stdout } = await headguard("suggest", "r.jsonl", "--policy", "headers.mjs");
	expect(stdout).toContain('  app.use(headers.extend({ contentSecurityPolicyReportOnly: { directives: { imgSrc: ["https://img.example"] } } }));\n\n');
	expect(stdout).toContain("  img-src https://js.str1pe.com [high risk]");
	expect(stdout).toContain("It looks like js.stripe.com, which is another site.");
});

test("a policy that was mended since has nothing to propose", async () => {
	write("headers.mjs", POLICY.replace("true", '{ directives: { imgSrc: ["https://img.example"], scriptSrc: ["https://js.example"] } }'));
	await store(...SOME);
	expect((await headguard("suggest", "r.jsonl", "--policy", "headers.mjs")).stdout).toBe(
		"Replay: of 135 recorded violations, the policy would still report 0.\nLeft out: extension 7.\n",
	);
});

test.each<[readonly string[], string]>([
	[["reports"], "one file is needed"],
	[["reports", "a", "b"], "one file is needed"],
	[["reports", "none.jsonl"], "none.jsonl cannot be read: ENOENT"],
	[["reports", "."], ". is a folder"],
	[["reports", "r.jsonl", "--since", "yesterday"], '--since: received "yesterday". Write 7d'],
	[["reports", "r.jsonl", "--limit", "0"], '--limit: received "0"'],
	[["reports", "r.jsonl", "--format", "htm"], 'Did you mean "html"?'],
	[["reports", "off.mjs"], "off.mjs is not a file of reports"],
	[["suggest", "r.jsonl", "--policy", "off.mjs", "--host", "localhost:4300"], '--host: received "localhost:4300"'],
	[["suggest", "r.jsonl", "--policy", "off.mjs", "--least", "0"], '--least: received "0"'],
	[["suggest", "r.jsonl", "--policy", "off.mjs", "--follow", "https://a.example/x"], '--follow: received "https://a.example/x"'],
	[["suggest", "r.jsonl", "--policy", "off.mjs", "--follow", "file:///"], '--follow: received "file:///"'],
	[["suggest", "r.jsonl", "--policy", "off.mjs", "--follow", "a.example"], '--follow: received "a.example"'],
	[["suggest", "r.jsonl"], "--policy is needed"],
	[["suggest", "r.jsonl", "--policy", "none.mjs"], "the file does not exist"],
	[["suggest", "r.jsonl", "--policy", "off.mjs"], "the policy has no contentSecurityPolicy"],
	[["suggest", "r.jsonl", "--policy", "off.mjs", "--risk", "hgh"], 'Did you mean "high"?'],
])("%j is not a valid call", async (args, message) => {
	await store(...SOME);
	write("off.mjs", `import { secureHeaders } from "headguard"; export const headers = secureHeaders({ contentSecurityPolicy: false });`);
	const { status, stdout, stderr } = await headguard(...args);
	expect([status, stdout]).toEqual([2, ""]);
	expect(stderr).toContain(message);
});

test("a policy that is refused is shown as it is", async () => {
	await store(...SOME);
	write(
		"bad.mjs",
		`import { secureHeaders } from "headguard"; export const headers = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: ["self"] } } });`,
	);
	const { status, stderr } = await headguard("suggest", "r.jsonl", "--policy", "bad.mjs");
	expect(status).toBe(1);
	expect(stderr).toContain("[csp/unquoted-keyword]");
});
