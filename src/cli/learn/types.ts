import type { Source } from "../../csp/grammar.ts";
import type { Code, Violation } from "./evidence.ts";

/** Directive → its sources. */
export type Lists = Map<string, Set<Source>>;

/** What prevents a strict policy, and how to change it. */
export interface Change {
	readonly kind: "nonce" | "handler" | "javascript" | "eval" | "code" | "host" | "style";
	/** What it is about, in one line. */
	readonly what: string;
	readonly advice: string;
	/** Paths of pages that have it. */
	readonly pages: readonly string[];
	/** Where it is written, if that is known: `views/home.ejs:12`. */
	readonly places: readonly string[];
	/** The policy lets it run until then. */
	readonly isKept: boolean;
	/** The beginning of the code, to find it in templates. */
	readonly head: string;
}

/** What an application needs. */
export interface Learned {
	/** What all pages may use. */
	readonly site: Lists;
	/** Names in headguard/vendors that all pages may use. */
	readonly vendors: readonly string[];
	/** Express path → what only that page may use. */
	readonly routes: ReadonlyMap<string, { readonly lists: Lists; readonly vendors: readonly string[] }>;
	readonly changes: readonly Change[];
	/** What the policy does not allow, and why. */
	readonly refused: readonly string[];
}

/** What a crawl found, without the browser. */
export interface Findings {
	readonly origin: string;
	readonly violations: readonly Violation[];
	/** Address → where it redirects. */
	readonly ways: ReadonlyMap<string, ReadonlySet<string>>;
	/** Documents that a page of the application shows in a frame. */
	readonly framed: ReadonlySet<string>;
	readonly actions: readonly { readonly page: URL; readonly action: URL }[];
	readonly javascript: readonly { readonly page: URL; readonly holder: string; readonly code: string }[];
	/** Hash → inline code that the server wrote into a page. */
	readonly markup: ReadonlyMap<string, MarkupCode>;
	/** The rounds of the crawl: two tell static code from code that differs each time. */
	readonly rounds: number;
}

export interface MarkupCode {
	readonly line: number;
	readonly holder: string;
}

/** The same inline code, wherever it was seen. */
export interface InlineGroup {
	readonly directive: string;
	readonly code: Code;
	readonly documents: ReadonlySet<string>;
	readonly isStatic: boolean;
	/** The server wrote it. Otherwise a script inserted it. */
	readonly markup: MarkupCode | undefined;
}

/** How a page is visited. */
export interface VisitOptions {
	/** Milliseconds for a page to load. */
	readonly timeout: number;
	/** The largest number of clicks on one page. */
	readonly clicks: number;
	readonly forms: boolean;
}
