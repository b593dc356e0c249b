import type { Expected } from "./types.ts";

/** Whether a header is what its policy says: once, with any nonce, or completed on the framework's error page. */
export function isAsExpected({ text, nonced, framework }: Expected, values: readonly string[], status: number): boolean {
	const [value = ""] = values;
	// The page that is stored keeps the policy that came with it.
	if (values.length === 0) return status === 304 && nonced !== undefined;
	if (values.length > 1) return false;
	if (value === text || (status >= 400 && value === framework?.completed)) return true;
	const nonce = nonced === undefined ? undefined : /'nonce-([\w+/-]+={0,2})'/.exec(value)?.[1];
	return nonce !== undefined && value === nonced?.join(nonce);
}

/** The text for people: where a nonce stands, dots. */
export function expectedText({ text, nonced }: Expected): string {
	return nonced?.join("…") ?? text;
}
