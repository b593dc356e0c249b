import { expect, test } from "vitest";
import { headerTable, warningsOf } from "../support/policy.ts";

const group = { group: "ne", endpoints: ["https://r.example/nel"] };

headerTable(
	"Report-To",
	[
		[
			{ nel: { reportTo: "ne" }, reportTo: [group] },
			'{"group":"ne","max_age":2592000,"endpoints":[{"url":"https://r.example/nel"}],"include_subdomains":false}',
		],
	],
	[
		[{ reportTo: [{ group: "a" }] }, "report/url"],
		[{ reportTo: [{ group: "a", endpoints: ["https://r.example/\u0000"] }] }, "report/url"],
		[{ reportTo: { group: "a" } }, "option/type"],
	],
);

test("Report-To without NEL is warned of", () => {
	expect(warningsOf({ reportTo: [group] })).toEqual(["reportTo report/legacy-report-to"]);
});
