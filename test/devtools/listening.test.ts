import { expect, test } from "vitest";
import { createListening } from "../../src/devtools/listening.ts";
import { type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import type { CompiledPolicy } from "../../src/policy/compile.ts";
import { blockFor, wireOf } from "../../src/response/wire.ts";

const URL_OF_REPORTS = "/__headguard/reports";

function textsOf(options: SecureHeadersOptions, isHttps: boolean): Readonly<Record<string, string>> {
	const compiled = createListening(URL_OF_REPORTS, isHttps)(wireOf(secureHeaders(options)) as CompiledPolicy);
	return Object.fromEntries(blockFor(compiled, isHttps, isHttps).headers.map(({ name, text, nonced }) => [name, nonced?.join("N") ?? text]));
}

function csp(options: SecureHeadersOptions, isHttps = false, name = "Content-Security-Policy"): string | undefined {
	return textsOf(options, isHttps)[name];
}

const DIRECTIVES = (directives: object): SecureHeadersOptions => ({ contentSecurityPolicy: { useDefaults: false, directives } });

test("the default policy gets the address and asks for samples, and allows nothing else", () => {
	expect(csp({})).toBe(
		"default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; report-uri /__headguard/reports; script-src 'self' 'nonce-N' 'report-sample'; style-src 'self' 'nonce-N' 'report-sample'",
	);
});

test.each([
	[
		"a list that only default-src governs is copied",
		{ defaultSrc: ["'self'"] },
		"default-src 'self'; report-uri URL; script-src 'self' 'report-sample'; style-src 'self' 'report-sample'",
	],
	["'none' stays none", { scriptSrc: ["'none'"] }, "report-uri URL; script-src 'report-sample'"],
	["what nothing limits stays free", { imgSrc: ["'self'"] }, "img-src 'self'; report-uri URL"],
	[
		"lists for elements and attributes ask for samples as well",
		{ scriptSrcElem: ["'self'"], styleSrcAttr: ["'unsafe-inline'"] },
		"report-uri URL; script-src-elem 'self' 'report-sample'; style-src-attr 'unsafe-inline' 'report-sample'",
	],
	["an own address keeps its reports", { imgSrc: ["'self'"], reportUri: ["/own"] }, "img-src 'self'; report-uri /own URL"],
	["'report-sample' is not written twice", { scriptSrc: ["'self'", "'report-sample'"] }, "report-uri URL; script-src 'self' 'report-sample'"],
])("%s", (_title, directives, expected) => {
	expect(csp(DIRECTIVES(directives))).toBe(expected.replace("URL", URL_OF_REPORTS));
});

test.each([false, true])("the endpoint of `reporting` still receives reports (https: %s)", (isHttps) => {
	expect(csp({ reporting: { endpoint: "/_reports", name: "mine" } }, isHttps)).toContain("report-uri /_reports /__headguard/reports;");
	expect(csp({ reporting: { endpoint: "/_reports", name: "mine" } }, isHttps)).not.toContain("report-to");
});

test("`reporting.fraction` does not hide violations from devtools", () => {
	const compiled = createListening(URL_OF_REPORTS, false)(wireOf(secureHeaders({ reporting: { endpoint: "/_r", fraction: 0.01 } })) as CompiledPolicy);
	expect(compiled.reportFraction).toBe(1);
	expect(blockFor(compiled, false, false, false).headers.find(({ name }) => name === "Content-Security-Policy")?.text).toContain(URL_OF_REPORTS);
});

test("a report-only policy and the policies of `also` are listened to", () => {
	const only: SecureHeadersOptions = { contentSecurityPolicyReportOnly: { useDefaults: false, directives: { imgSrc: ["'none'"] } } };
	expect(csp(only, false, "Content-Security-Policy-Report-Only")).toBe("img-src 'none'; report-uri /__headguard/reports");
	const both = { contentSecurityPolicy: { useDefaults: false, directives: { imgSrc: ["'self'"] }, also: [{ imgSrc: ["https:"] }] } };
	expect(csp(both as SecureHeadersOptions)).toBe("img-src 'self'; report-uri /__headguard/reports, img-src https:; report-uri /__headguard/reports");
});

test("other headers name the endpoint on https alone, and one that has an endpoint keeps it", () => {
	expect(textsOf({}, false)["Cross-Origin-Opener-Policy"]).toBe("same-origin");
	expect(textsOf({}, false)["Reporting-Endpoints"]).toBeUndefined();
	const options: SecureHeadersOptions = {
		reportingEndpoints: { mine: "/mine" },
		crossOriginEmbedderPolicy: { policy: "require-corp", reportTo: "mine" },
	};
	const texts = textsOf(options, true);
	expect(texts["Cross-Origin-Opener-Policy"]).toBe('same-origin; report-to="headguard-devtools"');
	expect(texts["Cross-Origin-Embedder-Policy"]).toBe('require-corp; report-to="mine"');
	expect(texts["Reporting-Endpoints"]).toBe('headguard-devtools="/__headguard/reports", mine="/mine"');
	expect(texts["Permissions-Policy"]).toMatch(/^accelerometer=\(\);report-to=headguard-devtools|^accelerometer=\(\); report-to=headguard-devtools/);
});

test("a policy without CSP stays without one, and the same policy is compiled once", () => {
	expect(csp({ contentSecurityPolicy: false })).toBeUndefined();
	const listen = createListening(URL_OF_REPORTS, false);
	const compiled = wireOf(secureHeaders()) as CompiledPolicy;
	expect(listen(compiled)).toBe(listen(compiled));
	expect(listen(listen(compiled))).toBe(listen(compiled));
});
