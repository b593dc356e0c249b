import type { IncomingMessage, ServerResponse } from "node:http";

/** A request on which a body parser such as express.json has left the body. */
export interface ParsedRequest extends IncomingMessage {
	readonly body?: unknown;
}

const TYPES = ["application/csp-report", "application/reports+json", "application/json"];

/** The status for a request that is not read, or undefined. @param isShared whether pages of other origins may report. */
export function refusal({ method, headers }: IncomingMessage, maxBytes: number, isShared: boolean): number | undefined {
	if (method === "OPTIONS" && isShared) return 204;
	if (method !== "POST") return 405;
	const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
	if (!TYPES.includes(type) || (headers["content-encoding"] ?? "identity") !== "identity") return 415;
	return Number(headers["content-length"]) > maxBytes ? 413 : undefined;
}

/** What a body parser has left, or bytes if it did not parse the body. Some parsers leave an empty object for a body that they did not read. */
export function bodyBefore({ body, readableEnded }: ParsedRequest): unknown {
	if (typeof body === "string" || Buffer.isBuffer(body)) return Buffer.from(body);
	if (typeof body !== "object" || body === null) return undefined;
	return readableEnded || Object.keys(body).length > 0 ? body : undefined;
}

export function readBody(req: IncomingMessage, maxBytes: number, done: (body: Buffer | number) => void): void {
	const chunks: Buffer[] = [];
	let length = 0;
	let isDone = false;
	const finish = (body: Buffer | number): void => {
		if (isDone) return;
		isDone = true;
		done(body);
	};
	// A middleware has already read the body and kept nothing.
	if (req.readableEnded || req.destroyed) {
		finish(400);
		return;
	}
	req.on("data", (chunk: Buffer) => {
		length += chunk.length;
		if (length > maxBytes) {
			chunks.length = 0;
			finish(413);
		} else if (!isDone) chunks.push(chunk);
	});
	req.on("end", () => finish(Buffer.concat(chunks)));
	// A client that disconnects early gets no response, and its data is dropped.
	req.on("error", () => finish(400));
	req.on("aborted", () => finish(400));
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Parses JSON in UTF-8. Returns undefined for anything else. */
export function parse(body: Buffer): unknown {
	try {
		return JSON.parse(UTF8.decode(body));
	} catch {
		return undefined;
	}
}

/** Responds without a body, and with the security headers that the response needs if nothing else sets them. */
export function answer(req: IncomingMessage, res: ServerResponse, status: number, isShared: boolean): void {
	if (res.headersSent || res.destroyed) return;
	res.statusCode = status;
	const set = (name: string, value: string): void => void (res.hasHeader(name) || res.setHeader(name, value));
	// These values are literals, because importing the data of all headers would add a sixth to the bundle.
	set("X-Content-Type-Options", "nosniff");
	set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
	res.setHeader("Cache-Control", "no-store");
	if (status === 405) res.setHeader("Allow", isShared ? "POST, OPTIONS" : "POST");
	if (isShared && (req.method === "OPTIONS" || req.headers.origin !== undefined)) {
		// Reports carry no credentials, and other origins of the same owner can report here.
		res.setHeader("Access-Control-Allow-Origin", "*");
		if (req.method === "OPTIONS") {
			res.setHeader("Access-Control-Allow-Methods", "POST");
			res.setHeader("Access-Control-Allow-Headers", "content-type");
			res.setHeader("Access-Control-Max-Age", "7200");
		}
	}
	// Do not read the rest of a body that is too large.
	if (status === 413) {
		res.setHeader("Connection", "close");
		res.once("finish", () => req.destroy());
	}
	res.end();
}
