import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import connect from "connect";
import express from "express";
import genuine from "helmet";
import request from "supertest";
import { describe, expect, test } from "vitest";
import helmet from "../src/helmet/index.ts";
import { httpsRedirect } from "../src/https.ts";
import { type HeadguardEvent, protectServer, type SecureHeaders, secureHeaders } from "../src/index.ts";
import { CERTIFICATE } from "./support/certificate.ts";
import { exceptUntyped } from "./support/events.ts";
import { type AnyApp, listen, type Running, STACKS } from "./support/stacks.ts";

const HSTS = "strict-transport-security";
const DEFAULT = "max-age=31536000; includeSubDomains";

type Handler = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/** Handlers one after the other, as a framework would call them. */
const inOrder =
	(handlers: readonly Handler[]): RequestListener =>
	(req, res) => {
		const run = (i: number): void => handlers[i]?.(req, res, () => run(i + 1));
		run(0);
	};

const page: Handler = (_req, res) => void res.end("page");

/** Each status that the redirect answers with, an exempt page, and one that a proxy claims to be https. */
const ASKED = [
	["a redirect", { path: "/x" }, 308],
	["a refused body", { method: "POST", path: "/x", body: "x" }, 403],
	["an exempt path", { path: "/healthz" }, 200],
] as const;

const hstsOf = async (running: Running) => {
	const results: unknown[] = [];
	for (const [what, ask] of ASKED) {
		const answer = await running.ask(ask);
		results.push([what, answer.status, answer.get(HSTS), answer.get("x-content-type-options")]);
	}
	return results;
};
const without = ASKED.map(([what, , status]) => [what, status, [], ["nosniff"]]);

describe.each(STACKS)("HSTS on $name", ({ framework, create, http2 }) => {
	const app = (handlers: readonly Handler[]): RequestListener => {
		if (framework === undefined) return inOrder(handlers);
		const application: AnyApp = create();
		for (const handler of handlers) application.use(handler as never);
		return application as never;
	};

	test.each([
		["auto", "behind"],
		[false, "behind"],
		["auto", "before"],
		[false, "before"],
	] as const)("is not sent over plain http, with headerBlock %j and the redirect %s the policy", async (headerBlock, order) => {
		const events: HeadguardEvent[] = [];
		const headers = secureHeaders({ headerBlock, onEvent: exceptUntyped((event) => events.push(event)) });
		const redirect = httpsRedirect({ exempt: ["/healthz"], hosts: ["app.example"] }) as Handler;
		const running = await listen(app(order === "behind" ? [headers as Handler, redirect, page] : [redirect, headers as Handler, page]), http2);
		expect(await hstsOf(running)).toEqual(without);
		const unknown = await running.ask({ headers: http2 ? { ":authority": "other.example" } : { Host: "other.example" } });
		expect([unknown.status, unknown.get(HSTS), unknown.get("x-content-type-options")]).toEqual([400, [], ["nosniff"]]);
		// The positive control: where the connection is not known to be plain, HSTS is there.
		const claimed = await running.ask({ headers: { "X-Forwarded-Ssl": "on" } });
		expect([claimed.status, claimed.get(HSTS)]).toEqual([200, [DEFAULT]]);
		expect(events.filter(({ code }) => !code.startsWith("redirect/"))).toEqual([]);
		await running.close();
	});

	test("is not sent over plain http by a policy that a route extends, nor by the server guard", async () => {
		const headers = secureHeaders();
		const extended = headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } });
		const later = headers.extend(async () => ({ referrerPolicy: "no-referrer" }));
		const redirect = httpsRedirect({ exempt: ["/healthz"] }) as Handler;
		for (const handlers of [
			[headers, redirect, extended, page],
			[headers, extended, redirect, later, page],
			[redirect, headers, later, page],
		] as const) {
			const running = await listen(app(handlers as unknown as readonly Handler[]), http2, (server) => void protectServer(server, headers));
			expect(await hstsOf(running)).toEqual(without);
			await running.close();
		}
	});

	test("is taken off the redirect where the application set it itself", async () => {
		const own: Handler = (_req, res, next) => {
			res.setHeader("Strict-Transport-Security", "max-age=1");
			next();
		};
		for (const first of [[own, secureHeaders()], [secureHeaders(), own], [own]] as const) {
			const running = await listen(app([...first, httpsRedirect(), page] as readonly Handler[]), http2);
			expect((await running.ask()).get(HSTS)).toEqual([]);
			await running.close();
			const quiet = await listen(app([...first, page] as readonly Handler[]), http2);
			expect((await quiet.ask()).get(HSTS)).toHaveLength(1);
			await quiet.close();
		}
	});
});

test("the option secure does not bring HSTS back to a response over plain http", async () => {
	for (const secure of [true, () => true]) {
		const running = await listen(
			express().use(secureHeaders({ secure }), httpsRedirect({ exempt: ["/healthz"] }), page as never) as unknown as RequestListener,
		);
		expect(await hstsOf(running)).toEqual(without);
		await running.close();
	}
});

test.each([
	["helmet", genuine],
	["headguard/helmet", helmet],
])("%s before the redirect: HSTS is taken off the redirect, and the rest of its headers stays", async (_name, make) => {
	for (const framework of [express, connect]) {
		const running = await listen(
			framework()
				.use(make() as never)
				.use(httpsRedirect() as never) as unknown as RequestListener,
		);
		const answer = await running.ask();
		expect([answer.status, answer.get(HSTS), answer.get("x-content-type-options")]).toEqual([308, [], ["nosniff"]]);
		await running.close();
	}
});

test("over https every response has HSTS", async () => {
	const listener = express().use(secureHeaders() as SecureHeaders, httpsRedirect({ exempt: ["/healthz"] }), page as never);
	const server = createHttpsServer(CERTIFICATE, listener as unknown as RequestListener).listen(0);
	for (const path of ["/x", "/healthz"]) {
		const answer = await request(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)
			.get(path)
			.set("Host", "app.example")
			.disableTLSCerts();
		expect([answer.status, answer.headers[HSTS]]).toEqual([200, DEFAULT]);
	}
	server.close();
});

test("behind a proxy that says https, and that the application trusts, every response has HSTS", async () => {
	const application = express()
		.set("trust proxy", true)
		.use(secureHeaders(), httpsRedirect(), page as never);
	const answer = await request(application).get("/").set("Host", "app.example").set("X-Forwarded-Proto", "https");
	expect([answer.status, answer.headers[HSTS]]).toEqual([200, DEFAULT]);
});
