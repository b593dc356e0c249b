import type { ReportRecord } from "../../reports/record.ts";
import type { Found } from "../places.ts";
import type { Scope } from "./patch.ts";

/** What is known about something that a browser refused. */
export interface Seen {
	readonly record: ReportRecord;
	readonly found: Found | undefined;
	readonly scope: Scope;
	/** Addresses that redirected → the addresses on the way, themselves first. */
	readonly ways: ReadonlyMap<string, readonly URL[]>;
	/** The origin of the page that shows this one in a frame, if it is another. */
	readonly embedder: string | undefined;
}
