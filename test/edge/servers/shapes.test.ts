import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";
import express from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lintEdge } from "../../../src/edge/lint/index.ts";
import { HEADER_FACTS } from "../../../src/headers/facts.ts";
import { secureHeaders } from "../../../src/index.ts";
import { compiledFrom } from "../../../src/policy/compile.ts";
import { fastCgi } from "../../support/fastcgi.ts";
import { freePort } from "../../support/free-port.ts";
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

describe("a header that the policy leaves to the edge, and error pages of Express have", () => {
	const site = (line: string): string =>
		`server {\n\tlisten 127.0.0.1:LISTEN;\n\tadd_header Content-Security-Policy "default-src 'self'" always;\n\t${line}\n\tlocation / { proxy_pass http://127.0.0.1:APP; }\n}\n`;

	test.each([
		["is sent twice on a 404", "", 2, ["edge/framework-errors 5"]],
		["is sent once where the edge removes it", "proxy_hide_header Content-Security-Policy;", 1, []],
	])("%s", async (_what, line, lines, findings) => {
		const policy = compiledFrom({ owner: { contentSecurityPolicy: "edge" } }).policy;
		const sent = new Set(HEADER_FACTS.filter(({ key }) => policy.models.has(key) && !policy.edge.includes(key)).map(({ lowerName }) => lowerName));
		const found = lintEdge("nginx", site(line), "file", () => undefined, new Map(), sent);
		expect(found.map(({ id, line: at }) => `${id} ${at}`)).toEqual(findings);
		const app = express();
		app.set("env", "test");
		app.use(secureHeaders({ owner: { contentSecurityPolicy: "edge" } }) as never);
		app.get("/", (_req, res) => void res.send("page"));
		const server = await startShape({ server: "nginx", text: site(line) }, { ...ports, APP: await listen(createServer(app as unknown as RequestListener)) });
		try {
			expect(await linesOf(server.port, "/", "Content-Security-Policy")).toEqual({ status: 200, lines: 1 });
			expect(await linesOf(server.port, "/missing", "Content-Security-Policy")).toEqual({ status: 404, lines });
		} finally {
			await server.stop();
		}
	});
});
