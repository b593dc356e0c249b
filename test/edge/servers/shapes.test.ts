import { createServer, type Server } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../support/edge-servers.ts";
import { fastCgi } from "../../support/fastcgi.ts";
import { linesOf, type Ports, startShape } from "../../support/shape-servers.ts";
import { SHAPES } from "../lint/shapes/index.ts";
import { APP_HEADERS } from "../lint/shapes/shape.ts";

const servers: (Server | NetServer)[] = [];
let ports: Ports;

async function listen<T extends Server | NetServer>(server: T): Promise<number> {
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
	const app = createServer((req, res) => void res.writeHead(req.url?.startsWith("/missing") ? 404 : 200, APP_HEADERS).end("app"));
	const bare = createServer((req, res) => void res.writeHead(req.url?.startsWith("/missing") ? 404 : 200).end("bare"));
	ports = { APP: await listen(app), BARE: await listen(bare), FCGI: await listen(fastCgi(APP_HEADERS)), DEAD: await freePort() };
});
afterAll(() => {
	for (const server of servers) server.close();
});

describe("the real server sends as many lines as the table says", () => {
	test.each(SHAPES.filter(({ notRun }) => notRun === undefined).map((shape) => [`${shape.server}: ${shape.what}`, shape] as const))(
		"%s",
		async (_what, shape) => {
			const server = await startShape(shape, ports);
			try {
				const came: Record<string, number> = {};
				for (const target of Object.keys(shape.sent)) came[target] = (await linesOf(server.port, target, "X-Frame-Options")).lines;
				expect(came).toEqual(shape.sent);
			} finally {
				await server.stop();
			}
		},
	);
});

describe("Caddy, asked for a host that no site has", () => {
	const site = "http://app.example:LISTEN {\n\theader X-Frame-Options DENY\n\trespond ok\n}\n";
	test.each([
		["answers with an empty 200 without headers", site, { status: 200, lines: 0 }],
		["answers with headers where a site is for all hosts", `${site}:LISTEN {\n\theader X-Frame-Options DENY\n\terror 404\n}\n`, { status: 404, lines: 1 }],
	])("%s", async (_what, text, answer) => {
		const server = await startShape({ server: "caddy", text }, ports);
		try {
			expect(await linesOf(server.port, "unknown.example/", "X-Frame-Options")).toEqual(answer);
			expect(await linesOf(server.port, "app.example/", "X-Frame-Options")).toEqual({ status: 200, lines: 1 });
		} finally {
			await server.stop();
		}
	});
});
