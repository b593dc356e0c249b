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

test("half a megabyte of nonsense does not hold anybody", () => {
	for (const server of LINTED)
		for (const text of [
			'"'.repeat(300_000),
			"{".repeat(3000),
			"a ".repeat(200_000),
			"header {\n".repeat(20_000),
			"\\".repeat(300_000),
			`'${"x".repeat(300_000)}`,
		]) {
			const start = performance.now();
			lintEdge(server, text, "file", () => undefined);
			expect(performance.now() - start).toBeLessThan(2000);
		}
});
