import type { Server } from "node:http";
import express from "express";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { complete } from "../../src/csp/complete.ts";
import { parse } from "../../src/csp/serialize.ts";
import { getNonce, type HeadguardEvent, protectServer, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { type Answer, listen } from "../support/stacks.ts";

const NAME = "Content-Security-Policy";
const NONCE = "AbCdEfGhIjKlMnOpQrStUv";
const OURS = "default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'";

// Events are limited to ten a minute for each code: each application has its own minute.
let minute = 0;
const nextMinute = (): void => void vi.useFakeTimers({ toFake: ["Date"], now: ++minute * 60_000 });
beforeEach(nextMinute);
afterAll(() => void vi.useRealTimers());

interface Given {
	readonly options?: SecureHeadersOptions;
	readonly policy: string | readonly string[];
	readonly status?: number;
	readonly reads?: boolean;
	readonly cacheControl?: string;
	readonly headerBlock?: false | "auto";
}

async function answerTo({ options = {}, policy, status = 200, reads = false, cacheControl, headerBlock = "auto" }: Given) {
	nextMinute();
	const events: HeadguardEvent[] = [];
	const headers = secureHeaders({ ...options, headerBlock, onEvent: (event) => events.push(event) });
	const running = await listen((req, res) => {
		headers(req, res);
		if (reads) res.setHeader("X-Nonce", getNonce(res));
		if (cacheControl !== undefined) res.setHeader("Cache-Control", cacheControl);
		res.setHeader(NAME, policy as string);
		res.statusCode = status;
		res.end();
	});
	const answer = await running.ask();
	await running.close();
	return { answer, policy: answer.get(NAME).join(" | "), codes: events.map(({ code }) => code) };
}

const styleOf = (answer: Answer): unknown => parse(answer.get(NAME)[0] ?? "").get("style-src");

describe.each(["auto", false] as const)("a policy of the application's that names neither default-src nor frame-ancestors, headerBlock: %s", (headerBlock) => {
	test.each<[title: string, given: string | readonly string[], sent: string]>([
		["scripts by nonce", `script-src 'self' 'nonce-${NONCE}'`, `script-src 'self' 'nonce-${NONCE}'; ${OURS}; style-src 'self' 'nonce-${NONCE}'`],
		[
			"scripts by hash",
			"script-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; ",
			`script-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; ${OURS}; style-src 'self'`,
		],
		["a directive of ours in other letters", "SCRIPT-SRC 'self'; Style-Src *", `SCRIPT-SRC 'self'; Style-Src *; ${OURS}`],
		[
			"elements alone, which leaves handlers and eval to ours",
			"script-src-elem 'self'",
			`script-src-elem 'self'; ${OURS}; script-src 'self'; style-src 'self'`,
		],
		["one with an own base-uri", "base-uri 'none'", `base-uri 'none'; ${OURS.replace("base-uri 'self'; ", "")}; script-src 'self'; style-src 'self'`],
		["a sandbox", "sandbox", `sandbox; ${OURS}; script-src 'self'; style-src 'self'`],
		["a word that ends like a directive", "script-src 'self' x-default-src", `script-src 'self' x-default-src; ${OURS}; style-src 'self'`],
		[
			"two policies: each still allows what the other does",
			["script-src 'self'", "img-src *"],
			"script-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; object-src 'none'; style-src 'self'; media-src 'self'; connect-src 'self'; manifest-src 'self'; frame-src 'self', img-src *",
		],
	])("%s", async (_title, policy, sent) => {
		const { policy: found, codes } = await answerTo({ policy, headerBlock });
		expect(found).toBe(sent);
		expect(codes.filter((code) => code !== "override/weaker")).toEqual(["override/completed"]);
	});

	test.each<[string, string]>([
		["with default-src", "default-src 'self' https:"],
		["with frame-ancestors", "frame-ancestors https://partner.example"],
		["with default-src in the second policy", "script-src 'self', default-src https:"],
		["with default-src in other letters", "script-src 'self'; DEFAULT-SRC *"],
	])("%s it is kept", async (_title, policy) => {
		const { policy: found, codes } = await answerTo({ policy, headerBlock });
		expect(found).toBe(policy);
		expect(codes).toEqual(["override/weaker"]);
	});
});

describe("what else meets a completed policy", () => {
	const partial = `script-src 'self' 'nonce-${NONCE}'`;

	test("the response is kept from shared caches, as with a nonce of ours", async () => {
		expect((await answerTo({ policy: partial })).answer.get("Cache-Control")).toEqual(["private"]);
		expect((await answerTo({ policy: "script-src 'self'" })).answer.get("Cache-Control")).toEqual([]);
		expect((await answerTo({ policy: partial, cacheControl: "public, max-age=60" })).codes).toEqual(["override/completed", "nonce/shared-cacheable"]);
	});

	test.each<[title: string, policy: string, options: SecureHeadersOptions, sent: string[]]>([
		["a whole policy", `default-src 'self'; script-src 'nonce-${NONCE}'`, {}, ["private"]],
		["a policy that lacks nothing of ours", partial, { contentSecurityPolicy: { useDefaults: false, directives: { scriptSrc: ["'self'"] } } }, ["private"]],
		["a policy that is kept", partial, { contentSecurityPolicy: { onOther: "keep" } }, ["private"]],
		["a whole policy without a nonce", "default-src 'self'; script-src https:", {}, []],
		["a policy that a lock replaces", partial, { lock: ["contentSecurityPolicy"] }, []],
		["a policy of a 304, which is not sent", partial, {}, []],
	])("a nonce in %s counts in the same way", async (title, policy, options, sent) => {
		const { answer } = await answerTo({ policy, options, status: title.includes("304") ? 304 : 200 });
		expect(answer.get("Cache-Control")).toEqual(sent);
	});

	test("a 304 has no policy: the stored page came with a completed one, and with another nonce", async () => {
		expect((await answerTo({ policy: partial, status: 304 })).policy).toBe("");
		expect((await answerTo({ policy: "script-src 'self'", status: 304 })).policy).toBe("");
		const own = "default-src 'self'; frame-ancestors 'none'";
		expect((await answerTo({ policy: own, status: 304 })).policy).toBe(own);
		expect((await answerTo({ policy: `${own}; script-src 'nonce-${NONCE}'`, status: 304 })).policy).toBe("");
	});

	test("a weaker part is an event on a 304 as on a 200", async () => {
		for (const status of [200, 304]) expect((await answerTo({ policy: "script-src *", status })).codes).toEqual(["override/completed", "override/weaker"]);
	});

	test("our nonce, when it was read, goes into what is added, and its absence from theirs is an event", async () => {
		const { answer, codes } = await answerTo({ policy: partial, reads: true });
		expect(styleOf(answer)).toEqual(["'self'", `'nonce-${answer.get("X-Nonce")[0]}'`, `'nonce-${NONCE}'`]);
		expect(codes).toEqual(["override/completed", "nonce/dropped"]);
	});

	test("onOther decides outright", async () => {
		expect((await answerTo({ policy: partial, options: { contentSecurityPolicy: { onOther: "keep" } } })).policy).toBe(partial);
		const { policy } = await answerTo({ policy: "default-src 'self'", options: { contentSecurityPolicy: { onOther: "complete" } } });
		expect(policy).toBe("default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'");
		const framework = await answerTo({ policy: "default-src 'none'", options: { contentSecurityPolicy: { onOther: "keep" } } });
		expect(framework.policy).toBe("default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'");
	});

	test("a lock keeps ours", async () => {
		const { policy, codes } = await answerTo({ policy: partial, options: { lock: ["contentSecurityPolicy"] } });
		expect(policy).toBe(`${OURS}; script-src 'self'; style-src 'self'`);
		expect(codes).toEqual([]);
	});

	test("what is appended to ours stays beside it", async () => {
		const headers = secureHeaders();
		const running = await listen((req, res) => {
			headers(req, res);
			res.appendHeader(NAME, partial);
			res.end();
		});
		expect((await running.ask()).get(NAME)).toEqual([`${OURS}; script-src 'self'; style-src 'self'`, partial]);
		await running.close();
	});

	test.each<[title: string, policy: string, directives: Record<string, string[]>, sent: string]>([
		["frames", "script-src 'none'", { childSrc: ["https://w.example"] }, "script-src 'none'; frame-src https://w.example"],
		["no frames, which have a list of their own", "script-src 'none'", { childSrc: ["blob:"], frameSrc: ["'self'"] }, "script-src 'none'; frame-src 'self'"],
		["both, where nothing of theirs governs workers", "img-src *", { childSrc: ["blob:"] }, "img-src *; child-src blob:"],
	])("child-src of ours governs %s, and never workers that script-src of theirs governs", async (_title, policy, directives, sent) => {
		expect((await answerTo({ policy, options: { contentSecurityPolicy: { useDefaults: false, directives } } })).policy).toBe(sent);
	});

	test("further policies of ours stay whole, and one way of reporting is enough", async () => {
		const options: SecureHeadersOptions = {
			contentSecurityPolicy: { also: [{ frameAncestors: ["'none'"], reportUri: "/framing" }] },
			reporting: { endpoint: "/r" },
		};
		expect((await answerTo({ policy: "script-src 'self'; report-uri /theirs", options })).policy).toBe(
			`script-src 'self'; report-uri /theirs; ${OURS}; style-src 'self', frame-ancestors 'none'; report-uri /framing`,
		);
		expect((await answerTo({ policy: "script-src 'self'", options })).policy).toContain("report-uri /r");
	});

	test("the server guard completes it where no middleware was reached, and an error that carries it gets ours", async () => {
		const headers = secureHeaders();
		const guarded = await listen((_req, res) => void res.setHeader(NAME, partial).end());
		protectServer(guarded.server as Server, headers);
		const completed = await guarded.ask();
		expect(completed.get(NAME)).toEqual([`${partial}; ${OURS}; style-src 'self' 'nonce-${NONCE}'`]);
		expect(completed.get("Cache-Control")).toEqual(["private"]);
		await guarded.close();
		const app = express();
		app.set("env", "test");
		app.use(
			(_req: unknown, _res: unknown, next: (error: unknown) => void) => next(Object.assign(new Error("x"), { headers: { [NAME]: partial } })),
			headers.errorHandler,
		);
		const failing = await listen(app as never);
		expect((await failing.ask()).get(NAME)[0]).not.toContain(NONCE);
		await failing.close();
	});

	test("it is told once for a policy, not on each page", async () => {
		const codes: string[] = [];
		const headers = secureHeaders({ onEvent: ({ code }) => codes.push(code) });
		const running = await listen((req, res) => {
			headers(req, res);
			res.setHeader(NAME, partial);
			res.end();
		});
		for (let i = 0; i < 3; i++) await running.ask();
		expect(codes).toEqual(["override/completed"]);
		await running.close();
	});

	test("overrides and transports of a policy are not told of again", async () => {
		const codes: string[] = [];
		const headers = secureHeaders({ secure: ({ url }) => url === "/2", onEvent: ({ code }) => codes.push(code) });
		const running = await listen((req, res) => {
			headers(req, res);
			if (req.url === "/3") headers.override(res, { contentSecurityPolicy: { directives: { imgSrc: ["https://a.example"] } } });
			res.setHeader(NAME, partial);
			res.end();
		});
		for (const path of ["/1", "/2", "/3"]) expect((await running.ask({ path })).get(NAME)[0]).toContain("; img-src 'self' data:");
		expect(codes).toEqual(["override/completed"]);
		await running.close();
	});

	test.each([";", " "])("many separators %j inside a policy cost no more than other text", (separator) => {
		const policy = `script-src 'self'${separator.repeat(60_000)}x`;
		const start = performance.now();
		expect(complete(policy, [parse("default-src 'self'")], undefined)).toBe(`${policy}; default-src 'self'`);
		expect(performance.now() - start).toBeLessThan(500);
	});

	test("the report-only policy of an application is kept, because it blocks nothing", async () => {
		const headers = secureHeaders({ contentSecurityPolicyReportOnly: { directives: { reportUri: "/r" } } });
		const running = await listen((req, res) => {
			headers(req, res);
			res.setHeader(`${NAME}-Report-Only`, partial);
			res.end();
		});
		expect((await running.ask()).get(`${NAME}-Report-Only`)).toEqual([partial]);
		await running.close();
	});

	test.each(["; ;", "script-src 'self'\t;;", "x\u00e4", `script-src ${"a ".repeat(5000)}`, "constructor x; __proto__ y"])("%j ends nothing", async (policy) => {
		const { answer } = await answerTo({ policy });
		expect(parse(answer.get(NAME)[0] ?? "").get("frame-ancestors")).toEqual(["'none'"]);
	});
});

test("extend and replace take onOther, and a report-only policy refuses it", () => {
	expect(() => secureHeaders().extend({ contentSecurityPolicy: { onOther: "keep" } })).not.toThrow();
	expect(() => secureHeaders({ contentSecurityPolicyReportOnly: { onOther: "keep" } as object })).toThrow("contentSecurityPolicyReportOnly.onOther");
	expect(() => secureHeaders({ contentSecurityPolicy: { onOther: "merge" as never } })).toThrow('received "merge"');
});
