import { headerTable } from "../support/policy.ts";

const group = { group: "ne", endpoints: ["https://r.example/nel"] };

headerTable(
	"NEL",
	[
		[{}, undefined],
		[
			{ nel: { reportTo: "ne" }, reportTo: [group] },
			'{"report_to":"ne","max_age":2592000,"include_subdomains":false,"success_fraction":0,"failure_fraction":1}',
		],
		[{ nel: { reportTo: "ne" }, reportTo: [group] }, undefined, { secure: false, hstsAllowed: false }],
	],
	[
		[{ nel: true }, "option/type"],
		[{ nel: { reportTo: "ne" } }, "report/endpoint-undefined"],
		[{ nel: { reportTo: "ne", successFraction: 2 }, reportTo: [group] }, "nel/invalid"],
		[{ nel: { reportTo: "ne", maxAge: -1 }, reportTo: [group] }, "nel/invalid"],
		[{ nel: {}, reportTo: [group] }, "report/name"],
	],
);
