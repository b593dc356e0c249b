import { once } from "node:events";
import type { RequestListener, Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test, vi } from "vitest";
import { protectServer, secureHeaders } from "../../src/index.ts";
import { type Answer, listen, parseAnswers } from "../support/stacks.ts";

// A runtime that publishes no start of a request; test/runtimes has the real ones.
vi.mock("node:diagnostics_channel", async (original) => ({ ...(await original<object>()), subscribe: () => {}, unsubscribe: () => {} }));
vi.mock("../../src/response/fast-path/proof.ts", async (original) => ({ ...(await original<object>()), isNode: () => false }));

const LAST = "Connection: close\r\n\r\n";
const UNKNOWN = `GET / HTTP/1.1\r\nHost: app.example\r\nExpect: unknown\r\n${LAST}`;
const CONTINUE = `POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 1\r\nExpect: 100-continue\r\n${LAST}x`;
const refuse =
	(status: number): RequestListener =>
	(_req, res) =>
		void res.writeHead(status).end();

test.each<[string, string, number, ((server: Server) => void)?]>([
	["a request", `GET / HTTP/1.1\r\nHost: app.example\r\n${LAST}`, 200],
	["an unknown Expect", UNKNOWN, 417],
	["an unknown Expect that the application refuses", UNKNOWN, 418, (server) => server.on("checkExpectation", refuse(418))],
	["Expect: 100-continue", CONTINUE, 200],
	["Expect: 100-continue that the application refuses", CONTINUE, 413, (server) => server.on("checkContinue", refuse(413))],
])("%s has the policy, and is answered once", async (_title, bytes, status, configure = () => {}) => {
	for (const isFirst of [true, false]) {
		const answers = await exchange(bytes, (server) => {
			if (isFirst) configure(server);
			protectServer(server, secureHeaders());
			if (!isFirst) configure(server);
		});
		expect(answers.map((answer) => [answer.status, answer.get("X-Frame-Options")])).toEqual([[status, ["DENY"]]]);
		const [bare] = await exchange(bytes, configure);
		expect([bare?.status, bare?.get("X-Frame-Options")], "(control)").toEqual([status, []]);
	}
});

test("nothing is written into an answer that has begun", async () => {
	const running = await listen(
		(_req, res) => void res.write("begun"),
		false,
		(server) => void protectServer(server as Server, secureHeaders()),
	);
	const socket = connect((running.server.address() as AddressInfo).port, "127.0.0.1");
	let text = "";
	socket.on("data", (chunk) => {
		// Only when the answer has begun.
		if (text === "") socket.write("GARBAGE\r\n\r\n");
		text += chunk;
	});
	socket.write("GET / HTTP/1.1\r\nHost: app.example\r\n\r\n");
	await once(socket, "close");
	expect(parseAnswers(text).map(({ status, body }) => [status, body])).toEqual([[200, "5\r\nbegun\r\n"]]);
	await running.close();
});

async function exchange(bytes: string, before: (server: Server) => void): Promise<readonly Answer[]> {
	const running = await listen(
		(_req, res) => void res.end("x"),
		false,
		(server) => before(server as Server),
	);
	const answers = await running.wire(bytes);
	await running.close();
	return answers;
}
