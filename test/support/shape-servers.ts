import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Shape } from "../edge/lint/shapes/shape.ts";
import { APACHE_MODULES, type RunningServer, runServer } from "./edge-servers.ts";
import { freePort } from "./free-port.ts";

/** The ports that stand behind the words of a shape. */
export type Ports = Readonly<Record<"APP" | "BARE" | "DEAD" | "FCGI", number>>;

interface Main {
	readonly file: string;
	/** Around the shape, or beside it. */
	readonly text: (port: number, folder: string, shape: string) => string;
	readonly run: (folder: string, port: number) => readonly [string, readonly string[]];
}

const MODULES = [...APACHE_MODULES, "http2", "proxy_fcgi", "rewrite", "setenvif", "dir", "authz_host"];

const MAINS: Readonly<Record<Shape["server"], Main>> = {
	nginx: {
		file: "nginx.conf",
		text: (_port, folder, shape) =>
			`load_module /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so; daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { access_log off; ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}\n${shape}\n}`,
		run: (folder) => ["nginx", ["-c", join(folder, "nginx.conf"), "-p", folder]],
	},
	apache: {
		file: "httpd.conf",
		text: (port, folder, shape) =>
			`${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}\nServerName localhost\nListen 127.0.0.1:${port}\nPidFile ${folder}/pid\nErrorLog ${folder}/error.log\nMutex file:${folder}\nTypesConfig /etc/mime.types\nUser www-data\nGroup www-data\nDocumentRoot ${folder}/www\nServerRoot ${folder}\n${shape}\n`,
		run: (folder) => ["apache2", ["-d", folder, "-f", join(folder, "httpd.conf"), "-D", "FOREGROUND"]],
	},
	caddy: {
		file: "Caddyfile",
		text: (_port, _folder, shape) => `{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n\tservers {\n\t\tprotocols h1 h2c\n\t}\n}\n${shape}`,
		run: (folder) => ["caddy", ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"]],
	},
	haproxy: {
		file: "haproxy.cfg",
		text: (_port, _folder, shape) => `defaults\n\tmode http\n\tretries 0\n\ttimeout connect 5s\n\ttimeout client 10s\n\ttimeout server 10s\n${shape}`,
		run: (folder) => ["haproxy", ["-db", "-f", join(folder, "haproxy.cfg")]],
	},
	varnish: {
		file: "default.vcl",
		text: (_port, _folder, shape) => shape,
		run: (folder, port) => [
			"varnishd",
			[
				"-F",
				"-j",
				"none",
				"-a",
				`127.0.0.1:${port}`,
				"-n",
				join(folder, "run"),
				"-s",
				"malloc,16m",
				"-p",
				`vcl_path=${folder}`,
				"-f",
				join(folder, "default.vcl"),
			],
		],
	},
};

/** Starts the real server with a shape. */
export async function startShape({ server, text, files = {} }: Pick<Shape, "server" | "text" | "files">, ports: Ports): Promise<RunningServer> {
	const folder = mkdtempSync(join(tmpdir(), `headguard-shape-`));
	// Servers that give up their rights read it as well.
	chmodSync(folder, 0o755);
	const port = await freePort();
	const words: Readonly<Record<string, string | number>> = { ...ports, LISTEN: port, FOLDER: folder };
	const written = (shape: string): string => shape.replace(/\b(?:APP|BARE|DEAD|FCGI|LISTEN|FOLDER)\b/g, (word) => String(words[word]));
	const main = MAINS[server];
	for (const [path, content] of Object.entries({ "www/index.html": "<p>page", ...files })) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), written(content));
	}
	mkdirSync(join(folder, "run"));
	writeFileSync(join(folder, main.file), main.text(port, folder, written(text)));
	return runServer(main.run(folder, port), port, folder);
}

/** How many lines of a header a response has. @param target a path, perhaps with a host before it. */
export function linesOf(port: number, target: string, name: string): Promise<{ readonly status: number; readonly lines: number }> {
	const [, host = "", path = ""] = /^([^/]*)(\/.*)$/.exec(target) ?? [];
	return new Promise((resolve, reject) => {
		const request = get({ port, path, agent: false, headers: { Host: host === "" ? "app.example" : host } }, (response) => {
			response.resume();
			const names = response.rawHeaders.filter((_one, i) => i % 2 === 0);
			resolve({ status: response.statusCode ?? 0, lines: names.filter((one) => one.toLowerCase() === name.toLowerCase()).length });
		});
		request.on("error", reject);
	});
}
