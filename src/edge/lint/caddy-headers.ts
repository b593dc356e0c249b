import { type Matcher, type Matchers, matcherIn } from "./caddy-match.ts";
import type { Node } from "./caddy-read.ts";

/** One field of a `header` or `header_down` line. */
export interface Entry {
	readonly action: "add" | "set" | "delete" | "replace" | "default";
	readonly name: string;
	readonly value: string;
	/** The line as it is written: `-Server`, `defer`. */
	readonly written: string;
	readonly file: string;
	readonly line: number;
}

/** What Caddy makes of a `header` line. */
export interface Handler {
	readonly entries: readonly Entry[];
	/** What makes Caddy run it when the response is written. */
	readonly late: Entry | undefined;
	/** Some versions of Caddy also run a block late that replaces a part of a value. */
	readonly isMaybeLate: boolean;
	readonly matcher: Matcher | undefined;
}

const ACTIONS: Readonly<Record<string, Entry["action"]>> = { "+": "add", "-": "delete", "?": "default", ">": "set" };

function entryOf([field = "", value = "", replacement]: readonly string[], { file, line }: Node): Entry {
	const sign = field[0] ?? "";
	const action = ACTIONS[sign];
	return {
		action: action !== undefined && action !== "set" ? action : replacement === undefined ? "set" : "replace",
		name: (action === undefined ? field : field.slice(1)).replace(/:$/, ""),
		value,
		written: field,
		file,
		line,
	};
}

/** A line that waits makes its whole block wait. `?` has a handler of its own. */
function isLate({ action, written }: Entry): boolean {
	return action === "delete" || written.startsWith(">") || written === "defer";
}

/** The handlers of a `header` line or block: one for all fields, and one for those with a question mark. */
export function handlersOf(node: Node, known: Matchers): readonly Handler[] {
	const { matcher, rest } = matcherIn(node, known);
	const lines = node.block ?? [];
	const inBlock = lines.filter(({ words: [name] }) => name !== "import" && name !== "match").map((one) => entryOf(one.words, one));
	const entries = rest.length > 0 ? [entryOf(rest, node), ...inBlock.filter(({ written }) => written === "defer")] : inBlock;
	const [defaults, others] = [entries.filter(({ action }) => action === "default"), entries.filter(({ action }) => action !== "default")];
	return [
		...(others.length > 0
			? [
					{
						entries: others.filter(({ written }) => written !== "defer"),
						late: others.find(isLate),
						isMaybeLate: others.some(({ action }) => action === "replace"),
						matcher,
					},
				]
			: []),
		...(defaults.length > 0 ? [{ entries: defaults, late: defaults[0], isMaybeLate: false, matcher }] : []),
	];
}

/** The `header_down` lines of a `reverse_proxy`. */
export function downIn({ block = [] }: Node): readonly Entry[] {
	return block.filter(({ words: [name] }) => name === "header_down").map((one) => entryOf(one.words.slice(1), one));
}

/** How many lines of a header there are after the entries of one handler. Caddy first adds, then sets, then deletes. */
export function countAfter(name: string, entries: readonly Entry[], before: number): number {
	const own = entries.filter((one) => isNamed(one, name));
	let count = own.some(({ action, name: field }) => action === "delete" && field === "*") ? 0 : before;
	if (own.some(({ action }) => action === "add")) count++;
	if (own.some(({ action }) => action === "set")) count = 1;
	if (own.some(({ action }) => action === "default") && count === 0) count = 1;
	return own.some(({ action, name: field }) => action === "delete" && field !== "*") ? 0 : count;
}

/** A name that is deleted may begin or end with an asterisk. */
export function isNamed({ action, name: written }: Entry, name: string): boolean {
	const field = written.toLowerCase();
	if (action !== "delete" || !field.includes("*")) return field === name;
	const text = field.replace(/^\*|\*$/g, "");
	if (field.startsWith("*") && field.endsWith("*")) return name.includes(text);
	return field.startsWith("*") ? name.endsWith(text) : name.startsWith(text);
}
