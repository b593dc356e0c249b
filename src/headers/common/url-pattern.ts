import { RESPONSE_ORIGIN } from "../tokens.ts";

/**
 * A URL pattern with a scheme and a host, without groups and regular expressions: Chromium drops a pattern with a regular expression. A colon in a
 * path starts the name of a segment, so IPv6 addresses and `/a:1` cannot be read. `+` would be a modifier.
 * @see {@link https://urlpattern.spec.whatwg.org/#pattern-strings}
 */
const PATTERN =
	/^(?:https?|\*):\/\/(?<host>\*|(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::(?:\d{1,5}|\*))?(?:\/(?:[\w\-.~!$&'*,;=@%/]|:[A-Za-z_])*(?:(?<!\*)\?[\w\-.~!$&'*,;=@%/]*)?)?$/i;

const LONGEST = 2048;

/** Whether a text is a URL pattern that browsers match. */
export function isUrlPattern(text: string): boolean {
	return matchOf(text) !== undefined;
}

/** The host of a URL pattern, or `*`. Undefined for anything else. */
export function hostOfPattern(text: string): string | undefined {
	return matchOf(text)?.["host"];
}

/** What was probably meant, quoted. Undefined if there is no such guess. */
export function nearestPattern(text: string): string | undefined {
	if (/^'?(?:self|response-origin)'?$/i.test(text)) return JSON.stringify(RESPONSE_ORIGIN);
	const candidate = text.replace(/^ws(s?):/i, "http$1:").replace(/^(?!\w+:\/\/|\*:\/\/)/, "https://");
	return candidate !== text && candidate.includes(".") && isUrlPattern(candidate) ? JSON.stringify(candidate) : undefined;
}

/** Whether a text of another program cannot match what it is meant for. Its other syntax is not judged. */
export function isDeadPattern(text: string): boolean {
	return /^wss?:/i.test(text) || !text.includes("://") || /\((?!\.\*\))/.test(text);
}

function matchOf(text: string): Readonly<Record<string, string>> | undefined {
	return text.length > LONGEST ? undefined : PATTERN.exec(text)?.groups;
}
