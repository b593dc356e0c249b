import type { RequestListener } from "node:http";
import express from "express";
import helmet from "helmet";
import { expect, test } from "vitest";
import { audit } from "../../src/audit/index.ts";

function site(status: number, headers: Readonly<Record<string, string>> = {}): RequestListener {
	const app = express().use(helmet());
	app.get("/", (_req, res) => void res.status(status).set(headers).type("html").send("<!doctype html><title>t</title>"));
	return app as RequestListener;
}

test.each([
	[403, {}, "a filter, or the site itself, refuses the request with 403."],
	[406, {}, "a filter, or the site itself, refuses the request with 406."],
	[403, { "cf-mitigated": "challenge" }, 'a bot filter responds with 403 and cf-mitigated: "challenge".'],
	[202, { "x-amzn-waf-action": "challenge" }, 'a bot filter responds with 202 and x-amzn-waf-action: "challenge".'],
	[429, { "x-vercel-mitigated": "Challenge" }, 'a bot filter responds with 429 and x-vercel-mitigated: "Challenge".'],
	[429, {}, "the site responds with 429, which is for too many requests."],
	[503, {}, "the site responds with 503, which is for an overload or maintenance."],
	[401, {}, "the site asks for a login with 401."],
])("a page that answers %i %j is not graded as the site", async (status, headers, message) => {
	const { passed, findings, grade } = await audit(site(status, headers));
	const found = findings.filter(({ id }) => id.startsWith("site/"));
	expect(found.map(({ id, severity }) => [id, severity])).toEqual([["site/refused", "error"]]);
	expect(found[0]?.message.startsWith(message)).toBe(true);
	expect([passed, grade.letter, grade.caps]).toEqual([false, "F", ["the response is not the page"]]);
});

test.each([
	[200, {}],
	[200, { "cf-mitigated": "none" }],
	[203, { "x-amzn-waf-action": "" }],
])("a page that answers %i %j is the site", async (status, headers) => {
	const { findings, grade } = await audit(site(status, headers));
	expect(findings.filter(({ id }) => id.startsWith("site/"))).toEqual([]);
	expect(grade.letter).toBe("A");
});

test("a page that does not exist, or fails, has no grade of its own either", async () => {
	for (const status of [404, 410, 500]) {
		const { findings, grade } = await audit(site(status));
		expect(findings.filter(({ id }) => id.startsWith("site/")).map(({ id }) => id)).toEqual(["site/unexpected-status"]);
		expect(grade.letter).toBe("F");
	}
});

test("an estimate says of which response it is", async () => {
	const noteOf = async (status: number): Promise<string | undefined> => (await audit(site(status))).estimates[0]?.notes[0];
	expect([await noteOf(403), await noteOf(200)]).toEqual(["of a response with status 403", "Referrer-Policy +5"]);
});
