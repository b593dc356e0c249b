import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type DevtoolsOptions, devtools } from "../../src/devtools/index.ts";
import { protectServer, type SecureHeaders, secureHeaders } from "../../src/index.ts";
import { type Answer, type AnyApp, type Ask, listen, type Running, STACKS, type Stack } from "../support/stacks.ts";

/* What arrives at the terminal, for what browsers report and for what only the server sees. */

let folder: string;
let written: string[];
let running: Running;

// The first request waits for it, which takes seconds where each module is compiled for the test.
beforeAll(() => import("../../src/devtools/room.ts"));
beforeEach(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), "headguard-")));
	mkdirSync(join(folder, "views"));
	mkdirSync(join(folder, "public"));
	vi.spyOn(process, "cwd").mockReturnValue(folder);
	written = [];
	vi.spyOn(process.stderr, "write").mockImplementation((text) => {
		written.push(String(text));
		return true;
	});
});
// The newest one receives the events of the process, and this one is silent.
afterAll(async () => {
	const { createDevtools } = await import("../../src/devtools/room.ts");
	createDevtools(secureHeaders(), { path: "/silent", inject: false, views: [], terminal: false });
});
afterEach(async () => {
	vi.restoreAllMocks();
	vi.unstubAllEnvs();
	vi.useRealTimers();
	await running?.close();
	rmSync(folder, { recursive: true, force: true });
});

const LOCAL = { Host: "localhost:3000" };

function ask(given: Ask): Promise<Answer> {
	return running.ask({ ...given, headers: { ...LOCAL, ...given.headers } });
}

function report(body: object, to = "/__headguard/reports"): Promise<Answer> {
	const content = ascii({
		"csp-report": { disposition: "enforce", "document-uri": "http://localhost:3000/", "source-file": "", "line-number": 0, ...body },
	});
	return ask({ method: "POST", path: to, headers: { "Content-Type": "application/csp-report" }, body: content });
}

function ascii(value: object): string {
	return JSON.stringify(value).replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The findings that were written, without the greeting and warnings of the policy. */
function findings(): readonly string[] {
	return written.filter((text) => /^headguard: (?:blocked|would block|event:)/.test(text));
}

async function start(options: DevtoolsOptions = {}, headers: SecureHeaders = secureHeaders(), routes: (app: AnyApp) => void = page): Promise<void> {
	const app = express();
	app.use(headers);
	app.use(devtools(headers, options));
	routes(app);
	running = await listen(app);
}

function page(app: AnyApp): void {
	app.get("/", (_req, res) => void res.type("html").send("<title>Home</title>"));
}

function listenerOf({ framework, create }: Stack, headers: SecureHeaders): RequestListener {
	const tools = devtools(headers);
	if (framework !== undefined) {
		const app = create();
		app.use(headers);
		app.use(tools);
		app.use((_req, res) => {
			res.setHeader("Content-Type", "text/html");
			res.end("<title>Home</title>");
		});
		return app as RequestListener;
	}
	return (req, res) => {
		headers(req, res);
		tools(req, res, () => {
			res.setHeader("Content-Type", "text/html");
			res.end("<title>Home</title>");
		});
	};
}

describe.each(STACKS)("on $name", (stack) => {
	test("a response gets the address for reports, a report becomes a finding at once, and the same one is not written twice", async () => {
		running = await listen(listenerOf(stack, secureHeaders()), stack.http2);
		const host = stack.http2 ? { ":authority": "localhost:3000" } : LOCAL;
		const answer = await running.ask({ headers: host });
		expect(answer.get("content-security-policy")[0]).toContain("; report-uri /__headguard/reports; script-src 'self' 'report-sample'; ");
		expect(answer.body).toBe("<title>Home</title>");
		const body = JSON.stringify({
			"csp-report": {
				"document-uri": "http://localhost:3000/",
				"effective-directive": "img-src",
				"blocked-uri": "https://img.example/a.png",
				disposition: "enforce",
			},
		});
		for (const _ of [1, 2]) {
			const posted = await running.ask({ method: "POST", path: "/__headguard/reports", headers: { ...host, "Content-Type": "application/csp-report" }, body });
			expect(posted.status).toBe(204);
		}
		expect(findings()).toEqual([expect.stringContaining("headguard: blocked the image https://img.example/a.png on / [img-src]")]);
	});
});

describe("overrides", () => {
	const headers = secureHeaders();
	const routes = (app: AnyApp): void => {
		app.get("/replaced", headers.replace({ contentSecurityPolicy: { directives: { imgSrc: ["'self'"] } } }), (_req, res) => void res.send("x"));
		app.get("/extended", headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } }), (_req, res) => void res.send("x"));
		app.get("/handler", (_req, res) => {
			headers.override(res, { contentSecurityPolicy: { directives: { frameSrc: ["https://frame.example"] } } });
			res.send("x");
		});
		app.get("/off", headers.replace({ contentSecurityPolicy: false }), (_req, res) => void res.send("x"));
		app.get("/own", (_req, res) => void res.set("Content-Security-Policy", "default-src 'none'; img-src *; frame-ancestors 'none'").send("x"));
		app.get("/head", (_req, res) => {
			res.writeHead(201, { "Content-Type": "text/plain" });
			res.end("x");
		});
	};

	test.each([
		["/replaced", "img-src 'self'; report-uri /__headguard/reports"],
		[
			"/extended",
			"default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data: https://img.example; object-src 'none'; report-uri /__headguard/reports; script-src 'self' 'report-sample'; style-src 'self' 'report-sample'",
		],
		["/off", undefined],
		["/own", "default-src 'none'; img-src *; frame-ancestors 'none'"],
	])("%s carries its own policy, and reports if it is ours", async (path, expected) => {
		await start({}, headers, routes);
		expect((await ask({ path })).get("content-security-policy")).toEqual(expected === undefined ? [] : [expected]);
	});

	test("a policy that a handler changes, and a head that a handler writes, are listened to", async () => {
		await start({}, headers, routes);
		expect((await ask({ path: "/handler" })).get("content-security-policy")[0]).toContain("frame-src 'self' https://frame.example; ");
		expect((await ask({ path: "/handler" })).get("content-security-policy")[0]).toContain("report-uri /__headguard/reports");
		const written = await ask({ path: "/head" });
		expect([written.status, written.body]).toEqual([201, expect.stringContaining("\r\nx\r\n")]);
		expect(written.get("content-security-policy")[0]).toContain("report-uri /__headguard/reports");
	});
});

describe("beside the rest of the library", () => {
	test.each([
		["in a block", {}],
		["one by one", { headerBlock: false }],
		["locked", { lock: ["contentSecurityPolicy"] }],
	] as const)("a policy %s is listened to on a page, a 304 and an error, and Node's own answer keeps the guard's", async (_title, options) => {
		const headers = secureHeaders(options as never);
		await start({ inject: true }, headers, (app) => {
			writeFileSync(join(folder, "public", "a.txt"), "text");
			app.use("/static", express.static(join(folder, "public")));
			app.get("/", (_req, res) => void res.send("<head></head>page"));
			app.get("/error", () => {
				throw new Error("x");
			});
			app.use(headers.errorHandler as never);
		});
		protectServer(running.server as never, headers);
		const page = await ask({});
		expect(page.body).toMatch(/^<head><script src="\/__headguard\/probe\.js" nonce="([\w-]{22})"><\/script><\/head>page$/);
		expect(page.get("content-length")).toEqual([String(page.body.length)]);
		const file = await ask({ path: "/static/a.txt" });
		const again = await ask({ path: "/static/a.txt", headers: { "If-None-Match": file.get("etag")[0] ?? "" } });
		const error = await ask({ path: "/error" });
		expect([file.status, again.status, error.status]).toEqual([200, 304, 500]);
		for (const { get } of [page, file, again, error])
			expect(get("content-security-policy")).toEqual([expect.stringContaining("report-uri /__headguard/reports")]);
		expect(error.body).not.toContain("probe.js");
		const broken = await running.ask({ raw: "GET / HTTP/1.1\r\nBad\r\n\r\n" });
		expect([broken.status, ...broken.get("content-security-policy")]).toEqual([400, expect.stringMatching(/^default-src 'self'(?!.*report-uri)/)]);
	});

	test("mounted before the policy, it says so once, and the policy is sent as it is", async () => {
		const headers = secureHeaders();
		const app = express();
		app.use(devtools(headers));
		app.use(headers);
		page(app);
		running = await listen(app);
		const [answer] = [await ask({}), await ask({})];
		expect(answer?.get("content-security-policy")[0]).toMatch(/^default-src 'self'(?!.*report-uri)/);
		expect(written.filter((text) => text.includes("[usage/no-policy]"))).toEqual([
			expect.stringContaining("Mount app.use(headers) before app.use(devtools(headers))."),
		]);
	});
});

describe("in production", () => {
	test("it adds nothing, answers nothing, and loads nothing more", async () => {
		vi.stubEnv("NODE_ENV", "production");
		const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
		await start();
		expect((await ask({})).get("content-security-policy")[0]).not.toContain("report-uri");
		expect((await ask({ path: "/__headguard" })).status).toBe(404);
		expect((await ask({ path: "/__headguard/reports", method: "POST" })).status).toBe(404);
		expect(warn.mock.calls.length).toBeLessThanOrEqual(1);
		expect(findings()).toEqual([]);
	});

	test("options are checked there as well", () => {
		vi.stubEnv("NODE_ENV", "production");
		expect(() => devtools(secureHeaders(), { inject: 1 as never })).toThrow("devtools.inject: received 1");
	});
});

describe("held wrong", () => {
	test.each([
		["mounted instead of called", () => devtools({ httpVersion: "1.1", headers: {}, url: "/" } as never), "usage/not-called"],
		["without headers", () => devtools(undefined as never), "usage/no-policy"],
		["with another function", () => devtools((() => {}) as never), "usage/no-policy"],
		["with a path that is none", () => devtools(secureHeaders(), { path: "x; script-src *" }), "option/type"],
		["with a path of the root", () => devtools(secureHeaders(), { path: "/" }), "option/type"],
		["with an option that does not exist", () => devtools(secureHeaders(), { injects: true } as never), "option/unknown"],
		["with folders that are no texts", () => devtools(secureHeaders(), { views: [1] as never }), "option/type"],
	])("%s, it says so", (_title, call, code) => {
		expect(call).toThrow(`[${code}]`);
	});
});

describe("what the terminal says", () => {
	test("an inline script has the line of the template that rendered the page, and the nonce in its syntax", async () => {
		writeFileSync(join(folder, "views", "home.ejs"), "<html>\n<script>\n\tstart(<%= 1 %>);\n</script>\n</html>\n");
		writeFileSync(join(folder, "views", "other.ejs"), "<script>\n\tstart(2);\n</script>\n");
		await start({}, secureHeaders(), (app) => {
			app.set("view engine", "ejs");
			app.set("views", join(folder, "views"));
			app.get("/", (_req, res) => res.render("home"));
		});
		await ask({});
		await report({
			"effective-directive": "script-src-elem",
			"blocked-uri": "inline",
			"script-sample": "\n\tstart(1);\n",
			"line-number": 2,
			"source-file": "http://localhost:3000/",
		});
		expect(findings()).toEqual([
			`headguard: blocked an inline script on / [script-src-elem]
  views/home.ejs:2:1
  - <script>
  + <script nonce="<%= cspNonce %>">
  The nonce is new in each response, so injected code does not have it.
`,
		]);
	});

	test("what one route needs is added there, and what a second needs is added for all", async () => {
		await start({}, secureHeaders(), (app) => {
			app.get("/user/:id", (_req, res) => void res.send("x"));
			app.get("/b", (_req, res) => void res.send("x"));
		});
		await ask({ path: "/user/7" });
		await ask({ path: "/b" });
		const image = { "effective-directive": "img-src", "blocked-uri": "https://img.example/a.png" };
		await report({ ...image, "document-uri": "http://localhost:3000/user/7" });
		await report({ ...image, "document-uri": "http://localhost:3000/b" });
		const code = 'headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } })';
		expect(findings()[0]).toContain(`+ app.all("/user/:id", ${code});`);
		expect(findings()[1]).toContain(`+ app.use(${code});`);
	});

	test.each([
		[
			"eval of a library",
			{ "effective-directive": "script-src", "blocked-uri": "eval", "source-file": "http://localhost:3000/js/vue.global.js" },
			"Use the runtime build",
		],
		["eval of the application", { "effective-directive": "script-src", "blocked-uri": "eval" }, "Replace eval, new Function"],
		["hot reload of Vite", { "effective-directive": "connect-src", "blocked-uri": "ws://localhost:24678/" }, "(hot reload of Vite)"],
		["hot reload of webpack", { "effective-directive": "connect-src", "blocked-uri": "ws://localhost:8080/ws" }, "(hot reload)"],
		["a vendor of ours", { "effective-directive": "frame-src", "blocked-uri": "https://www.youtube.com/embed/x" }, "headers.extend(youtube)"],
		[
			"a style that a script wrote",
			{ "effective-directive": "style-src-elem", "blocked-uri": "inline", "source-file": "http://localhost:3000/app.js", "line-number": 3 },
			"It was written by http://localhost:3000/app.js:3.",
		],
		[
			"a Trusted Types sink",
			{ "effective-directive": "require-trusted-types-for", "blocked-uri": "trusted-types-sink", "script-sample": "Element innerHTML|<b>" },
			"a string in Element innerHTML",
		],
		[
			"a script with a host that serves anything",
			{ "effective-directive": "script-src-elem", "blocked-uri": "https://cdn.jsdelivr.net/x.js" },
			"so the host is not proposed",
		],
		[
			"a report-only policy",
			{ disposition: "report", "effective-directive": "img-src", "blocked-uri": "https://img.example/a" },
			"headguard: would block the image",
		],
	])("%s", async (_title, body, expected) => {
		await start();
		await ask({});
		await report(body);
		expect(findings().join("")).toContain(expected);
	});

	test("a frame of another site is named by the request, because no report names it", async () => {
		await start();
		await ask({ headers: { "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site", Referer: "https://partner.example/" } });
		await report({ "effective-directive": "frame-ancestors", "blocked-uri": "http://localhost:3000/" });
		expect(findings().join("")).toContain(
			'app.all("/", headers.extend({ contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } } }));',
		);
	});

	test("the warnings of the policy are written once, at the start", async () => {
		await start({}, secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: ["'self'", "'unsafe-inline'"] } } }));
		await ask({});
		await ask({});
		expect(written.filter((text) => text.startsWith("headguard: warning:"))).toEqual([expect.stringContaining("[csp/script-unsafe-inline]")]);
		expect(written.filter((text) => text.includes("/__headguard shows"))).toEqual([
			"headguard: http://localhost:3000/__headguard shows what the policy blocks, and what to do.\n",
		]);
	});

	test("two of them in one process write an event once", async () => {
		const routes = (app: AnyApp): void => {
			app.get("/", (_req, res) => void res.set("X-Frame-Options", "ALLOWALL").send("x"));
		};
		await start({}, secureHeaders(), routes);
		await ask({});
		await running.close();
		await start({}, secureHeaders(), routes);
		await ask({});
		written = [];
		await ask({ path: "/" });
		expect(findings().filter((text) => text.startsWith("headguard: event:")).length).toBeLessThanOrEqual(1);
	});

	test("an event of the library is a finding", async () => {
		await start({}, secureHeaders(), (app) => {
			app.get("/", (_req, res) => void res.set("X-Frame-Options", "ALLOWALL").send("x"));
		});
		await ask({});
		expect(findings().join("")).toMatch(/^headguard: event: the application set a value that protects less.* on \/ \[override\/weaker\]$/m);
	});
});

describe("what no browser reports", () => {
	const files = (app: AnyApp): void => {
		app.get("/app.js", (_req, res) => void res.type("html").send("<p>Not found"));
		app.get("/data.js", (_req, res) => void res.type("js").send("1"));
		app.get("/a.png", (_req, res) => void res.type("png").send("x"));
	};

	test("a script with the type of a page is refused because of nosniff, and one with its own type is not", async () => {
		await start({}, secureHeaders(), files);
		await ask({ path: "/data.js", headers: { "Sec-Fetch-Dest": "script" } });
		expect(findings()).toEqual([]);
		await ask({ path: "/app.js", headers: { "Sec-Fetch-Dest": "script", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin" } });
		expect(findings().join("")).toContain("blocked /app.js, which is not a script by its type");
		expect(findings().join("")).toContain("It may be the page of your 404 route");
	});

	test("a file that another site loads is refused because of CORP, and one that this site loads is not", async () => {
		await start({}, secureHeaders(), files);
		await ask({ path: "/a.png", headers: { "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin" } });
		await ask({ path: "/a.png", headers: { "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site" } });
		expect(findings()).toEqual([]);
		await ask({ path: "/a.png", headers: { "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site" } });
		expect(findings().join("")).toContain('headers.extend({ crossOriginResourcePolicy: "cross-origin" })');
	});
});

describe("bad input", () => {
	test("terminal escapes and commands of build runners in a report are neutralized", async () => {
		await start();
		await ask({});
		await report({
			"effective-directive": "script-src-elem",
			"blocked-uri": "inline",
			"script-sample": "\u001b[2J\u202e\n::error::x",
			"document-uri": "http://localhost:3000/\u001b[31m",
		});
		await report({ "effective-directive": "img-src\u001b[2J", "blocked-uri": "https://x.example/\n::set-output" });
		expect(findings().length).toBeGreaterThan(0);
		expect(findings().join("")).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]|^::/m);
	});

	test("files outside of the project, links, binary and huge files are not read", async () => {
		const outside = realpathSync(mkdtempSync(join(tmpdir(), "outside-")));
		writeFileSync(join(outside, "secret.ejs"), "<script>secret()</script>");
		symlinkSync(outside, join(folder, "views", "link"));
		symlinkSync(join(outside, "secret.ejs"), join(folder, "views", "secret.ejs"));
		writeFileSync(join(folder, "views", "binary.ejs"), "\u0000<script>secret()</script>");
		writeFileSync(join(folder, "views", "huge.ejs"), `${" ".repeat(3_000_000)}<script>secret()</script>`);
		await start({ views: ["views", outside, "../", "views/../.."] });
		await ask({});
		const secret = { "effective-directive": "script-src-elem", "blocked-uri": "inline", "script-sample": "secret()" };
		await report({ ...secret, "source-file": "http://localhost:3000/../../etc/passwd", "line-number": 3 });
		expect(findings().join("")).toContain("an inline script without a nonce");
		expect(findings().join("")).not.toMatch(/\.ejs|^ {2}\S*passwd/m);
		writeFileSync(join(folder, "views", "plain.ejs"), "<script>secret()</script>");
		await report({ ...secret, "document-uri": "http://localhost:3000/again" });
		expect(findings()[1]).toContain("views/plain.ejs:1:1");
		rmSync(outside, { recursive: true });
	});

	test("reports about pages of other sites are not heard", async () => {
		await start();
		const image = { "effective-directive": "img-src", "blocked-uri": "https://img.example/a.png" };
		await report({ ...image, "document-uri": "https://evil.example/" });
		await report({ ...image, "document-uri": "http://localhost.evil.example/" });
		expect(findings()).toEqual([]);
		await report(image);
		expect(findings().length).toBe(1);
	});

	test("the same code under another origin of the page is one finding, and that of another site is a second", async () => {
		await start();
		const code = { "effective-directive": "script-src-elem", "blocked-uri": "inline", "line-number": 3 };
		for (const origin of ["http://localhost:3000", "http://localhost:5173"])
			await report({ ...code, "document-uri": `${origin}/`, "source-file": `${origin}/js/app.js` });
		expect(findings().length).toBe(1);
		await report({ ...code, "source-file": "https://cdn.example/js/app.js" });
		expect(findings().length).toBe(2);
	});

	test("a page that a build serves gets what the build can do, and a plain page does not", async () => {
		const script = "<script>first()</script>";
		writeFileSync(join(folder, "views", "plain.html"), script.replace("first", "second"));
		for (const name of ["/src/main.ts", "./main.jsx", "main.tsx"]) {
			writeFileSync(join(folder, "views", "index.html"), `${script}<script type="module" src="${name}"></script>`);
			await start();
			const found = { "effective-directive": "script-src-elem", "blocked-uri": "inline" };
			await report({ ...found, "script-sample": "first()" });
			await report({ ...found, "script-sample": "second()" });
			expect(findings()[0]).toContain('  views/index.html:1:1\n  Vite marks it if its configuration has html: { cspNonce: "a slot" }.');
			expect(findings()[1]).toContain("  views/plain.html:1:1\n  Nothing fills in a nonce in this file.");
			await running.close();
			written = [];
		}
	});

	test("a flood of different reports is bounded in the terminal, and says so", async () => {
		// The bound is that of a minute, which must not end here.
		vi.useFakeTimers({ toFake: ["Date"] });
		await start();
		for (let i = 0; i < 30; i++) {
			const body = JSON.stringify(
				Array.from({ length: 100 }, (_, j) => ({
					type: "csp-violation",
					url: "http://localhost:3000/",
					body: { effectiveDirective: "img-src", blockedURL: `https://h${i}x${j}.example/`, disposition: "enforce", documentURL: "http://localhost:3000/" },
				})),
			);
			await ask({ method: "POST", path: "/__headguard/reports", headers: { "Content-Type": "application/reports+json" }, body });
		}
		expect(findings().length).toBeLessThan(60);
		expect(written.at(-1)).toBe("headguard: there is more, which the page shows.\n");
	});

	test("a message of the probe that is none is refused, and a large one is not read", async () => {
		await start();
		const post = (body: string): Promise<Answer> => ask({ method: "POST", path: "/__headguard/seen", headers: { "Content-Type": "application/json" }, body });
		expect((await post("{")).status).toBe(400);
		expect((await post("[]")).status).toBe(400);
		expect((await post('{"type":"__proto__","body":{}}')).status).toBe(400);
		// Refused by its length. A client that sends such a body may be cut off before it reads the answer.
		const large = "POST /__headguard/seen HTTP/1.1\r\nHost: localhost:3000\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n";
		expect((await running.ask({ raw: large })).status).toBe(413);
		expect(
			(
				await post(
					JSON.stringify({ type: "permissions-policy-violation", document: "http://localhost:3000/", body: { featureId: "camera", message: "denied" } }),
				)
			).status,
		).toBe(204);
		expect(findings().join("")).toContain('features: { camera: ["self"] }');
	});
});
