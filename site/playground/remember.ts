/** What was pasted and tried is kept in the address, after the #, which browsers send to no server. */

export interface Kept {
	/** What was pasted. Undefined: the example of the beginning. */
	readonly text?: string | undefined;
	/** The version of helmet that the reader chose. */
	readonly helmet?: string | undefined;
	/** Which response of a HAR file. */
	readonly response?: string | undefined;
	/** What the address is used for. */
	readonly use?: string | undefined;
	readonly address?: string | undefined;
	/** The page that loads the address. */
	readonly page?: string | undefined;
	/** What the inline code is. */
	readonly inline?: string | undefined;
	readonly code?: string | undefined;
}

/** The names in the address. Links that people have sent contain them, so they stay. What does not fit is left out, and the first ones fit first. */
const NAMES = { text: "try", helmet: "helmet", response: "response", use: "use", address: "address", page: "page", inline: "inline", code: "code" } as const;

const KEYS = Object.keys(NAMES) as readonly (keyof Kept)[];

/** These say nothing without what was pasted. */
const OF_TEXT: ReadonlySet<keyof Kept> = new Set<keyof Kept>(["helmet", "response"]);

/** Above this, the address would be too long for some programs. */
export const LONGEST = 16_000;

const WORDS: Readonly<Record<keyof Kept, string>> = {
	text: "what you pasted",
	helmet: "the version of helmet",
	response: "which response you chose",
	use: "what the address is used as",
	address: "the address that you try",
	page: "the page that you try it on",
	inline: "what the code is",
	code: "the code that you try",
};

export interface Fragment {
	/** Empty, or with its #. */
	readonly hash: string;
	/** What it leaves out because it does not fit, in words. Empty if it has everything. */
	readonly note: string;
}

/** @param response the chosen one as text, which takes the place of a file that is too long. */
export function fragmentOf(kept: Kept, response?: string): Fragment {
	const { hash, leftOut } = fitted(kept);
	if (!leftOut.includes("text") || response === undefined) return { hash, note: noteOf(leftOut) };
	const short = fitted({ ...kept, text: response, response: undefined });
	if (short.leftOut.includes("text")) return { hash, note: noteOf(leftOut) };
	return { hash: short.hash, note: noteOf(leftOut, " It has the headers of this response alone, without cookies.") };
}

function noteOf(leftOut: readonly (keyof Kept)[], instead = ""): string {
	return leftOut.length === 0 ? "" : `The address of this page leaves out ${leftOut.map((key) => WORDS[key]).join(", ")}: it would be too long.${instead}`;
}

function fitted(kept: Kept): { readonly hash: string; readonly leftOut: readonly (keyof Kept)[] } {
	const parts: string[] = [];
	const leftOut: (keyof Kept)[] = [];
	let length = 0;
	for (const key of KEYS) {
		const value = kept[key];
		if (value === undefined || (OF_TEXT.has(key) && leftOut.includes("text"))) continue;
		// With the # or & before it.
		const part = `${NAMES[key]}=${encoded(value)}`;
		if (length + part.length + 1 > LONGEST) leftOut.push(key);
		else {
			length += part.length + 1;
			parts.push(part);
		}
	}
	return { hash: parts.length === 0 ? "" : `#${parts.join("&")}`, leftOut };
}

/** Anyone can write an address: what it says is only text, and what cannot be read is not there. */
export function keptIn(hash: string): Kept {
	if (hash.length > LONGEST) return {};
	const values = new Map<string, string>();
	for (const part of hash.slice(1).split("&")) {
		const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(part) ?? [];
		const text = decoded(value);
		if (text !== undefined && !values.has(name)) values.set(name, text);
	}
	return Object.fromEntries(KEYS.map((key) => [key, values.get(NAMES[key])]).filter(([, value]) => value !== undefined)) as Kept;
}

/** Half of a pair of surrogates has no code in an address. */
function encoded(value: string): string {
	return encodeURIComponent(value.replace(/\p{Surrogate}/gu, "\ufffd"));
}

function decoded(value: string): string | undefined {
	try {
		return decodeURIComponent(value);
	} catch {
		return undefined;
	}
}
