import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer, type Server } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { audit } from "../../src/audit/index.ts";
import { CERTIFICATE } from "../support/certificate.ts";

const closers: (() => void)[] = [];
afterEach(() => {
	for (const close of closers.splice(0)) close();
});

/** The address of a server that speaks HTTP/2 alone. */
async function serve(answer: (req: Http2ServerRequest, res: Http2ServerResponse) => void, more: object = {}): Promise<string> {
	return addressOf(createSecureServer({ ...CERTIFICATE, ...more }, answer));
}

async function addressOf(server: Http2SecureServer | Server): Promise<string> {
	const sessions = new Set<{ destroy(): void }>();
	server.on("session", (session) => sessions.add(session));
	server.on("secureConnection", (socket) => sessions.add(socket));
	server.on("sessionError", () => {});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	closers.push(() => {
		for (const session of sessions) session.destroy();
		server.close();
	});
	return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const OPTIONS = { insecure: true, headers: { Host: "app.example" } } as const;

test("a server that speaks HTTP/2 alone is audited over HTTP/2", async () => {
	const hosts = new Set<string>();
	const url = await serve((req, res) => {
		hosts.add(String(req.headers[":authority"]));
		res.setHeader("X-Frame-Options", "DENY");
		if (req.url === "/") {
			res.setHeader("Content-Type", "text/html");
			res.setHeader("Set-Cookie", ["a=1", "b=2"]);
			res.setHeader("Content-Encoding", "gzip");
			res.end(gzipSync("<!doctype html><title>t</title><script src=/a.js></script>"));
			return;
		}
		res.statusCode = 404;
		res.end("no");
	});
	const { responses, findings } = await audit(url, OPTIONS);
	expect(responses[0]).toMatchObject({ probe: "page", status: 200 });
	expect(responses[0]?.headers).toEqual(expect.arrayContaining([["x-frame-options", "DENY"]]));
	expect(responses[0]?.headers.filter(([name]) => name.toLowerCase() === "set-cookie")).toHaveLength(2);
	expect(responses.map(({ probe }) => probe)).toEqual(expect.arrayContaining(["again", "head", "not-found", "malformed", "foreign", "preflight", "static"]));
	expect([...hosts]).toEqual(["app.example"]);
	// Malformed requests of HTTP/1 are none of it.
	expect(responses.filter(({ probe }) => probe === "refused")).toEqual([]);
	expect(findings.map(({ id }) => id)).not.toContain("site/refused");
});

test("a server that speaks both is audited over HTTP/1", async () => {
	const versions = new Set<string>();
	const url = await serve(
		(req, res) => {
			versions.add(req.httpVersion);
			res.end("x");
		},
		{ allowHTTP1: true },
	);
	await audit(url, { ...OPTIONS, raw: false });
	expect([...versions]).toEqual(["1.1"]);
});

test("redirects are followed over HTTP/2, and not without end", async () => {
	const url = await serve((req, res) => {
		const [, hop = "0"] = /^\/(\d+)$/.exec(String(req.url)) ?? [];
		const isEnd = req.headers["x-end"] === hop;
		res.writeHead(isEnd ? 200 : 302, isEnd ? {} : { location: `/${Number(hop) + 1}` });
		res.end();
	});
	expect((await audit(url, { ...OPTIONS, headers: { "X-End": "2" } })).url).toBe(`${url}2`);
	await expect(audit(url, OPTIONS)).rejects.toThrow(/redirects more than 5 times$/);
});

test("a server that never responds over HTTP/2 is not waited for", async () => {
	const url = await serve(() => {});
	const start = performance.now();
	await expect(audit(url, { ...OPTIONS, timeout: 500 })).rejects.toThrow(/no response in [\d.]+ seconds$/);
	expect(performance.now() - start).toBeLessThan(5000);
});

test("a body that never ends over HTTP/2 is judged as far as it came", async () => {
	const url = await serve((_req, res) => {
		res.setHeader("Content-Type", "text/html");
		res.write("<!doctype html>");
	});
	const { responses } = await audit(url, { ...OPTIONS, timeout: 300, maxTime: 1500 });
	expect(responses[0]).toMatchObject({ probe: "page", status: 200 });
});

test("a body without a limit over HTTP/2 is cut", async () => {
	let sent = 0;
	const url = await serve((_req, res) => {
		const more = (): void => {
			while (!res.destroyed && sent < 100_000_000) {
				sent += 65_536;
				if (!res.write(Buffer.alloc(65_536, "a"))) return void res.once("drain", more);
			}
		};
		res.stream.on("error", () => {});
		more();
	});
	await audit(url, { ...OPTIONS, maxTime: 400 });
	expect(sent).toBeGreaterThan(500_000);
	expect(sent).toBeLessThan(50_000_000);
});

test.each([
	["a stream that is reset", (stream: ServerHttp2Stream) => stream.close(2)],
	["a connection that is closed", (stream: ServerHttp2Stream) => stream.session?.destroy()],
	["a connection that goes away", (stream: ServerHttp2Stream) => stream.session?.goaway(1)],
])("%s is no response", async (_what, end) => {
	const server = createSecureServer(CERTIFICATE);
	server.on("stream", (stream) => {
		stream.on("error", () => {});
		end(stream);
	});
	const url = await addressOf(server);
	await expect(audit(url, { ...OPTIONS, timeout: 2000 })).rejects.toThrow(/^https:\/\/127\.0\.0\.1:\d+: /);
});

test("a server that chooses HTTP/2 and speaks something else gives no response", async () => {
	const url = await addressOf(
		createTlsServer({ ...CERTIFICATE, ALPNProtocols: ["h2"] }, (socket) => void socket.on("error", () => {}).end("garbage ".repeat(100))),
	);
	await expect(audit(url, { ...OPTIONS, timeout: 2000 })).rejects.toThrow(/^https:\/\/127\.0\.0\.1:\d+: /);
});

test("a certificate that nobody signed is refused over HTTP/2 as well", async () => {
	const url = await serve((_req, res) => void res.end("x"));
	await expect(audit(url)).rejects.toThrow(/certificate|self-signed/);
});
