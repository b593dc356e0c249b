/**
 * `node --import headguard/register app.js` puts a policy on every HTTP server of an application that you cannot edit. The policy comes from
 * `headguard.config.js`. The application runs as it is: Node publishes each request before the application receives it.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isMainThread } from "node:worker_threads";
import type { SecureHeaders } from "../middleware.ts";
import { isProtected, type NodeServer, protectServer } from "../server/index.ts";
import { ConfigError, loadHeaders } from "./config.ts";

/** Published for each HTTP/1 request, before its server emits it. */
const REQUEST_START = "http.server.request.start";
/** Published for each connection, before a byte of it is read. HTTP/2 requests have no channel. */
const CONNECTION = "net.server.socket";

await start();

async function start(): Promise<void> {
	try {
		const { headers, file } = await loadHeaders(process.cwd(), process.env["HEADGUARD_CONFIG"]);
		// A worker would repeat it.
		if (file === undefined && isMainThread) complain('headguard: there is no headguard.config.js, so the policy is the preset "compatible".');
		guard(headers);
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		complain(`headguard: ${error.message}`);
		process.exit(1);
	}
}

function guard(headers: SecureHeaders): void {
	const isSeen = new WeakSet<object>();
	subscribe(REQUEST_START, (message) => {
		const { request, response } = message as { readonly request: IncomingMessage; readonly response: ServerResponse };
		headers(request, response);
	});
	subscribe(CONNECTION, (message) => {
		const { server } = (message as { readonly socket: Socket & { readonly server?: object } }).socket;
		if (server === undefined || isSeen.has(server)) return;
		isSeen.add(server);
		if (isHttpServer(server)) guardServer(server, headers);
	});
}

/** The answers of Node itself, and HTTP/2. An application that protects its server keeps its own policy there. */
function guardServer(server: NodeServer, headers: SecureHeaders): void {
	if (!isProtected(server)) protectServer(server, headers);
	// With a listener, Node answers HTTP/2 requests that the application may want to answer from the stream.
	if (isHttp2(server) && server.listenerCount("request") > 0) server.prependListener("request", (request, response) => headers(request, response));
}

function isHttp2(server: object): boolean {
	return "updateSettings" in server;
}

/** Known by their settings, because the classes would have to be loaded. */
function isHttpServer(server: object): server is NodeServer {
	return "headersTimeout" in server || isHttp2(server);
}

function complain(text: string): void {
	process.stderr.write(`${text}\n`);
}
