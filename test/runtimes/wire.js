/** A server on a free port of this machine, and a client that sees each line of an answer as it was sent. */
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";

export async function listen(listener, before = () => {}) {
	const server = createServer(listener);
	before(server);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address();
	return {
		server,
		ask: (ask = {}) => askAt(port, ask),
		/** Every answer that comes back for these bytes. */
		askAll: async (bytes) => (await exchange(port, [bytes])).split(/(?=HTTP\/1\.1 \d{3} )/).map(parse),
		close() {
			server.close();
			server.closeAllConnections();
		},
	};
}

/** The answer of a server on this machine. */
export async function askAt(port, ask) {
	return parse(await exchange(port, [ask.raw ?? serialize(ask)].flat()));
}

function serialize({ method = "GET", path = "/", headers = {} }) {
	const fields = Object.entries({ Host: "app.example", Connection: "close", ...headers });
	return `${method} ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** What comes back until the server closes the connection. Parts are sent one after another. */
function exchange(port, parts) {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1");
		const chunks = [];
		const timer = setTimeout(() => {
			socket.destroy();
			reject(new Error(`no end of the answer in 5 seconds; so far ${JSON.stringify(Buffer.concat(chunks).toString("latin1"))}`));
		}, 5000);
		socket.on("connect", () => {
			for (const [i, part] of parts.entries()) setTimeout(() => socket.write(part, "latin1"), i * 50);
		});
		socket.on("data", (chunk) => chunks.push(chunk));
		socket.on("error", () => {});
		socket.on("close", () => {
			clearTimeout(timer);
			resolve(Buffer.concat(chunks).toString("latin1"));
		});
	});
}

function parse(text) {
	const end = text.indexOf("\r\n\r\n");
	if (end < 0) throw new Error(`no answer but ${JSON.stringify(text)}`);
	const [first, ...fields] = text.slice(0, end).split("\r\n");
	const lines = fields.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
	return {
		status: Number(first.split(" ")[1]),
		lines,
		body: text.slice(end + 4),
		get: (name) => lines.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value),
	};
}
