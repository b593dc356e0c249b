import type { RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import connect from "connect";
import express from "express";
import request from "supertest";
import { describe, expect, test } from "vitest";
import { factsOf } from "../src/headers/facts.ts";
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
		// But for what browsers ignore over http on a host that they do not trust.
		const policy = Object.entries(headersOf({}, { secure: false, hstsAllowed: false }))
			.filter(([name]) => factsOf(name)?.secureOnly === false)
			.map(([name, text]) => [name, [text.replaceAll(" 'nonce-NONCE'", "")]]);
		for (const listener of [app(), express().use(httpsRedirect()), connect().use(httpsRedirect() as never)]) {
			const running = await listen(listener as unknown as RequestListener);
			const answer = await running.ask();
			expect(answer.status).toBe(308);
			expect(policy.map(([name]) => [name, answer.get(name as string)])).toEqual(policy);
			expect(answer.get("Strict-Transport-Security")).toEqual([]);
			expect(answer.get("Cross-Origin-Opener-Policy")).toEqual([]);
			expect((await running.ask({ headers: { Host: "localhost" } })).get("Cross-Origin-Opener-Policy")).toEqual(["same-origin"]);
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
		"evil.example:80:80",
		"evil.example::",
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

	test.each([
		["www.example:8443", 'Write "www.example". If https is on this port, write host: "www.example:8443".'],
		["WWW.example:80", 'Write "www.example". If https is on this port, write host: "www.example:80".'],
		["[::1]:8443", 'Write "[::1]". If https is on this port, write host: "[::1]:8443".'],
		["www.example.", 'Write "www.example", without a scheme, path or wildcard.'],
		["www.example.:8443", 'Write "www.example", without a scheme, path or wildcard.'],
		["https://www.example:8443/", 'Write "www.example", without a scheme, path or wildcard.'],
		["www.example/path", 'Write "www.example", without a scheme, path or wildcard.'],
		["*.www.example", 'Write "www.example", without a scheme, path or wildcard.'],
		["bücher.example", 'Write "xn--bcher-kva.example", without a scheme, path or wildcard.'],
		["user@www.example", 'Write "www.example", without a scheme, path or wildcard.'],
		["::1", 'Write "www.example", without a scheme, path or wildcard.'],
		["[fe80::1%eth0]", 'Write "www.example", without a scheme, path or wildcard.'],
		["www.example:99999", 'Write "www.example", without a scheme, path or wildcard.'],
		["www.example\r\nX: y", 'Write "www.example", without a scheme, path or wildcard.'],
		["__proto__", 'Write "www.example", without a scheme, path or wildcard.'],
		["", 'Write "www.example", without a scheme, path or wildcard.'],
		["a".repeat(200_000), 'Write "www.example", without a scheme, path or wildcard.'],
		[undefined, 'Write "www.example", without a scheme, path or wildcard.'],
		[443, 'Write "www.example", without a scheme, path or wildcard.'],
	])("hosts refuses %j, which no request over http names, and says what to write", (host, fix) => {
		expect(() => httpsRedirect({ hosts: ["app.example", host as string] })).toThrow(fix);
		expect(() => httpsRedirect({ hosts: ["app.example", host as string] })).toThrow(/^httpsRedirect\.hosts\[1\]: received /);
	});

	test.each([
		["APP.example", "app.example"],
		["app.example.", "app.example"],
		["app.example.:8080", "app.example"],
		["app.example:", "app.example"],
		["[0:0:0:0:0:0:0:1]:8080", "[::1]"],
		["127.0.0.1:80", "127.0.0.1"],
	])("the Host %s is compared with hosts as %s", async (host, name) => {
		const application = app({ hosts: ["App.Example", "[0::1]", "127.0.0.1"] });
		expect((await get(application, "/x", host)).headers["location"]).toBe(`https://${name}/x`);
		expect((await get(application, "/x", `other.${host}`)).status).toBe(400);
	});

	test.each([
		["www.example:8443", "www.example:8443"],
		["WWW.example:443", "www.example"],
		["[0::1]:8443", "[::1]:8443"],
	])("host: %j redirects to %s", async (host, target) => {
		expect((await get(app({ host }), "/x")).headers["location"]).toBe(`https://${target}/x`);
	});

	test.each(["www.example.", "https://www.example", "bücher.example", "www.example:99999", "*.example", ""])("host: %j is refused", (host) => {
		expect(() => httpsRedirect({ host })).toThrow("not a host name as browsers send it");
	});

	test("HTTP/2 has the host in :authority, and a host header beside it changes nothing", async () => {
		for (const options of [{}, { hosts: ["app.example"] }]) {
			const running = await listen(connect().use(httpsRedirect(options) as never) as unknown as RequestListener, true);
			const answer = await running.ask({ path: "/x" });
			expect([answer.status, answer.get("location")]).toEqual([308, ["https://app.example/x"]]);
			const other = await running.ask({ path: "/x", headers: { ":authority": "app.example:8080", host: "evil.example" } });
			expect([other.status, other.get("location")]).toEqual([308, ["https://app.example/x"]]);
			await running.close();
		}
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

	test.each([
		"/public/..%2fadmin",
		"/public/..%2Fadmin",
		"/public/%2e%2e/admin",
		"/public/%2e%2e%2fadmin",
		"/public/.%2e/admin",
		"/public/../admin",
		"/public/..\\admin",
		"/public/..%5cadmin",
		"/public//../../admin",
		"/public/x/..//../admin",
		"/public/..;/admin",
		"/public/..;x=y/admin",
		"/public/%2e%2e%3b/admin",
		"/public/%00/../../admin",
		"/public/a%00b",
		"/public/%c0%ae%c0%ae/admin",
		"/public/%zz",
		"//public/x",
		"/%70ublic/x",
		"/admin/..;/public/x",
		"/admin/../public/x",
		"/healthz;x",
		"/healthz/",
		"/healthz/.",
		"/x/..%2fhealthz",
		"/p1/..%2f..%2fadmin",
	])("%s is not exempt: what it comes to, or how it is written, is something else", async (path) => {
		for (const headerBlock of ["auto", false] as const) {
			const running = await listen(
				app({ exempt: ["/public/*", "/healthz", /^\/p1/, "/caf%C3%A9"] }, undefined, secureHeaders({ headerBlock })) as unknown as RequestListener,
			);
			expect((await running.ask({ path })).status).toBe(308);
			for (const exempt of [
				"/public/",
				"/public/x?y=..%2f",
				"/public/a%20b",
				"/public/x/../y",
				"/public/a..b/...",
				"/public/a[1]",
				"/public/%25",
				"/healthz?..%2fx",
				"http://app.example/healthz",
				"/p1/x",
				"/caf%C3%A9",
			])
				expect([exempt, (await running.ask({ path: exempt })).status]).toEqual([exempt, 200]);
			await running.close();
		}
	});

	test.each([
		["/a/../b", "/b"],
		["//a/*", "/a/*"],
		["/a;x", "/a"],
		["/a?b", "/a"],
		["/a%2fb*", "/a/b*"],
		["/a\\b", "/a/b"],
		["/café", "/caf%C3%A9"],
		["/a b", "/a%20b"],
		["/%61", "/a"],
	])("the exemption %j could never match, and is refused with %j", (path, fix) => {
		expect(() => httpsRedirect({ exempt: ["/healthz", path] })).toThrow(
			`httpsRedirect.exempt[1]: received ${JSON.stringify(path)}, which exempts no request. Write "${fix}".`,
		);
	});

	test.each(["/a/*/b", "/%zz", "/a\nb", "/%00*", "/\ud800"])("the exemption %j is refused", (path) => {
		expect(() => httpsRedirect({ exempt: [path] })).toThrow("or a RegExp");
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

	test.each([
		["Forwarded", 'host="xproto=https"'],
		["Forwarded", 'for="a;proto=https"'],
		["Forwarded", 'for="a\\";proto=https;x=""'],
		["Forwarded", "xproto=https"],
		["Forwarded", "for=proto=https"],
		["Forwarded", "proto=httpsx"],
		["Forwarded", 'proto="https'],
		["Forwarded", "proto=http, proto=https"],
		["Forwarded", "proto=http;proto=https"],
		["Forwarded", "proto=https;proto=http"],
		["Forwarded", "proto =https"],
		["Forwarded", `for=${" ".repeat(4000)}x;proto=https`],
		["X-Forwarded-Proto", "http, https"],
		["X-Forwarded-Proto", "https-not"],
		["X-Forwarded-Proto", ",https"],
		["X-Forwarded-Ssl", "on, off"],
		["CF-Visitor", '{"x":"\\"scheme\\":\\"https\\""}'],
		["CF-Visitor", '{"x":{"scheme":"https"}}'],
		["CF-Visitor", '"scheme":"https"'],
		["CF-Visitor", "null"],
		["X-ARR-SSL", ""],
	])("%s: %s does not say that the client came over https", async (name, value) => {
		const running = await listen(app() as unknown as RequestListener);
		expect((await running.ask({ headers: { [name]: value } })).status).toBe(308);
		expect((await running.ask({ headers: { [name]: value, "X-Forwarded-Proto": "https" } })).status).toBe(200);
		await running.close();
	});

	test.each([
		["Forwarded", 'proto="https"'],
		["Forwarded", 'proto="ht\\tps"'],
		["Forwarded", "For=[::1]:80;Proto=HTTPS"],
		["Forwarded", 'for="[2001:db8::1]:47011" ; proto=https ; host=a.example:8080'],
		["Forwarded", "for=1.2.3.4, for=10.0.0.1;proto=https"],
		["Forwarded", "proto=https, proto=http"],
		["Forwarded", ";;, proto=https"],
		["X-Forwarded-Proto", "https, http"],
		["X-Forwarded-Proto", " HTTPS ,http"],
		["CF-Visitor", '{ "scheme" : "https" }'],
	])("%s: %s says that the client came over https", async (name, value) => {
		const running = await listen(app() as unknown as RequestListener);
		expect((await running.ask({ headers: { [name]: value } })).status).toBe(200);
		await running.close();
	});

	test("a header that is sent twice is read as one list", async () => {
		const running = await listen(app() as unknown as RequestListener);
		for (const [name, first, second, status] of [
			["Forwarded", "proto=https", "proto=http", 200],
			["Forwarded", "proto=http", "proto=https", 308],
			["X-Forwarded-Proto", "https", "http", 200],
			["X-Forwarded-Proto", "http", "https", 308],
		] as const) {
			const [answer] = await running.wire(`GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n${name}: ${first}\r\n${name}: ${second}\r\n\r\n`);
			expect([name, first, answer?.status]).toEqual([name, first, status]);
		}
		await running.close();
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
