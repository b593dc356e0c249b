import { stripControls } from "../../core/log.ts";
import { csp } from "../../csp/index.ts";
import { field, isFields } from "../../reports/fields.ts";
import { type ReportRecord, recordsOf } from "../../reports/record.ts";

/** Inline code that a policy reported. The code itself is not kept. */
export interface Code {
	/** The hash source that allows it. */
	readonly hash: string;
	/** Its beginning, on one line. */
	readonly head: string;
	/** The tag has a nonce already. */
	readonly hasNonce: boolean;
	/** The attribute that has the code. Undefined for an element. */
	readonly attribute: string | undefined;
}

/** One violation, as the page or a report told it. */
export interface Violation {
	readonly record: ReportRecord;
	/** Undefined if it is not about inline code, or if only a report tells about it. */
	readonly code: Code | undefined;
	/** The address that was visited, with its query: codes that differ between two of them are not static. */
	readonly visited: string;
	/** The round of the crawl, counted from 0. */
	readonly round: number;
}

/** Where a violation was seen. */
export type Moment = Pick<Violation, "visited" | "round">;

/** What a crawl has seen, bounded: a page can report without end. */
export interface Evidence {
	readonly violations: readonly Violation[];
	/** The number of violations beyond the limit. */
	readonly dropped: number;
	add(payload: unknown, moment: Moment, code?: Code): void;
}

const MOST = 20_000;

/** @param origin the origin of the application. Violations of other documents are those of the page that was visited. */
export function createEvidence(origin: string): Evidence {
	const seen = new Map<string, Violation>();
	let dropped = 0;
	return {
		get violations() {
			return [...seen.values()];
		},
		get dropped() {
			return dropped;
		},
		add(payload, moment, code) {
			for (const found of recordsOf(payload, { most: 1, samples: true, unsaid: "report" })) {
				if (found.type !== "csp-violation") continue;
				const record = { ...found, document: documentOf(found.document, moment, origin) };
				const { directive, blocked, document, source, line, column } = record;
				const key = [moment.round, moment.visited, directive, blocked, document, code?.hash ?? `${source} ${line} ${column}`].join("\n");
				if (seen.has(key)) continue;
				if (seen.size >= MOST) dropped++;
				else seen.set(key, { record, code, ...moment });
			}
		},
	};
}

/** A worker from a blob, and a frame with srcdoc, have the policy of the page. */
function documentOf(document: string, { visited }: Moment, origin: string): string {
	if (document === origin || document.startsWith(`${origin}/`)) return document;
	const { pathname } = new URL(visited);
	return `${origin}${pathname}`;
}

/** How much of inline code is kept. */
export const HEAD = 60;

export function codeOf(text: string, attribute: string | undefined, hasNonce: boolean): Code {
	return { hash: csp.hash("sha256", text), head: stripControls(text.trim().slice(0, HEAD)), hasNonce, attribute };
}

/** What the script in the page sends for one event. The page can send anything. */
export function readEvent(payload: unknown): { readonly report: unknown; readonly code: Code | undefined; readonly policy: string } | undefined {
	const given = typeof payload === "string" && payload.length <= LONGEST ? parsed(payload) : undefined;
	if (!isFields(given)) return undefined;
	const word = (name: string): string => {
		const value = field(given, name);
		return typeof value === "string" ? value : "";
	};
	const text = field(given, "code");
	const code = typeof text === "string" ? codeOf(text, word("attribute") || undefined, field(given, "hasNonce") === true) : undefined;
	return { report: { type: "csp-violation", url: word("documentURL"), body: given }, code, policy: word("originalPolicy") };
}

/** The longest code whose hash is computed, as JSON. */
const LONGEST = 8_000_000;

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
