import Fastify from "fastify";
import { secureHeaders } from "headguard";
import { secure as onFastify } from "headguard/fastify";
import { type CspNonce, secure as onHono } from "headguard/hono";
import { type KoaMiddleware, secure as onKoa } from "headguard/koa";
import { Hono } from "hono";
import Koa from "koa";

const headers = secureHeaders();
const hono = new Hono().use(onHono(headers));
hono.get("/", (c) => {
	const nonce: string = c.get("cspNonce");
	const same: CspNonce = c.var.cspNonce;
	return c.text(nonce + same.script);
});

const fastify = Fastify();
fastify.register(onFastify(headers));
fastify.get("/", { config: { headguard: headers.extend({ xFrameOptions: "SAMEORIGIN" }) } }, (_request, reply) => {
	const nonce: string = reply.cspNonce;
	return nonce + reply.cspNonce.style;
});
// @ts-expect-error: not an override.
fastify.get("/wrong", { config: { headguard: { xFrameOptions: "SAMEORIGIN" } } }, () => "");

const middleware: KoaMiddleware = onKoa(headers);
new Koa().use(middleware).use(onKoa(headers));
// @ts-expect-error: options are for secureHeaders().
onKoa({ xFrameOptions: "DENY" });
