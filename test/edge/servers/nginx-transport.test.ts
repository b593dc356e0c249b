import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import express from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { csp, type HeadguardEvent, secureHeaders } from "../../../src/index.ts";
import { CERTIFICATE } from "../../support/certificate.ts";
import { isUp } from "../../support/edge-servers.ts";
import { freePort } from "../../support/free-port.ts";

/** The ways in which an nginx that ends TLS is set up, by the line that makes the difference. */
const PROXIES = {
	silent: "",
	honest: "proxy_set_header X-Forwarded-Proto $scheme;",
} as const;

const directory = mkdtempSync(join(tmpdir(), "headguard-nginx-"));
const events: HeadguardEvent[] = [];
let nginx: ChildProcess;
const ports: Record<string, { http: number; https: number }> = {};
const apps: { close(): void }[] = [];

beforeAll(async () => {
	writeFileSync(join(directory, "key.pem"), CERTIFICATE.key);
	writeFileSync(join(directory, "cert.pem"), CERTIFICATE.cert);
	const setups = Object.entries(PROXIES).flatMap(([proxy, line]) => ["trusting", "untrusting"].map((trust) => ({ name: `${proxy} ${trust}`, line, trust })));
	const upstreams = [];
	for (const { trust } of setups) upstreams.push(await startApp(trust === "trusting"));
	// Free ports come last: an app that asks for any port could be given one of them.
	const servers: string[] = [];
	for (const [i, { name, line }] of setups.entries()) {
		const port = { http: await freePort(), https: await freePort() };
		ports[name] = port;
		servers.push(`server {
			listen 127.0.0.1:${port.http};
			listen 127.0.0.1:${port.https} ssl;
			ssl_certificate ${directory}/cert.pem;
			ssl_certificate_key ${directory}/key.pem;
			location / { proxy_pass http://127.0.0.1:${upstreams[i]}; proxy_set_header Host $host; ${line} }
		}`);
	}
	const config = join(directory, "nginx.conf");
	const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${directory}/${name};`).join(" ");
	writeFileSync(config, `daemon off; pid ${directory}/pid; error_log ${directory}/error.log; events {} http { access_log off; ${temp} ${servers.join("\n")} }`);
	nginx = spawn("nginx", ["-c", config, "-p", directory], { stdio: "inherit" });
	nginx.on("error", (error) => {
		throw error;
	});
	await answers(ports["silent trusting"]?.http ?? 0);
});

afterAll(async () => {
	nginx?.kill();
	if (nginx?.exitCode === null) await once(nginx, "exit");
	for (const app of apps) app.close();
	rmSync(directory, { recursive: true, force: true });
});

/** [HSTS sent, upgrade-insecure-requests sent] for a request through nginx. */
async function seen(setup: string, scheme: "http" | "https", forwarded?: string): Promise<readonly [boolean, boolean]> {
	const port = ports[setup]?.[scheme] ?? 0;
	const header = forwarded === undefined ? [] : ["-H", `X-Forwarded-Proto: ${forwarded}`];
	const { stdout: text } = await promisify(execFile)("curl", ["-sik", "-H", "Host: app.example", ...header, `${scheme}://127.0.0.1:${port}/`]);
	expect(text.match(/^content-security-policy:/gim)).toHaveLength(1);
	return [/^strict-transport-security:/im.test(text), text.includes("upgrade-insecure-requests")];
}

describe("behind a real nginx", () => {
	test.each<[string, "http" | "https", string | undefined, readonly [boolean, boolean]]>([
		// It says nothing, so nothing is known: HSTS goes out, which browsers ignore over http.
		["silent trusting", "https", undefined, [true, false]],
		["silent trusting", "http", undefined, [true, false]],
		["silent untrusting", "https", undefined, [true, false]],
		// It passes on what the client claims, and the app trusts it: the client decides, about its own answer only.
		["silent trusting", "http", "https", [true, true]],
		["silent trusting", "https", "http", [false, false]],
		// The same claim is nothing to an app that does not trust it.
		["silent untrusting", "http", "https", [true, false]],
		["silent untrusting", "https", "http", [true, false]],
		// It says what it knows, over what the client claims.
		["honest trusting", "https", undefined, [true, true]],
		["honest trusting", "http", undefined, [false, false]],
		["honest trusting", "http", "https", [false, false]],
		["honest untrusting", "https", undefined, [true, false]],
	])("%s, %s, client claims %s", async (setup, scheme, forwarded, expected) => {
		expect(await seen(setup, scheme, forwarded)).toEqual(expected);
	});

	test("an app that does not trust its proxy is told so", () => {
		expect(events.map(({ code }) => code)).toContain("transport/untrusted-proto");
	});
});

async function startApp(trusting: boolean): Promise<number> {
	const app = express();
	if (trusting) app.set("trust proxy", "loopback");
	const contentSecurityPolicy = { useDefaults: false, directives: { defaultSrc: [csp.self], upgradeInsecureRequests: true } } as const;
	app.use(secureHeaders({ contentSecurityPolicy, onEvent: (event) => events.push(event) }));
	app.use((_req, res) => void res.send("x"));
	const server = createServer(app as unknown as RequestListener).listen(0, "127.0.0.1");
	await once(server, "listening");
	apps.push(server);
	return (server.address() as AddressInfo).port;
}

async function answers(port: number): Promise<void> {
	for (let i = 0; i < 100; i++) {
		if (await isUp(port)) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error("nginx did not start");
}
