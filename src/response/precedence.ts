import { noncesIn } from "../csp/grammar.ts";
import type { CompiledHeader } from "./wire.ts";

/** What is known of one header of the policy when the head is written. */
export interface Facts {
	readonly header: CompiledHeader;
	readonly status: number;
	/** The values on the response, without empty ones. */
	readonly values: readonly string[];
	/** There were values, and all of them were empty. */
	readonly isEmpty: boolean;
	/** The text of the policy, with the nonce of the response if it was read. */
	readonly ours: string;
	/** The nonce, if it was read. */
	readonly nonce: string | undefined;
	/** The response is a file, which never had a nonce. */
	readonly isFile: boolean;
	/** The policy's value was on the response before the application wrote. */
	readonly wasThere: boolean;
	/** The value that came with an error, if any. */
	readonly errorValue: string | undefined;
}

/** Something that the application did to the header and that deserves an event. */
export type Remark = "weaker" | "conflict" | "empty" | "nonce dropped" | "completed";

export interface Verdict {
	/** The values to send. An empty list sends no line. */
	readonly values: readonly string[];
	readonly remarks: readonly Remark[];
}

interface Rule {
	readonly name: string;
	readonly decide: (facts: Facts) => Verdict | undefined;
}

/** The rules that choose the value to send. The first one that decides wins. */
export const PRECEDENCE: readonly Rule[] = [
	{ name: "a stored page keeps the policy that it came with", decide: keepStoredPolicy },
	{ name: "the policy's own value", decide: ({ values, ours }) => (isAlone(values, ours) ? send(ours) : undefined) },
	{ name: "absent or empty", decide: ({ values, isEmpty, ours }) => (values.length === 0 ? send(ours, ...(isEmpty ? ["empty" as const] : [])) : undefined) },
	{ name: "locked", decide: ({ header, ours }) => (header.locked ? send(ours) : undefined) },
	// The application kept the text from before the nonce was read, and set it again.
	{ name: "an earlier text of the policy's", decide: ({ header, values, ours }) => (isAlone(values, header.text) ? send(ours) : undefined) },
	{ name: "a value that came with an error", decide: ({ values, errorValue, ours }) => (values.join() === errorValue ? send(ours) : undefined) },
	{ name: "a header of one value", decide: ({ header, ...facts }) => (header.cardinality === "one" ? decideSingleton({ header, ...facts }) : undefined) },
	{ name: "appended to the policy's", decide: ({ values, ours }) => (values.includes(ours) ? { values, remarks: [] } : undefined) },
	{ name: "the application's own, completed", decide: completeOwn },
	{ name: "the application's own", decide: keepOwn },
];

export function decide(facts: Facts): Verdict {
	for (const rule of PRECEDENCE) {
		const verdict = rule.decide(facts);
		if (verdict !== undefined) return verdict;
	}
	return send(facts.ours);
}

/**
 * When a 304 carries a policy, the browser replaces that of the stored page with it. A new nonce would block the scripts of the page. An addition
 * without the policy that it was added to would let everything else run. The stored page already has its policy, also where the application had
 * replaced ours. A file never had a nonce, so it gets the current policy.
 */
function keepStoredPolicy(facts: Facts): Verdict | undefined {
	const { header, status, values, ours, nonce, isFile } = facts;
	if (status !== 304 || isFile) return undefined;
	const text = values.join(", ");
	// A nonce that the application made is as new as ours.
	if (header.complete !== undefined && !isAlone(values, ours) && noncesIn(text).length > 0) return { values: [], remarks: [] };
	if (header.nonced === undefined) return undefined;
	const isMadeOfOurs = values.some((value) => value.includes(ours) || value.includes(header.text) || (nonce !== undefined && value.includes(nonce)));
	if (values.length === 0 || header.locked || isMadeOfOurs) return { values: [], remarks: [] };
	const completed = completeOwn(facts);
	return completed === undefined ? keepOwn(facts) : { ...completed, values: [] };
}

/** Completes a policy that a framework wrote for its own page, or only for its own scripts, with what it leaves open. */
function completeOwn(facts: Facts): Verdict | undefined {
	const { header, values, nonce, status } = facts;
	const text = values.join(", ");
	const completed = header.complete?.(text, status, nonce);
	if (completed === undefined || completed.text === text) return undefined;
	if (completed.isFrameworks) return send(completed.text);
	return { values: [completed.text], remarks: ["completed", ...remarksOn(completed.text, text, facts)] };
}

/** Browsers take one value: equal ones collapse, different ones leave the policy's. */
function decideSingleton(facts: Facts): Verdict {
	const { header, values: lines, ours, wasThere } = facts;
	if (wasThere && lines.length > 1 && lines[0] === ours) return decideAppended(facts);
	// Node's HTTP client joins repeated fields of an upstream with commas.
	const values = header.commaInValue ? lines : partsOf(lines);
	const [first] = values;
	if (first === undefined) return send(ours, "empty");
	if (!values.every((one) => one === first)) return send(ours, "conflict");
	return keep(first, facts);
}

/**
 * What was appended to the policy's replaces it, unless browsers ignore it. Where a value is a list, browsers join the
 * lines: the last token, or the last member of a name, counts.
 */
function decideAppended(facts: Facts): Verdict {
	const { header, values: lines, ours } = facts;
	if (header.commaInValue) return keep([...new Set(lines)].join(", "), facts);
	const [theirs = ours, ...more] = partsOf(lines).filter((one) => one !== ours);
	// A value that protects less than itself is one that browsers ignore.
	const isIgnored = theirs !== ours && header.weaker(theirs, theirs);
	return isIgnored || more.some((one) => one !== theirs) ? send(ours, "conflict") : keep(theirs, facts);
}

function partsOf(lines: readonly string[]): readonly string[] {
	return lines.flatMap((line) => line.split(",").map((part) => part.trim())).filter((part) => part !== "");
}

function keep(value: string, { header, ours }: Facts): Verdict {
	return send(value, ...(value !== ours && header.weaker(value, ours) ? ["weaker" as const] : []));
}

function keepOwn(facts: Facts): Verdict {
	const { values } = facts;
	const text = values.join(", ");
	return { values, remarks: remarksOn(text, text, facts) };
}

/** What is worth an event in a value that is sent. A nonce that was read and that the application's own value lacks is dropped. */
function remarksOn(sent: string, theirs: string, { header, ours, nonce }: Facts): readonly Remark[] {
	const isDropped = nonce !== undefined && header.nonced !== undefined && !theirs.includes(nonce);
	return [...(header.weaker(sent, ours) ? ["weaker" as const] : []), ...(isDropped ? ["nonce dropped" as const] : [])];
}

function send(value: string, ...remarks: readonly Remark[]): Verdict {
	return { values: [value], remarks };
}

function isAlone(values: readonly string[], value: string): boolean {
	return values.length === 1 && values[0] === value;
}
