import { type Exchange, valuesOf } from "../../types.ts";
import { type Algorithm, metaPolicies } from "./markup.ts";

/** Directive → the words that the scanner counts. */
type Lists = ReadonlyMap<string, Set<string>>;

/** Where the scanner gives up reading. */
class Invalid extends Error {}

const INVALID = -25;
const SHORTEST = 6;
const REPEATABLE: ReadonlySet<string> = new Set(["report-uri", "report-to"]);
const NOT_IN_META: ReadonlySet<string> = new Set(["frame-ancestors", "report-uri", "sandbox"]);

const BROAD: ReadonlySet<string> = new Set(["ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"]);

/** What the scanner reads of the policies of a page. */
export interface Reading {
	readonly lists: Lists;
	/** A policy has two endpoints for reports, which is a result of its own. */
	readonly hasRepeated: boolean;
}

/** Strikes words out of the reading, so it is the last to look at it. */
export function cspPoints(reading: Reading | undefined, isSecure: boolean): number {
	if (reading === undefined) return INVALID;
	try {
		strikeOut(reading.lists);
	} catch (error) {
		if (error instanceof Invalid) return INVALID;
		throw error;
	}
	// A repeated endpoint replaces each result that passed, for better and worse.
	return failure(reading.lists, isSecure) ?? (reading.hasRepeated ? 0 : pass(reading.lists, isSecure));
}

/** Undefined without a policy, and for one that the scanner calls invalid. */
export function readingOf(page: Exchange, algorithm: Algorithm): Reading | undefined {
	const header = valuesOf(page, "Content-Security-Policy");
	// Until algorithm 6 it did not know that a comma begins another policy.
	const split = (texts: readonly string[]): readonly string[] => (algorithm === 6 ? texts.flatMap((text) => text.split(",")) : texts);
	const headers = split(header.length === 0 ? [] : [header.join(", ")]);
	const metas = split(metaPolicies(page, algorithm));
	// A meta element whose directives all have no effect there is not a policy.
	const names = [...headers.flatMap(directivesOf), ...metas.flatMap(directivesOf).filter(({ name }) => !NOT_IN_META.has(name))];
	if (names.length === 0) return undefined;
	try {
		return readingOfAll([...headers, ...metas]);
	} catch (error) {
		if (error instanceof Invalid || error instanceof URIError) return undefined;
		throw error;
	}
}

interface Word {
	readonly text: string;
	readonly policy: number;
	isKept: boolean;
}

/** The scanner takes a word for allowed if the first policy has it, and the next one with that directive. What only a later one names is closed. */
function readingOfAll(texts: readonly string[]): Reading {
	const lists = new Map<string, Word[]>();
	const policies = texts.map((text) => text.replace(/[\r\n]/g, "").trim());
	if (policies.some(({ length }) => length < SHORTEST)) throw new Invalid();
	const repeated = policies.map((text, policy) => {
		const directives = directivesOf(text);
		for (const { name, words } of directives) {
			const own = [...new Set(words)].map((word) => ({ text: word, policy, isKept: policy === 0 }));
			lists.set(name, policies.length === 1 ? own : mergedWords(policy === 0 ? [] : (lists.get(name) ?? []), own));
		}
		// Only what the next policies have too is kept of the first one.
		if (policy === 0) for (const word of [...lists.values()].flat()) word.isKept = false;
		return repeatedIn(directives.map(({ name }) => name));
	});
	const read = [...lists].map(([name, words]) => [name, new Set(words.length === 0 ? ["'none'"] : words.map(({ text }) => text))] as const);
	return { hasRepeated: repeated.includes(true), lists: new Map(read) };
}

/** @throws {Invalid} for a directive that must not be repeated. */
function repeatedIn(names: readonly string[]): boolean {
	const seen = new Set<string>();
	const repeated = names.filter((name) => seen.has(name) || !seen.add(name));
	if (!repeated.every((name) => REPEATABLE.has(name))) throw new Invalid();
	return repeated.length > 0;
}

function directivesOf(policy: string): readonly { readonly name: string; readonly words: readonly string[] }[] {
	return policy.split(";").flatMap((part) => {
		const [name = "", ...words] = part.trim().toLowerCase().split(/\s+/);
		if (name === "") return [];
		return [{ name, words: words.length === 0 && name.endsWith("-src") ? ["'none'"] : words }];
	});
}

const inOrder = new Intl.Collator("en").compare;

/** Only neighbours in the alphabet are compared: of one policy, a longer word goes; of two, the second stays where the first covers it. */
function mergedWords(known: readonly Word[], added: readonly Word[]): Word[] {
	const words = [...known, ...added].sort((a, b) => inOrder(a.text, b.text));
	for (const [i, word] of words.entries()) {
		const before = words[i - 1];
		if (before === undefined) continue;
		const isOfOne = before.policy === word.policy;
		if (isOfOne && word.text.startsWith(before.text)) word.isKept = false;
		if (!isOfOne && covers(before.text, word.text)) word.isKept = true;
	}
	// Equal words of several policies count once.
	return [...new Map(words.filter(({ isKept }) => isKept).map((word) => [word.text, word])).values()];
}

/** Whether two words are equal, or the first is a folder of the second. @throws {URIError} for a broken escape. */
function covers(one: string, other: string): boolean {
	const parts = one.split("/");
	const others = other.split("/");
	const isFolder = one.endsWith("/");
	if (isFolder ? parts.length > others.length : parts.length !== others.length) return false;
	const compared = isFolder ? parts.slice(0, -1) : parts;
	return compared.every((part, i) => decodeURIComponent(part) === decodeURIComponent(others[i] ?? ""));
}

function isMarked(words: ReadonlySet<string>): boolean {
	return [...words].some((word) => /^'(?:nonce|sha256|sha384|sha512)-/.test(word));
}

function isUnsafe(word: string): boolean {
	return BROAD.has(word) || word === "'unsafe-inline'" || word === "data:";
}

function isPlain(word: string): boolean {
	return /^(?:http|ftp):/.test(word);
}

/** The list of a directive, or that of its fallback. */
function listOf(lists: Lists, name: string): Set<string> {
	return lists.get(name) ?? lists.get("default-src") ?? new Set(["*"]);
}

/**
 * Strikes out what nonces and 'strict-dynamic' switch off. Where a list falls back to default-src, the scanner does not see the word in the
 * others either.
 */
function strikeOut(lists: Lists): void {
	const scripts = listOf(lists, "script-src");
	for (const words of [scripts, listOf(lists, "style-src")]) if (isMarked(words)) words.delete("'unsafe-inline'");
	if (!scripts.has("'strict-dynamic'")) return;
	if (!isMarked(scripts)) throw new Invalid();
	for (const word of [...scripts]) if (word === "'self'" || [...BROAD].some((broad) => word.startsWith(broad))) scripts.delete(word);
}

const PASSIVE = ["img-src", "media-src"];

function failure(lists: Lists, isSecure: boolean): number | undefined {
	const scripts = [...listOf(lists, "script-src")];
	const active = [...lists].filter(([name]) => !PASSIVE.includes(name) && name !== "script-src").flatMap(([, words]) => [...words]);
	if (scripts.some(isUnsafe) || [...listOf(lists, "object-src")].some((word) => BROAD.has(word))) return -20;
	if (isSecure && [...active, ...scripts].some(isPlain)) return -20;
	return [...scripts, ...listOf(lists, "style-src")].includes("'unsafe-eval'") ? -10 : undefined;
}

/** Points of a policy that the scanner lets pass. */
function pass(lists: Lists, isSecure: boolean): number {
	const passive = PASSIVE.flatMap((name) => [...(lists.get(name) ?? lists.get("default-src") ?? [])]);
	if (isSecure && passive.some(isPlain)) return -10;
	if ([...listOf(lists, "style-src")].some(isUnsafe)) return 0;
	return [...(lists.get("default-src") ?? [])].join() === "'none'" ? 10 : 5;
}
