import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { onTestFinished } from "vitest";

type Headers = IncomingMessage["headers"];

export interface Tampering {
	/** Markup that an attacker got into each page: it is put before the end of the body. */
	readonly inject?: string;
	/** What becomes of the headers. By default, they stay. */
	readonly headers?: (headers: Headers) => Headers;
}

export interface Tampered {
	readonly origin: string;
	/** `status path` of each answer so far. */
	readonly answered: readonly string[];
}

/** Asked for by a page that is shown, and by no other. */
export const WATCH = "/watch.js";

/** The violations of a watched page, as an expression for its window. */
export const VIOLATIONS = "(window.violations ?? null)";

/** What an attacker adds, and whether it ran, as an expression for its window. */
export const INJECTED = "<script>window.injected = '1'</script>";
export const HAS_INJECTED = "window.injected ?? 'blocked'";

/** A listener in a file of the site, which its policy allows: drivers do not all have a way to put one into a page before its own code. */
const LISTENER = `if (window.violations === undefined) {
	window.violations = [];
	document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => violations.push(effectiveDirective + " " + blockedURI));
}`;

/** An application behind another address, until the test ends. Its pages are watched. All engines see the same, and their drivers need no hooks for it. */
export async function tamper(origin: string, { inject = "", headers: change = (headers) => headers }: Tampering = {}): Promise<Tampered> {
	const answered: string[] = [];
	const { port } = new URL(origin);
	const server = createServer((req, res) => {
		res.on("finish", () => answered.push(`${res.statusCode} ${req.url}`));
		if (req.url === WATCH) return res.setHeader("Content-Type", "text/javascript").end(LISTENER);
		const asked = request({ port, path: req.url, method: req.method, headers: { ...req.headers, "accept-encoding": "identity" } }, (answer) => {
			void pass(answer, res, change, inject);
		});
		asked.on("error", () => res.destroy());
		return req.pipe(asked);
	});
	server.on("upgrade", ({ url, rawHeaders }: IncomingMessage, socket, head) => {
		const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
		const other = connect(Number(port), "localhost", () => {
			other.write(`GET ${url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
			other.write(head);
			other.pipe(socket).pipe(other);
		});
		for (const one of [socket, other]) one.on("error", () => {}).on("close", () => void [socket, other].map((end) => end.destroy()));
	});
	server.listen(0);
	await once(server, "listening");
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, answered };
}

async function pass(answer: IncomingMessage, res: ServerResponse, change: (headers: Headers) => Headers, inject: string): Promise<void> {
	const { "transfer-encoding": _, connection: __, ...headers } = change(answer.headers);
	const status = answer.statusCode ?? 502;
	if (!/^text\/html/.test(headers["content-type"] ?? "") || status === 304) {
		res.writeHead(status, headers);
		return void answer.pipe(res);
	}
	const chunks: Buffer[] = [];
	for await (const chunk of answer) chunks.push(chunk);
	const { "content-length": ___, ...rest } = headers;
	res.writeHead(status, rest).end(tamperedPage(Buffer.concat(chunks).toString(), inject));
}

function tamperedPage(html: string, inject: string): string {
	const watched = html.replace(/^(?:\s*<!doctype[^>]*>)?(?:\s*<html[^>]*>)?(?:\s*<head[^>]*>)?/i, (start) => `${start}<script src="${WATCH}"></script>`);
	return watched.includes("</body>") ? watched.replace("</body>", () => `${inject}</body>`) : watched + inject;
}
