/* What a compiled module holds. `headguard compile` writes it, and securedBy reads it. It is plain data, which JSON can hold. */

/** Changes when older code could misread a module. */
export const FORMAT = 1;

/** What a compiled module exports. Its declaration names the overrides. */
export interface CompiledModule<Override extends string = string> {
	/** The version of this format. */
	readonly format: number;
	/** Of everything else in the module. It finds edits and lost lines. */
	readonly checksum: string;
	/** The export that is the policy itself. */
	readonly main: string;
	/** Every header with every text, once. */
	readonly headers: readonly HeaderData[];
	/** The headers of one kind of response, by their places in `headers`. */
	readonly blocks: readonly (readonly number[])[];
	/** Policies by name. Those that only a stack of overrides makes have the names of all of them. */
	readonly policies: { readonly [name: string]: PolicyData };
	/** What each export makes of the policy that a response has already: the name of that policy → the name of the result. Empty for one that replaces it. */
	readonly exports: { readonly [name in Override]: { readonly [below: string]: string } };
}

export interface HeaderData {
	readonly name: string;
	/** The value if no nonce was read. */
	readonly text: string;
	/** The value around the nonce slots. */
	readonly nonced?: readonly string[] | undefined;
	/** The option `lock` names it. */
	readonly locked?: true | undefined;
	/** What happens to a CSP of the application. */
	readonly onOther?: "complete" | "keep" | undefined;
}

export interface PolicyData {
	/** The places of its blocks: four, or eight if only a share of the responses asks for reports. */
	readonly blocks: readonly number[];
	/** The policy that it overrides. */
	readonly base?: string | undefined;
	readonly remove: readonly string[];
	readonly vary?: readonly string[] | undefined;
	readonly cacheControl?: string | undefined;
	readonly headerBlock?: false | undefined;
	readonly reportFraction?: number | undefined;
	/** `"function"`: the option `secure` of securedBy has the function. */
	readonly secure?: boolean | "function" | undefined;
	/** The policy has a function that receives events. */
	readonly onEvent?: true | undefined;
	/** The functions in its lists. */
	readonly sources?: readonly SourceData[] | undefined;
	/** The policies to fill in with what the functions returned. The name says for which lists, and which of these got the nonce. See `answerKey`. */
	readonly answers?: { readonly [key: string]: string } | undefined;
}

/** A function that returns sources: where they are added, and its name in the option `sources` of securedBy. */
export interface SourceData {
	readonly key: string;
	readonly directive: string;
	readonly ask: string;
}

/** The lists that functions can add to in one policy. There is a policy for each combination. */
export const MOST_LISTS = 3;

/** The host that an answer of a function replaces. No other host ends in it. */
export function placeholderOf(list: number): string {
	return `https://answer-${list}.headguard.invalid`;
}

/** What a list of a policy got: nothing, sources, or sources and the nonce. */
export type Answered = "-" | "s" | "n";

/** A letter for each list, in the order of the policy. */
export function answerKey(answered: readonly Answered[]): string {
	return answered.join("");
}

/** Header key and directive of each list that functions add to, once. */
export function listsOf(sources: readonly Omit<SourceData, "ask">[]): readonly string[] {
	return [...new Set(sources.map(({ key, directive }) => `${key} ${directive}`))];
}

/** The same for the same data, in the order in which it is written. It finds accidents. Who can write the file can also write another checksum. */
export function checksumOf({ checksum: _, ...data }: CompiledModule): string {
	const text = JSON.stringify(data);
	let [a, b] = [0x811c9dc5, 0x1b873593];
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		a = Math.imul(a ^ code, 0x01000193);
		b = Math.imul(b ^ code, 0x5bd1e995) ^ (b >>> 15);
	}
	return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
