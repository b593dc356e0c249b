import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EdgeMode, emit } from "../../../src/edge/index.ts";
import { APACHE_MODULES, askRaw, type RunningServer, runServer, SERVERS, type ServerName } from "../../support/edge-servers.ts";
import { freePort } from "../../support/free-port.ts";

/** What the application was asked, with the Connection of each request. */
const asked: string[] = [];
let app: Server;

/** An application that agrees to each WebSocket, and sends back what it gets. */
beforeAll(async () => {
	const note = ({ url, headers }: IncomingMessage): void => void asked.push(`${url} ${headers.connection ?? ""}`);
	app = createServer((req, res) => {
		note(req);
		res.end("page");
	});
	app.on("upgrade", (req, socket) => {
		note(req);
		socket.on("error", () => {});
		const accept = createHash("sha1").update(`${req.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
		socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
		socket.pipe(socket);
	});
	await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
	app.closeAllConnections();
	app.close();
});

/** Starts the server that is emitted as a whole, on the loopback address alone. */
async function startSite(name: ServerName, mode: EdgeMode, changed = (text: string): string => text): Promise<RunningServer> {
	const folder = mkdtempSync(join(tmpdir(), "headguard-websocket-"));
	chmodSync(folder, 0o755);
	mkdirSync(join(folder, "run"), { mode: 0o777 });
	const port = await freePort();
	const site = { upstream: `http://127.0.0.1:${(app.address() as AddressInfo).port}`, host: "app.example", port };
	const { files } = emit(name, { preset: "api" }, { mode, site });
	for (const { path, text } of files)
		writeFileSync(
			join(folder, path),
			`${path === "Caddyfile" ? "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n" : ""}${changed(text)
				.replace(`listen ${port};`, `listen 127.0.0.1:${port};`)
				.replace(`bind :${port}`, `bind 127.0.0.1:${port}`)}`,
		);
	const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((one) => `${one}_temp_path ${folder}/${one};`).join(" ");
	const load = name === "nginx-headers-more" ? "load_module /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so;" : "";
	writeFileSync(
		join(folder, "nginx.conf"),
		`${load} daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { access_log off; ${temp} include headguard-site.conf; }`,
	);
	const modules = APACHE_MODULES.map((one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so\n`).join("");
	writeFileSync(
		join(folder, "httpd.conf"),
		`${modules}ServerName localhost\nListen 127.0.0.1:${port}\nPidFile ${folder}/pid\nErrorLog ${folder}/error.log\nMutex file:${folder}\nTypesConfig /etc/mime.types\nUser www-data\nGroup www-data\nServerRoot ${folder}\nInclude headguard-site.conf\n`,
	);
	const nginx = ["nginx", ["-c", join(folder, "nginx.conf"), "-p", folder]] as const;
	const commands: Readonly<Record<ServerName, readonly [string, readonly string[]]>> = {
		nginx,
		"nginx-headers-more": nginx,
		apache: ["apache2", ["-d", folder, "-f", join(folder, "httpd.conf"), "-D", "FOREGROUND"]],
		caddy: ["caddy", ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"]],
		haproxy: ["haproxy", ["-db", "-f", join(folder, "headguard.cfg"), "-f", join(folder, "haproxy.cfg")]],
		varnish: [
			"varnishd",
			[
				...["-F", "-j", "none", "-a", `127.0.0.1:${port}`, "-n", join(folder, "run"), "-s", "malloc,16m"],
				...["-p", `vcl_path=${folder}`, "-f", join(folder, "default.vcl")],
			],
		],
	};
	return runServer(commands[name], port, folder);
}

/** The first line of the answer to a WebSocket, and what comes back of what is sent through it. */
function throughSocket(port: number, text: string, idle = 0): Promise<{ readonly status: string; readonly echo: string }> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1");
		let read = "";
		socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer after ${JSON.stringify(read)}`)));
		socket.on("error", reject);
		socket.on("end", () => reject(new Error("the proxy ended the connection")));
		socket.on("data", (chunk) => {
			read += chunk;
			const [head = "", body] = read.split(/\r\n\r\n(.*)/s);
			const status = head.split("\r\n")[0] ?? "";
			if (body === "") setTimeout(() => socket.write(text), idle);
			if (body === text || (body !== undefined && !status.includes(" 101 "))) {
				socket.destroy();
				resolve({ status, echo: body ?? "" });
			}
		});
		socket.write(
			"GET /socket HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		);
	});
}

test("HAProxy keeps a WebSocket that is idle for longer than a request may be", async () => {
	const short = (text: string): string => text.replaceAll("60s", "1s");
	const kept = await startSite("haproxy", "override", short);
	try {
		expect((await throughSocket(kept.port, "hello", 2500)).echo).toBe("hello");
	} finally {
		await kept.stop();
	}
	const ended = await startSite("haproxy", "override", (text) => short(text).replaceAll("\ttimeout tunnel 1h\n", ""));
	try {
		await expect(throughSocket(ended.port, "hello", 2500)).rejects.toThrow(/ended|ECONNRESET|EPIPE/);
	} finally {
		await ended.stop();
	}
});

describe.each(SERVERS)("%s, as a whole server", (name) => {
	test.each(["override", "fill"] as const)("passes WebSockets on, and pages as before: %s", async (mode) => {
		const server = await startSite(name, mode);
		asked.length = 0;
		try {
			const { status, echo } = await throughSocket(server.port, "hello");
			expect([status.slice(0, 12), echo]).toEqual(["HTTP/1.1 101", "hello"]);
			const page = await askRaw(server.port, "/page");
			expect([page.status, page.fields.filter(([field]) => field.toLowerCase() === "x-content-type-options").length]).toEqual([200, 1]);
			expect(asked.map((line) => line.toLowerCase())).toEqual(["/socket upgrade", expect.stringMatching(/^\/page (?!upgrade)/)]);
		} finally {
			await server.stop();
		}
	});
});
