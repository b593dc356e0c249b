import { readFileSync } from "node:fs";
import http, { type Server } from "node:http";
import express from "express";
import { describe, expect, test } from "vitest";
import { httpsRedirect } from "../src/https.ts";
import * as headguard from "../src/index.ts";

const blocks = [...readFileSync("README.md", "utf8").matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = ""]) => code);

describe("the code of the README", () => {
	test.each(blocks.map((code) => [code.split("\n").find((line) => line !== "" && !line.startsWith("import")) ?? "", code]))("runs: %s", (_first, code) => {
		const servers: Server[] = [];
		const app = express();
		const listen = app.listen.bind(app);
		app.listen = ((..._args: unknown[]) => {
			const server = listen(0, "127.0.0.1");
			servers.push(server);
			return server;
		}) as never;
		const nothing = () => {};
		const res = Object.assign(new http.ServerResponse(new http.IncomingMessage(null as never)), {});
		const headers = headguard.secureHeaders();
		headers(res.req, res);
		const scope = {
			...headguard,
			httpsRedirect,
			app,
			http,
			headers,
			res,
			partners: ["https://partner.example"],
			checkout: nothing,
			embed: nothing,
			logout: nothing,
			partnersOf: () => [],
			pino: () => console,
			logger: console,
		};
		const body = code.replace(/^import .*$/gm, "").replace(/\bconst headers\b/, "headers");
		expect(body).not.toBe("");
		new Function(...Object.keys(scope), body)(...Object.values(scope));
		for (const server of servers) server.close();
	});

	test("is found (control)", () => {
		expect(blocks.length).toBeGreaterThanOrEqual(5);
	});
});
