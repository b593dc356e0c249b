import { expect } from "vitest";
import { csp, secureHeaders } from "../../../src/index.ts";
import { collectReports, type ReportRecord } from "../../../src/reports/index.ts";
import { page, serve } from "../../support/site.ts";
import type { Case } from "./case.ts";

export const reportCases: readonly Case[] = [
	[
		"what is blocked arrives, with the line and a sample where the engine has them",
		async (window, engine) => {
			const records: ReportRecord[] = [];
			let other = "";
			const site = await serve((app, { elsewhere }) => {
				other = elsewhere;
				app.use("/reports", collectReports({ samples: true, onReport: (more) => void records.push(...more) }));
				app.use(secureHeaders({ reporting: { endpoint: "/reports" }, contentSecurityPolicy: { directives: { scriptSrc: [csp.self, csp.reportSample] } } }));
				app.get("/", (_req, res) =>
					page(
						res,
						`\n<script>first()</script>\n<img src="${elsewhere}/a.png?token=1" alt=""><p style="color: red">\n<img src="/none.png" onerror="second()" alt=""><iframe src="${elsewhere}/"></iframe>`,
					),
				);
			});
			await window.open(`${site.origin}/?token=secret`);
			const told = (): readonly string[] => records.map(({ directive, blocked }) => `${directive} ${blocked}`).sort();
			await expect
				.poll(told, { timeout: 8000 })
				.toEqual([`frame-src ${other}/`, `img-src ${other}/a.png`, "script-src-attr inline", "script-src-elem inline", "style-src-attr inline"]);
			for (const record of records) expect(record).toMatchObject({ type: "csp-violation", disposition: "enforce", document: `${site.origin}/` });
			// WebKit has them in reports of Reporting-Endpoints alone.
			const script = records.find(({ directive }) => directive === "script-src-elem");
			expect([script?.line, script?.sample]).toEqual(engine === "WebKit" ? [0, undefined] : [2, "first()"]);
		},
	],
];
