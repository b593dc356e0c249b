import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import express from "express";
import request from "supertest";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { securedBy } from "../../src/compiled/index.ts";
import helmet from "../../src/helmet/index.ts";
import { type HeadguardEvent, PolicyError, protectServer, secureHeaders } from "../../src/index.ts";
import { refusalOf } from "../../src/isolation/decide.ts";
import { type IsolationOptions, isolateResources } from "../../src/isolation/index.ts";
import { compiledModule } from "../support/compiled.ts";
import { ownMinutes } from "../support/own-minutes.ts";
import { listen, STACKS } from "../support/stacks.ts";

beforeEach(ownMinutes);

// The first: a process warns once.
test("without a policy before it, the process warns once", async () => {
	const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
	const app = express().use(isolateResources()).use(secureHeaders());
	for (let i = 0; i < 2; i++) expect((await request(app).post("/").set(FORM)).headers["content-security-policy"]).toBeUndefined();
	expect(warned.mock.calls).toEqual([
		["isolateResources was reached on a response without a policy, so its 403 has no headers of one. Mount it after app.use(headers).", "HeadguardWarning"],
	]);
	warned.mockRestore();
});

const RULES = { trustedOrigins: new Set(["https://partner.example"]), strict: false };
const FACTS = { method: "GET", site: undefined, mode: undefined, dest: undefined, origin: undefined, host: "app.example", isHttps: false };

type Row = readonly [title: string, facts: Partial<Parameters<typeof refusalOf>[0]>, refusal: ReturnType<typeof refusalOf>];

const ROWS: readonly Row[] = [
	["the site's own image", { site: "same-origin", mode: "no-cors", dest: "image" }, undefined],
	["the address bar", { site: "none", mode: "navigate", dest: "document" }, undefined],
	["a subdomain's image", { site: "same-site", mode: "no-cors", dest: "image" }, undefined],
	["another site's link", { site: "cross-site", mode: "navigate", dest: "document" }, undefined],
	["another site's frame, which frame-ancestors judges", { site: "cross-site", mode: "navigate", dest: "iframe" }, undefined],
	["another site's image", { site: "cross-site", mode: "no-cors", dest: "image" }, "cross-site-resource"],
	["another site's script", { site: "cross-site", mode: "no-cors", dest: "script" }, "cross-site-resource"],
	["another site's fetch", { site: "cross-site", mode: "cors", dest: "empty", origin: "https://evil.example" }, "cross-site-resource"],
	["a trusted site's fetch", { site: "cross-site", mode: "cors", dest: "empty", origin: "https://partner.example" }, undefined],
	["another site's preflight", { method: "OPTIONS", site: "cross-site", mode: "cors", dest: "empty", origin: "https://evil.example" }, "cross-site-resource"],
	["a trusted site's preflight", { method: "OPTIONS", site: "cross-site", mode: "cors", origin: "https://partner.example" }, undefined],
	["another site's object", { site: "cross-site", mode: "navigate", dest: "object" }, "cross-site-resource"],
	["another site's embed", { site: "cross-site", mode: "navigate", dest: "embed" }, "cross-site-resource"],
	["another site's WebSocket", { site: "cross-site", mode: "websocket", dest: "empty", origin: "https://evil.example" }, "cross-site-resource"],
	["the site's own WebSocket", { site: "same-origin", mode: "websocket", dest: "empty", origin: "http://app.example" }, undefined],
	["another site's HEAD", { method: "HEAD", site: "cross-site", mode: "no-cors", dest: "empty" }, "cross-site-resource"],
	["a value that no browser sends", { site: "same-origin, cross-site", mode: "no-cors" }, "cross-site-resource"],
	["a GET without any header", {}, undefined],

	["the site's own form", { method: "POST", site: "same-origin", mode: "navigate", dest: "document", origin: "http://app.example" }, undefined],
	["its own form without a referrer", { method: "POST", site: "same-origin", mode: "navigate", dest: "document", origin: "null" }, undefined],
	["another site's form", { method: "POST", site: "cross-site", mode: "navigate", dest: "document", origin: "https://evil.example" }, "cross-origin-write"],
	["a subdomain's form", { method: "POST", site: "same-site", mode: "navigate", dest: "document", origin: "http://blog.app.example" }, "cross-origin-write"],
	["a trusted site's form", { method: "POST", site: "cross-site", mode: "navigate", dest: "document", origin: "https://partner.example" }, undefined],
	["a trusted name in capitals", { method: "POST", site: "cross-site", mode: "navigate", origin: "HTTPS://PARTNER.EXAMPLE" }, undefined],
	["a name that begins like a trusted one", { method: "POST", site: "cross-site", origin: "https://partner.example.evil.example" }, "cross-origin-write"],
	["DELETE of another site", { method: "DELETE", site: "cross-site", mode: "cors", origin: "https://evil.example" }, "cross-origin-write"],
	["an unknown method of another site", { method: "QUERY", site: "cross-site", mode: "cors", origin: "https://evil.example" }, "cross-origin-write"],

	["an old browser's own form", { method: "POST", origin: "http://app.example" }, undefined],
	["an old browser's own form, behind a proxy that ends TLS", { method: "POST", origin: "https://app.example" }, undefined],
	["an old browser's own form on the default port", { method: "POST", origin: "https://app.example", host: "app.example:443" }, undefined],
	["an old browser's form of another port", { method: "POST", origin: "http://app.example:8080" }, "cross-origin-write"],
	["an old browser's form of another site", { method: "POST", origin: "https://evil.example" }, "cross-origin-write"],
	["an old browser's form of a sandboxed frame", { method: "POST", origin: "null" }, "cross-origin-write"],
	["an Origin that is no URL", { method: "POST", origin: "app.example" }, "cross-origin-write"],
	["an Origin with a user name", { method: "POST", origin: "http://app.example@evil.example" }, "cross-origin-write"],
	["a form on http that leads to https", { method: "POST", origin: "http://app.example", isHttps: true }, "cross-origin-write"],
	["a form on https", { method: "POST", origin: "https://app.example", isHttps: true }, undefined],
	["a Host that is no host", { method: "POST", origin: "http://app.example", host: "app.example/../evil" }, undefined],
	["no Host", { method: "POST", origin: "http://app.example", host: undefined }, "cross-origin-write"],
	["a program", { method: "POST" }, undefined],
];

describe("the rules", () => {
	test.each(ROWS)("%s", (_title, facts, expected) => {
		expect(refusalOf({ ...FACTS, ...facts }, RULES)).toBe(expected);
	});

	test("strict: a program that says nothing is refused, and one that says its origin passes", () => {
		const strict = { ...RULES, strict: true };
		expect(refusalOf({ ...FACTS, method: "POST" }, strict)).toBe("no-evidence");
		expect(refusalOf({ ...FACTS, method: "POST", origin: "http://app.example" }, strict)).toBe(undefined);
		expect(refusalOf({ ...FACTS, method: "GET" }, strict)).toBe(undefined);
	});
});

const IMAGE = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
const OWN = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
const FORM = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", origin: "https://evil.example" };

describe.each(STACKS)("on $name", ({ http2, framework, create }) => {
	const start = (options: IsolationOptions, headers = secureHeaders()) => {
		const isolate = isolateResources(options);
		const route = (_req: IncomingMessage, res: ServerResponse) => void res.end("passed");
		if (framework === undefined) {
			return listen(
				(req, res) =>
					headers(req, res, () =>
						isolate(req, res, (error) => {
							if (error !== undefined) res.statusCode = 500;
							route(req, res);
						}),
					),
				http2,
			);
		}
		const app = create();
		app.use(headers as never);
		app.use(isolate as never);
		app.use(route as never);
		return listen(app as unknown as RequestListener, http2);
	};

	test("another site's form gets a 403 with the policy, the site's own passes", async () => {
		const running = await start({});
		const refused = await running.ask({ method: "POST", headers: FORM });
		expect([refused.status, refused.body]).toEqual([403, "This request came from another site.\n"]);
		expect(refused.get("Cache-Control")).toEqual(["no-store"]);
		expect(refused.get("X-Content-Type-Options")).toEqual(["nosniff"]);
		expect(refused.get("Content-Security-Policy")[0]).toMatch(/^default-src 'self'/);
		expect(refused.get("Vary")).toEqual(["Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site"]);
		const passed = await running.ask({ method: "POST", headers: { ...FORM, "sec-fetch-site": "same-origin" } });
		expect([passed.status, passed.body]).toEqual([200, "passed"]);
		expect(passed.get("Vary")).toEqual(["Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site"]);
		await running.close();
	});

	test("the 403 of a HEAD request has no body", async () => {
		const running = await start({});
		const { status, body } = await running.ask({ method: "HEAD", headers: IMAGE });
		expect([status, body]).toEqual([403, ""]);
		await running.close();
	});

	test("an exempt path passes and depends on nothing, a path that resolves elsewhere is not exempt", async () => {
		const running = await start({ exempt: ["/hooks/*"] });
		const exempt = await running.ask({ path: "/hooks/a", method: "POST", headers: FORM });
		expect([exempt.status, exempt.get("Vary")]).toEqual([200, []]);
		for (const path of ["/hooks/..%2fadmin", "/hooks/%2e%2e/admin", "/Hooks/a", "/hooks"])
			expect([path, (await running.ask({ path, method: "POST", headers: FORM })).status]).toEqual([path, 403]);
		await running.close();
	});

	test("reportOnly refuses nothing, changes nothing and says what would be refused", async () => {
		const events: HeadguardEvent[] = [];
		const running = await start({ reportOnly: true, onEvent: (event) => void events.push(event) });
		const answer = await running.ask({ method: "POST", path: "/pay?token=secret", headers: FORM });
		expect([answer.status, answer.body, answer.get("Vary")]).toEqual([200, "passed", []]);
		expect(events.map(({ code, path, detail }) => [code, path, detail])).toEqual([
			[
				"isolation/refused",
				"/pay",
				'"POST" would be refused (cross-origin-write; sec-fetch-site: "cross-site", sec-fetch-mode: "navigate", sec-fetch-dest: "document", origin: "https://evil.example"): a page of another origin sent it, and it can change something. If that is intended, add the origin to trustedOrigins, or the path to exempt.',
			],
		]);
		await running.close();
	});
});

test("the policy's listener hears of refusals, unless there is another", async () => {
	const codes: string[] = [];
	const app = express();
	app.use(secureHeaders({ onEvent: ({ code }) => void codes.push(code) }));
	app.use(isolateResources());
	app.get("/", (_req, res) => void res.send("passed"));
	expect((await request(app).get("/").set(IMAGE)).status).toBe(403);
	expect((await request(app).get("/").set(OWN)).status).toBe(200);
	expect(codes.filter((code) => code.startsWith("isolation/"))).toEqual(["isolation/refused"]);
});

test("Vary gains names and keeps those of the application, also for trusted origins", async () => {
	const app = express();
	app.use((_req, res, next) => {
		res.vary("Accept-Encoding");
		next();
	});
	app.use(isolateResources({ trustedOrigins: ["https://partner.example"] }));
	app.get("/", (_req, res) => void res.vary("Cookie").send("passed"));
	const { headers } = await request(app).get("/").set(OWN);
	expect(headers["vary"]).toBe("Accept-Encoding, Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site, Origin, Cookie");
});

test("onRefused answers; what it throws or rejects with goes to the application's error handler", async () => {
	const answers: [NonNullable<IsolationOptions["onRefused"]>, number, string][] = [
		[(_req, res) => void res.writeHead(451).end("no"), 451, "no"],
		[(_req, _res, next) => next(), 200, "passed"],
		[
			() => {
				throw new Error("thrown");
			},
			500,
			"thrown",
		],
		[() => Promise.reject(new Error("rejected")), 500, "rejected"],
	];
	for (const [onRefused, status, text] of answers) {
		const app = express();
		app.use(isolateResources({ onRefused }));
		app.get("/", (_req, res) => void res.send("passed"));
		app.use((error: Error, _req: unknown, res: express.Response, _next: unknown) => void res.status(500).send(error.message));
		const answer = await request(app).get("/").set(IMAGE);
		expect([answer.status, answer.text]).toEqual([status, text]);
	}
});

test("a listener that throws, a predicate that throws or a response that has begun ends nothing", async () => {
	const app = express();
	app.use((req, res, next) => {
		if (req.path === "/begun") res.write("begun ");
		next();
	});
	const thrower = () => {
		throw new Error("boom");
	};
	app.use(isolateResources({ onEvent: thrower, exempt: [thrower] }));
	app.get("/begun", (_req, res) => void res.end("and done"));
	expect((await request(app).get("/").set(IMAGE)).status).toBe(403);
	const begun = await request(app).get("/begun").set(IMAGE);
	expect([begun.status, begun.text]).toEqual([200, "begun and done"]);
});

test("below a router, paths are those of the whole address", async () => {
	const router = express.Router();
	router.use(isolateResources({ exempt: ["/api/hooks/*"] }));
	router.post("/hooks/a", (_req, res) => void res.send("passed"));
	const app = express().use("/api", router);
	expect((await request(app).post("/api/hooks/a").set(FORM)).status).toBe(200);
});

test("refusalOf judges an upgrade, which reaches no middleware", () => {
	const isolate = isolateResources({ exempt: ["/open"] });
	const upgrade = (url: string, site: string) =>
		({ method: "GET", url, headers: { host: "app.example", "sec-fetch-site": site, "sec-fetch-mode": "websocket" } }) as unknown as IncomingMessage;
	expect(isolate.refusalOf(upgrade("/", "cross-site"))).toBe("cross-site-resource");
	expect(isolate.refusalOf(upgrade("/", "same-origin"))).toBeUndefined();
	expect(isolate.refusalOf(upgrade("/open", "cross-site"))).toBeUndefined();
});

describe("bad options", () => {
	const issues = (options: unknown) => {
		try {
			isolateResources(options as IsolationOptions);
		} catch (error) {
			if (error instanceof PolicyError) return error.issues.map(({ path, code, message }) => `${path} ${code}: ${message}`);
			throw error;
		}
		return [];
	};

	test("every problem at once, each with the fix", () => {
		expect(
			issues({ trustedOrigins: ["https://a.example/path", "*", "https://*.a.example", "null", 1], exempt: ["hooks"], strict: "yes", onRefused: 1, foo: 1 }),
		).toEqual([
			"isolateResources.foo option/unknown: this option does not exist. Write one of trustedOrigins, exempt, strict, reportOnly, onRefused, onEvent.",
			'isolateResources.trustedOrigins[0] option/type: received "https://a.example/path", which is not an origin as browsers send it. Write "https://a.example", without a path or wildcard.',
			'isolateResources.trustedOrigins[1] option/type: received "*", which is not an origin as browsers send it. Write "https://admin.example.com", without a path or wildcard.',
			'isolateResources.trustedOrigins[2] option/type: received "https://*.a.example", which is not an origin as browsers send it. Write "https://admin.example.com", without a path or wildcard.',
			'isolateResources.trustedOrigins[3] option/type: received "null", which is not an origin as browsers send it. Write "https://admin.example.com", without a path or wildcard.',
			'isolateResources.trustedOrigins[4] option/type: received 1, which is not an origin as browsers send it. Write "https://admin.example.com", without a path or wildcard.',
			'isolateResources.strict option/type: received "yes" (a string). Write true or false.',
			'isolateResources.exempt[0] option/type: received "hooks" (a string). Write a path such as "/healthz" or "/.well-known/*", a RegExp or a function.',
			"isolateResources.onRefused option/type: received 1 (a number). Write a function.",
		]);
	});

	test("mounted without a call", async () => {
		const app = express();
		app.use(isolateResources as never);
		app.use((error: PolicyError, _req: unknown, res: express.Response, _next: unknown) => void res.status(500).send(error.message));
		const { text } = await request(app).get("/");
		expect(text).toContain(
			"isolateResources was mounted instead of what it returns. Write app.use(isolateResources()), with the parentheses. [usage/not-called]",
		);
	});

	test("a polluted prototype changes nothing", () => {
		Object.assign(Object.prototype, { reportOnly: true });
		try {
			const isolate = isolateResources({});
			const res = { headersSent: false, getHeader: () => undefined, setHeader: () => {}, end: () => {}, statusCode: 200 };
			isolate({ method: "POST", url: "/", headers: { ...FORM } } as never, res as never, () => {});
			expect(res.statusCode).toBe(403);
		} finally {
			Reflect.deleteProperty(Object.prototype, "reportOnly");
		}
	});
});

describe("the 403 carries the policy, however that is kept on it", () => {
	const strict = { contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } };
	const refuse = (app: express.Express) => request(app.use(isolateResources())).post("/").set(FORM);
	const mounted = (...middleware: unknown[]) => middleware.reduce<express.Express>((app, one) => app.use(one as express.Handler), express());

	test.each<[string, () => express.Express]>([
		["secureHeaders()", () => mounted(secureHeaders(strict))],
		["without the block", () => mounted(secureHeaders({ ...strict, headerBlock: false }))],
		["locked", () => mounted(secureHeaders({ ...strict, lock: ["contentSecurityPolicy"] }))],
		["an addition", () => mounted(secureHeaders(), secureHeaders().extend(strict))],
		["a compiled policy", () => mounted(securedBy(compiledModule(secureHeaders(strict))))],
		["headguard/helmet", () => mounted(helmet({ contentSecurityPolicy: { directives: { "img-src": ["https://img.example"] } } }))],
	])("%s", async (_title, app) => {
		const { status, headers } = await refuse(app());
		expect([status, headers["x-content-type-options"]]).toEqual([403, "nosniff"]);
		expect(headers["content-security-policy"]).toContain("img-src ");
		expect(headers["content-security-policy"]).toContain("https://img.example");
	});

	test("the guard of the server alone", async () => {
		const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
		const running = await listen(
			mounted(isolateResources()) as unknown as RequestListener,
			false,
			(server) => void protectServer(server, secureHeaders(strict)),
		);
		const answer = await running.ask({ method: "POST", headers: FORM });
		expect([answer.status, answer.get("X-Content-Type-Options"), answer.get("Content-Security-Policy")[0]?.includes("img-src https://img.example")]).toEqual([
			403,
			["nosniff"],
			true,
		]);
		expect(warned.mock.calls).toEqual([]);
		warned.mockRestore();
		await running.close();
	});

	test("a policy that only reports stays one", async () => {
		const { headers } = await refuse(
			mounted(secureHeaders({ contentSecurityPolicy: false, contentSecurityPolicyReportOnly: { directives: { reportUri: ["/r"] } } })),
		);
		expect([headers["content-security-policy"], headers["content-security-policy-report-only"]?.startsWith("default-src 'self'")]).toEqual([undefined, true]);
	});
});
