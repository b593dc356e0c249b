import { expect, test } from "vitest";
import { codesOf, headersOf, warningsOf } from "./support/policy.ts";

const on = {
	contentSecurityPolicyReportOnly: true,
	crossOriginEmbedderPolicy: true,
	crossOriginOpenerPolicyReportOnly: true,
	permissionsPolicyReportOnly: true,
	integrityPolicy: true,
	documentIsolationPolicy: true,
} as const;

test("one option wires every header, each in its own spelling", () => {
	const headers = headersOf({ ...on, reporting: { endpoint: "/_reports" } });
	expect(headers["Reporting-Endpoints"]).toBe('default="/_reports"');
	expect(headers["Content-Security-Policy"]).toContain("; report-to default; report-uri /_reports; ");
	expect(headers["Content-Security-Policy-Report-Only"]).toContain("; report-to default; report-uri /_reports; ");
	expect(headers["Cross-Origin-Opener-Policy"]).toBe('same-origin; report-to="default"');
	expect(headers["Cross-Origin-Opener-Policy-Report-Only"]).toBe('same-origin; report-to="default"');
	expect(headers["Cross-Origin-Embedder-Policy"]).toBe('require-corp; report-to="default"');
	expect(headers["Document-Isolation-Policy"]).toBe('isolate-and-require-corp; report-to="default"');
	expect(headers["Integrity-Policy"]).toBe("blocked-destinations=(script), endpoints=(default)");
	expect(headers["Permissions-Policy"]).toMatch(/^accelerometer=\(\); report-to=default, /);
	expect(headers["Permissions-Policy-Report-Only"]).toMatch(/^accelerometer=\(\); report-to=default, /);
	expect(warningsOf({ ...on, reporting: { endpoint: "/_reports" } })).toEqual([]);
});

test("off https the CSP reports through report-uri alone", () => {
	const plain = headersOf({ reporting: { endpoint: "/_reports" } }, { secure: false, pinnable: false });
	expect(plain["Content-Security-Policy"]).toContain("; report-uri /_reports; ");
	expect(plain["Content-Security-Policy"]).not.toContain("report-to");
	expect(plain["Reporting-Endpoints"]).toBeUndefined();
});

test("what names an endpoint itself keeps it, and other endpoints stand beside", () => {
	const headers = headersOf({
		reporting: { endpoint: "/_reports", name: "all" },
		reportingEndpoints: { coop: "/coop" },
		crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "coop" },
		contentSecurityPolicy: { directives: { reportUri: ["/csp"] } },
	});
	expect(headers["Reporting-Endpoints"]).toBe('all="/_reports", coop="/coop"');
	expect(headers["Cross-Origin-Opener-Policy"]).toBe('same-origin; report-to="coop"');
	expect(headers["Content-Security-Policy"]).toContain("; report-uri /csp; ");
	expect(headers["Content-Security-Policy"]).not.toContain("report-to");
});

test.each<[unknown, string]>([
	[{ endpoint: "/r;x" }, "csp/separator"],
	[{ endpoint: "/r\r\nX: y" }, "report/url"],
	[{ endpoint: 5 }, "option/type"],
	[{}, "option/type"],
	[{ endpoint: "/r", name: "A b" }, "report/name"],
	[{ endpoints: "/r", endpoint: "/r" }, "option/unknown"],
	["/r", "option/type"],
])("%j is refused", (reporting, code) => {
	expect(codesOf({ reporting })).toEqual([code]);
});
