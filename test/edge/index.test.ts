import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { parseAllHeaders } from "@netlify/headers-parser";
import { getTransformedRoutes } from "@vercel/routing-utils";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { load } from "js-yaml";
import { minimatch } from "minimatch";
import { parse } from "parse5";
import { describe, expect, test } from "vitest";
import { EDGE_TARGETS, EdgeError, type EmitOptions, emit } from "../../src/edge/index.ts";
import type { Target } from "../../src/edge/target.ts";
import { azure } from "../../src/edge/targets/azure.ts";
import { caddy } from "../../src/edge/targets/caddy.ts";
import { cloudflare } from "../../src/edge/targets/cloudflare.ts";
import { cloudFront } from "../../src/edge/targets/cloudfront.ts";
import { envoy } from "../../src/edge/targets/envoy.ts";
import { firebase } from "../../src/edge/targets/firebase.ts";
import { gatewayApi } from "../../src/edge/targets/gateway-api.ts";
import { iis } from "../../src/edge/targets/iis.ts";
import { netlify } from "../../src/edge/targets/netlify.ts";
import { traefik } from "../../src/edge/targets/traefik.ts";
import { csp, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import { STATIC, STATIC_TEXTS } from "../support/static-policy.ts";

const SITE = { upstream: "http://127.0.0.1:3000", host: "www.example.com", port: 80 };
const textOf = (target: string, options: EmitOptions = {}, policy: SecureHeadersOptions = STATIC): string => emit(target, policy, options).files[0]?.text ?? "";
const lower = (entries: Iterable<readonly [string, string]>): Map<string, string> => new Map([...entries].map(([name, value]) => [name.toLowerCase(), value]));

test.each(EDGE_TARGETS.flatMap(({ name, modes }) => modes.map((mode) => [name, mode] as const)))("%s, %s: as in the golden file", async (name, mode) => {
	const { files } = emit(name, STATIC, { mode, site: SITE });
	const text = files.map((file) => `==> ${file.path} <==\n${file.text}`).join("\n");
	await expect(text).toMatchFileSnapshot(`../golden/${name}-${mode}.txt`);
});

describe("hosts, by their own readers", () => {
	test("netlify", async () => {
		const folder = mkdtempSync(join(tmpdir(), "headguard-emit-"));
		writeFileSync(join(folder, "_headers"), textOf("netlify"));
		const { headers, errors } = await parseAllHeaders({ headersFiles: [join(folder, "_headers")], configHeaders: [], minimal: true });
		rmSync(folder, { recursive: true });
		expect(errors).toEqual([]);
		expect(headers.map((rule) => rule.for)).toEqual(["/*"]);
		expect(lower(Object.entries(headers[0]?.values as Record<string, string>))).toEqual(STATIC_TEXTS);
	});

	test("vercel", () => {
		const { routes, error } = getTransformedRoutes(JSON.parse(textOf("vercel")));
		expect(error).toBeNull();
		const [route] = routes as { src: string; headers: Record<string, string>; continue: boolean }[];
		expect([route?.continue, new RegExp(route?.src ?? "$^").test("/a/b")]).toEqual([true, true]);
		expect(lower(Object.entries(route?.headers ?? {}))).toEqual(STATIC_TEXTS);
	});

	test("firebase: one rule for every path, in the form and by the globs of its documentation", () => {
		const { hosting, ...elsewhere } = JSON.parse(textOf("firebase"));
		expect(elsewhere).toEqual({});
		expect(hosting).toEqual({ headers: [{ source: expect.any(String), headers: expect.any(Array) }] });
		const [{ source, headers }] = hosting.headers;
		// Paths and globs both start with a slash there.
		for (const path of ["/", "/missing", "/a/b.html"]) expect([path, minimatch(path, posix.join("/", source))]).toEqual([path, true]);
		expect(minimatch("/a/b.html", posix.join("/", "*.html")), "(control) a glob for the first level").toBe(false);
		for (const entry of headers) expect(Object.keys(entry)).toEqual(["key", "value"]);
		expect(lower(headers.map(({ key, value }: { key: string; value: string }) => [key, value] as const))).toEqual(STATIC_TEXTS);
	});

	test("cloudflare: a rule for every path, a line for each header", () => {
		const [, rule, ...lines] = textOf("cloudflare").trimEnd().split("\n");
		expect(rule).toBe("/*");
		expect(lower(lines.map((line) => line.trim().split(/: (.*)/s) as [string, string]))).toEqual(STATIC_TEXTS);
	});

	test("a page carries what browsers read there, and says what it cannot", () => {
		const text = textOf("meta");
		const metas: Record<string, string>[] = [];
		const visit = (node: { nodeName: string; attrs?: { name: string; value: string }[]; childNodes?: unknown[] }): void => {
			if (node.nodeName === "meta") metas.push(Object.fromEntries((node.attrs ?? []).map(({ name, value }) => [name, value])));
			for (const child of node.childNodes ?? []) visit(child as never);
		};
		visit(parse(`<head>${text}`) as never);
		expect(metas).toEqual([
			{
				"http-equiv": "Content-Security-Policy",
				content: "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; script-src 'self' https://cdn.example.com/a%20b/",
			},
			{ name: "referrer", content: "strict-origin-when-cross-origin" },
		]);
		expect(text).toContain("A page cannot carry: frame-ancestors, report-uri, Strict-Transport-Security,");
	});
});

describe("experimental targets, by a parser of their format", () => {
	test("envoy", () => {
		const { route_config: route, local_reply_config: local } = load(textOf("envoy")) as Record<string, Record<string, never>>;
		const read = (entries: { header: { key: string; value: string }; append_action: string }[]): Map<string, string> => {
			expect(new Set(entries.map((entry) => entry.append_action))).toEqual(new Set(["OVERWRITE_IF_EXISTS_OR_ADD"]));
			return new Map(entries.map(({ header }) => [header.key, header.value.replaceAll("%%", "%")]));
		};
		expect(read(route?.["response_headers_to_add"] as never)).toEqual(STATIC_TEXTS);
		const [mapper] = (local as unknown as { mappers: [{ headers_to_add: never }] }).mappers;
		expect(read(mapper.headers_to_add)).toEqual(STATIC_TEXTS);
		expect(route?.["response_headers_to_remove"]).toContain("x-powered-by");
	});

	test("traefik", () => {
		const file = load(textOf("traefik")) as { http: { middlewares: { headguard: { headers: { customResponseHeaders: Record<string, string> } } } } };
		const { "X-Powered-By": powered, ...sets } = file.http.middlewares.headguard.headers.customResponseHeaders;
		expect(powered).toBe("");
		expect(lower(Object.entries(sets))).toEqual(STATIC_TEXTS);
	});

	test("cloudfront", () => {
		const config = JSON.parse(textOf("cloudfront")).Resources.Headguard.Properties.ResponseHeadersPolicyConfig;
		expect(config.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy).toBe(STATIC_TEXTS.get("content-security-policy"));
		expect(config.SecurityHeadersConfig.StrictTransportSecurity).toEqual({
			AccessControlMaxAgeSec: 31_536_000,
			IncludeSubdomains: true,
			Preload: false,
			Override: true,
		});
		const custom = lower(config.CustomHeadersConfig.Items.map((item: { Header: string; Value: string }) => [item.Header, item.Value]));
		expect(custom.get("permissions-policy")).toBe(STATIC_TEXTS.get("permissions-policy"));
		expect(custom.has("referrer-policy")).toBe(false);
		const terraform = textOf("cloudfront-terraform");
		expect(terraform.match(/\{/g)?.length).toBe(terraform.match(/\}/g)?.length);
		expect(terraform).toContain(`content_security_policy = ${JSON.stringify(STATIC_TEXTS.get("content-security-policy"))}`);
	});

	test("iis", () => {
		const text = textOf("iis");
		expect(XMLValidator.validate(text)).toBe(true);
		const { configuration } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" }).parse(text);
		const { add, remove } = configuration["system.webServer"].httpProtocol.customHeaders;
		expect(lower(add.map((entry: { name: string; value: string }) => [entry.name, entry.value]))).toEqual(STATIC_TEXTS);
		expect(remove.map((entry: { name: string }) => entry.name)).toEqual(expect.arrayContaining(["X-Powered-By", "X-Frame-Options"]));
	});

	test("azure and gateway-api", () => {
		expect(lower(Object.entries(JSON.parse(textOf("azure")).globalHeaders as Record<string, string>))).toEqual(STATIC_TEXTS);
		const { filters } = load(textOf("gateway-api")) as { filters: { responseHeaderModifier: { set: { name: string; value: string }[]; remove: string[] } }[] };
		expect(lower(filters[0]?.responseHeaderModifier.set.map(({ name, value }) => [name, value] as const) ?? [])).toEqual(STATIC_TEXTS);
	});
});

describe("every printable character, read back", () => {
	const all = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i)).trim();
	const headers = [
		{ name: "X-All", value: all },
		{ name: "X-Braces", value: `{{x}} \${y} %{z} %s $1x "` },
	];
	const filesOf = (target: Target): string => target.files({ mode: "override", headers, remove: ["X-Gone"] }, undefined)[0]?.text ?? "";
	const wanted = new Map(headers.map(({ name, value }) => [name, value]));

	test("JSON", () => {
		expect(new Map(Object.entries(JSON.parse(filesOf(azure)).globalHeaders))).toEqual(wanted);
		const pairs = (list: { key: string; value: string }[]): Map<string, string> => new Map(list.map(({ key, value }) => [key, value]));
		expect(pairs(JSON.parse(filesOf(firebase)).hosting.headers[0].headers)).toEqual(wanted);
		const { Items } = JSON.parse(filesOf(cloudFront)).Resources.Headguard.Properties.ResponseHeadersPolicyConfig.CustomHeadersConfig;
		expect(new Map(Items.map((item: { Header: string; Value: string }) => [item.Header, item.Value]))).toEqual(wanted);
	});

	test("YAML", () => {
		const { filters } = load(filesOf(gatewayApi)) as { filters: [{ responseHeaderModifier: { set: { name: string; value: string }[] } }] };
		expect(new Map(filters[0].responseHeaderModifier.set.map(({ name, value }) => [name, value]))).toEqual(wanted);
		const { route_config } = load(filesOf(envoy)) as { route_config: { response_headers_to_add: { header: { key: string; value: string } }[] } };
		const read = route_config.response_headers_to_add.map(({ header }) => [header.key, header.value.replaceAll("%%", "%")] as const);
		expect(new Map(read)).toEqual(lower(wanted));
		// Two braces are written as a text of the template.
		const { http } = load(filesOf(traefik).replaceAll('{{"{{"}}', "{{")) as {
			http: { middlewares: { headguard: { headers: { customResponseHeaders: Record<string, string> } } } };
		};
		expect(new Map(Object.entries(http.middlewares.headguard.headers.customResponseHeaders).filter(([, value]) => value !== ""))).toEqual(wanted);
	});

	test("XML", () => {
		const { configuration } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "", trimValues: false, htmlEntities: false }).parse(filesOf(iis));
		const { add } = configuration["system.webServer"].httpProtocol.customHeaders;
		expect(new Map(add.map((entry: { name: string; value: string }) => [entry.name, entry.value]))).toEqual(wanted);
	});

	test("lines", () => {
		const lines = filesOf(cloudflare).trimEnd().split("\n").slice(2);
		expect(new Map(lines.map((line) => line.trim().split(/: (.*)/s) as [string, string]))).toEqual(wanted);
		expect(() => filesOf(netlify)).toThrow(/X-All: Netlify writes exactly one space after each comma/);
	});
});

describe("what a file cannot carry is refused, with the way out", () => {
	const problemsOf = (run: () => unknown): readonly string[] => {
		try {
			run();
		} catch (error) {
			expect(error).toBeInstanceOf(EdgeError);
			return (error as EdgeError).problems;
		}
		return [];
	};

	test("a nonce names its directives", () => {
		const [problem, ...more] = problemsOf(() => emit("nginx", secureHeaders() as never));
		expect(problem).toMatch(
			/^Content-Security-Policy: script-src and style-src have a nonce, which a configuration file cannot generate .* Use mode "fill".* or hashes; or, with nginx, nonceSlot\.$/,
		);
		expect(more).toEqual([]);
		expect(emit("nginx", secureHeaders() as never, { mode: "fill" }).files.length).toBe(2);
	});

	test("a function of the request", () => {
		const policy = { contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"], imgSrc: [() => "https://img.example"] } } };
		expect(problemsOf(() => emit("nginx", policy as never))).toEqual([
			'img-src: a function of the request returns its sources, and a configuration file cannot call it. Use mode "fill", or list the sources.',
		]);
	});

	test("reports that only some responses ask for", () => {
		const policy = { preset: "api", reporting: { endpoint: "/_reports", fraction: 0.1 } } as const;
		expect(problemsOf(() => emit("nginx", policy))).toEqual([
			'reporting.fraction: a configuration file asks for reports on every response. Remove fraction, or use mode "fill".',
		]);
		expect(emit("nginx", policy, { mode: "fill" }).files.length).toBeGreaterThan(0);
		expect(emit("nginx", { ...policy, reporting: { endpoint: "/_reports" } }).files.length).toBeGreaterThan(0);
	});

	const withSource = (source: string): SecureHeadersOptions => ({
		contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"], imgSrc: [source] } },
	});
	test.each<[string, string, RegExp]>([
		["apache-htaccess", `https://a.example/\${x}`, /\$\{ begins a variable, and \.htaccess cannot escape it/],
		["caddy", "https://a.example/{$x}", /\{\$ begins an environment variable/],
		["cloudflare", "https://a.example/:splat", /:splat/],
		[
			"cloudflare",
			`https://a.example/${"x".repeat(2000)}`,
			/Content-Security-Policy has \d+ characters, and cloudflare accepts at most 1900\. Cloudflare ignores a line of more than 2000 characters/,
		],
		["vercel", "https://a.example/$1", /replaces \$ and the letter or digit after it with a part of the path/],
		["cloudfront", `https://a.example/${"x".repeat(1800)}`, /cloudfront accepts at most 1783/],
		["gateway-api", `https://a.example/${"x".repeat(4096)}`, /gateway-api accepts at most 4096/],
		["apache", `https://a.example/${"x".repeat(8000)}`, /apache accepts at most 8000/],
		["varnish", `https://a.example/${"x".repeat(8000)}`, /varnish accepts at most 8000/],
	])("%s: %.40s", (target, source, message) => {
		expect(problemsOf(() => emit(target, withSource(source))).join()).toMatch(message);
		expect(problemsOf(() => emit(target, withSource("https://a.example/x")))).toEqual([]);
	});

	test("HAProxy is warned of its small room, and given a larger one", () => {
		const { warnings, files } = emit("haproxy", STATIC);
		expect(warnings.join()).toMatch(/haproxy has room for 900\. Set tune\.maxrewrite 8192/);
		expect(files[0]?.text).toContain("tune.maxrewrite 8192");
		expect(emit("haproxy", { preset: "api" }).warnings).toEqual([]);
	});

	test.each<[string, EmitOptions, string]>([
		["ngnx", {}, '"ngnx" is not a target. Did you mean "nginx"?'],
		["vercel", { mode: "fill" }, 'vercel: the target does not support mode "fill". Write "override".'],
		["apache", { nonceSlot: "NONCE_0123456789abcdef" }, "nonceSlot: apache cannot put a nonce into pages."],
		["nginx", { nonceSlot: "short" }, 'nonceSlot: received "short".'],
		["nginx", { nonceSlot: 'a"; evil "b0123456789' }, "nonceSlot: received"],
		["nginx", { mode: "fill", nonceSlot: "NONCE_0123456789abcdef" }, 'nonceSlot: in mode "fill" the application makes the nonce.'],
		["nginx", { site: { ...SITE, upstream: "http://a.example/path" } }, "site.upstream: received"],
		["nginx", { site: { ...SITE, upstream: "http://a.example;evil" } }, "site.upstream: received"],
		["nginx", { site: { ...SITE, host: "a; evil" } }, "site.host: received"],
		["nginx", { site: { ...SITE, port: 0 } }, "site.port: received 0."],
	])("%s %j", (target, options, message) => {
		expect(problemsOf(() => emit(target, STATIC, options)).join("\n")).toContain(message);
	});

	test("a value that is not a policy", () => {
		expect(() => emit("nginx", (() => {}) as never)).toThrow("Write the middleware that secureHeaders() returns, or its options.");
		expect(() => emit("nginx", { hsts: true } as never)).toThrow("hsts: headguard has no short names. Write strictTransportSecurity.");
	});
});

describe("fill knows a response that has the policy", () => {
	const marks = (policy: SecureHeadersOptions): string | undefined =>
		/sub headguard \{[^(]*if \(resp\.status >= 200(?: && )?(.*)\) \{\n/.exec(textOf("varnish", { mode: "fill" }, policy))?.[1];
	const off: SecureHeadersOptions = {
		xFrameOptions: false,
		referrerPolicy: false,
		permissionsPolicy: false,
		crossOriginOpenerPolicy: false,
		crossOriginResourcePolicy: false,
		originAgentCluster: false,
	};
	const frameworks = "resp.http.Content-Security-Policy == {\"default-src 'none'\"}";

	test.each<[string, SecureHeadersOptions, string]>([
		[
			"by several headers, because a route may switch one off, and a framework's own error page has nosniff",
			{},
			`(resp.http.X-Content-Type-Options !~ "." || ${frameworks}) && resp.http.Permissions-Policy !~ "." && resp.http.Origin-Agent-Cluster !~ "."`,
		],
		["by nosniff", off, `(resp.http.X-Content-Type-Options !~ "." || ${frameworks})`],
		["by nosniff, also on error pages of a policy that has no CSP", { ...off, contentSecurityPolicy: false }, 'resp.http.X-Content-Type-Options !~ "."'],
		["by those that are left", { xContentTypeOptions: false, permissionsPolicy: false }, 'resp.http.Origin-Agent-Cluster !~ "."'],
		["by any that is on every response", { ...off, xContentTypeOptions: false, referrerPolicy: true }, 'resp.http.Referrer-Policy !~ "."'],
		[
			"by a policy without a nonce",
			{ ...off, xContentTypeOptions: false, contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"] } } },
			'resp.http.Content-Security-Policy !~ "."',
		],
		["not at all where the edge owns its headers", { owner: { xFrameOptions: "edge" } }, ""],
	])("%s", (_what, policy, condition) => {
		expect(marks(policy)).toBe(condition);
	});

	test.each(["nginx", "nginx-headers-more", "apache", "apache-htaccess", "caddy", "haproxy", "varnish"])(
		"%s: without such a header it is refused",
		(target) => {
			const problem =
				'mode "fill": no header of the policy is on every response, so the edge cannot tell which responses have the policy. Leave xContentTypeOptions on.';
			const nonceAlone = { ...off, xContentTypeOptions: false, strictTransportSecurity: true } as const;
			expect(() => emit(target, nonceAlone, { mode: "fill" })).toThrow(new EdgeError([problem]));
			expect(emit(target, { ...nonceAlone, xContentTypeOptions: true }, { mode: "fill" }).files.length).toBeGreaterThan(0);
			expect(emit(target, { ...nonceAlone, owner: "edge" }, { mode: "fill" }).files.length).toBeGreaterThan(0);
		},
	);

	test("what may be another on each response is not for a 304: a nonce, and what a function answers", () => {
		const isOn304 = (policy: SecureHeadersOptions): boolean =>
			!/resp\.status != 304 && resp\.http\.Content-Security-Policy !~/.test(textOf("varnish", { mode: "fill" }, policy));
		expect(isOn304({})).toBe(false);
		expect(
			isOn304({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"], imgSrc: [() => "https://img.example"] } } } as never),
		).toBe(false);
		expect(isOn304(STATIC)).toBe(true);
	});
});

describe("one owner for each header", () => {
	test("what belongs to the edge is sent by it alone", () => {
		const options: SecureHeadersOptions = { ...STATIC, owner: { strictTransportSecurity: "edge", xFrameOptions: "edge", referrerPolicy: "app" } };
		const own = compile(createPolicy(options)).blocks[3]?.headers.map(({ name }) => name) ?? [];
		expect(own).not.toContain("Strict-Transport-Security");
		expect(own).not.toContain("X-Frame-Options");
		expect(own).toContain("Content-Security-Policy");
		expect(textOf("cloudflare", {}, options).match(/^ {2}\S+/gm)).toEqual(["  Strict-Transport-Security:", "  X-Frame-Options:"]);
	});

	test("everything", () => {
		const options: SecureHeadersOptions = { ...STATIC, owner: "edge" };
		expect(compile(createPolicy(options)).blocks.flatMap(({ headers }) => headers)).toEqual([]);
		expect(textOf("cloudflare", {}, options)).toBe(textOf("cloudflare"));
		expect(textOf("cloudflare", {}, { ...STATIC, owner: "app" })).toBe(textOf("cloudflare"));
	});

	test("a nonce that the application keeps does not stand in the way", () => {
		const options: SecureHeadersOptions = { contentSecurityPolicy: { directives: { scriptSrc: [csp.nonce] } }, owner: { strictTransportSecurity: "edge" } };
		expect(textOf("cloudflare", {}, options)).toContain("Strict-Transport-Security");
	});

	test.each<[unknown, string]>([
		["egde", 'owner: received "egde"'],
		[{ strictTransportSecurity: "proxy" }, 'owner.strictTransportSecurity: received "proxy". Write "app" or "edge".'],
		[{ hsts: "edge" }, "owner.hsts"],
		[5, "owner: received 5"],
	])("%j is refused", (owner, message) => {
		expect(() => createPolicy({ owner } as never)).toThrow(message);
	});
});

test("the program of docs/behind-a-proxy.md writes the files that the command writes", () => {
	const [, code = ""] = /```js\n(import \{ writeFileSync \}[\s\S]*?)```/.exec(readFileSync("docs/behind-a-proxy.md", "utf8")) ?? [];
	const written = new Map<string, string>();
	const printed: string[] = [];
	const scope = {
		writeFileSync: (path: string, text: string) => written.set(path, text),
		emit,
		headers: secureHeaders(),
		console: { log: (text: string) => printed.push(text) },
	};
	new Function(...Object.keys(scope), code.replace(/^import .*$/gm, ""))(...Object.values(scope));
	expect([...written.keys()]).toEqual(["headguard-headers.conf", "headguard-http.conf", "headguard-site.conf"]);
	expect(written.get("headguard-site.conf")).toContain("proxy_pass http://127.0.0.1:3000;");
	expect(printed).toEqual(["Put the files next to nginx.conf. Include headguard-site.conf inside http{}. Test it: nginx -t, then nginx -s reload."]);
});

test("Caddy: a value with a backtick stands in double quotes, where a backslash before the quote cannot stand", () => {
	const text = (value: string): string => caddy.files({ mode: "override", headers: [{ name: "X-Own", value }], remove: [] }, undefined)[0]?.text ?? "";
	expect(text("a ` b\\ c")).toContain('X-Own "a ` b\\ c"\n');
	expect(text("a b\\")).toContain("X-Own `a b\\`\n");
	expect(() => text("a ` b\\")).toThrow("Caddy cannot express a value that has a backtick and ends in a backslash. Remove one of them.");
	expect(() => text('a ` \\" b')).toThrow('Caddy cannot express a value that has both a backtick and \\". Remove one of them.');
});

test("a virtual host of Apache says which Listen line a port needs that few configurations have", () => {
	const on = (port: number): readonly string[] => {
		const site = { upstream: "http://127.0.0.1:3000", host: "www.example.com", port };
		const { files, howTo } = emit("apache", { preset: "spa" }, { site });
		return [files.find(({ path }) => path === "headguard-site.conf")?.text ?? "", howTo];
	};
	expect(on(8080)[0]).toMatch(/^# Apache listens on this port only where its configuration says: Listen 8080\n<VirtualHost \*:8080>$/m);
	expect(on(80)[0]).not.toContain("Listen");
	expect(on(8080)[1]).toContain("a2enmod headers proxy proxy_http. Apache also needs a Listen line for its port.");
	expect(emit("apache", { preset: "spa" }).howTo).not.toContain("Listen");
});
