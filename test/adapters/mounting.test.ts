import Fastify, { type FastifyInstance } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { secure as onFastify } from "../../src/adapters/fastify.ts";
import { getNonce as getFetchNonce, secure as onFetch } from "../../src/adapters/fetch.ts";
import { secure as onHono } from "../../src/adapters/hono.ts";
import { secure as onKoa } from "../../src/adapters/koa.ts";
import { type PolicyError, protectServer, secureHeaders } from "../../src/index.ts";
import { compiledModule } from "../support/compiled.ts";
import { listen } from "../support/stacks.ts";

let minute = 0;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: ++minute * 60_000 }));
afterAll(() => void vi.useRealTimers());

const CSP = "content-security-policy";
const SAME_ORIGIN = { xFrameOptions: "SAMEORIGIN" } as const;

const issuesOf = (make: () => unknown): readonly string[] => {
	try {
		make();
	} catch (error) {
		return (error as PolicyError).issues.map(({ code }) => code);
	}
	return [];
};

describe.each([
	["Koa", onKoa],
	["Fastify", onFastify],
	["Hono", onHono],
	["fetch", (policy: never, options?: never) => onFetch(() => new Response(), policy, options)],
] as const)("what %s refuses at start", (name, secure) => {
	const compiled = compiledModule(secureHeaders());
	test.each<[string, unknown, unknown, readonly string[]]>([
		["secureHeaders() (control)", secureHeaders(), undefined, []],
		["a compiled module (control)", compiled, {}, []],
		["options", SAME_ORIGIN, undefined, ["usage/no-policy"]],
		["nothing", undefined, undefined, ["usage/no-policy"]],
		["null", null, undefined, ["usage/no-policy"]],
		["a text", "default-src 'self'", undefined, ["usage/no-policy"]],
		["a function that is no middleware", () => {}, undefined, ["usage/no-policy"]],
		["secureHeaders itself", secureHeaders, undefined, ["usage/no-policy"]],
		["a promise", Promise.resolve(secureHeaders()), undefined, ["option/async"]],
		["an object that inherits a format", Object.create({ format: 1 }), undefined, [name === "fetch" ? "compiled/invalid" : "usage/no-policy"]],
		["another version", { ...compiled, format: 2 }, undefined, ["compiled/format"]],
		["an edited module", { ...compiled, main: "x" }, undefined, ["compiled/changed"]],
		["options of another kind", compiled, "x", ["option/type"]],
		["wrong options, all of them", compiled, { sources: 5, secure: 5, onEvent: 5 }, Array(3).fill("compiled/functions")],
		["functions that the module does not have", compiled, { sources: { a: () => [] }, secure: () => true }, Array(2).fill("compiled/functions")],
		["functions beside middleware", secureHeaders(), { secure: () => true }, name === "fetch" ? [] : ["compiled/functions"]],
	])("%s", (_title, policy, options, codes) => {
		expect(issuesOf(() => secure(policy as never, options as never))).toEqual(codes);
	});

	test("all problems of the options of secureHeaders() at once", () => {
		expect(issuesOf(() => secure(secureHeaders({ xFrameOptions: 5, referrerPolicy: "x" } as never) as never))).toEqual(["xfo/invalid", "referrer/invalid"]);
	});
});

test("Hono refuses patches of each request, which the others run", () => {
	const headers = secureHeaders().extend(() => ({ xFrameOptions: "SAMEORIGIN" }));
	expect(issuesOf(() => onHono(headers))).toEqual(["usage/no-policy"]);
	expect(issuesOf(() => [onKoa(headers), onFastify(headers)])).toEqual([]);
});

/** What a handler of Koa does with the policy that was mounted. */
async function koa(use: (app: Koa) => void) {
	const app = new Koa();
	app.silent = true;
	use(app);
	const running = await listen(app.callback());
	const answer = await running.ask();
	await running.close();
	return answer;
}

describe("Koa", () => {
	test("mounted twice, the last policy is on the response, once", async () => {
		const answer = await koa((app) => app.use(onKoa(secureHeaders())).use(onKoa(secureHeaders(SAME_ORIGIN))));
		expect(answer.get("X-Frame-Options")).toEqual(["SAMEORIGIN"]);
		expect(answer.get(CSP)).toHaveLength(1);
	});

	test("mounted after the response began, it changes nothing, and says so", async () => {
		const codes: string[] = [];
		const answer = await koa((app) =>
			app
				.use((ctx, next) => {
					ctx.respond = false;
					ctx.res.writeHead(200);
					return next();
				})
				.use(onKoa(secureHeaders({ onEvent: ({ code }) => codes.push(code) })))
				.use((ctx) => void ctx.res.end("x")),
		);
		expect([answer.get("X-Frame-Options"), codes]).toEqual([[], ["attach/too-late"]]);
	});

	test("an error of a middleware before it cannot weaken the policy", async () => {
		const answer = await koa((app) =>
			app
				.use(async (_ctx, next) => {
					await next();
					throw Object.assign(new Error("x"), { status: 503, headers: { "X-Frame-Options": "ALLOWALL", "X-Own": "1" } });
				})
				.use(onKoa(secureHeaders())),
		);
		expect([answer.status, answer.get("X-Frame-Options"), answer.get("X-Own"), answer.get("Cache-Control")]).toEqual([503, ["DENY"], ["1"], ["no-store"]]);
	});

	test("a value that is not an error is answered too", async () => {
		const answer = await koa((app) =>
			app.use(onKoa(secureHeaders())).use(() => {
				throw "text";
			}),
		);
		expect([answer.status, answer.get("X-Frame-Options")]).toEqual([500, ["DENY"]]);
	});

	test("a nonce of the application's in ctx.state is adopted, and one that cannot be a nonce is not", async () => {
		const own = "QqWwEeRrTtYyUuIiOoPpAa";
		for (const [given, codes, found] of [
			[own, [], `'nonce-${own}'`],
			["x' 'unsafe-inline'", ["nonce/foreign"], undefined],
		] as const) {
			const seen: string[] = [];
			const answer = await koa((app) =>
				app.use(onKoa(secureHeaders({ onEvent: ({ code }) => seen.push(code) }))).use((ctx) => {
					ctx.state["cspNonce"] = given;
					ctx.body = "x";
				}),
			);
			expect(seen).toEqual(codes);
			expect(/'nonce-[^']*'/.exec(answer.get(CSP).join())?.[0]).toBe(found);
			expect(answer.get(CSP).join()).not.toContain("unsafe-inline");
		}
	});
});

describe("Fastify", () => {
	const frameOf = async (app: FastifyInstance, url: string): Promise<unknown> => (await app.inject(url)).headers["x-frame-options"];

	test("the policy belongs to the instance that registered it", async () => {
		const app = Fastify();
		app.get("/outside", () => "x");
		app.register(async (inside) => {
			inside.register(onFastify(secureHeaders()));
			inside.get("/inside", () => "x");
			inside.register(async (deeper) => {
				deeper.register(onFastify(secureHeaders(SAME_ORIGIN)));
				deeper.get("/deeper", (_request, reply) => String(reply.cspNonce));
			});
		});
		expect(await Promise.all(["/outside", "/inside", "/deeper"].map((url) => frameOf(app, url)))).toEqual([undefined, "DENY", "SAMEORIGIN"]);
		const { headers, body } = await app.inject("/deeper");
		expect(headers[CSP]).toContain(`'nonce-${body}'`);
	});

	test("registered twice, the last policy is on the response, and a 404 has it", async () => {
		const app = Fastify();
		app.register(onFastify(secureHeaders())).register(onFastify(secureHeaders(SAME_ORIGIN)));
		expect(await frameOf(app, "/missing")).toBe("SAMEORIGIN");
	});

	test("an instance without it has no nonce", async () => {
		const app = Fastify();
		app.register(async (inside) => void inside.register(onFastify(secureHeaders())));
		app.get("/", (_request, reply) => String(reply.cspNonce));
		expect((await app.inject("/")).body).toBe("undefined");
		const early = Fastify();
		early.addHook("onRequest", async (_request, reply) => void String(reply.cspNonce));
		early.register(onFastify(secureHeaders()));
		early.get("/", () => "x");
		expect((await early.inject("/")).json().message).toContain("nonce/not-mounted");
	});

	test("an override that is none is refused: at start, or for a route before the plugin in its first request", async () => {
		const wrong = { config: { headguard: { xFrameOptions: "SAMEORIGIN" } as never } };
		const after = Fastify();
		after.register(onFastify(secureHeaders()));
		after.register(async (inside) => void inside.get("/", wrong, () => "x"));
		await expect(after.ready()).rejects.toThrow("config.headguard: received");
		const before = Fastify();
		before.get("/", wrong, () => "x");
		before.register(onFastify(secureHeaders()));
		const answer = await before.inject("/");
		expect([answer.statusCode, answer.headers["x-frame-options"]]).toEqual([500, "DENY"]);
		expect(answer.body).toContain("usage/no-policy");
	});

	test("an address that cannot be decoded has the policy with protectServer", async () => {
		const headers = secureHeaders();
		const app = Fastify();
		app.register(onFastify(headers));
		await app.ready();
		const statuses: unknown[] = [];
		for (const before of [(server: object) => void protectServer(server as never, headers), () => {}]) {
			const running = await listen((req, res) => app.routing(req, res), false, before);
			const answer = await running.ask({ path: "/%ff" });
			statuses.push([answer.status, answer.get("X-Frame-Options")]);
			await running.close();
		}
		expect(statuses).toEqual([
			[400, ["DENY"]],
			[400, []],
		]);
	});
});

describe("Hono on fetch", () => {
	test("an application inside another has the policy of the inner one", async () => {
		const inner = new Hono().use(onHono(secureHeaders(SAME_ORIGIN))).get("/", (c) => c.text(`${c.get("cspNonce")}`));
		const response = await new Hono().use(onHono(secureHeaders())).route("/inner", inner).request("/inner");
		expect(response.headers.get("x-frame-options")).toBe("SAMEORIGIN");
		expect(response.headers.get(CSP)).toContain(`'nonce-${await response.text()}'`);
	});

	test("headguard/fetch around it is the same exchange, with one nonce", async () => {
		const app = new Hono().use(onHono(secureHeaders(SAME_ORIGIN))).get("/", (c) => c.text(`${c.get("cspNonce")} ${getFetchNonce(c.req.raw)}`));
		const response = await onFetch((request: Request) => app.fetch(request), secureHeaders())(new Request("https://app.example/"));
		const [nonce, same] = (await response.text()).split(" ");
		expect(same).toBe(nonce);
		expect(response.headers.get("x-frame-options")).toBe("SAMEORIGIN");
		expect(response.headers.get(CSP)).toContain(`'nonce-${nonce}'`);
	});

	test("a response whose headers cannot be changed is replaced, without what it must not have", async () => {
		const app = new Hono().use(onHono(secureHeaders())).get("/", () => {
			const fixed = Response.redirect("https://a.example/");
			return fixed;
		});
		const response = await app.request("/");
		expect([response.status, response.headers.get("location"), response.headers.get("x-frame-options")]).toEqual([302, "https://a.example/", "DENY"]);
	});

	test("a binding that is called outgoing is no response of Node", async () => {
		const app = new Hono().use(onHono(secureHeaders())).get("/", (c) => c.text("x"));
		for (const env of [{ outgoing: "https://api.example", incoming: {} }, { outgoing: { writeHead: () => {} } }, undefined])
			expect((await app.request("/", {}, env)).headers.get("x-frame-options")).toBe("DENY");
	});
});
