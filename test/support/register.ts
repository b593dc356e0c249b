import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectSocket } from "node:net";
import { connect as connectTls } from "node:tls";
import { parseAnswers } from "./stacks.ts";

interface Answered {
	readonly status: number;
	/** By names in lower case. */
	readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The answer of another process to a request, or to these bytes. */
export async function askHttp1(port: number, path: string, bytes?: string, isTls = false): Promise<Answered> {
	const socket = isTls ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }) : connectSocket(port, "127.0.0.1");
	const chunks: Buffer[] = [];
	socket.on("data", (chunk) => chunks.push(chunk));
	socket.on("error", () => {});
	socket.write(bytes ?? `GET ${path} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n`);
	await once(socket, "close");
	const [answer] = parseAnswers(Buffer.concat(chunks).toString("latin1"));
	if (answer === undefined) throw new Error("there was no answer");
	return { status: answer.status, headers: Object.fromEntries(answer.lines.map(([name, value]) => [name.toLowerCase(), value])) };
}

/** The headers of the answer over HTTP/2. */
export async function askHttp2(origin: string): Promise<Answered["headers"]> {
	const client = connectHttp2(origin, { rejectUnauthorized: false });
	client.on("error", () => {});
	try {
		const stream = client.request({ ":path": "/", ":authority": "app.example" });
		const [headers] = (await once(stream, "response")) as [Answered["headers"]];
		return headers;
	} finally {
		// After close(), the socket stays for a while without a listener for errors. The other process may end before that.
		client.destroy();
	}
}
