import { type InnerList, type Item, itemsOf, readDictionary, readFirstList, readToken } from "../core/structured-reader.ts";
import { isWeakerPolicy } from "../csp/compare.ts";
import { enforced, type HeaderName } from "./facts.ts";
import { partsOf, valueFor } from "./permissions-policy/parts.ts";
import {
	CONNECTION_SWITCHES,
	EMBEDDER_TOKENS,
	effectiveReferrerToken,
	FRAME_TOKENS,
	ISOLATION_TOKENS,
	OPENER_TOKENS,
	REFERRER_TOKENS,
	RESOURCE_TOKENS,
} from "./tokens.ts";

/** Whether a value of the application protects less than ours. A value that browsers ignore protects nothing. */
export type Weaker = (value: string, ours: string) => boolean;

/** How values of a header are compared. For other headers, every other value is weaker. */
export function weakerOf(name: HeaderName): Weaker {
	return WEAKER.get(enforced(name)) ?? (() => true);
}

const WEAKER: ReadonlyMap<string, Weaker> = new Map<HeaderName, Weaker>([
	["Content-Security-Policy", isWeakerPolicy],
	["Strict-Transport-Security", isWeakerTransport],
	["X-Frame-Options", isLooserFraming],
	["Referrer-Policy", isLooserReferrer],
	["Permissions-Policy", allowsMoreFeatures],
	["Cross-Origin-Opener-Policy", looser(OPENER_TOKENS)],
	["Cross-Origin-Embedder-Policy", looser(EMBEDDER_TOKENS)],
	["Cross-Origin-Resource-Policy", isLooserResource],
	["Document-Isolation-Policy", looser(ISOLATION_TOKENS)],
	["Connection-Allowlist", allowsMoreConnections],
]);

/** For a structured header of one token: whether the token is later in a list from strict to loose. */
function looser(words: readonly string[]): Weaker {
	return (value, ours) => isLooser(words, readToken(value), readToken(ours));
}

/** The whole value is one word, because this is not a structured header. */
function isLooserResource(value: string, ours: string): boolean {
	return isLooser(RESOURCE_TOKENS, value.trim(), ours);
}

function isLooserFraming(value: string, ours: string): boolean {
	return isLooser(FRAME_TOKENS, value.trim().toUpperCase(), ours);
}

function isLooserReferrer(value: string, ours: string): boolean {
	return isLooser(REFERRER_TOKENS, effectiveReferrerToken(value), effectiveReferrerToken(ours));
}

function isWeakerTransport(value: string, ours: string): boolean {
	const theirs = readTransport(value);
	const mine = readTransport(ours);
	return theirs.maxAge < mine.maxAge || (mine.includeSubDomains && !theirs.includeSubDomains);
}

/** Whether the other value has a different list for a feature that we limit, unless that list is empty. */
function allowsMoreFeatures(value: string, ours: string): boolean {
	const [mine, theirs] = [readDictionary(ours) ?? NOTHING, readDictionary(value) ?? NOTHING];
	return [...mine.keys()].flatMap(partsOf).some((feature) => {
		const [list, other] = [valueFor(mine, feature), valueFor(theirs, feature)];
		return list !== undefined && (other === undefined || !(allowlistOf(other) === "" || allowlistOf(other) === allowlistOf(list)));
	});
}

const NOTHING: ReadonlyMap<string, Item | InnerList> = new Map();

/** Whether the other value has an entry or a parameter that ours has not. Browsers that cannot read a value allow nothing. */
function allowsMoreConnections(value: string, ours: string): boolean {
	const [theirs, mine] = [readFirstList(value), readFirstList(ours)];
	if (theirs === undefined) return false;
	if (mine === undefined) return true;
	const known = mine.items.map(entryOf);
	return (
		theirs.items.some((item) => !known.includes(entryOf(item))) ||
		CONNECTION_SWITCHES.some((name) => theirs.parameters.get(name)?.text === "allow" && mine.parameters.get(name)?.text !== "allow")
	);
}

function allowlistOf(member: Item | InnerList): string {
	return itemsOf(member).map(entryOf).join();
}

function entryOf({ value: { type, text } }: Item): string {
	return `${type} ${text}`;
}

function isLooser(words: readonly string[], value: string | undefined, ours: string | undefined): boolean {
	const rank = words.indexOf(value ?? "");
	return rank < 0 || rank > words.indexOf(ours ?? "");
}

/** Reads a value as browsers do (RFC 6797 §6.1). They ignore one without max-age, with a directive twice, or with a malformed one. This counts as zero. */
function readTransport(value: string): { readonly maxAge: number; readonly includeSubDomains: boolean } {
	const directives = value
		.split(";")
		.map((directive) => directive.trim().toLowerCase())
		.filter((directive) => directive !== "");
	const names = directives.map((directive) => directive.split("=", 1)[0]?.trim() ?? "");
	const includeSubDomains = directives.includes("includesubdomains");
	const isTwice = ["max-age", "includesubdomains"].some((name) => names.indexOf(name) !== names.lastIndexOf(name));
	const hasValue = names.includes("includesubdomains") && !includeSubDomains;
	const maxAge = directives.map((directive) => /^max-age\s*=\s*(?:(\d+)|"(\d+)")$/.exec(directive)).find((match) => match !== null);
	if (isTwice || hasValue || maxAge === undefined || maxAge === null || !directives.every((directive) => TRANSPORT_DIRECTIVE.test(directive)))
		return { maxAge: 0, includeSubDomains: false };
	return { maxAge: Number(maxAge[1] ?? maxAge[2]), includeSubDomains };
}

/** A token, with a token or a text in quotes as its value. */
const TRANSPORT_DIRECTIVE = /^[\w!#$%&'*+.^`|~-]+(?:\s*=\s*(?:[\w!#$%&'*+.^`|~-]*|"[^"]*"))?$/;
