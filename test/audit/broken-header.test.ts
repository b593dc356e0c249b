import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { audit } from "../../src/audit/index.ts";

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});

async function serve(head: string): Promise<string> {
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${head}\r\nConnection: close\r\n\r\nok`));
	});
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test.each([
	["a line break as nginx sends it", "Content-Security-Policy: default-src 'self';\n\tobject-src 'none'", "Content-Security-Policy"],
	["a line break without a space after it", "X-A: 1\r\nContent-Security-Policy: default-src 'self';\nobject-src 'none'\r\nX-B: 1", "Content-Security-Policy"],
	["the first half of a line break", "Referrer-Policy: no-referrer\r same-origin", "Referrer-Policy"],
	["a control byte", "X-A: 1\r\nPermissions-Policy: camera=()\u0000", "Permissions-Policy"],
])("%s: the audit names the header", async (_what, head, name) => {
	await expect(audit(await serve(head))).rejects.toThrow(
		`${name} has a character that no header can contain, such as a line break. Browsers refuse the response over HTTP/2`,
	);
});

test.each([
	["a name that is none", "Bad Name: 1", /Invalid header token/],
	["two ways to end a body", "Transfer-Encoding: chunked", /Transfer-Encoding can't be present with Content-Length|Content-Length can't be present/],
])("%s: no header is blamed", async (_what, head, message) => {
	const failure = audit(await serve(head));
	await expect(failure).rejects.toThrow(message);
	await expect(failure).rejects.not.toThrow("has a character");
});

test("a header that is in order is judged", async () => {
	expect((await audit(await serve("X-Content-Type-Options: nosniff"))).findings.map(({ id }) => id)).not.toContain("xcto/missing");
});
