/** How bad a finding is: an error fails the audit, a warning weakens, a note is worth knowing. */
export type Severity = "error" | "warning" | "note";

/** Why a response was asked for. `policy` is the compiled policy itself, with no server behind it. */
export type Probe = "page" | "again" | "head" | "conditional" | "not-found" | "failing" | "malformed" | "preflight" | "foreign" | "plain-http" | "policy";

/** One response, or what a policy would put on one. */
export interface Seen {
	readonly probe: Probe;
	readonly method: string;
	readonly url: string;
	readonly status: number;
	/** Header lines as they came, in their order. */
	readonly fields: readonly (readonly [name: string, value: string])[];
	/** The beginning of the body. */
	readonly body: string;
	/** It came over https, or is judged as if. */
	readonly secure: boolean;
}

/** Everything that was seen of one site. */
export type Site = readonly Seen[];

/** One thing that is looked at: a pure function of what was seen. */
export interface Rule {
	/** Of the vocabulary of policy issues and events; never renamed. */
	readonly id: string;
	readonly header: string;
	readonly severity: Severity;
	/** What it means, in one sentence. */
	readonly summary: string;
	readonly link: string;
	/** Looks at one response; each message names the value and the fix. Nothing: all is well, or it does not apply. */
	readonly check: (seen: Seen, site: Site) => readonly string[];
}

export interface Finding {
	readonly id: string;
	readonly severity: Severity;
	readonly header: string;
	readonly probe: Probe;
	readonly method: string;
	readonly url: string;
	readonly message: string;
}

/** The values of a header, a line each. */
export function valuesOf({ fields }: Seen, name: string): readonly string[] {
	return fields.filter(([known]) => known.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** The values of a header whose values may also be joined by commas. */
export function partsOf(seen: Seen, name: string): readonly string[] {
	return valuesOf(seen, name).flatMap((value) => value.split(",").map((part) => part.trim()));
}

/** A document, as browsers take it; a policy stands for one. */
export function isDocument(seen: Seen): boolean {
	return seen.probe === "policy" || partsOf(seen, "Content-Type").some((type) => /^(?:text\/html|application\/xhtml\+xml)\b/i.test(type));
}

/** The answers that a visitor gets: not those to preflights, nor what is only compared with another one. */
export function isAnswer({ probe }: Seen): boolean {
	return probe === "page" || probe === "policy";
}

const MDN = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/";

export function mdn(header: string): string {
	return MDN + header;
}
