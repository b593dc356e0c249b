import type { Code } from "../core/codes.ts";
import { type Problem, received } from "../core/issue.ts";
import { nearest, show } from "../core/text.ts";
import { HOST_SOURCE, isNonceSource, type Source } from "./grammar.ts";
import { KEYWORD_NAMES, NONCE, RETIRED_KEYWORDS } from "./keywords.ts";

/** What a source expression is (CSP3 §2.3.1), or what is wrong with it. */
export type SourceKind =
	| { readonly kind: "none" | "self" | "keyword" | "nonce" | "hash" | "url-hash" | "eval-hash" | "scheme"; readonly text: string }
	| HostSource
	| InvalidSource;

export interface InvalidSource extends Problem {
	readonly kind: "invalid";
	/** It has the form of a source, so a newer browser may know it. */
	readonly isUnknown?: true;
}

/** What an issue says of it. */
export function problemIn({ kind, isUnknown, ...found }: InvalidSource): Problem {
	return found;
}

/** The parts of a host source as written. Absent parts are empty. */
export interface HostSource {
	readonly kind: "host";
	readonly text: string;
	/** In lower case. */
	readonly scheme: string;
	readonly host: string;
	/** With query and fragment, which browsers ignore. */
	readonly path: string;
}

/** Base64 characters of a digest, without padding. */
const DIGEST_LENGTH: ReadonlyMap<string, number> = new Map([
	["sha256", 43],
	["sha384", 64],
	["sha512", 86],
]);

const BARE_SCHEMES = new Set(["http", "https", "ws", "wss", "data", "blob", "filesystem", "mediastream", "about"]);
/** Straight double quotes, backticks, acute accents, and typographic quotation marks. */
const FOREIGN_QUOTES = /["`´‘’‚‛“”„‟′″‹›«»]/g;

/** Classifies the text of one source expression. Keywords and schemes become lower case. Hosts stay as written. */
export function classifySource(text: string): SourceKind {
	const bytes = checkBytes(text);
	if (bytes !== undefined) return bytes;
	const lower = text.toLowerCase();
	if (text.startsWith("'") || text.endsWith("'")) return classifyQuoted(text, lower);
	const keyword = nearestKeyword(lower);
	if (keyword !== undefined) return unquoted(text, quoted(keyword));
	if (/^nonce(?:-|$)/.test(lower)) return unquoted(text, "csp.nonce");
	if (/^(?:url-|eval-)?sha(?:256|384|512)-/.test(lower)) return unquoted(text, quoted(`'${text}'`));
	if (/^[a-z][a-z0-9+.-]*:$/.test(lower)) return classifyScheme(text, lower);
	if (BARE_SCHEMES.has(lower)) return invalid("csp/scheme-without-colon", text, AS_HOST, `"${lower}:" with a colon`);
	return classifyHost(text);
}

/** What a source in a model is. `slot` is the place of the nonce. */
export function kindOfSource(source: Source): SourceKind["kind"] | "slot" | "function" {
	if (source === NONCE) return "slot";
	return typeof source === "function" ? "function" : classifySource(String(source)).kind;
}

const AS_HOST = "which browsers read as a host name";

/** The keyword that a word without quotes means, even with a letter or two wrong. No real host has such a name. */
function nearestKeyword(lower: string): string | undefined {
	// Most sources are hosts, which have a dot or a colon.
	if (/[.:]/.test(lower)) return undefined;
	const word = `'${lower}'`;
	if (KEYWORD_NAMES.has(word) || RETIRED_KEYWORDS.has(word)) return word;
	return /^(?:unsafe|strict|wasm|report|trusted|inline)-[a-z0-9-]+$/.test(lower) ? nearest(word, KEYWORD_NAMES.keys()) : undefined;
}

function classifyScheme(text: string, lower: string): SourceKind {
	if (lower === "javascript:") return invalid("csp/invalid-source", text, "but no source allows javascript: URLs. Remove it.");
	if (lower !== "localhost:") return { kind: "scheme", text: lower };
	return invalid("csp/invalid-source", text, "which browsers read as a scheme", "the host without the colon, or with a port");
}

/**
 * Whether a scheme looks like a host without its port. Native apps use their reversed domain as a scheme (RFC 8252 §7.1), such as
 * com.example.app:, so a name that starts with a top-level domain does not.
 */
export function looksLikeHost(scheme: string): boolean {
	const labels = scheme.slice(0, -1).split(".");
	return labels.length > 1 && isTopLevel(labels.at(-1) ?? "") && !isTopLevel(labels[0] ?? "");
}

/** The most common generic domains, and every country. */
function isTopLevel(label: string): boolean {
	return /^(?:[a-z]{2}|com|net|org|edu|gov|info|biz|dev|app|example|test)$/.test(label);
}

/** A source consists of visible ASCII without `;` and `,` (CSP3 §2.2.1). Undefined if the text does. */
export function checkBytes(text: string): InvalidSource | undefined {
	if (text === "") return invalid("csp/invalid-source", text, "which is not a source", "csp.none alone, or remove it");
	if (text.search(FOREIGN_QUOTES) >= 0) return wrongQuotes(text, "but browsers only know straight single quotes");
	const separator = /[;,]/.exec(text)?.[0];
	if (separator !== undefined) {
		const [ends, escaped] = separator === ";" ? ["directive", "%3B"] : ["policy", "%2C"];
		return invalid("csp/separator", text, `but "${separator}" ends the ${ends}`, `one source per array element, and ${escaped} in a URL`);
	}
	if (/[ \t]/.test(text)) {
		const words = text.split(/\s+/).filter((part) => part !== "");
		return invalid(
			"csp/whitespace",
			text,
			"but white space separates sources",
			words.length < 2 ? show(words[0] ?? "") : `one source per array element: ${show(words)}`,
		);
	}
	return /^[\x21-\x7e]+$/.test(text) ? undefined : nonAscii(text);
}

function wrongQuotes(text: string, consequence: string): InvalidSource {
	const straight = `'${text.replace(FOREIGN_QUOTES, "").replaceAll("'", "").toLowerCase()}'`;
	return invalid("csp/wrong-quotes", text, consequence, KEYWORD_NAMES.get(straight) ?? `${show(straight)} for a keyword, or the host without quotes`);
}

function nonAscii(text: string): InvalidSource {
	const code = "csp/non-ascii";
	if (/[\x00-\x1f\x7f]/.test(text)) return invalid(code, text, "but a control character ends the header. Remove it.");
	const authority = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/)?([^/?#]+)/.exec(text)?.[1] ?? "";
	const ascii = URL.canParse(`https://${authority}`) ? new URL(`https://${authority}`).host : "";
	const isHost = ascii !== "" && ascii !== authority;
	return invalid(
		code,
		text,
		"but browsers drop the whole directive at a byte outside visible ASCII",
		isHost ? `the Punycode form: ${show(text.replace(authority, ascii))}` : "Punycode in a host, and percent-encoding in a path",
	);
}

function classifyQuoted(text: string, lower: string): SourceKind {
	if (!text.startsWith("'") || !text.endsWith("'") || text.length < 3) return wrongQuotes(text, "but one quote is missing");
	if (lower === "'none'") return { kind: "none", text: lower };
	if (lower === "'self'") return { kind: "self", text: lower };
	if (KEYWORD_NAMES.has(lower)) return { kind: "keyword", text: lower };
	if (lower.startsWith("'nonce")) return classifyNonce(text);
	const hash = /^'(url-|eval-)?(sha256|sha384|sha512)-(.*)'$/i.exec(text);
	if (hash !== null) return classifyHash(text, hash[1]?.toLowerCase() ?? "", hash[2]?.toLowerCase() ?? "", hash[3] ?? "");
	const successor = RETIRED_KEYWORDS.get(lower);
	if (successor !== undefined) return invalid("csp/invalid-keyword", text, "which browsers no longer support", successor);
	const guess = nearest(lower, KEYWORD_NAMES.keys());
	const found = invalid("csp/invalid-keyword", text, "which is not a keyword, so browsers ignore it", "hosts and schemes without quotes", guess);
	return /^'[^']+'$/.test(text) ? { ...found, isUnknown: true } : found;
}

function classifyNonce(text: string): SourceKind {
	if (isNonceSource(text)) return { kind: "nonce", text: `'nonce-${text.slice("'nonce-".length)}` };
	return invalid("csp/invalid-keyword", text, "which is not base64, so browsers ignore it", "csp.nonce");
}

/** What a hash is of, by its prefix: its kind, and how to make one. */
const HASHES: ReadonlyMap<string, readonly ["hash" | "url-hash" | "eval-hash", (algorithm: string) => string]> = new Map([
	["", ["hash", (algorithm) => `csp.hash("${algorithm}", code)`]],
	["url-", ["url-hash", (algorithm) => `csp.urlHash("${algorithm}", address)`]],
	["eval-", ["eval-hash", (algorithm) => `csp.evalHash("${algorithm}", code)`]],
]);

function classifyHash(text: string, prefix: string, algorithm: string, digest: string): SourceKind {
	const [kind, call] = HASHES.get(prefix) as NonNullable<ReturnType<typeof HASHES.get>>;
	const bare = digest.replace(/=+$/, "");
	const length = DIGEST_LENGTH.get(algorithm) ?? 0;
	const padded = digest.length > bare.length;
	if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(digest) || bare.length !== length || (padded && digest.length % 4 !== 0)) {
		return invalid(
			"csp/hash-length",
			text,
			`which never matches: a ${algorithm} digest has ${length} base64 characters without =, and this one has ${bare.length}`,
			call(algorithm),
		);
	}
	return { kind, text: `'${prefix}${algorithm}-${digest}'` };
}

function classifyHost(text: string): SourceKind {
	const match = HOST_SOURCE.exec(text);
	if (match === null) {
		const expected = 'a host such as "https://img.example", "*.example" or "https://img.example:8443/dir/"';
		const found = invalid("csp/invalid-source", text, "which is not a source, so browsers ignore it", expected);
		return text.includes("'") ? found : { ...found, isUnknown: true };
	}
	const host = match[2]?.toLowerCase() ?? "";
	if (match[1] === undefined && BARE_SCHEMES.has(host))
		return invalid("csp/scheme-without-colon", text, `which browsers read as the host ${show(host)}`, `"${host}://…"`);
	if (Number(match[3]) > 65_535) return invalid("csp/invalid-source", text, "but the largest port is 65535. Correct it.");
	return { kind: "host", text, scheme: match[1]?.toLowerCase() ?? "", host: match[2] ?? "", path: match[4] ?? "" };
}

function unquoted(text: string, expected: string): SourceKind {
	return invalid("csp/unquoted-keyword", text, AS_HOST, expected);
}

/** How to write a keyword or hash. */
function quoted(source: string): string {
	const name = KEYWORD_NAMES.get(source);
	return RETIRED_KEYWORDS.get(source) ?? `${show(source)} with single quotes${name === undefined ? "" : `, or ${name}`}`;
}

function invalid(code: Code, text: string, consequence: string, expected?: string, guess?: string): InvalidSource {
	return { kind: "invalid", ...received(code, text, consequence, expected, guess) };
}
