import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Exchange } from "../types.ts";
import { askByHttp2, speaksHttp2 } from "./http2.ts";
import { type Ask, type ConnectionOptions, chosen, HEADER_LIMIT, isTimeout, LONGEST_BODY, pairs, portOf, publicUrl, textOf, Unreachable } from "./request.ts";

/** @throws {Unreachable} when there is no response. */
export async function ask(url: URL, question: Ask, connection: ConnectionOptions): Promise<Exchange> {
	const isHttp2 = connection.http2.has(url.origin);
	if (isHttp2 && question.raw !== undefined) throw new Unreachable(`${url.origin} does not speak HTTP/1`);
	if (question.raw !== undefined) return askBySocket(url, question, question.raw, connection);
	if (isHttp2) return askByHttp2(url, question, connection);
	const start = Date.now();
	try {
		return await askByClient(url, question, connection);
	} catch (error) {
		if (!(error instanceof Unreachable) || error.isTimeout || url.protocol !== "https:") throw error;
		const left = (): ConnectionOptions => ({ ...connection, timeout: Math.max(1, connection.timeout - (Date.now() - start)) });
		// Nothing is sent there, so the certificate is checked only afterwards.
		if (!(await speaksHttp2(url, { ...left(), insecure: true }))) throw error;
		connection.http2.add(url.origin);
		return askByHttp2(url, question, left());
	}
}

function askByClient(url: URL, { probe, method = "GET", headers = {}, path, body: payload, sent }: Ask, connection: ConnectionOptions): Promise<Exchange> {
	const secure = url.protocol === "https:";
	// Loaded when needed: a static import of node:http loads undici.
	const { request } = process.getBuiltinModule(secure ? "node:https" : "node:http");
	const { address, port } = chosen(url.hostname, portOf(url), connection.resolve);
	return new Promise((resolve, reject) => {
		const fail = (error: Error): void => reject(new Unreachable(`${url.origin}: ${reasonOf(error, connection.timeout)}`, isTimeout(error)));
		const req = request({
			protocol: url.protocol,
			hostname: url.hostname.replace(/[[\]]/g, ""),
			port,
			method,
			path: path ?? `${url.pathname}${url.search}`,
			headers: { Accept: "text/html,*/*;q=0.8", "User-Agent": "headguard-audit", Host: url.host, ...connection.headers, ...headers },
			agent: false,
			maxHeaderSize: HEADER_LIMIT,
			rejectUnauthorized: !connection.insecure,
			// A server that only speaks HTTP/2 then refuses the connection.
			...(secure ? { ALPNProtocols: ["http/1.1"] } : {}),
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

/** Resolves every name to one address. */
function lookupOf(address: string): LookupFunction {
	const family = isIP(address);
	return (_name, options, done) => (options.all === true ? done(null, [{ address, family }]) : done(null, address, family));
}

function askBySocket(url: URL, { probe, sent }: Ask, raw: string, connection: ConnectionOptions): Promise<Exchange> {
	const secure = url.protocol === "https:";
	const { address, port } = chosen(url.hostname, portOf(url), connection.resolve);
	const options = { host: address ?? url.hostname.replace(/[[\]]/g, ""), port };
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
