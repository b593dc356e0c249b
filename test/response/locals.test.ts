import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import ejs from "ejs";
import express5, { type Express } from "express";
import express4 from "express4";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { csp, getNonce, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { exceptUntyped } from "../support/events.ts";
import { listen } from "../support/stacks.ts";

// Events are limited to ten a minute for each code: each test has its own minute.
let minute = 0;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: ++minute * 60_000 }));

const hex = (): string => randomBytes(16).toString("hex");
const slots = (policy: string | undefined): readonly string[] => [...(policy ?? "").matchAll(/'nonce-([^']*)'/g)].map(([, nonce]) => nonce ?? "");

type Locals = { locals: Record<string, unknown> };
type Mounted = (req: IncomingMessage, res: ServerResponse & Locals, next: () => void) => void;

describe.each([
	["express 5", express5],
	["express 4", express4 as unknown as typeof express5],
])("a nonce that the application makes itself, on %s", (_name, create) => {
	/** The body and policy of a page, for a middleware before or behind the policy. */
	async function page({
		before,
		behind,
		options = {},
		body,
	}: {
		before?: Mounted;
		behind?: Mounted;
		options?: SecureHeadersOptions;
		body?: (res: Locals) => string;
	}) {
		const events: string[] = [];
		const app: Express = create();
		if (before !== undefined) app.use(before as never);
		app.use(secureHeaders({ ...options, onEvent: exceptUntyped(({ code }) => events.push(code)) }) as never);
		if (behind !== undefined) app.use(behind as never);
		app.get("/", ((_req: IncomingMessage, res: ServerResponse & Locals) => res.end(body?.(res) ?? ejs.render("<%= cspNonce %>", res.locals))) as never);
		const running = await listen(app as never);
		const answers = [await running.ask(), await running.ask()];
		await running.close();
		const nonces = answers.map((answer) => [answer.body, ...slots(answer.get("Content-Security-Policy")[0])]);
		return { events, nonces, answers };
	}
	const assign: Mounted = (_req, res, next) => {
		res.locals["cspNonce"] = hex();
		next();
	};

	test.each<[string, { before?: Mounted; behind?: Mounted }]>([
		["behind the policy", { behind: assign }],
		["before the policy", { before: assign }],
		[
			"with locals of its own",
			{
				behind(_req, res, next) {
					res.locals = { cspNonce: hex() };
					next();
				},
			},
		],
	])("becomes that of the response: %s", async (_title, mounts) => {
		const { events, nonces, answers } = await page(mounts);
		expect(events).toEqual([]);
		for (const [body = "", script, style] of nonces) {
			expect(body).toMatch(/^[0-9a-f]{32}$/);
			expect([script, style]).toEqual([body, body]);
		}
		expect(nonces[0]?.[0]).not.toBe(nonces[1]?.[0]);
		expect(answers[0]?.get("Cache-Control")).toEqual(["private"]);
	});

	test("also where the application prints its own variable and never reads the locals", async () => {
		let own = "";
		const before: Mounted = (_req, res, next) => {
			own = hex();
			res.locals["cspNonce"] = own;
			next();
		};
		const replace: Mounted = (_req, res, next) => {
			own = hex();
			res.locals = { cspNonce: own };
			next();
		};
		for (const mounts of [{ before }, { behind: before }, { behind: replace }]) {
			const { nonces, events } = await page({ ...mounts, body: () => own });
			expect(events).toEqual([]);
			for (const [body, ...slot] of nonces) expect(slot).toEqual([body, body]);
		}
	});

	test.each<[string, unknown]>([
		["short", "abc"],
		["not base64", `${hex()}"><script>`],
		["not text", 42],
		["a line break", `${hex()}\r\nX-Injected: 1`],
		["huge and not base64", `${"a".repeat(100_000)} `],
	])("stands where it cannot be one, with an event: %s", async (_title, value) => {
		const behind: Mounted = (_req, res, next) => {
			res.locals["cspNonce"] = value;
			next();
		};
		const { events, nonces } = await page({ behind, body: (res) => String(res.locals["cspNonce"]) });
		expect(events).toEqual(["nonce/foreign", "nonce/foreign"]);
		expect(nonces).toEqual([[String(value)], [String(value)]]);
	});

	test("stands where it cannot be one, with one event for a response, however often the nonce is read", async () => {
		const behind: Mounted = (_req, res, next) => {
			res.locals["cspNonce"] = "abc";
			next();
		};
		const { events, nonces } = await page({ behind, body: (res) => getNonce(res as never) + getNonce(res as never) });
		expect(events).toEqual(["nonce/foreign", "nonce/foreign"]);
		for (const [body = "", script = ""] of nonces) expect(body).toBe(script + script);
	});

	test("is beside the rest, on locals where it cannot be written", async () => {
		const before: Mounted = (_req, res, next) => {
			res.locals = Object.defineProperty({ user: "x" }, "cspNonce", { enumerable: true, value: "abc" });
			next();
		};
		const { nonces } = await page({ before, body: (res) => `${res.locals["user"]} ${res.locals["cspNonce"]}` });
		for (const [body, script] of nonces) expect(body).toBe(`x ${script}`);
	});

	test("stays the text that it was", async () => {
		const { nonces } = await page({ before: assign, body: (res) => typeof res.locals["cspNonce"] });
		expect(nonces.map(([body]) => body)).toEqual(["string", "string"]);
	});

	test("gives way where it was set before the policy and cannot be one, so that the page works", async () => {
		const before: Mounted = (_req, res, next) => {
			res.locals["cspNonce"] = "abc";
			next();
		};
		const { events, nonces } = await page({ before });
		expect(events).toEqual(["nonce/foreign", "nonce/foreign"]);
		for (const [body = "", ...slot] of nonces) {
			expect(body).toMatch(/^[\w-]{22}$/);
			expect(slot).toEqual([body, body]);
		}
	});

	test.each<[string, () => object]>([
		["a property that nobody may change", () => Object.defineProperty({ user: "x" }, "cspNonce", { enumerable: true, value: "abc" })],
		[
			"a property that throws",
			() =>
				Object.defineProperty({ user: "x" }, "cspNonce", {
					get: () => {
						throw new Error("no");
					},
				}),
		],
		[
			"an object that answers nothing",
			() =>
				new Proxy(
					{ user: "x" },
					{
						get: () => {
							throw new Error("no");
						},
						getOwnPropertyDescriptor: () => {
							throw new Error("no");
						},
					},
				),
		],
	])("cannot stop the response: %s", async (_title, make) => {
		for (const place of ["before", "behind"]) {
			const { answers } = await page({
				[place]: ((_req, res, next) => {
					res.locals = make() as never;
					next();
				}) as Mounted,
				body: (res) => getNonce(res as never) + typeof res.locals,
			});
			for (const answer of answers) {
				expect([place, answer.status, answer.body]).toEqual([place, 200, `${slots(answer.get("Content-Security-Policy")[0])[0]}object`]);
			}
		}
	});

	test("is not taken twice, nor when another has been read", async () => {
		const constant = hex();
		const same = await page({
			behind(_req, res, next) {
				res.locals["cspNonce"] = constant;
				next();
			},
		});
		expect(same.events).toEqual(["nonce/foreign"]);
		expect(same.nonces).toEqual([[constant, constant, constant], [constant]]);
		const read = await page({
			behind(_req, res, next) {
				getNonce(res as never);
				res.locals["cspNonce"] = hex();
				next();
			},
		});
		expect(read.events).toEqual(["nonce/foreign", "nonce/foreign"]);
	});

	test("a policy without a slot says so", async () => {
		const { events } = await page({ behind: assign, options: { contentSecurityPolicy: { directives: { scriptSrc: [csp.self], styleSrc: [csp.self] } } } });
		expect(events).toEqual(["nonce/no-slot", "nonce/no-slot"]);
	});

	test("functions that write it into the policy, as with helmet, are no mistake", async () => {
		const source = (_req: unknown, res: unknown): string => `'nonce-${(res as Locals).locals["cspNonce"]}'`;
		const options = { contentSecurityPolicy: { directives: { scriptSrc: [csp.self, source], styleSrc: [csp.self] } } };
		for (const mounts of [{}, { before: assign }]) {
			const { events, nonces } = await page({ ...mounts, options });
			expect(events).toEqual([]);
			for (const [body, ...slot] of nonces) expect(slot).toEqual([body]);
		}
		const later = await page({
			options: { contentSecurityPolicy: { directives: { scriptSrc: [csp.self, async (_req, res) => source(_req, res)], styleSrc: [csp.self] } } },
		});
		expect([later.events, later.nonces[0]?.[1]]).toEqual([[], later.nonces[0]?.[0]]);
	});

	test("(control) a function that reads it and gives something else leaves a page without a slot, and is told", async () => {
		const source = (_req: unknown, res: unknown): string => {
			getNonce(res as never);
			return "https://a.example";
		};
		const { events } = await page({ options: { contentSecurityPolicy: { directives: { scriptSrc: [csp.self, source], styleSrc: [csp.self] } } } });
		expect(events).toEqual(["nonce/no-slot", "nonce/no-slot"]);
	});
});

describe.each([
	["express 5", express5],
	["express 4", express4 as unknown as typeof express5],
])("one object as the locals of several responses, on %s", (_name, create) => {
	test.each<[string, () => Record<string, unknown>]>([
		["plain", () => ({ user: "x" })],
		["frozen", () => Object.freeze({ user: "x" })],
		["without a prototype", () => Object.assign(Object.create(null), { user: "x" })],
	])("each has its own nonce, and what the object holds: %s", async (_title, make) => {
		const shared = make();
		const events: string[] = [];
		const app: Express = create();
		app.use(secureHeaders({ onEvent: exceptUntyped(({ code }) => events.push(code)) }) as never);
		app.use((_req, res, next) => {
			res.locals = shared;
			next();
		});
		app.get("/:ms", (req, res) => {
			res.locals["own"] = req.params.ms;
			setTimeout(() => res.end(ejs.render("<%= cspNonce %> <%= user %> <%= own %>", res.locals)), Number(req.params.ms));
		});
		const running = await listen(app as never);
		const answers = await Promise.all([60, 40, 20, 1].map((ms) => running.ask({ path: `/${ms}` })));
		await running.close();
		expect(events).toEqual([]);
		const bodies = answers.map(({ body }) => body.split(" "));
		expect(new Set(bodies.map(([nonce]) => nonce)).size).toBe(4);
		for (const [i, answer] of answers.entries()) {
			const nonce = bodies[i]?.[0] ?? "";
			expect(nonce).toHaveLength(22);
			expect(slots(answer.get("Content-Security-Policy")[0])).toEqual([nonce, nonce]);
			expect(bodies[i]?.[1]).toBe("x");
		}
		expect(new Set(bodies.slice(1).map(([, , own]) => own))).toEqual(new Set(["40", "20", "1"]));
	});

	test("a copy makes no nonce, and neither does sharing the locals of the app", async () => {
		const app: Express = create();
		app.use(secureHeaders() as never);
		app.use((_req, res, next) => {
			res.locals = app.locals as never;
			next();
		});
		app.get("/", (_req, res) => void res.end(Object.keys(res.locals).includes("settings") ? "has" : "lacks"));
		const running = await listen(app as never);
		for (let i = 0; i < 3; i++) {
			const answer = await running.ask();
			expect([answer.body, slots(answer.get("Content-Security-Policy")[0])]).toEqual(["has", []]);
		}
		await running.close();
	});
});
