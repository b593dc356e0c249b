/** Each adapter and its sibling on its framework. A candidate makes a function that answers a request of Node, or takes a `Request`. */
import fastifyHelmet from "@fastify/helmet";
import createFastify from "fastify";
import { secureHeaders } from "headguard";
import { secure as onFastify } from "headguard/fastify";
import { secure as onHono } from "headguard/hono";
import { secure as onKoa } from "headguard/koa";
import { Hono } from "hono";
import { secureHeaders as honoSecureHeaders, NONCE } from "hono/secure-headers";
import Koa from "koa";
import koaHelmet from "koa-helmet";

const koa = (middleware) => {
	const app = new Koa();
	if (middleware !== undefined) app.use(middleware);
	app.use((ctx) => {
		ctx.body = "ok";
	});
	return app.callback();
};

const fastify = async (plugin, options, body = () => "ok") => {
	const app = createFastify();
	if (plugin !== undefined) await app.register(plugin, options);
	app.get("/", (_request, reply) => reply.type("text/plain").send(body(reply)));
	await app.ready();
	return (req, res) => app.routing(req, res);
};

const hono = (middleware, body = () => "ok") => {
	const app = new Hono();
	if (middleware !== undefined) app.use(middleware);
	return app.get("/", (c) => c.text(body(c)));
};
/** Loaded late, because it replaces the global Response, which the fetch API without it must not have. */
const onNode = async (app) => (await import("@hono/node-server")).getRequestListener(app.fetch);

const HONO_NONCE = { contentSecurityPolicy: { scriptSrc: ["'self'", NONCE], styleSrc: ["'self'", NONCE] } };
const FASTIFY_NONCE = { enableCSPNonces: true };
const honoNonce = (c) => String(c.get("secureHeadersNonce"));
const honoOurs = (c) => String(c.get("cspNonce"));

/** The first of each group has no headers: its cost is subtracted. `against`: the candidate whose cost is 1.00. */
export const GROUPS = {
	Koa: [
		{ name: "none", create: () => koa() },
		{ name: "koa-helmet", against: "koa-helmet", create: () => koa(koaHelmet()) },
		{ name: "headguard/koa", against: "koa-helmet", create: () => koa(onKoa(secureHeaders())) },
	],
	Fastify: [
		{ name: "none", create: () => fastify() },
		{ name: "@fastify/helmet", against: "@fastify/helmet", create: () => fastify(fastifyHelmet) },
		{ name: "headguard/fastify", against: "@fastify/helmet", create: () => fastify(onFastify(secureHeaders())) },
		{
			name: "@fastify/helmet + nonce",
			against: "@fastify/helmet + nonce",
			create: () => fastify(fastifyHelmet, FASTIFY_NONCE, (reply) => reply.cspNonce.script),
		},
		{
			name: "headguard/fastify, nonce read",
			against: "@fastify/helmet + nonce",
			create: () => fastify(onFastify(secureHeaders()), {}, (reply) => `${reply.cspNonce}`),
		},
	],
	"Hono on fetch": [
		{ name: "none", isFetch: true, create: () => hono().fetch },
		{ name: "hono/secure-headers", isFetch: true, against: "hono/secure-headers", create: () => hono(honoSecureHeaders()).fetch },
		{ name: "headguard/hono", isFetch: true, against: "hono/secure-headers", create: () => hono(onHono(secureHeaders())).fetch },
	],
	"Hono on node:http": [
		{ name: "none", create: () => onNode(hono()) },
		{ name: "hono/secure-headers", against: "hono/secure-headers", create: () => onNode(hono(honoSecureHeaders())) },
		{ name: "headguard/hono", against: "hono/secure-headers", create: () => onNode(hono(onHono(secureHeaders()))) },
		{ name: "hono/secure-headers + nonce", against: "hono/secure-headers + nonce", create: () => onNode(hono(honoSecureHeaders(HONO_NONCE), honoNonce)) },
		{ name: "headguard/hono, nonce read", against: "hono/secure-headers + nonce", create: () => onNode(hono(onHono(secureHeaders()), honoOurs)) },
	],
};
