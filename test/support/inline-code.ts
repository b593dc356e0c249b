import { createHash } from "node:crypto";

/** Whether a policy lets inline code run: CSP3 §6.7.3 with its fallbacks, and where the engines' grammars part, each engine's own. */
export type InlineKind = "script" | "handler" | "style" | "style-attribute" | "javascript-url";
export type Engine = "Chromium" | "Firefox" | "WebKit";

/** The code asked about. Without a nonce no nonce can match it, and without its text no hash can. */
export interface InlineCode {
	readonly nonce?: string | undefined;
	/** What stands between the tags, in the attribute, or the whole `javascript:` URL. */
	readonly text?: string | undefined;
}

export const ENGINE_NAMES: readonly Engine[] = ["Chromium", "Firefox", "WebKit"];

/** Runs in at least one engine: what an attacker needs. Several policies, as lines or joined by commas, must all allow it. */
export function runsInline(policy: string | readonly string[], kind: InlineKind, code: InlineCode = {}): boolean {
	return ENGINE_NAMES.some((engine) => runsInlineIn(engine, policy, kind, code));
}

export function runsInlineIn(engine: Engine, policy: string | readonly string[], kind: InlineKind, code: InlineCode = {}): boolean {
	return [policy]
		.flat()
		.flatMap((line) => line.split(","))
		.every((one) => onePolicyAllows(engine, one, kind, code));
}

/** §6.8.2: the directive that decides, then those that it falls back to. A `javascript:` URL is judged as a script element is. */
const FALLBACKS: Readonly<Record<InlineKind, readonly string[]>> = {
	script: ["script-src-elem", "script-src", "default-src"],
	handler: ["script-src-attr", "script-src", "default-src"],
	style: ["style-src-elem", "style-src", "default-src"],
	"style-attribute": ["style-src-attr", "style-src", "default-src"],
	"javascript-url": ["script-src-elem", "script-src", "default-src"],
};

const isScript = (kind: InlineKind): boolean => !kind.startsWith("style");
const isElement = (kind: InlineKind): boolean => kind === "script" || kind === "style";

function onePolicyAllows(engine: Engine, policy: string, kind: InlineKind, code: InlineCode): boolean {
	const directives = directivesOf(engine, policy);
	if (isScript(kind) && !(directives.get("sandbox")?.some((flag) => flag.toLowerCase() === "allow-scripts") ?? true)) return false;
	if (kind === "javascript-url" && trustedTypesRefuse(engine, directives.get("require-trusted-types-for") ?? [])) return false;
	const deciding = FALLBACKS[kind].find((name) => directives.has(name));
	if (deciding === undefined) return true;
	const sources = directives.get(deciding) ?? [];
	return allowsAllInline(engine, deciding, sources, kind) || matchesCode(engine, sources, kind, code);
}

/** Every `javascript:` URL, unless the page made a default policy of Trusted Types that takes it. */
function trustedTypesRefuse(engine: Engine, sinks: readonly string[]): boolean {
	return sinks.some((sink) => (engine === "WebKit" ? sink.toLowerCase() : sink) === "'script'");
}

/**
 * §2.2.1: of a directive given twice the first counts, and one that is not ASCII is no directive. Chromium drops the text of such
 * a one, and still takes the next of its name for its repetition.
 */
function directivesOf(engine: Engine, policy: string): ReadonlyMap<string, readonly string[]> {
	const seen = new Set<string>();
	const directives = new Map<string, readonly string[]>();
	for (const part of policy.split(";")) {
		const [written, ...sources] = part.split(/[\t\n\f\r ]+/).filter((token) => token !== "");
		const name = written?.toLowerCase();
		const ascii = /^[\0-\x7f]*$/.test(part);
		if (name === undefined || seen.has(name)) continue;
		if (ascii || engine === "Chromium") seen.add(name);
		if (ascii) directives.set(name, sources);
	}
	return directives;
}

/** §6.7.3.2: `'unsafe-inline'`, unless something in the list switches it off. */
function allowsAllInline(engine: Engine, directive: string, sources: readonly string[], kind: InlineKind): boolean {
	if (sources.some((source) => nonceOf(engine, source) !== undefined || hashOf(engine, source) !== undefined)) return false;
	if (has(sources, "'strict-dynamic'") && heedsStrictDynamic(engine, directive, kind)) return false;
	return has(sources, "'unsafe-inline'");
}

/** A matter of what is judged, as Firefox has it. For the others it is one of the directive that judges: `default-src` is a script's, and to WebKit `script-src-attr` is not. */
function heedsStrictDynamic(engine: Engine, directive: string, kind: InlineKind): boolean {
	if (engine === "Firefox") return isScript(kind);
	if (engine === "WebKit" && directive === "script-src-attr") return false;
	return !directive.startsWith("style-");
}

/** §6.7.3.3: by nonce, elements alone; by hash, elements, and the rest under `'unsafe-hashes'`. */
function matchesCode(engine: Engine, sources: readonly string[], kind: InlineKind, { nonce, text }: InlineCode): boolean {
	if (isElement(kind) && nonce !== undefined && nonce !== "" && sources.some((source) => nonceOf(engine, source) === nonce)) return true;
	if (text === undefined || !(isElement(kind) || has(sources, "'unsafe-hashes'"))) return false;
	return sources.some((source) => {
		const hash = hashOf(engine, source);
		return hash !== undefined && createHash(hash.algorithm).update(text, "utf8").digest("base64") === hash.digest;
	});
}

function has(sources: readonly string[], keyword: string): boolean {
	return sources.some((source) => source.toLowerCase() === keyword);
}

const NONCE = /^'nonce-([A-Za-z0-9+/_-]+={0,2})'$/i;
const NONCES: Readonly<Record<Engine, RegExp>> = { Chromium: NONCE, Firefox: NONCE, WebKit: /^'nonce-([A-Za-z0-9+/_=-]+)'$/i };

function nonceOf(engine: Engine, source: string): string | undefined {
	return NONCES[engine].exec(source)?.[1];
}

const HASH = /^'(sha(?:256|384|512))-(([A-Za-z0-9+/_-]+)={0,2})'$/i;
const HASHES: Readonly<Record<Engine, RegExp>> = { Chromium: /^'(sha-?(?:256|384|512))-(([A-Za-z0-9+/_-]+)={0,2})'$/i, Firefox: HASH, WebKit: HASH };

/** With the digest in base64, whichever alphabet the policy wrote it in. */
function hashOf(engine: Engine, source: string): { readonly algorithm: string; readonly digest: string } | undefined {
	const [, name, value, bare] = HASHES[engine].exec(source) ?? [];
	if (name === undefined || value === undefined || bare === undefined || !isDigest(engine, value, bare)) return undefined;
	return { algorithm: name.toLowerCase().replace("-", ""), digest: value.replaceAll("-", "+").replaceAll("_", "/") };
}

/** The grammar asks for no more than the letters. Chromium wants what base64 decodes, with no more padding than that takes; WebKit, however padded, no more than 64 bytes of it. */
function isDigest(engine: Engine, value: string, bare: string): boolean {
	if (engine === "Firefox") return true;
	if (bare.length % 4 === 1) return false;
	return engine === "Chromium" ? value.length <= Math.ceil(bare.length / 4) * 4 : bare.length <= Math.ceil((64 * 4) / 3);
}
