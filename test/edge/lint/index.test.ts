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
