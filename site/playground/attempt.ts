/** What a page may do under policies: every one of them must allow it. */
import type { DirectiveName } from "../../src/csp/directives.ts";
import { allowsInline, isNonceSource, type Source } from "../../src/csp/grammar.ts";
import { NONCE } from "../../src/csp/keywords.ts";
import { matchesAny } from "../../src/csp/match.ts";
import { type CspModel, governor } from "../../src/csp/model.ts";

export interface Outcome {
	readonly isAllowed: boolean;
	/** One sentence. */
	readonly why: string;
	/** A source to add to the directive. */
	readonly add?: string;
}

/** What an address can be used for, and the directive that governs it. */
export const USES: ReadonlyMap<string, DirectiveName> = new Map<string, DirectiveName>([
	["script", "script-src-elem"],
	["style sheet", "style-src-elem"],
	["image", "img-src"],
	["font", "font-src"],
	["fetch, XHR, WebSocket", "connect-src"],
	["frame", "frame-src"],
	["audio or video", "media-src"],
	["worker", "worker-src"],
	["form target", "form-action"],
	["object or embed", "object-src"],
	["manifest", "manifest-src"],
	["base address", "base-uri"],
	["a site that frames this page", "frame-ancestors"],
]);

export function tryAddress(policies: readonly CspModel[], use: string, address: string, page: string): Outcome {
	const directive = USES.get(use);
	const self = URL.canParse(page) ? new URL(page) : undefined;
	if (directive === undefined) return { isAllowed: false, why: "Choose what the address is used for." };
	if (!URL.canParse(address, page)) return { isAllowed: false, why: "This is not an address." };
	const url = new URL(address, self);
	return every(policies, directive, (list, name) => {
		if (directive === "script-src-elem" && list.includes("'strict-dynamic'"))
			return {
				isAllowed: false,
				why: `${name} has 'strict-dynamic', so that hosts do not count: a script needs the nonce, or a script that runs must add it.`,
			};
		if (matchesAny(list, url, self)) return { isAllowed: true, why: `${name} allows it.` };
		const hasNonce = list.some((source) => source === NONCE || isNonceSource(source));
		const nonced = hasNonce && /^(?:script|style)/.test(directive) ? " An element with the nonce may load it." : "";
		return {
			isAllowed: false,
			why: `${name} does not list ${url.origin === "null" ? url.protocol : url.origin}.${nonced}`,
			add: url.origin === "null" ? url.protocol : url.origin,
		};
	});
}

/** Inline code, and the directive that governs it. */
export const INLINE: ReadonlyMap<string, DirectiveName> = new Map<string, DirectiveName>([
	["inline script", "script-src-elem"],
	["inline style", "style-src-elem"],
	["event handler, such as onclick", "script-src-attr"],
	["style attribute", "style-src-attr"],
]);

export async function tryInline(policies: readonly CspModel[], use: string, text: string): Promise<Outcome> {
	const directive = INLINE.get(use);
	if (directive === undefined) return { isAllowed: false, why: "Choose what the text is." };
	const hash = await hashOf(text);
	const isAttribute = directive.endsWith("-attr");
	return every(policies, directive, (list, name) => {
		if (allowsInline(list, directive)) return { isAllowed: true, why: `${name} has 'unsafe-inline'.` };
		if (list.includes(hash) && (!isAttribute || list.includes("'unsafe-hashes'"))) return { isAllowed: true, why: `${name} has its hash.` };
		if (!isAttribute && list.some((source) => source === NONCE || isNonceSource(source)))
			return { isAllowed: false, why: `${name} needs the nonce: print it on the element. Without it, the browser blocks the code.`, add: hash };
		const needs = isAttribute
			? "A nonce has no effect on attributes. Move the code into a file, or add its hash with 'unsafe-hashes'"
			: "Add its hash, or a nonce";
		return { isAllowed: false, why: `${name} does not allow inline code. ${needs}.`, add: isAttribute ? `'unsafe-hashes' ${hash}` : hash };
	});
}

/** The hash of exactly this text, as browsers compute it. */
async function hashOf(text: string): Promise<string> {
	const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text.replace(/\r\n?/g, "\n")));
	return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(bytes)))}'`;
}

function every(policies: readonly CspModel[], directive: DirectiveName, judge: (list: readonly Source[], name: string) => Outcome): Outcome {
	const outcomes = policies.flatMap((model) => {
		const name = governor(model, directive);
		return name === undefined ? [] : [judge(model.get(name) ?? [], name)];
	});
	const none =
		policies.length === 0 ? "There is no enforced Content-Security-Policy." : `No directive governs it: neither ${directive} nor a fallback is there.`;
	return outcomes.find(({ isAllowed }) => !isAllowed) ?? outcomes[0] ?? { isAllowed: true, why: none };
}
