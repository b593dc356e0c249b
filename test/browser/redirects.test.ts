import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { follow } from "../../src/cli/reports/follow.ts";
import { type SecureHeaders, secureHeaders } from "../../src/index.ts";
import { compiledFrom } from "../../src/policy/compile.ts";
import { collectReports, type ReportBatch, type ReportCluster } from "../../src/reports/index.ts";
import { type SuggestOptions, suggest } from "../../src/reports/suggest/index.ts";
import { launch } from "../support/browser.ts";

/** Everything that it loads is of the site itself, and leads to another one. */
const PAGE = `<!doctype html><title>page</title>
<img src="/go/image.png"><script src="/go/script.js"></script><link rel="stylesheet" href="/go/style.css"><video src="/go/film.mp4"></video>
<iframe src="/go/frame"></iframe>
<script src="/self.js"></script>
<form action="/go/form" method="post"><button>send</button></form>`;
const SELF = `fetch("/go/data.json").catch(() => {}); new FontFace("x", "url(/go/font.woff2)").load().catch(() => {});`;

let browser: Browser;
let server: Server;
let headers: SecureHeaders;
let clusters: ReportCluster[] = [];
const collector = collectReports({ sinks: [({ clusters: more }: ReportBatch) => void clusters.push(...more)], flushSeconds: 1 });
let origin = "";
let other = "";
beforeAll(async () => {
	server = createServer((req, res) => {
		const path = req.url ?? "";
		if (path === "/_reports") return collector(req, res);
		headers(req as never, res as never, () => {
			if (path.startsWith("/go/")) res.writeHead(307, { Location: `${other}/there/${path.slice(4)}`, "Access-Control-Allow-Origin": "*" });
			else if (path === "/self.js") res.writeHead(200, { "Content-Type": "text/javascript" });
			else res.writeHead(200, { "Content-Type": path === "/" ? "text/html" : "text/plain", "Access-Control-Allow-Origin": "*" });
			res.end(path === "/" ? PAGE : path === "/self.js" ? SELF : "");
		});
	}).listen(0);
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	[origin, other] = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
	browser = await launch();
});
afterAll(async () => {
	await browser.close();
	server.close();
});

/** What is reported of the page, and of sending its form. */
async function reportsUnder(policy: SecureHeaders): Promise<readonly ReportCluster[]> {
	headers = policy;
	clusters = [];
	const page = await browser.newPage();
	await page.goto(`${origin}/`, { waitUntil: "load" });
	await page.waitForTimeout(300);
	await page.click("button");
	await page.waitForTimeout(500);
	await collector.flush();
	await page.close();
	return clusters;
}

const DIRECTIVES = { fontSrc: ["'self'"], imgSrc: ["'self'"], styleSrc: ["'self'"], scriptSrc: ["'self'"], connectSrc: ["'self'"] };
const strict = (): SecureHeaders =>
	secureHeaders({
		contentSecurityPolicy: { directives: DIRECTIVES as never },
		reporting: { endpoint: "/_reports" },
		crossOriginResourcePolicy: false,
		secure: false,
	});

test("what is redirected to a place that the policy does not let in is named, followed, and let in", async () => {
	const policy = strict();
	const reported = await reportsUnder(policy);
	const rows = reported.map(({ directive, blocked, policy: verdict }) => `${directive} ${blocked} ${verdict}`).sort();
	// Of frames Chromium names the target, of all else the address before the redirect.
	expect(rows).toEqual(
		[
			`connect-src ${origin}/go/data.json allows`,
			`font-src ${origin}/go/font.woff2 allows`,
			`form-action ${origin}/go/form allows`,
			`frame-src ${other}/ blocks`,
			`img-src ${origin}/go/image.png allows`,
			`media-src ${origin}/go/film.mp4 allows`,
			`script-src-elem ${origin}/go/script.js allows`,
			`style-src-elem ${origin}/go/style.css allows`,
		].sort(),
	);

	const options: SuggestOptions = { risk: "high", least: 1 };
	const stored = { clusters: reported, dropped: new Map<string, number>() };
	const first = suggest(compiledFrom(policy).policy, stored, options);
	expect(first.replay.before).toBe(first.replay.recorded);
	expect(first.suggestions.map(({ kind, directive }) => `${kind} ${directive}`).sort()).toEqual([
		"redirect connect-src",
		"redirect font-src",
		"redirect form-action",
		"redirect img-src",
		"redirect media-src",
		"redirect script-src-elem",
		"redirect style-src-elem",
		"source frame-src",
	]);
	expect(first.redirected.length).toBe(7);

	const { ways, silent } = await follow(first.redirected, [origin]);
	expect([ways.size, silent]).toEqual([7, []]);
	const { patch, replay } = suggest(compiledFrom(policy).policy, stored, { ...options, ways });
	expect(replay).toEqual({ recorded: 8, before: 8, after: 0 });
	const names = ["connectSrc", "fontSrc", "formAction", "frameSrc", "imgSrc", "mediaSrc", "scriptSrc", "styleSrc"];
	expect(patch.extend).toEqual({ contentSecurityPolicy: { directives: Object.fromEntries(names.map((name) => [name, [other]])) } });

	// In the browser as in the replay. The frame itself may not be framed, which is another matter.
	const left = await reportsUnder(strict().extend(patch.extend) as SecureHeaders);
	expect(left.map(({ directive }) => directive)).toEqual(left.map(() => "frame-ancestors"));
}, 60_000);

test.each<[string, Record<string, readonly string[]>, readonly string[]]>([
	[
		"with 'strict-dynamic' hosts do not count",
		{ scriptSrc: ["'self'", "'strict-dynamic'", "'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"] },
		["blocks nonce"],
	],
	["a list of hashes has no hosts", { scriptSrc: ["'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"] }, ["blocks nonce"]],
])("%s: that is no redirect", async (_what, directives, expected) => {
	const policy = secureHeaders({ contentSecurityPolicy: { directives: directives as never }, reporting: { endpoint: "/_reports" }, secure: false });
	const scripts = (await reportsUnder(policy)).filter(({ directive, blocked }) => directive === "script-src-elem" && blocked.endsWith("/go/script.js"));
	const { suggestions } = suggest(compiledFrom(policy).policy, { clusters: scripts, dropped: new Map() }, { risk: "high", least: 1 });
	expect(scripts.map((one, i) => `${one.policy} ${suggestions[i]?.kind}`)).toEqual(expected);
});
