import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EdgeFile, type EdgeMode, emit } from "../../../src/edge/index.ts";
import type { Target } from "../../../src/edge/target.ts";
import { apache } from "../../../src/edge/targets/apache.ts";
import { caddy } from "../../../src/edge/targets/caddy.ts";
import { haproxy } from "../../../src/edge/targets/haproxy.ts";
import { nginx, nginxHeadersMore } from "../../../src/edge/targets/nginx.ts";
import { varnish } from "../../../src/edge/targets/varnish.ts";
import { secureHeaders } from "../../../src/index.ts";
import type { SecureHeadersOptions } from "../../../src/policy/options.ts";
import { askRaw, isUp, type RawAnswer, type RunningServer, SERVERS, type ServerName, startServer, type Upstreams } from "../../support/edge-servers.ts";
import { freePort } from "../../support/free-port.ts";

/** The policy of the edge, with what each server reads in a way of its own. */
const POLICY: SecureHeadersOptions = {
	contentSecurityPolicy: {
		useDefaults: false,
		directives: {
			defaultSrc: ["'self'"],
			scriptSrc: ["'self'", `https://cdn.example.com/a%20b/$v/\${w}/`],
			objectSrc: ["'none'"],
			baseUri: ["'none'"],
			formAction: ["'self'"],
			frameAncestors: ["'none'"],
			reportUri: ["/csp-report"],
		},
	},
	permissionsPolicy: { features: { geolocation: ["self", "https://maps.example.com"], camera: [] } },
	reportingEndpoints: { csp: "https://r.example.com/csp?a=1&b=%41" },
	referrerPolicy: "same-origin",
} as never;

/** What the application behind it sends: other values, so that nobody's are taken for somebody else's. */
const APP: SecureHeadersOptions = { referrerPolicy: "no-referrer", xFrameOptions: "SAMEORIGIN" };

const expected = (mode: EdgeMode): ReadonlyMap<string, string> => {
	const text = emit("cloudflare", mode === "override" ? POLICY : { ...POLICY }).files[0]?.text ?? "";
	return new Map(
		text
			.split("\n")
			.flatMap((line) => (line.startsWith("  ") ? [[line.slice(2).split(": ", 1)[0] ?? "", line.slice(2).split(/: (.*)/s)[1] ?? ""] as const] : [])),
	);
};

const servers: Server[] = [];
let up: Upstreams = { app: 0, bare: 0, dead: 0 };

async function listen(app: RequestListener): Promise<number> {
	const server = createServer(app);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return (server.address() as AddressInfo).port;
}

function application(): RequestListener {
	const app = express();
	app.set("env", "test");
	app.use(secureHeaders(APP) as never);
	app.get("/", (_req, res) => void res.type("html").send(`<script nonce="${res.locals["cspNonce"]}">1</script>`));
	app.get("/large", (_req, res) => void res.type("text").send("x".repeat(300_000)));
	app.get("/redirect", (_req, res) => void res.redirect("/"));
	app.get("/etag", (_req, res) => void res.set("ETag", '"x"').send("etag"));
	app.get("/boom", () => {
		throw new Error("broken");
	});
	app.get("/twice", (_req, res) => {
		res.removeHeader("Referrer-Policy");
		res.writeHead(200, [
			["X-Frame-Options", "DENY"],
			["X-Frame-Options", "SAMEORIGIN"],
			["Referrer-Policy", "origin"],
			["Referrer-Policy", "unsafe-url"],
		] as never);
		res.end("twice");
	});
	return app as RequestListener;
}

beforeAll(async () => {
	up = {
		app: await listen(application()),
		bare: await listen((_req, res) => void res.end("bare")),
		dead: await freePort(),
	};
});
afterAll(() => {
	for (const server of servers) {
		server.closeAllConnections();
		server.close();
	}
});

/** What is asked, and the statuses that are right. */
const ROWS: readonly (readonly [what: string, path: string, statuses: readonly number[], method?: string, headers?: readonly string[]])[] = [
	["200", "/", [200]],
	["HEAD", "/", [200], "HEAD"],
	["a large answer", "/large", [200]],
	["302", "/redirect", [302]],
	["304", "/etag", [304], "GET", ['If-None-Match: "x"']],
	["404 of the application", "/missing", [404]],
	["500 of the application", "/boom", [500]],
	["duplicates of the application", "/twice", [200]],
	["an application without headers", "/bare", [200]],
	["an application that is down", "/dead", [502, 503]],
	["404 of the edge", "/local404", [404]],
	["a nested location", "/nested/", [200]],
];

const values = ({ fields }: RawAnswer, name: string): readonly string[] =>
	fields.filter(([known]) => known.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

/** Everything that is not as it should be, a line each. */
async function faults(port: number): Promise<readonly string[]> {
	const wanted = expected("override");
	const found: string[] = [];
	for (const [what, path, statuses, method, headers] of ROWS) {
		const answer = await askRaw(port, path, method, headers);
		if (!statuses.includes(answer.status)) found.push(`${what}: status ${answer.status}`);
		for (const [name, value] of wanted) {
			const came = values(answer, name);
			if (came.length !== 1 || came[0] !== value) found.push(`${what}: ${name} is ${JSON.stringify(came)}, not ${JSON.stringify(value)}`);
		}
		if (values(answer, "X-Powered-By").length > 0) found.push(`${what}: X-Powered-By`);
	}
	return found;
}

function withServer<T>(name: ServerName, files: readonly EdgeFile[], use: (server: RunningServer) => Promise<T>): Promise<T> {
	return withServerAt(name, files, up, use);
}

async function withServerAt<T>(name: ServerName, files: readonly EdgeFile[], upstreams: Upstreams, use: (server: RunningServer) => Promise<T>): Promise<T> {
	const server = await startServer(name, files, upstreams);
	try {
		return await use(server);
	} finally {
		await server.stop();
	}
}

const TARGETS: Readonly<Record<ServerName, Target>> = { nginx, "nginx-headers-more": nginxHeadersMore, apache, caddy, haproxy, varnish };

/** One rule that must not be missing, taken out. */
const BROKEN: Readonly<Record<ServerName, (text: string) => string>> = {
	nginx: (text) => text.replaceAll('" always;', '";'),
	"nginx-headers-more": (text) => text.replace(/^more_set_headers "Referrer-Policy.*\n/m, ""),
	apache: (text) => text.replace(/^Header onsuccess unset .*\n/gm, ""),
	caddy: (text) => text.replace(/^\theader_down .*\n/gm, ""),
	haproxy: (text) => text.replaceAll("http-after-response", "http-response"),
	varnish: (text) => text.replace(/^sub vcl_synth.*\n/m, ""),
};

describe.each(SERVERS)("%s", (name) => {
	test("override: every header of the policy once, on every response", async () => {
		const { files } = emit(name, POLICY);
		expect(await withServer(name, files, ({ port }) => faults(port))).toEqual([]);
	});

	test("and one rule less is seen", async () => {
		const files = emit(name, POLICY).files.map(({ path, text }) => ({ path, text: BROKEN[name](text) }));
		expect(files).not.toEqual(emit(name, POLICY).files);
		expect((await withServer(name, files, ({ port }) => faults(port))).length).toBeGreaterThan(0);
	});

	test("fill: the application's own where it has one, the policy's everywhere else", async () => {
		const wanted = new Map(expected("fill"));
		const { files } = emit(name, { ...POLICY, contentSecurityPolicy: true }, { mode: "fill" });
		const fallback = new Map(wanted);
		fallback.delete("Content-Security-Policy");
		await withServer(name, files, async ({ port }) => {
			const [first, second] = [await askRaw(port, "/"), await askRaw(port, "/")];
			for (const answer of [first, second]) {
				expect(values(answer, "Referrer-Policy")).toEqual(["no-referrer"]);
				expect(values(answer, "Content-Security-Policy")).toHaveLength(1);
				const [, nonce] = /'nonce-([^']+)'/.exec(values(answer, "Content-Security-Policy")[0] ?? "") ?? [];
				expect(answer.body).toContain(`nonce="${nonce}"`);
			}
			expect(values(first, "Content-Security-Policy")).not.toEqual(values(second, "Content-Security-Policy"));
			for (const [path, statuses] of [
				["/bare", [200]],
				["/dead", [502, 503]],
				["/local404", [404]],
			] as const) {
				const answer = await askRaw(port, path);
				expect(statuses).toContain(answer.status);
				for (const [header, value] of fallback) expect([path, header, values(answer, header)]).toEqual([path, header, [value]]);
				const [policy = "", ...more] = values(answer, "Content-Security-Policy");
				expect([policy.includes("nonce"), policy.includes("frame-ancestors 'none'"), more]).toEqual([false, true, []]);
			}
		});
	});

	test("every printable character comes through, and each server's own variables", async () => {
		const all = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i)).trim();
		const tricky = [
			`$v \${w} $request_id $$ \\$x`,
			"%s %t %{Host}i %20 %% 100%",
			"{host} {http.request.uuid} {{x}} {",
			"a\\{host\\} {host}\\ b",
			'a \\" b \\\\ c \\n d "} e {" f',
			"it's # not; a 'comment' // x /* y */",
			"`back` ticks` and 'quotes'",
			"<a href=x>&amp;</a>",
			"a } b",
			"}}",
			"a\\} \\\\} b",
			"} then {",
			"\\} {x\\} {",
		];
		const texts = [all.replaceAll("`", ""), all.replaceAll('"', ""), ...tricky];
		const headers = texts.map((value, i) => ({ name: `X-Round-${i}`, value }));
		const files = TARGETS[name].files({ mode: "override", headers, remove: [] }, undefined);
		await withServer(name, files, async ({ port }) => {
			const answer = await askRaw(port, "/bare");
			for (const { name: header, value } of headers) expect([header, values(answer, header)]).toEqual([header, [value]]);
		});
	});

	test("what is long comes through, on small answers and large ones", async () => {
		const value = "x".repeat(7000);
		const files = TARGETS[name].files({ mode: "override", headers: [{ name: "X-Long", value }], remove: [] }, undefined);
		await withServer(name, files, async ({ port }) => {
			for (const path of ["/bare", "/large", "/dead"]) expect([path, values(await askRaw(port, path), "X-Long")[0]?.length]).toEqual([path, 7000]);
		});
	});
});

test("nginx puts a nonce of its own into pages: another one each time, the same in policy and page", async () => {
	const slot = "SLOT_k3jfh38fhskdl2";
	const page = await listen((_req, res) => {
		res.setHeader("Content-Type", "text/html");
		res.end(`<script nonce="${slot}">1</script><style nonce="${slot}"></style>`);
	});
	const { files } = emit("nginx", {}, { nonceSlot: slot });
	await withServerAt("nginx", files, { ...up, app: page }, async ({ port }) => {
		const nonces = new Set<string>();
		for (let i = 0; i < 3; i++) {
			const { body, ...answer } = await askRaw(port, "/");
			const [policy = ""] = values(answer as RawAnswer, "Content-Security-Policy");
			const found = [...`${policy}${body}`.matchAll(/nonce[-=]"?([0-9a-f]{32})/g)].map(([, nonce = ""]) => nonce);
			expect(found.length).toBe(4);
			expect(new Set(found).size).toBe(1);
			nonces.add(found[0] ?? "");
		}
		expect(nonces.size).toBe(3);
	});
});

test(".htaccess: files that Apache serves itself, and those that it does not find", async () => {
	const folder = mkdtempSync(join(tmpdir(), "headguard-htaccess-"));
	chmodSync(folder, 0o755);
	const port = await freePort();
	for (const { path, text } of emit("apache-htaccess", { ...POLICY, contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"] } } })
		.files)
		writeFileSync(join(folder, path), text);
	writeFileSync(join(folder, "index.html"), "<p>hello");
	const modules = ["mpm_event", "authz_core", "headers", "mime", "dir"].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`);
	writeFileSync(
		join(folder, "httpd.conf"),
		`${modules.join("\n")}\nServerName localhost\nListen 127.0.0.1:${port}\nPidFile ${folder}/pid\nErrorLog ${folder}/error.log\nMutex file:${folder}\nTypesConfig /etc/mime.types\nUser www-data\nGroup www-data\nDocumentRoot ${folder}\nDirectoryIndex index.html\n<Directory ${folder}>\n\tAllowOverride FileInfo\n</Directory>\n`,
	);
	const child = spawn("apache2", ["-d", folder, "-f", join(folder, "httpd.conf"), "-D", "FOREGROUND"], { stdio: "ignore" });
	try {
		for (let i = 0; i < 100 && !(await isUp(port)); i++) await new Promise((resolve) => setTimeout(resolve, 50));
		for (const [path, status] of [
			["/index.html", 200],
			["/missing", 404],
		] as const) {
			const answer = await askRaw(port, path);
			expect(answer.status).toBe(status);
			expect(values(answer, "Content-Security-Policy")).toEqual(["default-src 'self'"]);
			expect(values(answer, "Referrer-Policy")).toEqual(["same-origin"]);
		}
	} finally {
		child.kill();
		if (child.exitCode === null) await once(child, "exit");
		rmSync(folder, { recursive: true, force: true });
	}
});

test.each(["override", "fill"] as const)("whole servers, as they are emitted, are accepted by their own checkers: %s", async (mode) => {
	const policy = mode === "override" ? POLICY : { ...POLICY, contentSecurityPolicy: true };
	const site = { upstream: `http://127.0.0.1:${up.app}`, host: "www.example.com", port: await freePort() };
	const folder = mkdtempSync(join(tmpdir(), "headguard-site-"));
	chmodSync(folder, 0o755);
	const emitted = (name: string) => {
		for (const { path, text } of emit(name, policy, { site, mode }).files) writeFileSync(join(folder, path), text);
	};
	const run = (command: string, ...args: string[]): string =>
		execFileSync(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", env: { ...process.env, HOME: folder } });
	try {
		emitted("nginx");
		writeFileSync(join(folder, "nginx.conf"), `pid ${folder}/pid; error_log ${folder}/error.log; events {} http { include ${folder}/headguard-site.conf; }`);
		run("nginx", "-t", "-c", join(folder, "nginx.conf"), "-p", folder);
		emitted("apache");
		const modules = ["mpm_event", "authz_core", "headers", "proxy", "proxy_http"].map(
			(name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
		);
		writeFileSync(
			join(folder, "httpd.conf"),
			`${modules.join("\n")}\nServerName localhost\nPidFile ${folder}/pid\nErrorLog ${folder}/error.log\nInclude ${folder}/headguard-site.conf\n`,
		);
		run("apache2", "-t", "-d", folder, "-f", join(folder, "httpd.conf"));
		emitted("caddy");
		run("caddy", "validate", "--config", "Caddyfile", "--adapter", "caddyfile");
		emitted("haproxy");
		run("haproxy", "-c", "-f", "headguard.cfg", "-f", "haproxy.cfg");
		emitted("varnish");
		writeFileSync(
			join(folder, "default.vcl"),
			(emit("varnish", policy, { site, mode }).files[1]?.text ?? "").replace('"headguard.vcl"', `"${folder}/headguard.vcl"`),
		);
		run("varnishd", "-C", "-n", join(folder, "n"), "-f", join(folder, "default.vcl"));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});
