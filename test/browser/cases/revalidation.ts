import type { Request, Response } from "express";
import { expect } from "vitest";
import { csp, type SecureHeaders, type SecureHeadersOptions, secureHeaders } from "../../../src/index.ts";
import type { Window } from "../../support/engines.ts";
import type { Engine } from "../../support/inline-code.ts";
import { MARKS, mark, page, type Site, serve } from "../../support/site.ts";
import type { Case } from "./case.ts";

/** A 304 updates the headers of the page that the browser stored, and with them its policy; the page keeps its old nonce. */
export const revalidationCases: readonly Case[] = [
	[
		"a stored page with a nonce keeps running its script, and nothing else, at each visit that a 304 answers",
		async (window, engine) => {
			const site = await storedPage(engine);
			expect(await visits(window, site)).toEqual([{ nonced: "1" }, { nonced: "1" }, { nonced: "1" }]);
			expect(pages(site)).toEqual(["200 /", "304 /", "304 /"]);
		},
	],
	[
		"so it does when it is loaded anew, for which WebKit asks for all of it",
		async (window, engine) => {
			const site = await storedPage(engine);
			await window.open(`${site.origin}/`);
			for (const _again of [1, 2]) {
				await window.reload();
				expect(await window.read(MARKS)).toEqual({ nonced: "1" });
			}
			expect(pages(site)).toEqual(engine === "WebKit" ? ["200 /", "200 /", "200 /"] : ["200 /", "304 /", "304 /"]);
		},
	],
	[
		"so it does with the header locked, under the presets, and in two policies of which one only reports",
		async (window, engine) => {
			for (const options of [
				{ lock: ["contentSecurityPolicy"] },
				{ preset: "ssr" },
				{ preset: "strict" },
				{ contentSecurityPolicyReportOnly: {} },
				{ headerBlock: false },
			] satisfies SecureHeadersOptions[]) {
				const site = await storedPage(engine, options);
				expect(await visits(window, site), JSON.stringify(options)).toEqual([{ nonced: "1" }, { nonced: "1" }, { nonced: "1" }]);
				expect(pages(site)).toEqual(["200 /", "304 /", "304 /"]);
			}
		},
	],
	[
		"so it does on a route that extends the policy",
		async (window, engine) => {
			const site = await serve((app) => {
				const headers = storable(engine);
				app.use(headers);
				app.get("/", headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: ["https://js.pay.example"] } } }), answerStored);
			});
			expect(await visits(window, site)).toEqual([{ nonced: "1" }, { nonced: "1" }, { nonced: "1" }]);
			expect(pages(site)).toEqual(["200 /", "304 /", "304 /"]);
		},
	],
	[
		"a page without a nonce stays under its policy at each visit",
		async (window, engine) => {
			const site = await storedPage(
				engine,
				{ contentSecurityPolicy: { directives: { scriptSrc: [csp.self], styleSrc: [csp.self] } } },
				"<script src='/file.js'></script>",
			);
			expect(await visits(window, site)).toEqual([{ file: "1" }, { file: "1" }, { file: "1" }]);
			expect(pages(site)).toEqual(["200 /", "304 /", "304 /"]);
		},
	],
	[
		"the control: a 304 that carries the policy without its nonce stops the script of the stored page",
		async (window) => {
			const site = await serve((app) => {
				app.get("/", (req, res) => {
					res.set("Content-Security-Policy", req.get("If-None-Match") === undefined ? "script-src 'nonce-abc'" : "script-src 'self'");
					answer(req, res, `<script nonce="abc">${mark("nonced")}</script>`);
				});
			});
			expect((await visits(window, site)).slice(0, 2)).toEqual([{ nonced: "1" }, {}]);
			expect(pages(site)).toEqual(["200 /", "304 /", "304 /"]);
		},
	],
	[
		"the control: a 304 that carries a policy which allows inline code lets what was injected into the stored page run",
		async (window) => {
			const site = await loosenedByApplication((app) => app);
			expect(await visits(window, site)).toEqual([{ nonced: "1" }, { injected: "1", nonced: "1" }, { injected: "1", nonced: "1" }]);
		},
	],
	[
		"a locked policy with a nonce holds against the application's own on a 304",
		async (window, engine) => {
			const site = await loosenedByApplication((app) => app.use(storable(engine, { lock: ["contentSecurityPolicy"] })));
			expect(await visits(window, site)).toEqual([{ nonced: "1" }, { nonced: "1" }, { nonced: "1" }]);
			expect(pages(site)).toEqual(["200 /", "304 /", "304 /"]);
		},
	],
];

const NONCED = `<script nonce="NONCE">${mark("nonced")}</script>`;
const INJECTED = `<script>${mark("injected")}</script>`;

/** With COOP, WebKit takes a new process for each visit; its driver stores no pages, and what a process keeps is gone with it. */
function storable(engine: Engine, options: SecureHeadersOptions = {}): SecureHeaders {
	return secureHeaders(engine === "WebKit" ? { crossOriginOpenerPolicy: false, ...options } : options);
}

function storedPage(engine: Engine, options: SecureHeadersOptions = {}, body: string = NONCED): Promise<Site> {
	return serve((app) => {
		app.use(storable(engine, options));
		app.get("/file.js", (_req, res) => void res.type("js").send(mark("file")));
		app.get("/", (req, res) => answer(req, res, body + INJECTED));
	});
}

/** The application lets all inline code run, but on the first answer. */
function loosenedByApplication(mount: (app: Parameters<Parameters<typeof serve>[0]>[0]) => unknown): Promise<Site> {
	return serve((app) => {
		app.use((_req, res, next) => {
			res.locals["cspNonce"] = "abc";
			res.set("Content-Security-Policy", "script-src 'nonce-abc'");
			next();
		});
		mount(app);
		app.get("/", (req, res) => {
			if (req.get("If-None-Match") !== undefined) res.set("Content-Security-Policy", "script-src 'unsafe-inline'");
			answer(req, res, NONCED + INJECTED);
		});
	});
}

function answerStored(req: Request, res: Response): void {
	answer(req, res, NONCED + INJECTED);
}

/** A page that is to be stored, and asked about at each visit. */
function answer(req: Request, res: Response, body: string): void {
	res.set({ ETag: '"one"', "Cache-Control": "private, no-cache" });
	if (req.fresh) res.status(304).end();
	else page(res, body);
}

/** What ran at each of three visits. Between them another page of the site is open, so that WebKit stays in its process. */
async function visits(window: Window, site: Site): Promise<readonly unknown[]> {
	const seen: unknown[] = [];
	for (const _visit of [1, 2, 3]) {
		await window.open(`${site.origin}/`);
		seen.push(await window.read(MARKS));
		await window.open(`${site.origin}/between`);
	}
	return seen;
}

function pages({ answered }: Site): readonly string[] {
	return answered.filter((line) => line.endsWith(" /"));
}
