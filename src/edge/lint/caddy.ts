import { type Context, contextsOf, sitesOf } from "./caddy-context.ts";
import { countAfter, type Entry, type Handler, handlersOf, isNamed } from "./caddy-headers.ts";
import { IMPORT, type Node, readCaddy } from "./caddy-read.ts";
import { copiesOf, drift, hasLineBreak, isList, isSecurity, type Known, type Lint, MOST_LINES, type Source, unique } from "./types.ts";

export function lintCaddy(source: Source, known: Known): readonly Lint[] {
	const { nodes, snippets } = readCaddy(source, known.readFile);
	const all = everyNode([...nodes, ...[...snippets.values()].flat()]);
	const found: Lint[] = [...all.flatMap(unreadAt), ...all.flatMap((node) => lintValues(node, known))];
	let lines = 0;
	for (const site of sitesOf(nodes, snippets))
		for (const context of contextsOf(site)) {
			lines += 1 + context.handlers.length;
			if (lines > MOST_LINES) return unique(found);
			found.push(...lintContext(context, known));
		}
	return unique(found);
}

/** The lines of all blocks. */
function everyNode(nodes: readonly Node[]): readonly Node[] {
	const all = [...nodes];
	for (const { block = [] } of all) for (const inner of block) all.push(inner);
	return all;
}

function unreadAt({ words: [name, path = ""], file, line }: Node): readonly Lint[] {
	return name === IMPORT
		? [{ id: "edge/unread", file, line, message: `${path} cannot be read, so the configuration was checked without it. Check the main file on the server.` }]
		: [];
}

function lintValues(node: Node, { wanted }: Known): readonly Lint[] {
	if (node.words[0] !== "header") return [];
	const entries = handlersOf(node, new Map()).flatMap((handler) => handler.entries);
	return entries.flatMap(({ action, name, value, file, line }): readonly Lint[] => {
		if (action === "delete" || action === "replace") return [];
		if (hasLineBreak(value))
			return [
				{
					id: "edge/line-break",
					file,
					line,
					message: `${name} has a line break in its value. Caddy omits it over HTTP/2 and HTTP/3. Write the value in one line.`,
				},
			];
		const other = isSecurity(name) && !/(?<!\\)\{/.test(value) ? drift(name, unescaped(value), wanted) : undefined;
		return other === undefined ? [] : [{ id: "edge/config-drift", file, line, message: other }];
	});
}

/** Each import takes a backslash off a brace, so a value can have several. */
function unescaped(value: string): string {
	if (!value.includes("{")) return value;
	return value
		.split(/([{}])/)
		.map((piece, i, all) => (i % 2 === 0 && i < all.length - 1 ? withoutEnd(piece, "\\") : piece))
		.join("");
}

function withoutEnd(text: string, char: string): string {
	let end = text.length;
	while (text[end - 1] === char) end--;
	return text.slice(0, end);
}

function lintContext(context: Context, known: Known): readonly Lint[] {
	const entries = context.handlers.flatMap((handler) => handler.entries);
	const names = new Set(entries.flatMap(({ action, name }) => (action !== "delete" && action !== "replace" && isSecurity(name) ? [name.toLowerCase()] : [])));
	const twice: Entry[] = [];
	const found = [...names].flatMap((name) => {
		const { lints, doubled } = lintName(name, context);
		if (doubled !== undefined) twice.push(doubled);
		return lints;
	});
	const { proxy } = context;
	if (proxy === undefined) return found;
	twice.push(...proxy.down.filter((one) => isSecurity(one.name) && !names.has(one.name.toLowerCase()) && addsCopy(one, proxy.down)));
	if (twice.length === 0) return found;
	const { file, line } = proxy.node;
	const copies = copiesOf(
		"edge/caddy-no-hide",
		twice.map(({ name }) => name),
		known,
	);
	return [
		...found,
		...copies.map(
			({ id, names: [first, ...more], text, isConditional }): Lint => ({
				id,
				file,
				line,
				message: `${[first, ...more].join(", ")}: set here, and not removed from the application's response, ${text}. Write header_down -${first} in reverse_proxy${more.length === 0 ? "" : ", and so on"}.`,
				isConditional: isConditional || context.isUnread,
			}),
		),
	];
}

function addsCopy({ action, name }: Entry, down: readonly Entry[]): boolean {
	return action === "add" && countAfter(name.toLowerCase(), down, 1) > 1;
}

function lintName(name: string, context: Context): { readonly lints: readonly Lint[]; readonly doubled: Entry | undefined } {
	const setter = context.handlers.find(({ entries }) => entries.some((one) => isSetting(one, name)));
	const entry = setter?.entries.find((one) => isSetting(one, name));
	if (setter === undefined || entry === undefined) return { lints: [], doubled: undefined };
	const worlds = worldsOf(context.handlers, name);
	const lint = (id: string, { file, line }: Entry, message: string, isConditional = false): readonly Lint[] => [
		{ id, file, line, message, isConditional: isConditional || context.isUnread },
	];
	const counts = worlds.map((world) => ({ world, alone: countOf(name, context, 0, world), own: errorCount(name, context, world) }));
	if (counts.some(({ alone }) => alone > 1))
		return {
			lints: lint("edge/caddy-no-hide", entry, `${entry.name} is set more than once, so it is sent twice. Remove one of the lines.`, isList(name)),
			doubled: undefined,
		};
	const gone = counts.every(({ alone }) => alone === 0) ? deleterOf(name, context) : undefined;
	if (gone !== undefined)
		return {
			lints: lint(
				"edge/caddy-deferred",
				gone,
				`${gone.written} runs after ${entry.name} is set, so ${entry.name} is not sent. Write header_down -${entry.name} in reverse_proxy, and remove ${gone.written}.`,
			),
			doubled: undefined,
		};
	const isLost = context.canFail && counts.some(({ alone, own }) => alone > 0 && own === 0);
	const late = isLost ? context.handlers.find((one) => one.late !== undefined && one.entries.some((each) => isSetting(each, name)))?.late : undefined;
	const doubled = context.proxy !== undefined && worlds.some((world) => countOf(name, context, 1, world) > 1);
	return { lints: late === undefined ? [] : lint("edge/caddy-deferred", late, lateness(late, entry)), doubled: doubled ? entry : undefined };
}

function isSetting(entry: Entry, name: string): boolean {
	return entry.action !== "delete" && entry.action !== "replace" && isNamed(entry, name);
}

function lateness(late: Entry, { name }: Entry): string {
	const errors = `so the 404 and 502 that Caddy generates are sent without ${name}.`;
	return late.name.toLowerCase() === name.toLowerCase()
		? `${late.written} runs late, ${errors} Set ${name} in handle_errors as well.`
		: `${late.written} makes Caddy run the whole block late, ${errors} Write ${late.written} in a separate block.`;
}

function deleterOf(name: string, { handlers }: Context): Entry | undefined {
	return handlers.flatMap(({ entries }) => entries).find((one) => one.action === "delete" && isNamed(one, name));
}

const MOST_WORLDS = 20;

/** The matchers that hold: none, or one of them. */
function worldsOf(handlers: readonly Handler[], name: string): readonly (string | undefined)[] {
	const own = handlers.filter(({ entries }) => entries.some((one) => isNamed(one, name)));
	return [undefined, ...[...new Set(own.flatMap(({ matcher }) => matcher?.text ?? []))].slice(0, MOST_WORLDS)];
}

function holds({ matcher }: Handler, world: string | undefined): boolean {
	return matcher === undefined || matcher.text === world;
}

/** How many lines of a header a response has. Lines that wait run when the response is written, from the last to the first. */
function countOf(name: string, { handlers, proxy }: Context, sent: number, world: string | undefined): number {
	const own = handlers.filter((one) => holds(one, world));
	const early = own.filter((one) => !waits(one)).reduce((count, { entries }) => countAfter(name, entries, count), 0);
	const passed = proxy === undefined ? 0 : countAfter(name, proxy.down, sent);
	return own.filter(waits).reduceRight((count, { entries }) => countAfter(name, entries, count), early + passed);
}

function waits({ late, isMaybeLate }: Handler): boolean {
	return late !== undefined || isMaybeLate;
}

/** The same for an error that Caddy generates, which lines that wait do not see. */
function errorCount(name: string, { handlers, onErrors }: Context, world: string | undefined): number {
	const early = handlers.filter((one) => one.late === undefined && holds(one, world));
	return [...early, ...onErrors].reduce((count, { entries }) => countAfter(name, entries, count), 0);
}
