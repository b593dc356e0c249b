import { expect, test } from "vitest";
import { headersOf, headerTable, warningsOf } from "../support/policy.ts";

headerTable(
	"Reporting-Endpoints",
	[
		[{}, undefined],
		[{ reportingEndpoints: { default: "/_reports", csp: "https://r.example/a?b=c" } }, 'default="/_reports", csp="https://r.example/a?b=c"'],
		[{ reportingEndpoints: { a: "/r" } }, 'a="/r"', { secure: false, hstsAllowed: true }],
		[{ reportingEndpoints: { a: "/r" } }, undefined, { secure: false, hstsAllowed: false }],
		[{ reportingEndpoints: false }, undefined],
	],
	[
		[{ reportingEndpoints: true }, "option/type"],
		[{ reportingEndpoints: {} }, "report/name"],
		[{ reportingEndpoints: { Default: "/r" } }, "report/name"],
		[{ reportingEndpoints: { a: "/r\r\nX: y" } }, "report/url"],
		[{ reportingEndpoints: { a: "javascript:alert(1)" } }, "report/url"],
		[{ reportingEndpoints: { a: "https://ü.example/" } }, "report/url"],
		[{ reportingEndpoints: { a: 5 } }, "option/type"],
	],
);

test("a quote in an endpoint is escaped, so it cannot end the string", () => {
	expect(headersOf({ reportingEndpoints: { a: '/r?"x\\y' } })["Reporting-Endpoints"]).toBe('a="/r?\\"x\\\\y"');
});

test("an endpoint on plain http is warned of", () => {
	expect(warningsOf({ reportingEndpoints: { a: "http://r.example/" } })).toEqual(["reportingEndpoints.a report/endpoint-insecure"]);
});
