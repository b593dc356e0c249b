/**
 * Each adapter and its sibling on its framework. A candidate makes a function that answers a request of Node, or takes a `Request`. It loads what it
 * needs when it is made: to count the instructions of all frameworks in each process would take minutes.
 */
import { secureHeaders } from "headguard";

const ours = async (framework) => (await import(`headguard/${framework}`)).secure(secureHeaders());
const sibling = async (module) => (await module).default;

const koa = async (middleware) => {
	const { default: Koa } = await import("koa");
	const app = new Koa();
	if (middleware !== undefined) app.use(middleware);
	app.use((ctx) => {
		ctx.body = "ok";
	});
	return app.callback();
};

const fastify = async (plugin, options, body = () => "ok") => {
	const { default: createFastify } = await import("fastify");
	const app = createFastify();
	if (plugin !== undefined) await app.register(plugin, options);
	app.get("/", (_request, reply) => reply.type("text/plain").send(body(reply)));
	await app.ready();
	return (req, res) => app.routing(req, res);
};

const hono = async (middleware, body = () => "ok") => {
	const { Hono } = await import("hono");
	const app = new Hono();
	if (middleware !== undefined) app.use(middleware);
	return app.get("/", (c) => c.text(body(c)));
};
const onFetch = async (...args) => (await hono(...args)).fetch;
/** Its server replaces the global Response, which the fetch API without it must not have. */
const onNode = async (...args) => {
	const app = await hono(...args);
	return (await import("@hono/node-server")).getRequestListener(app.fetch);
};
const honoSibling = async ({ hasNonce = false } = {}) => {
	const { secureHeaders: honoSecureHeaders, NONCE } = await import("hono/secure-headers");
	const sources = ["'self'", NONCE];
	return honoSecureHeaders(hasNonce ? { contentSecurityPolicy: { scriptSrc: sources, styleSrc: sources } } : {});
};
const siblingNonce = (c) => String(c.get("secureHeadersNonce"));
const ourNonce = (c) => String(c.get("cspNonce"));

/** The first of each group has no headers: its cost is subtracted. `against`: the candidate whose cost is 1.00. */
export const GROUPS = {
	Koa: [
		{ name: "none", create: () => koa() },
		{ name: "koa-helmet", against: "koa-helmet", create: async () => koa((await sibling(import("koa-helmet")))()) },
		{ name: "headguard/koa", against: "koa-helmet", create: async () => koa(await ours("koa")) },
	],
	Fastify: [
		{ name: "none", create: () => fastify() },
		{ name: "@fastify/helmet", against: "@fastify/helmet", create: async () => fastify(await sibling(import("@fastify/helmet"))) },
		{ name: "headguard/fastify", against: "@fastify/helmet", create: async () => fastify(await ours("fastify")) },
		{
			name: "@fastify/helmet + nonce",
			against: "@fastify/helmet + nonce",
			create: async () => fastify(await sibling(import("@fastify/helmet")), { enableCSPNonces: true }, (reply) => reply.cspNonce.script),
		},
		{
			name: "headguard/fastify, nonce read",
			against: "@fastify/helmet + nonce",
			create: async () => fastify(await ours("fastify"), {}, (reply) => `${reply.cspNonce}`),
		},
	],
	"Hono on fetch": [
		{ name: "none", isFetch: true, create: () => onFetch() },
		{ name: "hono/secure-headers", isFetch: true, against: "hono/secure-headers", create: async () => onFetch(await honoSibling()) },
		{ name: "headguard/hono", isFetch: true, against: "hono/secure-headers", create: async () => onFetch(await ours("hono")) },
	],
	"Hono on node:http": [
		{ name: "none", create: () => onNode() },
		{ name: "hono/secure-headers", against: "hono/secure-headers", create: async () => onNode(await honoSibling()) },
		{ name: "headguard/hono", against: "hono/secure-headers", create: async () => onNode(await ours("hono")) },
		{
			name: "hono/secure-headers + nonce",
			against: "hono/secure-headers + nonce",
			create: async () => onNode(await honoSibling({ hasNonce: true }), siblingNonce),
		},
		{ name: "headguard/hono, nonce read", against: "hono/secure-headers + nonce", create: async () => onNode(await ours("hono"), ourNonce) },
	],
};
