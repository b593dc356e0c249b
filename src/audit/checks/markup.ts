import { show } from "../../core/text.ts";
import { HEADER_ONLY_DIRECTIVES } from "../../csp/directives.ts";
import { effective } from "../../csp/model.ts";
import { parse } from "../../csp/serialize.ts";
import { NAMES } from "../../headers/facts.ts";
import { type Blocked, blockedBy, type Load, loadsOf } from "../blocked.ts";
import { isChanging, namesNoVersion } from "../changing-files.ts";
import { CSP, metaPolicies, policiesOf } from "../csp-of.ts";
import type { markupExamples } from "../examples/markup.ts";
import { isForeign, type Tag, tagsIn } from "../html.ts";
import { type Exchange, isDocument, type Rule, type RuleParts, rule, valuesOf } from "../types.ts";
import { noncesOf } from "./csp.ts";

type Id = keyof typeof markupExamples;

/** The pages themselves, compared with their headers. */

/** The tags of a page that a browser would show. */
function tagsOn(exchange: Exchange): readonly Tag[] {
	return exchange.probe === "page" && isDocument(exchange) ? tagsIn(exchange.body) : [];
}

interface OnTags extends RuleParts<Id, (tags: readonly Tag[], exchange: Exchange) => string | undefined> {
	readonly header: string;
}

function onTags({ check, ...about }: OnTags): Rule<Id> {
	return rule({
		...about,
		check(exchange) {
			const tags = tagsOn(exchange);
			return tags.length > 0 ? check(tags, exchange) : undefined;
		},
	});
}

/** The value of a meta element in place of a header. */
function metaOf(tags: readonly Tag[], header: string): string | undefined {
	return tags
		.find(({ name, attributes }) => name === "meta" && attributes.get("http-equiv")?.toLowerCase() === header.toLowerCase())
		?.attributes.get("content");
}

/** A script or style sheet that the page loads. */
function loaded(tag: Tag): string | undefined {
	return loadsOf(tag).find(isElement)?.address;
}

function isElement({ directive }: Load): boolean {
	return directive === "script-src-elem" || directive === "style-src-elem";
}

/** Anything else that the page loads or sends over plain http. `<base>` itself loads nothing. */
function overHttp(tag: Tag): string | undefined {
	return loadsOf(tag).find((load) => !isElement(load) && load.directive !== "base-uri" && /^\s*http:/i.test(load.address))?.address;
}

const BLOCKED = new WeakMap<Exchange, readonly Blocked[]>();

/** What the policies of a page block on it, those in meta elements among them. Three rules ask. */
function blockedOn(tags: readonly Tag[], exchange: Exchange): readonly Blocked[] {
	const known = BLOCKED.get(exchange);
	if (known !== undefined) return known;
	const all = [...policiesOf(exchange), ...metaPolicies(exchange)].flatMap((model) => blockedBy(model, tags, exchange.url));
	// One cause, whichever of several policies has it.
	const blocked = [...new Map(all.map((one) => [`${one.tag.line} ${one.what}`, one])).values()];
	BLOCKED.set(exchange, blocked);
	return blocked;
}

/** Code over plain http, mixed content, and nonces that the policy does not have, are about other rules. Allowing the address would be no remedy. */
function hasOwnRule({ tag, address }: Blocked, exchange: Exchange): boolean {
	// As it is written: without a scheme, an address has that of the page.
	const isPlain = address !== undefined && ((exchange.secure && overHttp(tag) !== undefined) || /^\s*http:/i.test(loaded(tag) ?? ""));
	const nonce = tag.attributes.get("nonce");
	return isPlain || (nonce !== undefined && (nonce !== "" || noncesOf(exchange).length > 0));
}

/** Whether a file of another origin stays the same, so that its hash can be written down. */
function mayHaveIntegrity(address: string | undefined, page: string): boolean {
	return address !== undefined && isForeign(address, page) && !isChanging(new URL(address, page));
}

const SHOWN = 5;

function listed(blocked: readonly Blocked[]): string {
	const lines = blocked.slice(0, SHOWN).map(({ what, tag }) => `${what} (line ${tag.line})`);
	return blocked.length > SHOWN ? `${lines.join(", ")} and ${blocked.length - SHOWN} more` : lines.join(", ");
}

export const markupRules: readonly Rule<Id>[] = [
	onTags({
		header: CSP,
		id: "csp/meta-only",
		title: "Policy only in meta",
		severity: "warning",
		summary: "The only policy is in a meta element, which applies late and cannot contain every directive.",
		check: (tags, exchange) =>
			metaOf(tags, CSP) !== undefined && valuesOf(exchange, CSP).length === 0
				? "the policy is only in a meta element, where frame-ancestors, sandbox and reports do not work. Send it as a header."
				: undefined,
	}),
	onTags({
		header: CSP,
		id: "csp/meta-directive-ignored",
		title: "Directive ignored in meta",
		severity: "warning",
		summary: "A meta element contains directives that browsers ignore there.",
		check: (tags) => {
			const model = parse(metaOf(tags, CSP) ?? "");
			const name = HEADER_ONLY_DIRECTIVES.find((one) => model.has(one));
			return name === undefined ? undefined : `${name} is in a meta element, where browsers ignore it. Send it as a header.`;
		},
	}),
	onTags({
		header: CSP,
		id: "csp/header-and-meta",
		title: "Policy in header and meta",
		severity: "note",
		summary: "A header and a meta element both contain a policy, and both must allow what runs.",
		check: (tags, exchange) =>
			metaOf(tags, CSP) !== undefined && valuesOf(exchange, CSP).length > 0
				? "a meta element contains a second policy, and both must allow what runs. Keep the header."
				: undefined,
	}),
	onTags({
		header: CSP,
		id: "csp/inline-blocked",
		title: "Inline code is blocked",
		severity: "warning",
		summary: "The page contains inline code that its own policy blocks.",
		check: (tags, exchange) => {
			const blocked = blockedOn(tags, exchange).filter((one) => one.address === undefined && !hasOwnRule(one, exchange));
			if (blocked.length === 0) return undefined;
			const fix = blocked.every(({ isAttribute }) => isAttribute)
				? "Attributes cannot carry a nonce. Move the code to a script or a style sheet."
				: "Add the nonce or a hash, or move it to a file.";
			return `the policy blocks ${listed(blocked)}. ${fix}`;
		},
	}),
	onTags({
		header: CSP,
		id: "csp/address-blocked",
		title: "Resource is blocked",
		severity: "warning",
		summary: "The page loads or sends to an address that its own policy blocks.",
		check: (tags, exchange) => {
			const blocked = blockedOn(tags, exchange).filter((one) => one.address !== undefined && !hasOwnRule(one, exchange));
			const [first] = blocked;
			if (first?.address === undefined) return undefined;
			const { origin, protocol } = first.address;
			const isStrict = policiesOf(exchange).some((model) => effective(model, first.directive)?.includes("'strict-dynamic'"));
			const fix = isStrict
				? "Add the nonce to the element."
				: `Add ${origin === "null" ? protocol : origin} to ${first.directive.replace("-elem", "")}, or remove it.`;
			return `the policy blocks ${listed(blocked)}. ${fix}`;
		},
	}),
	onTags({
		header: NAMES.strictTransportSecurity,
		id: "hsts/in-meta",
		title: "HSTS in meta",
		severity: "note",
		summary: "Browsers read this header only as a header.",
		check: (tags) =>
			metaOf(tags, NAMES.strictTransportSecurity) === undefined ? undefined : "is in a meta element, where browsers ignore it. Send it as a header.",
	}),
	onTags({
		header: NAMES.xFrameOptions,
		id: "xfo/in-meta",
		title: "X-Frame-Options in meta",
		severity: "note",
		summary: "Browsers read this header only as a header.",
		check: (tags) => (metaOf(tags, NAMES.xFrameOptions) === undefined ? undefined : "is in a meta element, where browsers ignore it. Send it as a header."),
	}),
	onTags({
		header: "",
		id: "sri/external-missing",
		title: "Foreign file without integrity",
		severity: "warning",
		summary: "A script or style sheet of another origin may change without notice.",
		check: (tags, exchange) => {
			const blocked = new Set(blockedOn(tags, exchange).flatMap(({ tag, address }) => (address === undefined ? [] : [tag])));
			const found = tags.find((tag) => mayHaveIntegrity(loaded(tag), exchange.url) && !tag.attributes.has("integrity") && !blocked.has(tag));
			if (found === undefined) return undefined;
			const isMoving = namesNoVersion(new URL(loaded(found) ?? "", exchange.url));
			return `${show(loaded(found))} is loaded without integrity. ${isMoving ? "Name an exact version, then add" : "Add"} integrity="sha384-…" and crossorigin, or serve it yourself.`;
		},
	}),
	onTags({
		header: "",
		id: "sri/external-insecure",
		title: "Code over plain http",
		severity: "error",
		summary: "A script or style sheet is loaded over plain http.",
		check: (tags) => {
			const found = tags.find((tag) => /^http:/i.test(loaded(tag) ?? ""));
			return found === undefined ? undefined : `${show(loaded(found))} is loaded over http, where anyone on the network can change it. Use https.`;
		},
	}),
	onTags({
		header: "",
		id: "sri/no-crossorigin",
		title: "Integrity without crossorigin",
		severity: "error",
		summary: "integrity without crossorigin blocks a file of another origin.",
		check: (tags, exchange) => {
			const found = tags.find((tag) => isForeign(loaded(tag), exchange.url) && tag.attributes.has("integrity") && !tag.attributes.has("crossorigin"));
			return found === undefined ? undefined : `${show(loaded(found))} has integrity but no crossorigin, so browsers block it. Add crossorigin="anonymous".`;
		},
	}),
	onTags({
		header: "",
		id: "mixed/content",
		title: "Mixed content",
		severity: "error",
		summary: "An https page loads or sends something over plain http.",
		check: (tags, exchange) => {
			const found = exchange.secure ? tags.find((tag) => overHttp(tag) !== undefined) : undefined;
			return found === undefined ? undefined : `<${found.name}> uses ${show(overHttp(found))}. Use https.`;
		},
	}),
];
