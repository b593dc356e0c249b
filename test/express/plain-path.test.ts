import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { join } from "node:path";
import connect from "connect";
import ejs from "ejs";
import express5 from "express";
import express4 from "express4";
import request from "supertest";
import { describe, expect, test } from "vitest";
import { clearSiteData, csp, getNonce, type HeadguardEvent, PolicyError, type SecureHeaders, secureHeaders } from "../../src/index.ts";
import { exceptUntyped } from "../support/events.ts";
import { headersOf } from "../support/policy.ts";

type Handler = (req: IncomingMessage, res: ServerResponse & { locals?: Record<string, unknown> }) => void;

/** One app per framework: the middleware first, then one handler for every path. */
const STACKS: Record<string, (headers: SecureHeaders, handler: Handler) => RequestListener> = {
	"express 5": (headers, handler) =>
		express5()
			.use(headers)
			.use(handler as never) as unknown as RequestListener,
	"express 4": (headers, handler) =>
		express4()
			.use(headers)
			.use(handler as never) as unknown as RequestListener,
	connect: (headers, handler) => connect().use(headers).use(handler) as unknown as RequestListener,
	"node:http": (headers, handler) => (req, res) => {
		headers(req, res);
		handler(req, res);
	},
};

/** Raw header lines of the managed names, in order, so that a duplicate is seen. */
async function ask(listener: RequestListener, path = "/", host = "app.example") {
	const server = createServer(listener);
	try {
		const response = await request(server).get(path).set("Host", host);
		const raw = (response as unknown as { res: IncomingMessage }).res.rawHeaders;
		const lines = raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : []));
		return {
			status: response.status,
			text: response.text,
			lines,
			get: (name: string) => lines.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value),
		};
	} finally {
		server.close();
	}
}

const EXPECTED = headersOf({}, { secure: false });
const UNREAD = { ...EXPECTED, "Content-Security-Policy": EXPECTED["Content-Security-Policy"]?.replaceAll(" 'nonce-NONCE'", "") ?? "" };

describe.each(Object.keys(STACKS))("on %s", (name) => {
	const stack = STACKS[name] as (typeof STACKS)[string];

	test("each header of the default is there exactly once, with its exact value, and X-Powered-By is gone", async () => {
		const { lines, get } = await ask(stack(secureHeaders(), (_req, res) => void res.end("ok")));
		const managed = lines.filter(([key]) => key in UNREAD);
		expect(Object.fromEntries(managed)).toEqual(UNREAD);
		expect(managed).toHaveLength(Object.keys(UNREAD).length);
		expect(get("X-Powered-By")).toEqual([]);
	});

	test("X-Powered-By is there when it is left alone (control)", async () => {
		const { get } = await ask(stack(secureHeaders({ xPoweredBy: false }), (_req, res) => void res.end("ok")));
		expect(get("X-Powered-By")).toEqual(name.startsWith("express") ? ["Express"] : []);
	});

	test("a nonce that is read stands in the policy, and the response becomes private", async () => {
		const { text, get } = await ask(stack(secureHeaders(), (_req, res) => void res.end(getNonce(res))));
		expect(text).toMatch(/^[A-Za-z0-9_-]{22}$/);
		expect(get("Content-Security-Policy")).toEqual([EXPECTED["Content-Security-Policy"]?.replaceAll("NONCE", text)]);
		expect(get("Cache-Control")).toEqual(["private"]);
	});

	test("res.locals.cspNonce and getNonce give one nonce, another for each response", async () => {
		const listener = stack(secureHeaders(), (_req, res) => {
			// Where there are no locals, getNonce is the way.
			const local = () => (name.startsWith("express") ? res.locals?.["cspNonce"] : getNonce(res));
			res.end(JSON.stringify([local(), getNonce(res), local()]));
		});
		const [a, b] = [await ask(listener), await ask(listener)];
		const nonces = JSON.parse(a.text);
		expect(new Set(nonces).size).toBe(1);
		expect(nonces[0]).not.toBe(JSON.parse(b.text)[0]);
	});

	test("an unread nonce is never made, and Cache-Control stays the app's affair", async () => {
		const { get } = await ask(stack(secureHeaders(), (_req, res) => void res.end("ok")));
		expect(get("Content-Security-Policy")[0]).not.toContain("nonce-");
		expect(get("Cache-Control")).toEqual([]);
	});

	test("a Cache-Control of the app is kept on a nonced response", async () => {
		const { get } = await ask(
			stack(secureHeaders(), (_req, res) => {
				res.setHeader("Cache-Control", "no-store");
				res.end(getNonce(res));
			}),
		);
		expect(get("Cache-Control")).toEqual(["no-store"]);
	});

	test("a 304 carries no policy with a nonce slot, but every other header; a static policy stays", async () => {
		const notModified: Handler = (_req, res) => {
			res.statusCode = 304;
			res.end();
		};
		const nonced = await ask(stack(secureHeaders(), notModified));
		expect(nonced.get("Content-Security-Policy")).toEqual([]);
		expect(nonced.get("X-Content-Type-Options")).toEqual(["nosniff"]);
		const fixed = await ask(stack(secureHeaders({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [csp.self] } } }), notModified));
		expect(fixed.get("Content-Security-Policy")).toEqual(["default-src 'self'"]);
	});

	test("HSTS goes to named hosts only", async () => {
		const listener = stack(secureHeaders(), (_req, res) => void res.end("ok"));
		for (const host of ["app.example", "app.example:8443", "localhost.example"])
			expect((await ask(listener, "/", host)).get("Strict-Transport-Security")).toEqual(["max-age=31536000; includeSubDomains"]);
		for (const host of ["localhost", "localhost:3000", "dev.localhost", "127.0.0.1:3000", "10.0.0.5", "[::1]:3000"])
			expect((await ask(listener, "/", host)).get("Strict-Transport-Security")).toEqual([]);
	});

	test("the secure option decides the transport", async () => {
		const options = { contentSecurityPolicy: { directives: { upgradeInsecureRequests: true as const } } };
		const csps = async (secure: boolean | (() => boolean)) => {
			const { get } = await ask(stack(secureHeaders({ ...options, secure }), (_req, res) => void res.end("ok")));
			return [get("Content-Security-Policy")[0]?.includes("upgrade-insecure-requests"), get("Strict-Transport-Security").length];
		};
		expect(await csps(true)).toEqual([true, 1]);
		expect(await csps(false)).toEqual([false, 0]);
		expect(await csps(() => true)).toEqual([true, 1]);
		expect(
			await csps(() => {
				throw new Error("x");
			}),
		).toEqual([false, 1]);
		expect(await csps((() => "yes") as never)).toEqual([false, 1]);
	});

	// The other ways to write a head are rows of test/every-response.test.ts.
	test("headers doubled by the handler: the whole set, once", async () => {
		const { lines } = await ask(
			stack(secureHeaders(), (_req, res) => {
				res.appendHeader("Cross-Origin-Opener-Policy", "same-origin");
				res.setHeader("X-Frame-Options", ["DENY", "DENY"]);
				res.end("x");
			}),
		);
		const managed = lines.filter(([key]) => key in UNREAD);
		expect(Object.fromEntries(managed)).toEqual(UNREAD);
		expect(managed).toHaveLength(Object.keys(UNREAD).length);
	});

	test("what the handler sets on purpose is kept", async () => {
		const { get } = await ask(
			stack(secureHeaders(), (_req, res) => {
				res.setHeader("Referrer-Policy", "no-referrer");
				res.writeHead(200, { "x-frame-options": "SAMEORIGIN", "Set-Cookie": ["a=1", "b=2"] });
				res.end("x");
			}),
		);
		expect(get("Referrer-Policy")).toEqual(["no-referrer"]);
		expect(get("X-Frame-Options")).toEqual(["SAMEORIGIN"]);
		expect(get("Set-Cookie")).toEqual(["a=1", "b=2"]);
	});

	test("a second policy that the app appends is kept beside ours, nonce and all", async () => {
		const { text, get } = await ask(
			stack(secureHeaders(), (_req, res) => {
				res.appendHeader("Content-Security-Policy", "frame-src 'none'");
				res.end(getNonce(res));
			}),
		);
		expect(get("Content-Security-Policy")).toEqual([EXPECTED["Content-Security-Policy"]?.replaceAll("NONCE", text), "frame-src 'none'"]);
	});

	test("a nonce first read after the headers were written throws a typed error; one that was sent is given again", async () => {
		const { text } = await ask(
			stack(secureHeaders(), (_req, res) => {
				res.write("[");
				try {
					getNonce(res);
				} catch (error) {
					res.write(JSON.stringify(error instanceof PolicyError && error.issues[0]?.code));
				}
				res.end("]");
			}),
		);
		expect(JSON.parse(text)).toEqual(["nonce/too-late"]);
		const again = await ask(
			stack(secureHeaders(), (_req, res) => {
				const nonce = getNonce(res);
				res.write("[");
				res.end(`${getNonce(res) === nonce}]`);
			}),
		);
		expect(again.text).toBe("[true]");
	});

	test("mounted twice: the later policy, each header once, one nonce", async () => {
		const outer = secureHeaders({ crossOriginEmbedderPolicy: true });
		const inner = secureHeaders({ referrerPolicy: "no-referrer", xFrameOptions: false });
		const { text, get } = await ask(
			stack(outer, (req, res) => {
				const nonce = getNonce(res);
				inner(req, res);
				res.end(String(nonce === getNonce(res)));
			}),
		);
		expect(text).toBe("true");
		expect(get("Referrer-Policy")).toEqual(["no-referrer"]);
		expect(get("X-Frame-Options")).toEqual([]);
		expect(get("Cross-Origin-Embedder-Policy")).toEqual([]);
		expect(get("Content-Security-Policy")).toHaveLength(1);
		expect(get("Content-Security-Policy")[0]).toContain("'nonce-");
	});

	test("writeHead still refuses what Node refuses, and the response can be repaired", async () => {
		const { status, text, get } = await ask(
			stack(secureHeaders(), (_req, res) => {
				const errors: unknown[] = [];
				for (const bad of [() => res.writeHead(42), () => res.writeHead(200, { "X-A": "a\nb" }), () => res.writeHead(200, ["odd"])]) {
					try {
						bad();
						errors.push("none");
					} catch (error) {
						errors.push((error as { code: string }).code);
					}
				}
				res.writeHead(500);
				res.end(JSON.stringify(errors));
			}),
		);
		expect(status).toBe(500);
		expect(JSON.parse(text)).toEqual(["ERR_HTTP_INVALID_STATUS_CODE", "ERR_INVALID_CHAR", "ERR_INVALID_ARG_VALUE"]);
		expect(get("X-Frame-Options")).toEqual(["DENY"]);
	});

	test("a nonce without a slot in the policy is an event", async () => {
		const events: HeadguardEvent[] = [];
		const headers = secureHeaders({
			contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [csp.self] } },
			onEvent: exceptUntyped((event) => events.push(event)),
		});
		const { get } = await ask(
			stack(headers, (_req, res) => void res.end(getNonce(res))),
			"/page?token=secret",
		);
		expect(get("Content-Security-Policy")).toEqual(["default-src 'self'"]);
		expect(events.map(({ code, path }) => [code, path])).toEqual([["nonce/no-slot", "/page"]]);
	});

	test("a middleware that comes after the headers were sent changes nothing and says so", async () => {
		const events: HeadguardEvent[] = [];
		const late = secureHeaders({ onEvent: exceptUntyped((event) => events.push(event)) });
		const { get, text } = await ask(
			stack(secureHeaders({ referrerPolicy: "origin" }), (req, res) => {
				res.write("a");
				late(req, res);
				res.end("b");
			}),
		);
		expect(text).toBe("ab");
		expect(get("Referrer-Policy")).toEqual(["origin"]);
		expect(events.map(({ code }) => code)).toEqual(["attach/too-late"]);
	});
});

describe.each([
	["express 5", express5],
	["express 4", express4 as unknown as typeof express5],
])("templates on %s", (_name, express) => {
	const page = "<script nonce=\"<%= cspNonce %>\">1</script><style nonce='<%= cspNonce %>'></style>";
	const app = () => {
		const application = express();
		application.engine("ejs", (_path, options, done) => done(null, ejs.render(page, options as ejs.Data)));
		application.set("view engine", "ejs");
		application.set("views", join(import.meta.dirname, "views"));
		return application;
	};

	test("EJS reads the nonce of the policy", async () => {
		const { text, get } = await ask(
			app()
				.use(secureHeaders())
				.get("/", (_req, res) => res.render("page")) as unknown as RequestListener,
		);
		const nonce = /nonce="([^"]+)"/.exec(text)?.[1] ?? "none";
		expect(text).toBe(`<script nonce="${nonce}">1</script><style nonce='${nonce}'></style>`);
		expect(get("Content-Security-Policy")).toEqual([EXPECTED["Content-Security-Policy"]?.replaceAll("NONCE", nonce)]);
	});

	test.each<[string, (res: express5.Response) => void]>([
		[
			"spreads it into a new object",
			(res) => {
				res.locals = { ...res.locals, user: "x" };
			},
		],
		[
			"freezes it",
			(res) => {
				Object.freeze(res.locals);
			},
		],
		[
			"replaces it",
			(res) => {
				res.locals = { user: "x" };
			},
		],
		[
			"replaces it by a frozen one",
			(res) => {
				res.locals = Object.freeze({ user: "x" });
			},
		],
		[
			"inherits from it",
			(res) => {
				res.locals = Object.create(res.locals);
			},
		],
	])("works when the app takes res.locals and %s", async (_title, change) => {
		const listener = app()
			.use(secureHeaders())
			.use((_req, res, next) => {
				change(res);
				next();
			})
			.get("/", (_req, res) => void res.send(`${res.locals["cspNonce"]} ${getNonce(res)}`));
		const [local, direct] = (await ask(listener as unknown as RequestListener)).text.split(" ");
		expect(local).toBe(direct);
	});

	test("works when res.locals was frozen before the middleware", async () => {
		const listener = app()
			.use((_req, res, next) => {
				res.locals = Object.freeze({ user: "x" });
				next();
			})
			.use(secureHeaders())
			.get("/", (_req, res) => void res.send(`${res.locals["cspNonce"]} ${getNonce(res)} ${res.locals["user"]}`));
		const [local, direct, user] = (await ask(listener as unknown as RequestListener)).text.split(" ");
		expect([local, user]).toEqual([direct, "x"]);
	});

	test("an app that assigns a nonce of its own keeps it", async () => {
		const listener = app()
			.use(secureHeaders())
			.get("/", (_req, res) => {
				res.locals["cspNonce"] = "own";
				res.send(String(res.locals["cspNonce"]));
			});
		expect((await ask(listener as unknown as RequestListener)).text).toBe("own");
	});

	test("the framework's own 404 and 500 pages keep the set", async () => {
		const listener = app()
			.use(secureHeaders())
			.get("/boom", () => {
				throw new Error("boom");
			}) as unknown as RequestListener;
		for (const [path, status] of [
			["/nowhere", 404],
			["/boom", 500],
		] as const) {
			const response = await ask(listener, path);
			expect(response.status).toBe(status);
			expect(response.get("Content-Security-Policy")).toEqual(["default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"]);
			expect(response.get("X-Frame-Options")).toEqual(["DENY"]);
			expect(response.get("X-Powered-By")).toEqual([]);
		}
	});

	test("a trusted proxy that says http switches HSTS off; one that is not trusted says nothing", async () => {
		const answer = (trust: unknown, proto: string) => {
			const application = app();
			if (trust !== undefined) application.set("trust proxy", trust);
			application.use(secureHeaders({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: true } } })).get("/", (_req, res) => void res.send("x"));
			return request(application).get("/").set("Host", "app.example").set("X-Forwarded-Proto", proto);
		};
		const seen = async (trust: unknown, proto: string) => {
			const { headers } = await answer(trust, proto);
			return ["strict-transport-security" in headers, String(headers["content-security-policy"]).includes("upgrade-insecure-requests")];
		};
		expect(await seen(true, "http")).toEqual([false, false]);
		expect(await seen(true, "https")).toEqual([true, true]);
		expect(await seen("loopback", "https, http")).toEqual([true, true]);
		expect(await seen(undefined, "http")).toEqual([true, false]);
		expect(await seen(undefined, "https")).toEqual([true, false]);
		expect(await seen("10.0.0.0/8", "http")).toEqual([true, false]);
	});

	test("clearSiteData clears on its route only", async () => {
		const application = app().use(secureHeaders());
		application.post("/logout", clearSiteData("cookies", "storage"), (_req, res) => void res.send("bye"));
		expect((await request(application).post("/logout")).headers["clear-site-data"]).toBe('"cookies", "storage"');
		expect((await request(application).get("/logout")).headers["clear-site-data"]).toBeUndefined();
		expect(() => clearSiteData(["cookies"] as never)).toThrow("each argument must be a word");
		expect(() => clearSiteData("cookie" as never)).toThrow('clearSiteData[0]: received "cookie", which browsers ignore.');
	});
});

test("getNonce of a response that no middleware has seen says so", () => {
	expect(() => getNonce({} as ServerResponse)).toThrow("[nonce/not-mounted]");
	expect(() => getNonce(undefined as never)).toThrow("[nonce/not-mounted]");
});
