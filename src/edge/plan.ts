import { show } from "../core/text.ts";
import { HEADERS } from "../headers/index.ts";
import { type CompiledHeader, type CompiledPolicy, edgeHeaders } from "../policy/compile.ts";
import { type Marks, marksOf } from "./marks.ts";

/**
 * `override`: the edge removes the application's headers and sets its own. `fill`: the edge sets headers only on responses that do not
 * have the application's policy.
 */
export type EdgeMode = "override" | "fill";

interface EdgeValue {
	readonly value: string;
	/** The pieces of the value. The edge puts its own nonce between them. */
	readonly nonced?: readonly string[] | undefined;
}

/** One header as the edge sends it. */
export interface EdgeHeader extends EdgeValue {
	readonly name: string;
	/** The value can differ between responses of the application. A 304 must not send it, because the stored page keeps the value that it was sent with. */
	readonly varies?: boolean | undefined;
	/** Browsers apply each of several values. */
	readonly isList?: boolean | undefined;
	/**
	 * The value over plain http, if it is another. Empty: the header is not sent. Only for a server that ends TLS itself, so that it knows which
	 * requests came over plain http.
	 */
	readonly overHttp?: EdgeValue | undefined;
}

/** What an edge does, independent of the server. */
export interface EdgePlan {
	readonly mode: EdgeMode;
	readonly headers: readonly EdgeHeader[];
	/** Headers that the edge removes from every response. */
	readonly remove: readonly string[];
	/** `fill` adds nothing to a response that has one of these. Without marks it sets each header that is absent. */
	readonly marks?: Marks | undefined;
	/** The text in pages that the edge replaces with its nonce. */
	readonly nonceSlot?: string | undefined;
}

/** How the edge sends the headers. */
export interface EdgeOptions {
	/**
	 * `"override"` removes the application's headers and sets those of the policy. `"fill"` adds nothing to a response that has the
	 * application's policy, and fills in the others. A policy with a nonce, or with functions, needs `"fill"`.
	 * @defaultValue "override"
	 * @example "fill"
	 */
	readonly mode?: EdgeMode | undefined;
	/**
	 * A text that you write into your pages in place of the nonce, in mode `"override"`. nginx replaces it with a new nonce in each response.
	 * It has 16 to 128 characters of `A-Z`, `a-z`, `0-9`, `_` and `-`. Only `nginx` and `nginx-headers-more` support it. Anyone who can guess
	 * the text can write a script that runs, so change it with each deployment.
	 * @defaultValue none
	 * @example "NONCE_h2Zk9rQvT4mXw8Lp"
	 */
	readonly nonceSlot?: string | undefined;
}

/** The target cannot carry the policy. Each entry of `problems` gives one reason, and what to write instead. */
export class EdgeError extends TypeError {
	readonly code = "ERR_EDGE";
	readonly problems: readonly string[];
	constructor(problems: readonly string[]) {
		super(problems.join("\n"));
		this.name = "EdgeError";
		this.problems = problems;
	}
}

/** @throws {EdgeError} for a policy that depends on the request in a way that the edge cannot reproduce. */
export function planOf(compiled: CompiledPolicy, { mode = "override", nonceSlot }: EdgeOptions, knowsTransport: boolean): EdgePlan {
	const own = edgeHeaders(compiled.policy, true);
	const plain = new Map(knowsTransport ? edgeHeaders(compiled.policy, false).map((header) => [header.name, header]) : []);
	const overHttp = ({ name, text }: CompiledHeader): EdgeValue | undefined => {
		const other = plain.get(name);
		if (!knowsTransport || other?.text === text) return undefined;
		return { value: other?.text ?? "", nonced: nonceSlot === undefined ? undefined : other?.nonced };
	};
	// A response with the application's policy still lacks the headers that the edge owns, so marks say nothing about them.
	const isShared = mode === "fill" && compiled.policy.edge.length === 0;
	const marks = isShared ? marksOf(compiled) : undefined;
	const problems = [
		...problemsOfSlot(nonceSlot, mode),
		...perRequest(compiled, own, mode, nonceSlot !== undefined),
		...(isShared && marks === undefined ? [UNMARKED] : []),
		...own.flatMap(problemOfValue),
	];
	if (problems.length > 0) throw new EdgeError(problems);
	return {
		mode,
		nonceSlot,
		remove: compiled.policy.remove,
		marks,
		headers: own.map((header) => ({
			name: header.name,
			value: header.text,
			nonced: nonceSlot === undefined ? undefined : header.nonced,
			varies: header.nonced !== undefined || asks(compiled, header.name),
			isList: header.cardinality === "all",
			overHttp: overHttp(header),
		})),
	};
}

const UNMARKED =
	'mode "fill": no header of the policy is on every response, so the edge cannot tell which responses have the policy. Leave xContentTypeOptions on.';

function asks({ policy }: CompiledPolicy, name: string): boolean {
	return HEADERS.some((header) => header.name === name && policy.dynamic.has(header.key));
}

function problemsOfSlot(slot: string | undefined, mode: EdgeMode): readonly string[] {
	if (slot === undefined) return [];
	if (mode === "fill") return ['nonceSlot: in mode "fill" the application makes the nonce. Remove nonceSlot, or write mode: "override".'];
	return /^[A-Za-z0-9_-]{16,128}$/.test(slot)
		? []
		: [
				`nonceSlot: received ${show(slot)}. Write at least 16 letters or digits that no one can guess, such as ${show(`NONCE_${"x".repeat(16)}`)}, and change them with each deployment.`,
			];
}

/** What differs between responses: a nonce, sources that a function returns, and reports that only some responses ask for. */
function perRequest({ policy, dynamicSources }: CompiledPolicy, own: readonly CompiledHeader[], mode: EdgeMode, hasSlot: boolean): readonly string[] {
	if (mode === "fill") return [];
	const nonced = own.flatMap(({ name, nonced: pieces, text }) => {
		if (pieces === undefined || hasSlot) return [];
		const directives = noncedDirectives(pieces.join("\u0000"));
		return [
			`${name}: ${directives.join(" and ")} ${directives.length === 1 ? "has" : "have"} a nonce, which a configuration file cannot generate (without it, the value is ${show(text)}). Use mode "fill", which keeps the application's policy; or hashes; or, with nginx, nonceSlot.`,
		];
	});
	const keys = new Set(policy.edge);
	const asked = dynamicSources.filter(({ key }) => policy.edge.length === 0 || keys.has(key));
	const sampled =
		policy.reportFraction === 1 ? [] : ['reporting.fraction: a configuration file asks for reports on every response. Remove fraction, or use mode "fill".'];
	return [
		...nonced,
		...sampled,
		...asked.map(
			({ directive }) =>
				`${directive}: a function of the request returns its sources, and a configuration file cannot call it. Use mode "fill", or list the sources.`,
		),
	];
}

function noncedDirectives(text: string): readonly string[] {
	return text
		.split(";")
		.filter((part) => part.includes("\u0000"))
		.map((part) => part.trim().split(" ", 1)[0] ?? "");
}

/** Checks the characters of a value before a target quotes it. */
export function problemOfValue({ name, text }: Pick<CompiledHeader, "name" | "text">): readonly string[] {
	return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)
		? []
		: [`${name}: ${show(text)} has a character that is not visible ASCII, or a space at an end. Remove it.`];
}
