import { chmodSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import express, { type Express, type RequestHandler } from "express";
import type { Browser } from "playwright-core";
import swaggerUi from "swagger-ui-express";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launch, visit } from "../support/browser.ts";
import { CERTIFICATE } from "../support/certificate.ts";
import { inFolder, type Run } from "../support/cli.ts";
import { listen, type Running, startNeedy, startOther } from "../support/learn-app.ts";

const { headguardProcess, write, folder } = inFolder("learn");
const running: Running[] = [];
const started = (one: Running): Running => {
	running.push(one);
	return one;
};
afterEach(() => {
	for (const one of running.splice(0)) one.stop();
});

/** Names of the internet are not looked up. */
const BROWSER = `#!/bin/sh\nexec ${process.env["CHROMIUM"] ?? "/usr/bin/chromium"} --host-resolver-rules="MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1" "$@"\n`;

async function learn(...args: string[]): Promise<Run> {
	write("browser.sh", BROWSER);
	chmodSync(join(folder(), "browser.sh"), 0o755);
	return headguardProcess({}, "learn", "--timeout", "60", ...args, "--browser", join(folder(), "browser.sh"));
}

const read = (file: string): string => readFileSync(join(folder(), file), "utf8");

/** The lines that say what is done at the moment are left out. */
const said = (text: string): string => text.replace(/^(?:visited|replayed).*\n/gm, "");

interface Module {
	readonly headers: RequestHandler;
	readonly routes?: readonly (readonly [string, RequestHandler])[];
}

let loaded = 0;
async function load(file: string): Promise<Module> {
	return import(`${pathToFileURL(join(folder(), file)).href}?${++loaded}`);
}

function mount({ headers, routes = [] }: Module): (app: Express) => void {
	return (app) => {
		app.use(headers);
		for (const [path, more] of routes) app.all(path, more);
	};
}

let browser: Browser;
beforeAll(async () => {
	browser = await launch();
});
afterAll(() => browser.close());

/** A machine may be busy. */
const TIME = 600_000;

describe("an application with twelve needs", () => {
	const WORKING = {
		fixed: "static",
		time: true,
		clicked: 1,
		color: "rgb(255, 0, 0)",
		image: 1,
		worked: 3,
		opened: true,
		frame: "frame",
		own: "framed",
		six: 42,
	};

	/** @param patience how long frames may take, in milliseconds. */
	async function works(origin: string, patience: number): Promise<Record<string, unknown>> {
		const seen: string[] = [];
		const open = async (path: string) => {
			const { page, violations } = await visit(browser, `${origin}${path}`);
			const close = async (): Promise<void> => {
				seen.push(...(await violations()));
				await page.close();
			};
			return { page, close };
		};
		const home = await open("/");
		await home.page.click("#go");
		await home.page.click("#worker");
		await home.page.waitForFunction(() => Reflect.get(window, "worked") === 3 && Reflect.get(window, "opened") === true, undefined, { timeout: 60_000 });
		const state = await home.page.evaluate(() => {
			const value = (name: string): unknown => Reflect.get(window, name);
			return {
				...{ fixed: value("fixed"), time: typeof value("time") === "number", clicked: value("clicked"), worked: value("worked"), opened: value("opened") },
				color: getComputedStyle(document.querySelector("#red") as Element).color,
				image: (document.querySelector("#image") as HTMLImageElement).naturalWidth,
			};
		});
		await home.close();
		const about = await open("/about");
		const text = (page: typeof about.page, frame: string) =>
			page
				.frameLocator(frame)
				.locator("p")
				.textContent({ timeout: patience })
				.catch(() => "blocked");
		const frame = await text(about.page, "#frame");
		await about.close();
		const embed = await open("/embed");
		const own = await text(embed.page, "#own");
		await embed.close();
		const legacy = await open("/legacy");
		const six = await legacy.page.evaluate(() => Reflect.get(window, "evaluated"));
		await legacy.close();
		return { ...state, frame, own, six, violations: [...new Set(seen)].sort() };
	}

	test(
		"gets a module under which all of it works, and no script has 'unsafe-inline'",
		async () => {
			const other = started(await startOther());
			const app = started(await startNeedy(other));
			const { status, stdout, stderr } = await learn(app.origin, "--out", "headers.mjs");
			expect(said(stderr).split("\n").at(-2)).toBe("4 pages: the policy breaks nothing.");
			expect([status, stdout]).toEqual([0, ""]);
			expect(app.asked).not.toContain("GET /logout");
			expect(app.asked.filter((line) => !line.startsWith("GET "))).toEqual([]);
			const text = read("headers.mjs");
			expect(text).not.toMatch(/unsafe-?inline/i);
			expect(text).toMatch(/^\t\t\tscriptSrc: \[csp\.self, csp\.nonce\],$/m);
			expect(text).toMatch(/^import \{ stripe \} from "headguard\/vendors";$/m);

			// The same application, with the policy and the nonce that the command asks for.
			const module = await load("headers.mjs");
			const guarded = started(await startNeedy(other, { before: mount(module), nonce: (locals) => ` nonce="${locals["cspNonce"]}"` }));
			expect(await works(guarded.origin, 30_000)).toEqual({ ...WORKING, violations: [] });
			// The default policy would have broken most of it.
			const { secureHeaders } = (await import(pathToFileURL("dist/index.js").href)) as { secureHeaders(): RequestHandler };
			const broken = await works(started(await startNeedy(other, { before: mount({ headers: secureHeaders() }) })).origin, 1500);
			expect(Object.keys(WORKING).filter((key) => broken[key] !== WORKING[key as keyof typeof WORKING])).toEqual([
				"fixed",
				"time",
				"clicked",
				"color",
				"image",
				"frame",
				"own",
				"six",
			]);

			const checked = await learn(guarded.origin, "--check", "./headers.mjs", "--depth", "0");
			expect([checked.status, checked.stdout, said(checked.stderr)]).toEqual([
				0,
				"",
				"About the crawl:\n  3 links were not followed, because of --depth, --pages or many links of one kind.\n\n1 page: ./headers.mjs breaks nothing.\n",
			]);
			write("default.mjs", 'import { secureHeaders } from "headguard";\nexport const headers = secureHeaders();\n');
			const refused = await learn(app.origin, "--check", "./default.mjs", "--json", "--depth", "0");
			expect(refused.status).toBe(1);
			const { broken: found } = JSON.parse(refused.stdout) as { broken: { page: string; what: string }[] };
			expect(found.map(({ page, what }) => `${page} ${what.split(" ", 1)[0]}`)).toEqual(
				expect.arrayContaining(["/ script-src-elem", "/ script-src-attr", "/ style-src-attr", "/ img-src", "/ font-src", "/ form-action"]),
			);
		},
		2 * TIME,
	);
});

describe("applications that others wrote", () => {
	const DOCUMENT = {
		openapi: "3.0.0",
		info: { title: "Tea", version: "1" },
		paths: { "/tea": { get: { summary: "Tea", responses: { 200: { description: "ok" } } } } },
	};

	function startSwagger(before?: (app: Express) => void): Promise<Running> {
		const app = express();
		const asked: string[] = [];
		before?.(app);
		app.get("/tea", (req, res) => {
			asked.push(`${req.method} ${req.url}`);
			res.json({ tea: 3 });
		});
		app.use("/docs", swaggerUi.serve, swaggerUi.setup(DOCUMENT));
		return listen(createServer(app), asked);
	}

	test(
		"swagger-ui-express gets a policy without 'unsafe-inline' under which its page is shown, opens, and sends requests",
		async () => {
			const app = started(await startSwagger());
			const { status, stderr } = await learn(`${app.origin}/docs/`, "--out", "headers.mjs");
			expect([status, said(stderr)]).toEqual([0, "1 page: the policy breaks nothing.\n"]);
			// "Try it out" and then "Execute", in each round: the last one has the policy.
			expect(app.asked).toEqual(["GET /tea", "GET /tea", "GET /tea"]);
			expect(read("headers.mjs")).toMatch(/connectSrc: \[csp\.self\]/);
			expect(read("headers.mjs")).not.toMatch(/unsafe-?(?:inline|eval)/i);
			const guarded = started(await startSwagger(mount(await load("headers.mjs"))));
			const { page, violations } = await visit(browser, `${guarded.origin}/docs/`);
			await page.click(".opblock-summary-control");
			expect(await page.textContent(".opblock-summary-path")).toContain("tea");
			await page.click(".try-out__btn");
			await page.click(".execute");
			expect(await page.textContent(".live-responses-table tbody .response-col_status")).toContain("200");
			expect(await violations()).toEqual([]);
			await page.close();
		},
		TIME,
	);

	test(
		"what express-generator writes gets a policy that allows its style sheet, and nothing else",
		async () => {
			const app = started(await startGenerated());
			const { status, stdout, stderr } = await learn(app.origin);
			expect([status, said(stderr)]).toEqual([0, "1 page: the policy breaks nothing.\n"]);
			expect([...stdout.matchAll(/^\t\t\t(\w+): \[(.*)\],$/gm)].map(([, name, list]) => `${name} ${list}`)).toEqual([
				"defaultSrc csp.none",
				"baseUri csp.none",
				"formAction csp.none",
				"frameAncestors csp.none",
				"imgSrc csp.self",
				"styleSrc csp.self",
			]);
		},
		TIME,
	);

	/** Its log and its cookies are left out: their packages are not installed here. */
	async function startGenerated(): Promise<Running> {
		const require = createRequire(import.meta.url);
		const Module = require("node:module") as { _load(request: string, ...rest: unknown[]): unknown };
		const { _load } = Module;
		const nothing = () => (_req: unknown, _res: unknown, next: () => void) => next();
		Module._load = (request, ...rest) => (["morgan", "cookie-parser"].includes(request) ? nothing : _load(request, ...rest));
		try {
			return await listen(createServer(require("../fixtures/express-generator/app.js")));
		} finally {
			Module._load = _load;
		}
	}
});

describe("pages that misbehave", () => {
	/** Each is linked from the first page, which is harmless. */
	const PAGES: Readonly<Record<string, string>> = {
		"/dialogs": "<script>alert(1); confirm(2); prompt(3); addEventListener('beforeunload', (event) => event.preventDefault())</script>",
		"/windows": "<button onclick=\"window.open('/opened')\">Open</button><script>for (let i = 0; i < 5; i++) window.open('/opened')</script>",
		"/opened": "<p>opened</p>",
		"/hangs": "<script>for (;;);</script>",
		"/endless": "",
		"/floods": "<script>setInterval(() => { for (let i = 0; i < 50; i++) new Image().src = 'https://img' + Math.random() + '.example/' }, 10)</script>",
		"/hostile": `<script>/*\u001b[31m*/;//\u2028</script><a href="javascript:'*/process.exit(1)//\u001b[2J'">x</a><img src="https://img.example/');process.exit(1)//">`,
		"/large": `<script>window.state = "${"x".repeat(1_000_000)}"</script>`,
	};

	function startHostile(): Promise<Running> {
		const app = express();
		app.get("/", (_req, res) => {
			const links = [...Object.keys(PAGES).filter((path) => path !== "/opened"), "/file", "/around"].map((path) => `<a href="${path}">${path.slice(1)}</a>`);
			res.send(`<!doctype html><title>Home</title>${links.join(" ")}`);
		});
		app.get("/file", (_req, res) => void res.attachment("a.html").send("<p>file</p>"));
		app.get("/around", (_req, res) => res.redirect("/around"));
		app.get("/endless", (_req, res) => void res.type("html").write("<!doctype html><p>one"));
		for (const [path, body] of Object.entries(PAGES)) app.get(path, (_req, res) => void res.send(`<!doctype html><title>page</title>${body}`));
		return listen(createServer(app));
	}

	test(
		"are left after a while, and said",
		async () => {
			const app = started(await startHostile());
			const { stdout, stderr } = await learn(app.origin, "--timeout", "6", "--json");
			const { notes, changes, pages, module } = JSON.parse(stdout) as { notes: string[]; changes: { what: string }[]; pages: string[]; module: string };
			expect(pages).toEqual(expect.arrayContaining(["/dialogs", "/windows", "/floods", "/hostile", "/large"]));
			expect(pages).not.toContain("/file");
			expect(notes).toEqual(expect.arrayContaining(["/hangs: it did not load in 6 seconds.", "/around: its redirects never end."]));
			expect(notes).toContainEqual(expect.stringMatching(/^\/endless: (?:its response did not end in 4\.8|it did not load in 6) seconds\.$/));
			expect(stderr).toMatch(/^visited \d+ of \d+: \/around, but its redirects never end$/m);
			expect(changes.map(({ what }) => what)).toContainEqual(expect.stringContaining("href of <a>"));
			expect(stderr + stdout).not.toMatch(/[\u001b\u2028]/);
			expect(module.replace(/^\/\/.*\n/gm, "")).not.toMatch(/process|exit/);
		},
		2 * TIME,
	);
});

describe("a login", () => {
	const SIGN_IN =
		'export const signIn = async ({ page, url }) => { await page.goto(new URL("/login", url).href); await page.click("button"); await page.waitForURL(url); };';

	function startClosed(serve: (app: Express) => Server = createServer): Promise<Running> {
		const app = express();
		const isIn = (cookie: string | undefined): boolean => /session=1/.test(cookie ?? "");
		app.get("/login", (_req, res) => void res.send('<form method="post"><input name="user"><input type="password"><button>In</button></form>'));
		app.post("/login", (req, res) => void res.cookie("session", "1", { secure: req.secure }).redirect("/"));
		app.use((req, res, next) => (isIn(req.headers.cookie) ? next() : res.redirect("/login")));
		app.get("/", (_req, res) => void res.send('<a href="/inside">inside</a>'));
		app.get("/inside", (_req, res) => void res.send("<script>window.inside = 1</script>"));
		return listen(serve(app));
	}

	test(
		"over https is passed as well, with a certificate that is trusted on request alone",
		async () => {
			const app = started(await startClosed((closed) => createSecureServer(CERTIFICATE, closed as never)));
			const origin = app.origin.replace("http:", "https:");
			const refused = await learn(origin);
			expect([refused.status, refused.stdout, refused.stderr]).toEqual([
				2,
				"",
				`headguard: ${origin}/: the browser does not trust the certificate (ERR_CERT_AUTHORITY_INVALID). If it is your own, add --insecure.\nSee headguard learn --help.\n`,
			]);
			write("login.mjs", SIGN_IN);
			const inside = await learn(origin, "--insecure", "--script", "login.mjs");
			expect([inside.status, inside.stdout.includes("sha256-"), said(inside.stderr)]).toEqual([0, true, "2 pages: the policy breaks nothing.\n"]);
		},
		2 * TIME,
	);

	test(
		"is said to be in the way, and passed with a script",
		async () => {
			const app = started(await startClosed());
			const outside = await learn(app.origin);
			expect(outside.stderr).toContain("One page leads to /login, which asks for a password. Sign in with --script or --storage.");
			write("login.mjs", SIGN_IN);
			const inside = await learn(app.origin, "--script", "login.mjs");
			expect([inside.status, inside.stdout.includes("sha256-"), said(inside.stderr)]).toEqual([0, true, "2 pages: the policy breaks nothing.\n"]);
			write("fails.mjs", 'export default async ({ page, url }) => { throw new Error("no such user"); };');
			const failed = await learn(app.origin, "--script", "fails.mjs");
			expect([failed.status, failed.stdout, failed.stderr]).toEqual([
				2,
				"",
				"headguard: --script: fails.mjs failed: no such user.\nSee headguard learn --help.\n",
			]);
		},
		2 * TIME,
	);
});
