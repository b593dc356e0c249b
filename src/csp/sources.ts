import type { Code } from "../core/codes.ts";
import { didYouMean, nearest, show } from "../core/text.ts";
import { HOST_SOURCE, isNonceSource, type Source } from "./grammar.ts";
import { KEYWORD_NAMES, NONCE, RETIRED_KEYWORDS } from "./keywords.ts";

/** What a source expression is (CSP3 §2.3.1), or what is wrong with it. */
export type SourceKind =
	| { readonly kind: "none" | "self" | "keyword" | "nonce" | "hash" | "scheme"; readonly text: string }
	| HostSource
	| { readonly kind: "invalid"; readonly code: Code; readonly message: string };

/** The parts of a host source as written; absent ones are empty. */
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
// Straight double quote, backtick, acute accent, and the typographic quotation marks.
const FOREIGN_QUOTES = /["`´‘’‚‛“”„‟′″‹›«»]/;

/** Classifies the text of one source expression. Keywords and schemes are lower-cased; hosts are kept. */
export function classifySource(text: string): SourceKind {
	const bytes = checkBytes(text);
	if (bytes !== undefined) return bytes;
	const lower = text.toLowerCase();
	if (text.startsWith("'") || text.endsWith("'")) return classifyQuoted(text, lower);
	if (lower === "none") return unquoted(text, "'none'");
	if (lower === "nonce") return unquoted(text, "'nonce-…'");
	if (KEYWORD_NAMES.has(`'${lower}'`) || RETIRED_KEYWORDS.has(`'${lower}'`)) return unquoted(text, `'${lower}'`);
	if (/^(?:nonce-|sha(?:256|384|512)-)/.test(lower)) return unquoted(text, `'${text}'`);
	const misspelt = nearestKeyword(lower);
	if (misspelt !== undefined) return unquoted(text, misspelt);
	if (/^[a-z][a-z0-9+.-]*:$/.test(lower)) return classifyScheme(text, lower);
	if (BARE_SCHEMES.has(lower)) {
		return invalid("csp/scheme-without-colon", `received ${show(text)}, which browsers read as a host name. Write "${lower}:" with a colon.`);
	}
	return classifyHost(text);
}

/** What a source in a model is; `slot` is the place of the nonce. */
export function kindOfSource(source: Source): SourceKind["kind"] | "slot" | "function" {
	if (source === NONCE) return "slot";
	return typeof source === "function" ? "function" : classifySource(String(source)).kind;
}

/** A bare word that is a keyword but for a letter or two. Real hosts of that shape do not exist. */
function nearestKeyword(lower: string): string | undefined {
	if (!/^(?:unsafe|strict|wasm|report|trusted|inline)-[a-z0-9-]+$/.test(lower)) return undefined;
	return nearest(`'${lower}'`, KEYWORD_NAMES.keys());
}

function classifyScheme(text: string, lower: string): SourceKind {
	if (lower === "javascript:") return invalid("csp/invalid-source", `received ${show(text)}; no source allows javascript: URLs. Leave it out.`);
	if (lower !== "localhost:") return { kind: "scheme", text: lower };
	return invalid("csp/invalid-source", `received ${show(text)}, which browsers read as a scheme. Write the host without the colon, or with a port.`);
}

/**
 * Whether a scheme reads like a host whose port was forgotten. Native apps use their reversed domain as a scheme
 * (RFC 8252 §7.1), such as com.example.app:, so a name that begins like a domain ends is none.
 */
export function looksLikeHost(scheme: string): boolean {
	const labels = scheme.slice(0, -1).split(".");
	return labels.length > 1 && isTopLevel(labels.at(-1) ?? "") && !isTopLevel(labels[0] ?? "");
}

/** The commonest generic domains, and every country. */
function isTopLevel(label: string): boolean {
	return /^(?:[a-z]{2}|com|net|org|edu|gov|info|biz|dev|app|example|test)$/.test(label);
}

/** The bytes that may stand in a source: visible ASCII without `;` and `,` (CSP3 §2.2.1). */
function checkBytes(text: string): SourceKind | undefined {
	if (text === "") return invalid("csp/invalid-source", `received "", which is no source. Leave it out, or write csp.none alone.`);
	if (FOREIGN_QUOTES.test(text)) return wrongQuotes(text);
	const separator = /[;,]/.exec(text)?.[0];
	if (separator !== undefined) {
		const [ends, escaped] = separator === ";" ? ["directive", "%3B"] : ["policy", "%2C"];
		return invalid("csp/separator", `received ${show(text)}; "${separator}" ends the ${ends}. Write one source per array element, or ${escaped} inside a URL.`);
	}
	if (/[ \t]/.test(text)) {
		const parts = text.split(/[ \t]+/).filter((part) => part !== "");
		if (parts.length < 2) return invalid("csp/whitespace", `received ${show(text)} with white space at an end. Write ${show(parts[0] ?? "")}, without it.`);
		return invalid(
			"csp/whitespace",
			`received ${show(text)}, which browsers split at white space. Write one source per array element: [${parts.slice(0, 10).map(show).join(", ")}${parts.length > 10 ? ", …" : ""}].`,
		);
	}
	return /^[\x21-\x7e]+$/.test(text) ? undefined : invalid("csp/non-ascii", nonAscii(text));
}

function wrongQuotes(text: string): SourceKind {
	const straight = `'${text.replace(/["'`´‘’‚‛“”„‟′″‹›«»]/g, "").toLowerCase()}'`;
	const write = KEYWORD_NAMES.get(straight) ?? `"${straight}" for a keyword, or the bare host`;
	return invalid("csp/wrong-quotes", `received ${show(text)}; browsers know straight single quotes only. Write ${write}.`);
}

function nonAscii(text: string): string {
	if (/[\x00-\x1f\x7f]/.test(text)) return `received ${show(text)}; a control character ends the header. Leave it out.`;
	const found = `received ${show(text)}; browsers drop the whole directive at a byte outside visible ASCII.`;
	const authority = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/)?([^/?#]+)/.exec(text)?.[1] ?? "";
	const ascii = URL.canParse(`https://${authority}`) ? new URL(`https://${authority}`).host : "";
	if (ascii !== "" && ascii !== authority) return `${found} Write the Punycode form: ${show(text.replace(authority, ascii))}.`;
	return `${found} Percent-encode it in a path, or use Punycode for a host.`;
}

function classifyQuoted(text: string, lower: string): SourceKind {
	if (!text.startsWith("'") || !text.endsWith("'") || text.length < 3) {
		const straight = `'${lower.replaceAll("'", "")}'`;
		return invalid("csp/wrong-quotes", `received ${show(text)} with one quote missing. Write ${KEYWORD_NAMES.get(straight) ?? `"${straight}"`}.`);
	}
	if (lower === "'none'") return { kind: "none", text: lower };
	if (lower === "'self'") return { kind: "self", text: lower };
	if (KEYWORD_NAMES.has(lower)) return { kind: "keyword", text: lower };
	if (lower.startsWith("'nonce")) return classifyNonce(text);
	const hash = /^'(sha256|sha384|sha512)-(.*)'$/i.exec(text);
	if (hash !== null) return classifyHash(text, hash[1]?.toLowerCase() ?? "", hash[2] ?? "");
	const successor = RETIRED_KEYWORDS.get(lower);
	if (successor !== undefined) return invalid("csp/invalid-keyword", `received ${show(text)}, which browsers no longer know. Write ${successor}.`);
	const known = [...KEYWORD_NAMES.keys()];
	return invalid(
		"csp/invalid-keyword",
		`received ${show(text)}, which is no keyword; browsers ignore it. Hosts and schemes stand without quotes.${didYouMean(lower, known)}`,
	);
}

function classifyNonce(text: string): SourceKind {
	if (isNonceSource(text)) return { kind: "nonce", text: `'nonce-${text.slice("'nonce-".length)}` };
	return invalid("csp/invalid-keyword", `received ${show(text)}, which is no nonce: base64 characters only. Write csp.nonce.`);
}

function classifyHash(text: string, algorithm: string, digest: string): SourceKind {
	const bare = digest.replace(/=+$/, "");
	const expected = DIGEST_LENGTH.get(algorithm) ?? 0;
	const padded = digest.length > bare.length;
	if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(digest) || bare.length !== expected || (padded && digest.length % 4 !== 0)) {
		return invalid(
			"csp/hash-length",
			`received ${show(text)}: a ${algorithm} digest has ${expected} base64 characters (without =), this one has ${bare.length}; it can never match. Write csp.hash("${algorithm}", code).`,
		);
	}
	return { kind: "hash", text: `'${algorithm}-${digest}'` };
}

function classifyHost(text: string): SourceKind {
	const match = HOST_SOURCE.exec(text);
	if (match === null) {
		return invalid(
			"csp/invalid-source",
			`received ${show(text)}, which is no host source; browsers ignore it. Write a host such as "https://img.example", "*.example" or "https://img.example:8443/dir/".`,
		);
	}
	const host = match[2]?.toLowerCase() ?? "";
	if (match[1] === undefined && BARE_SCHEMES.has(host)) {
		return invalid("csp/scheme-without-colon", `received ${show(text)}, which browsers read as the host ${show(host)}. Write "${host}://…".`);
	}
	if (Number(match[3]) > 65_535) return invalid("csp/invalid-source", `received ${show(text)}; a port is at most 65535.`);
	return { kind: "host", text, scheme: match[1]?.toLowerCase() ?? "", host: match[2] ?? "", path: match[4] ?? "" };
}

function unquoted(text: string, quoted: string): SourceKind {
	const name = KEYWORD_NAMES.get(quoted);
	const isNonce = text.toLowerCase().startsWith("nonce");
	const write = isNonce ? "csp.nonce" : name === undefined ? `"${quoted}" with single quotes` : `"${quoted}" with single quotes, or ${name}`;
	return invalid("csp/unquoted-keyword", `received ${show(text)}, which browsers read as a host name. Write ${write}.`);
}

function invalid(code: Code, message: string): SourceKind {
	return { kind: "invalid", code, message };
}
