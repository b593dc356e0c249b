/** One application for every server of the fetch API, with a compiled policy: below /fetch with headguard/fetch, below /hono with headguard/hono, below /none without either. */
import { Hono } from "hono";
import { getNonce, secure } from "../../dist/fetch.js";
import { secure as onHono } from "../../dist/hono.js";
import compiled from "../../node_modules/.cache/headguard/headers.compiled.js";

const html = { "Content-Type": "text/html" };
const stream = () => new Response(new Blob(["a", "b"]).stream(), { headers: html });

const ROUTES = {
	"/page": () => new Response("<p>x", { headers: html }),
	"/json": () => Response.json({}),
	"/redirect": (request) => Response.redirect(new URL("/page", request.url), 302),
	"/304": () => new Response(null, { status: 304 }),
	"/own": () => new Response("x", { headers: { ...html, "X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "sniff", "X-Powered-By": "me" } }),
	"/bare": () => new Response("x", { headers: { ...html, "Content-Security-Policy": "default-src 'none'" } }),
	"/stream": stream,
};

const plain = (request) => {
	const path = new URL(request.url).pathname.replace(/^\/\w+/, "");
	return ROUTES[path]?.(request) ?? new Response("missing", { status: 404, headers: html });
};
const withNonce = (request) => (request.url.endsWith("/nonce") ? new Response(getNonce(request), { headers: html }) : plain(request));
const secured = secure(withNonce, compiled);

const hono = new Hono().basePath("/hono");
hono.use(onHono(compiled));
hono.onError((error, c) => c.text(error.message, 500));
hono.get("/nonce", (c) => c.html(`${c.get("cspNonce")}`));
hono.get("/error", () => {
	throw new Error("It failed");
});
for (const path of Object.keys(ROUTES)) hono.get(path, (c) => ROUTES[path](c.req.raw));

export const app = {
	fetch(request, ...rest) {
		const { pathname } = new URL(request.url);
		if (pathname.startsWith("/hono/")) return hono.fetch(request, ...rest);
		return pathname.startsWith("/fetch/") ? secured(request) : plain(request);
	},
};
