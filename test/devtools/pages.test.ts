import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { devtools } from "../../src/devtools/index.ts";
import { secureHeaders } from "../../src/index.ts";

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

interface Answer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
}

interface Ask {
	readonly method?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string;
}

/** Starts an app with devtools. `peer` pretends that requests come from another address. */
async function start(options: { readonly peer?: string; readonly path?: string } = {}): Promise<(path: string, ask?: Ask) => Promise<Answer>> {
	const headers = secureHeaders({ contentSecurityPolicyReportOnly: { directives: { defaultSrc: ["'none'"] } } });
	const app = express();
	const { peer } = options;
	if (peer !== undefined)
		app.use((req, _res, next) => {
			Object.defineProperty(req.socket, "remoteAddress", { value: peer, configurable: true });
			next();
		});
	app.use(headers as never);
	app.use(devtools(headers, { terminal: false, ...(options.path === undefined ? {} : { path: options.path }) }) as never);
	app.get("/", (_req, res) => void res.send("home"));
	const server = createServer(app as never);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	servers.push(server);
	const { port } = server.address() as AddressInfo;
	return (path, { method = "GET", headers: given = {}, body: sentBody } = {}) =>
		new Promise((resolve, reject) => {
			const sent = request({ host: "127.0.0.1", port, path, method, headers: { host: `localhost:${port}`, ...given } }, (res) => {
				let body = "";
				res.setEncoding("utf8");
				const done = (): void => resolve({ status: res.statusCode ?? 0, headers: res.headers, body });
				res.on("data", (chunk: string) => {
					body += chunk;
					// A stream of events does not end.
					if (res.headers["content-type"]?.startsWith("text/event-stream") === true && body.includes("event: hello")) done();
				});
				res.on("end", done);
			});
			sent.on("error", reject);
			sent.end(sentBody);
		});
}

const BASE = "/__headguard";
const FILES = [
	"",
	"/",
	"/page.js",
	"/dom.js",
	"/findings.js",
	"/policies.js",
	"/missed.js",
	"/diff.js",
	"/tabs.js",
	"/audit.js",
	"/page.css",
	"/icon.svg",
	"/state.json",
	"/routes.json",
];
const ALL = [...FILES, "/live", "/audit.html", "/audit", "/reports", "/seen", "/probe.js", "/absent"];

const POLICY =
	"default-src 'none'; base-uri 'none'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; frame-src 'self'; img-src 'self'; require-trusted-types-for 'script'; script-src 'self'; style-src 'self'";

describe("which requests devtools answers", () => {
	test.each(["localhost", "localhost:3000", "127.0.0.1", "127.9.8.7:80", "[::1]:3000", "app.localhost:8080", "LOCALHOST"])("Host %s", async (host) => {
		const ask = await start();
		expect((await ask(BASE, { headers: { host } })).status).toBe(200);
	});

	test.each([
		"evil.example",
		"evil.example:3000",
		"localhost.evil.example",
		"127.0.0.1.evil.example",
		"localhost@evil.example",
		"evil.example@localhost",
		"10.0.0.1",
		"192.168.1.2:3000",
		"0.0.0.0",
		"[fe80::1]",
		"a b",
	])("no path of it, for Host %j: a foreign name can point to this machine", async (host) => {
		const ask = await start();
		for (const path of ALL) expect((await ask(BASE + path, { headers: { host } })).status, path).toBe(403);
		expect((await ask("/", { headers: { host } })).body, "the application answers (control)").toBe("home");
	});

	test.each(["10.0.0.7", "192.168.1.2", "::ffff:10.0.0.7", "fe80::1", "2001:db8::1"])("no path of it, for the peer %s", async (peer) => {
		const ask = await start({ peer });
		for (const path of ALL) expect((await ask(BASE + path)).status, path).toBe(403);
		expect((await ask("/")).body, "the application answers (control)").toBe("home");
	});

	test.each(["::1", "::ffff:127.0.0.1", "127.0.0.1"])("the peer %s", async (peer) => {
		const ask = await start({ peer });
		expect((await ask(BASE)).status).toBe(200);
	});

	test.each(["cross-site", "same-site", "nonsense"])("no page for Sec-Fetch-Site: %s", async (site) => {
		const ask = await start();
		for (const path of [...FILES, "/live", "/audit.html", "/audit", "/absent"])
			expect((await ask(BASE + path, { headers: { "sec-fetch-site": site } })).status, path).toBe(403);
	});

	test.each(["same-origin", "none"])("the page for Sec-Fetch-Site: %s", async (site) => {
		const ask = await start();
		for (const path of [...FILES, "/live"]) expect((await ask(BASE + path, { headers: { "sec-fetch-site": site } })).status, path).toBe(200);
	});
});

describe("every answer", () => {
	test("has the policy of devtools and none of the application's, and allows no other origin to read it", async () => {
		const ask = await start();
		for (const path of ALL.filter((one) => one !== "/audit.html")) {
			const { headers } = await ask(BASE + path, { headers: { origin: "https://evil.example" } });
			expect(headers["content-security-policy"], path).toBe(POLICY);
			expect(headers["content-security-policy-report-only"], path).toBeUndefined();
			expect(headers["x-content-type-options"], path).toBe("nosniff");
			expect(headers["cross-origin-resource-policy"], path).toBe("same-origin");
			expect(headers["cross-origin-opener-policy"], path).toBe("same-origin");
			expect(
				Object.keys(headers).filter((name) => name.startsWith("access-control-")),
				path,
			).toEqual([]);
		}
		const app = await ask("/");
		expect(app.headers["content-security-policy-report-only"], "the application has its own (control)").toMatch(/^default-src 'none'/);
	});

	test("a refusal has the policy as well", async () => {
		const ask = await start();
		const refused = [
			await ask(BASE, { headers: { host: "evil.example" } }),
			await ask(BASE, { headers: { "sec-fetch-site": "cross-site" } }),
			await ask(`${BASE}/audit`, { method: "POST" }),
		];
		for (const { status, headers } of refused)
			expect([status, headers["content-security-policy"], headers["cache-control"]]).toEqual([403, POLICY, "no-store"]);
	});

	test("of the page and its files is not stored, and has its type", async () => {
		const ask = await start();
		const types = await Promise.all(["", "/page.js", "/page.css", "/icon.svg", "/state.json", "/live"].map((path) => ask(BASE + path)));
		expect(types.map(({ headers }) => headers["content-type"])).toEqual([
			"text/html; charset=utf-8",
			"text/javascript; charset=utf-8",
			"text/css; charset=utf-8",
			"image/svg+xml; charset=utf-8",
			"application/json; charset=utf-8",
			"text/event-stream; charset=utf-8",
		]);
		expect(types.map(({ headers }) => headers["cache-control"])).toEqual([
			"no-store",
			"no-store",
			"no-store",
			"no-store",
			"no-store",
			"no-store, no-transform",
		]);
	});
});

test("reports are read, but the preflight of another site is refused", async () => {
	const ask = await start();
	const report = {
		"csp-report": { "document-uri": "http://localhost/", "effective-directive": "img-src", "blocked-uri": "https://img.example/a.png", disposition: "enforce" },
	};
	const post = (origin: string): Promise<Answer> =>
		ask(`${BASE}/reports`, { method: "POST", headers: { origin, "content-type": "application/csp-report" }, body: JSON.stringify(report) });
	const { status, headers } = await post("https://evil.example");
	expect([status, headers["access-control-allow-origin"]]).toEqual([204, undefined]);
	const { findings } = JSON.parse((await ask(`${BASE}/state.json`)).body) as {
		readonly findings: readonly { readonly title: string; readonly count: number }[];
	};
	expect(findings.map(({ title, count }) => [title, count])).toContainEqual(["the image https://img.example/a.png", 1]);
	for (const path of ["/reports", "/seen"]) {
		const preflight = await ask(BASE + path, {
			method: "OPTIONS",
			headers: { origin: "https://evil.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
		});
		expect([path, preflight.status, preflight.headers["allow"], preflight.headers["access-control-allow-origin"]]).toEqual([path, 405, "POST", undefined]);
	}
});

test("a path that there is not is 404, and another method is 405 with what is allowed", async () => {
	const ask = await start();
	expect((await ask(`${BASE}/absent`)).status).toBe(404);
	expect((await ask(`${BASE}/__proto__`)).status).toBe(404);
	expect((await ask(`${BASE}/page.js/`)).status).toBe(404);
	expect((await ask(`${BASE}/audit.html`)).status, "before an audit").toBe(404);
	for (const [path, method, allow] of [
		["", "POST", "GET, HEAD"],
		["/state.json", "DELETE", "GET, HEAD"],
		["/audit", "GET", "POST"],
		["/live", "HEAD", "GET"],
	] as const) {
		const { status, headers } = await ask(BASE + path, { method });
		expect([path, status, headers["allow"]]).toEqual([path, 405, allow]);
	}
	expect(await ask(BASE, { method: "HEAD" })).toEqual(expect.objectContaining({ status: 200, body: "" }));
});

test("the audit needs the token of the state, and its report has a policy without scripts", async () => {
	const ask = await start();
	const { token } = JSON.parse((await ask(`${BASE}/state.json`)).body) as { readonly token: string };
	expect(token).toMatch(/^[\w-]{22}$/);
	const post = (headers: Readonly<Record<string, string>>): Promise<Answer> => ask(`${BASE}/audit`, { method: "POST", headers });
	expect((await post({})).status).toBe(403);
	expect((await post({ "x-headguard-token": "" })).status).toBe(403);
	expect((await post({ "x-headguard-token": `${token}x` })).status).toBe(403);
	expect((await post({ "x-headguard-token": token, "sec-fetch-site": "cross-site" })).status).toBe(403);
	expect((await ask(`${BASE}/audit.html`)).status, "none of them ran it").toBe(404);
	const both = await Promise.all([post({ "x-headguard-token": token }), post({ "x-headguard-token": token })]);
	expect(both.map(({ status }) => status)).toEqual([204, 204]);
	const report = await ask(`${BASE}/audit.html?1`);
	expect(report.status).toBe(200);
	expect(report.headers["content-security-policy"]).toBe("default-src 'none'; frame-ancestors 'self'; sandbox allow-popups; style-src 'unsafe-inline'");
	expect(report.headers["content-security-policy-report-only"]).toBeUndefined();
	expect(report.headers["x-frame-options"]).toBe("SAMEORIGIN");
	expect(report.body).toContain("<h1>Security headers</h1>");
});

test("Clear needs the token of the state, and forgets all but the warnings", async () => {
	const ask = await start();
	const state = async () => JSON.parse((await ask(`${BASE}/state.json`)).body) as { token: string; findings: { kind: string; title: string; count: number }[] };
	const report = {
		"csp-report": { "document-uri": "http://localhost/", "effective-directive": "img-src", "blocked-uri": "https://img.example/a.png", disposition: "enforce" },
	};
	const send = () => ask(`${BASE}/reports`, { method: "POST", headers: { "content-type": "application/csp-report" }, body: JSON.stringify(report) });
	const clear = async (headers: Readonly<Record<string, string>>, method = "POST") => (await ask(`${BASE}/clear`, { method, headers })).status;
	await send();
	await send();
	const { token, findings } = await state();
	const warnings = findings.filter(({ kind }) => kind === "warning");
	expect(findings.filter(({ kind }) => kind !== "warning").map(({ title, count }) => [title, count])).toEqual([["the image https://img.example/a.png", 2]]);
	expect([
		await clear({}),
		await clear({ "x-headguard-token": `${token}x` }),
		await clear({ "x-headguard-token": token, "sec-fetch-site": "cross-site" }),
		await clear({ "x-headguard-token": token }, "GET"),
	]).toEqual([403, 403, 403, 405]);
	expect((await state()).findings).toEqual(findings);
	expect(await clear({ "x-headguard-token": token })).toBe(204);
	expect((await state()).findings).toEqual(warnings);
	await send();
	expect(
		(await state()).findings.filter(({ kind }) => kind !== "warning").map(({ count }) => count),
		"counted anew",
	).toEqual([1]);
});

test("what a report and the probe both tell counts once, and twice if each tells it twice", async () => {
	const ask = await start();
	const body = { effectiveDirective: "img-src", blockedURL: "https://img.example/a.png", disposition: "enforce" };
	const report = {
		"csp-report": { "document-uri": "http://localhost/", "effective-directive": "img-src", "blocked-uri": body.blockedURL, disposition: "enforce" },
	};
	const json = { "content-type": "application/json" };
	const tellReport = () => ask(`${BASE}/reports`, { method: "POST", headers: json, body: JSON.stringify(report) });
	const tellProbe = () =>
		ask(`${BASE}/seen`, { method: "POST", headers: json, body: JSON.stringify({ type: "csp-violation", body, document: "http://localhost/" }) });
	const counts = async () =>
		(JSON.parse((await ask(`${BASE}/state.json`)).body) as { findings: { kind: string; count: number }[] }).findings
			.filter(({ kind }) => kind === "blocked")
			.map(({ count }) => count);
	expect([(await tellReport()).status, (await tellProbe()).status]).toEqual([204, 204]);
	expect(await counts()).toEqual([1]);
	await tellProbe();
	expect(await counts()).toEqual([2]);
	await tellReport();
	expect(await counts()).toEqual([2]);
});

test("another path is in the page and in its addresses", async () => {
	const ask = await start({ path: "/dev/tools" });
	const { body } = await ask("/dev/tools");
	expect(body).toContain('src="/dev/tools/page.js"');
	expect(body).not.toContain("{{");
	expect((await ask("/dev/tools/findings.js")).status).toBe(200);
	expect((await ask(BASE)).status).toBe(404);
});

test("at most 50 streams are open, and one that ends makes room", async () => {
	const ask = await start();
	for (let i = 0; i < 50; i++) expect((await ask("/__headguard/live")).status).toBe(200);
	expect(await ask("/__headguard/live")).toMatchObject({ status: 503, body: "Too many pages of devtools are open.\n" });
	for (const server of servers) server.closeAllConnections();
	await expect.poll(async () => (await ask("/__headguard/live")).status).toBe(200);
});

test("a request of HTTP/1.0, as a proxy on this machine sends it, is refused", async () => {
	await start();
	const { port } = (servers[0] as Server).address() as AddressInfo;
	const statusOf = (version: string): Promise<string> =>
		new Promise((resolve, reject) => {
			const socket = connect(port, "127.0.0.1", () => socket.write(`GET /__headguard HTTP/${version}\r\nHost: localhost\r\nConnection: close\r\n\r\n`));
			socket.setEncoding("utf8").once("data", (text: string) => resolve(text.slice(9, 12)));
			socket.on("error", reject);
		});
	expect([await statusOf("1.0"), await statusOf("1.1")]).toEqual(["403", "200"]);
});

test("the stream says hello with the start of the process, which the state has too", async () => {
	const ask = await start();
	const { boot } = JSON.parse((await ask(`${BASE}/state.json`)).body) as { readonly boot: number };
	expect((await ask(`${BASE}/live`)).body).toBe(`retry: 1000\n\nevent: hello\ndata: {"boot":${boot}}\n\n`);
});
