import type { DirectiveName } from "./directives.ts";

/* Which markup a policy governs. Names of elements and attributes are in lower case. */

/** The types of a script element that CSP treats as code. Any other element is a data block. */
const CODE_TYPE = /^(?:|module|importmap|speculationrules|(?:text|application)\/(?:x-)?(?:java|ecma|j|live)script(?:1\.[0-5])?)$/i;

/** Whether a script element with this type runs. JSON-LD, for example, is data. */
export function isCodeType(type: string | undefined): boolean {
	return CODE_TYPE.test((type ?? "").trim());
}

/** An attribute with code for an event. No event has a shorter name, but `one` and `only` are attributes of frameworks. */
export function isHandler(attribute: string): boolean {
	return /^on[a-z]{3,}$/.test(attribute);
}

/** The attributes that can contain a javascript: URL. */
export const URL_ATTRIBUTES: ReadonlySet<string> = new Set(["href", "src", "action", "formaction", "data", "xlink:href"]);

/** Browsers ignore white space and control characters in URLs. */
export function isJavascriptUrl(address: string): boolean {
	return /^javascript:/i.test(address.replace(/[\x00-\x20]/g, ""));
}

/** An attribute with an address that the browser loads or sends to, and the directive that governs it. */
export type Governed = readonly [attribute: string, directive: DirectiveName];

const BY_NAME: ReadonlyMap<string, readonly Governed[]> = new Map<string, readonly Governed[]>([
	[
		"img",
		[
			["src", "img-src"],
			["srcset", "img-src"],
		],
	],
	["audio", [["src", "media-src"]]],
	[
		"video",
		[
			["src", "media-src"],
			["poster", "img-src"],
		],
	],
	[
		"source",
		[
			["src", "media-src"],
			["srcset", "img-src"],
		],
	],
	["track", [["src", "media-src"]]],
	["iframe", [["src", "frame-src"]]],
	["frame", [["src", "frame-src"]]],
	["embed", [["src", "object-src"]]],
	["object", [["data", "object-src"]]],
	["form", [["action", "form-action"]]],
	["button", [["formaction", "form-action"]]],
	["base", [["href", "base-uri"]]],
	[
		"image",
		[
			["href", "img-src"],
			["xlink:href", "img-src"],
		],
	],
	[
		"feimage",
		[
			["href", "img-src"],
			["xlink:href", "img-src"],
		],
	],
]);

const BY_REL: readonly (readonly [rel: RegExp, directive: DirectiveName])[] = [
	[/(?:^|\s)stylesheet(?:\s|$)/i, "style-src-elem"],
	[/(?:^|\s)modulepreload(?:\s|$)/i, "script-src-elem"],
	[/(?:^|\s)manifest(?:\s|$)/i, "manifest-src"],
	[/(?:^|\s)(?:(?:shortcut\s+)?icon|apple-touch-icon(?:-precomposed)?)(?:\s|$)/i, "img-src"],
];

const BY_PRELOAD: ReadonlyMap<string, DirectiveName> = new Map<string, DirectiveName>([
	["script", "script-src-elem"],
	["style", "style-src-elem"],
	["image", "img-src"],
	["font", "font-src"],
	["audio", "media-src"],
	["video", "media-src"],
	["track", "media-src"],
	["fetch", "connect-src"],
]);

/** What an element loads. `value` gives the value of an attribute, and is undefined if the element has none. */
export function governedIn(name: string, value: (attribute: string) => string | undefined): readonly Governed[] {
	if (name === "script") return isCodeType(value("type")) ? [["src", "script-src-elem"]] : [];
	if (name === "input") return [...(/^\s*image\s*$/i.test(value("type") ?? "") ? ([["src", "img-src"]] as const) : []), ["formaction", "form-action"]];
	if (name !== "link") return BY_NAME.get(name) ?? [];
	const directive = directiveOfLink(value("rel") ?? "", value("as") ?? "", value("title") ?? "");
	return directive === undefined ? [] : [["href", directive]];
}

function directiveOfLink(rel: string, as: string, title: string): DirectiveName | undefined {
	// An alternate style sheet without a title is not loaded.
	if (/(?:^|\s)alternate(?:\s|$)/i.test(rel) && title === "") return undefined;
	const found = BY_REL.find(([pattern]) => pattern.test(rel));
	if (found !== undefined) return found[1];
	return /(?:^|\s)preload(?:\s|$)/i.test(rel) ? BY_PRELOAD.get(as.trim().toLowerCase()) : undefined;
}

/** The addresses in the value of an attribute: several in `srcset`, and one in any other. */
export function addressesIn(attribute: string, value: string): readonly string[] {
	if (attribute !== "srcset") return [value];
	const found: string[] = [];
	const word = /[^\s]+/g;
	for (let candidate = word.exec(value); candidate !== null; candidate = word.exec(value)) {
		// A comma at the end of an address separates, and a comma in it does not, as in data: URLs (HTML §4.8.4.2.2).
		const [start, end] = [leading(candidate[0]), trailing(candidate[0])];
		if (start < end) found.push(candidate[0].slice(start, end));
		if (start === candidate[0].length || end < candidate[0].length) continue;
		const comma = value.indexOf(",", word.lastIndex);
		if (comma === -1) break;
		word.lastIndex = comma + 1;
	}
	return found;
}

function leading(word: string): number {
	let start = 0;
	while (word[start] === ",") start++;
	return start;
}

function trailing(word: string): number {
	let end = word.length;
	while (word[end - 1] === ",") end--;
	return end;
}
