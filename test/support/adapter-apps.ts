import { createReadStream } from "node:fs";
import { type RequestListener, STATUS_CODES } from "node:http";
import { Readable } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import createFastify from "fastify";
import { Hono } from "hono";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import Koa3 from "koa";
import Koa2 from "koa2";
import { secure as onFastify } from "../../src/adapters/fastify.ts";
import { secure as onHono } from "../../src/adapters/hono.ts";
import { secure as onKoa } from "../../src/adapters/koa.ts";
import type { AdapterPolicy } from "../../src/adapters/policy.ts";
import type { Mounted, SecuredByOptions } from "../../src/compiled/index.ts";
import { type Answer, type Ask, listen } from "./stacks.ts";

/** What an application mounts. Without a policy, the adapter is not mounted. */
export interface Mount {
	readonly policy?: AdapterPolicy | undefined;
	readonly options?: SecuredByOptions | undefined;
	/** Of the route /override. */
	readonly override?: Mounted | undefined;
	/** Receives the errors of the application. */
	readonly onError?: ((error: unknown) => void) | undefined;
	/** Answers errors instead of the framework's own page. */
	readonly errorPage?: boolean | undefined;
}

/** The same application on a framework. */
export interface AdapterApp {
	readonly name: string;
	readonly ask: (mount: Mount, ask?: Ask) => Promise<Answer>;
}

/** What an error brings along, which some frameworks set on the response. */
const WEAK = { "X-Frame-Options": "ALLOWALL", "Content-Security-Policy": "default-src *" };
const HOSTILE = { "X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "sniff", "X-Powered-By": "me", "Referrer-Policy": "" };
export const OWN_NONCE = "QqWwEeRrTtYyUuIiOoPpAa";
const PARTIAL = { "Content-Security-Policy": `script-src 'self' 'nonce-${OWN_NONCE}'` };
const failure = (path: string): Error => Object.assign(new Error("It failed"), path === "/error" ? {} : { status: 503, headers: WEAK });

const koaOf =
	(Koa: typeof Koa3) =>
	({ policy, options, override, onError = () => {}, errorPage }: Mount): RequestListener => {
		const app = new Koa();
		app.on("error", onError);
		if (errorPage)
			app.use(async (ctx, next) => {
				try {
					await next();
				} catch (error) {
					onError(error);
					ctx.status = 500;
					ctx.body = "own page";
				}
			});
		if (policy !== undefined) app.use(onKoa(policy, options));
		if (override !== undefined) {
			const change = onKoa(override);
			app.use((ctx, next) => (ctx.path === "/override" ? change(ctx, next) : next()));
		}
		app.use((ctx) => {
			if (ctx.method === "OPTIONS") {
				ctx.status = 204;
				return;
			}
			switch (ctx.path) {
				case "/page":
				case "/override":
					ctx.type = "html";
					ctx.body = "<p>x";
					break;
				case "/json":
					ctx.body = {};
					break;
				case "/nonce":
					ctx.type = "html";
					ctx.body = `${ctx.state["cspNonce"]} ${ctx.state["cspNonce"]}`;
					break;
				case "/error":
				case "/error-with-headers":
					throw failure(ctx.path);
				case "/rejected":
					return Promise.reject(failure("/error"));
				case "/broken-stream":
					ctx.body = new Readable({ read: () => {} });
					setImmediate((body) => body.destroy(failure("/error-with-headers")), ctx.body);
					break;
				case "/old":
					ctx.redirect("/page");
					break;
				case "/static":
					ctx.type = "txt";
					ctx.body = createReadStream("LICENSE");
					break;
				case "/stream":
					ctx.type = "txt";
					ctx.body = Readable.from(["a", "b"]);
					break;
				case "/304":
					ctx.status = 304;
					break;
				case "/hostile":
					ctx.set(HOSTILE);
					ctx.body = "x";
					break;
				case "/partial":
					ctx.set(PARTIAL);
					ctx.body = "x";
					break;
				case "/wiped":
					for (const name of Object.keys(ctx.response.headers)) ctx.remove(name);
					ctx.body = "x";
					break;
				case "/raw":
					ctx.respond = false;
					ctx.res.writeHead(200, { "Content-Type": "text/plain" }).end("x");
			}
			return undefined;
		});
		return app.callback();
	};

const fastify = async ({ policy, options, override, onError = () => {}, errorPage }: Mount): Promise<RequestListener> => {
	const app = createFastify();
	if (policy !== undefined) app.register(onFastify(policy, options));
	app.addHook("onError", async (_request, _reply, error) => onError(error));
	if (errorPage) app.setErrorHandler((_error, _request, reply) => reply.code(500).type("text/plain").send("own page"));
	app.options("*", (_request, reply) => reply.code(204).send());
	app.get("/page", (_request, reply) => reply.type("text/html").send("<p>x"));
	app.get("/override", { config: { headguard: override } }, (_request, reply) => reply.type("text/html").send("<p>x"));
	app.get("/json", () => ({}));
	app.get("/nonce", (_request, reply) => reply.type("text/html").send(`${reply.cspNonce} ${reply.cspNonce.script}`));
	for (const path of ["/error", "/error-with-headers"])
		app.get(path, () => {
			throw failure(path);
		});
	app.get("/rejected", () => Promise.reject(failure("/error")));
	app.get("/broken-stream", (_request, reply) => {
		const body = new Readable({ read: () => {} });
		setImmediate(() => body.destroy(failure("/error-with-headers")));
		return reply.send(body);
	});
	app.get("/old", (_request, reply) => reply.redirect("/page"));
	app.get("/static", (_request, reply) => reply.type("text/plain").send(createReadStream("LICENSE")));
	app.get("/stream", (_request, reply) => reply.type("text/plain").send(Readable.from(["a", "b"])));
	app.get("/304", (_request, reply) => reply.code(304).send());
	app.get("/hostile", (_request, reply) => reply.headers(HOSTILE).send("x"));
	app.get("/partial", (_request, reply) => reply.headers(PARTIAL).send("x"));
	app.get("/wiped", (_request, reply) => {
		for (const name of reply.raw.getHeaderNames()) reply.raw.removeHeader(name);
		return reply.type("text/plain").send("x");
	});
	app.get("/raw", (_request, reply) => {
		reply.hijack();
		reply.raw.writeHead(200, { "Content-Type": "text/plain" }).end("x");
	});
	await app.ready();
	return (req, res) => app.routing(req, res);
};

function hono({ policy, options, override, onError = () => {}, errorPage }: Mount): Hono {
	const app = new Hono();
	if (policy !== undefined) app.use(onHono(policy, options));
	if (override !== undefined) app.use("/override", onHono(override));
	app.onError((error, c) => {
		onError(error);
		if (error instanceof HTTPException) return error.getResponse();
		return errorPage ? c.text("own page", 500) : new Response(STATUS_CODES[500], { status: 500, headers: { "Content-Type": "text/plain" } });
	});
	app.options("*", (c) => c.body(null, 204));
	for (const path of ["/page", "/override"]) app.get(path, (c) => c.html("<p>x"));
	app.get("/json", (c) => c.json({}));
	app.get("/nonce", (c) => c.html(html`${c.get("cspNonce")} ${c.var.cspNonce}`));
	app.get("/error", () => {
		throw failure("/error");
	});
	app.get("/error-with-headers", () => {
		throw new HTTPException(503, { message: "It failed" });
	});
	app.get("/rejected", () => Promise.reject(failure("/error")));
	app.get("/old", (c) => c.redirect("/page"));
	app.get("/static", serveStatic({ path: "LICENSE" }));
	app.get("/stream", () => new Response(new Blob(["a", "b"]).stream(), { headers: { "Content-Type": "text/plain" } }));
	app.get("/304", (c) => c.body(null, 304));
	app.get("/hostile", (c) => c.text("x", 200, HOSTILE));
	app.get("/partial", (c) => c.text("x", 200, PARTIAL));
	app.get("/wiped", (c) => {
		const { outgoing } = (c.env ?? {}) as { outgoing?: { getHeaderNames(): string[]; removeHeader(name: string): void } };
		for (const name of outgoing?.getHeaderNames() ?? []) outgoing?.removeHeader(name);
		return c.text("x");
	});
	app.get("/raw", () => new Response("x"));
	return app;
}

const overNode =
	(create: (mount: Mount) => RequestListener | Promise<RequestListener>): AdapterApp["ask"] =>
	async (mount, ask) => {
		const running = await listen(await create(mount));
		try {
			return await running.ask(ask);
		} finally {
			await running.close();
		}
	};

async function overFetch(mount: Mount, { method = "GET", path = "/", headers = {} }: Ask = {}): Promise<Answer> {
	const response = await hono(mount).request(`http://app.example${path}`, { method, headers });
	const lines = [...response.headers];
	const get = (name: string): readonly string[] => lines.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value);
	return { status: response.status, reason: response.statusText, lines, body: await response.text(), get };
}

export const ADAPTER_APPS: readonly AdapterApp[] = [
	{ name: "Koa", ask: overNode(koaOf(Koa3)) },
	{ name: "Koa 2", ask: overNode(koaOf(Koa2)) },
	{ name: "Fastify", ask: overNode(fastify) },
	{ name: "Hono on node:http", ask: overNode((mount) => getRequestListener(hono(mount).fetch)) },
	{ name: "Hono on fetch", ask: overFetch },
];
