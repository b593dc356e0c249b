import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server, type Http2Server } from "node:http2";
import { type AddressInfo, connect as connectSocket } from "node:net";
import connect from "connect";
import express5 from "express";
import express4 from "express4";
import express4Oldest from "express4-oldest";

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;
export type AnyApp = ReturnType<typeof express5>;

export interface Stack {
	readonly name: string;
	readonly http2: boolean;
	/** Has `use`. */
	readonly framework: "express" | "connect" | undefined;
	/** The framework module; only where there is one. */
	readonly create: () => AnyApp;
}

const none = (): never => {
	throw new Error("this stack has no framework");
};

export const STACKS: readonly Stack[] = [
	{ name: "express 5", http2: false, framework: "express", create: express5 },
	{ name: "express 4", http2: false, framework: "express", create: express4 },
	{ name: "express 4.16", http2: false, framework: "express", create: express4Oldest },
	{ name: "connect", http2: false, framework: "connect", create: connect as never },
	{ name: "node:http", http2: false, framework: undefined, create: none },
	{ name: "node:http2", http2: true, framework: undefined, create: none },
	{ name: "connect on http2", http2: true, framework: "connect", create: connect as never },
];

export interface Answer {
	readonly status: number;
	/** The reason phrase of HTTP/1. */
	readonly reason: string;
	/** Header lines as they stood on the wire, in order. */
	readonly lines: readonly (readonly [string, string])[];
	readonly body: string;
	get(name: string): readonly string[];
}

export interface Ask {
	readonly method?: string;
	readonly path?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string;
	/** The whole request as bytes, for what no client sends. HTTP/1 only. */
	readonly raw?: string;
}

export interface Running {
	readonly server: Server | Http2Server;
	ask(ask?: Ask): Promise<Answer>;
	/** Every answer that comes back for these bytes. */
	wire(bytes: string): Promise<readonly Answer[]>;
	close(): Promise<void>;
}

/** Listens on a free port. `before` sees the server before it does. */
export async function listen(listener: RequestListener, http2 = false, before: (server: Server | Http2Server) => void = () => {}): Promise<Running> {
	const server = http2 ? createHttp2Server(listener as never) : createHttpServer(listener);
	before(server);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return {
		server,
		ask: (ask = {}) => (http2 ? askHttp2(port, ask) : wire(port, ask.raw ?? serialize(ask)).then((answers) => answers[0] ?? noAnswer())),
		wire: (bytes) => wire(port, bytes),
		async close() {
			server.close();
			if ("closeAllConnections" in server) (server as Server).closeAllConnections();
		},
	};
}

function serialize({ method = "GET", path = "/", headers = {}, body = "" }: Ask): string {
	const fields = { Host: "app.example", Connection: "close", ...(body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) }), ...headers };
	return `${method} ${path} HTTP/1.1\r\n${Object.entries(fields)
		.map(([name, value]) => `${name}: ${value}\r\n`)
		.join("")}\r\n${body}`;
}

async function wire(port: number, bytes: string): Promise<readonly Answer[]> {
	const socket = connectSocket(port, "127.0.0.1");
	const chunks: Buffer[] = [];
	socket.on("data", (chunk) => chunks.push(chunk));
	socket.on("error", () => {});
	socket.setTimeout(5000, () => socket.destroy());
	socket.write(bytes, "latin1");
	await once(socket, "close");
	return parseAnswers(Buffer.concat(chunks).toString("latin1"));
}

/** Splits at status lines; enough for bodies that hold none. */
export function parseAnswers(text: string): readonly Answer[] {
	return text
		.split(/(?=HTTP\/1\.[01] \d{3} )/)
		.filter((part) => part.startsWith("HTTP/1.") && !/^HTTP\/1\.1 1\d\d/.test(part))
		.map((part) => {
			const end = part.indexOf("\r\n\r\n");
			const [first = "", ...fields] = part.slice(0, end).split("\r\n");
			const lines = fields.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()] as const);
			return answer(Number(first.split(" ")[1]), lines, part.slice(end + 4), first.split(" ").slice(2).join(" "));
		});
}

async function askHttp2(port: number, { method = "GET", path = "/", headers = {}, body = "" }: Ask): Promise<Answer> {
	const client = connectHttp2(`http://127.0.0.1:${port}`);
	client.on("error", () => {});
	try {
		const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
		const stream = client.request(
			{
				":method": method,
				":path": path,
				":authority": "app.example",
				...(body === "" ? {} : { "content-length": String(Buffer.byteLength(body)) }),
				...lower,
			},
			{ endStream: body === "" },
		);
		if (body !== "") stream.end(body);
		const [received, , raw] = (await once(stream, "response")) as [Record<string, unknown>, number, string[]?];
		let text = "";
		for await (const chunk of stream.setEncoding("utf8")) text += chunk;
		const lines =
			raw === undefined
				? Object.entries(received).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)] as const))
				: raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : []));
		return answer(Number(received[":status"]), lines, text);
	} finally {
		client.close();
	}
}

function answer(status: number, lines: Answer["lines"], body: string, reason = ""): Answer {
	return { status, reason, lines, body, get: (name) => lines.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value) };
}

function noAnswer(): never {
	throw new Error("the server closed the connection without an answer");
}
