import { isLoopback } from "../core/address.ts";
import type { ReportRecord } from "./record.ts";

/** The part of a report that a noise rule receives. */
export type Reported = Pick<ReportRecord, "type" | "disposition" | "directive" | "blocked" | "document" | "source" | "line" | "message" | "sample">;

/**
 * A rule that recognizes reports which say nothing about your site.
 * @example { id: "beta", summary: "A page of the beta site.", is: ({ document }) => document.includes("/beta/") }
 */
export interface NoiseRule {
	/**
	 * The name under which dropped reports are counted.
	 * @example "extension"
	 */
	readonly id: string;
	/** Why such a report is noise, in one sentence. */
	readonly summary: string;
	/**
	 * Returns true for a report that is noise.
	 * @example ({ source }) => source.startsWith("chrome-extension")
	 */
	readonly is: (record: Reported) => boolean;
}

/** Schemes of extensions, of the pages of the browser itself, and of the bridges of in-app browsers. */
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

/** Schemes of pages and of what they load, and the words that browsers report instead of an address. */
const SCHEMES = new Set(["http", "https", "ws", "wss", "data", "blob", "filesystem", "about"]);
const WORDS = new Set(["inline", "eval", "wasm-eval", "self", "trusted-types-sink", "trusted-types-policy"]);

/**
 * The rules that `collectReports()` uses by default. You can use a part of them, or add your own.
 * @example collectReports({ sinks, noise: NOISE.filter(({ id }) => id !== "about") });
 */
export const NOISE: readonly NoiseRule[] = [
	{
		id: "extension",
		summary: "A browser extension did it, or was blocked.",
		is: ({ blocked, source }) => EXTENSION.test(blocked) || EXTENSION.test(source),
	},
	{
		id: "webview",
		summary: "An in-app browser injected its own code into the page.",
		is: ({ blocked, source }) => WEBVIEW.test(blocked) || WEBVIEW.test(source),
	},
	{
		id: "translated",
		summary: "A translation service or an archive shows a copy of the page.",
		is: ({ document, blocked }) => isTranslated(document) || isTranslated(blocked),
	},
	{
		id: "injected",
		summary: "A program on the visitor's machine injects its own scripts into pages.",
		is: ({ blocked, source }) => isUnder(blocked, INJECTORS) || isUnder(source, INJECTORS),
	},
	{
		id: "local-resource",
		summary: "An extension or malware contacted a program on the visitor's machine.",
		is: ({ document, blocked }) => isLocal(blocked) && !isLocal(document),
	},
	{ id: "about", summary: "An ad blocker left an empty frame.", is: ({ blocked }) => /^about(?::|$)/i.test(blocked) },
	{
		id: "local-copy",
		summary: "The visitor saved the page and opened it from a disk.",
		is: ({ document }) => /^(?:file|content|blob|data)(?::|$)/i.test(document),
	},
	{
		id: "app",
		summary: "Another app injected its own code into the page, or shows a page of its own.",
		is: ({ type, document, blocked, source }) =>
			isForeign(schemeOf(document)) ||
			(source.includes(":") && isForeign(schemeOf(source)) && !BUNDLERS.test(schemeOf(source))) ||
			(type === "csp-violation" && isForeign(schemeOf(blocked))),
	},
];

/** The id of the rule that recognizes a record as noise. */
export function noiseOf(record: Reported, rules: readonly NoiseRule[]): string | undefined {
	return rules.find(({ is }) => is(record))?.id;
}

function isLocal(address: string): boolean {
	return isLoopback(hostOf(address));
}

function hostOf(address: string): string {
	return URL.canParse(address) ? new URL(address).hostname.replace(/\.$/, "") : "";
}

/** Whether an address has one of the hosts or a subdomain of it. A name that merely contains one can belong to anyone. */
function isUnder(address: string, hosts: readonly string[]): boolean {
	const name = `.${hostOf(address)}`;
	return hosts.some((host) => name.endsWith(`.${host}`));
}

function isTranslated(address: string): boolean {
	return isUnder(address, TRANSLATORS) || GOOGLE_TRANSLATE.test(hostOf(address));
}

/** The scheme of an address, or the bare scheme that browsers report instead of one. */
function schemeOf(text: string): string {
	return WORDS.has(text) ? "" : (/^([a-z][a-z0-9+.-]{0,60})(?::|$)/i.exec(text)?.[1] ?? "");
}

/** Bundlers use schemes of their own to name the sources of a page. */
const BUNDLERS = /^(?:webpack|webpack-internal|vite|turbopack|rsc|node|wasm)$/i;

function isForeign(scheme: string): boolean {
	return scheme !== "" && !SCHEMES.has(scheme.toLowerCase());
}
