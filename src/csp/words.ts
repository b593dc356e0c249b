import { DIRECTIVES, type DirectiveName, isSourceList, RETIRED, takesHash } from "./directives.ts";
import { HOST_SOURCE, isEvalHash, isNonceOrHash, isNonceSource, isUrlHash, type Source, yieldsToNonces } from "./grammar.ts";
import { NONCE } from "./keywords.ts";
import { type CspModel, governor } from "./model.ts";
import { kindOfSource } from "./sources.ts";

/** A directive in plain words. */
export interface DirectiveWords {
	/** What it is about, such as "Images and icons". */
	readonly title: string;
	/** What it allows, in one sentence. */
	readonly sentence: string;
	readonly sources: readonly SourceWords[];
}

/** One word of a directive in plain words. */
export interface SourceWords {
	/** As the header has it. The value of a nonce is left out. */
	readonly text: string;
	/** What it allows or does, in one sentence. */
	readonly means: string;
	/** Why browsers ignore it here. Undefined if they do not. */
	readonly ignored: string | undefined;
}

/** A directive of a policy in plain words. The name can be any text that a header has. */
export function directiveWords(name: string, model: CspModel): DirectiveWords {
	const list = model.get(name) ?? [];
	const title = TITLES.get(name)?.[0] ?? name;
	return { title, sentence: sentenceOf(name, title, list, model), sources: list.map((source) => sourceWords(source, name, list)) };
}

/** One word of a directive in plain words. The other words of its list decide whether browsers ignore it. */
export function sourceWords(source: Source, name: string, list: readonly Source[] = [source]): SourceWords {
	const directive = DIRECTIVES.get(name);
	const text = textOf(source);
	if (directive === undefined) return { text, means: "", ignored: undefined };
	if (isSourceList(directive)) return { text, means: meaningOf(source, name), ignored: reasonToIgnore(source, name, list) };
	const means = OTHER_WORDS.get(text.toLowerCase()) ?? OF_KIND.get(directive.kind)?.(text) ?? "";
	return { text, means, ignored: directive.kind === "tokens" && means === "" ? UNKNOWN : undefined };
}

/** The fetch directives that a policy leaves out, and that a directive therefore governs. */
export function governedBy(name: string, model: CspModel): readonly DirectiveName[] {
	const names = [...DIRECTIVES.keys()] as readonly DirectiveName[];
	// A general directive says enough of its own -elem and -attr.
	return names.filter((other) => other !== name && !/-(?:elem|attr)$/.test(other) && governor(model, other) === name);
}

const UNKNOWN = "Browsers do not know it.";

function textOf(source: Source): string {
	if (typeof source === "function") return "(function)";
	return source === NONCE || isNonceSource(source) ? "'nonce-…'" : String(source);
}

function sentenceOf(name: string, title: string, list: readonly Source[], model: CspModel): string {
	const directive = DIRECTIVES.get(name);
	if (RETIRED.has(name)) return "Browsers no longer support this directive.";
	if (directive === undefined) return "Browsers do not know this directive.";
	if (!isSourceList(directive)) return FIXED.get(name)?.(list.map(textOf)) ?? `${title}.`;
	const rest = name === "default-src" ? governedBy(name, model).filter((other) => !RARE.has(other)) : [];
	const head = rest.length === 0 ? title : `${title} (${rest.map((other) => lowered(TITLES.get(other)?.[0] ?? other)).join(", ")})`;
	const allowed = list.filter((source) => reasonToIgnore(source, name, list) === undefined);
	const phrases = allowed.map((source) => phraseOf(source, name)).filter((phrase) => phrase !== "");
	if (phrases.length === 0) return `${head}: not allowed.`;
	return allowed.includes("*") ? `${head}: ${phraseOf("*", name)}.` : `${head}: only ${joined([...new Set(phrases)])}.`;
}

/** Directives that few pages have a use for. */
const RARE = new Set<string>(["fenced-frame-src", "child-src"]);

function lowered(text: string): string {
	return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

function joined(phrases: readonly string[]): string {
	return phrases.length < 2 ? phrases.join("") : `${phrases.slice(0, -1).join(", ")} or ${phrases.at(-1)}`;
}

/** Directive → what it is about, and the preposition of its sources. */
const TITLES: ReadonlyMap<string, readonly [title: string, preposition: string]> = new Map(
	Object.entries({
		"default-src": ["Everything else", "from"],
		"script-src": ["Scripts", "from"],
		"script-src-elem": ["Script elements", "from"],
		"script-src-attr": ["Event handlers in attributes", "from"],
		"style-src": ["Styles", "from"],
		"style-src-elem": ["Style sheets and style elements", "from"],
		"style-src-attr": ["Style attributes", "from"],
		"img-src": ["Images and icons", "from"],
		"font-src": ["Fonts", "from"],
		"media-src": ["Audio and video", "from"],
		"connect-src": ["Connections that scripts make", "to"],
		"object-src": ["Plugins", "from"],
		"manifest-src": ["App manifests", "from"],
		"frame-src": ["Frames on the page", "from"],
		"worker-src": ["Workers", "from"],
		"child-src": ["Frames and workers", "from"],
		"fenced-frame-src": ["Fenced frames", "from"],
		"base-uri": ["Changing the base address of links", "to"],
		"form-action": ["Submitting forms", "to"],
		"frame-ancestors": ["Showing this page in a frame", "on"],
		sandbox: ["Sandbox", ""],
		"require-trusted-types-for": ["Trusted Types", ""],
		"trusted-types": ["Trusted Types policies", ""],
		"upgrade-insecure-requests": ["Upgrade to https", ""],
		"report-uri": ["Reports, to an address", ""],
		"report-to": ["Reports, to an endpoint", ""],
	} satisfies Record<DirectiveName, readonly [string, string]>),
);

/** A source as a part of a sentence. Empty for what allows nothing. */
function phraseOf(source: Source, name: string): string {
	const preposition = TITLES.get(name)?.[1] ?? "from";
	const text = textOf(source);
	if (typeof source === "function") return `${preposition} what a function of the policy returns`;
	const keyword = KEYWORDS_IN_WORDS.get(text.toLowerCase());
	if (keyword !== undefined) return keyword[0];
	if (text === "'nonce-…'") return "with the nonce of the response";
	if (isNonceOrHash(source)) return "with a listed hash";
	if (isUrlHash(source)) return "from an address with a listed hash";
	if (isEvalHash(source)) return "made from a string with a listed hash";
	return `${preposition} ${placeOf(text)}`;
}

/** `*.img.example` → `any subdomain of img.example`. */
function placeOf(text: string): string {
	const lower = text.toLowerCase();
	const known = PLACES.get(lower);
	if (known !== undefined) return known;
	if (/^[a-z][a-z0-9+.-]*:$/.test(lower)) return `${lower} addresses`;
	const [, scheme, host = "", , path] = HOST_SOURCE.exec(text) ?? [];
	if (host === "*") return `any host${scheme === undefined ? "" : ` over ${scheme}`}`;
	if (!host.startsWith("*.") || (path !== undefined && path !== "/")) return text;
	return `any subdomain of ${text.replace("*.", "")}`;
}

const PLACES: ReadonlyMap<string, string> = new Map([
	["'self'", "this site"],
	["*", "any site"],
	["https:", "any site over https"],
	["http:", "any site"],
	["ws:", "any WebSocket server"],
	["wss:", "any WebSocket server over TLS"],
	["data:", "data: addresses"],
	["blob:", "blob: addresses"],
]);

const PLACES_IN_FULL: ReadonlyMap<string, string> = new Map([
	["'self'", "The site's own origin: the same scheme, host and port."],
	["data:", "data: addresses, which contain the file itself."],
	["blob:", "blob: addresses, which scripts of the page make."],
]);

/** Keyword → its part of a sentence, and what it does. */
const KEYWORDS_IN_WORDS: ReadonlyMap<string, readonly [phrase: string, means: string]> = new Map([
	["'unsafe-inline'", ["written into the page, even by an attacker", "Inline code is allowed, including injected code."]],
	["'unsafe-eval'", ["made from strings", "Strings can run as code (eval)."]],
	["'wasm-unsafe-eval'", ["as WebAssembly", "WebAssembly can be compiled."]],
	["'trusted-types-eval'", ["made from Trusted Types", "eval accepts Trusted Types only."]],
	["'strict-dynamic'", ["added by a script that is allowed", "Scripts that are allowed can add other scripts."]],
	["'strict-dynamic-url'", ["added by a script that is allowed", "Scripts that are allowed can add other scripts, in Chromium behind a flag."]],
	["'unsafe-hashes'", ["", "Hashes also allow event handlers and style attributes."]],
	["'inline-speculation-rules'", ["as inline speculation rules", "Inline speculation rules are allowed."]],
	["'report-sample'", ["", "Reports contain the first 40 characters of blocked code. It allows nothing."]],
	["'report-sha256'", ["", "Browsers report the SHA-256 of each script. It allows nothing."]],
	["'report-sha384'", ["", "Browsers report the SHA-384 of each script. It allows nothing."]],
	["'report-sha512'", ["", "Browsers report the SHA-512 of each script. It allows nothing."]],
	["'none'", ["", "Nothing is allowed."]],
]);

function meaningOf(source: Source, name: string): string {
	const text = textOf(source);
	if (typeof source === "function") return "A function of the policy returns sources in each request.";
	const known = KEYWORDS_IN_WORDS.get(text.toLowerCase());
	if (known !== undefined) return known[1];
	if (text === "'nonce-…'") return "Elements with the nonce of the response are allowed. The nonce is new in each response.";
	if (isNonceOrHash(source)) return "Code or files with exactly this content are allowed.";
	if (isUrlHash(source)) return "The script with exactly this address is allowed, in Chromium behind a flag.";
	if (isEvalHash(source)) return "Exactly this string can run as code, in Chromium behind a flag.";
	const place = PLACES_IN_FULL.get(text.toLowerCase());
	if (place !== undefined) return place;
	const preposition = TITLES.get(name)?.[1] ?? "from";
	const phrase = `${preposition} ${placeOf(text)}.`;
	return `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}`;
}

/** Why browsers ignore a source of a list. */
function reasonToIgnore(source: Source, name: string, list: readonly Source[]): string | undefined {
	const kind = kindOfSource(source);
	const text = typeof source === "string" ? source.toLowerCase() : "";
	if (kind === "invalid") return UNKNOWN;
	if (kind === "none") return list.length > 1 ? "Browsers ignore it next to other sources." : undefined;
	if (!hasEffect(kind, text, name)) return `It has no effect in ${name}.`;
	if (yieldsToNonces(text) && list.some(isNonceOrHash)) return "Browsers ignore it next to a nonce or hash.";
	const isStrict = /^script-src(?:-elem)?$/.test(name) && list.includes("'strict-dynamic'");
	if (isStrict && (text === "'unsafe-inline'" || PLACE_KINDS.has(kind))) return "Browsers ignore it next to 'strict-dynamic'.";
	return reasonInChromium(kind, text, list);
}

function reasonInChromium(kind: Kind, text: string, list: readonly Source[]): string | undefined {
	if (text === "'unsafe-eval'" && list.some(isEvalHash)) return "Chromium ignores it next to the hash of code for eval.";
	return PLACE_KINDS.has(kind) && list.some(isUrlHash) ? "Chromium ignores it next to the hash of an address." : undefined;
}

const PLACE_KINDS = new Set<Kind>(["self", "host", "scheme"]);

type Kind = ReturnType<typeof kindOfSource>;

function hasEffect(kind: Kind, text: string, name: string): boolean {
	const directive = DIRECTIVES.get(name);
	if (kind === "slot" || kind === "nonce") return directive?.nonce === true;
	if (kind === "hash" || kind === "url-hash" || kind === "eval-hash") return directive !== undefined && takesHash(directive, kind);
	return kind !== "keyword" || directive?.keywords.includes(text) === true;
}

/** What directives without sources do. */
const FIXED: ReadonlyMap<string, (words: readonly string[]) => string> = new Map<string, (words: readonly string[]) => string>([
	[
		"sandbox",
		(words) =>
			words.length === 0
				? "The page is sandboxed: scripts, forms, popups and its own origin are off."
				: "The page is sandboxed. It can only do what is listed.",
	],
	["require-trusted-types-for", () => "Scripts cannot pass plain strings to places that run code, such as innerHTML."],
	[
		"trusted-types",
		(words) =>
			/^(?:'none')?$/.test(words.join()) ? "Scripts cannot create Trusted Types policies." : "Scripts can only create the listed Trusted Types policies.",
	],
	["upgrade-insecure-requests", () => "Browsers load http addresses of the page over https."],
	["report-uri", () => "Browsers send a report to these addresses when they block something."],
	["report-to", () => "Browsers send a report to this endpoint of Reporting-Endpoints when they block something."],
]);

const OF_KIND: ReadonlyMap<string, (text: string) => string> = new Map([
	["policies", (text: string) => `Scripts can create the policy ${JSON.stringify(text)}.`],
	["uris", (text: string) => `Reports are sent to ${text}.`],
	["endpoint", (text: string) => `Reports are sent to the endpoint ${JSON.stringify(text)}.`],
]);

/** Words of directives that are not source lists. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
	["'script'", "Values that run as script need a Trusted Types policy."],
	["'allow-duplicates'", "Two policies can have the same name."],
	["'none'", "Nothing is allowed."],
	["*", "Any name is allowed."],
	["allow-downloads", "Downloads are allowed."],
	["allow-forms", "Forms can be submitted."],
	["allow-modals", "Dialogs such as alert() can open."],
	["allow-orientation-lock", "The page can lock the orientation of the screen."],
	["allow-pointer-lock", "The page can lock the pointer."],
	["allow-popups", "Popups can open."],
	["allow-popups-to-escape-sandbox", "Popups are not sandboxed."],
	["allow-presentation", "Presentations can start."],
	["allow-same-origin", "The page keeps its own origin, with its cookies and storage."],
	["allow-same-site-none-cookies", "Requests of the page can have cookies with SameSite=None."],
	["allow-scripts", "Scripts can run."],
	["allow-storage-access-by-user-activation", "The page can request its cookies after a click."],
	["allow-top-navigation", "The page can navigate the window that frames it."],
	["allow-top-navigation-by-user-activation", "The page can navigate the window that frames it after a click."],
	["allow-top-navigation-to-custom-protocols", "The page can open other programs by their own address schemes."],
]);
