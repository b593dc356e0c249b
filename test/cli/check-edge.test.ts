import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { inFolder, type Run } from "../support/cli.ts";

const { headguard, folder } = inFolder("check-edge");
const HEADGUARD = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/index.js")).href);

function write(path: string, text: string): void {
	mkdirSync(dirname(join(folder(), path)), { recursive: true });
	writeFileSync(join(folder(), path), text);
}

/** Severity, rule and place of each finding. */
async function found(...args: readonly string[]): Promise<readonly string[]> {
	const { stdout } = await headguard("check", ...args, "--format", "json");
	const { findings } = JSON.parse(stdout) as { findings: readonly { severity: string; id: string; url: string; alsoAt: readonly string[] }[] };
	return findings
		.flatMap(({ severity, id, url, alsoAt }) => [url, ...alsoAt].map((place) => `${severity} ${id} ${place}`))
		.filter((one) => one.includes(" edge/"));
}

describe("the server of a file", () => {
	const BAD: Readonly<Record<string, string>> = {
		nginx: "add_header X-Frame-Options DENY;\n",
		apache: "Header set X-Frame-Options DENY\n",
		caddy: ":80 {\n\theader {\n\t\tX-Frame-Options DENY\n\t\t-Server\n\t}\n}\n",
		haproxy: "frontend web\n\thttp-response set-header X-Frame-Options DENY\n",
		varnish: 'vcl 4.1;\nsub vcl_deliver {\n\tset resp.http.X-Frame-Options = "DENY";\n}\n',
	};

	test.each([
		["nginx.conf", "nginx", "edge/nginx-no-always"],
		["nginx/snippets/headers", "nginx", "edge/nginx-no-always"],
		["apache2.conf", "apache", "edge/apache-tables"],
		["conf/httpd.conf", "apache", "edge/apache-tables"],
		["www/.htaccess", "apache", "edge/apache-tables"],
		["Caddyfile", "caddy", "edge/caddy-deferred"],
		["sites/app.caddy", "caddy", "edge/caddy-deferred"],
		["haproxy.cfg", "haproxy", "edge/haproxy-response"],
		["default.vcl", "varnish", "edge/varnish-synth"],
	])("%s is of %s, by its name, its folder or its content", async (path, server, id) => {
		write(path, BAD[server] ?? "");
		expect((await found("--edge", path)).map((one) => one.split(" ")[1])).toEqual([id]);
	});

	test.each([
		["nginx.conf", "user www-data;\ninclude /dev/null/*.conf;\nevents { worker_connections 768; }\nhttp {\n\tsendfile on;\n}\n"],
		["apache2/apache2.conf", "Timeout 300\n<Directory />\n\tRequire all denied\n</Directory>\n"],
		["Caddyfile", "example.com\n\nfile_server\n"],
		["haproxy.cfg", "global\n\tlog /dev/log local0\ndefaults\n\tmode http\n"],
		["nginx/conf.d/empty.conf", "# nothing yet\n"],
	])("%s without any header passes", async (path, text) => {
		write(path, text);
		expect(await headguard("check", "--edge", path)).toMatchObject({ status: 0, stderr: "" });
	});

	test("header Set-Cookie alone does not make Apache, and --server decides", async () => {
		write("part", "header Set-Cookie x\n");
		expect(await found("--edge", "part")).toEqual([]);
		write("part.txt", "X-Frame-Options\n");
		expect(await headguard("check", "--edge", "part.txt")).toMatchObject({
			status: 2,
			stderr: expect.stringContaining("Use --server nginx, --server apache"),
		});
		expect((await headguard("check", "--edge", "part.txt", "--server", "varnish")).status).toBe(0);
	});

	test("the name of a file counts more than a folder, and its content more than a folder", async () => {
		write("nginx/haproxy.cfg", BAD["haproxy"] ?? "");
		write("apache/site", "server { add_header X-Frame-Options DENY; }\n");
		expect(await found("--edge", "nginx/haproxy.cfg", "--edge", "apache/site")).toEqual([
			"error edge/haproxy-response nginx/haproxy.cfg:2",
			"error edge/nginx-no-always apache/site:1",
		]);
	});
});

describe("included files", () => {
	const HEADERS = "add_header X-Frame-Options DENY always;\nproxy_hide_header X-Frame-Options;\n";

	test("nginx: beside the main file, also for a file in sites-enabled", async () => {
		write("etc/nginx.conf", "events {}\nhttp {\n\tinclude sites-enabled/*;\n}\n");
		write("etc/snippets/headers.conf", HEADERS);
		write("etc/sites-enabled/b", "server {\n\tinclude snippets/headers.conf;\n\tlocation /a {\n\t\tadd_header X-Own 1;\n\t\tproxy_pass http://a;\n\t}\n}\n");
		write("etc/sites-enabled/a", "server {\n\tadd_header X-Frame-Options DENY;\n}\n");
		write("etc/sites-enabled/.hidden", "server {\n\tadd_header X-Frame-Options DENY;\n}\n");
		const site = ["error edge/nginx-inheritance etc/sites-enabled/b:4", "warning edge/nginx-hidden etc/sites-enabled/b:5"];
		expect(await found("--edge", "etc/sites-enabled/b")).toEqual(site);
		expect(await found("--edge", "etc/nginx.conf")).toEqual(["error edge/nginx-no-always etc/sites-enabled/a:2", ...site]);
	});

	test("nginx: in the folder around conf.d where no main file is", async () => {
		write("conf.d/site.conf", "server {\n\tinclude snippets/headers.conf;\n\tlocation / { proxy_pass http://a; }\n}\n");
		write("snippets/headers.conf", HEADERS);
		expect(await found("--edge", "conf.d/site.conf")).toEqual([]);
	});

	test("nginx: an inner file is found from the main file, not from the file that includes it", async () => {
		write("nginx.conf", "events {}\nhttp {\n\tinclude parts/a.conf;\n}\n");
		write("parts/a.conf", "include parts/b.conf;\n");
		write("parts/b.conf", "server { add_header X-Frame-Options DENY; }\n");
		write("parts/parts/b.conf", "server { }\n");
		expect(await found("--edge", "nginx.conf")).toEqual(["error edge/nginx-no-always parts/b.conf:1"]);
	});

	test("what cannot be read is said, and what depends on it is a warning", async () => {
		write("site.conf", "server {\n\tinclude snippets/gone.conf;\n\tadd_header X-Frame-Options DENY always;\n\tlocation / { proxy_pass http://a; }\n}\n");
		const run = await headguard("check", "--edge", "site.conf", "--server", "nginx");
		expect(run.status).toBe(0);
		expect(run.stdout).toContain("snippets/gone.conf cannot be read, so server was checked without it.");
		expect(await found("--edge", "site.conf")).toEqual(["warning edge/unread site.conf:2", "warning edge/nginx-no-hide site.conf:4"]);
	});

	test("nginx: a pattern without matches, and the files that come with nginx, are in order", async () => {
		write("nginx.conf", "events {}\nhttp {\n\tinclude mime.types;\n\tinclude conf.d/*.conf;\n\tinclude gone.d/*.conf;\n}\n");
		write("conf.d/readme.txt", "add_header X-Frame-Options DENY;\n");
		expect(await found("--edge", "nginx.conf")).toEqual(["warning edge/unread nginx.conf:5"]);
	});

	test("Apache: from ServerRoot, a folder, and a pattern", async () => {
		write("apache2.conf", `ServerRoot "${folder()}/root"\nInclude one.conf\nIncludeOptional more/*.conf\nIncludeOptional gone/*.conf\nInclude all\n`);
		for (const path of ["root/one.conf", "root/more/b.conf", "root/all/deep/c"]) write(path, "# comment\nHeader set X-Frame-Options DENY\n");
		expect(await found("--edge", "apache2.conf")).toEqual(["root/one.conf:2"].map((place) => `error edge/apache-tables ${place}`));
		write("root/one.conf", "");
		expect(await found("--edge", "apache2.conf")).toEqual(["error edge/apache-tables root/more/b.conf:2"]);
		write("root/more/b.conf", "");
		expect(await found("--edge", "apache2.conf")).toEqual(["error edge/apache-tables root/all/deep/c:2"]);
	});

	test("Apache: a site beside the main file", async () => {
		write("apache2.conf", "");
		write("conf-available/headers.conf", "Header always set X-Frame-Options DENY\n");
		write("sites-enabled/app.conf", "<VirtualHost *:80>\n\tInclude conf-available/headers.conf\n\tProxyPass / http://a/\n</VirtualHost>\n");
		expect(await found("--edge", "sites-enabled/app.conf")).toEqual(["warning edge/apache-tables conf-available/headers.conf:1"]);
	});

	test("Caddy: beside the file that imports, with patterns", async () => {
		write("caddy/Caddyfile", "import sites/*.caddy\n");
		write("caddy/sites/a.caddy", ":80 {\n\timport ../parts/headers\n\treverse_proxy a\n}\n");
		write("caddy/parts/headers", "header {\n\tX-Frame-Options DENY\n\t-Server\n}\n");
		expect(await found("--edge", "caddy/Caddyfile")).toEqual(["error edge/caddy-deferred caddy/parts/headers:3"]);
	});

	test("Varnish: beside the file that includes", async () => {
		write("default.vcl", 'vcl 4.1;\ninclude "./headers.vcl";\n');
		write("headers.vcl", 'sub vcl_deliver {\n\tset resp.http.X-Frame-Options = "DENY";\n}\n');
		expect(await found("--edge", "default.vcl")).toEqual(["error edge/varnish-synth headers.vcl:2"]);
	});

	test.each([
		["a[0-9].conf", ["a1.conf"]],
		["a[!0-9].conf", ["ab.conf"]],
		["a?.conf", ["a1.conf", "ab.conf"]],
		["*b*.conf", ["ab.conf"]],
		["*/x.conf", ["d/x.conf"]],
		[`${"*a".repeat(100)}*`, []],
	])("the pattern %s", async (pattern, names) => {
		for (const path of ["parts/a1.conf", "parts/ab.conf", "parts/d/x.conf", "parts/a+.txt", `parts/${"a".repeat(90)}`])
			write(path, "server { add_header X-Frame-Options DENY; }\n");
		write("nginx.conf", `events {}\nhttp {\n\tinclude parts/${pattern};\n}\n`);
		expect(await found("--edge", "nginx.conf")).toEqual(names.map((name) => `error edge/nginx-no-always parts/${name}:1`));
	});
});

describe("the policy decides", () => {
	const TWICE = "server {\n\tadd_header Strict-Transport-Security max-age=31536000 always;\n\tlocation / { proxy_pass http://a; }\n}\n";
	let written = 0;
	/** A module that has been loaded stays loaded, so each has a name of its own. */
	const policy = (options: string): void =>
		write(`headers${++written}.mjs`, `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders(${options});`);
	const edge = async (): Promise<readonly string[]> => (await found(`headers${written}.mjs`, "--edge", "site.conf")).filter((one) => !one.includes("drift"));

	test("whether a header that the proxy adds is sent twice", async () => {
		write("site.conf", TWICE);
		policy("");
		expect(await edge()).toEqual(["error edge/nginx-no-hide site.conf:3"]);
		policy("{ strictTransportSecurity: false }");
		expect(await edge()).toEqual([]);
		policy('{ owner: { strictTransportSecurity: "edge" } }');
		expect(await edge()).toEqual([]);
		policy('{ owner: "edge" }');
		expect(await edge()).toEqual([]);
		expect(await found("--edge", "site.conf")).toEqual(["warning edge/nginx-no-hide site.conf:3"]);
		const run: Run = await headguard("check", "--edge", "site.conf");
		expect([run.status, run.stdout]).toEqual([0, expect.stringContaining("sent twice if the application sends it as well")]);
	});

	test("whether a header that the proxy removes is missed", async () => {
		write("site.conf", "server {\n\tproxy_hide_header Strict-Transport-Security;\n\tlocation / { proxy_pass http://a; }\n}\n");
		policy("");
		expect(await edge()).toEqual(["error edge/nginx-hidden site.conf:3"]);
		policy("{ strictTransportSecurity: false }");
		expect(await edge()).toEqual([]);
		policy('{ owner: { strictTransportSecurity: "edge" } }');
		expect(await edge()).toEqual(["error edge/nginx-hidden site.conf:3"]);
	});

	test.each([
		["Caddyfile", ":80 {\n\theader Strict-Transport-Security max-age=1\n\treverse_proxy a\n}\n", "edge/caddy-no-hide Caddyfile:3"],
		["httpd.conf", "Header always set Strict-Transport-Security max-age=1\nProxyPass / http://a/\n", "edge/apache-tables httpd.conf:1"],
		["haproxy.cfg", "frontend a\n\thttp-after-response add-header Strict-Transport-Security max-age=1\n", "edge/haproxy-add haproxy.cfg:2"],
	])("%s: it decides for each server", async (file, text, finding) => {
		write(file, text);
		const of = async (): Promise<readonly string[]> => (await found(`headers${written}.mjs`, "--edge", file)).filter((one) => !one.includes("drift"));
		policy("");
		expect(await of()).toEqual([`error ${finding}`]);
		policy("{ strictTransportSecurity: false }");
		expect(await of()).toEqual([]);
		expect(await found("--edge", file)).toEqual([`warning ${finding}`]);
	});
});
