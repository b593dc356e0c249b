import type { Express, Request, Response } from "express";
import { expect } from "vitest";
import { csp, type SecureHeadersOptions, secureHeaders } from "../../../src/index.ts";
import type { Window } from "../../support/engines.ts";
import { MARKS, mark, page, type Site, serve } from "../../support/site.ts";
import type { Case } from "./case.ts";

const framedBy = (...frameAncestors: readonly string[]): SecureHeadersOptions => ({ contentSecurityPolicy: { directives: { frameAncestors } } });

/** `DENY`, `SAMEORIGIN` or nothing is what X-Frame-Options is derived to; the last columns say whether each outer page gets to show it. */
const FRAMES: readonly (readonly [title: string, options: SecureHeadersOptions, sameOrigin: boolean, otherOrigin: boolean])[] = [
	["by default no page may frame it", {}, false, false],
	["frame-ancestors 'self' lets the site itself frame it", framedBy(csp.self), true, false],
	["frame-ancestors of a partner lets the partner frame it, and not the site itself", framedBy("http://127.0.0.1:*"), false, true],
	["X-Frame-Options stands by itself where there is no policy", { contentSecurityPolicy: false }, false, false],
	["X-Frame-Options: SAMEORIGIN lets the site itself frame it", { contentSecurityPolicy: false, xFrameOptions: "SAMEORIGIN" }, true, false],
	["without both every page may frame it", { contentSecurityPolicy: false, xFrameOptions: false }, true, true],
	["frame-ancestors wins over X-Frame-Options", { ...framedBy(csp.self), xFrameOptions: "DENY" }, true, false],
];

export const isolationCases: readonly Case[] = [
	...FRAMES.map(
		([title, options, sameOrigin, otherOrigin]): Case => [
			title,
			async (window) => {
				expect([await shownIn(window, "origin", options), await shownIn(window, "elsewhere", options)]).toEqual([sameOrigin, otherOrigin]);
			},
		],
	),
	[
		"the framework's own 404 page cannot be framed, and can without the middleware",
		async (window) => {
			expect(await notFoundInFrame(window, true)).toBe("");
			expect(await notFoundInFrame(window, false)).toBe("Cannot GET /nowhere");
		},
	],
	[
		"what was injected into the framework's own error page does not run",
		async (window) => {
			const site = await serve((app) => {
				app.use(secureHeaders());
				app.get("/boom", () => {
					throw new Error("boom");
				});
			});
			await window.open(`${site.origin}/boom`);
			expect(await window.read("document.body.textContent")).toContain("boom");
			expect(await window.read("getComputedStyle(document.body).display")).toBe("block");
			expect(site.answered[0]).toBe("500 /boom");
		},
	],
	[
		"another site cannot show an image of this one, unless it is declared for others",
		async (window) => {
			const images = async (options: SecureHeadersOptions): Promise<unknown> => {
				const site = await serve((app, { elsewhere }) => {
					app.get("/", (_req, res) =>
						page(res, `<img src="${elsewhere}/image.svg" onload="${mark("said", "'shown'")}" onerror="${mark("said", "'refused'")}" alt="">`),
					);
					app.get(
						"/image.svg",
						secureHeaders(options),
						(_req, res) => void res.type("svg").send('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'),
					);
				});
				await window.open(`${site.origin}/`);
				return window.read(MARKS);
			};
			expect(await images({})).toEqual({ said: "refused" });
			expect(await images({ crossOriginResourcePolicy: "cross-origin" })).toEqual({ said: "shown" });
		},
	],
	[
		"a page is cross-origin isolated with COOP and COEP, also when the middleware is mounted twice",
		async (window) => {
			const isolated: SecureHeadersOptions = { crossOriginEmbedderPolicy: "require-corp" };
			expect(await isIsolated(window, {})).toBe("false");
			expect(await isIsolated(window, isolated)).toBe("true");
			expect(await isIsolated(window, isolated, (app) => void app.use(secureHeaders(isolated)))).toBe("true");
			// The control: a header that is there twice counts for nothing.
			expect(await isIsolated(window, { ...isolated, crossOriginOpenerPolicy: false }, (app) => void app.use(opensTwice))).toBe("false");
		},
	],
	[
		"COOP cuts a page off from the popups of another site that it opens, unless they are allowed",
		async (window) => {
			expect(await popupHasOpener(window, {})).toBe("false");
			expect(await popupHasOpener(window, { crossOriginOpenerPolicy: "same-origin-allow-popups" })).toBe("true");
			expect(await popupHasOpener(window, { crossOriginOpenerPolicy: false })).toBe("true");
		},
	],
];

/** Whether a page with these headers is shown in a frame, as its own image that it then asks for tells. */
export async function shownIn(window: Window, outer: "origin" | "elsewhere", options: SecureHeadersOptions): Promise<boolean> {
	const site = await serve((app, { origin }) => {
		app.get("/outer", (_req, res) => page(res, `<iframe src="${origin}/"></iframe>`));
		app.get("/shown.png", (_req, res) => void res.sendStatus(204));
		app.get("/", secureHeaders(options), (_req, res) => page(res, '<img src="/shown.png" alt="">'));
	});
	await window.open(`${site[outer]}/outer`);
	expect(site.answered).toContain("200 /");
	return site.answered.includes("204 /shown.png");
}

async function notFoundInFrame(window: Window, protect: boolean): Promise<unknown> {
	const site = await serve((app) => {
		app.get("/outer", (_req, res) => page(res, '<iframe src="/nowhere"></iframe>'));
		if (protect) app.use(secureHeaders());
	});
	await window.open(`${site.origin}/outer`);
	expect(site.answered).toContain("404 /nowhere");
	return window.read("document.querySelector('iframe').contentDocument?.body?.textContent.trim() ?? ''");
}

async function isIsolated(window: Window, options: SecureHeadersOptions, more: (app: Express) => void = () => {}): Promise<unknown> {
	const site = await serve((app) => {
		app.use(secureHeaders(options));
		more(app);
		app.get("/", (_req, res) => page(res, `<script nonce="NONCE">${mark("isolated", "String(crossOriginIsolated)")}</script>`));
	});
	await window.open(`${site.origin}/`);
	return window.read("document.documentElement.dataset.isolated");
}

function opensTwice(_req: Request, res: Response, next: () => void): void {
	res.setHeader("Cross-Origin-Opener-Policy", ["same-origin", "same-origin"]);
	next();
}

/** As the popup itself tells the server. */
export async function popupHasOpener(window: Window, options: SecureHeadersOptions): Promise<string | undefined> {
	const site: Site = await serve((app, { elsewhere }) => {
		app.get("/popup", (_req, res) => page(res, "<script>new Image().src = '/told?' + (opener !== null); setTimeout(close, 200)</script>"));
		app.get("/told", (_req, res) => void res.sendStatus(204));
		app.use(secureHeaders(options));
		app.get("/", (_req, res) =>
			page(res, `<button>open</button><script nonce="NONCE">document.querySelector("button").onclick = () => void open("${elsewhere}/popup")</script>`),
		);
	});
	await window.open(`${site.origin}/`);
	await window.press("button");
	const told = (): string | undefined => site.answered.find((line) => line.includes("/told?"))?.split("?")[1];
	await expect.poll(told, { timeout: 8_000 }).toBeDefined();
	return told();
}
