import { createHash } from "node:crypto";

/** Whether a policy lets inline code run: CSP3 §6.7.3 with its fallbacks, and where the engines' grammars part, each engine's own. */
export type InlineKind = "script" | "handler" | "style" | "style-attribute" | "javascript-url";
export type Engine = "Chromium" | "Firefox" | "WebKit";

/** The code asked about. Without a nonce no nonce can match it, and without its text no hash can. */
export interface InlineCode {
	readonly nonce?: string | undefined;
	/** What stands between the tags, in the attribute, or after `javascript:`. */
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
	const directives = directivesOf(policy);
	const sandbox = directives.get("sandbox");
	if (isScript(kind) && sandbox !== undefined && !sandbox.some((flag) => flag.toLowerCase() === "allow-scripts")) return false;
	const deciding = FALLBACKS[kind].find((name) => directives.has(name));
	if (deciding === undefined) return true;
	const sources = directives.get(deciding) ?? [];
	return allowsAllInline(engine, sources, kind) || matchesCode(engine, sources, kind, code);
}

/** §2.2.1: of a directive given twice the first counts. */
function directivesOf(policy: string): ReadonlyMap<string, readonly string[]> {
	const directives = new Map<string, readonly string[]>();
	for (const part of policy.split(";")) {
		const [name, ...sources] = part.split(/[\t\n\f\r ]+/).filter((token) => token !== "");
		if (name !== undefined && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources);
	}
	return directives;
}

/** §6.7.3.2: `'unsafe-inline'`, unless something in the list switches it off. */
function allowsAllInline(engine: Engine, sources: readonly string[], kind: InlineKind): boolean {
	if (sources.some((source) => nonceOf(engine, source) !== undefined || hashOf(engine, source) !== undefined)) return false;
	if (isScript(kind) && has(sources, "'strict-dynamic'")) return false;
	return has(sources, "'unsafe-inline'");
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

const BASE64_VALUE = "[A-Za-z0-9+/_-]+";
const NONCE: Readonly<Record<Engine, RegExp>> = {
	Chromium: new RegExp(`^'nonce-(${BASE64_VALUE}={0,2})'$`, "i"),
	Firefox: new RegExp(`^'nonce-(${BASE64_VALUE}={0,2})'$`, "i"),
	WebKit: new RegExp(`^'nonce-(${BASE64_VALUE}=*)'$`, "i"),
};
const HASH: Readonly<Record<Engine, RegExp>> = {
	Chromium: new RegExp(`^'(sha-?(?:256|384|512))-(${BASE64_VALUE}={0,2})'$`, "i"),
	Firefox: new RegExp(`^'(sha(?:256|384|512))-(${BASE64_VALUE}={0,2})'$`, "i"),
	WebKit: new RegExp(`^'(sha(?:256|384|512))-(${BASE64_VALUE}={0,2})'$`, "i"),
};

function nonceOf(engine: Engine, source: string): string | undefined {
	return NONCE[engine].exec(source)?.[1];
}

/** With the digest in base64, whichever alphabet the policy wrote it in. */
function hashOf(engine: Engine, source: string): { readonly algorithm: string; readonly digest: string } | undefined {
	const [, name, value] = HASH[engine].exec(source) ?? [];
	if (name === undefined || value === undefined) return undefined;
	if (engine === "Chromium" && !decodes(value)) return undefined;
	return { algorithm: name.toLowerCase().replace("-", ""), digest: value.replaceAll("-", "+").replaceAll("_", "/") };
}

/** Chromium takes as a hash only what base64 decodes: padding is left out, or is right. */
function decodes(value: string): boolean {
	const bare = value.replace(/=+$/, "");
	return bare.length % 4 !== 1 && (bare === value || value.length % 4 === 0);
}
