import type { Code } from "../../core/codes.ts";
import { type Issues, received } from "../../core/issue.ts";
import { readList, unlessRefused } from "../../core/read.ts";
import { camel, nearest, show } from "../../core/text.ts";
import { DIRECTIVES, type Directive, isSourceList, TOKENS, takesHash } from "../../csp/directives.ts";
import { isAnyHostWithPort, isNonceOrHash, isRaw, type Source, type SourceFunction } from "../../csp/grammar.ts";
import { CALLED_AT_ONCE, KEYWORD_NAMES, NONCE } from "../../csp/keywords.ts";
import { classifySource, looksLikeHost, problemIn, type SourceKind } from "../../csp/sources.ts";
import { readReportUrl } from "../common/report-url.ts";
import { readEndpointName } from "../common/token.ts";
import { warnExperimental } from "./experimental.ts";
import { readRawSource, readRawToken } from "./raw.ts";

/**
 * Validates the value of one directive and reports every problem. Undefined if there was one. `part` is a list that will be added to another: its
 * whole list is checked later, with checkSources.
 */
export function readDirectiveValue(name: string, directive: Directive, value: unknown, issues: Issues, part = false): readonly Source[] | undefined {
	return unlessRefused(issues, () => {
		const words = readers[directive.kind](name, directive, value, issues);
		if (words !== undefined && !part && isSourceList(directive)) checkSources(directive, words, issues);
		return words;
	});
}

/** Problems of a whole list. If functions add to it in each request, the complete list is read again. */
export function checkSources(directive: Directive, list: readonly Source[], issues: Issues): void {
	const mayAdd = list.some((source) => typeof source === "function");
	checkNone(list, issues);
	if (directive.hash && !directive.nonce && list.some((source) => source !== NONCE && isNonceOrHash(source)) && !list.includes("'unsafe-hashes'") && !mayAdd)
		issues.error("csp/keyword-no-effect", "a hash matches an attribute only with 'unsafe-hashes'", "csp.unsafeHashes too");
	if (list.includes("'strict-dynamic'") && directive.keywords.includes("'strict-dynamic'") && !list.some(isNonceOrHash) && !mayAdd)
		issues.error("csp/strict-dynamic-alone", "no script runs with 'strict-dynamic' and without a nonce or hash", "csp.nonce or csp.hash(…) too");
}

type Reader = (name: string, directive: Directive, value: unknown, issues: Issues) => readonly Source[] | undefined;

const readers: Readonly<Record<Directive["kind"], Reader>> = {
	sources: readSources,
	ancestors: readSources,
	tokens: readTokens,
	policies: readTrustedTypes,
	flag: (name, _directive, value, issues) => (value === true ? [] : issues.type(value, `true, or ${leavesOut(name)}`)),
	uris: readUris,
	endpoint: readEndpoint,
};

function checkNone(list: readonly unknown[], issues: Issues): void {
	if (list.includes("'none'") && list.length > 1)
		issues.error("csp/none-not-alone", "browsers ignore 'none' in a longer list", "[csp.none], or the rest without it");
}

function leavesOut(name: string): string {
	return `null to leave ${name} out`;
}

function readSources(name: string, directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const words = readWords(value, 'an array of sources such as [csp.self, "https://cdn.example"]', issues);
	if (words === undefined) return undefined;
	if (words.length === 0) return issues.invalid("csp/empty-directive", [], "which browsers read as 'none'", `[csp.none], or ${leavesOut(name)}`);
	const sources = new Set<Source>();
	for (const [index, word] of words.entries()) {
		const source = readSource(name, directive, word, issues.at(index));
		if (source !== undefined) sources.add(source);
	}
	return [...sources];
}

function readSource(name: string, directive: Directive, word: unknown, issues: Issues): Source | undefined {
	if (word === NONCE) {
		if (!directive.nonce) noEffect("csp.nonce", name, (other) => other.nonce, issues);
		return NONCE;
	}
	if (isSourceFunction(word)) return word;
	if (isRaw(word)) return readRawSource(word, issues);
	if (typeof word !== "string") {
		const hint =
			typeof word === "function"
				? 'what it returns, as in csp.hash("sha256", code), or a function (req, res) => sources'
				: 'a source such as csp.self or "https://cdn.example"';
		const missing = word === undefined ? " (a misspelled csp.… name, or a variable without a value?)" : "";
		return issues.type(word, hint + missing);
	}
	const source = classifySource(word);
	if (source.kind === "invalid") return issues.refuse(problemIn(source));
	checkPlace(name, directive, source, issues);
	return source.text;
}

/** Neither a class nor a generator can return sources. csp.hash without parentheses would fail in each request. */
function isSourceFunction(word: unknown): word is SourceFunction {
	if (typeof word !== "function" || Reflect.has(word, CALLED_AT_ONCE)) return false;
	return !/^class\b/.test(Function.prototype.toString.call(word)) && !word.constructor.name.includes("Generator");
}

function checkPlace(name: string, directive: Directive, source: Exclude<SourceKind, { kind: "invalid" }>, issues: Issues): void {
	const { kind, text } = source;
	const warn = (code: Code, consequence: string, expected: string): void => issues.warn(received(code, text, consequence, expected));
	// The nonce itself is not shown.
	if (kind === "nonce") issues.error("nonce/literal", "a nonce that is the same in every response protects nothing", "csp.nonce");
	const noun = HASHES.get(kind);
	if (noun !== undefined && !takesHash(directive, kind)) noEffect(noun, name, (other) => takesHash(other, kind), issues);
	warnExperimental(source, issues);
	if (kind === "keyword" && !directive.keywords.includes(text))
		noEffect(text, name, (other, tokens) => other.keywords.includes(text) || tokens.includes(text), issues);
	if (kind === "scheme" && looksLikeHost(text)) warn("csp/scheme-like-host", "which browsers read as a scheme", `${show(text.slice(0, -1))} for the host`);
	if (kind !== "host") return;
	if (source.host.includes("_")) warn("csp/underscore-host", "which browsers ignore because of the underscore", "a host name without one");
	if (isAnyHostWithPort(text)) warn("csp/any-host-port", "which Safari ignores", `${show(`https://${text}`)}, or the hosts`);
	if (/^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[.*\])$/i.test(source.host))
		warn("csp/local-or-ip-source", "but not every browser matches IP addresses, and localhost is the visitor's own machine", "a host name");
	if (/[?#]/.test(source.path)) warn("csp/query-in-source", "but browsers ignore the query and fragment of a source", "only the path");
	if (source.scheme === "http") warn("csp/http-source", "but anyone on the network can change what http delivers", "https");
}

const HASHES: ReadonlyMap<SourceKind["kind"], string> = new Map([
	["hash", "a hash"],
	["url-hash", "the hash of an address"],
	["eval-hash", "the hash of code for eval"],
]);

function noEffect(what: string, name: string, acts: (directive: Directive, tokens: readonly string[]) => boolean, issues: Issues): void {
	const names = [...DIRECTIVES].filter(([other, directive]) => acts(directive, TOKENS.get(other) ?? [])).map(([other]) => camel(other));
	issues.error("csp/keyword-no-effect", `${what} has no effect in ${name}`, `it in ${names.join(", ")}`);
}

function readTokens(name: string, _directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const tokens = TOKENS.get(name) ?? [];
	const known = tokens.map((token) => KEYWORD_NAMES.get(token) ?? show(token)).join(", ");
	const words = readWords(value, `an array of ${name} tokens`, issues);
	// sandbox without a token is its strictest form. Every other token directive needs one.
	if (words?.length === 0 && tokens.some((token) => token.startsWith("'")))
		issues.invalid("csp/empty-directive", [], "which has no effect", `[${known}], or ${leavesOut(name)}`);
	for (const [index, word] of words?.entries() ?? []) {
		if (isRaw(word)) readRawToken(word, (text) => tokens.includes(text), issues.at(index));
		else readToken(word, tokens, known, issues.at(index));
	}
	return words && unique(words);
}

function readToken(word: unknown, tokens: readonly string[], known: string, issues: Issues): void {
	if (typeof word === "string" && tokens.includes(word)) return;
	const code: Code = typeof word === "string" && tokens.includes(`'${word}'`) ? "csp/unquoted-keyword" : "csp/invalid-token";
	issues.invalid(code, word, "which browsers ignore here", known, typeof word === "string" ? nearest(word, tokens) : undefined);
}

function readTrustedTypes(name: string, _directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const words = readWords(value, 'an array of Trusted Types policy names such as ["app"]', issues);
	if (words === undefined) return undefined;
	if (words.length === 0) issues.invalid("csp/empty-directive", [], "which forbids every policy", `[csp.none], or ${leavesOut(name)}`);
	for (const [index, word] of words.entries()) {
		const at = issues.at(index);
		if (isRaw(word)) readRawToken(word, isPolicyName, at);
		else if (typeof word !== "string") at.type(word, "a policy name");
		else if (word === "none" || word === "allow-duplicates")
			at.invalid("csp/unquoted-keyword", word, "which browsers read as a policy name", KEYWORD_NAMES.get(`'${word}'`));
		else if (!isPolicyName(word)) at.invalid("csp/invalid-token", word, "which is not a policy name", "letters, digits and - # = _ / @ . %");
	}
	checkNone(words, issues);
	return unique(words);
}

function isPolicyName(word: string): boolean {
	return /^(?:'none'|'allow-duplicates'|\*|[A-Za-z0-9\-#=_/@.%]+)$/.test(word);
}

function readUris(_name: string, _directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const expected = 'a URL or path such as "/_reports"';
	const words = readWords(value, expected, issues);
	if (words?.length === 0) issues.invalid("csp/empty-directive", [], "", `${expected}, or null`);
	for (const [index, word] of words?.entries() ?? []) readPolicyUrl(word, issues.at(index));
	return words && unique(words);
}

/** A URL to report to, for the text of a policy. */
export function readPolicyUrl(value: unknown, issues: Issues): string | undefined {
	const url = readReportUrl(value, issues);
	if (url !== undefined && /[;,]/.test(url)) issues.invalid("csp/separator", url, 'but ";" and "," end directives and policies', "%3B and %2C");
	return url;
}

function readEndpoint(_name: string, _directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
	if (typeof only !== "string") return issues.type(only, 'one endpoint name such as "csp"');
	const name = readEndpointName(only, issues);
	return name === undefined ? undefined : [name];
}

/** A single word, or an array or Set of words. */
function readWords(value: unknown, expected: string, issues: Issues): readonly unknown[] | undefined {
	if (typeof value === "string" || value === NONCE || typeof value === "function" || isRaw(value)) return [value];
	return readList(value, expected, issues);
}

function unique(words: readonly unknown[]): readonly Source[] {
	return [...new Set(words.map((word) => (isRaw(word) ? word.raw : word)))].filter((word): word is string => typeof word === "string");
}
