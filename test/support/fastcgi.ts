import { createServer, type Server } from "node:net";

const [STDIN, STDOUT, END] = [5, 6, 3];

/** An application that speaks FastCGI: the same answer to each request, and a 404 for paths that end in /missing. */
export function fastCgi(headers: Readonly<Record<string, string>>): Server {
	return createServer((socket) => {
		let read = Buffer.alloc(0);
		let asked = "";
		socket.on("error", () => {});
		socket.on("data", (chunk) => {
			read = Buffer.concat([read, chunk]);
			while (read.length >= 8 && read.length >= 8 + read.readUInt16BE(4) + (read[6] ?? 0)) {
				const [type, id, length] = [read[1], read.readUInt16BE(2), read.readUInt16BE(4)];
				const content = read.subarray(8, 8 + length);
				read = read.subarray(8 + length + (read[6] ?? 0));
				asked += content.toString("latin1");
				if (type !== STDIN || length > 0) continue;
				const status = asked.includes("/missing") ? "Status: 404 Not Found\r\n" : "";
				const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
				socket.write(record(STDOUT, id, `${status}Content-Type: text/plain\r\n${lines.join("")}\r\nfastcgi`));
				socket.write(record(STDOUT, id, ""));
				socket.end(record(END, id, "\0\0\0\0\0\0\0\0"));
			}
		});
	});
}

function record(type: number, id: number, content: string): Buffer {
	const head = Buffer.from([1, type, id >> 8, id & 255, content.length >> 8, content.length & 255, 0, 0]);
	return Buffer.concat([head, Buffer.from(content, "latin1")]);
}
