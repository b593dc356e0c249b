import { describe, expect, test } from "vitest";
import { publicFields } from "../../src/audit/from-policy.ts";
import { judge } from "../../src/audit/judge.ts";
import type { Exchange, Fields } from "../../src/audit/types.ts";
import { HEADER_FACTS } from "../../src/headers/facts.ts";
import { CLEARED_TYPES } from "../../src/headers/tokens.ts";

const HTML = ["Content-Type", "text/html; charset=utf-8"] as const;
const seen = (fields: Fields, more: Partial<Exchange> = {}): Exchange => ({
	probe: "page",
	method: "GET",
	url: "https://a.example/",
	status: 200,
	fields: [HTML, ...fields],
	body: "",
	secure: true,
	...more,
});
const messagesOf = (one: Exchange, id: string): readonly string[] => judge([one]).flatMap((finding) => (finding.id === id ? [finding.message] : []));

describe.each(HEADER_FACTS)("$name", ({ name, endpoints }) => {
	test("is shown in a report, and missed where a proxy takes it off", () => {
		expect(publicFields(seen([[name.toLowerCase(), "x"]]))).toContainEqual([name.toLowerCase(), "x"]);
		expect(messagesOf(seen([], { direct: seen([[name, "x"]]) }), "edge/stripped")).toEqual([
			`${name}: sent by the application, but missing behind the proxy. Pass it on, or let the proxy send it.`,
		]);
		expect(messagesOf(seen([[name, "x"]], { direct: seen([[name, "x"]]) }), "edge/stripped")).toEqual([]);
	});

	test("is missed over plain http unless the policy never sends it there", () => {
		const isHttpsOnly = /^(?:Strict-Transport-Security|Reporting-Endpoints|Report-To|NEL)$/.test(name);
		const expected = [{ name, text: "x" }];
		const missedAt = (secure: boolean): readonly boolean[] => [
			messagesOf(seen([], { secure, expected }), "policy/missing").length > 0,
			messagesOf(seen([], { secure, direct: seen([[name, "x"]], { secure }) }), "edge/stripped").length > 0,
		];
		expect([missedAt(true), missedAt(false)]).toEqual([
			[true, true],
			[!isHttpsOnly, !isHttpsOnly],
		]);
	});

	test("is reported to an endpoint that has to be defined, if it reports", () => {
		const values: Readonly<Record<string, string>> = {
			directive: "default-src 'self'; report-to a",
			parameter: 'x; report-to="a"',
			list: "blocked-destinations=(script), endpoints=(a)",
		};
		const value = values[endpoints ?? ""];
		const undefinedOf = (...more: Fields): number => messagesOf(seen([[name, value ?? "x"], ...more]), "report/endpoint-undefined").length;
		expect([undefinedOf(), undefinedOf(["Reporting-Endpoints", 'a="https://r.example/"'])]).toEqual([value === undefined ? 0 : 1, 0]);
	});
});

test("a proxy may say where reports go, and may not add another header", () => {
	const direct = seen([["X-Content-Type-Options", "nosniff"]]);
	const added = (name: string): number => messagesOf(seen([...direct.fields, [name, "x"]], { direct }), "edge/parity").length;
	expect([added("NEL"), added("Report-To"), added("Reporting-Endpoints")]).toEqual([0, 0, 0]);
	expect([added("Document-Isolation-Policy"), added("Cross-Origin-Opener-Policy-Report-Only")]).toEqual([1, 1]);
});

test.each([
	['"cokies"', '"cokies" is not a type that browsers know. Write "cache", "cookies", "storage".'],
	["cookies", '"cookies" lacks its double quotes, so browsers ignore it. Write "cookies", "storage".'],
	['"cookies", "<x>"', '"<x>" is not a type that browsers know. Write "cache", "cookies", "storage".'],
])("Clear-Site-Data: %s", (value, message) => {
	expect(messagesOf(seen([["Clear-Site-Data", value]], { probe: "logout" }), "cache/clear-site-data")).toEqual([message]);
});

test.each(CLEARED_TYPES)("Clear-Site-Data may say %s", (type) => {
	expect(messagesOf(seen([["Clear-Site-Data", `"${type}"`]], { probe: "logout" }), "cache/clear-site-data")).toEqual([]);
});

test("frame-ancestors is read as browsers read it", () => {
	const conflicts = (policy: string, value: string): readonly string[] =>
		messagesOf(
			seen([
				["Content-Security-Policy", policy],
				["X-Frame-Options", value],
			]),
			"frame/conflict",
		);
	expect(conflicts("frame-ancestors 'NONE'", "DENY")).toEqual([]);
	expect(conflicts("frame-ancestors", "DENY")).toEqual([]);
	expect(conflicts("frame-ancestors 'self', frame-ancestors 'none'", "DENY")).toEqual([]);
	expect(conflicts("frame-ancestors 'self', frame-ancestors 'none'", "SAMEORIGIN")).toEqual([
		"\"SAMEORIGIN\" disagrees with frame-ancestors 'none', which wins. Send DENY.",
	]);
});
