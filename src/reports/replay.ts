import { createHash } from "node:crypto";
import { DIRECTIVES, type DirectiveName } from "../headers/csp/directives.ts";
import { matchesAny } from "../headers/csp/match.ts";
import { type CspModel, effective } from "../headers/csp/model.ts";
import { isNonceOrHash, type Source } from "../headers/csp/sources.ts";
import type { ReportRecord } from "./record.ts";

/** What a report says of a violation. */
export type Violation = Pick<ReportRecord, "directive" | "blocked" | "document" | "sample">;

/**
 * Whether a policy would report what another one has reported. What a report does not tell counts as reported: whether a tag has a
 * nonce, and what stands behind the fortieth character of its code.
 *
 * @see {@link https://www.w3.org/TR/CSP3/#match-url-to-source-list}
 */
export function isReported(model: CspModel, { directive, blocked, document, sample }: Violation): boolean {
	const kind = DIRECTIVES.get(directive)?.kind;
	if (kind === undefined) return true;
	if (kind !== "sources" && kind !== "ancestors") return model.has(directive);
	const list = effective(model, directive as DirectiveName);
	if (list === undefined) return false;
	if (blocked === "inline") return !allowsInline(list, directive, sample);
	if (blocked === "eval") return !list.includes("'unsafe-eval'");
	if (blocked === "wasm-eval") return !list.includes("'unsafe-eval'") && !list.includes("'wasm-unsafe-eval'");
	const url = addressOf(blocked);
	// Then a script needs a nonce, or another script that loads it, whatever the hosts.
	if (url === undefined || (directive.startsWith("script-src") && list.includes("'strict-dynamic'"))) return true;
	return !matchesAny(list, url, addressOf(document));
}

/** The whole code of an inline script or style; undefined where the report has a part of it. Browsers send forty characters at most. */
export function wholeCode(sample: string | undefined): string | undefined {
	return sample !== undefined && [...sample].length < 40 && !sample.includes("…") ? sample : undefined;
}

export function hashOf(code: string): string {
	return `'sha256-${createHash("sha256").update(code).digest("base64")}'`;
}

/** An address, or the scheme alone that browsers give of some. */
export function addressOf(text: string): URL | undefined {
	if (URL.canParse(text)) return new URL(text);
	return /^[a-z][a-z0-9+.-]*$/i.test(text) && URL.canParse(`${text}:`) ? new URL(`${text}:`) : undefined;
}

/** CSP3 §6.7.3.2 and §6.7.3.3: a nonce, a hash or 'strict-dynamic' switch 'unsafe-inline' off. */
function allowsInline(list: readonly Source[], directive: string, sample: string | undefined): boolean {
	const isOff = list.some(isNonceOrHash) || (directive.startsWith("script") && list.includes("'strict-dynamic'"));
	if (list.includes("'unsafe-inline'") && !isOff) return true;
	const code = wholeCode(sample);
	const isAttribute = directive.endsWith("-attr");
	return code !== undefined && list.includes(hashOf(code)) && (!isAttribute || list.includes("'unsafe-hashes'"));
}
