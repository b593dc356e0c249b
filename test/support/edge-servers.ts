import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EdgeFile } from "../../src/edge/index.ts";
import { freePort } from "./free-port.ts";

export type ServerName = "nginx" | "nginx-headers-more" | "apache" | "caddy" | "haproxy" | "varnish";
export const SERVERS: readonly ServerName[] = ["nginx", "nginx-headers-more", "apache", "caddy", "haproxy", "varnish"];

/** Where requests go: the application, one without headers, one that is down. */
export interface Upstreams {
	readonly app: number;
	readonly bare: number;
	readonly dead: number;
}

/** A main configuration that takes the generated files as they are. */
interface Setup {
	readonly file: string;
	readonly main: (port: number, up: Upstreams, folder: string, generated: ReadonlySet<string>) => string;
	readonly check: (folder: string) => readonly [string, readonly string[]];
	readonly run: (folder: string, port: number) => readonly [string, readonly string[]];
}

const nginx = (load: string, nested: string): Setup => ({
	file: "nginx.conf",
	main: (port, { app, bare, dead }, folder, generated) => `${load}
daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http {
	access_log off; server_tokens off;
	${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
	${generated.has("headguard-http.conf") ? `include ${folder}/headguard-http.conf;` : ""}
	server {
		listen 127.0.0.1:${port};
		include ${folder}/headguard-headers.conf;
		proxy_set_header Host $host;
		proxy_buffer_size 16k; proxy_buffers 8 16k;
		location / { proxy_pass http://127.0.0.1:${app}; }
		location /bare { proxy_pass http://127.0.0.1:${bare}; }
		location /dead { proxy_pass http://127.0.0.1:${dead}; }
		location = /local404 { return 404; }
		location /nested/ { ${nested.replace("FOLDER", folder)} add_header X-Mine 1; proxy_pass http://127.0.0.1:${app}/; }
	}
}
`,
	check: (folder) => ["nginx", ["-t", "-c", join(folder, "nginx.conf"), "-p", folder]],
	run: (folder) => ["nginx", ["-c", join(folder, "nginx.conf"), "-p", folder]],
});

export const APACHE_MODULES = ["mpm_event", "authz_core", "headers", "proxy", "proxy_http", "alias", "mime"];

const SETUPS: Readonly<Record<ServerName, Setup>> = {
	nginx: nginx("", "include FOLDER/headguard-headers.conf;"),
	"nginx-headers-more": nginx("load_module /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so;", ""),
	apache: {
		file: "httpd.conf",
		main: (
			port,
			{ app, bare, dead },
			folder,
		) => `${APACHE_MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
Mutex file:${folder}
TypesConfig /etc/mime.types
User www-data
Group www-data
<VirtualHost 127.0.0.1:${port}>
	ServerName app.example
	DocumentRoot ${folder}/empty
	Include ${folder}/headguard-headers.conf
	ProxyPass /local404 !
	ProxyPass /bare http://127.0.0.1:${bare}/bare
	ProxyPass /dead http://127.0.0.1:${dead}/
	ProxyPass /nested/ http://127.0.0.1:${app}/
	ProxyPass / http://127.0.0.1:${app}/
	<Location /nested/>
		Header set X-Mine 1
	</Location>
</VirtualHost>
`,
		check: (folder) => ["apache2", ["-t", "-d", folder, "-f", join(folder, "httpd.conf")]],
		run: (folder) => ["apache2", ["-d", folder, "-f", join(folder, "httpd.conf"), "-D", "FOREGROUND"]],
	},
	caddy: {
		file: "Caddyfile",
		main: (port, { app, bare, dead }, _folder, generated) => `{
	admin off
	auto_https off
}
${generated.has("headguard.caddy") ? "import headguard.caddy" : ""}
http://127.0.0.1:${port}, http://app.example:${port} {
	bind 127.0.0.1
	import headguard
	handle /dead* {
		reverse_proxy 127.0.0.1:${dead} {
			import headguard_proxy
		}
	}
	handle /bare* {
		reverse_proxy 127.0.0.1:${bare} {
			import headguard_proxy
		}
	}
	handle /local404 {
		error 404
	}
	handle_path /nested/* {
		header X-Mine 1
		reverse_proxy 127.0.0.1:${app} {
			import headguard_proxy
		}
	}
	handle {
		reverse_proxy 127.0.0.1:${app} {
			import headguard_proxy
		}
	}
	handle_errors {
		import headguard_errors
	}
}
`,
		check: (folder) => ["caddy", ["validate", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"]],
		run: (folder) => ["caddy", ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"]],
	},
	haproxy: {
		file: "haproxy.cfg",
		main: (port, { app, bare, dead }) => `frontend edge from headguard
	bind 127.0.0.1:${port}
	http-request deny deny_status 404 if { path /local404 }
	http-request replace-path /nested(/.*) \\1 if { path_beg /nested/ }
	use_backend dead if { path_beg /dead }
	use_backend bare if { path_beg /bare }
	default_backend app
backend app
	server app1 127.0.0.1:${app}
backend bare
	server bare1 127.0.0.1:${bare}
backend dead
	retries 0
	server gone 127.0.0.1:${dead}
`,
		check: (folder) => ["haproxy", ["-c", "-f", join(folder, "headguard.cfg"), "-f", join(folder, "haproxy.cfg")]],
		run: (folder) => ["haproxy", ["-db", "-f", join(folder, "headguard.cfg"), "-f", join(folder, "haproxy.cfg")]],
	},
	varnish: {
		file: "default.vcl",
		main: (_port, { app, bare, dead }, folder) => `vcl 4.1;
backend app { .host = "127.0.0.1"; .port = "${app}"; }
backend bare { .host = "127.0.0.1"; .port = "${bare}"; }
backend dead { .host = "127.0.0.1"; .port = "${dead}"; }
include "${folder}/headguard.vcl";
sub vcl_recv {
	if (req.url ~ "^/dead") { set req.backend_hint = dead; }
	if (req.url ~ "^/bare") { set req.backend_hint = bare; }
	if (req.url == "/local404") { return (synth(404)); }
	set req.url = regsub(req.url, "^/nested/", "/");
	return (pass);
}
`,
		check: (folder) => ["varnishd", ["-C", "-n", join(folder, "check"), "-f", join(folder, "default.vcl")]],
		run: (folder, port) => [
			"varnishd",
			["-F", "-j", "none", "-a", `127.0.0.1:${port}`, "-n", join(folder, "run"), "-s", "malloc,16m", "-f", join(folder, "default.vcl")],
		],
	},
};

export interface RunningServer {
	readonly port: number;
	readonly folder: string;
	stop(): Promise<void>;
}

/** Starts a real server on a free port, after its own checker has accepted the configuration. */
export async function startServer(name: ServerName, generated: readonly EdgeFile[], up: Upstreams): Promise<RunningServer> {
	const folder = mkdtempSync(join(tmpdir(), `headguard-${name}-`));
	execFileSync("chmod", ["755", folder]);
	execFileSync("mkdir", ["-m", "777", join(folder, "empty"), join(folder, "run"), join(folder, "check")]);
	const setup = SETUPS[name];
	for (const { path, text } of generated) writeFileSync(join(folder, path), text);
	const port = await freePort();
	writeFileSync(join(folder, setup.file), setup.main(port, up, folder, new Set(generated.map(({ path }) => path))));
	const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
	const [checker, flags] = setup.check(folder);
	execFileSync(checker, flags, { stdio: ["ignore", "pipe", "pipe"], env });
	return runServer(setup.run(folder, port), port, folder);
}

/** Starts a server that listens on the port, and removes the folder when it is stopped. */
export async function runServer([command, args]: readonly [string, readonly string[]], port: number, folder: string): Promise<RunningServer> {
	const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
	const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env });
	const said: string[] = [];
	for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => said.push(String(chunk)));
	await listening(port, child, () => said.join(""));
	return {
		port,
		folder,
		async stop() {
			child.kill();
			if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Somebody listens. */
export function isUp(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1", () => {
			socket.destroy();
			resolve(true);
		});
		socket.on("error", () => resolve(false));
	});
}

async function listening(port: number, child: ChildProcess, said: () => string): Promise<void> {
	for (let i = 0; i < 200; i++) {
		if (child.exitCode !== null) throw new Error(`the server ended: ${said()}`);
		if (await isUp(port)) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`the server does not listen: ${said()}`);
}

export interface RawAnswer {
	readonly status: number;
	readonly fields: readonly (readonly [string, string])[];
	readonly body: string;
}

/** An answer as its bytes are. */
export function askRaw(port: number, path: string, method = "GET", headers: readonly string[] = []): Promise<RawAnswer> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1");
		const chunks: Buffer[] = [];
		socket.setTimeout(10_000, () => socket.destroy(new Error(`${path}: no answer`)));
		socket.on("error", reject);
		socket.on("data", (chunk) => chunks.push(chunk));
		socket.on("close", () => {
			const text = Buffer.concat(chunks).toString("latin1");
			const [head = "", body = ""] = text.split(/\r\n\r\n(.*)/s);
			const [first = "", ...lines] = head.split("\r\n");
			resolve({
				status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]),
				fields: lines.map((line) => line.split(/:(.*)/s)).map(([name = "", value = ""]) => [name, value.trim()] as const),
				body,
			});
		});
		socket.write([`${method} ${path} HTTP/1.1`, "Host: app.example", "Connection: close", ...headers, "", ""].join("\r\n"));
	});
}
