import { describe, expect, test } from "vitest";
import { tryAddress, tryInline } from "../../site/playground/attempt.ts";
import { judgeInput } from "../../site/playground/judge.ts";
import { readInput } from "../../site/playground/read.ts";
import { CODES } from "../../src/core/codes.ts";
import { headersOf } from "../support/policy.ts";

const judged = (text: string) => judgeInput(readInput(text));

describe("options", () => {
	test("have the headers of the library, words, a grade and files of proxies", () => {
		const { headers, grade, issues, isRefused, files } = judged("secureHeaders()");
		expect(headers.map(({ name, value }) => [name, value])).toEqual(Object.entries(headersOf({})).map(([name, text]) => [name, text.replaceAll("NONCE", "…")]));
		expect(headers[0]?.policies[0]?.find(({ name }) => name === "img-src")?.sentence).toContain("only");
		expect([grade?.letter, issues, isRefused]).toEqual(["A+", [], false]);
		expect(files.map(({ target }) => target)).toEqual(["nginx", "apache", "caddy"]);
		for (const { text } of files) expect(text).toContain("strict-origin-when-cross-origin");
	});

	test("that are refused have their problems, with codes that the page knows", () => {
		const { issues, isRefused, headers, grade } = judged('secureHeaders({ hsts: true, contentSecurityPolicy: { directives: { scriptSrc: ["self"] } } })');
		expect([isRefused, headers, grade]).toEqual([true, [], undefined]);
		expect(issues.map(({ code }) => code)).toContain("csp/unquoted-keyword");
		for (const { code } of issues) expect(Object.keys(CODES)).toContain(code);
	});

	test("that are weak have warnings", () => {
		expect(judged("secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: ['*'] } } })").issues.map(({ code }) => code)).toContain(
			"csp/script-wildcard",
		);
	});
});

describe("headers", () => {
	test("are judged as the audit judges a page", () => {
		const { findings, grade, others } = judged("content-security-policy: script-src 'unsafe-inline'\nserver: x\nx-frame-options: ALLOWALL");
		expect(findings.map(({ id }) => id)).toEqual(expect.arrayContaining(["csp/script-unsafe-inline", "hsts/missing"]));
		expect([grade?.letter, others]).toEqual(["F", 1]);
	});
});

describe("what a policy does", () => {
	const { policies } = judged("default-src 'self'; script-src 'self' https://cdn.example/a/; img-src *; frame-ancestors 'none'");

	test.each<[string, string, boolean]>([
		["script", "https://cdn.example/a/x.js", true],
		["script", "https://cdn.example/b.js", false],
		["script", "/own.js", true],
		["image", "https://any.example/x.png", true],
		["image", "data:image/png,x", false],
		["fetch, XHR, WebSocket", "wss://www.example.com/live", true],
		["a site that frames this page", "https://www.example.com/", false],
		["form target", "https://any.example/", true],
		["script", "http://[", false],
	])("%s %s: %j", (use, address, isAllowed) => {
		expect(tryAddress(policies, use, address, "https://www.example.com/")).toMatchObject({ isAllowed });
	});

	test("every policy must allow it", () => {
		const { policies: two } = judged("content-security-policy: img-src *, img-src 'self'");
		expect(tryAddress(two, "image", "https://any.example/", "https://www.example.com/")).toEqual({
			isAllowed: false,
			why: "img-src does not list https://any.example.",
			add: "https://any.example",
		});
	});

	test("inline code needs its hash, a nonce or 'unsafe-inline'", async () => {
		const refused = await tryInline(policies, "inline script", "start()");
		expect(refused).toMatchObject({ isAllowed: false, add: expect.stringMatching(/^'sha256-/) });
		const { policies: hashed } = judged(`script-src ${refused.add}`);
		expect((await tryInline(hashed, "inline script", "start()")).isAllowed).toBe(true);
		expect((await tryInline(hashed, "inline script", "start();")).isAllowed).toBe(false);
		expect((await tryInline(hashed, "event handler, such as onclick", "start()")).isAllowed).toBe(false);
		const unsafe = judged("script-src 'unsafe-inline'").policies;
		expect((await tryInline(unsafe, "event handler, such as onclick", "start()")).isAllowed).toBe(true);
		expect((await tryInline(judged("secureHeaders()").policies, "inline script", "start()")).why).toContain("needs the nonce");
		expect((await tryInline([], "inline style", "p{}")).isAllowed).toBe(true);
	});
});
