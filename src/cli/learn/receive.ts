import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** Receives the reports that no page can tell, such as those of workers. */
export interface Receiver {
	/** Where browsers send the reports. Only they know it. */
	readonly url: string;
	close(): void;
}

const LARGEST = 512 * 1024;

/** @param onReport called with the body of each report, which anyone on this machine could send. */
export async function receiveReports(onReport: (payload: unknown) => void): Promise<Receiver> {
	const path = `/${randomBytes(12).toString("hex")}`;
	const server = createServer((req, res) => {
		if (req.url !== path || req.method !== "POST") return void res.writeHead(404).end();
		read(req).then(
			(payload) => {
				if (payload !== undefined) onReport(payload);
				res.writeHead(204).end();
			},
			() => res.destroy(),
		);
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", resolve);
	});
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}${path}`,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}

async function read(req: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of req as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > LARGEST) return undefined;
		chunks.push(chunk);
	}
	try {
		return JSON.parse(Buffer.concat(chunks).toString("utf8"));
	} catch {
		return undefined;
	}
}
