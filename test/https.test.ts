import type { RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import connect from "connect";
import express from "express";
import request from "supertest";
import { describe, expect, test } from "vitest";
import { type HttpsRedirectOptions, httpsRedirect } from "../src/https.ts";
import { type HeadguardEvent, PolicyError, secureHeaders } from "../src/index.ts";
import { CERTIFICATE } from "./support/certificate.ts";
import { headersOf } from "./support/policy.ts";
import { listen } from "./support/stacks.ts";

const app = (options?: HttpsRedirectOptions, trust?: unknown, headers = secureHeaders()) => {
	const application = express();
	if (trust !== undefined) application.set("trust proxy", trust);
	application.use(headers);
	application.use(httpsRedirect(options));
	application.use((_req, res) => void res.send("passed"));
	return application;
};
const get = (application: express.Express, path = "/", host = "app.example") => request(application).get(path).set("Host", host).redirects(0);

describe("httpsRedirect", () => {
	test.each([
		["/a/b?c=d", "https://app.example/a/b?c=d"],
		["/", "https://app.example/"],
		["//evil.example/x", "https://app.example/evil.example/x"],
		["/\\evil.example", "https://app.example/evil.example"],
		["/a//b", "https://app.example/a//b"],
		["/%0d%0aX:%20y", "https://app.example/%0d%0aX:%20y"],
	])("sends %s to %s with 308, uncached", async (path, location) => {
		const running = await listen(app() as unknown as RequestListener);
		const answer = await running.ask({ path });
		expect(answer.status).toBe(308);
		expect(answer.get("Location")).toEqual([location]);
		expect(answer.get("Cache-Control")).toEqual(["no-store"]);
		await running.close();
	});

	test("an absolute request target is reduced to its path", async () => {
		const running = await listen(app() as unknown as RequestListener);
		const answer = await running.ask({ path: "http://evil.example/x?y" });
		expect(answer.get("Location")).toEqual(["https://app.example/x?y"]);
		await running.close();
	});

	test("permanent: false gives 307; HEAD is redirected like GET", async () => {
		expect((await get(app({ permanent: false }))).status).toBe(307);
		expect((await request(app()).head("/").set("Host", "app.example").redirects(0)).status).toBe(308);
	});

	test.each(["post", "put", "patch", "delete", "options"] as const)("%s is refused: its body has crossed the network in clear", async (method) => {
		const response = await request(app())[method]("/").set("Host", "app.example").redirects(0);
		expect([response.status, response.headers["location"], response.headers["cache-control"]]).toEqual([403, undefined, "no-store"]);
	});

	test("the answer carries the whole policy, also without the middleware before it", async () => {
		const policy = Object.entries(headersOf({}, { secure: false })).map(([name, text]) => [name, [text.replaceAll(" 'nonce-NONCE'", "")]]);
		for (const listener of [app(), express().use(httpsRedirect()), connect().use(httpsRedirect() as never)]) {
			const running = await listen(listener as unknown as RequestListener);
			const answer = await running.ask();
			expect(answer.status).toBe(308);
			expect(policy.map(([name]) => [name, answer.get(name as string)])).toEqual(policy);
			await running.close();
		}
		const own = express().use(httpsRedirect({ headers: secureHeaders({ referrerPolicy: "no-referrer" }) }));
		expect((await get(own)).headers["referrer-policy"]).toBe("no-referrer");
	});

	test("a fixed host wins over that of the request, port and all", async () => {
		expect((await get(app({ host: "www.example:8443" }), "/x", "evil.example")).headers["location"]).toBe("https://www.example:8443/x");
	});

	test("the port of the request, which is that of http, is dropped", async () => {
		expect((await get(app(), "/", "app.example:8080")).headers["location"]).toBe("https://app.example/");
		expect((await get(app(), "/", "[::1]:8080")).headers["location"]).toBe("https://[::1]/");
	});

	test.each(["evil.example", "app.example.evil.example"])("an allow-list refuses %s with 400", async (host) => {
		expect((await get(app({ hosts: ["app.example"] }), "/", host)).status).toBe(400);
		expect((await get(app({ hosts: ["app.example"] }), "/", "APP.example:80")).headers["location"]).toBe("https://app.example/");
	});

	test.each([
		"evil.example/path",
		"user@evil.example",
		"evil.example?x",
		"a b",
		"a_b.example",
		"",
		"evil.example:x",
		"-a.example",
		"a..b",
		"ü.example",
		"[::1",
		"evil.example\\@x",
	])("the hostile Host %j is refused with 400", async (host) => {
		const running = await listen(app() as unknown as RequestListener);
		const answer = await running.ask({ headers: { Host: host } });
		expect([answer.status, answer.get("Location")]).toEqual([400, []]);
		await running.close();
	});

	test("X-Forwarded-Host is never a target", async () => {
		expect((await get(app(undefined, true)).set("X-Forwarded-Host", "evil.example")).headers["location"]).toBe("https://app.example/");
	});

	test("exemptions pass: exact, prefix, pattern, function; one that throws exempts nothing", async () => {
		const options: HttpsRedirectOptions = {
			exempt: [
				"/healthz",
				"/.well-known/acme-challenge/*",
				/^\/p\d+$/g,
				(req) => req.headers["x-probe"] === "1",
				() => {
					throw new Error("x");
				},
			],
		};
		const application = app(options);
		for (const path of ["/healthz", "/healthz?x", "/.well-known/acme-challenge/token", "/p1", "/p1", "/p22"])
			expect([path, (await get(application, path)).status]).toEqual([path, 200]);
		for (const path of ["/healthz/x", "/healthzz", "/.well-known/", "/px"]) expect([path, (await get(application, path)).status]).toEqual([path, 308]);
		expect((await get(application).set("X-Probe", "1")).status).toBe(200);
	});

	test("https passes: a TLS socket, a trusted proxy, isSecure", async () => {
		const server = createHttpsServer(CERTIFICATE, app() as unknown as RequestListener).listen(0);
		expect(
			(
				await request(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)
					.get("/")
					.disableTLSCerts()
			).text,
		).toBe("passed");
		server.close();
		expect((await get(app(undefined, "loopback")).set("X-Forwarded-Proto", "https")).text).toBe("passed");
		expect((await get(app(undefined, "loopback")).set("X-Forwarded-Proto", "http")).status).toBe(308);
		expect((await get(app({ isSecure: (req) => req.headers["x-tls"] === "on" })).set("X-Tls", "on")).text).toBe("passed");
		expect(
			(
				await get(
					app({
						isSecure: () => {
							throw new Error("x");
						},
					}),
				)
			).status,
		).toBe(308);
	});

	test.each([
		["X-Forwarded-Proto", "https"],
		["Forwarded", "for=1.2.3.4;proto=https"],
		["X-Forwarded-Ssl", "on"],
		["CF-Visitor", '{"scheme":"https"}'],
		["X-ARR-SSL", "2048|256|x"],
	])("an untrusted %s that says https is not redirected, which would loop, but is an event", async (name, value) => {
		const events: HeadguardEvent[] = [];
		const application = app(undefined, undefined, secureHeaders({ secure: false, onEvent: (event) => events.push(event) }));
		expect((await get(application, "/x?secret").set(name, value)).text).toBe("passed");
		expect(events.map(({ code, path }) => [code, path])).toEqual([["redirect/loop", "/x"]]);
	});

	test("a TLS socket is https whatever isSecure says, and a trusted proxy may say it in its own way", async () => {
		const server = createHttpsServer(CERTIFICATE, app({ isSecure: () => false }) as unknown as RequestListener).listen(0);
		expect(
			(
				await request(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)
					.get("/")
					.disableTLSCerts()
			).text,
		).toBe("passed");
		server.close();
		for (const [name, value] of [
			["X-Forwarded-Proto", "HTTPS"],
			["X-Forwarded-Ssl", "on"],
			["Forwarded", "proto=https"],
		] as const) {
			expect((await get(app(undefined, "loopback")).set(name, value)).text).toBe("passed");
		}
		expect((await get(app(undefined, "loopback"))).status).toBe(308);
	});

	test("asynchronous functions are refused, and one that hides it redirects and breaks nothing", async () => {
		expect(() => httpsRedirect({ isSecure: (async () => true) as never, exempt: [(async () => true) as never] })).toThrow("2 problems");
		const sly = (() => Promise.reject(new Error("x"))) as never;
		expect((await get(app({ isSecure: sly, exempt: [sly] }))).status).toBe(308);
	});

	test("bad options are refused, all at once", () => {
		try {
			httpsRedirect({ host: "https://x", hosts: [], permanent: "yes", exempt: ["healthz", 5], isSecure: true, headers: {}, hots: 1 } as never);
			expect.unreachable();
		} catch (error) {
			expect(error instanceof PolicyError && error.issues.map(({ path, code }) => `${path} ${code}`)).toEqual([
				"httpsRedirect.hots option/unknown",
				"httpsRedirect.host option/type",
				"httpsRedirect.hosts option/type",
				"httpsRedirect.permanent option/type",
				"httpsRedirect.exempt[0] option/type",
				"httpsRedirect.exempt[1] option/type",
				"httpsRedirect.isSecure option/type",
				"httpsRedirect.headers usage/no-policy",
			]);
		}
	});
});
