import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { lintFiles } from "../../../src/cli/edge-files.ts";
import { type EdgeMode, emit } from "../../../src/edge/index.ts";
import { secureHeaders } from "../../../src/index.ts";
import { compiledFrom } from "../../../src/policy/compile.ts";
import { CERTIFICATE } from "../../support/certificate.ts";
import { askRaw, isUp, type RawAnswer, SERVERS, type ServerName } from "../../support/edge-servers.ts";
import { freePort } from "../../support/free-port.ts";

const HSTS = "strict-transport-security";
const OWN = "max-age=63072000; includeSubDomains";
const POLICY = {
	preset: "api",
	strictTransportSecurity: { maxAge: 63_072_000 },
	contentSecurityPolicy: { directives: { upgradeInsecureRequests: true } },
	reporting: { endpoint: "/r" },
} as const;
const CSP = "content-security-policy";
/** [upgrade-insecure-requests, report-to, report-uri] in each line of the policy. */
const partsOf = (lines: readonly string[]) => lines.map((line) => ["upgrade-insecure-requests", "report-to", "report-uri"].map((part) => line.includes(part)));
const OVER_HTTP = [[false, false, true]];
const OVER_HTTPS = [[true, true, true]];

let app: Server;
const running: { readonly child: ChildProcess; readonly folder: string }[] = [];

/** The application does not know how its visitors came, so that it sends HSTS itself. At /bare it has no policy. */
beforeAll(async () => {
	const headers = secureHeaders();
	app = createServer((req, res) => {
		if (req.url === "/bare") res.end();
		else headers(req, res, () => res.end());
	}).listen(0, "127.0.0.1");
	await once(app, "listening");
});
afterEach(async () => {
	for (const { child, folder } of running.splice(0)) {
		child.kill();
		if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
		rmSync(folder, { recursive: true, force: true });
	}
});
afterAll(() => void app.close());

/** Starts the server as it is emitted, listening on the loopback address alone, and over TLS on a second port as its manual says. */
async function start(name: ServerName, mode: EdgeMode): Promise<{ readonly http: number; readonly https: number }> {
	const folder = mkdtempSync(join(tmpdir(), "headguard-transport-"));
	chmodSync(folder, 0o755);
	mkdirSync(join(folder, "run"), { mode: 0o777 });
	const [http, https] = [await freePort(), await freePort()];
	const file = (path: string, text: string): void => writeFileSync(join(folder, path), text);
	file("key.pem", CERTIFICATE.key);
	file("cert.pem", CERTIFICATE.cert);
	file("both.pem", `${CERTIFICATE.cert}\n${CERTIFICATE.key}`);
	const site = { upstream: `http://127.0.0.1:${(app.address() as AddressInfo).port}`, host: "app.example", port: http };
	for (const { path, text } of emit(name, POLICY, { mode, site }).files) {
		const tls = text
			.replace(
				`listen ${http};`,
				`listen 127.0.0.1:${http}; listen 127.0.0.1:${https} ssl; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;`,
			)
			.replace(`bind :${http}`, `bind 127.0.0.1:${http}\n\tbind 127.0.0.1:${https} ssl crt ${folder}/both.pem`)
			.replace('include "headguard.vcl"', `include "${folder}/headguard.vcl"`);
		file(path, path === "Caddyfile" ? `{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n${tls}` : tls);
		if (path === "headguard-site.conf" && name === "apache")
			file(
				path,
				`${tls}${tls.replace(`*:${http}>`, `*:${https}>\n\tSSLEngine on\n\tSSLCertificateFile ${folder}/cert.pem\n\tSSLCertificateKeyFile ${folder}/key.pem`)}`,
			);
	}
	const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((one) => `${one}_temp_path ${folder}/${one};`).join(" ");
	const load = name === "nginx-headers-more" ? "load_module /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so;" : "";
	file(
		"nginx.conf",
		`${load} daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { access_log off; ${temp} include headguard-site.conf; }`,
	);
	const modules = ["mpm_event", "authz_core", "headers", "proxy", "proxy_http", "socache_shmcb", "ssl"].map(
		(one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so\n`,
	);
	file(
		"httpd.conf",
		`${modules.join("")}ServerName localhost\nListen 127.0.0.1:${http}\nListen 127.0.0.1:${https}\nPidFile ${folder}/pid\nErrorLog ${folder}/error.log\nMutex file:${folder}\nUser www-data\nGroup www-data\nServerRoot ${folder}\nInclude headguard-site.conf\n`,
	);
	const nginx = ["nginx", ["-c", join(folder, "nginx.conf"), "-p", folder]] as const;
	const commands: Readonly<Record<ServerName, readonly [string, readonly string[]]>> = {
		nginx,
		"nginx-headers-more": nginx,
		apache: ["apache2", ["-d", folder, "-f", join(folder, "httpd.conf"), "-D", "FOREGROUND"]],
		caddy: ["caddy", ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"]],
		haproxy: ["haproxy", ["-db", "-f", join(folder, "headguard.cfg"), "-f", join(folder, "haproxy.cfg")]],
		varnish: ["varnishd", ["-F", "-j", "none", "-a", `127.0.0.1:${http}`, "-n", join(folder, "run"), "-s", "malloc,16m", "-f", join(folder, "default.vcl")]],
	};
	const [command, args] = commands[name];
	const child = spawn(command, args, { cwd: folder, stdio: "ignore", env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
	running.push({ child, folder });
	for (let i = 0; i < 200 && !(await isUp(http)); i++) {
		if (child.exitCode !== null) throw new Error(`${name} ended`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return { http, https };
}

const values = ({ fields }: RawAnswer, name: string): readonly string[] => fields.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

/** The lines of a header in a response over TLS. */
async function overTls(port: number, path: string, name: string): Promise<readonly string[]> {
	const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
	socket.write(`GET ${path} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n`);
	let text = "";
	for await (const chunk of socket.setEncoding("latin1")) text += chunk;
	const lines = text.split("\r\n\r\n", 1)[0]?.split("\r\n") ?? [];
	return lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());
}

test.each(SERVERS.flatMap((name) => (["override", "fill"] as const).map((mode) => [name, mode] as const)))(
	"%s, %s: the emitted server sends HSTS over https and not over plain http",
	async (name, mode) => {
		const { http, https } = await start(name, mode);
		const paths = mode === "override" ? ["/", "/bare"] : ["/bare"];
		for (const path of paths) {
			const plain = await askRaw(http, path);
			expect([path, plain.status, values(plain, HSTS), values(plain, "x-content-type-options")]).toEqual([path, 200, [], ["nosniff"]]);
			expect([path, partsOf(values(plain, CSP)), values(plain, "reporting-endpoints")]).toEqual([path, OVER_HTTP, []]);
			if (name === "caddy") continue;
			if (name === "varnish") {
				expect(values(await askRaw(http, path, "GET", ["X-Forwarded-Proto: https"]), HSTS)).toEqual([OWN]);
				expect(partsOf(values(await askRaw(http, path, "GET", ["X-Forwarded-Proto: https"]), CSP))).toEqual(OVER_HTTPS);
				expect(values(await askRaw(http, path, "GET", ["X-Forwarded-Proto: http"]), HSTS)).toEqual([]);
			} else {
				expect([path, await overTls(https, path, HSTS)]).toEqual([path, [OWN]]);
				expect([path, partsOf(await overTls(https, path, CSP))]).toEqual([path, OVER_HTTPS]);
			}
		}
		if (mode === "fill" && name !== "caddy" && name !== "varnish") expect(await overTls(https, "/", HSTS)).toEqual(["max-age=31536000; includeSubDomains"]);
	},
);

test.each(SERVERS)("check --edge finds nothing in what is emitted for %s, over http and over https", (name) => {
	const folder = mkdtempSync(join(tmpdir(), "headguard-transport-"));
	try {
		for (const mode of ["override", "fill"] as const) {
			const { files } = emit(name, POLICY, { mode, site: { upstream: "http://127.0.0.1:3000", host: "app.example", port: 80 } });
			for (const { path, text } of files) writeFileSync(join(folder, path), text);
			const paths = files.map(({ path }) => join(folder, path));
			const server = name.replace("-headers-more", "");
			expect([mode, lintFiles(paths, server, compiledFrom(POLICY)).map(({ lint }) => lint?.message)]).toEqual([mode, []]);
			const other = { ...POLICY, contentSecurityPolicy: { directives: { upgradeInsecureRequests: true, imgSrc: ["'self'"] } } } as const;
			const drifts = lintFiles(paths, server, compiledFrom(other)).map(({ lint }) => lint?.id);
			if (name === "apache" && mode === "override") expect(drifts).toContain("edge/config-drift");
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});

test("headers alone, and a Caddy site on port 443, have HSTS always", () => {
	for (const name of SERVERS) {
		const text = emit(name, POLICY, { mode: "override" })
			.files.map((file) => file.text)
			.join("");
		expect([name, text.includes(OWN), /ssl_fc|HTTPS|\$https|X-Forwarded-Proto/.test(text)]).toEqual([name, true, false]);
	}
	const site = { upstream: "http://127.0.0.1:3000", host: "app.example", port: 443 };
	expect(emit("caddy", POLICY, { site }).files[0]?.text).toContain(OWN);
	expect(emit("caddy", POLICY, { site: { ...site, port: 80 } }).files[0]?.text).not.toContain(OWN);
});
