import type { Code } from "../../core/codes.ts";
import type { Issues } from "../../core/issue.ts";
import { readList, unlessRefused } from "../../core/read.ts";
import { isKey } from "../../core/structured.ts";
import { camel, didYouMean, show } from "../../core/text.ts";
import { DIRECTIVES, type Directive, isSourceList, TOKENS } from "../../csp/directives.ts";
import { isNonceOrHash, type Source, type SourceFunction } from "../../csp/grammar.ts";
import { CALLED_AT_ONCE, KEYWORD_NAMES, NONCE } from "../../csp/keywords.ts";
import { classifySource, looksLikeHost, type SourceKind } from "../../csp/sources.ts";
import { readReportUrl } from "../common/report-url.ts";

/**
 * Validates what a user wrote for one directive. Reports every problem; undefined when there was one.
 * `part` is a list that is going to be added to another: what only the whole list shows is left to
 * checkSources.
 */
export function readDirectiveValue(name: string, directive: Directive, value: unknown, issues: Issues, part = false): readonly Source[] | undefined {
	return unlessRefused(issues, () => {
		const words = readers[directive.kind](name, directive, value, issues);
		if (words !== undefined && !part && isSourceList(directive)) checkSources(directive, words, issues);
		return words;
	});
}

/** Problems that only the whole list shows. Functions add to it in each request; the list that they complete is read again. */
export function checkSources(directive: Directive, list: readonly Source[], issues: Issues): void {
	const mayAdd = list.some((source) => typeof source === "function");
	if (list.includes("'none'") && list.length > 1) {
		const others = list
			.filter((source) => source !== "'none'")
			.map(sourceName)
			.join(", ");
		issues.error("csp/none-not-alone", `'none' beside other sources is ignored by browsers. Write [csp.none], or [${others}].`);
	}
	if (directive.hash && !directive.nonce && list.some((source) => source !== NONCE && isNonceOrHash(source)) && !list.includes("'unsafe-hashes'") && !mayAdd) {
		issues.error("csp/keyword-no-effect", "a hash matches an attribute only beside 'unsafe-hashes'. Add csp.unsafeHashes.");
	}
	if (list.includes("'strict-dynamic'") && directive.keywords.includes("'strict-dynamic'") && !list.some(isNonceOrHash) && !mayAdd) {
		issues.error(
			"csp/strict-dynamic-alone",
			"'strict-dynamic' ignores hosts and 'self', so without a nonce or hash no script runs. Add csp.nonce or csp.hash(…).",
		);
	}
}

type Reader = (name: string, directive: Directive, value: unknown, issues: Issues) => readonly Source[] | undefined;

const readers: Readonly<Record<Directive["kind"], Reader>> = {
	sources: readSources,
	ancestors: readSources,
	tokens: readTokens,
	policies: readTrustedTypes,
	flag: readFlag,
	uris: readUris,
	endpoint: readEndpoint,
};

function readSources(name: string, directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const words = readWords(value, 'an array of sources such as [csp.self, "https://cdn.example"]', issues);
	if (words === undefined) return undefined;
	if (words.length === 0) {
		issues.error("csp/empty-directive", `received an empty list, which browsers read as 'none'. Write [csp.none], or null to leave ${name} out.`);
		return undefined;
	}
	const sources = new Set<Source>();
	for (const [index, word] of words.entries()) {
		const source = readSource(name, directive, word, issues.at(index));
		if (source !== undefined) sources.add(source);
	}
	return [...sources];
}

function readSource(name: string, directive: Directive, word: unknown, issues: Issues): Source | undefined {
	if (word === NONCE) {
		if (!directive.nonce) issues.error("csp/keyword-no-effect", `a nonce has no effect in ${name}. ${whereInstead((other) => other.nonce)}`);
		return NONCE;
	}
	if (isSourceFunction(word)) return word;
	if (typeof word !== "string") {
		const hint =
			typeof word === "function" ? 'csp.hash("sha256", code), or a function (req, res) => sources' : 'a source such as csp.self or "https://cdn.example"';
		const missing = word === undefined ? " (a misspelt csp.… name, or a variable that is not set?)" : "";
		return issues.type(word, hint + missing);
	}
	const source = classifySource(word);
	if (source.kind === "invalid") {
		issues.error(source.code, source.message);
		return undefined;
	}
	checkPlace(name, directive, source, issues);
	return source.text;
}

/** Neither a class nor a generator can be asked for sources, and csp.hash without parentheses would fail in each request. */
function isSourceFunction(word: unknown): word is SourceFunction {
	if (typeof word !== "function" || Reflect.has(word, CALLED_AT_ONCE)) return false;
	return !/^class\b/.test(Function.prototype.toString.call(word)) && !word.constructor.name.includes("Generator");
}

function checkPlace(name: string, directive: Directive, source: Exclude<SourceKind, { kind: "invalid" }>, issues: Issues): void {
	if (source.kind === "nonce") {
		issues.error(
			"nonce/literal",
			"received a nonce, written out: one that is the same on every response protects nothing. Write csp.nonce. A function may give one of its own: 22 characters or more, and another in each response.",
		);
	}
	if (source.kind === "hash" && !directive.hash) {
		issues.error("csp/keyword-no-effect", `a hash has no effect in ${name}. ${whereInstead((other) => other.hash)}`);
	}
	if (source.kind === "keyword" && !directive.keywords.includes(source.text)) {
		issues.error(
			"csp/keyword-no-effect",
			`${source.text} has no effect in ${name}. ${whereInstead((other, tokens) => other.keywords.includes(source.text) || tokens.includes(source.text))}`,
		);
	}
	if (source.kind === "scheme" && looksLikeHost(source.text)) {
		issues.warn(
			"csp/scheme-like-host",
			`received ${show(source.text)}, which browsers read as a scheme. If you mean the host, write ${show(source.text.slice(0, -1))}, without the colon.`,
		);
	}
	if (source.kind !== "host") return;
	if (source.host.includes("_")) {
		issues.warn(
			"csp/underscore-host",
			`received ${show(source.text)}: Chromium refuses an underscore in a host name and ignores the source. Serve it from a host without one.`,
		);
	}
	if (/^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[.*\])$/i.test(source.host)) {
		issues.warn(
			"csp/local-or-ip-source",
			`received ${show(source.text)}: browsers match IP addresses unevenly (IPv6 never), and localhost is the visitor's own machine. Write a host name.`,
		);
	}
	if (/[?#]/.test(source.path)) {
		issues.warn("csp/query-in-source", `received ${show(source.text)}: browsers ignore the query and fragment of a source. Write only the path.`);
	}
	if (source.scheme === "http") {
		issues.warn("csp/http-source", `received ${show(source.text)}: anyone on the network can change what arrives over http. Write https.`);
	}
}

function readTokens(name: string, _directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const tokens = TOKENS.get(name) ?? [];
	const words = readWords(value, `an array of ${name} tokens`, issues);
	if (words === undefined) return undefined;
	// sandbox without a token is its strictest form; every other token directive needs one.
	if (words.length === 0 && tokens.some((token) => token.startsWith("'"))) {
		issues.error(
			"csp/empty-directive",
			`received an empty list, which does nothing. Write [${tokens.map(sourceName).join(", ")}], or null to leave ${name} out.`,
		);
	}
	for (const [index, word] of words.entries()) {
		if (typeof word === "string" && tokens.includes(word)) continue;
		const known = tokens.map(sourceName).join(", ");
		const code: Code = typeof word === "string" && tokens.includes(`'${word}'`) ? "csp/unquoted-keyword" : "csp/invalid-token";
		issues
			.at(index)
			.error(code, `received ${show(word)}, which browsers ignore in ${name}. Known: ${known}.${typeof word === "string" ? didYouMean(word, tokens) : ""}`);
	}
	return unique(words);
}

function readTrustedTypes(_name: string, _directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const words = readWords(value, 'an array of Trusted Types policy names such as ["app"]', issues);
	if (words === undefined) return undefined;
	if (words.length === 0)
		issues.error("csp/empty-directive", "received an empty list, which forbids every policy. Write [csp.none], or null to leave trusted-types out.");
	for (const [index, word] of words.entries()) {
		if (typeof word !== "string") issues.at(index).type(word, "a policy name");
		else if (word === "none" || word === "allow-duplicates")
			issues.at(index).error("csp/unquoted-keyword", `received ${show(word)}, which browsers read as a policy name. Write ${KEYWORD_NAMES.get(`'${word}'`)}.`);
		else if (!/^(?:'none'|'allow-duplicates'|\*|[A-Za-z0-9\-#=_/@.%]+)$/.test(word))
			issues.at(index).error("csp/invalid-token", `received ${show(word)}, which is no policy name. Letters, digits and - # = _ / @ . % may stand in one.`);
	}
	if (words.includes("'none'") && words.length > 1)
		issues.error("csp/none-not-alone", "'none' beside other names is ignored by browsers. Write [csp.none] alone, or the names alone.");
	return unique(words);
}

function readFlag(name: string, _directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	return value === true ? [] : issues.type(value, `true, or null to leave ${name} out`);
}

function readUris(_name: string, _directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const words = readWords(value, 'a URL or path such as "/_reports"', issues);
	if (words === undefined) return undefined;
	if (words.length === 0) issues.error("csp/empty-directive", 'received an empty list. Write a URL or path such as "/_reports", or null.');
	for (const [index, word] of words.entries()) readUri(word, issues.at(index));
	return unique(words);
}

function readUri(word: unknown, issues: Issues): void {
	const url = readReportUrl(word, issues);
	if (url === undefined || !/[;,]/.test(url)) return;
	issues.error("csp/separator", `received ${show(url)}; ";" ends the directive and "," the policy. Write %3B and %2C.`);
}

function readEndpoint(_name: string, _directive: Directive, value: unknown, issues: Issues): readonly Source[] | undefined {
	const name = Array.isArray(value) && value.length === 1 ? value[0] : value;
	if (typeof name === "string" && isKey(name)) return [name];
	if (typeof name !== "string") return issues.type(value, 'one endpoint name such as "csp"');
	issues.error("report/name", `received ${show(name)}, which is no endpoint name: one lower-case word, as in the option reportingEndpoints. Write "csp".`);
	return undefined;
}

/** A single word, or an array or Set of words. */
function readWords(value: unknown, expected: string, issues: Issues): readonly unknown[] | undefined {
	if (typeof value === "string" || value === NONCE || typeof value === "function") return [value];
	return readList(value, expected, issues);
}

function unique(words: readonly unknown[]): readonly Source[] {
	return [...new Set(words)].filter((word): word is string => typeof word === "string");
}

function whereInstead(acts: (directive: Directive, tokens: readonly string[]) => boolean): string {
	const names = [...DIRECTIVES].filter(([name, other]) => acts(other, TOKENS.get(name) ?? [])).map(([name]) => camel(name));
	return names.length === 0 ? "Leave it out." : `It acts in ${names.join(", ")}.`;
}

/** How a source is written in code. */
function sourceName(source: Source): string {
	if (typeof source === "function") return "(req, res) => …";
	if (typeof source !== "string") return "csp.nonce";
	return KEYWORD_NAMES.get(source) ?? JSON.stringify(source);
}
