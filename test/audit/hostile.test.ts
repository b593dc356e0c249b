import { expect, test } from "vitest";
import { estimatesOf } from "../../src/audit/estimates/index.ts";
import { judge } from "../../src/audit/judge.ts";
import type { Exchange } from "../../src/audit/types.ts";

const fill = (text: string, length: number): string => text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** Beginnings that an expression may try again at each place. */
const BODIES = [
	"at ",
	"at a ",
	"at (",
	"at (/",
	"at async ",
	"<title>Error</title>",
	"<pre>",
	"Warning</b>: ",
	"<meta charset=",
	"{",
	"<a nonce=",
	"<script src=http:",
	"style=",
	"onaa=x ",
	"&#",
	"at /a:",
];
const VALUES = [
	"a",
	"a,",
	"a;",
	"a=",
	"'nonce-",
	"'nonce-a'",
	"https://",
	'"',
	"(",
	";report-to=",
	"endpoints=(",
	"at ",
	"max-age=",
	"1.1.",
	"A://a:a",
	"eyJa.",
	"a b c=",
	"/*",
	" ",
];
const NAMES = [
	"Content-Security-Policy",
	"Strict-Transport-Security",
	"Permissions-Policy",
	"Set-Cookie",
	"Reporting-Endpoints",
	"Report-To",
	"Integrity-Policy",
	"Connection-Allowlist",
	"Server",
	"X-Any",
];

const seen = (given: Partial<Exchange>): Exchange => ({
	probe: "page",
	method: "GET",
	url: "https://a.example/",
	status: 200,
	secure: true,
	body: "",
	fields: [["Content-Type", "text/html"]],
	...given,
});

/** Far from what is measured: nothing here may grow faster than what a server sends. */
function isQuick(one: Exchange): void {
	// Not the time of the wall, which counts what else the machine does.
	const start = process.cpuUsage();
	judge([one]);
	estimatesOf([one]);
	expect(process.cpuUsage(start).user / 1000).toBeLessThan(3000);
}

test.each(BODIES)("a page of %j does not hold the audit", (text) => {
	isQuick(seen({ body: fill(text, 300_000) }));
	isQuick(seen({ body: fill(text, 300_000), status: 500, probe: "failing" }));
});

test.each(NAMES)("nor does a %s of anything", (name) => {
	for (const text of VALUES)
		isQuick(
			seen({
				fields: [
					["Content-Type", "text/html"],
					[name, fill(text, 200_000)],
				],
			}),
		);
});
