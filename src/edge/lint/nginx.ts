import { INCLUDE, readNginx } from "./nginx-read.ts";
import { breaksLine, hiddenIn, NO_SCOPE, nameOf, type Scope, scopeOf, sends } from "./nginx-scope.ts";
import type { Directive } from "./types.ts";
import { copiesOf, drift, isList, isSecurity, isSent, type Known, type Lint, namesAre, type Source, unique } from "./types.ts";

const OUR_DOLLAR = `\${headguard_dollar}`;
const CONTEXTS = ["http", "server", "location", "if", "limit_except"];

export function lintNginx(source: Source, known: Known): readonly Lint[] {
	const found: Lint[] = [];
	lintBlock(readNginx(source, known.readFile), NO_SCOPE, undefined, {
		known,
		add: (id, { file, line }, message, isConditional = false) => void found.push({ id, file, line, message, isConditional }),
	});
	return unique(found);
}

interface Report {
	readonly known: Known;
	readonly add: (id: string, at: Directive, message: string, isConditional?: boolean) => void;
}

function lintBlock(directives: readonly Directive[], outer: Scope, head: Directive | undefined, report: Report): void {
	const { own, scope } = scopeOf(directives, outer, head);
	lintUnread(directives, head, report);
	lintAdded(directives, scope, report);
	lintSetTwice(directives, scope, report);
	lintInherited(directives, own, outer, scope, head, report);
	const isChanged = own.pass !== undefined || directives.some(isAdd);
	if (scope.pass !== undefined && isChanged) lintPass(own.pass?.directive ?? (directives.find(isAdd) as Directive), scope, report);
	for (const one of directives) if (one.block !== undefined && CONTEXTS.includes(one.name)) lintBlock(one.block, scope, one, report);
}

const isAdd = ({ name }: Directive): boolean => name === "add_header";

function placeOf(head: Directive | undefined): string {
	return head === undefined ? "this file" : [head.name, ...head.args].join(" ");
}

function lintUnread(directives: readonly Directive[], head: Directive | undefined, { add }: Report): void {
	for (const one of directives)
		if (one.name === INCLUDE)
			add("edge/unread", one, `${one.args[0] ?? ""} cannot be read, so ${placeOf(head)} was checked without it. Check the main file on the server.`);
}

/** Headers whose lines end in these statuses alone. */
const SUCCESS = /^(?:200|201|204|206|301|302|303|304|307|308|https?:.*|\$scheme:.*)$/;

/** Whether nginx adds a header without `always` to each response of a block. */
function alwaysSucceeds(directives: readonly Directive[]): boolean {
	const returns = directives.some(({ name, args: [status = ""] }) => name === "return" && SUCCESS.test(status));
	return returns && !directives.some(({ name }) => name === "if");
}

function lintAdded(directives: readonly Directive[], scope: Scope, report: Report): void {
	const { add } = report;
	const seen = new Map<string, string>();
	const succeeds = alwaysSucceeds(directives);
	for (const one of directives) for (const [name, value] of headersIn(one)) lintValue(name, value, one, scope, report);
	for (const one of directives.filter(isAdd)) {
		const [name = "", value = "", ...flags] = one.args;
		if (!isSecurity(name) || value === "") continue;
		if (!flags.includes("always") && !succeeds) add("edge/nginx-no-always", one, `${name} is not sent on 404, 500 and 502. Write always after its value.`);
		if (sends(value, scope.variable) === "always") lintRepeated(one, seen, add);
	}
}

/** The headers that a line sets, with their values. */
function headersIn({ name, args }: Directive): readonly (readonly [name: string, value: string])[] {
	if (name === "add_header") return [[args[0] ?? "", args[1] ?? ""]];
	if (name !== "more_set_headers") return [];
	return args.flatMap((arg) => {
		const [, header, value = ""] = /^([\w-]+):\s*([\s\S]*)$/.exec(arg) ?? [];
		return header === undefined ? [] : [[header, value] as const];
	});
}

/** The value of a variable is not known here, except that of our own dollar sign. */
function lintValue(name: string, value: string, at: Directive, { variable }: Scope, { add, known }: Report): void {
	const isBroken = breaksLine(value, variable);
	if (isBroken) add("edge/line-break", at, brokenBy(name));
	const text = value.replaceAll(OUR_DOLLAR, "\u0000");
	if (isBroken || text.includes("$") || value === "") return;
	const other = drift(name, text.replaceAll("\u0000", "$"), known.wanted);
	if (other !== undefined) add("edge/config-drift", at, other);
}

function brokenBy(name: string): string {
	return `${name} has a line break in its value. Browsers refuse such a response over HTTP/2. Write the value in one line.`;
}

/** nginx adds each line of a block, also those of one name. Browsers combine several policies, and want one of any other header. */
function lintRepeated(one: Directive, seen: Map<string, string>, add: Report["add"]): void {
	const [name = "", value = ""] = one.args;
	const before = seen.get(nameOf(one));
	seen.set(nameOf(one), value);
	if (before === undefined) return;
	const isIntended = isList(name) && before !== value;
	add(
		"edge/nginx-no-hide",
		one,
		`${name} is added twice in this block, so it is sent twice.${isIntended ? " Browsers apply both policies." : ""} Remove one of the lines.`,
		isIntended,
	);
}

/** headers-more sets headers before add_header adds to them. A block with servers answers no request itself. */
function lintSetTwice(directives: readonly Directive[], scope: Scope, { add }: Report): void {
	if (directives.some(({ name }) => name === "server" || name === "http")) return;
	for (const [name, { directive, sends: how }] of scope.added)
		if (how === "always" && scope.more.get(name) === "set")
			add("edge/nginx-no-hide", directive, `${directive.args[0]} is set by more_set_headers and by add_header, so it is sent twice. Remove one of the lines.`);
}

function lintInherited(directives: readonly Directive[], own: Scope, outer: Scope, scope: Scope, head: Directive | undefined, { add, known }: Report): void {
	const isConditional = own.unread !== undefined;
	const first = directives.find(isAdd);
	const lost = [...outer.added].filter(
		([name, { sends: how }]) => how !== "never" && !scope.added.has(name) && !own.added.has(name) && scope.more.get(name) !== "set",
	);
	if (first !== undefined && lost.length > 0) {
		const hidden = hiddenIn(scope);
		const isPassed = scope.pass !== undefined && lost.every(([name]) => !hidden.has(name) && isSent(name, known) !== false);
		const what = namesAre(lost.map(([, { directive }]) => directive.args[0] ?? ""));
		const effect = isPassed ? `${what} sent there only where the application sends ${lost.length === 1 ? "it" : "them"}` : `${what} not sent there`;
		add(
			"edge/nginx-inheritance",
			first,
			`an add_header in ${placeOf(head)} replaces all those around it, so ${effect}. Repeat them, or include the file again.`,
			isConditional,
		);
	}
	for (const [kind, hides] of own.hidden) {
		const shown = [...(outer.hidden.get(kind) ?? [])].filter(([name]) => isSecurity(name) && !hides.has(name) && isSent(name, known) !== false);
		const at = directives.find(({ name }) => name === `${kind}_hide_header`);
		if (at === undefined || shown.length === 0) continue;
		add(
			"edge/nginx-inheritance",
			at,
			`a ${kind}_hide_header in ${placeOf(head)} replaces all those around it, so the application's ${namesAre(shown.map(([, { args }]) => args[0] ?? ""))} sent there. Repeat them.`,
			isConditional || shown.some(([name]) => isSent(name, known) === undefined),
		);
	}
}

/** Checks a block that passes requests on to the application. */
function lintPass(at: Directive, scope: Scope, { add, known }: Report): void {
	const hidden = hiddenIn(scope);
	const kind = scope.pass?.kind ?? "proxy";
	const isUnread = scope.unread !== undefined;
	const twice = [...scope.added].filter(([name, { sends: how }]) => how === "always" && !hidden.has(name) && !scope.more.has(name));
	const spelled = twice.map(([, { directive }]) => directive.args[0] ?? "");
	for (const { id, names, text, isConditional } of copiesOf("edge/nginx-no-hide", spelled, known))
		add(
			id,
			at,
			`${names.join(", ")}: added here, and not removed from the application's response, ${text}. Write ${names.map((name) => `${kind}_hide_header ${name};`).join(" ")} beside ${kind}_pass.`,
			isConditional || isUnread,
		);
	const gone = [...hidden].filter(
		([name]) =>
			isSecurity(name) &&
			(scope.added.get(name)?.sends ?? "never") === "never" &&
			scope.more.get(name) !== "set" &&
			(isSent(name, known) !== false || known.wanted?.has(name) === true),
	);
	if (gone.length > 0)
		add(
			"edge/nginx-hidden",
			at,
			`${gone.map(([, { args }]) => args[0] ?? "").join(", ")}: removed from the application's response, and not set again. Write add_header … always, or remove ${kind}_hide_header.`,
			isUnread || gone.some(([name]) => isSent(name, known) === undefined),
		);
}
