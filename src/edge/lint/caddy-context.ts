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
	/** Caddy can generate an error instead. */
	readonly canFail: boolean;
	readonly isUnread: boolean;
}

const GROUPS = ["handle", "handle_path", "route"];
const PROXIES = ["reverse_proxy", "php_fastcgi"];
const ANSWERS = [...PROXIES, "file_server", "respond", "redir", "error", "abort", "acme_server", "metrics"];
const FAILING = [...PROXIES, "file_server", "error"];
/** Lines that can refuse a request with an error before anything answers. */
const GUARDS = ["basicauth", "basic_auth", "forward_auth", "error", "request_body", "rate_limit"];

/** The matchers of all branches of a block, without that of one of them. */
interface Beside {
	readonly limits: readonly Matcher[];
	readonly except: string | undefined;
}

/** The lines of a site around some requests. */
interface Place {
	readonly handlers: readonly Handler[];
	readonly onErrors: readonly Handler[];
	readonly matchers: Matchers;
	/** Requests match each of these, and none of the others beside it. */
	readonly within: readonly Matcher[];
	readonly without: readonly Beside[];
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
export function* contextsOf(site: readonly Node[]): Generator<Context> {
	const matchers = matchersIn(site, new Map());
	const onErrors = site
		.filter(({ words: [name] }) => name === "handle_errors")
		.flatMap(({ block = [] }) => block)
		.filter(isHeader)
		.flatMap((node) => handlersOf(node, matchers));
	yield* walk(site, { handlers: [], onErrors, matchers, within: [], without: [], hasGuard: false, isUnread: false }, false);
}

const isHeader = ({ words: [name] }: Node): boolean => name === "header";
const isGroup = ({ words: [name = ""] }: Node): boolean => GROUPS.includes(name);
const isAnswer = ({ words: [name = ""] }: Node): boolean => ANSWERS.includes(name);

function* walk(nodes: readonly Node[], outer: Place, isInOrder: boolean): Generator<Context> {
	const matchers = matchersIn(nodes, outer.matchers);
	const branches = nodes.filter((node) => isGroup(node) || isAnswer(node));
	const limits = branches.flatMap((node) => (node.words[0] === "route" ? [] : (matcherIn(node, matchers).matcher ?? [])));
	const place = { ...placeIn(nodes, outer), matchers };
	const handlers = [...outer.handlers];
	const read = (node: Node): void => void handlers.push(...handlersOf(node, matchers));
	// In a route, lines run in their order, and those after an answer do not.
	if (!isInOrder) nodes.filter(isHeader).forEach(read);
	for (const node of isInOrder ? nodes : branches) {
		if (isHeader(node)) read(node);
		const own = matcherIn(node, matchers).matcher;
		const within = own === undefined ? outer.within : [...outer.within, own];
		const inner: Place = { ...place, handlers: handlers.slice(), within, without: [...outer.without, { limits, except: own?.text }] };
		if (isGroup(node)) yield* walk(node.block ?? [], inner, node.words[0] === "route");
		else if (isAnswer(node)) yield contextOf(inner, node);
	}
	if (branches.length === 0) yield contextOf({ ...place, handlers }, undefined);
}

function placeIn(nodes: readonly Node[], outer: Place): Place {
	return {
		...outer,
		hasGuard: outer.hasGuard || nodes.some(({ words: [name = ""] }) => GUARDS.includes(name)),
		isUnread: outer.isUnread || nodes.some(({ words: [name] }) => name === IMPORT),
	};
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

function isPossible(matcher: Matcher, within: readonly Matcher[], without: readonly Beside[]): boolean {
	return (
		within.every((one) => canMeet(matcher, one)) &&
		!without.some(({ limits, except }) => limits.length <= MOST_LIMITS && limits.some((one) => one.text !== except && isWithin(matcher, one)))
	);
}

const MOST_LIMITS = 500;
