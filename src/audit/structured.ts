import { type InnerList, type Item, itemsOf, readDictionary, readFirstList, readToken } from "../core/structured-reader.ts";
import { type Exchange, valuesOf } from "./types.ts";

/** The token of a header that has one, as browsers read it. Undefined when the header is absent, or browsers ignore it. */
export function tokenOf(exchange: Pick<Exchange, "fields">, header: string): string | undefined {
	return readToken(joined(exchange, header));
}

/** The members of a header that is a dictionary. Undefined when it is not one, so that browsers ignore all of it. */
export function dictionaryOf(exchange: Pick<Exchange, "fields">, header: string): ReadonlyMap<string, Item | InnerList> | undefined {
	return readDictionary(joined(exchange, header));
}

/** The first member of a header that is a list, if it is itself a list. Undefined when it is not one. */
export function firstListOf(exchange: Pick<Exchange, "fields">, header: string): InnerList | undefined {
	return readFirstList(joined(exchange, header));
}

/** The words of a member: those of its list, or the one that it is. */
export function wordsOf(member: Item | InnerList | undefined): readonly string[] {
	return member === undefined ? [] : itemsOf(member).map(({ value }) => value.text);
}

/** Several lines are one field (RFC 9651 §4.2). */
function joined(exchange: Pick<Exchange, "fields">, header: string): string {
	return valuesOf(exchange, header).join(", ");
}
