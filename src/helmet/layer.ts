import { fallsBack, whyIncomplete } from "../csp/incomplete.ts";
import { parse } from "../csp/serialize.ts";
import type { HeaderText } from "../headers/define.ts";
import { HEADER_FACTS, type HeaderFacts, NAMES } from "../headers/facts.ts";
import {
	blockFor,
	blockOnTop,
	type CompiledHeader,
	compileHeader,
	createBlock,
	createWire,
	type HeaderBlock,
	onceForEach,
	type WirePolicy,
} from "../response/wire.ts";
import type { HelmetHeader } from "./setting.ts";

/** The settings of one middleware, as a policy. */
export interface Layer {
	readonly wire: WirePolicy;
	/** Policy of the response → the same policy with these settings. */
	readonly onTop: (below: WirePolicy) => WirePolicy;
}

export function createLayer(settings: readonly HelmetHeader[]): Layer {
	const headers = settings.flatMap(({ name, text }) => (text === undefined ? [] : [toHeader(name, text)]));
	const remove = settings.flatMap(({ name, text }) => (text === undefined ? [name] : []));
	const onTop = (below: WirePolicy): WirePolicy => toPolicy(blockOnTop(blockOf(below), headers), [...below.remove.map(({ name }) => name), ...remove]);
	return { wire: toPolicy(createBlock(headers), remove), onTop: onceForEach(onTop) };
}

/** The block for every transport: helmet sends the same headers on all of them. */
export function blockOf(wire: WirePolicy): HeaderBlock {
	return blockFor(wire, true, true);
}

function toPolicy(block: HeaderBlock, remove: readonly string[]): WirePolicy {
	return createWire({ blocks: Array<HeaderBlock>(8).fill(block), remove: [...new Set(remove)], removalWins: true });
}

function toHeader(name: string, text: string): CompiledHeader {
	const complete = name === NAMES.contentSecurityPolicy ? completedBy(text) : undefined;
	const facts = HEADER_FACTS.find((header) => header.name === name) as HeaderFacts;
	return compileHeader(facts, { text, nonced: undefined, complete }, false, isNeverWeaker);
}

/** As with helmet, a value that protects less is kept without an event. */
function isNeverWeaker(): boolean {
	return false;
}

/**
 * Completes the policy that frameworks set on error pages with the directives that do not fall back to default-src. A policy of the application is
 * kept, as with helmet.
 */
function completedBy(text: string): HeaderText["complete"] {
	const ours = parse(text);
	return (theirs, status) => {
		if (whyIncomplete(theirs, status, "keep") === undefined) return undefined;
		const missing = [...ours].filter(([name]) => !fallsBack(name)).map(([name, words]) => [name, ...words].join(" "));
		return { text: [theirs, ...missing].join(";"), isFrameworks: true };
	};
}
