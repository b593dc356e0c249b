import { stripControls } from "../core/log.ts";

/* Reads untrusted data field by field. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads only own properties, because a report may have any key. */
export function field(fields: Fields, ...names: readonly string[]): unknown {
	for (const name of names) if (Object.hasOwn(fields, name) && fields[name] !== null) return fields[name];
	return undefined;
}

const LONGEST_TEXT = 200;

/** A text without control characters, and of limited length. */
export function text(value: unknown, longest: number = LONGEST_TEXT): string {
	return typeof value === "string" ? stripControls(beginning(value, longest)) : "";
}

/** The beginning of a text, as a copy. A slice would keep the whole text in memory. */
export function beginning(value: string, longest: number): string {
	return value.length > longest ? [...value.slice(0, longest)].join("") : value;
}

export function whole(value: unknown): number {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
