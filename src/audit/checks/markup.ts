import { show } from "../../core/text.ts";
import { HEADER_ONLY_DIRECTIVES } from "../../csp/directives.ts";
import { allowsInline } from "../../csp/grammar.ts";
import { type CspModel, effective } from "../../csp/model.ts";
import { parse } from "../../csp/serialize.ts";
import { NAMES } from "../../headers/facts.ts";
import { CSP, policiesOf } from "../csp-of.ts";
import { isForeign, type Tag, tagsIn } from "../html.ts";
import { isDocument, mdn, type Rule, rule, type Seen, type Severity, valuesOf } from "../types.ts";

/** What stands in the pages themselves, beside what the headers say of it. */

const SRI = "https://www.w3.org/TR/sri-2/";

/** The tags of a page that a browser would show. */
function tagsOn(seen: Seen): readonly Tag[] {
	return seen.probe === "page" && isDocument(seen) ? tagsIn(seen.body) : [];
}

function onTags(
	header: string,
	id: string,
	severity: Severity,
	summary: string,
	check: (tags: readonly Tag[], seen: Seen) => string | undefined,
	link?: string,
): Rule {
	return rule(
		header,
		id,
		severity,
		summary,
		(seen) => {
			const tags = tagsOn(seen);
			return tags.length > 0 ? check(tags, seen) : undefined;
		},
		link ?? mdn(header),
	);
}

/** What a meta element says in place of a header. */
function metaOf(tags: readonly Tag[], header: string): string | undefined {
	return tags
		.find(({ name, attributes }) => name === "meta" && attributes.get("http-equiv")?.toLowerCase() === header.toLowerCase())
		?.attributes.get("content");
}

/** A script or style sheet that the page loads. */
function loaded({ name, attributes }: Tag): string | undefined {
	if (name === "script") return attributes.get("src");
	return name === "link" && /(?:^|\s)(?:stylesheet|modulepreload)(?:\s|$)/i.test(attributes.get("rel") ?? "") ? attributes.get("href") : undefined;
}

/** Anything that the page loads. */
function resource(tag: Tag): string | undefined {
	const { name, attributes } = tag;
	if (["img", "iframe", "audio", "video", "source", "embed", "track"].includes(name)) return attributes.get("src");
	return name === "object" ? attributes.get("data") : name === "form" ? attributes.get("action") : loaded(tag);
}

/** A script that runs: not data, such as JSON-LD. */
function isCode({ attributes }: Tag): boolean {
	const type = attributes.get("type")?.trim().toLowerCase() ?? "";
	return type === "" || type === "module" || type === "importmap" || type === "speculationrules" || /(?:java|ecma)script$/.test(type);
}

function runsInline(model: CspModel, directive: "script-src-elem" | "script-src-attr" | "style-src-elem" | "style-src-attr"): boolean {
	const list = effective(model, directive);
	if (list === undefined) return true;
	return allowsInline(list, directive);
}

/** Inline code that one policy blocks; hashes are not computed here, so a list that has one is believed. */
function blockedInline(tags: readonly Tag[], model: CspModel): string | undefined {
	const has = (name: Parameters<typeof runsInline>[1], kind: "nonce" | "sha"): boolean =>
		(effective(model, name) ?? []).some((word) => String(word).toLowerCase().startsWith(`'${kind}`));
	const isOpen = (tag: Tag, name: "script-src-elem" | "style-src-elem"): boolean =>
		runsInline(model, name) || has(name, "sha") || (has(name, "nonce") && tag.attributes.has("nonce"));
	for (const tag of tags) {
		if (tag.name === "script" && !tag.attributes.has("src") && isCode(tag) && tag.text.trim() !== "" && !isOpen(tag, "script-src-elem"))
			return "an inline <script>";
		if (tag.name === "style" && tag.text.trim() !== "" && !isOpen(tag, "style-src-elem")) return "a <style> element";
		const handler = [...tag.attributes.keys()].find((name) => /^on[a-z]{3,}$/.test(name));
		if (handler !== undefined && !runsInline(model, "script-src-attr") && !has("script-src-attr", "sha")) return `${handler}="…" on <${tag.name}>`;
		if (tag.attributes.has("style") && !runsInline(model, "style-src-attr") && !has("style-src-attr", "sha")) return `style="…" on <${tag.name}>`;
	}
	return undefined;
}

export const markupRules: readonly Rule[] = [
	onTags(CSP, "csp/meta-only", "warning", "The only policy is a meta element, which comes late and cannot say everything.", (tags, seen) =>
		metaOf(tags, CSP) !== undefined && valuesOf(seen, CSP).length === 0
			? "the policy stands in a meta element alone, where frame-ancestors, sandbox and reports do not work. Send it as a header."
			: undefined,
	),
	onTags(CSP, "csp/meta-directive-ignored", "error", "A meta element holds directives that browsers ignore there.", (tags) => {
		const model = parse(metaOf(tags, CSP) ?? "");
		const name = HEADER_ONLY_DIRECTIVES.find((one) => model.has(one));
		return name === undefined ? undefined : `${name} stands in a meta element, where browsers ignore it. Send it as a header.`;
	}),
	onTags(CSP, "csp/header-and-meta", "note", "A header and a meta element both hold a policy: what runs must please both.", (tags, seen) =>
		metaOf(tags, CSP) !== undefined && valuesOf(seen, CSP).length > 0
			? "a meta element holds a second policy; what runs must please both. Keep the header."
			: undefined,
	),
	onTags(CSP, "csp/inline-blocked", "warning", "The page holds inline code that its own policy blocks.", (tags, seen) => {
		const found = policiesOf(seen)
			.map((model) => blockedInline(tags, model))
			.find((one) => one !== undefined);
		if (found === undefined) return undefined;
		return found.includes("=")
			? `${found} is blocked by the policy; attributes take no nonce. Move it to a script or a style sheet.`
			: `${found} is blocked by the policy. Give it the nonce or a hash, or move it to a file.`;
	}),
	onTags(NAMES.strictTransportSecurity, "hsts/in-meta", "warning", "Browsers read this header as a header only.", (tags) =>
		metaOf(tags, NAMES.strictTransportSecurity) === undefined ? undefined : "stands in a meta element, where browsers ignore it. Send it as a header.",
	),
	onTags(NAMES.xFrameOptions, "xfo/in-meta", "warning", "Browsers read this header as a header only.", (tags) =>
		metaOf(tags, NAMES.xFrameOptions) === undefined ? undefined : "stands in a meta element, where browsers ignore it. Send it as a header.",
	),
	onTags(
		"",
		"sri/external-missing",
		"warning",
		"A script or style sheet of another origin runs whatever that origin sends.",
		(tags, seen) => {
			const found = tags.find((tag) => isForeign(loaded(tag), seen.url) && !tag.attributes.has("integrity"));
			return found === undefined
				? undefined
				: `${show(loaded(found))} is loaded without integrity. Add integrity="sha384-…" and crossorigin, or serve it yourself.`;
		},
		SRI,
	),
	onTags(
		"",
		"sri/external-insecure",
		"error",
		"A script or style sheet comes over plain http.",
		(tags) => {
			const found = tags.find((tag) => /^http:/i.test(loaded(tag) ?? ""));
			return found === undefined ? undefined : `${show(loaded(found))} comes over http, where anybody on the way may change it. Write https.`;
		},
		SRI,
	),
	onTags(
		"",
		"sri/no-crossorigin",
		"error",
		"integrity without crossorigin blocks the resource of another origin.",
		(tags, seen) => {
			const found = tags.find((tag) => isForeign(loaded(tag), seen.url) && tag.attributes.has("integrity") && !tag.attributes.has("crossorigin"));
			return found === undefined ? undefined : `${show(loaded(found))} has integrity and no crossorigin, so it is blocked. Add crossorigin="anonymous".`;
		},
		SRI,
	),
	onTags(
		"",
		"mixed/content",
		"error",
		"A page on https loads or sends over plain http.",
		(tags, seen) => {
			const found = seen.secure ? tags.find((tag) => /^http:/i.test(resource(tag) ?? "") && loaded(tag) === undefined) : undefined;
			return found === undefined ? undefined : `<${found.name}> uses ${show(resource(found))}. Write https.`;
		},
		"https://www.w3.org/TR/mixed-content/",
	),
];
