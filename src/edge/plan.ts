import { show } from "../core/text.ts";
import { HEADERS } from "../headers/index.ts";
import { type CompiledHeader, type CompiledPolicy, edgeHeaders } from "../policy/compile.ts";
import { type Marks, marksOf } from "./marks.ts";

/** `override`: the edge owns the headers, takes the application's copies off and sets its own. `fill`: it sets them where the application's policy is not. */
export type EdgeMode = "override" | "fill";

/** One header as the edge sends it. */
export interface EdgeHeader {
	readonly name: string;
	readonly value: string;
	/** The value in pieces between which the edge puts a nonce of its own. */
	readonly nonced?: readonly string[] | undefined;
	/** Each response of the application may have another value, so a 304 must not bring one: the stored page keeps that which came with it. */
	readonly varies?: boolean | undefined;
	/** Each of several values counts. */
	readonly isList?: boolean | undefined;
}

/** What an edge is to do, whichever it is. */
export interface EdgePlan {
	readonly mode: EdgeMode;
	readonly headers: readonly EdgeHeader[];
	/** Headers that are taken off every response. */
	readonly remove: readonly string[];
	/** `fill` adds nothing to a response that has these. Without them it sets each header that is absent. */
	readonly marks?: Marks | undefined;
	/** Stands in pages where the edge puts its nonce. */
	readonly nonceSlot?: string | undefined;
}

export interface EdgeOptions {
	/** `override` unless you say otherwise; a policy with a nonce needs `fill`, which adds nothing to a response that has the application's policy. */
	readonly mode?: EdgeMode | undefined;
	/** nginx alone: a text of 16 letters or more that stands in your pages in place of the nonce. Change it with each deployment. */
	readonly nonceSlot?: string | undefined;
}

/** A policy that this target cannot carry. `problems` says why, one sentence each, with the way out. */
export class EdgeError extends TypeError {
	readonly code = "ERR_EDGE";
	readonly problems: readonly string[];
	constructor(problems: readonly string[]) {
		super(problems.join("\n"));
		this.name = "EdgeError";
		this.problems = problems;
	}
}

/** @throws {EdgeError} for a policy that depends on the request where the edge cannot know it. */
export function planOf(compiled: CompiledPolicy, { mode = "override", nonceSlot }: EdgeOptions): EdgePlan {
	const own = edgeHeaders(compiled.policy);
	// What is the edge's own stands on no response of the application, whatever else does.
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
		headers: own.map(({ name, text, nonced, cardinality }) => ({
			name,
			value: text,
			nonced: nonceSlot === undefined ? undefined : nonced,
			varies: nonced !== undefined || asks(compiled, name),
			isList: cardinality === "all",
		})),
	};
}

const UNMARKED =
	'mode "fill": no header of the policy stands on each of its responses, so the edge cannot tell those that have the policy from those that do not. Leave xContentTypeOptions on.';

function asks({ policy }: CompiledPolicy, name: string): boolean {
	return HEADERS.some((header) => header.name === name && policy.dynamic.has(header.key));
}

function problemsOfSlot(slot: string | undefined, mode: EdgeMode): readonly string[] {
	if (slot === undefined) return [];
	if (mode === "fill") return ["nonceSlot: in fill mode the nonce is the application's. Leave one of the two out."];
	return /^[A-Za-z0-9_-]{16,128}$/.test(slot)
		? []
		: [
				`nonceSlot: received ${show(slot)}. Write 16 letters or digits that nobody can guess, such as ${show(`NONCE_${"x".repeat(16)}`)}, and change them with each deployment.`,
			];
}

/** What is different in each response: a nonce, sources that a function gives, reports that only some ask for. */
function perRequest({ policy, dynamicSources }: CompiledPolicy, own: readonly CompiledHeader[], mode: EdgeMode, hasSlot: boolean): readonly string[] {
	if (mode === "fill") return [];
	const nonced = own.flatMap(({ name, nonced: pieces, text }) => {
		if (pieces === undefined || hasSlot) return [];
		const directives = noncedDirectives(pieces.join("\u0000"));
		return [
			`${name}: ${directives.join(" and ")} ${directives.length === 1 ? "has" : "have"} a nonce, which a file cannot make (without it: ${show(text)}). Use mode "fill", which keeps the application's policy; or hashes; or, with nginx, nonceSlot.`,
		];
	});
	const keys = new Set(policy.edge);
	const asked = dynamicSources.filter(({ key }) => policy.edge.length === 0 || keys.has(key));
	const sampled = policy.reportFraction === 1 ? [] : ['reporting.fraction: a file asks on every response for reports. Leave fraction out, or use mode "fill".'];
	return [
		...nonced,
		...sampled,
		...asked.map(
			({ directive }) => `${directive}: a function of the request gives its sources, which a file cannot call. Use mode "fill", or write the sources out.`,
		),
	];
}

function noncedDirectives(text: string): readonly string[] {
	return text
		.split(";")
		.filter((part) => part.includes("\u0000"))
		.map((part) => part.trim().split(" ", 1)[0] ?? "");
}

/** Before anything is quoted: what no header may hold. */
function problemOfValue({ name, text }: CompiledHeader): readonly string[] {
	return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? [] : [`${name}: ${show(text)} holds what is no visible ASCII, or ends in a space.`];
}
