import type { ClientHttp2Session, IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders } from "node:http2";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { Exchange } from "../types.ts";
import { type Ask, type ConnectionOptions, chosen, HEADER_LIMIT, LONGEST_BODY, pairs, portOf, publicUrl, textOf, Unreachable } from "./request.ts";

/** Whether a server chooses HTTP/2 where it is offered nothing else. */
export async function speaksHttp2(url: URL, connection: ConnectionOptions): Promise<boolean> {
	const socket = await socketTo(url, connection).catch(() => undefined);
	socket?.destroy();
	return socket !== undefined;
}

/** Within the same limits as over HTTP/1. @throws {Unreachable} when there is no response. */
export async function askByHttp2(url: URL, question: Ask, connection: ConnectionOptions): Promise<Exchange> {
	const end = Date.now() + connection.timeout;
	const socket = await socketTo(url, connection);
	const { connect: start } = process.getBuiltinModule("node:http2");
	const session = start(url.origin, {
		createConnection: () => socket,
		settings: { enablePush: false, maxHeaderListSize: HEADER_LIMIT },
		maxReservedRemoteStreams: 0,
	});
	try {
		return await answerOf(session, url, question, connection, Math.max(1, end - Date.now()));
	} finally {
		session.destroy();
		socket.destroy();
	}
}

function socketTo(url: URL, connection: ConnectionOptions): Promise<TLSSocket> {
	const name = url.hostname.replace(/[[\]]/g, "");
	const { address, port } = chosen(url.hostname, portOf(url), connection.resolve);
	return new Promise((resolve, reject) => {
		const socket = connect({
			host: address ?? name,
			port,
			ALPNProtocols: ["h2"],
			rejectUnauthorized: !connection.insecure,
			...(isIP(name) === 0 ? { servername: name } : {}),
		});
		const timer = setTimeout(() => fail("", true), connection.timeout);
		const fail = (why: string, isTimeout = false): void => {
			clearTimeout(timer);
			socket.destroy();
			reject(new Unreachable(`${url.origin}: ${isTimeout ? late(connection) : why}`, isTimeout));
		};
		// An error after the answer, such as a reset, changes nothing.
		socket.on("error", (error) => fail(error.message.split("\n", 1)[0]?.trim() || "no response"));
		socket.on("secureConnect", () => {
			clearTimeout(timer);
			if (socket.alpnProtocol === "h2") resolve(socket);
			else fail("does not speak HTTP/2");
		});
	});
}

function late({ timeout }: ConnectionOptions): string {
	return `no response in ${Math.round(timeout) / 1000} seconds`;
}

function answerOf(session: ClientHttp2Session, url: URL, question: Ask, connection: ConnectionOptions, left: number): Promise<Exchange> {
	const { probe, method = "GET", path = `${url.pathname}${url.search}`, body, sent } = question;
	return new Promise((resolve, reject) => {
		let answer: { readonly status: number; readonly raw: readonly string[]; readonly encoding: string | undefined } | undefined;
		const chunks: Buffer[] = [];
		let length = 0;
		let why = "closes the connection without a response";
		let isLate = false;
		const done = (): void => {
			clearTimeout(timer);
			if (answer === undefined) {
				reject(new Unreachable(`${url.origin}: ${isLate ? late(connection) : why}`, isLate));
				return;
			}
			const fields = pairs(answer.raw).filter(([name]) => !name.startsWith(":"));
			const text = textOf(Buffer.concat(chunks), answer.encoding);
			resolve({ probe, method, url: publicUrl(url.origin, path), status: answer.status, fields, body: text, secure: true, sent });
		};
		// The audit judges what arrived until then.
		const timer = setTimeout(() => {
			isLate = true;
			done();
		}, left);
		const note = (error: Error): void => {
			why = error.message;
		};
		session.on("error", note);
		session.on("close", done);
		const stream = session.request(headersOf(url, path, method, { ...connection.headers, ...question.headers }), { endStream: body === undefined });
		stream.on("response", (headers: IncomingHttpHeaders & IncomingHttpStatusHeader, _flags: number, raw: readonly string[]) => {
			answer = { status: headers[":status"] ?? 0, raw, encoding: headers["content-encoding"] };
		});
		stream.on("data", (chunk: Buffer) => {
			chunks.push(chunk);
			length += chunk.length;
			if (length > LONGEST_BODY) stream.close();
		});
		stream.on("error", note);
		stream.on("close", done);
		if (body !== undefined) stream.end(body);
	});
}

/** HTTP/2 has no header for the connection, and another one in place of Host. */
function headersOf(url: URL, path: string, method: string, given: Readonly<Record<string, string>>): OutgoingHttpHeaders {
	const own = Object.entries({ Accept: "text/html,*/*;q=0.8", "User-Agent": "headguard-audit", ...given }).map(
		([name, value]) => [name.toLowerCase(), value] as const,
	);
	const { host = url.host, ...others } = Object.fromEntries(own);
	const kept = Object.entries(others).filter(([name]) => !CONNECTION_HEADERS.has(name));
	return { ":method": method, ":scheme": "https", ":authority": host, ":path": path, ...Object.fromEntries(kept) };
}

const CONNECTION_HEADERS: ReadonlySet<string> = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings"]);
