import { describe, expect, test } from "vitest";
import { judge } from "../../src/audit/judge.ts";
import type { Exchange, Fields } from "../../src/audit/types.ts";
import { HEADER_FACTS } from "../../src/headers/facts.ts";
import { headersOf } from "../support/policy.ts";

const EVERYTHING: Readonly<Record<string, string>> = headersOf({
	contentSecurityPolicyReportOnly: { directives: { reportUri: "/r" } },
	permissionsPolicyReportOnly: true,
	crossOriginOpenerPolicyReportOnly: true,
	crossOriginEmbedderPolicy: true,
	crossOriginEmbedderPolicyReportOnly: true,
	documentIsolationPolicy: true,
	documentIsolationPolicyReportOnly: true,
	integrityPolicy: true,
	integrityPolicyReportOnly: true,
	connectionAllowlist: true,
	connectionAllowlistReportOnly: true,
	reportingEndpoints: { a: "/r" },
	reportTo: [{ group: "a", endpoints: ["https://r.example/"] }],
	nel: { reportTo: "a" },
	xXssProtection: true,
	xDnsPrefetchControl: true,
	xDownloadOptions: true,
	xPermittedCrossDomainPolicies: true,
});

const page = (fields: Fields): Exchange => ({ probe: "page", method: "GET", url: "https://a.example/", status: 200, fields, body: "", secure: true });
const without = (name: string): Fields => Object.entries(EVERYTHING).filter(([other]) => other !== name);

/** The ids of findings that a second line of a header adds. */
function addedBy(name: string, first: string, second: string): readonly string[] {
	const [once, twice] = [[first], [first, second]].map((values) => judge([page([...without(name), ...values.map((value) => [name, value] as const)])]));
	const known = (once ?? []).map(({ id }) => id);
	return (twice ?? []).filter(({ id, message }) => !known.includes(id) && (message.includes("twice") || message.includes("2 times"))).map(({ id }) => id);
}

test("there is a line of every header", () => {
	expect(Object.keys(EVERYTHING)).toEqual(HEADER_FACTS.map(({ name }) => name));
});

describe.each(Object.entries(EVERYTHING))("%s", (name, value) => {
	const own = {
		"Strict-Transport-Security": "hsts/multiple",
		"Cross-Origin-Opener-Policy": "coop/invalid",
		"Cross-Origin-Embedder-Policy": "coep/invalid",
		"Cross-Origin-Resource-Policy": "corp/invalid",
		"Document-Isolation-Policy": "dip/invalid",
	}[name];

	test("two identical lines are found, and one is not", () => {
		// Origin-Agent-Cluster says of both lines that they are not one.
		if (name === "Origin-Agent-Cluster") {
			const ids = judge([page([...without(name), [name, value], [name, value]])]).map(({ id }) => id);
			expect(ids).toContain("oac/invalid");
			return;
		}
		// Permissions-Policy also says which feature stands twice.
		expect(addedBy(name, value, value).filter((id) => id !== "permissions/duplicate")).toEqual([own ?? "dup/identical"]);
		expect(judge([page(Object.entries(EVERYTHING))]).map(({ id }) => id)).not.toContain(own ?? "dup/identical");
	});
});

test("two lines that differ are a defect where browsers take one, and none where each counts", () => {
	const different = (name: string, first: string, second: string): boolean => addedBy(name, first, second).includes("dup/different");
	expect([
		different("X-DNS-Prefetch-Control", "off", "on"),
		different("Cross-Origin-Opener-Policy-Report-Only", "same-origin", "unsafe-none"),
		different("Integrity-Policy", "blocked-destinations=(script)", "blocked-destinations=(style)"),
	]).toEqual([true, true, true]);
	expect([
		different("Content-Security-Policy", "default-src 'self'", "default-src 'none'"),
		different("Reporting-Endpoints", 'a="/r"', 'b="/s"'),
		different("Report-To", '{"group":"a"}', '{"group":"b"}'),
	]).toEqual([false, false, false]);
});
