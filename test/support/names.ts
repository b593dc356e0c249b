import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** What stands for the internet: a proxy that answers for the names in its list, and refuses all others. */
export interface Names {
	/** Its port. */
	readonly proxy: number;
	readonly servers: Readonly<Record<string, number>>;
	/** `name:port` of each request so far. */
	readonly asked: readonly string[];
	close(): void;
}

/** @param servers The port on this machine for each `name:port` that answers. */
export async function serveNames(servers: Readonly<Record<string, number>> = {}): Promise<Names> {
	const asked: string[] = [];
	const serverOf = (name: string): number | undefined => {
		asked.push(name);
		return servers[name];
	};
	const proxy = createServer((req, res) => {
		// A request to a proxy has the whole address.
		const { hostname, port, pathname, search } = new URL(req.url ?? "");
		const to = serverOf(`${hostname}:${port === "" ? 80 : port}`);
		if (to === undefined) return res.writeHead(502).end();
		const passed = request({ port: to, path: pathname + search, method: req.method, headers: req.headers }, (answer) => {
			res.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(res);
		});
		return req.pipe(passed.on("error", () => res.destroy()));
	});
	proxy.on("connect", (req, socket) => {
		const to = serverOf(req.url ?? "");
		socket.on("error", () => {});
		if (to === undefined) return socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
		const other = connect(to, "127.0.0.1", () => {
			socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
			other.pipe(socket).pipe(other);
		}).on("error", () => socket.destroy());
		return socket.on("close", () => other.destroy());
	});
	proxy.listen(0, "127.0.0.1");
	await once(proxy, "listening");
	return {
		proxy: (proxy.address() as AddressInfo).port,
		servers,
		asked,
		close: () => void proxy.close(),
	};
}
