import { type Issues, received } from "../../core/issue.ts";
import type { SourceKind } from "../../csp/sources.ts";

/** Warns about a source that only Chromium knows, behind a flag. */
export function warnExperimental(source: Exclude<SourceKind, { kind: "invalid" }>, issues: Issues): void {
	const found = EXPERIMENTAL.get(source.kind === "keyword" ? source.text : source.kind);
	if (found !== undefined) issues.warn(received("csp/experimental-source", source.text, ...found));
}

/** By kind or keyword: what browsers do with it, and what to write. */
const EXPERIMENTAL: ReadonlyMap<string, readonly [consequence: string, expected?: string]> = new Map<string, readonly [string, string?]>([
	[
		"url-hash",
		[
			"which is experimental. Chromium 156 matches it only behind a flag, and ignores hosts and 'self' next to it with or without the flag. Other browsers ignore it",
			"a nonce or hash too, which works everywhere",
		],
	],
	[
		"eval-hash",
		[
			"which is experimental. Chromium 156 matches it only behind a flag, and ignores 'unsafe-eval' next to it with or without the flag. Other browsers ignore it.",
		],
	],
	["'strict-dynamic-url'", ["which is experimental. Chromium 156 knows it only behind a flag. Other browsers ignore it."]],
]);
