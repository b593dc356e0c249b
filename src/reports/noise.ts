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
	/^(?:chrome|moz|safari|safari-web|ms-browser)-extension\b|^(?:chrome|resource|jar|view-source|user-script|mxaddon-pkg)(?::|$)|^sandbox eval code$/i;
const WEBVIEW = /^(?:webviewprogressproxy|mbinit|symres|tmtbff|gsa|chromenull|chromeinvoke(?:immediate)?|mx\w*|bdvideo|jsbridge)(?::|$)/i;
const TRANSLATED =
	/^https?:\/\/(?:[^/]+\.translate\.goog|translate\.google[^/]*|[^/]*translatoruser[^/]*|web\.archive\.org|webcache\.googleusercontent\.com)(?:\/|$)/i;
const INJECTORS = /^https?:\/\/(?:[^/]+\.)?(?:superfish\.com|metrext\.com|adguard\.com|kaspersky-labs\.com|[^/]*\.kis\.v2\.scr\.kaspersky-labs\.com)(?:\/|$)/i;

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
		is: ({ document, blocked }) => TRANSLATED.test(document) || TRANSLATED.test(blocked),
	},
	{
		id: "injected",
		summary: "A program on the visitor's machine puts its own scripts into pages.",
		is: ({ blocked, source }) => INJECTORS.test(blocked) || INJECTORS.test(source),
	},
	{
		id: "local-resource",
		summary: "A program on the visitor's machine was asked, by an extension or by malware.",
		is: ({ document, blocked }) => isLocal(blocked) && !isLocal(document),
	},
	{ id: "about", summary: "An empty frame, as ad blockers leave them.", is: ({ blocked }) => /^about(?::|$)/i.test(blocked) },
	{ id: "local-copy", summary: "The page was saved, and opened from a disk.", is: ({ document }) => /^(?:file|content|blob|data)(?::|$)/i.test(document) },
];

/** The rule that calls a record noise. */
export function noiseOf(record: Reported, rules: readonly NoiseRule[]): string | undefined {
	return rules.find(({ is }) => is(record))?.id;
}

function isLocal(address: string): boolean {
	return URL.canParse(address) && isLoopback(new URL(address).hostname);
}
