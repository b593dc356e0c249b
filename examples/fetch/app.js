// For Bun (bun app.js), Deno (deno serve app.js), and workers.
import { getNonce, secure } from "headguard/fetch";
import compiled from "./headers.compiled.js";

const page = { "Content-Type": "text/html; charset=utf-8" };

function route(request) {
	const { pathname } = new URL(request.url);
	if (pathname === "/")
		return new Response(`<!doctype html><title>Fetch</title><script nonce="${getNonce(request)}">document.write("It ran.")</script>`, { headers: page });
	if (pathname === "/api") return Response.json({});
	if (pathname === "/old") return Response.redirect(new URL("/", request.url), 301);
	return new Response("Not found", { status: 404, headers: { "Content-Type": "text/plain" } });
}

export default { fetch: secure(route, compiled) };
