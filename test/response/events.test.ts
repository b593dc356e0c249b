import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import express from "express";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { csp, getNonce, type HeadguardEvent, type SecureHeadersOptions, secureHeaders, toLogger } from "../../src/index.ts";
import { exceptUntyped } from "../support/events.ts";
import { listen } from "../support/stacks.ts";

// Rate limits count by the minute: each test begins a new one.
let minute = Date.now();
beforeEach(() => {
	minute += 120_000;
	vi.spyOn(Date, "now").mockImplementation(() => minute);
});
afterEach(() => vi.restoreAllMocks());

/** The events of one request, as `code header`. */
async function eventsOf(act: (res: ServerResponse) => void, options: SecureHeadersOptions = {}, headers: Record<string, string> = {}) {
	const events: HeadguardEvent[] = [];
	const middleware = secureHeaders({ ...options, onEvent: exceptUntyped((event) => events.push(event)) });
	const running = await listen((req, res) => {
		middleware(req, res);
		act(res);
		res.end("x");
	});
	const answer = await running.ask({ path: "/p?secret=1", headers });
	await running.close();
	for (const event of events) {
		expect(event.path).toBe("/p");
		expect(JSON.stringify(event)).not.toMatch(/secret|nonce-[A-Za-z0-9_-]{22}/);
	}
	return { events: events.map(({ code, header }) => (header === undefined ? code : `${code} ${header}`)), answer };
}

const set = (name: string, value: string | string[]) => (res: ServerResponse) => void res.setHeader(name, value);

describe("a value of the application that protects less is kept, with an event", () => {
	test.each<[string, string]>([
		["Content-Security-Policy", "default-src *"],
		[
			"Content-Security-Policy",
			"default-src 'self'; script-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
		],
		["Content-Security-Policy", "default-src 'self'"],
		["Strict-Transport-Security", "max-age=1"],
		["Strict-Transport-Security", "max-age=31536000"],
		["Strict-Transport-Security", "includeSubDomains"],
		["X-Frame-Options", "SAMEORIGIN"],
		["X-Frame-Options", "ALLOWALL"],
		["Referrer-Policy", "unsafe-url"],
		["Referrer-Policy", "no-referrer, unsafe-url"],
		["Referrer-Policy", "nonsense"],
		["Permissions-Policy", "camera=()"],
		["Permissions-Policy", "camera=*"],
		["Cross-Origin-Opener-Policy", "unsafe-none"],
		["Cross-Origin-Resource-Policy", "cross-origin"],
		["Origin-Agent-Cluster", "?0"],
	])("%s: %s", async (name, value) => {
		const { events, answer } = await eventsOf(set(name, value));
		expect(events).toEqual([`override/weaker ${name}`]);
		expect(answer.get(name)).toEqual([value]);
	});

	test.each<[string, string]>([
		["Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"],
		[
			"Content-Security-Policy",
			"default-src 'self'; script-src 'nonce-abc' 'strict-dynamic' 'unsafe-inline'; style-src 'self'; img-src 'self'; font-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; report-uri /r",
		],
		["Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"],
		["X-Frame-Options", "deny"],
		["Referrer-Policy", "no-referrer"],
		["Referrer-Policy", "unsafe-url, same-origin"],
		["Cross-Origin-Opener-Policy", 'same-origin; report-to="x"'],
	])("%s: %s is no weaker and no event", async (name, value) => {
		const { events, answer } = await eventsOf(set(name, value));
		expect(events).toEqual([]);
		expect(answer.get(name)).toEqual([value]);
	});

	test.each(["Content-Security-Policy", "X-Frame-Options", "Strict-Transport-Security", "Permissions-Policy"])("%s set to nothing", async (name) => {
		const untouched = await eventsOf(() => {});
		for (const value of ["", " ", ["", ""]]) {
			const { events, answer } = await eventsOf(set(name, value));
			expect(events).toEqual([`override/empty ${name}`]);
			expect(answer.get(name)).toEqual(untouched.answer.get(name));
		}
		expect((await eventsOf(set(name, []))).events).toEqual([`override/removed ${name}`]);
	});

	test("on a 304 too, where the policy itself does not go out", async () => {
		const stored = (name: string, value: string) => (res: ServerResponse) => void res.writeHead(304, { [name]: value });
		const reportOnly: SecureHeadersOptions = {
			contentSecurityPolicyReportOnly: { directives: { defaultSrc: [csp.self], scriptSrc: [csp.nonce], reportUri: "/r" } },
		};
		for (const name of ["Content-Security-Policy", "Content-Security-Policy-Report-Only"]) {
			const weak = await eventsOf(stored(name, "default-src *"), reportOnly);
			expect([weak.events, weak.answer.get(name)]).toEqual([[`override/weaker ${name}`], ["default-src *"]]);
			const strong = await eventsOf(stored(name, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"), reportOnly);
			expect([strong.events, strong.answer.get(name)]).toEqual([[], ["default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"]]);
			const lock = ["contentSecurityPolicy", "contentSecurityPolicyReportOnly"] as const;
			const locked = await eventsOf(stored(name, "default-src *"), { ...reportOnly, lock });
			expect([locked.events, locked.answer.get(name)]).toEqual([[], []]);
		}
	});

	test("a locked header takes the policy's value, without an event", async () => {
		const { events, answer } = await eventsOf(set("X-Frame-Options", "ALLOWALL"), { lock: ["xFrameOptions"] });
		expect(events).toEqual([]);
		expect(answer.get("X-Frame-Options")).toEqual(["DENY"]);
	});
});

describe("other events", () => {
	test("conflicting values", async () => {
		const { events, answer } = await eventsOf(set("X-Frame-Options", ["SAMEORIGIN", "DENY"]));
		expect(events).toEqual(["override/conflict X-Frame-Options"]);
		expect(answer.get("X-Frame-Options")).toEqual(["DENY"]);
	});

	test("one header removed is named; a wipe of all is filled in without a word", async () => {
		expect((await eventsOf((res) => res.removeHeader("X-Frame-Options"))).events).toEqual(["override/removed X-Frame-Options"]);
		const wiped = await eventsOf((res) => {
			for (const name of res.getHeaderNames()) res.removeHeader(name);
		});
		expect(wiped.events).toEqual([]);
		expect(wiped.answer.get("X-Frame-Options")).toEqual(["DENY"]);
	});

	test.each(["public, max-age=60", "s-maxage=10", "PUBLIC", "max-age=600", "no-cache", 'private="set-cookie", max-age=1'])(
		"a nonce on a response with Cache-Control %s",
		async (value) => {
			const { events, answer } = await eventsOf((res) => {
				getNonce(res);
				res.setHeader("Cache-Control", value);
			});
			expect(events).toEqual(["nonce/shared-cacheable Cache-Control"]);
			expect(answer.get("Cache-Control")).toEqual([value]);
			expect((await eventsOf(set("Cache-Control", value))).events).toEqual([]);
		},
	);

	test("a nonce that the application's own policy does not hold", async () => {
		const lose = await eventsOf((res) => {
			getNonce(res);
			res.setHeader("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
		});
		expect(lose.events).toEqual(["nonce/dropped Content-Security-Policy"]);
		const keep = await eventsOf((res) => {
			const nonce = getNonce(res);
			res.setHeader("Content-Security-Policy", `default-src 'none'; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`);
		});
		expect(keep.events).toEqual([]);
	});

	test("our own text from before the nonce, kept and set again, gets the nonce", async () => {
		let nonce = "";
		const { events, answer } = await eventsOf((res) => {
			const before = res.getHeaders();
			nonce = getNonce(res);
			for (const [name, value] of Object.entries(before)) res.setHeader(name, value as string);
		});
		expect(events).toEqual([]);
		expect(answer.get("Content-Security-Policy")[0]).toContain(`'nonce-${nonce}'`);
	});

	test("a forwarded proto from a peer that is not trusted", async () => {
		expect((await eventsOf(() => {}, {}, { "X-Forwarded-Proto": "https" })).events).toEqual(["transport/untrusted-proto"]);
		expect((await eventsOf(() => {})).events).toEqual([]);
	});

	test.each<[string, () => unknown]>([
		[
			"throws",
			() => {
				throw new Error("x");
			},
		],
		["gives no boolean", () => "yes"],
		["gives a promise that fails", () => Promise.reject(new Error("x"))],
	])("a secure function that %s", async (_title, secure) => {
		const { events, answer } = await eventsOf(() => {}, { secure: secure as never });
		expect(events).toEqual(["transport/secure-failed"]);
		expect(answer.get("Strict-Transport-Security")).toHaveLength(1);
	});

	test("a nonce that comes too late", async () => {
		const { events } = await eventsOf((res) => {
			res.flushHeaders();
			expect(() => getNonce(res)).toThrow("nonce/too-late");
		});
		expect(events).toEqual(["nonce/too-late"]);
	});

	test("empty arrays count as absent, arrays of one as their value", async () => {
		const { answer } = await eventsOf((res) => {
			for (const name of ["X-Frame-Options", "Content-Security-Policy", "Strict-Transport-Security"]) res.setHeader(name, []);
			res.setHeader("Referrer-Policy", ["no-referrer"]);
		});
		expect(answer.get("X-Frame-Options")).toEqual(["DENY"]);
		expect(answer.get("Content-Security-Policy")[0]).toContain("default-src 'self'");
		expect(answer.get("Strict-Transport-Security")).toEqual(["max-age=31536000; includeSubDomains"]);
		expect(answer.get("Referrer-Policy")).toEqual(["no-referrer"]);
	});
});

describe("an error inside the seal leaves the response as it is", () => {
	const refuse = (): never => {
		throw new Error("no");
	};
	test.each<[string, (res: ServerResponse) => void, readonly string[]]>([
		["getHeader throws", (res) => void Object.assign(res, { getHeader: refuse }), ["attach/failed", "attach/failed Content-Security-Policy"]],
		["removeHeader throws", (res) => void Object.assign(res, { removeHeader: refuse }), ["attach/failed"]],
		[
			"setHeader throws for what is absent",
			(res) => {
				res.removeHeader("Referrer-Policy");
				Object.assign(res, { setHeader: refuse });
			},
			["override/removed Referrer-Policy", "attach/failed Referrer-Policy"],
		],
	])("%s", async (_title, act, expected) => {
		const { events, answer } = await eventsOf(act, { headerBlock: false });
		expect(answer.status).toBe(200);
		expect(answer.get("X-Frame-Options")).toEqual(["DENY"]);
		expect((await eventsOf(act)).answer.get("X-Frame-Options")).toEqual(["DENY"]);
		expect(events.slice(0, expected.length)).toEqual(expected);
		expect(events.every((event) => event.startsWith("attach/failed") || event.startsWith("override/removed"))).toBe(true);
	});
});

describe("vary", () => {
	test.each<[string | string[] | undefined, string]>([
		[undefined, "X-Forwarded-Proto, Host"],
		["Accept-Encoding", "Accept-Encoding, X-Forwarded-Proto, Host"],
		["host, Origin", "host, Origin, X-Forwarded-Proto"],
		["*", "*"],
		[["Accept", "Origin"], "Accept, Origin, X-Forwarded-Proto, Host"],
	])("is merged into %j", async (own, merged) => {
		const { answer } = await eventsOf((res) => void (own === undefined || res.setHeader("Vary", own)), { vary: ["X-Forwarded-Proto", "Host"] });
		expect(answer.get("Vary")).toEqual([merged]);
	});

	test("is nobody's business without the option (control)", async () => {
		expect((await eventsOf(() => {})).answer.get("Vary")).toEqual([]);
	});
});

test("an asynchronous listener that fails does not end the process", async () => {
	const rejections: unknown[] = [];
	const listener = (reason: unknown) => rejections.push(reason);
	process.on("unhandledRejection", listener);
	const headers = secureHeaders({
		onEvent: (async () => {
			throw new Error("log sink down");
		}) as never,
	});
	headers({ headers: {}, url: "/" } as never, Object.assign(new EventEmitter(), { headersSent: true }) as never);
	await new Promise((resolve) => setTimeout(resolve, 20));
	process.off("unhandledRejection", listener);
	expect(rejections).toEqual([]);
});

test("the path of an absolute target is told without its authority", async () => {
	const events: HeadguardEvent[] = [];
	const headers = secureHeaders({ onEvent: exceptUntyped((event) => events.push(event)) });
	headers({ headers: {}, url: "http://user:secret@host/p/x?q#f" } as never, Object.assign(new EventEmitter(), { headersSent: true }) as never);
	expect(events.map(({ path }) => path)).toEqual(["/p/x"]);
});

test("whoever spreads or prints res.locals after the headers were written is not hit by the nonce", async () => {
	const app = express();
	let seen = "";
	app.use((_req, res, next) => {
		res.on("finish", () => {
			seen = JSON.stringify({ ...res.locals });
		});
		next();
	});
	app.use(secureHeaders());
	app.use((_req, res) => {
		res.locals["user"] = "bob";
		res.write("x");
		expect(() => String(res.locals["cspNonce"])).toThrow("nonce/too-late");
		res.end(JSON.stringify(res.locals));
	});
	const running = await listen(app as never);
	expect((await running.ask()).body).toContain('{"user":"bob"}');
	await vi.waitFor(() => expect(seen).toBe('{"user":"bob"}'));
	await running.close();
});

test("an own value of the application stays visible, and a nonce that was read", async () => {
	for (const [act, expected] of [
		[(res: express.Response) => void Object.assign(res.locals, { cspNonce: "own" }), "own"],
		[(res: express.Response) => getNonce(res), expect.stringMatching(/^[\w-]{22}$/)],
	] as const) {
		const app = express()
			.use(secureHeaders())
			.use((_req, res) => {
				act(res);
				res.write(" ");
				res.end(JSON.stringify({ ...res.locals }));
			});
		const running = await listen(app as never);
		const body = (await running.ask()).body;
		expect(JSON.parse(/\{.*\}/.exec(body)?.[0] ?? "{}").cspNonce).toEqual(expected);
		await running.close();
	}
});

test("a sub-app with the middleware leaves the locals of the app around it alone", async () => {
	const sub = express().use(secureHeaders());
	sub.get("/inside", (_req, res) => void res.send(`${res.locals["user"]} ${String(res.locals["cspNonce"]).length}`));
	const app = express();
	app.use((_req, res, next) => {
		res.locals["user"] = "bob";
		next();
	});
	app.use(sub);
	app.use((_req, res) => void res.send(String(res.locals["user"])));
	const running = await listen(app as never);
	for (let i = 0; i < 3; i++) {
		expect((await running.ask({ path: "/through" })).body).toBe("bob");
		expect((await running.ask({ path: "/inside" })).body).toBe("bob 22");
	}
	await running.close();
});

describe("toLogger", () => {
	const event = { code: "override/weaker", header: "X-Frame-Options", path: "/", detail: "so.", withheld: 0 } as const;
	const failed = { ...event, code: "attach/failed" } as const;

	test("a logger of pino's shape gets the event and a message", () => {
		const logger = { warn: vi.fn(), error: vi.fn() };
		toLogger(logger)(event);
		toLogger(logger)(failed);
		expect(logger.warn.mock.calls).toEqual([[event, "headguard: so. [override/weaker]"]]);
		expect(logger.error.mock.calls).toEqual([[failed, "headguard: so. [attach/failed]"]]);
	});

	test("the console gets the message first", () => {
		const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
		toLogger(console)(event);
		expect(warn.mock.calls).toEqual([["headguard: so. [override/weaker]", event]]);
	});

	test("events are withheld after ten in a minute, counted, and told with the first of the next minute", () => {
		const seen: HeadguardEvent[] = [];
		const headers = secureHeaders({ onEvent: exceptUntyped((one) => seen.push(one)) });
		const late = () => headers({ headers: {}, url: "/" } as never, Object.assign(new EventEmitter(), { headersSent: true }) as never);
		for (let i = 0; i < 25; i++) late();
		expect(seen).toHaveLength(10);
		minute += 61_000;
		late();
		expect(seen.at(-1)).toMatchObject({ code: "attach/too-late", withheld: 15 });
	});

	test("a clock that is put back begins a new minute, and does not silence what comes until it has caught up", () => {
		const seen: HeadguardEvent[] = [];
		const headers = secureHeaders({ onEvent: exceptUntyped((one) => seen.push(one)) });
		const late = () => headers({ headers: {}, url: "/" } as never, Object.assign(new EventEmitter(), { headersSent: true }) as never);
		for (let i = 0; i < 12; i++) late();
		expect(seen).toHaveLength(10);
		minute -= 3_600_000;
		for (let i = 0; i < 12; i++) late();
		expect(seen.map(({ withheld }) => withheld)).toEqual([...Array(10).fill(0), 2, ...Array(9).fill(0)]);
	});
});

test("a policy that the middleware swaps away goes, also beside what the application appended", async () => {
	const inner = secureHeaders({ contentSecurityPolicy: false });
	const other = secureHeaders({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [csp.self] } } });
	const outer = secureHeaders();
	for (const [second, expected] of [
		[inner, ["sandbox"]],
		[other, ["default-src 'self'", "sandbox"]],
	] as const) {
		const running = await listen((req, res) => {
			outer(req, res);
			res.appendHeader("Content-Security-Policy", "sandbox");
			second(req, res);
			res.end("x");
		});
		expect((await running.ask()).get("Content-Security-Policy")).toEqual(expected);
		await running.close();
	}
});

test("an object that inherits from a response reaches Node's writeHead and the nonce of the response", async () => {
	const headers = secureHeaders();
	const running = await listen((req, res) => {
		headers(req, res);
		const child = Object.create(res);
		const same = getNonce(child) === getNonce(res);
		child.writeHead(200);
		res.end(String(same));
	});
	const answer = await running.ask();
	expect([answer.status, answer.get("X-Frame-Options")]).toEqual([200, ["DENY"]]);
	expect(answer.body).toContain("true");
	await running.close();
});

test("a middleware that comes too late leaves no trap in res.locals", async () => {
	const headers = secureHeaders();
	const running = await listen((req, res) => {
		res.write("x");
		headers(req, res);
		res.end(JSON.stringify({ ...(res as { locals?: object }).locals }));
	});
	expect((await running.ask()).body).toContain("{}");
	await running.close();
});
