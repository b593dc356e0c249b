import { type Tag, tagsIn } from "../../html.ts";
import { type Exchange, valuesOf } from "../../types.ts";
import { registrableOf } from "../suffixes.ts";

export type Algorithm = 4 | 6;

/** The scanner compares it exactly. Where a header arrives twice, Node gives it the first. */
function typeOf(page: Exchange): string {
	return valuesOf(page, "Content-Type")[0]?.split(";", 1)[0] ?? "";
}

function isHtml(type: string): boolean {
	return type === "text/html" || type === "application/xhtml+xml";
}

/** How deep the scanner is followed into elements whose content a browser does not show. */
const DEPTH = 2;

/** It does not run scripts, so it sees what is in noscript. From algorithm 6 on, it has no tree, and sees what is in a template. */
function tagsFor(html: string, algorithm: Algorithm, depth: number = DEPTH): readonly Tag[] {
	return tagsIn(html).flatMap((tag) => {
		const isOpen = depth > 0 && (tag.name === "noscript" || (tag.name === "template" && algorithm === 6));
		return isOpen ? [tag, ...tagsFor(tag.text, algorithm, depth - 1)] : [tag];
	});
}

export function metaPolicies(page: Exchange, algorithm: Algorithm): readonly string[] {
	return metasOf(page, algorithm).flatMap(({ attributes }) => {
		const isPolicy = attributes.get("http-equiv")?.trim().toLowerCase() === "content-security-policy";
		return isPolicy ? attributes.get("content") || [] : [];
	});
}

/** The last one counts. One with `http-equiv` is none. */
export function metaReferrer(page: Exchange, algorithm: Algorithm): string | undefined {
	return metasOf(page, algorithm)
		.filter(({ attributes }) => !(attributes.has("http-equiv") && attributes.has("content")) && attributes.get("name")?.trim().toLowerCase() === "referrer")
		.flatMap(({ attributes }) => attributes.get("content") || [])
		.at(-1);
}

function metasOf(page: Exchange, algorithm: Algorithm): readonly Tag[] {
	return isHtml(typeOf(page)) ? tagsFor(page.body, algorithm).filter(({ name }) => name === "meta") : [];
}

export function scriptPoints(page: Exchange, host: string, isSecure: boolean, algorithm: Algorithm): number {
	const type = typeOf(page);
	if (!isHtml(type) && !(type === "" && algorithm === 6)) return 0;
	const tags = tagsFor(page.body, algorithm);
	const base = algorithm === 4 ? baseOf(tags) : undefined;
	const results = tags.flatMap(({ name, attributes }) => {
		const written = name === "script" ? attributes.get("src") : undefined;
		const source = written === undefined ? "" : addressOf(written, base, algorithm);
		return source === "" ? [] : [pointsOf(source, Boolean(attributes.get("integrity")), host, isSecure)];
	});
	// The scanner takes a foreign script without integrity for worse than one over http that has it.
	const worst = [-50, -5, -20].find((fault) => results.some(({ points }) => points === fault));
	return worst ?? (results.some(({ earns }) => earns) ? 5 : 0);
}

/** The address of the first base element that has one. */
function baseOf(tags: readonly Tag[]): string | undefined {
	const address = tags.find(({ name, attributes }) => name === "base" && attributes.has("href"))?.attributes.get("href") ?? "";
	return URL.canParse(address) ? address : undefined;
}

/** Until algorithm 6, the address is resolved as in a document without one of its own. Then, it is taken as it is written. */
function addressOf(source: string, base: string | undefined, algorithm: Algorithm): string {
	return algorithm === 4 && URL.canParse(source, base) ? new URL(source, base).href : source;
}

function pointsOf(source: string, hasIntegrity: boolean, host: string, isSecure: boolean): { readonly points: number; readonly earns: boolean } {
	const isAbsolute = /^https?:\/\//.test(source);
	const isRelative = !isAbsolute && !/^\/\/[^/]/.test(source);
	const isOwn = isRelative || (isAbsolute && URL.canParse(source) && registrableOf(new URL(source).hostname) === registrableOf(host));
	const isSafe = isRelative ? isSecure : source.startsWith("https:");
	if (isOwn) return { points: 0, earns: hasIntegrity && isSafe };
	if (hasIntegrity) return { points: isSafe ? 0 : -20, earns: isSafe };
	return { points: isSafe ? -5 : -50, earns: false };
}
