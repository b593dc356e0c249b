import { isLoopback } from "../core/address.ts";
import type { ReportRecord } from "./record.ts";

/** What a rule sees of a report. */
export type Reported = Pick<ReportRecord, "type" | "disposition" | "directive" | "blocked" | "document" | "source" | "line" | "message" | "sample">;

/** Reports that say nothing of the site. */
export interface NoiseRule {
	/** It is counted by this. */
	readonly id: string;
	/** Why it is noise, in one sentence. */
	readonly summary: string;
	readonly is: (record: Reported) => boolean;
}

/** Schemes of extensions, of browsers' own pages, and of the bridges of in-app browsers. */
const EXTENSION =
	/^(?:(?:chrome|moz|safari|safari-web|ms-browser)-extension|chrome|resource|jar|view-source|user-script|mxaddon-pkg|webkit-masked-url)(?::|$)|^sandbox eval code$/i;
const WEBVIEW = /^(?:webviewprogressproxy|mbinit|symres|tmtbff|gsa|chromenull|chromeinvoke(?:immediate)?|mx\w*|bdvideo|jsbridge|android-webview[\w-]*)(?::|$)/i;
const TRANSLATORS = [
	"translate.goog",
	"translatoruser.com",
	"translatoruser.net",
	"translatoruser-int.com",
	"web.archive.org",
	"webcache.googleusercontent.com",
];
const GOOGLE_TRANSLATE = /^translate\.google(?:\.[a-z]{2,3}){1,2}$/;
const INJECTORS = ["superfish.com", "metrext.com", "adguard.com", "kaspersky-labs.com"];

/** What pages load from, or are; and the words that stand in the place of an address. */
const SCHEMES = new Set(["http", "https", "ws", "wss", "data", "blob", "filesystem", "about"]);
const WORDS = new Set(["inline", "eval", "wasm-eval", "self", "trusted-types-sink", "trusted-types-policy"]);

/** What to leave out, by default. Take some, or add your own. */
export const NOISE: readonly NoiseRule[] = [
	{
		id: "extension",
		summary: "An extension of the browser did it, or was stopped.",
		is: ({ blocked, source }) => EXTENSION.test(blocked) || EXTENSION.test(source),
	},
	{
		id: "webview",
		summary: "The browser inside another app put its own code into the page.",
		is: ({ blocked, source }) => WEBVIEW.test(blocked) || WEBVIEW.test(source),
	},
	{
		id: "translated",
		summary: "A translation or an archive shows a copy of the page.",
		is: ({ document, blocked }) => isTranslated(document) || isTranslated(blocked),
	},
	{
		id: "injected",
		summary: "A program on the visitor's machine puts its own scripts into pages.",
		is: ({ blocked, source }) => isUnder(blocked, INJECTORS) || isUnder(source, INJECTORS),
	},
	{
		id: "local-resource",
		summary: "A program on the visitor's machine was asked, by an extension or by malware.",
		is: ({ document, blocked }) => isLocal(blocked) && !isLocal(document),
	},
	{ id: "about", summary: "An empty frame, as ad blockers leave them.", is: ({ blocked }) => /^about(?::|$)/i.test(blocked) },
	{ id: "local-copy", summary: "The page was saved, and opened from a disk.", is: ({ document }) => /^(?:file|content|blob|data)(?::|$)/i.test(document) },
	{
		id: "app",
		summary: "Another app has put its own code into the page, or shows a page of its own.",
		is: ({ type, document, blocked, source }) =>
			isForeign(schemeOf(document)) ||
			(source.includes(":") && isForeign(schemeOf(source)) && !BUNDLERS.test(schemeOf(source))) ||
			(type === "csp-violation" && isForeign(schemeOf(blocked))),
	},
];

/** The rule that calls a record noise. */
export function noiseOf(record: Reported, rules: readonly NoiseRule[]): string | undefined {
	return rules.find(({ is }) => is(record))?.id;
}

function isLocal(address: string): boolean {
	return isLoopback(hostOf(address));
}

function hostOf(address: string): string {
	return URL.canParse(address) ? new URL(address).hostname.replace(/\.$/, "") : "";
}

/** One of the hosts, or one below it: a name that merely begins like one is somebody else's. */
function isUnder(address: string, hosts: readonly string[]): boolean {
	const name = `.${hostOf(address)}`;
	return hosts.some((host) => name.endsWith(`.${host}`));
}

function isTranslated(address: string): boolean {
	return isUnder(address, TRANSLATORS) || GOOGLE_TRANSLATE.test(hostOf(address));
}

/** Of an address, or of the scheme that browsers write in its place. */
function schemeOf(text: string): string {
	return WORDS.has(text) ? "" : (/^([a-z][a-z0-9+.-]{0,60})(?::|$)/i.exec(text)?.[1] ?? "");
}

/** Bundlers name the sources of a page by schemes of their own. */
const BUNDLERS = /^(?:webpack|webpack-internal|vite|turbopack|rsc|node|wasm)$/i;

function isForeign(scheme: string): boolean {
	return scheme !== "" && !SCHEMES.has(scheme.toLowerCase());
}
