import type { Expected } from "./types.ts";

/** Whether a header is what the policy says: sent once, with any nonce, or completed on the framework's error page. */
export function isAsExpected({ text, nonced, complete }: Expected, values: readonly string[], status: number): boolean {
	const [value = ""] = values;
	// The stored page keeps the policy that it came with.
	if (values.length === 0) return status === 304 && nonced !== undefined;
	if (values.length > 1) return false;
	if (value === text || (status >= 400 && isFrameworksCompleted(value, status, complete))) return true;
	const nonce = nonced === undefined ? undefined : /'nonce-([\w+/-]+={0,2})'/.exec(value)?.[1];
	return nonce !== undefined && value === nonced?.join(nonce);
}

function isFrameworksCompleted(value: string, status: number, complete: Expected["complete"]): boolean {
	const [theirs = ""] = value.split(";", 1);
	const completed = complete?.(theirs, status, undefined);
	return completed?.isFrameworks === true && completed.text === value;
}

/** The text for people: an ellipsis replaces the nonce. */
export function expectedText({ text, nonced }: Expected): string {
	return nonced?.join("…") ?? text;
}
