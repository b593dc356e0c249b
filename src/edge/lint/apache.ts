import { type Context, contextsOf, type Header, SETS, type Table, unreadIn } from "./apache-context.ts";
import { readApache } from "./apache-read.ts";
import { copiesOf, drift, hasLineBreak, isSecurity, isSent, type Known, type Lint, MOST_LINES, type Source, unique } from "./types.ts";

export function lintApache(source: Source, known: Known): readonly Lint[] {
	const tree = readApache(source, known.readFile);
	const unread = unreadIn(tree);
	const found: Lint[] = unread.map(({ file, line, args: [path = ""] }) => ({
		id: "edge/unread",
		file,
		line,
		message: `${path} cannot be read, so the configuration was checked without it. Check the main file on the server.`,
	}));
	let lines = 0;
	for (const context of contextsOf(tree)) {
		lines += 1 + context.headers.length;
		if (lines > MOST_LINES) break;
		for (const line of context.headers) found.push(...lintValue(line, known));
		const own = context.headers.filter(({ name }) => isSecurity(name));
		for (const name of new Set(own.map((one) => one.name.toLowerCase()))) {
			const some = own.filter((one) => one.name.toLowerCase() === name);
			found.push(...lintHeader(name, some, context, unread.length > 0, known));
		}
	}
	return unique(found);
}

function lintValue({ name, action, value, file, line }: Header, { wanted }: Known): readonly Lint[] {
	if (!SETS.includes(action) || value === undefined) return [];
	const text = value.replace(/%%/g, "%");
	if (hasLineBreak(text))
		return [
			{
				id: "edge/line-break",
				file,
				line,
				message: `${name} has a line break in its value: \\n or \\r. Apache responds with 500 in place of each response with it. Write the value in one line.`,
			},
		];
	const isKnown = (action === "set" || action === "add") && isSecurity(name) && !/[$%]\{/.test(value);
	const other = isKnown ? drift(name, text, wanted) : undefined;
	return other === undefined ? [] : [{ id: "edge/config-drift", file, line, message: other }];
}

const TABLES = "edge/apache-tables";

type Say = (at: Header, message: string, isConditional?: boolean, id?: string) => readonly Lint[];

function lintHeader(name: string, lines: readonly Header[], context: Context, isUnread: boolean, known: Known): readonly Lint[] {
	const set = { always: setIn("always", lines), onsuccess: setIn("onsuccess", lines) };
	if (set.always === undefined && set.onsuccess === undefined) return [];
	const say: Say = ({ file, line }, message, isConditional = false, id = TABLES) => [{ id, file, line, message, isConditional: isConditional || isUnread }];
	const worlds = worldsOf(lines);
	const doubled = (app: Table | undefined): World | undefined => worlds.find((world) => countOf(name, lines, app, world) > 1);
	const alone = doubled(undefined);
	// A line can also set the header only where the application does not send it.
	const isFilled = context.upstreams.length > 0 && context.upstreams.every((one) => doubled(one) === undefined);
	if (alone !== undefined && !(isFilled && isSent(name, known) === true)) return sayTwice(set, alone, isFilled && isSent(name, known) === undefined, say);
	const table = context.upstreams.find((one) => doubled(one) !== undefined);
	const beside = table === undefined ? [] : sayBeside(set, table, doubled(table) ?? {}, known, say);
	if (beside.length > 0) return beside;
	const isMissing = worlds.some((world) => countOf(name, lines, undefined, world) > 0 && ownErrors(name, lines, world) === 0);
	return isMissing ? sayMissing(set, context, say) : [];
}

/** The first line of each table that sets the header. */
type Setters = Readonly<Record<Table, Header | undefined>>;

function setIn(table: Table, lines: readonly Header[]): Header | undefined {
	return lines.find((one) => one.table === table && SETS.includes(one.action));
}

function sayTwice({ always, onsuccess }: Setters, world: World, isConditional: boolean, say: Say): readonly Lint[] {
	const first = (always ?? onsuccess) as Header;
	const how = always === undefined || onsuccess === undefined ? "added more than once" : "set in both tables";
	return say(
		first,
		`${first.name} is ${how}, so it is sent twice${inWorld(world)}. Write Header onsuccess unset ${first.name}, and set it only with Header always set.`,
		isConditional,
	);
}

/** The copy of the application is in one table, and Apache's in the other. */
function sayBeside({ always, onsuccess }: Setters, table: Table, world: World, known: Known, say: Say): readonly Lint[] {
	const set = ((table === "onsuccess" ? always : onsuccess) ?? always ?? onsuccess) as Header;
	const how = set.action === "add" ? "added" : set.table === "always" ? "set with always" : "set without always";
	const copy = set.action === "add" ? "kept" : "in the other table";
	return copiesOf(TABLES, [set.name], known).flatMap(({ id, text, isConditional }) =>
		say(
			set,
			`${set.name} is ${how}, and the application's copy is ${copy}, ${text}${inWorld(world)}. Write Header ${table} unset ${set.name} before it.`,
			isConditional,
			id,
		),
	);
}

function sayMissing({ onsuccess }: Setters, { upstreams }: Context, say: Say): readonly Lint[] {
	if (onsuccess === undefined) return [];
	const errors = upstreams.length > 0 ? "502 and 503" : "403 and 404";
	return say(
		onsuccess,
		`${onsuccess.name} is set without always, so it is missing on the ${errors} that Apache generates. Write Header onsuccess unset, Header always unset, Header always set.`,
	);
}

/** The conditions that hold: none, or one of them. */
interface World {
	readonly holds?: string;
}

const MOST_WORLDS = 20;

function worldsOf(lines: readonly Header[]): readonly World[] {
	const conditions = new Set(lines.flatMap(({ condition }) => (condition === undefined ? [] : [condition])));
	return [{}, ...[...conditions].slice(0, MOST_WORLDS).map((holds) => ({ holds }))];
}

function inWorld({ holds }: World): string {
	return holds === undefined ? "" : ` where ${holds}`;
}

type Counts = Record<Table, number>;

/** How many lines of a header a response has: first all lines of the table for all responses run, then those of the other. */
function countOf(name: string, lines: readonly Header[], app: Table | undefined, world: World): number {
	const counts: Counts = { always: 0, onsuccess: 0 };
	if (app !== undefined) counts[app] = 1;
	for (const table of ["always", "onsuccess"] as const) run(name, lines, table, counts, world);
	return counts.always + counts.onsuccess;
}

/** The same for an error that Apache generates: only one table applies. */
function ownErrors(name: string, lines: readonly Header[], world: World): number {
	const counts: Counts = { always: 0, onsuccess: 0 };
	run(name, lines, "always", counts, world);
	return counts.always;
}

function run(name: string, lines: readonly Header[], table: Table, counts: Counts, world: World): void {
	for (const line of lines) if (line.table === table && applies(name, line, counts, world)) counts[table] = after(line.action, counts[table]);
}

function after(action: string, count: number): number {
	if (action === "set") return 1;
	if (action === "unset") return 0;
	if (action === "add") return count + 1;
	return SETS.includes(action) ? Math.max(count, 1) : count;
}

/** A condition on the header itself can be answered. Any other holds in its own world. */
function applies(name: string, { condition }: Header, counts: Counts, { holds }: World): boolean {
	if (condition === undefined) return true;
	const text = condition.toLowerCase();
	const count = counts.always + counts.onsuccess;
	if (text.includes(`-z %{resp:${name}}`)) return count === 0;
	if (text.includes(`-n %{resp:${name}}`)) return count > 0;
	return condition === holds;
}
