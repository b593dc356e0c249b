import { INCLUDE } from "./nginx-read.ts";
import type { Directive } from "./types.ts";
import { hasLineBreak, isSecurity } from "./types.ts";

/** Ways to the application. Each has its own list of headers that are removed from the response. */
const PASSES = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"] as const;
type Pass = (typeof PASSES)[number];

/** A security header that a block adds. */
export interface Added {
	readonly directive: Directive;
	/** Whether the value is sent: never when it is empty, maybe when it has only variables. */
	readonly sends: "always" | "maybe" | "never";
}

/** What is known of a variable. */
interface Variable {
	/** Its value cannot be empty. */
	readonly isFilled: boolean;
	readonly hasLineBreak: boolean;
}
type Variables = (name: string) => Variable | undefined;
type ByName<T> = ReadonlyMap<string, T>;

/** What applies in a block: its own lists, or those of the block around it. Names are in lower case. */
export interface Scope {
	readonly added: ByName<Added>;
	readonly hidden: ByName<ByName<Directive>>;
	readonly shown: ByName<ReadonlySet<string>>;
	/** What headers-more does with headers before add_header runs. It keeps what the blocks around do. */
	readonly more: ByName<"set" | "clear">;
	readonly variable: Variables;
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
	more: new Map(),
	variable: () => undefined,
	pass: undefined,
	unread: undefined,
	inherits: "on",
};

/** Blocks that keep the way to the application of the location around them. */
const SAME_LOCATION = ["if", "limit_except"];

export const nameOf = ({ args: [name = ""] }: Directive): string => name.toLowerCase();

/** The lists of a block itself, and what applies in it. */
export function scopeOf(directives: readonly Directive[], outer: Scope, head: Directive | undefined): { readonly own: Scope; readonly scope: Scope } {
	const set = variablesIn(directives, outer.variable);
	const variable: Variables = set.size === 0 ? outer.variable : (name) => set.get(name) ?? outer.variable(name);
	const passes = directives.flatMap((directive) => {
		const kind = PASSES.find((one) => directive.name === `${one}_pass`);
		return kind === undefined ? [] : [{ kind, directive }];
	});
	const own: Scope = {
		added: addedIn(directives, variable),
		hidden: byPass((kind) => firstByName(directives.filter(({ name }) => name === `${kind}_hide_header`))),
		shown: byPass((kind) => new Set(directives.filter(({ name }) => name === `${kind}_pass_header`).map(nameOf))),
		more: moreIn(directives),
		variable,
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
		more: new Map([...outer.more, ...own.more]),
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

function addedIn(directives: readonly Directive[], variable: Variables): ByName<Added> {
	const added = new Map<string, Added>();
	for (const directive of directives) {
		if (directive.name !== "add_header" || !isSecurity(nameOf(directive))) continue;
		const one: Added = { directive, sends: sends(directive.args[1] ?? "", variable) };
		const before = added.get(nameOf(directive));
		if (before === undefined || SURENESS.indexOf(before.sends) < SURENESS.indexOf(one.sends)) added.set(nameOf(directive), one);
	}
	return added;
}

/** Of several lines of one name, the surest counts. */
const SURENESS: readonly Added["sends"][] = ["never", "maybe", "always"];

const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g;

/** Whether nginx sends a header with this value: it omits a header whose value is empty. */
export function sends(value: string, variable: Variables): Added["sends"] {
	if (value === "") return "never";
	if (value.replace(VARIABLE, "") !== "") return "always";
	return [...value.matchAll(VARIABLE)].some(([, braced, bare]) => variable(braced ?? bare ?? "")?.isFilled === true) ? "always" : "maybe";
}

/** Whether a value, or a variable in it, has a line break. */
export function breaksLine(value: string, variable: Variables): boolean {
	return hasLineBreak(value) || [...value.matchAll(VARIABLE)].some(([, braced, bare]) => variable(braced ?? bare ?? "")?.hasLineBreak === true);
}

/** The variables that a block sets. A later line can use those before it. */
function variablesIn(directives: readonly Directive[], outer: Variables): ReadonlyMap<string, Variable> {
	const own = new Map<string, Variable>();
	const known: Variables = (name) => own.get(name) ?? outer(name);
	for (const { name, args, block } of directives) {
		if (name === "set") own.set(bare(args[0]), { isFilled: sends(args[1] ?? "", known) === "always", hasLineBreak: breaksLine(args[1] ?? "", known) });
		if ((name === "map" || name === "geo") && block !== undefined) own.set(bare(args.at(-1)), tableOf(name, block, known));
	}
	return own;
}

function bare(variable = ""): string {
	return variable.replace("$", "");
}

/** A map has the value of `default` where nothing else matches, and none without it. The values of geo are literal. */
function tableOf(table: string, block: readonly Directive[], known: Variables): Variable {
	const lines = block.filter(({ args, name }) => args.length === 1 && !PARAMETERS.includes(name));
	const values = lines.map(({ args: [value = ""] }) => value);
	const isFilled = values.every((value) => (table === "geo" ? value !== "" : sends(value, known) === "always"));
	return { isFilled: isFilled && lines.some(({ name }) => name === "default"), hasLineBreak: values.some((value) => breaksLine(value, known)) };
}

const PARAMETERS = ["include", "hostnames", "volatile", "delete", "proxy", "proxy_recursive", "ranges"];

/** The names in `more_set_headers "A: x" "B: y"` and `more_clear_headers A B`, where no status or type limits them. */
function moreIn(directives: readonly Directive[]): ByName<"set" | "clear"> {
	return new Map(
		directives.flatMap(({ name, args }) => {
			const action = { more_set_headers: "set", more_clear_headers: "clear" }[name] as "set" | "clear" | undefined;
			if (action === undefined || args.some((arg) => arg.startsWith("-"))) return [];
			const names = args.map((arg) => (arg.split(":", 1)[0] ?? "").trim().toLowerCase()).filter(isSecurity);
			return names.map((one) => [one, action] as const);
		}),
	);
}

/** The headers of the application that do not arrive. */
export function hiddenIn({ hidden, shown, pass }: Scope): ByName<Directive> {
	const kind = pass?.kind ?? "proxy";
	return new Map([...(hidden.get(kind) ?? [])].filter(([name]) => shown.get(kind)?.has(name) !== true));
}
