import { writeFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { secureHeaders } from "../../src/index.ts";
import { appWith, good } from "../audit/zoo/apps.ts";
import { CERTIFICATE } from "../support/certificate.ts";
import { inFolder, type Run } from "../support/cli.ts";

const { headguard, headguardProcess, write, folder } = inFolder("modes");

let servers: { close(): void; closeAllConnections(): void }[] = [];
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => {
	for (const server of servers) {
		server.close();
		server.closeAllConnections();
	}
	servers = [];
	vi.restoreAllMocks();
});

function listen(app: unknown, secure = false): Promise<number> {
	const server = secure ? createHttpsServer(CERTIFICATE, app as RequestListener) : createHttpServer(app as RequestListener);
	servers.push(server);
	return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

interface Json {
	readonly findings: readonly { readonly id: string; readonly severity: string; readonly message: string }[];
	readonly responses: readonly { readonly probe: string }[];
}
const json = ({ stdout }: Run): Json => JSON.parse(stdout);
const serious = (run: Run): string[] => [
	...new Set(
		json(run)
			.findings.filter(({ severity }) => severity !== "note")
			.map(({ id }) => id),
	),
];
const look = (...args: string[]): Promise<Run> => headguard("audit", ...args, "--format", "json");

const HEADGUARD = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/index.js")).href);
const HOST = ["--assume-tls", "--header", "Host: app.example", "--header", "X-Forwarded-Proto: https"];

describe("--expect", () => {
	beforeEach(() => write("headers.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders();`));

	test("what arrives is the policy, byte for byte, on errors as well", async () => {
		const app = appWith((req, _res, next) => next(req.path === "/never" ? new Error() : undefined), good());
		app.set("trust proxy", true);
		const run = await look(`http://127.0.0.1:${await listen(app)}/`, "--expect", "headers.mjs", "--fail-path", "/fail", ...HOST);
		expect(serious(run).filter((id) => id.startsWith("policy/"))).toEqual(["policy/missing"]);
		// Node answers malformed requests by itself: nothing else is missing.
		const messages = json(run).findings.filter(({ id }) => id === "policy/missing");
		expect(messages.every(({ message }) => message.includes("protectServer"))).toBe(true);
	});

	test("a header that somebody else sends otherwise", async () => {
		const app = appWith(good(), (_req, res, next) => {
			res.setHeader("Referrer-Policy", "origin");
			next();
		});
		app.set("trust proxy", true);
		const run = await look(`http://127.0.0.1:${await listen(app)}/`, "--expect", "headers.mjs", ...HOST);
		expect(json(run).findings.find(({ id }) => id === "policy/different")?.message).toContain('Referrer-Policy is "origin"; the policy says');
	});
});

describe("--origin and --edge", () => {
	const between = async (change: (headers: Record<string, string | string[] | undefined>) => void): Promise<Run> => {
		const app = appWith(good());
		app.set("trust proxy", true);
		const origin = await listen(app);
		const proxy = createProxyMiddleware({
			target: `http://127.0.0.1:${origin}`,
			xfwd: true,
			headers: { "X-Forwarded-Proto": "https" },
			on: { proxyRes: (res) => change(res.headers) },
		});
		const edge = await listen(proxy);
		return look("--origin", `http://127.0.0.1:${origin}`, "--edge", `http://127.0.0.1:${edge}`, ...HOST);
	};

	test("a proxy that passes everything on", async () => {
		expect(serious(await between(() => {})).filter((id) => id.startsWith("edge/"))).toEqual([]);
	});

	test("a proxy that takes a header off, changes one, and adds one", async () => {
		const run = await between((headers) => {
			delete headers["x-frame-options"];
			headers["referrer-policy"] = "unsafe-url";
			headers["x-content-type-options"] = ["nosniff", "nosniff"];
		});
		const { findings } = json(run);
		expect(findings.find(({ id }) => id === "edge/stripped")?.message).toContain("X-Frame-Options: sent by the application, but missing behind the proxy.");
		expect(findings.find(({ id }) => id === "edge/parity")?.message).toMatch(/referrer-policy is "unsafe-url" at the proxy, "[a-z-]+" at the application/);
		expect(findings.find(({ id }) => id === "dup/origin")?.message).toContain("X-Content-Type-Options: the application sends");
	});

	test("a proxy that puts a policy on the 304 of a page with a nonce, or a header back that a route has switched off", async () => {
		write("headers.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders();`);
		const app = express();
		app.set("trust proxy", true);
		const headers = secureHeaders();
		app.use(headers.replace({ crossOriginOpenerPolicy: false }) as never);
		app.get("/", (req, res) => {
			res.set("ETag", '"x"');
			if (req.headers["if-none-match"] === '"x"') res.status(304).end();
			else res.type("html").send(`<!doctype html><script nonce="${res.locals["cspNonce"]}">1</script>`);
		});
		const origin = await listen(app);
		const run = async (fills: Readonly<Record<string, string>>): Promise<Run> => {
			const proxy = createProxyMiddleware({
				target: `http://127.0.0.1:${origin}`,
				headers: { "X-Forwarded-Proto": "https" },
				on: { proxyRes: (res) => void Object.assign(res.headers, { ...fills, ...res.headers }) },
			});
			return look("--origin", `http://127.0.0.1:${origin}`, "--edge", `http://127.0.0.1:${await listen(proxy)}`, "--expect", "headers.mjs", ...HOST);
		};
		const messages = (of: Run): string =>
			json(of)
				.findings.flatMap(({ id, message }) => (/^(?:edge|nonce)\/|different$/.test(id) ? [`${id} ${message}`] : []))
				.join("\n");
		const found = messages(await run({ "content-security-policy": "default-src 'self'", "cross-origin-opener-policy": "same-origin" }));
		expect(found).toContain("nonce/conditional-304 a 304 carries Content-Security-Policy without the nonce");
		expect(found).toMatch(/policy\/different Content-Security-Policy is .* on a 304/);
		expect(found).toMatch(/edge\/parity cross-origin-opener-policy is "same-origin" at the proxy, but the application's policy omits it there/);
		expect(messages(await run({}))).toBe("");
	});

	test("an origin that is down is said, and is no pass", async () => {
		const edge = await listen(appWith(good()));
		const run = await look("--origin", "http://127.0.0.1:1", "--edge", `http://127.0.0.1:${edge}`, ...HOST);
		expect([run.status, serious(run)]).toEqual([1, expect.arrayContaining(["site/unanswered"])]);
	});
});

describe("--resolve and --preload", () => {
	const site = async (header: string): Promise<{ https: number; http: number }> => {
		const https = await listen((_req: unknown, res: { setHeader(name: string, value: string): void; end(text: string): void }) => {
			res.setHeader("Strict-Transport-Security", header);
			res.setHeader("Content-Type", "text/html; charset=utf-8");
			res.end("<!doctype html><title>t</title>");
		}, true);
		const http = await listen((_req: unknown, res: { writeHead(status: number, headers: object): { end(): void } }) =>
			res.writeHead(301, { Location: `https://app.example:${https}/` }).end(),
		);
		return { https, http };
	};
	const resolving = ({ https, http }: { https: number; http: number }): string[] =>
		["app.example", "www.app.example"].flatMap((name) => [`${name}:${https}:127.0.0.1`, `${name}:${http}:127.0.0.1`]).flatMap((entry) => ["--resolve", entry]);

	test("a name stands for another address, and its certificate is judged", async () => {
		const ports = await site("max-age=31536000; includeSubDomains; preload");
		const address = `https://app.example:${ports.https}/`;
		expect((await look(address, ...resolving(ports))).stderr).toContain("self-signed certificate");
		const run = await look(address, "--insecure", "--preload", ...resolving(ports));
		expect(serious(run)).toEqual(expect.arrayContaining(["preload/tls", "preload/www"]));
		expect(json(run).findings.find(({ id }) => id === "preload/tls")?.message).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
	});

	test("a domain whose certificate is trusted", async () => {
		const ports = await site("max-age=31536000; includeSubDomains");
		writeFileSync(join(folder(), "ca.pem"), CERTIFICATE.cert);
		const flags = ["--preload", "--resolve", `app.example:${ports.https}:127.0.0.1`, "--resolve", `app.example:${ports.http}:127.0.0.1`];
		const run = await headguardProcess({ NODE_EXTRA_CA_CERTS: "ca.pem" }, "audit", `http://app.example:${ports.http}/`, ...flags, "--format", "json");
		// The list's own port is 443; here the page came over another one.
		expect(serious(run).filter((id) => id.startsWith("preload/"))).not.toContain("preload/domain");
	});
});

describe("--active", () => {
	test("asks what wakes people, and only then", async () => {
		const methods: string[] = [];
		const app = appWith((req, _res, next) => {
			methods.push(req.method);
			next();
		}, good());
		const address = `http://127.0.0.1:${await listen(app)}/`;
		await look(address, ...HOST);
		expect(new Set(methods)).toEqual(new Set(["GET", "HEAD", "OPTIONS"]));
		const run = await look(address, "--active", ...HOST);
		expect(new Set(methods)).toEqual(new Set(["GET", "HEAD", "OPTIONS", "TRACE", "POST"]));
		expect(json(run).responses.filter(({ probe }) => probe === "refused").length).toBe(3);
	});
});

test("--max-time: a server that is slow everywhere does not hold the command", async () => {
	const slow = await listen((_req: unknown, res: { end(): void }) => void setTimeout(() => res.end(), 400));
	const start = Date.now();
	const run = await look(`http://127.0.0.1:${slow}/`, "--max-time", "1");
	expect([run.status, json(run).responses[0]?.probe]).toEqual([1, "page"]);
	expect(json(run).responses.length).toBeLessThan(5);
	expect(Date.now() - start).toBeLessThan(5000);
});

test.each([
	[["--resolve", "app.example:443"], '--resolve: received "app.example:443". Write www.example.com:443:10.0.0.5.'],
	[["--resolve", "app.example:443:nonsense"], "--resolve: received"],
	[["--allowed-origin", "https://a.example/"], '--allowed-origin: received "https://a.example/". Write https://a.example.'],
	[["--origin", "a.example"], '"a.example" is not a URL.'],
	[["--expect", "missing.js"], "missing.js cannot be loaded"],
	[["--max-time", "0"], '--max-time: received "0".'],
	[["--configg", "x"], 'unknown flag --configg. Did you mean "--config"?'],
	[["--config", "missing.json"], "missing.json cannot be read"],
])("%j is refused", async (flags, message) => {
	expect(await headguard("audit", "http://127.0.0.1:1/", ...flags)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(message) });
});
