import { expect, test } from "vitest";
import { headerTable, issuesOf, warningsOf } from "../support/policy.ts";

const YEAR = 31_536_000;

headerTable(
	"Strict-Transport-Security",
	[
		[{}, "max-age=31536000; includeSubDomains"],
		[{ strictTransportSecurity: true }, "max-age=31536000; includeSubDomains"],
		[{ strictTransportSecurity: false }, undefined],
		[{ strictTransportSecurity: {} }, "max-age=31536000; includeSubDomains"],
		[{ strictTransportSecurity: { includeSubDomains: false } }, "max-age=31536000"],
		[{ strictTransportSecurity: { preload: true } }, "max-age=31536000; includeSubDomains; preload"],
		[{ strictTransportSecurity: { maxAge: 0 } }, "max-age=0; includeSubDomains"],
		[{ strictTransportSecurity: { maxAge: undefined } }, "max-age=31536000; includeSubDomains"],
		[{}, undefined, { secure: false, hstsAllowed: false }],
		[{}, "max-age=31536000; includeSubDomains", { secure: false, hstsAllowed: true }],
		[{}, undefined, { secure: true, hstsAllowed: false }],
	],
	[
		[{ strictTransportSecurity: { maxAge: 1.5 } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: -1 } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: 1e21 } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: Number.NaN } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: "31536000" } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: null } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { preload: true, includeSubDomains: false } }, "hsts/preload-ineligible"],
		[{ strictTransportSecurity: { preload: true, maxAge: YEAR - 1 } }, "hsts/preload-ineligible"],
		[{ strictTransportSecurity: { includeSubdomains: true } }, "option/alias"],
		[{ strictTransportSecurity: { maxage: 5 } }, "option/unknown"],
		[{ strictTransportSecurity: 31_536_000 }, "option/type"],
		[{ strictTransportSecurity: { includeSubDomains: "yes" } }, "option/type"],
	],
);

test("a short or zero max-age is legal and warned of", () => {
	expect(warningsOf({ strictTransportSecurity: { maxAge: 86400 } })).toEqual(["strictTransportSecurity.maxAge hsts/max-age-short"]);
	expect(warningsOf({ strictTransportSecurity: { maxAge: 0 } })).toEqual(["strictTransportSecurity.maxAge hsts/max-age-zero"]);
	expect(warningsOf({})).toEqual([]);
});

test("the preload message is the one of the documentation", () => {
	const [issue] = issuesOf({ strictTransportSecurity: { preload: true, includeSubDomains: false } });
	expect(issue).toEqual({
		code: "hsts/preload-ineligible",
		path: "strictTransportSecurity.preload",
		message: 'received {"includeSubDomains":false}, which preload lists refuse. Write includeSubDomains: true, and maxAge of at least 31536000.',
		received: '{"includeSubDomains":false}',
		expected: "includeSubDomains: true, and maxAge of at least 31536000",
	});
});
