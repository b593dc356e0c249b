import { CspEvaluator } from "csp_evaluator/dist/evaluator.js";
import { Severity } from "csp_evaluator/dist/finding.js";
import { CspParser } from "csp_evaluator/dist/parser.js";
import { describe, expect, test } from "vitest";
import { csp, getNonce, secureHeaders } from "../../src/index.ts";
import { codesOf, headersOf, warningsOf } from "../support/policy.ts";
import { listen } from "../support/stacks.ts";

const DEFAULTS = headersOf({});
const SAME = ["Referrer-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy"] as const;
const same = Object.fromEntries(SAME.map((name) => [name, DEFAULTS[name]]));

describe("presets, as exact text", () => {
	test("api", () => {
		expect(headersOf({ preset: "api" })).toEqual({
			...same,
			"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"Strict-Transport-Security": "max-age=31536000; includeSubDomains",
			"X-Frame-Options": "DENY",
		});
	});

	test("ssr", () => {
		expect(headersOf({ preset: "ssr" })).toEqual({
			...DEFAULTS,
			"Content-Security-Policy":
				"default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic' https: 'unsafe-inline'; style-src 'self' 'nonce-NONCE'; style-src-attr 'unsafe-inline'; worker-src 'self'",
		});
	});

	test("spa", () => {
		expect(headersOf({ preset: "spa" })).toEqual({
			...DEFAULTS,
			"Content-Security-Policy":
				"default-src 'self'; base-uri 'self'; connect-src 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; object-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'",
		});
	});

	test("strict", () => {
		expect(headersOf({ preset: "strict" })).toEqual({
			...DEFAULTS,
			"Content-Security-Policy":
				"default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; img-src 'self'; manifest-src 'self'; object-src 'none'; require-trusted-types-for 'script'; script-src 'nonce-NONCE' 'strict-dynamic' https: 'unsafe-inline'; style-src 'self' 'nonce-NONCE'",
			"Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
			"Cross-Origin-Embedder-Policy": "require-corp",
		});
	});
});

describe("compatible", () => {
	const POLICY = "base-uri 'self'; frame-ancestors 'self'; object-src 'none'";

	test("limits only what no page needs, and has all other headers", () => {
		expect(headersOf({ preset: "compatible" })).toEqual({ ...DEFAULTS, "Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN" });
	});

	test("an addition keeps it without warnings, and a policy of your own has its own", () => {
		const headers = secureHeaders({ preset: "compatible" });
		const codes = (patched: typeof headers) => patched.policy.warnings.map(({ code }) => code);
		expect(codes(headers.extend({ contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } } }))).toEqual([]);
		expect(codes(headers.extend({ contentSecurityPolicy: { directives: { frameAncestors: ["*"] } } }))).toEqual(["csp/frame-ancestors-wildcard"]);
		const own = { contentSecurityPolicy: { useDefaults: false, directives: { frameAncestors: [csp.self] } } } as const;
		const all = ["csp/no-script-src", "csp/no-object-src", "csp/no-base-uri", "csp/no-form-action"];
		expect(codes(headers.replace(own))).toEqual(all);
		expect(codes(secureHeaders({ preset: "compatible", ...own }))).toEqual(all);
	});
});

test("a template that prints the nonce is not blocked by it, so there is no event; it is by a list without a slot (control)", async () => {
	const eventsOf = async (preset: "compatible" | "spa") => {
		const codes: string[] = [];
		const headers = secureHeaders({ preset, onEvent: ({ code }) => void codes.push(code) });
		const running = await listen((req, res) => {
			headers(req, res);
			res.setHeader("Content-Type", "text/html");
			res.end(getNonce(res));
		});
		await running.ask();
		await running.close();
		return codes;
	};
	expect(await eventsOf("compatible")).toEqual([]);
	expect(await eventsOf("spa")).toEqual(["nonce/no-slot"]);
});

test.each(["api", "ssr", "spa", "strict", "compatible"])("%s has no warning", (preset) => {
	expect(warningsOf({ preset })).toEqual([]);
});

test("strict has no finding in csp_evaluator; the default of a CSP that only names a host has (control)", () => {
	const findings = (text: string) =>
		new CspEvaluator(new CspParser(text.replaceAll("NONCE", "q8vJ0Zb3T1m5nXwYcR7uEA")).csp).evaluate().filter(({ severity }) => severity !== Severity.NONE);
	expect(findings(headersOf({ preset: "strict" })["Content-Security-Policy"] ?? "")).toEqual([]);
	expect(findings("script-src https://cdn.example").length).toBeGreaterThan(0);
});

test("other options change a preset as they change the defaults", () => {
	const headers = headersOf({
		preset: "strict",
		contentSecurityPolicy: { directives: { imgSrc: [csp.self, "data:"], requireTrustedTypesFor: null } },
		crossOriginEmbedderPolicy: false,
		strictTransportSecurity: true,
	});
	expect(headers["Content-Security-Policy"]).toContain("img-src 'self' data:");
	expect(headers["Content-Security-Policy"]).not.toContain("require-trusted-types-for");
	expect(headers["Cross-Origin-Embedder-Policy"]).toBeUndefined();
	expect(headers["Strict-Transport-Security"]).toBe("max-age=63072000; includeSubDomains; preload");
	expect(headersOf({ preset: "api", originAgentCluster: true })["Origin-Agent-Cluster"]).toBe("?1");
	expect(headersOf({ preset: "api", permissionsPolicy: { features: { camera: ["self"] } } })["Permissions-Policy"]).toContain("camera=self");
});

test("an unread nonce never opens a list of a preset: the 'unsafe-inline' that it switched off goes with it", async () => {
	const headers = secureHeaders({ preset: "ssr" });
	const running = await listen((req, res) => {
		headers(req, res);
		res.end();
	});
	const [policy] = (await running.ask()).get("Content-Security-Policy");
	expect(policy).toContain("; script-src 'strict-dynamic' https:; style-src 'self'; style-src-attr 'unsafe-inline'; ");
	await running.close();
});

test("an unknown preset is refused", () => {
	expect(codesOf({ preset: "srr" })).toEqual(["option/unknown"]);
});

test("an api answer is not stored, unless the app says how", async () => {
	for (const [own, sent] of [
		[undefined, "no-store"],
		["public, max-age=60", "public, max-age=60"],
	] as const) {
		const headers = secureHeaders({ preset: "api" });
		const running = await listen((req, res) => {
			headers(req, res);
			if (own !== undefined) res.setHeader("Cache-Control", own);
			res.end("{}");
		});
		expect((await running.ask()).get("Cache-Control")).toEqual([sent]);
		await running.close();
	}
});
