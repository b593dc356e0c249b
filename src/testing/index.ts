import { AssertionError } from "node:assert";
import type { RequestListener, Server } from "node:http";
import { expectedOf, expectedText, isAsExpected } from "../audit/compare.ts";
import { CSP, policiesOf, REPORT_ONLY } from "../audit/csp-of.ts";
import { AUDIT_OPTIONS, type AuditOptions, audit } from "../audit/index.ts";
import { type Expected, type Fields, valuesOf } from "../audit/types.ts";
import { forLog } from "../core/log.ts";
import { didYouMean, kebab, show } from "../core/text.ts";
import { DIRECTIVES, type DirectiveName } from "../csp/directives.ts";
import { comparable } from "../csp/grammar.ts";
import { effective } from "../csp/model.ts";
import { NAMES } from "../headers/facts.ts";
import { EMBEDDER_TOKENS, OPENER_TOKENS, RESOURCE_TOKENS } from "../headers/tokens.ts";
import { compiledFrom, type PolicySource } from "../policy/compile.ts";
import { linesOf, statusOf, type TestResponse } from "./response.ts";

export type { TestResponse };

/** The options of `secureHeaders()`, or the middleware that it returned. */
export type ExpectedPolicy = PolicySource;

/**
 * Asserts that the response has every header of the policy exactly once, with exactly its value. A nonce may have any value.
 *
 * @param response the response of any test library.
 * @param policy the middleware, or its options. The default is headguard's default policy.
 * @throws {AssertionError} with the expected and the received value of each header that differs.
 * @throws {TypeError} for a value that is not a response.
 * @example
 * expectHeaders(await request(app).get("/"), headers);
 */
export function expectHeaders(response: TestResponse, policy: ExpectedPolicy = {}, options: HeadersExpectation = {}): void {
	const fields = linesOf(response);
	const compiled = compiledFrom(policy);
	const secure = options.secure ?? valuesOf({ fields }, NAMES.strictTransportSecurity).length > 0;
	// Strict-Transport-Security is not sent to localhost. The response does not show which host was requested.
	// Over http, some are left out on hosts that browsers do not trust.
	const trusts = options.secure === false ? [true, false] : [true];
	const [problems = []] = (options.secure === true ? [true] : [true, false])
		.flatMap((hstsAllowed) => [true, false].flatMap((reports) => trusts.map((isTrusted) => expectedOf(compiled, secure, hstsAllowed, reports, isTrusted))))
		.map((headers) => headers.flatMap((header) => problemOf(header, fields, statusOf(response))))
		.sort((a, b) => a.length - b.length);
	if (problems.length > 0) fail("the headers are not those of the policy", problems);
}

/** The options of `expectHeaders`. */
export interface HeadersExpectation {
	/**
	 * Whether the request counted as https. `true` requires Strict-Transport-Security, and `false` expects the headers of plain http.
	 * @defaultValue true when the response has Strict-Transport-Security
	 * @example true
	 */
	readonly secure?: boolean | undefined;
}

/** The options of `expectCsp`. */
export interface CspExpectation {
	/**
	 * Sources that the directive must have.
	 * @defaultValue []
	 * @example ["'self'", "https://js.pay.example"]
	 */
	readonly contains?: readonly string[];
	/**
	 * Sources that the directive must not have.
	 * @defaultValue []
	 * @example ["'unsafe-inline'", "*"]
	 */
	readonly lacks?: readonly string[];
	/**
	 * Checks Content-Security-Policy-Report-Only instead of Content-Security-Policy.
	 * @defaultValue false
	 */
	readonly reportOnly?: boolean;
}

/**
 * Asserts that a directive of the response's policy has some sources, and lacks others. Like browsers, it reads an absent directive as the
 * directive that it falls back to, and compares keywords in any case. If the response has several policies, each one must pass.
 *
 * @param response the response of any test library.
 * @param directive the name of the directive, such as `script-src` or `scriptSrc`.
 * @throws {AssertionError} with the directive that was received.
 * @throws {TypeError} for a directive that does not exist, an option that does not exist, or a keyword without single quotes.
 * @example
 * expectCsp(response, "script-src", { contains: ["https://js.pay.example"], lacks: ["'unsafe-inline'"] });
 */
export function expectCsp(response: TestResponse, directive: string, expectation: CspExpectation = {}): void {
	refuseUnknown(expectation, ["contains", "lacks", "reportOnly"], "expectCsp");
	const [contains, lacks] = [sourcesOf("contains", expectation.contains), sourcesOf("lacks", expectation.lacks)];
	const key = kebab(directive).toLowerCase();
	const name = expectation.reportOnly === true ? REPORT_ONLY : CSP;
	const policies = policiesOf({ fields: linesOf(response) }, name);
	// A directive that this version does not know exists if it is sent.
	if (!DIRECTIVES.has(key) && !policies.some((model) => model.has(key)))
		throw new TypeError(`${show(directive)} is not a CSP directive.${didYouMean(key, [...DIRECTIVES.keys()])}`);
	if (policies.length === 0) fail(`the response has no ${name}`, []);
	for (const model of policies) {
		const words = effective(model, key as DirectiveName)?.map(comparable);
		const missing = contains.filter((source) => words?.includes(source) !== true);
		// Without the directive, browsers allow everything.
		const present = lacks.filter((source) => words === undefined || words.includes(source));
		const isThere = words !== undefined || contains.length + lacks.length > 0;
		if (isThere && missing.length === 0 && present.length === 0) continue;
		fail(`${key} of ${name} is not as expected`, [
			`  received  ${words === undefined ? "no such directive, so browsers allow everything" : [key, ...words].join(" ")}`,
			...missing.map((source) => `  missing   ${source}`),
			...present.map((source) => `  unwanted  ${source}`),
		]);
	}
}

function sourcesOf(name: string, list: readonly string[] | undefined): readonly string[] {
	if (list === undefined) return [];
	if (!Array.isArray(list) || list.some((source) => typeof source !== "string"))
		throw new TypeError(`${name}: received ${show(list)}. Write a list such as ["'self'"].`);
	const bare = list.find((source) =>
		/^(?:self|none|unsafe-[a-z-]+|strict-dynamic|wasm-unsafe-eval|report-sample|nonce-.*|sha(?:256|384|512)-.*)$/i.test(source),
	);
	if (bare !== undefined)
		throw new TypeError(`${name}: received ${show(bare)}, which browsers read as a host name. Write ${show(`'${bare}'`)}, with single quotes.`);
	return list.map(comparable);
}

/** A misspelt option would assert nothing. */
function refuseUnknown(options: object, known: readonly string[], name: string): void {
	if (typeof options !== "object" || options === null) throw new TypeError(`${name}: received ${show(options)}. Write an object of options.`);
	const unknown = Object.keys(options).find((key) => !known.includes(key));
	if (unknown !== undefined)
		throw new TypeError(`${name}: ${show(unknown)} is not an option.${didYouMean(unknown, known)} The options are ${known.join(", ")}.`);
}

/**
 * Asserts that the page is cross-origin isolated: it has `Cross-Origin-Opener-Policy: same-origin`, a Cross-Origin-Embedder-Policy of
 * `require-corp` or `credentialless`, and a Cross-Origin-Resource-Policy, each exactly once.
 *
 * @param response the response of any test library.
 * @throws {AssertionError} with the expected and the received value of each header that differs.
 * @example
 * expectIsolation(await request(app).get("/editor"));
 */
export function expectIsolation(response: TestResponse): void {
	const fields = linesOf(response);
	const wanted: readonly (readonly [string, readonly string[]])[] = [
		[NAMES.crossOriginOpenerPolicy, [OPENER_TOKENS[0]]],
		[NAMES.crossOriginEmbedderPolicy, EMBEDDER_TOKENS.filter((token) => token !== "unsafe-none")],
		[NAMES.crossOriginResourcePolicy, RESOURCE_TOKENS],
	];
	const problems = wanted.flatMap(([name, tokens]) => {
		const values = valuesOf({ fields }, name);
		const isGood = values.length === 1 && tokens.includes(values[0]?.split(";", 1)[0]?.trim() ?? "");
		return isGood ? [] : difference(name, tokens.join(" or "), values);
	});
	if (problems.length > 0) fail("the page is not isolated", problems);
}

/** The options of `expectEveryResponse`: those of `audit`, with `policy` instead of `expect`, and `failOn`. */
export interface EveryResponseOptions extends Omit<AuditOptions, "expect"> {
	/**
	 * The middleware, or its options. The assertion compares each response with it.
	 * @defaultValue none: only the rules of the audit apply
	 * @example headers
	 */
	readonly policy?: ExpectedPolicy | undefined;
	/**
	 * The lowest severity that fails.
	 * @defaultValue "error"
	 * @example "warning"
	 */
	readonly failOn?: "error" | "warning" | undefined;
}

/**
 * Asserts that the audit of an application finds no error. The audit requests the page, errors, preflights, a static file and more.
 * Meanwhile the application listens on a free port of this machine.
 *
 * @param app the application, or its `http.Server` or `https.Server`. A server also receives malformed requests.
 * @throws {AssertionError} with every finding.
 * @throws {TypeError} for a value that is not an application or a server, and for an invalid option.
 * @throws {RangeError} when `ignore` names a rule that does not exist.
 * @example
 * await expectEveryResponse(app, { policy: headers, failingPath: "/fail" });
 */
export async function expectEveryResponse(app: RequestListener | Server, given: EveryResponseOptions = {}): Promise<void> {
	if (typeof app !== "function" && typeof (app as { listen?: unknown } | undefined)?.listen !== "function")
		throw new TypeError(`expectEveryResponse: received ${show(app)}. Pass the application, or its server.`);
	if (typeof given === "function") throw new TypeError("expectEveryResponse: received a function instead of options. Write { policy: headers }.");
	refuseUnknown(given, ["policy", "failOn", ...AUDIT_OPTIONS.filter((name) => name !== "expect")], "expectEveryResponse");
	const { policy, failOn = "error", ...options } = given;
	if (failOn !== "error" && failOn !== "warning") throw new TypeError(`failOn: received ${show(failOn)}. Write "error" or "warning".`);
	const { findings } = await audit(app, { ...options, expect: policy });
	// Express shows stack traces unless NODE_ENV is production, and in tests it usually is not.
	const counted = findings.filter(({ id }) => id !== "leak/stack-trace" || process.env["NODE_ENV"] === "production");
	const failing = counted.filter(({ severity }) => severity === "error" || (failOn === "warning" && severity === "warning"));
	if (failing.length === 0) return;
	fail(
		"the audit found problems",
		failing.map(({ id, header, message, probe, method }) => `  ${id}  ${method} ${probe}\n      ${header === "" ? "" : `${header}: `}${message}`),
	);
}

/** The lines of a message when a header differs from the policy. */
function problemOf(header: Expected, fields: Fields, status: number): readonly string[] {
	const values = valuesOf({ fields }, header.name);
	return isAsExpected(header, values, status) ? [] : difference(header.name, expectedText(header), values);
}

function difference(name: string, expected: string, values: readonly string[]): readonly string[] {
	const received = values.length === 0 ? ["  received  nothing"] : values.map((value) => `  received  ${value}`);
	return [name, `  expected  ${expected}`, ...received, ...partsThatDiffer(expected, values)];
}

/** The directives that are missing, and those that are unwanted, in a long policy. */
function partsThatDiffer(expected: string, values: readonly string[]): readonly string[] {
	if (values.length !== 1 || !expected.includes(";")) return [];
	const parts = (text: string): readonly string[] => text.split(";").map((part) => part.trim().replace(/'nonce-[^']*'/g, "'nonce-…'"));
	const [wanted, came] = [parts(expected), parts(values[0] ?? "")];
	return [
		...wanted.filter((part) => !came.includes(part)).map((part) => `  missing   ${part}`),
		...came.filter((part) => !wanted.includes(part)).map((part) => `  unwanted  ${part}`),
	];
}

function fail(what: string, problems: readonly string[]): never {
	const message = problems.length === 0 ? what : `${what}:\n${problems.join("\n")}`;
	// The message contains text that a server sent, and test runners write it to a log.
	throw new AssertionError({ message: forLog(message), operator: "headguard", stackStartFn: fail });
}
