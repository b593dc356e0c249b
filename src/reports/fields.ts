import { stripControls } from "../core/log.ts";

/* What others have written, read field by field. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own property alone: a report may hold any key. */
export function field(fields: Fields, ...names: readonly string[]): unknown {
	for (const name of names) if (Object.hasOwn(fields, name) && fields[name] !== null) return fields[name];
	return undefined;
}

const LONGEST_TEXT = 200;

/** A text without what steers terminals, and not too long. */
export function text(value: unknown, longest: number = LONGEST_TEXT): string {
	return typeof value === "string" ? stripControls(beginning(value, longest)) : "";
}

/** A copy: a slice would keep the whole text in memory for as long as it is kept itself. */
export function beginning(value: string, longest: number): string {
	return value.length > longest ? [...value.slice(0, longest)].join("") : value;
}

export function whole(value: unknown): number {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
