import { show } from "../core/text.ts";
import type { DirectiveName } from "../csp/directives.ts";
import { allowsInline, isHashSource, isNonceSource, type Source } from "../csp/grammar.ts";
import { addressesIn, governedIn, isCodeType, isHandler } from "../csp/markup.ts";
import { matchesAny } from "../csp/match.ts";
import { type CspModel, effective } from "../csp/model.ts";
import type { Tag } from "./html.ts";

/** Something on a page that a policy blocks. */
export interface Blocked {
	/** For people: `<img src="https://img.example/a.png">`. */
	readonly what: string;
	readonly tag: Tag;
	/** The directive that blocks it. */
	readonly directive: DirectiveName;
	/** The address, without which it is inline code. */
	readonly address: URL | undefined;
	/** Inline code in an attribute, which cannot carry a nonce. */
	readonly isAttribute: boolean;
}

/** What a policy blocks on a page. What scripts and style sheets load is not seen. */
export function blockedBy(model: CspModel, tags: readonly Tag[], page: string): readonly Blocked[] {
	const base = baseOf(tags, page);
	return tags.flatMap((tag) => [...blockedAddresses(model, tag, base, new URL(page)), ...blockedInline(model, tag)]);
}

/** An address that a tag loads, sends to or sets, in which attribute, and the directive that governs it. */
export interface Load {
	readonly attribute: string;
	readonly address: string;
	readonly directive: DirectiveName;
}

/** The addresses of a tag. Those of `<a>` are not loaded. */
export function loadsOf({ name, attributes }: Tag): readonly Load[] {
	return governedIn(name, (attribute) => attributes.get(attribute)).flatMap(([attribute, directive]) =>
		addressesIn(attribute, attributes.get(attribute) ?? "").flatMap((address) => (address.trim() === "" ? [] : [{ attribute, address, directive }])),
	);
}

function blockedAddresses(model: CspModel, tag: Tag, base: URL, page: URL): readonly Blocked[] {
	return loadsOf(tag).flatMap(({ attribute, address: written, directive }) => {
		if (!URL.canParse(written, base.href)) return [];
		const address = new URL(written, base.href);
		const list = effective(model, directive);
		// javascript: is inline code, and about: is not loaded.
		if (list === undefined || address.protocol === "javascript:" || address.protocol === "about:" || isLoaded(model, list, directive, tag, address, page))
			return [];
		return [{ what: `<${tag.name} ${attribute}=${show(written)}>`, tag, directive, address, isAttribute: false }];
	});
}

function isLoaded(model: CspModel, list: readonly Source[], directive: DirectiveName, tag: Tag, address: URL, page: URL): boolean {
	const isElement = directive === "script-src-elem" || directive === "style-src-elem";
	if (isElement && (carriesNonce(tag, list) || (directive === "script-src-elem" && carriesHash(tag, list)))) return true;
	if (directive === "script-src-elem" && list.includes("'strict-dynamic'")) return false;
	const sent = new URL(address.href);
	// Browsers change the address before they look at the policy.
	if (model.has("upgrade-insecure-requests") && sent.protocol === "http:") sent.protocol = "https:";
	return matchesAny(list, sent, page);
}

function blockedInline(model: CspModel, tag: Tag): readonly Blocked[] {
	const { name, attributes, text } = tag;
	const blocked: Blocked[] = [];
	const add = (what: string, directive: DirectiveName, isAttribute: boolean): void => {
		const list = effective(model, directive);
		// Hashes are not computed: a list that has one may allow the code. In attributes, it needs 'unsafe-hashes'.
		const mayMatch = (!isAttribute || list?.includes("'unsafe-hashes'")) && list?.some(isHashSource);
		const isAllowed = list === undefined || allowsInline(list, directive) || mayMatch || (!isAttribute && carriesNonce(tag, list));
		if (!isAllowed) blocked.push({ what, tag, directive, address: undefined, isAttribute });
	};
	if (text.trim() !== "" && name === "script" && !attributes.has("src") && isCodeType(attributes.get("type")))
		add("an inline <script>", "script-src-elem", false);
	if (text.trim() !== "" && name === "style") add("a <style> element", "style-src-elem", false);
	for (const attribute of attributes.keys()) if (isHandler(attribute)) add(`${attribute}="…" on <${name}>`, "script-src-attr", true);
	if (attributes.has("style")) add(`style="…" on <${name}>`, "style-src-attr", true);
	for (const attribute of ["href", "action", "src"]) {
		if (/^\s*javascript:/i.test(attributes.get(attribute) ?? "") && name !== "link" && name !== "base")
			add(`${attribute}="javascript:…" on <${name}>`, "script-src-elem", true);
	}
	return blocked;
}

/** A nonce that is not the one of the response has a rule of its own. */
function carriesNonce({ attributes }: Tag, list: readonly Source[]): boolean {
	return (attributes.get("nonce") ?? "") !== "" && list.some(isNonceSource);
}

/** Each digest must be in the list. Browsers skip what is not a digest, and what follows a question mark in one. */
function carriesHash({ attributes }: Tag, list: readonly Source[]): boolean {
	const hashes = (attributes.get("integrity") ?? "")
		.split(/\s+/)
		.map((digest) => `'${digest.split("?", 1)[0]}'`)
		.filter(isHashSource);
	const allowed = list.filter(isHashSource).map(exactHash);
	return hashes.length > 0 && hashes.every((hash) => allowed.includes(exactHash(hash)));
}

/** A hash in one spelling: the algorithm in lower case, the digest in base64. */
function exactHash(hash: Source): string {
	const [algorithm = "", digest = ""] = String(hash).split(/-(.*)/s);
	return `${algorithm.toLowerCase()}-${digest.replaceAll("-", "+").replaceAll("_", "/")}`;
}

function baseOf(tags: readonly Tag[], page: string): URL {
	const href = tags.find(({ name, attributes }) => name === "base" && attributes.has("href"))?.attributes.get("href") ?? page;
	return URL.canParse(href, page) ? new URL(href, page) : new URL(page);
}
