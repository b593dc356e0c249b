import { expect } from "vitest";
import engines from "../../../scripts/engines.json" with { type: "json" };
import { NAMES } from "../../../src/headers/facts.ts";
import { type CspDirectives, clearSiteData, csp, type SecureHeadersOptions, secureHeaders } from "../../../src/index.ts";
import { until, type Window } from "../../support/engines.ts";
import { MARKS, mark, page, serve } from "../../support/site.ts";
import type { Case } from "./case.ts";
import { popupHasOpener, shownIn } from "./isolation.ts";

/** What a page tells with these options, which have the header or lack it. */
type Probe = (window: Window, options: SecureHeadersOptions, hasHeader: boolean) => Promise<unknown>;

/** The options with and without the header, what tells, and what it tells with and without an effect. */
type Row = readonly [on: SecureHeadersOptions, off: SecureHeadersOptions, probe: Probe, effect: unknown, none: unknown];

/** Without the headers that would hide what the others do. */
const ALONE: SecureHeadersOptions = { contentSecurityPolicy: false, crossOriginOpenerPolicy: false, crossOriginResourcePolicy: false };

const WATCHED = `<script>document.addEventListener("securitypolicyviolation", ({ disposition }) => { ${mark("seen", "disposition")} })</script>`;
const ISOLATED = `<script>${mark("isolated", "String(window.crossOriginIsolated)")}</script>`;

/** Shown by tests of their own: they want https, or other sites. */
type Elsewhere = "strictTransportSecurity" | "reportingEndpoints" | "reportTo" | "nel";

/** One for each header whose effect a page of this machine can show. */
const HEADERS: Readonly<Record<Exclude<keyof typeof engines.effective, Elsewhere>, Row>> = {
	contentSecurityPolicy: [{ contentSecurityPolicy: {} }, {}, shown(`<script>${mark("ran")}</script>`), {}, { ran: "1" }],
	contentSecurityPolicyReportOnly: [
		{ contentSecurityPolicyReportOnly: { directives: { imgSrc: [csp.none] } } },
		{},
		shown(`${WATCHED}<img src="/none.png" alt="">`),
		{ seen: "report" },
		{},
	],
	xContentTypeOptions: [{}, { xContentTypeOptions: false }, shown('<script src="/text"></script>'), {}, { text: "1" }],
	xFrameOptions: [{}, { xFrameOptions: false }, (window, options) => shownIn(window, "elsewhere", { ...ALONE, ...options }), false, true],
	referrerPolicy: [{ referrerPolicy: "no-referrer" }, { referrerPolicy: "unsafe-url" }, sentReferrer, "", "/page"],
	permissionsPolicy: [
		{ permissionsPolicy: { features: { fullscreen: [] } } },
		{ permissionsPolicy: false },
		shown(`<script>${mark("full", "document.fullscreenEnabled")}</script>`),
		{ full: "false" },
		{ full: "true" },
	],
	crossOriginOpenerPolicy: [
		{ crossOriginOpenerPolicy: "same-origin" },
		{},
		(window, options) => popupHasOpener(window, { ...ALONE, contentSecurityPolicy: {}, ...options }),
		"false",
		"true",
	],
	crossOriginEmbedderPolicy: [
		{ crossOriginEmbedderPolicy: "require-corp", crossOriginOpenerPolicy: "same-origin" },
		{ crossOriginOpenerPolicy: "same-origin" },
		shown(ISOLATED),
		{ isolated: "true" },
		{ isolated: "false" },
	],
	documentIsolationPolicy: [{ documentIsolationPolicy: "isolate-and-require-corp" }, {}, shown(ISOLATED), { isolated: "true" }, { isolated: "false" }],
	crossOriginResourcePolicy: [{ crossOriginResourcePolicy: "same-origin" }, {}, shownElsewhere, "refused", "shown"],
	originAgentCluster: [{}, {}, ownCluster, true, false],
	connectionAllowlist: [{ connectionAllowlist: true }, {}, fetchedElsewhere, "refused", "fetched"],
	integrityPolicy: [{ integrityPolicy: { blockedDestinations: ["script"] } }, {}, shown('<script src="/file.js"></script>'), {}, { file: "1" }],
};

/** What all of them do. */
const EVERYWHERE: Readonly<Record<string, Row>> = {
	"Clear-Site-Data": [{}, {}, keptStorage, "gone", "kept"],
	"script-src-elem": [
		only({ scriptSrcElem: [csp.none], scriptSrc: [csp.self] }),
		only({ scriptSrc: [csp.self] }),
		shown('<script src="/file.js"></script>'),
		{},
		{ file: "1" },
	],
	"script-src-attr": [
		only({ scriptSrcAttr: [csp.none], scriptSrc: [csp.unsafeInline] }),
		only({ scriptSrc: [csp.unsafeInline] }),
		shown(`<img src="/none.png" onerror="${mark("handler")}" alt=""><script>document.images[0].onerror?.()</script>`),
		{},
		{ handler: "1" },
	],
	"require-trusted-types-for": [
		only({ scriptSrc: [csp.unsafeInline], requireTrustedTypesFor: ["'script'"] }),
		only({ scriptSrc: [csp.unsafeInline] }),
		shown(`<script>try { document.body.innerHTML = "x"; ${mark("written")} } catch {}</script>`),
		{},
		{ written: "1" },
	],
};

export const headerCases: readonly Case[] = [
	...Object.entries(HEADERS).map(([name, row]): Case => {
		const effective: readonly string[] = engines.effective[name as keyof typeof HEADERS];
		return [`${name} has an effect in ${effective.join(" and ")}`, (window, engine) => hold(window, row, effective.includes(engine))];
	}),
	...Object.entries(EVERYWHERE).map(([name, row]): Case => [`${name} has an effect`, (window) => hold(window, row, true)]),
];

async function hold(window: Window, [on, off, probe, effect, none]: Row, isEffective: boolean): Promise<void> {
	const seen = await probe(window, on, true);
	if (isEffective) expect([seen, await probe(window, off, false)]).toEqual([effect, none]);
	else expect(seen).toEqual(none);
}

function only(directives: CspDirectives): SecureHeadersOptions {
	return { contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [csp.self], ...directives } } };
}

/** Shows a page, and reads its marks. */
function shown(body: string): Probe {
	return async (window, options) => {
		const site = await serve((app) => {
			app.use(secureHeaders({ ...ALONE, ...options }));
			app.get("/file.js", (_req, res) => void res.type("js").send(mark("file")));
			app.get("/text", (_req, res) => void res.type("text/plain").send(mark("text")));
			app.get("/", (_req, res) => page(res, body));
		});
		await window.open(`${site.origin}/`);
		return window.read(MARKS);
	};
}

async function sentReferrer(window: Window, options: SecureHeadersOptions): Promise<unknown> {
	let sent: string | undefined;
	const site = await serve((app) => {
		app.use(secureHeaders({ ...ALONE, ...options }));
		app.get("/image.png", (req, res) => {
			sent = req.headers.referer ?? "";
			res.sendStatus(204);
		});
		app.get("/page", (_req, res) => page(res, '<img src="/image.png" alt="">'));
	});
	await window.open(`${site.origin}/page`);
	await expect.poll(() => sent, { timeout: 8000 }).toBeDefined();
	return sent?.replace(site.origin, "");
}

async function shownElsewhere(window: Window, options: SecureHeadersOptions): Promise<unknown> {
	const site = await serve((app, { elsewhere }) => {
		app.get("/", (_req, res) =>
			page(res, `<img src="${elsewhere}/image.svg" onload="${mark("said", "'shown'")}" onerror="${mark("said", "'refused'")}" alt="">`),
		);
		app.get("/image.svg", secureHeaders({ ...ALONE, ...options }), (_req, res) => void res.type("svg").send('<svg xmlns="http://www.w3.org/2000/svg"/>'));
	});
	await window.open(`${site.origin}/`);
	return (await window.read<Record<string, string>>(MARKS))["said"];
}

async function fetchedElsewhere(window: Window, options: SecureHeadersOptions): Promise<unknown> {
	const site = await serve((app, { elsewhere }) => {
		app.get("/open", (_req, res) => void res.set("Access-Control-Allow-Origin", "*").send("open"));
		app.use(secureHeaders({ ...ALONE, ...options }));
		app.get("/", (_req, res) =>
			page(res, `<script>fetch("${elsewhere}/open").then(() => { ${mark("said", "'fetched'")} }, () => { ${mark("said", "'refused'")} })</script>`),
		);
	});
	await window.open(`${site.origin}/`);
	await until(window, "document.documentElement.dataset.said");
	return (await window.read<Record<string, string>>(MARKS))["said"];
}

/** Chromium gives each origin a cluster of its own, unless the header says no. WebKit does not know. */
async function ownCluster(window: Window, options: SecureHeadersOptions, hasHeader: boolean): Promise<unknown> {
	const site = await serve((app) => {
		app.use(secureHeaders({ ...ALONE, ...options }));
		app.get("/", (_req, res) => {
			if (!hasHeader) res.setHeader(NAMES.originAgentCluster, "?0");
			page(res, "");
		});
	});
	await window.open(`${site.origin}/`);
	return window.read("window.originAgentCluster === true");
}

async function keptStorage(window: Window, _options: SecureHeadersOptions, hasHeader: boolean): Promise<unknown> {
	const site = await serve((app) => {
		app.get("/", (_req, res) => page(res, `<script>${mark("kept", "localStorage.getItem('a') ?? 'gone'")}; localStorage.setItem('a', 'kept')</script>`));
		if (hasHeader) app.get("/out", clearSiteData("storage"));
		app.get("/out", (_req, res) => page(res, "out"));
	});
	for (const path of ["/", "/out", "/"]) await window.open(`${site.origin}${path}`);
	return (await window.read<Record<string, string>>(MARKS))["kept"];
}
