import { DIRECTIVES, type DirectiveName } from "../../csp/directives.ts";
import { allowsInline, isEvalHash, type Source } from "../../csp/grammar.ts";
import { matchesAny } from "../../csp/match.ts";
import { type CspModel, effective } from "../../csp/model.ts";
import { parse } from "../../csp/serialize.ts";

/** What a report says about a violation. */
export interface Violation {
	readonly directive: string;
	readonly blocked: string;
	readonly document: string;
	readonly sample?: string | undefined;
	readonly policy?: Verdict | undefined;
}

/** What the policy in a report says about what was blocked. `unknown`: the report has no policy that could have reported it. */
export type Verdict = "allows" | "blocks" | "unknown";

/** Longer policies are not parsed, so that made-up reports cannot cost much. */
const LONGEST_POLICY = 16_384;

/** @param text the policy in the report, which is the one that was violated. */
export function verdictOf(text: unknown, violation: Violation): Verdict {
	if (typeof text !== "string" || text.length > LONGEST_POLICY) return "unknown";
	const model = parse(text);
	const { directive, blocked, document } = violation;
	if (!governs(model, directive)) return "unknown";
	// Without the URL of the page, as in a srcdoc frame, it is not known what 'self' is.
	if (addressOf(blocked) !== undefined && !/^https?:/.test(document) && directive !== "frame-ancestors") return "unknown";
	if (isReported(model, violation)) return isCut(text) ? "unknown" : "blocks";
	return "allows";
}

/** Whether the policy has the directive or one of its fallbacks. Otherwise the report is about another policy. */
function governs(model: CspModel, directive: string): boolean {
	return [directive, ...(DIRECTIVES.get(directive)?.fallback ?? [])].some((name) => model.has(name));
}

/** Whether the end of the policy is missing, and sources with it: it ends in an open quotation mark or an ellipsis. */
function isCut(text: string): boolean {
	return /(?:\s'[^'\s;]*|\u2026|\.\.\.)\s*$/.test(text);
}

/**
 * Whether a policy would report what another one has reported. What a report does not tell counts as reported: whether a tag has a
 * nonce, and what follows the fortieth character of its code.
 *
 * @see {@link https://www.w3.org/TR/CSP3/#match-url-to-source-list}
 */
export function isReported(model: CspModel, { directive, blocked, document, sample }: Violation): boolean {
	const kind = DIRECTIVES.get(directive)?.kind;
	if (kind === undefined) return true;
	// For frame-ancestors, browsers report the page in the frame, not the page that contains the frame.
	if (kind !== "sources") return model.has(directive);
	const list = effective(model, directive as DirectiveName);
	if (list === undefined) return false;
	if (blocked === "inline") return !allowsCode(list, directive, sample);
	if (blocked === "eval") return !list.includes("'unsafe-eval'") || list.some(isEvalHash);
	if (blocked === "wasm-eval") return !list.includes("'unsafe-eval'") && !list.includes("'wasm-unsafe-eval'");
	const url = addressOf(blocked);
	// With 'strict-dynamic', a script needs a nonce or a trusted script that loads it. Hosts do not count.
	if (url === undefined || (directive.startsWith("script-src") && list.includes("'strict-dynamic'"))) return true;
	return !matchesAny(list, url, addressOf(document));
}

/**
 * Like `isReported`, but also for reports whose own policy allows what they name: a redirected address, or code with white space around it.
 *
 * @param hops the addresses on the way of redirects, if they are known.
 */
export function isReportedBehind(model: CspModel, violation: Violation, hops?: readonly URL[]): boolean {
	if (violation.policy !== "allows" || isReported(model, violation)) return isReported(model, violation);
	const list = effective(model, violation.directive as DirectiveName);
	if (list === undefined) return false;
	if (violation.blocked === "inline") return !allowsInline(list, violation.directive);
	return hops === undefined ? !list.includes("*") : blockedHop(list, violation.document, hops) !== undefined;
}

/** The first address on the way that a list does not allow. After a redirect, paths do not count (CSP3 §6.7.2.8). */
export function blockedHop(list: readonly Source[], document: string, hops: readonly URL[]): URL | undefined {
	return hops.find((hop) => !matchesAny(list, hop, addressOf(document), true));
}

/** The whole code of an inline script or style, or undefined if the report has a part of it. Browsers send at most forty characters. */
export function wholeCode(sample: string | undefined): string | undefined {
	return sample !== undefined && [...sample].length < 40 && !sample.includes("…") ? sample : undefined;
}

export function hashOf(code: string): string {
	return `'sha256-${process.getBuiltinModule("node:crypto").createHash("sha256").update(code).digest("base64")}'`;
}

/** The URL of an address, or of a bare scheme. Browsers report some addresses only by their scheme. */
export function addressOf(text: string): URL | undefined {
	if (URL.canParse(text)) return new URL(text);
	return /^[a-z][a-z0-9+.-]*$/i.test(text) && URL.canParse(`${text}:`) ? new URL(`${text}:`) : undefined;
}

/** Whether a list allows all inline code, or this code by its hash (CSP3 §6.7.3.3). */
function allowsCode(list: readonly Source[], directive: string, sample: string | undefined): boolean {
	if (allowsInline(list, directive)) return true;
	const code = wholeCode(sample);
	const isAttribute = directive.endsWith("-attr");
	return code !== undefined && list.includes(hashOf(code)) && (!isAttribute || list.includes("'unsafe-hashes'"));
}
