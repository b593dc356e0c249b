import type { DirectiveName } from "../../csp/directives.ts";
import type { Source } from "../../csp/grammar.ts";
import { type CspModel, effective } from "../../csp/model.ts";
import { routeOf } from "../../reports/cluster.ts";
import { routeOf as expressPath } from "../../reports/suggest/drafts.ts";
import { addressOf, isReported } from "../../reports/suggest/replay.ts";
import type { Lists } from "./types.ts";

/** The policy while it grows: what all pages need, and what single pages need. */
export interface Growing {
	readonly site: Lists;
	readonly routes: Map<string, Lists>;
	/** The number of pages that were seen. With one page, that page is the site. */
	readonly pages: number;
	/** Directives that have as many sources as a header can hold. */
	readonly full: Set<string>;
}

/** A page that asks for more hosts makes them up. */
const MOST_SOURCES = 50;

/** What every learned policy denies until a page needs it. */
const CLOSED = ["default-src", "base-uri", "form-action", "frame-ancestors"];

export function createGrowing(pages: number): Growing {
	return { site: new Map(CLOSED.map((name) => [name, new Set<Source>(["'none'"])])), routes: new Map(), pages, full: new Set() };
}

/** The Express path of a page, or undefined if no route can name it. */
export function pathOf(document: string): string | undefined {
	return expressPath(routeOf(document));
}

/** Allows a source: for the page that alone needs it, or for all pages. @param paths the Express paths of pages, undefined for one that no route can name. */
export function allow({ site, routes, pages, full }: Growing, directive: string, source: Source, paths: Iterable<string | undefined>): void {
	const [only, ...others] = new Set(paths);
	const isOne = others.length === 0 && only !== undefined && pages > 1;
	// The site itself is not a third party. Written once, the policy is easier to read.
	const isEverywhere = !isOne || (source === "'self'" && directive !== "frame-ancestors") || site.get(directive)?.has(source) === true;
	const lists = isEverywhere ? site : (routes.get(only as string) ?? new Map<string, Set<Source>>());
	if (!isEverywhere) routes.set(only as string, lists);
	const list = lists.get(directive) ?? new Set();
	if (list.size >= MOST_SOURCES && !list.has(source)) {
		full.add(directive);
		return;
	}
	list.delete("'none'");
	lists.set(directive, list.add(source));
}

/** What a page may use: the lists of the site with those of its route. */
function modelFor({ site, routes }: Growing, document: string): CspModel {
	const own = routes.get(pathOf(document) ?? "") ?? new Map<string, Set<Source>>();
	const names = new Set([...site.keys(), ...own.keys()]);
	return new Map(
		[...names].map((name) => {
			const more = [...(own.get(name) ?? [])];
			const base = [...(site.get(name) ?? effective(new Map([...site].map(([key, list]) => [key, [...list]])), name as DirectiveName) ?? [])];
			const all = [...base, ...more];
			return [name, all.length > 1 ? all.filter((source) => source !== "'none'") : all];
		}),
	);
}

/** Whether the policy so far still reports an address. */
export function isOpen(growing: Growing, directive: string, blocked: string, document: string): boolean {
	return addressOf(blocked) !== undefined && isReported(modelFor(growing, document), { directive, blocked, document });
}
