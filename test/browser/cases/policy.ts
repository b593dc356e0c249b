import { expect } from "vitest";
import { type CspDirectives, csp, type SecureHeadersOptions, secureHeaders } from "../../../src/index.ts";
import { until, type Window } from "../../support/engines.ts";
import { MARKS, mark, page, type Site, serve } from "../../support/site.ts";
import type { Case } from "./case.ts";

const { self, nonce, strictDynamic, reportSample } = csp;
const BY_NONCE = `<script nonce="NONCE">${mark("nonced")}</script><style nonce="NONCE">#nonced{order:7}</style><i id="nonced"></i>`;
const INJECTED = `<script>${mark("script")}</script><script nonce="">${mark("empty")}</script><script nonce="guess">${mark("guessed")}</script>
<script src="data:text/javascript,${mark("data")}"></script><img src="/none.png" onerror="${mark("handler")}" alt="">
<style>#style{order:7}</style><i id="style"></i><i id="attribute" style="order:7"></i>`;
const OWN_FILE = '<script src="/file.js" nonce="NONCE"></script>';
const STYLED = `["nonced", "style", "attribute"].filter((id) => getComputedStyle(document.getElementById(id)).order === "7")`;

export const policyCases: readonly Case[] = [
	[
		"the default policy runs what has the nonce and files of the site, and nothing that was injected",
		async (window) => {
			expect(await injectedInto(window, {})).toEqual({ ran: { file: "1", nonced: "1" }, styled: ["nonced"] });
		},
	],
	[
		"without a policy all of it runs",
		async (window) => {
			expect(await injectedInto(window, { contentSecurityPolicy: false })).toEqual({
				ran: { data: "1", empty: "1", file: "1", guessed: "1", handler: "1", nonced: "1", script: "1" },
				styled: ["nonced", "style", "attribute"],
			});
		},
	],
	[
		"the preset ssr runs what has the nonce, and allows style attributes alone of what was injected",
		async (window) => {
			expect(await injectedInto(window, { preset: "ssr" })).toEqual({ ran: { file: "1", nonced: "1" }, styled: ["nonced", "attribute"] });
		},
	],
	[
		"the preset strict runs what has the nonce alone",
		async (window) => {
			expect(await injectedInto(window, { preset: "strict" })).toEqual({ ran: { file: "1", nonced: "1" }, styled: ["nonced"] });
		},
	],
	[
		"a policy that only reports blocks nothing, and what it would have blocked is reported",
		async (window) => {
			const site = await serve((app) => {
				app.use(secureHeaders({ contentSecurityPolicy: false, contentSecurityPolicyReportOnly: {}, reporting: { endpoint: "/reports" } }));
				app.post("/reports", (_req, res) => void res.sendStatus(204));
				app.get("/", (_req, res) => page(res, `<script nonce="NONCE">${mark("nonced")}</script><script>${mark("script")}</script>`));
			});
			await window.open(`${site.origin}/`);
			expect(await window.read(MARKS)).toEqual({ nonced: "1", script: "1" });
			await expect.poll(() => site.answered, { timeout: 5_000 }).toContain("204 /reports");
		},
	],
	[
		"the nonce of one response is of no use in the next",
		async (window) => {
			const site = await serve((app) => {
				app.use(secureHeaders());
				app.get("/", (req, res) => {
					const { old = "" } = req.query;
					page(res, `<script nonce="NONCE">${mark("nonce", "document.currentScript.nonce")}</script><script nonce="${old}">${mark("replayed")}</script>`);
				});
			});
			const seen: string[] = [];
			for (const _visit of [1, 2, 3]) {
				await window.open(`${site.origin}/?old=${encodeURIComponent(seen.at(-1) ?? "")}`);
				const marks = await window.read<Record<string, string>>(MARKS);
				expect(Object.keys(marks)).toEqual(["nonce"]);
				seen.push(marks["nonce"] ?? "");
			}
			expect(new Set(seen).size).toBe(3);
			// The control: a second script with the nonce of its own response does run.
			await window.open(`${site.origin}/?old=NONCE`);
			expect(Object.keys(await window.read<object>(MARKS)).sort()).toEqual(["nonce", "replayed"]);
		},
	],
	[
		"a script with the nonce may load another with 'strict-dynamic', and may not without",
		async (window) => {
			expect(await loadsAnother(window, [nonce, strictDynamic])).toBe("loaded");
			expect(await loadsAnother(window, [nonce])).toBe("blocked");
		},
	],
	[
		"a script that is declared as text does not run, and does without nosniff",
		async (window) => {
			const declaredAsText = async (options: SecureHeadersOptions): Promise<unknown> => {
				const site = await serve((app) => {
					app.use(secureHeaders(options));
					app.get("/data", (_req, res) => void res.type("text/plain").send(mark("text")));
					app.get("/", (_req, res) => page(res, `<script src="/data"></script><script nonce="NONCE">${mark("nonced")}</script>`));
				});
				await window.open(`${site.origin}/`);
				return window.read(MARKS);
			};
			expect(await declaredAsText({})).toEqual({ nonced: "1" });
			expect(await declaredAsText({ xContentTypeOptions: false })).toEqual({ nonced: "1", text: "1" });
		},
	],
	[
		"a vendor's script loads on the route that allows it, and on no other",
		async (window) => {
			const shop = await vendorShop();
			expect(await visited(window, `${shop.origin}/checkout`)).toEqual({ nonced: "1", vendor: "1" });
			expect(await visited(window, `${shop.origin}/`)).toEqual({ nonced: "1" });
		},
	],
	[
		"a policy that was replaced on one route is in force there, and on no other",
		async (window) => {
			const shop = await vendorShop();
			expect(await visited(window, `${shop.origin}/still`)).toEqual({});
			expect(await visited(window, `${shop.origin}/`)).toEqual({ nonced: "1" });
		},
	],
	[
		"a list that an extension takes over from its fallback does not run what that blocked",
		async (window) => {
			for (const preset of ["ssr", "strict"] as const) {
				const site = await serve((app) => {
					const headers = secureHeaders({ preset });
					app.use(headers);
					const override = headers.extend({ contentSecurityPolicy: { directives: { scriptSrcAttr: [reportSample] } } });
					app.get("/", override, (_req, res) => page(res, BY_NONCE + INJECTED));
				});
				await window.open(`${site.origin}/`);
				expect(await window.read(MARKS), preset).toEqual({ nonced: "1" });
			}
		},
	],
];

async function injectedInto(window: Window, options: SecureHeadersOptions): Promise<{ readonly ran: unknown; readonly styled: unknown }> {
	const site = await serve((app) => {
		app.use(secureHeaders(options));
		app.get("/file.js", (_req, res) => void res.type("js").send(mark("file")));
		app.get("/", (_req, res) => page(res, BY_NONCE + OWN_FILE + INJECTED));
	});
	await window.open(`${site.origin}/`);
	return { ran: await window.read(MARKS), styled: await window.read(STYLED) };
}

async function loadsAnother(window: Window, scriptSrc: CspDirectives["scriptSrc"]): Promise<unknown> {
	const site = await serve((app, { elsewhere }) => {
		app.use(secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc } }, crossOriginResourcePolicy: false }));
		app.get("/more.js", (_req, res) => void res.type("js").send(""));
		const said = (name: string): string => `() => { ${mark("said", `'${name}'`)} }`;
		app.get("/", (_req, res) =>
			page(
				res,
				`<script nonce="NONCE">const more = document.createElement("script"); more.src = "${elsewhere}/more.js";
				more.onload = ${said("loaded")}; more.onerror = ${said("blocked")}; document.head.append(more)</script>`,
			),
		);
	});
	await window.open(`${site.origin}/`);
	await until(window, "document.documentElement.dataset.said");
	return window.read("document.documentElement.dataset.said");
}

/** Three routes with the same page, which asks for a vendor's script. */
function vendorShop(): Promise<Site> {
	return serve((app, { elsewhere }) => {
		const headers = secureHeaders();
		const still = { contentSecurityPolicy: { directives: { defaultSrc: [self], scriptSrc: [csp.none] } } };
		app.get("/vendor.js", (_req, res) => void res.type("js").send(mark("vendor")));
		app.use(headers);
		const body = `<script nonce="NONCE">${mark("nonced")}</script><script src="${elsewhere}/vendor.js"></script>`;
		app.get("/", (_req, res) => page(res, body));
		app.get("/checkout", headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: [elsewhere] } } }), (_req, res) => page(res, body));
		app.get("/still", headers.replace(still), (_req, res) => page(res, body));
	});
}

async function visited(window: Window, url: string): Promise<unknown> {
	await window.open(url);
	return window.read(MARKS);
}
