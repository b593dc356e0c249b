// A function with an address (Function URL) or behind an HTTP API: the event becomes a Request, and the Response becomes the result.
import { getNonce, secure } from "headguard/fetch";
import compiled from "./headers.compiled.js";

const page = { "Content-Type": "text/html; charset=utf-8" };

const respond = secure(async (request) => {
	try {
		return await route(request);
	} catch (error) {
		console.error(error);
		return new Response("Something went wrong", { status: 500, headers: { "Content-Type": "text/plain", "Cache-Control": "no-store" } });
	}
}, compiled);

export async function handler(event) {
	return toResult(await respond(toRequest(event)));
}

async function route(request) {
	const { pathname } = new URL(request.url);
	if (pathname === "/")
		return new Response(`<!doctype html><title>Lambda</title><script nonce="${getNonce(request)}">document.write("It ran.")</script>`, { headers: page });
	if (pathname === "/echo") return Response.json({ method: request.method, body: await request.text() });
	if (pathname === "/login")
		return new Response(null, {
			status: 302,
			headers: [
				["Location", "/"],
				["Set-Cookie", "a=1; Secure"],
				["Set-Cookie", "b=2; Secure"],
			],
		});
	if (pathname === "/error") throw new Error("broken");
	return new Response("Not found", { status: 404, headers: { "Content-Type": "text/plain" } });
}

function toRequest({ rawPath, rawQueryString = "", headers, cookies = [], body, isBase64Encoded, requestContext }) {
	const { domainName, http } = requestContext;
	const url = `https://${domainName}${rawPath}${rawQueryString === "" ? "" : `?${rawQueryString}`}`;
	const sent = new Headers(headers);
	if (cookies.length > 0) sent.set("Cookie", cookies.join("; "));
	return new Request(url, {
		method: http.method,
		headers: sent,
		body: body === undefined ? undefined : Buffer.from(body, isBase64Encoded ? "base64" : "utf8"),
	});
}

async function toResult(response) {
	const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== "set-cookie"));
	const body = Buffer.from(await response.arrayBuffer()).toString("base64");
	return { statusCode: response.status, headers, cookies: response.headers.getSetCookie(), body, isBase64Encoded: true };
}
