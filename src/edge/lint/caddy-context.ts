import { downIn, type Entry, type Handler, handlersOf } from "./caddy-headers.ts";
import { canMeet, isWithin, type Matcher, type Matchers, matcherIn, matchersIn } from "./caddy-match.ts";
import { IMPORT, type Node } from "./caddy-read.ts";

/** What answers some requests, and the headers on its way. */
export interface Context {
	/** In the order in which they begin. */
	readonly handlers: readonly Handler[];
	/** Headers for errors that Caddy generates. */
	readonly onErrors: readonly Handler[];
	/** The application, and what changes its headers. */
	readonly proxy: { readonly node: Node; readonly down: readonly Entry[] } | undefined;
	/** Caddy can generate an error in its place. */
	readonly canFail: boolean;
	readonly isUnread: boolean;
}

const GROUPS = ["handle", "handle_path", "route"];
const PROXIES = ["reverse_proxy", "php_fastcgi"];
const ANSWERS = [...PROXIES, "file_server", "respond", "redir", "error", "abort", "acme_server", "metrics"];
const FAILING = [...PROXIES, "file_server", "error"];
/** Lines that can refuse a request with an error before anything answers. */
const GUARDS = ["basicauth", "basic_auth", "forward_auth", "error", "request_body", "rate_limit"];
const MOST_CONTEXTS = 2000;

/** The lines of a site around some requests. */
interface Place {
	readonly handlers: readonly Handler[];
	readonly onErrors: readonly Handler[];
	readonly matchers: Matchers;
	/** Requests match each of these, and none of the others. */
	readonly within: readonly Matcher[];
	readonly without: readonly Matcher[];
	readonly hasGuard: boolean;
	readonly isUnread: boolean;
}

/** The sites of a file. A file that only others import is one, and so is each snippet in a file without sites. */
export function sitesOf(nodes: readonly Node[], snippets: ReadonlyMap<string, readonly Node[]>): readonly (readonly Node[])[] {
	const own = nodes.filter(({ words: [head] }) => head !== undefined && head !== IMPORT && !head.startsWith("&("));
	if (own.length === 0) return [...snippets.values()];
	const isFragment = own.some(({ words: [head = ""], block }) => block === undefined || head === "header" || [...GROUPS, ...ANSWERS].includes(head));
	return isFragment ? [own] : own.map(({ block = [] }) => block);
}

/** Each way in which requests of a site are answered. */
export function contextsOf(site: readonly Node[]): readonly Context[] {
	const matchers = matchersIn(site, new Map());
	const onErrors = site
		.filter(({ words: [name] }) => name === "handle_errors")
		.flatMap(({ block = [] }) => block)
		.filter(isHeader)
		.flatMap((node) => handlersOf(node, matchers));
	const contexts: Context[] = [];
	walk(site, { handlers: [], onErrors, matchers, within: [], without: [], hasGuard: false, isUnread: false }, false, contexts);
	return contexts;
}

const isHeader = ({ words: [name] }: Node): boolean => name === "header";
const isGroup = ({ words: [name = ""] }: Node): boolean => GROUPS.includes(name);
const isAnswer = ({ words: [name = ""] }: Node): boolean => ANSWERS.includes(name);

function walk(nodes: readonly Node[], outer: Place, isInOrder: boolean, contexts: Context[]): void {
	const matchers = matchersIn(nodes, outer.matchers);
	const branches = nodes.filter((node) => isGroup(node) || isAnswer(node));
	const limits = branches.map((node) => (isAnswer(node) || node.words[0] !== "route" ? matcherIn(node, matchers).matcher : undefined));
	const place: Place = {
		...outer,
		matchers,
		hasGuard: outer.hasGuard || nodes.some(({ words: [name = ""] }) => GUARDS.includes(name)),
		isUnread: outer.isUnread || nodes.some(({ words: [name], file }) => name === IMPORT && file !== undefined),
	};
	for (const [i, node] of branches.entries()) {
		if (contexts.length > MOST_CONTEXTS) return;
		// In a route, lines run in their order, and those after an answer do not.
		const before = isInOrder ? nodes.slice(0, nodes.indexOf(node)) : nodes;
		const own = matcherIn(node, matchers).matcher;
		const inner: Place = {
			...place,
			handlers: [...outer.handlers, ...before.filter(isHeader).flatMap((one) => handlersOf(one, matchers))],
			within: own === undefined ? outer.within : [...outer.within, own],
			without: [...outer.without, ...limits.flatMap((limit, j) => (j === i || limit === undefined || limit.text === own?.text ? [] : [limit]))],
		};
		if (isGroup(node)) walk(node.block ?? [], inner, node.words[0] === "route", contexts);
		else contexts.push(contextOf(inner, node));
	}
	if (branches.length === 0)
		contexts.push(contextOf({ ...place, handlers: [...outer.handlers, ...nodes.filter(isHeader).flatMap((one) => handlersOf(one, matchers))] }, undefined));
}

function contextOf({ handlers, onErrors, within, without, hasGuard, isUnread }: Place, answer: Node | undefined): Context {
	const name = answer?.words[0] ?? "";
	const isProxy = answer !== undefined && PROXIES.includes(name);
	return {
		handlers: handlers.filter(({ matcher }) => matcher === undefined || isPossible(matcher, within, without)),
		onErrors,
		proxy: isProxy ? { node: answer, down: downIn(answer) } : undefined,
		canFail: hasGuard || answer === undefined || FAILING.includes(name),
		isUnread: isUnread || answer?.block?.some(({ words: [word] }) => word === IMPORT) === true,
	};
}

function isPossible(matcher: Matcher, within: readonly Matcher[], without: readonly Matcher[]): boolean {
	return within.every((one) => canMeet(matcher, one)) && !without.some((one) => isWithin(matcher, one));
}
