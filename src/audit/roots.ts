import { webAddress } from "../core/address.ts";
import { CAUSES, type Cause, subjectsOf } from "./causes.ts";
import type { Exchange, Rule } from "./types.ts";

/** What a rule says of a response. */
export interface Match {
	readonly rule: Rule;
	readonly text: string;
	readonly exchange: Exchange;
}

interface Root {
	readonly match: Match;
	/** The rules of the matches that it explains. */
	readonly explained: ReadonlySet<Rule>;
}

/** The matches that no other one explains. */
export function rootsOf(matches: readonly Match[]): readonly Root[] {
	const causes = causesAmong(matches);
	const roots = new Map(matches.filter((match) => !causes.has(match)).map((match) => [match, new Set<Rule>()]));
	for (const match of causes.keys()) {
		let root = match;
		// No relation leads back to where it starts.
		for (let next = causes.get(root); next !== undefined; next = causes.get(next)) root = next;
		roots.get(root)?.add(match.rule);
	}
	return [...roots].map(([match, explained]) => ({ match, explained }));
}

/** The id of a finding → the rows that may explain it. */
const ROWS: ReadonlyMap<string, readonly Cause[]> = new Map(
	[...new Set(CAUSES.flatMap(({ explains }) => explains))].map((id) => [id, CAUSES.filter(({ explains }) => explains.includes(id))]),
);

/** Each match that another one explains, with that other one. */
function causesAmong(matches: readonly Match[]): ReadonlyMap<Match, Match> {
	const index = indexOf(matches);
	const causes = new Map<Match, Match>();
	for (const match of matches) {
		const found = (ROWS.get(match.rule.id) ?? []).map((row) => causeOf(match, row, index)).find((cause) => cause !== undefined);
		if (found !== undefined) causes.set(match, found);
	}
	return causes;
}

/** A response, or a host → id and subject → the first match there. */
type Index = ReadonlyMap<Exchange | string, ReadonlyMap<string, Match>>;

function indexOf(matches: readonly Match[]): Index {
	const index = new Map<Exchange | string, Map<string, Match>>();
	for (const match of matches) {
		const keys = ["", ...subjectsOf(match.rule.header, match.text)].map((subject) => `${match.rule.id} ${subject}`);
		for (const place of [match.exchange, hostOf(match)]) {
			const known = index.get(place) ?? new Map<string, Match>();
			index.set(place, known);
			for (const key of keys) if (!known.has(key)) known.set(key, match);
		}
	}
	return index;
}

function causeOf(match: Match, { of, same, when, onHost }: Cause, index: Index): Match | undefined {
	const known = index.get(onHost === true ? hostOf(match) : match.exchange);
	const subjects = same === undefined ? [""] : subjectsOf(match.rule.header, match.text).filter((subject) => subject.startsWith(`${same} `));
	const keys = of.flatMap((id) => subjects.map((subject) => `${id} ${subject}`));
	return keys.map((key) => known?.get(key)).find((cause) => cause !== undefined && when?.test(cause.text) !== false);
}

function hostOf({ exchange }: Match): string {
	return webAddress(exchange.url)?.hostname ?? exchange.url;
}
