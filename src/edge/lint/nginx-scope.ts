import { type Directive, INCLUDE } from "./nginx-read.ts";
import { isSecurity } from "./types.ts";

/** Ways to the application. Each has its own list of headers that are removed from the response. */
const PASSES = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"] as const;
type Pass = (typeof PASSES)[number];

/** A security header that a block adds. */
export interface Added {
	readonly directive: Directive;
	/** Whether the value is sent: never when it is empty, maybe when it has only variables. */
	readonly sends: "always" | "maybe" | "never";
}

type IsFilled = (variable: string) => boolean;
type ByName<T> = ReadonlyMap<string, T>;

/** What applies in a block: its own lists, or those of the block around it. Names are in lower case. */
export interface Scope {
	readonly added: ByName<Added>;
	readonly hidden: ByName<ByName<Directive>>;
	readonly shown: ByName<ReadonlySet<string>>;
	/** Headers that headers-more sets or removes, whatever else sends them. It keeps those of the blocks around. */
	readonly replaced: ReadonlySet<string>;
	/** Whether a variable has a value that cannot be empty. */
	readonly isFilled: IsFilled;
	/** How requests go on to the application. `if` and `limit_except` keep it. */
	readonly pass: { readonly kind: string; readonly directive: Directive } | undefined;
	/** An include that could not be read, here or around. */
	readonly unread: Directive | undefined;
	/** nginx 1.29.3 and later can join the lists of add_header. */
	readonly inherits: string;
}

export const NO_SCOPE: Scope = {
	added: new Map(),
	hidden: new Map(),
	shown: new Map(),
	replaced: new Set(),
	isFilled: () => false,
	pass: undefined,
	unread: undefined,
	inherits: "on",
};

/** Blocks that keep the way to the application of the location around them. */
const SAME_LOCATION = ["if", "limit_except"];

export const nameOf = ({ args: [name = ""] }: Directive): string => name.toLowerCase();

/** The lists of a block itself, and what applies in it. */
export function scopeOf(directives: readonly Directive[], outer: Scope, head: Directive | undefined): { readonly own: Scope; readonly scope: Scope } {
	const filled = new Set(filledIn(directives));
	const isFilled: IsFilled = filled.size === 0 ? outer.isFilled : (variable) => filled.has(variable) || outer.isFilled(variable);
	const passes = directives.flatMap((directive) => {
		const kind = PASSES.find((one) => directive.name === `${one}_pass`);
		return kind === undefined ? [] : [{ kind, directive }];
	});
	const own: Scope = {
		added: addedIn(directives, isFilled),
		hidden: byPass((kind) => firstByName(directives.filter(({ name }) => name === `${kind}_hide_header`))),
		shown: byPass((kind) => new Set(directives.filter(({ name }) => name === `${kind}_pass_header`).map(nameOf))),
		replaced: replacedIn(directives),
		isFilled,
		pass: passes[0],
		unread: directives.find(({ name }) => name === INCLUDE),
		inherits: directives.find(({ name }) => name === "add_header_inherit")?.args[0] ?? outer.inherits,
	};
	const around = own.inherits === "off" ? NO_SCOPE.added : outer.added;
	const adds = directives.some(({ name }) => name === "add_header");
	const scope: Scope = {
		...own,
		added: own.inherits === "merge" ? new Map([...around, ...own.added]) : adds ? own.added : around,
		hidden: byPass((kind) => inherited(own.hidden, outer.hidden, kind)),
		shown: byPass((kind) => inherited(own.shown, outer.shown, kind)),
		replaced: new Set([...outer.replaced, ...own.replaced]),
		pass: own.pass ?? (head !== undefined && SAME_LOCATION.includes(head.name) ? outer.pass : undefined),
		unread: own.unread ?? outer.unread,
	};
	return { own, scope };
}

function byPass<T>(make: (kind: Pass) => T): ByName<T> {
	return new Map(PASSES.map((kind) => [kind, make(kind)]));
}

function inherited<T extends { readonly size: number }>(own: ByName<T>, outer: ByName<T>, kind: Pass): T {
	const mine = own.get(kind) as T;
	return mine.size > 0 ? mine : (outer.get(kind) ?? mine);
}

/** Security headers, and one other, which also makes a list that replaces the one around it. */
function firstByName(directives: readonly Directive[]): ByName<Directive> {
	const some = directives.filter((one, i) => i === 0 || isSecurity(nameOf(one)));
	return new Map(some.toReversed().map((one) => [nameOf(one), one]));
}

function addedIn(directives: readonly Directive[], isFilled: IsFilled): ByName<Added> {
	const adds = directives.filter((one) => one.name === "add_header" && isSecurity(nameOf(one)));
	return new Map(adds.toReversed().map((directive) => [nameOf(directive), { directive, sends: sends(directive.args[1] ?? "", isFilled) }]));
}

const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g;

/** Whether nginx sends a header with this value: it omits a header whose value is empty. */
export function sends(value: string, isFilled: IsFilled): Added["sends"] {
	if (value === "") return "never";
	if (value.replace(VARIABLE, "") !== "") return "always";
	return [...value.matchAll(VARIABLE)].some(([, braced, bare]) => isFilled(braced ?? bare ?? "")) ? "always" : "maybe";
}

/** The variables that a block gives a value which cannot be empty. */
function filledIn(directives: readonly Directive[]): readonly string[] {
	return directives.flatMap(({ name, args: [first = "", second = "", ...rest], block }) => {
		if (name === "set") return sends(second, () => false) === "always" ? [first.replace("$", "")] : [];
		const isTable = (name === "map" || name === "geo") && block !== undefined;
		return isTable && isFilledBy(name, block) ? [([first, second, ...rest].findLast((one) => one !== "") ?? "").replace("$", "")] : [];
	});
}

/** A map has the value of `default` where nothing else matches, and none without it. */
function isFilledBy(table: string, block: readonly Directive[]): boolean {
	const values = block.filter(({ args, name }) => args.length === 1 && !PARAMETERS.includes(name));
	const isFilled = values.every(({ args: [value = ""] }) => value !== "" && (table === "geo" || !value.startsWith("$")));
	return isFilled && values.some(({ name }) => name === "default");
}

const PARAMETERS = ["include", "hostnames", "volatile", "delete", "proxy", "proxy_recursive", "ranges"];

/** The names in `more_set_headers "A: x" "B: y"` and `more_clear_headers A B`, where no status or type limits them. */
function replacedIn(directives: readonly Directive[]): ReadonlySet<string> {
	return new Set(
		directives.flatMap(({ name, args }) => {
			if (!["more_set_headers", "more_clear_headers"].includes(name) || args.some((arg) => arg.startsWith("-"))) return [];
			return args.map((arg) => (arg.split(":", 1)[0] ?? "").trim().toLowerCase()).filter(isSecurity);
		}),
	);
}

/** The headers of the application that do not arrive. */
export function hiddenIn({ hidden, shown, pass }: Scope): ByName<Directive> {
	const kind = pass?.kind ?? "proxy";
	return new Map([...(hidden.get(kind) ?? [])].filter(([name]) => shown.get(kind)?.has(name) !== true));
}
