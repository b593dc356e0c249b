import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { brotliDecompressSync, constants, gunzipSync, inflateSync, type ZlibOptions } from "node:zlib";
import type { Exchange, Fields } from "../types.ts";

/** The server gave no response that can be judged. The message says what happened. */
export class Unreachable extends Error {
	/** There was no response in time, so nothing is known about it. */
	readonly isTimeout: boolean;
	constructor(message: string, isTimeout = false) {
		super(message);
		this.isTimeout = isTimeout;
	}
}

/** Milliseconds for one request. */
export const TIMEOUT = 10_000;

const LONGEST_BODY = 512 * 1024;
const HEADER_LIMIT = 256 * 1024;

/** How requests are sent. */
export interface ConnectionOptions {
	readonly headers: Readonly<Record<string, string>>;
	/** Milliseconds for one response. */
	readonly timeout: number;
	readonly insecure: boolean;
	/** Judge plain http as https. */
	readonly assumeTls: boolean;
	/** `host:port` → the address to connect to instead of resolving the name. */
	readonly resolve: ReadonlyMap<string, string>;
}

/** One request. */
export interface Ask {
	readonly probe: Exchange["probe"];
	readonly method?: string | undefined;
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/** Replaces the path of the URL, as it is and not normalized. */
	readonly path?: string | undefined;
	readonly body?: string | undefined;
	readonly sent?: string | undefined;
	/** The bytes of a whole request, which replace all that. `%HOST%` is replaced with the host. */
	readonly raw?: string | undefined;
}

/** A URL as reports show it: without user and password, and without its query, which may contain tokens. */
function publicUrl(origin: string, path: string): string {
	const [pathname = "", query] = path.split(/\?(.*)/s);
	return `${origin}${pathname.replace(/#.*$/s, "")}${query === undefined ? "" : "?…"}`;
}

function portOf(url: URL): number {
	return Number(url.port || (url.protocol === "https:" ? 443 : 80));
}

/** The address that the user chose for a name. */
function chosen(url: URL, { resolve }: ConnectionOptions): string | undefined {
	return resolve.get(`${url.hostname}:${portOf(url)}`);
}

/** @throws {Unreachable} when there is no response. */
export function ask(url: URL, question: Ask, connection: ConnectionOptions): Promise<Exchange> {
	return question.raw === undefined ? askByClient(url, question, connection) : askBySocket(url, question, question.raw, connection);
}

function askByClient(url: URL, { probe, method = "GET", headers = {}, path, body: payload, sent }: Ask, connection: ConnectionOptions): Promise<Exchange> {
	const secure = url.protocol === "https:";
	// Loaded when needed: a static import of node:http loads undici.
	const { request } = process.getBuiltinModule(secure ? "node:https" : "node:http");
	const address = chosen(url, connection);
	return new Promise((resolve, reject) => {
		const fail = (error: Error): void => reject(new Unreachable(`${url.origin}: ${reasonOf(error, connection.timeout)}`, isTimeout(error)));
		const req = request({
			protocol: url.protocol,
			hostname: url.hostname.replace(/[[\]]/g, ""),
			port: portOf(url),
			method,
			path: path ?? `${url.pathname}${url.search}`,
			headers: { Accept: "text/html,*/*;q=0.8", "User-Agent": "headguard-audit", Host: url.host, ...connection.headers, ...headers },
			agent: false,
			maxHeaderSize: HEADER_LIMIT,
			rejectUnauthorized: !connection.insecure,
			signal: AbortSignal.timeout(Math.ceil(connection.timeout)),
			...(address === undefined ? {} : { lookup: lookupOf(address) }),
		});
		req.on("upgrade", (_res, socket) => {
			socket.destroy();
			fail(new Error("answers by another protocol than HTTP"));
		});
		let isAnswered = false;
		req.on("error", (error) => {
			// The audit judges what arrived until then.
			if (!isAnswered) fail(error);
		});
		req.on("response", (res) => {
			isAnswered = true;
			const chunks: Buffer[] = [];
			let length = 0;
			const done = (): void =>
				resolve({
					probe,
					method,
					url: publicUrl(url.origin, path ?? `${url.pathname}${url.search}`),
					status: res.statusCode ?? 0,
					fields: pairs(res.rawHeaders),
					body: textOf(Buffer.concat(chunks), res.headers["content-encoding"]),
					secure: secure || connection.assumeTls,
					sent,
				});
			res.on("data", (chunk: Buffer) => {
				chunks.push(chunk);
				length += chunk.length;
				if (length > LONGEST_BODY) res.destroy();
			});
			// A body that ends early, or never ends, comes after the headers.
			res.on("close", done);
			res.on("error", () => {});
		});
		req.end(payload);
	});
}

function reasonOf(error: Error, timeout: number): string {
	if (isTimeout(error)) return `no response in ${timeout / 1000} seconds`;
	const broken = brokenHeader(error);
	if (broken !== undefined) return `${broken} has a character that no header can contain, such as a line break. Browsers refuse the response over HTTP/2`;
	return /wrong version number|packet length too long/.test(error.message)
		? "the server speaks http there, not https. Write http://"
		: error.message.split("\n", 1)[0]?.trim() || "no response";
}

const BROKEN_HEADER = ["HPE_INVALID_HEADER_TOKEN", "HPE_CR_EXPECTED", "HPE_LF_EXPECTED"];

/** The header where Node's parser gave up; undefined when it gave up elsewhere. */
function brokenHeader(error: Error & { readonly code?: unknown; readonly rawPacket?: unknown; readonly bytesParsed?: unknown }): string | undefined {
	const { code, rawPacket, bytesParsed } = error;
	if (!BROKEN_HEADER.includes(String(code)) || !Buffer.isBuffer(rawPacket) || typeof bytesParsed !== "number") return undefined;
	const before = rawPacket.subarray(0, bytesParsed).toString("latin1");
	const line = before.slice(before.lastIndexOf("\r\n") + 2);
	return before.includes("\r\n\r\n") ? undefined : /^([\w-]{1,100}):/.exec(line)?.[1];
}

const DECODERS: ReadonlyMap<string, (body: Buffer, options: ZlibOptions) => Buffer> = new Map([
	["gzip", gunzipSync],
	["deflate", inflateSync],
	["br", brotliDecompressSync],
]);

/** Some servers compress without being asked. A body that does not decode is not a page. */
function textOf(body: Buffer, encoding: string | undefined): string {
	const decode = DECODERS.get(encoding?.trim().toLowerCase() ?? "");
	try {
		const decoded = decode?.(body, { maxOutputLength: 16 * LONGEST_BODY, finishFlush: constants.Z_SYNC_FLUSH }) ?? body;
		return decoded.subarray(0, LONGEST_BODY).toString("utf8");
	} catch {
		return "";
	}
}

function isTimeout({ name }: Error): boolean {
	return name === "AbortError" || name === "TimeoutError";
}

/** Resolves every name to one address. */
function lookupOf(address: string): LookupFunction {
	const family = isIP(address);
	return (_name, options, done) => (options.all === true ? done(null, [{ address, family }]) : done(null, address, family));
}

function pairs(raw: readonly string[]): Fields {
	return raw.flatMap((entry, i) => (i % 2 === 0 ? [[entry, raw[i + 1] ?? ""] as const] : []));
}

function askBySocket(url: URL, { probe, sent }: Ask, raw: string, connection: ConnectionOptions): Promise<Exchange> {
	const secure = url.protocol === "https:";
	const host = chosen(url, connection) ?? url.hostname.replace(/[[\]]/g, "");
	const options = { host, port: portOf(url) };
	const name = isIP(url.hostname) === 0 ? { servername: url.hostname } : {};
	return new Promise((resolve, reject) => {
		const socket: Socket = secure ? connectTls({ ...options, ...name, rejectUnauthorized: !connection.insecure }) : connect(options);
		const chunks: Buffer[] = [];
		let length = 0;
		const timer = setTimeout(() => socket.destroy(), connection.timeout);
		socket.on("error", () => {});
		socket.on("data", (chunk: Buffer) => {
			chunks.push(chunk);
			length += chunk.length;
			if (length > LONGEST_BODY) socket.destroy();
		});
		socket.on("close", () => {
			clearTimeout(timer);
			const answer = readError(Buffer.concat(chunks).toString("latin1"));
			if (answer === undefined) return reject(new Unreachable(`${url.origin}: ${sent ?? "the request"} did not get an error response`));
			resolve({ probe, method: "GET", url: `${url.origin}/`, ...answer, secure: secure || connection.assumeTls, sent });
		});
		socket.write(raw.replaceAll("%HOST%", connection.headers["Host"] ?? url.host), "latin1");
	});
}

/** An error response as it arrived. Any other status means that the request was not refused. */
function readError(answer: string): Pick<Exchange, "status" | "fields" | "body"> | undefined {
	const end = answer.indexOf("\r\n\r\n");
	const [first = "", ...lines] = answer.slice(0, end === -1 ? undefined : end).split("\r\n");
	const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
	if (!(status >= 400)) return undefined;
	const fields = lines.map((line) => line.split(/:(.*)/s)).map(([name = "", value = ""]) => [name, value.trim()] as const);
	return { status, fields, body: end === -1 ? "" : answer.slice(end + 4) };
}
