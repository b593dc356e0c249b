import { expect } from "vitest";
import { secureHeaders } from "../../../src/index.ts";
import { isolateResources } from "../../../src/isolation/index.ts";
import type { Window } from "../../support/engines.ts";
import type { Engine } from "../../support/inline-code.ts";
import { page, type Site, serve } from "../../support/site.ts";
import type { Case } from "./case.ts";

const HERE = "own";
const ELSEWHERE = "other";

/** What a page does on load, with TARGET for the address that it requests; and whether that passes from the site itself and from another one. */
const REQUESTS: readonly (readonly [title: string, body: string, own: boolean, other: boolean])[] = [
	["an image", '<img src="TARGET" alt="">', true, false],
	["a script", '<script src="TARGET"></script>', true, false],
	["a style sheet", '<link rel="stylesheet" href="TARGET">', true, false],
	["a fetch that reads nothing", '<script>fetch("TARGET", { mode: "no-cors" })</script>', true, false],
	["a fetch", '<script>fetch("TARGET").catch(() => {})</script>', true, false],
	["a POST that reads nothing", '<script>fetch("TARGET", { method: "POST", mode: "no-cors", body: "a=1" })</script>', true, false],
	["a beacon", '<script>navigator.sendBeacon("TARGET", "a=1")</script>', true, false],
	["an object", '<object data="TARGET" type="text/html"></object>', true, false],
	["a frame", '<iframe src="TARGET"></iframe>', true, true],
	["a navigation", '<script>location = "TARGET"</script>', true, true],
	["a form with GET", '<form action="TARGET"><input name="a"></form><script>document.forms[0].submit()</script>', true, true],
	["a form with POST", '<form method="post" action="TARGET"><input name="a"></form><script>document.forms[0].submit()</script>', true, false],
	[
		"a form with POST in a sandboxed frame",
		`<iframe sandbox="allow-scripts allow-forms" srcdoc='<form method="post" action="TARGET"></form><script>document.forms[0].submit()</script>'></iframe>`,
		false,
		false,
	],
];

export const requestCases: readonly Case[] = [
	...REQUESTS.map(
		([title, body, own, other]): Case => [
			`${title} ${own ? "passes" : "is refused"} from the site itself, and ${other ? "passes" : "is refused"} from another one`,
			async (window, engine) => {
				expect([await passes(window, body, HERE), await passes(window, body, ELSEWHERE)]).toEqual([own, other || isUntold(engine, title)]);
			},
		],
	),
	[
		"a popup of another site is a navigation",
		async (window) => {
			const site = await guarded((target) => `<button>open</button><script>document.querySelector("button").onclick = () => void open("${target}")</script>`);
			await window.open(`${site.elsewhere}/page`);
			await window.press("button");
			expect(await statusOf(window, site)).toBe(200);
		},
	],
];

/** WebKit does not say that a navigation is for an <object>, so it passes as a frame does. */
function isUntold(engine: Engine, title: string): boolean {
	return engine === "WebKit" && title === "an object";
}

async function passes(window: Window, body: string, from: typeof HERE | typeof ELSEWHERE): Promise<boolean> {
	const site = await guarded((target) => body.replaceAll("TARGET", target));
	await window.open(`${from === HERE ? site.origin : site.elsewhere}/page`);
	return (await statusOf(window, site)) !== 403;
}

/** `/page` is served without a policy, and all else is guarded. */
function guarded(bodyOf: (target: string) => string): Promise<Site> {
	return serve((app, { origin }) => {
		app.get("/page", (_req, res) => page(res, bodyOf(`${origin}/target`)));
		app.use(secureHeaders({ contentSecurityPolicy: false, xFrameOptions: false, crossOriginResourcePolicy: false }));
		app.use(isolateResources());
		app.use("/target", (_req, res) => void res.status(200).type("txt").send("passed"));
	});
}

async function statusOf(window: Window, site: Site): Promise<number> {
	const found = (): string | undefined => site.answered.find((line) => line.includes(" /target"));
	const end = Date.now() + 8000;
	while (found() === undefined) {
		if (Date.now() > end) throw new Error(`nothing was requested: ${await window.read("document.documentElement.outerHTML")}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	return Number(found()?.slice(0, 3));
}
