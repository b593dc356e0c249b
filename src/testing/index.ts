import { AssertionError } from "node:assert";
import type { RequestListener, Server } from "node:http";
import { expectedText, isAsExpected } from "../audit/compare.ts";
import { CSP, policiesOf, REPORT_ONLY } from "../audit/csp-of.ts";
import { AUDIT_OPTIONS, type AuditOptions, audit } from "../audit/index.ts";
import { type Fields, valuesOf } from "../audit/types.ts";
import { forLog } from "../core/log.ts";
import { didYouMean, kebab, show } from "../core/text.ts";
import { DIRECTIVES, type DirectiveName } from "../csp/directives.ts";
import { isNonceOrHash } from "../csp/grammar.ts";
import { effective } from "../csp/model.ts";
import { NAMES } from "../headers/facts.ts";
import { EMBEDDER_TOKENS, OPENER_TOKENS, RESOURCE_TOKENS } from "../headers/tokens.ts";
import { blockFor, type CompiledHeader, compiledFrom, type PolicySource } from "../policy/compile.ts";
import { linesOf, statusOf, type TestResponse } from "./response.ts";

export type { TestResponse };

/** What `secureHeaders()` was given, or what it returned. */
export type ExpectedPolicy = PolicySource;

/**
 * Every header of the policy stands on the response, once, byte for byte; a nonce may be any.
 *
 * @param policy the middleware, or its options; without one, headguard's defaults.
 * @param options.secure whether the request counted as https, which decides on Strict-Transport-Security. As the
 * response has it, unless you say otherwise.
 * @throws {AssertionError} with a line for each header that differs.
 * @example
 * expectHeaders(await request(app).get("/"), headers);
 */
export function expectHeaders(response: TestResponse, policy: ExpectedPolicy = {}, options: { readonly secure?: boolean | undefined } = {}): void {
	const fields = linesOf(response);
	const compiled = compiledFrom(policy);
	const secure = options.secure ?? valuesOf({ fields }, NAMES.strictTransportSecurity).length > 0;
	// A host of this machine gets less: nobody pins localhost. Which one it was is not in the response.
	const [problems = []] = (options.secure === true ? [true] : [true, false])
		.flatMap((hstsAllowed) => [true, false].map((reports) => blockFor(compiled, secure, hstsAllowed, reports)))
		.map(({ headers }) => headers.flatMap((header) => problemOf(header, fields, statusOf(response))))
		.sort((a, b) => a.length - b.length);
	if (problems.length > 0) fail("the headers are not those of the policy", problems);
}

export interface CspExpectation {
	/** Sources that the directive must have. */
	readonly contains?: readonly string[];
	/** Sources that it must not have. */
	readonly lacks?: readonly string[];
	/** Look at the policy that only reports. */
	readonly reportOnly?: boolean;
}

/**
 * The directive of the response's policy has some sources, or lacks them: its own list, or that of the directive that it falls back
 * to, as browsers read it. Keywords are compared in any case. Of several policies each one counts.
 *
 * @throws {AssertionError} with the directive as it stands.
 * @throws {TypeError} for a directive or a keyword that does not exist, which no policy would ever have.
 * @example
 * expectCsp(response, "script-src", { contains: ["https://js.pay.example"], lacks: ["'unsafe-inline'"] });
 */
export function expectCsp(response: TestResponse, directive: string, expectation: CspExpectation = {}): void {
	refuseUnknown(expectation, ["contains", "lacks", "reportOnly"], "expectCsp");
	const [contains, lacks] = [sourcesOf("contains", expectation.contains), sourcesOf("lacks", expectation.lacks)];
	const key = kebab(directive).toLowerCase();
	if (!DIRECTIVES.has(key)) throw new TypeError(`${show(directive)} is no directive.${didYouMean(key, [...DIRECTIVES.keys()])}`);
	const name = expectation.reportOnly === true ? REPORT_ONLY : CSP;
	const policies = policiesOf({ fields: linesOf(response) }, name);
	if (policies.length === 0) fail(`${name} is absent`, []);
	for (const model of policies) {
		const words = effective(model, key as DirectiveName)?.map((word) => comparable(String(word)));
		const missing = contains.filter((source) => words?.includes(source) !== true);
		// Without a list, anything is allowed.
		const present = lacks.filter((source) => words === undefined || words.includes(source));
		const isThere = words !== undefined || contains.length + lacks.length > 0;
		if (isThere && missing.length === 0 && present.length === 0) continue;
		fail(`${name}, ${key}`, [
			`  received  ${words === undefined ? "no such directive, so anything is allowed" : [key, ...words].join(" ")}`,
			...missing.map((source) => `  missing   ${source}`),
			...present.map((source) => `  too much  ${source}`),
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
	if (bare !== undefined) throw new TypeError(`${name}: ${show(bare)} is read as a host. Write ${show(`'${bare}'`)}, with single quotes.`);
	return list.map(comparable);
}

/** Nonces and hashes count by their letters; everything else in any case. */
function comparable(source: string): string {
	return isNonceOrHash(source) ? source : source.toLowerCase();
}

/** A mistyped option would assert nothing. */
function refuseUnknown(options: object, known: readonly string[], name: string): void {
	if (typeof options !== "object" || options === null) throw new TypeError(`${name}: received ${show(options)}. Write an object of options.`);
	const unknown = Object.keys(options).find((key) => !known.includes(key));
	if (unknown !== undefined) throw new TypeError(`${name}: ${show(unknown)} is no option.${didYouMean(unknown, known)} There are ${known.join(", ")}.`);
}

/**
 * The page is cross-origin isolated, and may not be embedded: COOP same-origin, COEP require-corp or credentialless,
 * and a Cross-Origin-Resource-Policy, each once.
 *
 * @throws {AssertionError} with a line for each header that is otherwise.
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

export interface EveryResponseOptions extends Omit<AuditOptions, "expect"> {
	/** The middleware, or its options: each answer is compared with it. Without one, only the rules of the audit count. */
	readonly policy?: ExpectedPolicy | undefined;
	/** The least severity that fails: `error` unless you say otherwise. */
	readonly failOn?: "error" | "warning" | undefined;
}

/**
 * Asks an application for its page, errors, preflights, a static file and whatever else the audit asks for, and
 * fails when the headers are missing anywhere. It listens on a free port of this machine meanwhile.
 *
 * @throws {AssertionError} with every finding.
 * @example
 * await expectEveryResponse(app, { policy: headers, failingPath: "/fail" });
 */
export async function expectEveryResponse(app: RequestListener | Server, given: EveryResponseOptions = {}): Promise<void> {
	if (typeof app !== "function" && typeof (app as { listen?: unknown } | undefined)?.listen !== "function")
		throw new TypeError(`expectEveryResponse: received ${show(app)}. Give the application, or its server.`);
	if (typeof given === "function") throw new TypeError("expectEveryResponse: received a function in place of options. Write { policy: headers }.");
	refuseUnknown(given, ["policy", "failOn", ...AUDIT_OPTIONS.filter((name) => name !== "expect")], "expectEveryResponse");
	const { policy, failOn = "error", ...options } = given;
	if (failOn !== "error" && failOn !== "warning") throw new TypeError(`failOn: received ${show(failOn)}. Write "error" or "warning".`);
	const { findings } = await audit(app, { ...options, expect: policy });
	// Express shows stack traces wherever it is not told that it runs in production, and tests are not.
	const counted = findings.filter(({ id }) => id !== "leak/stack-trace" || process.env["NODE_ENV"] === "production");
	const failing = counted.filter(({ severity }) => severity === "error" || (failOn === "warning" && severity === "warning"));
	if (failing.length === 0) return;
	fail(
		"not every response is in order",
		failing.map(({ id, header, message, probe, method }) => `  ${id}  ${method} ${probe}\n      ${header === "" ? "" : `${header}: `}${message}`),
	);
}

/** A header that is otherwise than the policy has it. */
function problemOf(header: CompiledHeader, fields: Fields, status: number): readonly string[] {
	const values = valuesOf({ fields }, header.name);
	return isAsExpected(header, values, status) ? [] : difference(header.name, expectedText(header), values);
}

function difference(name: string, expected: string, values: readonly string[]): readonly string[] {
	const received = values.length === 0 ? ["  received  nothing"] : values.map((value) => `  received  ${value}`);
	return [name, `  expected  ${expected}`, ...received, ...partsThatDiffer(expected, values)];
}

/** Of a long policy, what is missing and what is too much. */
function partsThatDiffer(expected: string, values: readonly string[]): readonly string[] {
	if (values.length !== 1 || !expected.includes(";")) return [];
	const parts = (text: string): readonly string[] => text.split(";").map((part) => part.trim().replace(/'nonce-[^']*'/g, "'nonce-…'"));
	const [wanted, came] = [parts(expected), parts(values[0] ?? "")];
	return [
		...wanted.filter((part) => !came.includes(part)).map((part) => `  missing   ${part}`),
		...came.filter((part) => !wanted.includes(part)).map((part) => `  too much  ${part}`),
	];
}

function fail(what: string, problems: readonly string[]): never {
	const message = problems.length === 0 ? what : `${what}:\n${problems.join("\n")}`;
	// What a server sent stands in it, and the log of a runner shows it.
	throw new AssertionError({ message: forLog(message), operator: "headguard", stackStartFn: fail });
}
