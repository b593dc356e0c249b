import { describe, expect, test } from "vitest";
import { emit } from "../../../src/edge/index.ts";
import { LINTED, lintEdge, serverOf } from "../../../src/edge/lint/index.ts";
import type { SecureHeadersOptions } from "../../../src/policy/options.ts";

const POLICY: SecureHeadersOptions = {
	contentSecurityPolicy: {
		useDefaults: false,
		directives: {
			defaultSrc: ["'self'"],
			scriptSrc: ["'self'", "https://cdn.example.com/a%20b/$v/"],
			frameAncestors: ["'none'"],
			baseUri: ["'none'"],
			formAction: ["'self'"],
			objectSrc: ["'none'"],
		},
	},
	reportingEndpoints: { csp: "https://r.example.com/csp?a=1&b=%41" },
} as never;
const WANTED = new Map(
	(emit("cloudflare", POLICY).files[0]?.text ?? "").split("\n").flatMap((line) => {
		const [, name, value] = /^ {2}([^:]+): (.*)$/.exec(line) ?? [];
		return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value] as const];
	}),
);

const SITE = { upstream: "http://127.0.0.1:3000", host: "www.example.com", port: 80 };

describe.each(LINTED)("%s", (server) => {
	test.each(["override", "fill"] as const)("what headguard emits has no fault, and no difference to the policy: %s", (mode) => {
		const files = new Map(emit(server, POLICY, { mode, site: SITE }).files.map(({ path, text }) => [path, text]));
		for (const [path, text] of files) expect(lintEdge(server, text, path, (name) => files.get(name), WANTED)).toEqual([]);
	});

	test("another policy is a difference, with its line", () => {
		const files = new Map(emit(server, { ...POLICY, referrerPolicy: "no-referrer" }).files.map(({ path, text }) => [path, text]));
		const lints = [...files].flatMap(([path, text]) => lintEdge(server, text, path, (name) => files.get(name), WANTED));
		expect(lints.map(({ id, message }) => `${id} ${message}`)).toEqual([
			'edge/config-drift Referrer-Policy is "no-referrer", but the policy has "strict-origin-when-cross-origin". Emit the file again.',
		]);
		const [{ file, line } = { file: "", line: 0 }] = lints;
		expect((files.get(file) ?? "").split("\n")[line - 1]).toMatch(/Referrer-Policy/);
	});

	test("is told by what it writes", () => {
		expect(serverOf(emit(server, POLICY, { site: SITE }).files.at(-1)?.text ?? "")).toBe(server);
	});
});

const found = (server: (typeof LINTED)[number], text: string, files: Record<string, string> = {}): string[] =>
	lintEdge(server, text, "file", (path) => files[path]).map(({ id, line, file }) => `${id} ${file}:${line}`);

describe("nginx", () => {
	const HEAD = "http {\n server {\n";
	const PROXY = "  location / { proxy_pass http://a; }\n";
	test.each<[string, string, string[]]>([
		["all is well", `${HEAD}  proxy_hide_header X-Frame-Options;\n  add_header X-Frame-Options DENY always;\n${PROXY}}}`, []],
		["without always", `${HEAD}  proxy_hide_header X-Frame-Options;\n  add_header X-Frame-Options DENY;\n${PROXY}}}`, ["edge/nginx-no-always file:4"]],
		[
			"a nested add_header",
			`${HEAD}  add_header X-Frame-Options DENY always;\n  location /a {\n   add_header X-Mine 1;\n   return 200;\n  }\n}}`,
			["edge/nginx-inheritance file:5"],
		],
		[
			"a nested add_header that repeats",
			`${HEAD}  add_header X-Frame-Options DENY always;\n  location /a {\n   add_header X-Mine 1;\n   add_header X-Frame-Options DENY always;\n  }\n}}`,
			[],
		],
		[
			"add_header in if",
			`${HEAD}  add_header X-Frame-Options DENY always;\n  location / { if ($a) { add_header X-Mine 1; } }\n}}`,
			["edge/nginx-inheritance file:4"],
		],
		[
			"a nested proxy_hide_header",
			`${HEAD}  proxy_hide_header X-Frame-Options;\n  add_header X-Frame-Options DENY always;\n  location /a {\n   proxy_hide_header X-Mine;\n   proxy_pass http://a;\n  }\n}}`,
			["edge/nginx-inheritance file:6", "edge/nginx-no-hide file:7"],
		],
		["set on both sides", `${HEAD}  add_header X-Frame-Options DENY always;\n${PROXY}}}`, ["edge/nginx-no-hide file:4"]],
		["hidden, and not set", `${HEAD}  proxy_hide_header X-Frame-Options;\n${PROXY}}}`, ["edge/nginx-hidden file:4"]],
		["a variable fills in", `${HEAD}  add_header X-Frame-Options $xfo always;\n${PROXY}}}`, []],
		["other headers are not checked", `${HEAD}  add_header X-Mine 1;\n${PROXY}}}`, []],
		[
			"quotes, comments and braces in values",
			`${HEAD}  # add_header X-Frame-Options DENY;\n  add_header X-Mine "a { } ; # b" always;\n  add_header X-Other 'it"s';\n}}`,
			[],
		],
		["nothing is closed", "http { server { add_header X-Frame-Options DENY", []],
	])("%s", (_what, text, ids) => {
		expect(found("nginx", text)).toEqual(ids);
	});

	test("files that are included, with their own lines; those that include each other end", () => {
		expect(found("nginx", "http {\n include a.conf;\n}", { "a.conf": "server {\n add_header X-Frame-Options DENY;\n}" })).toEqual([
			"edge/nginx-no-always a.conf:2",
		]);
		expect(found("nginx", "include a.conf;", { "a.conf": "include a.conf;" })).toEqual([]);
	});
});

describe("apache", () => {
	const PROXY = "ProxyPass / http://127.0.0.1:3000/\n";
	test.each<[string, string, string[]]>([
		["all is well", `${PROXY}Header onsuccess unset X-Frame-Options\nHeader always unset X-Frame-Options\nHeader always set X-Frame-Options "DENY"`, []],
		["always alone, before an application", `${PROXY}Header always set X-Frame-Options "DENY"`, ["edge/apache-tables file:2"]],
		["always alone, without one", 'Header always set X-Frame-Options "DENY"', []],
		["set alone", `${PROXY}Header set X-Frame-Options "DENY"`, ["edge/apache-tables file:2"]],
		["in both tables", `Header set X-Frame-Options DENY\nHeader always set X-Frame-Options DENY`, ["edge/apache-tables file:2"]],
		["filled in", `${PROXY}Header always set X-Frame-Options "DENY" "expr=-z %{resp:X-Frame-Options}"`, []],
		["a comment, and others' headers", `${PROXY}# Header set X-Frame-Options DENY\nHeader set X-Mine 1`, []],
	])("%s", (_what, text, ids) => {
		expect(found("apache", text)).toEqual(ids);
	});
});

describe("caddy", () => {
	const PROXY = "\treverse_proxy 127.0.0.1:3000 {\n\t\theader_down -X-Frame-Options\n\t}\n}";
	test.each<[string, string, string[]]>([
		["all is well", `:80 {\n\theader {\n\t\tX-Frame-Options DENY\n\t}\n${PROXY}`, []],
		["a block that takes off as well", `:80 {\n\theader {\n\t\tX-Frame-Options DENY\n\t\t-Server\n\t}\n${PROXY}`, ["edge/caddy-deferred file:4"]],
		["a block that is told to wait", `:80 {\n\theader {\n\t\tX-Frame-Options DENY\n\t\tdefer\n\t}\n${PROXY}`, ["edge/caddy-deferred file:4"]],
		["not removed from the application's response", ":80 {\n\theader X-Frame-Options DENY\n\treverse_proxy 127.0.0.1:3000\n}", ["edge/caddy-no-hide file:3"]],
		["others' headers", ":80 {\n\theader -Server\n\theader X-Mine 1\n\treverse_proxy 127.0.0.1:3000\n}", []],
	])("%s", (_what, text, ids) => {
		expect(found("caddy", text)).toEqual(ids);
	});
});

describe("haproxy", () => {
	test.each<[string, string, string[]]>([
		["all is well", "frontend a\n http-after-response set-header X-Frame-Options DENY", []],
		["http-response", "frontend a\n http-response set-header X-Frame-Options DENY", ["edge/haproxy-response file:2"]],
		["add-header", "frontend a\n http-after-response add-header X-Frame-Options DENY", ["edge/haproxy-add file:2"]],
		["others' headers", "frontend a\n http-response set-header X-Mine 1", []],
	])("%s", (_what, text, ids) => {
		expect(found("haproxy", text)).toEqual(ids);
	});
});

/** The time that this process works, whatever else the machine does. */
function worked(run: () => void): number {
	const start = process.cpuUsage();
	run();
	return process.cpuUsage(start).user / 1000;
}

const LONG: readonly string[] = [
	'"'.repeat(100_000),
	"{".repeat(3000),
	"{".repeat(100_000),
	"a ".repeat(70_000),
	"header {\n".repeat(7000),
	"\\".repeat(100_000),
	`'${"x".repeat(100_000)}`,
	"\n".repeat(100_000),
	"${".repeat(50_000),
	"[P,".repeat(100_000),
	`RewriteRule a b [${"P,".repeat(100_000)}`,
	`header X-Frame-Options "\\{${"\\".repeat(100_000)}"`,
	'" \\\n'.repeat(20_000),
	"<<A\n".repeat(20_000),
	"/*".repeat(100_000),
	'{"'.repeat(100_000),
	"<Location /a>\n".repeat(10_000),
	`${"Header set X-Frame-Options a\n".repeat(2000)}${"<VirtualHost *>\n</VirtualHost>\n".repeat(2000)}`,
	Array.from({ length: 4000 }, (_, i) => `Header set X-Frame-Options a env=x${i}\n`).join(""),
	`http { ${Array.from({ length: 2000 }, (_, i) => `set $a${i} b;`).join("")}${"server { location / { set $x y; } }".repeat(2000)}`,
	`:80 {\n${Array.from({ length: 1500 }, (_, i) => `handle /${i} {\nheader X-Frame-Options a\nreverse_proxy a\n}\n`).join("")}}\n`,
	`frontend a\n${"http-response set-header X-Frame-Options a\n".repeat(2000)}${Array.from({ length: 1000 }, (_, i) => `use_backend b${i}\n`).join("")}${Array.from({ length: 1000 }, (_, i) => `backend b${i}\n`).join("")}`,
	Array.from({ length: 12 }, (_, i) => `sub ${i === 0 ? "vcl_deliver" : `a${i}`} { ${`call a${i + 1}; `.repeat(20)} }`).join("\n"),
];

test.each(LINTED)("%s: a file of nonsense, however long, does not hold anybody", (server) => {
	for (const text of LONG) {
		const time = worked(() => void lintEdge(server, text, "file", () => undefined));
		expect([text.slice(0, 30), time < 1500]).toEqual([text.slice(0, 30), true]);
	}
});

test("nor does telling the server of a file", () => {
	expect(worked(() => void LONG.map((text) => serverOf(text)))).toBeLessThan(2000);
});

test.each([
	["nginx", "include a;\n"],
	["apache", "Include a\n"],
	["caddy", "import a\n"],
	["varnish", 'include "a";\n'],
] as const)("%s: files that include each other, in any number, are read a limited number of times", (server, line) => {
	let reads = 0;
	const endless = (path: string): string => {
		reads++;
		return line.repeat(50).replaceAll("a", `${path}a`);
	};
	lintEdge(server, line.repeat(50), "file", endless);
	expect(reads).toBeGreaterThan(10);
	expect(reads).toBeLessThan(60_000);
});

describe("values", () => {
	const at = (server: (typeof LINTED)[number], text: string, wanted?: ReadonlyMap<string, string>): string[] =>
		lintEdge(server, text, "file", () => undefined, wanted).map(({ id, line, isConditional }) => `${id}${isConditional ? "?" : ""} ${line}`);

	test.each<[string, (typeof LINTED)[number], string, string[]]>([
		["over several lines", "nginx", 'add_header X-Own "a\n b" always;', ["edge/line-break 1"]],
		["as an escape", "nginx", "add_header X-Own a\\nb always;", ["edge/line-break 1"]],
		["the first half of a line break", "nginx", "add_header X-Own 'a\\rb' always;", ["edge/line-break 1"]],
		["in a variable that is built up", "nginx", `set $a "x;\n y"; set $b "$a z"; add_header X-Own $b always;`, ["edge/line-break 2"]],
		["in a table", "nginx", `map $uri $a { default "x\n y"; }\nadd_header X-Own "\${a}" always;`, ["edge/line-break 3"]],
		["by headers-more", "nginx", 'more_set_headers "X-Own: a\n b";', ["edge/line-break 1"]],
		["a tab is none", "nginx", 'add_header X-Own "a\\tb" always;', []],
		["a backslash before another letter is none", "nginx", 'add_header X-Own "a\\\\nb" always;', []],
		["a variable that is set again without one", "nginx", `set $a "x\ny"; set $a x; add_header X-Own $a always;`, []],
		["in Apache's format", "apache", 'Header always set X-Own "a\\nb"', ["edge/line-break 1"]],
		["a backslash that continues Apache's line is none", "apache", 'Header always set X-Own \\\n "a b"', []],
		["in Caddy's quotes", "caddy", ":80 {\n\theader X-Own `a\n b`\n}", ["edge/line-break 2"]],
		["a backslash in Caddy's quotes is none", "caddy", ':80 {\n\theader X-Own "a\\nb"\n}', []],
		["in HAProxy's double quotes", "haproxy", 'http-after-response set-header X-Own "a\\nb"', ["edge/line-break 1"]],
		["a backslash in HAProxy's single quotes is none", "haproxy", "http-after-response set-header X-Own 'a\\nb'", []],
		["in a long string of Varnish", "varnish", 'sub vcl_deliver {\n\tset resp.http.X-Own = {"a\nb"};\n}', ["edge/line-break 2"]],
	])("a line break: %s", (_what, server, text, ids) => {
		expect(at(server, text)).toEqual(ids);
	});

	test.each<[string, (typeof LINTED)[number], (value: string) => string]>([
		["nginx", "nginx", (value) => `add_header Referrer-Policy "${value}" always;`],
		["headers-more", "nginx", (value) => `more_set_headers "Referrer-Policy: ${value}";`],
		["Apache", "apache", (value) => `Header always set Referrer-Policy "${value}"`],
		["Caddy", "caddy", (value) => `:80 {\nheader Referrer-Policy "${value}"\n}`],
		["HAProxy", "haproxy", (value) => `http-after-response set-header Referrer-Policy '${value}'`],
		["Varnish", "varnish", (value) => `sub vcl_deliver {\nset resp.http.Referrer-Policy = "${value}";\n}\nsub vcl_synth { call vcl_deliver; }`],
	])("%s: another value than the policy's is a difference", (_what, server, textOf) => {
		const wanted = new Map([["referrer-policy", "no-referrer"]]);
		expect(at(server, textOf("no-referrer"), wanted)).toEqual([]);
		expect(at(server, textOf("origin"), wanted).map((one) => one.split(" ")[0])).toEqual(["edge/config-drift"]);
	});

	test("two policies in one place can be intended, and two of any other header cannot", () => {
		const nginx = (name: string, a: string, b: string): string => `add_header ${name} ${a} always; add_header ${name} ${b} always;`;
		expect(at("nginx", nginx("Content-Security-Policy", "a", "b"))).toEqual(["edge/nginx-no-hide? 1"]);
		expect(at("nginx", nginx("Content-Security-Policy", "a", "a"))).toEqual(["edge/nginx-no-hide 1"]);
		expect(at("nginx", nginx("X-Frame-Options", "a", "b"))).toEqual(["edge/nginx-no-hide 1"]);
		expect(at("caddy", ":80 {\nheader +Content-Security-Policy a\nheader +Content-Security-Policy b\n}")).toEqual(["edge/caddy-no-hide? 2"]);
		expect(at("caddy", ":80 {\nheader +X-Frame-Options a\nheader +X-Frame-Options b\n}")).toEqual(["edge/caddy-no-hide 2"]);
	});

	test("Apache: a header that is filled in for errors is sent twice only where the application does not send it", () => {
		const text = `Header append X-Frame-Options DENY\nHeader always set X-Frame-Options DENY "expr=-z %{resp:X-Frame-Options}"\nProxyPass / http://a/`;
		expect(at("apache", text)).toEqual(["edge/apache-tables? 2"]);
		expect(lintEdge("apache", text, "file", () => undefined, undefined, new Set(["x-frame-options"]))).toEqual([]);
		expect(lintEdge("apache", text, "file", () => undefined, undefined, new Set()).map(({ isConditional }) => isConditional)).toEqual([false]);
	});

	test("what the dialects of Varnish before version 4 generate goes through vcl_deliver", () => {
		const deliver = 'sub vcl_deliver {\n\tset resp.http.X-Frame-Options = "DENY";\n}\n';
		expect(at("varnish", deliver)).toEqual(["edge/varnish-synth 2"]);
		expect(at("varnish", `${deliver}sub vcl_fetch { }`)).toEqual([]);
	});

	test("code in braces, and templates, are not configuration", () => {
		expect(at("nginx", "location / {\n content_by_lua_block { if x then ngx.header['a'] = '}' .. '{' end }\n add_header X-Frame-Options DENY;\n}")).toEqual([
			"edge/nginx-no-always 3",
		]);
		expect(at("nginx", "server_name {{ domain }};\nadd_header X-Frame-Options DENY;")).toEqual(["edge/nginx-no-always 2"]);
	});

	test.each(LINTED)("%s: names that JavaScript knows are only names", (server) => {
		const text =
			"constructor { __proto__ x; }\nadd_header __proto__ x;\nset $constructor a; add_header X-Frame-Options $toString;\nHeader set __proto__ x\n<constructor>\n</constructor>\nimport __proto__\n@constructor path /\nheader @toString X-A b\nuse_backend __proto__\nbackend constructor\nacl __proto__ x\nsub constructor { call __proto__; }\n";
		expect(() => lintEdge(server, text, "file", () => undefined)).not.toThrow();
	});
});
