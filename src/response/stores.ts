import type { OutgoingHttpHeaders } from "node:http2";
import type { HeaderStore } from "./state.ts";

/** A header object of HTTP/2. Its names can have any case, and one name can occur in several spellings. */
export function recordStore(headers: OutgoingHttpHeaders): HeaderStore {
	const keysOf = (name: string): readonly string[] => Object.keys(headers).filter((key) => key.toLowerCase() === name.toLowerCase());
	return {
		getHeader(name) {
			const values = keysOf(name).flatMap((key) => headers[key] ?? []);
			return values.length < 2 ? values[0] : values;
		},
		setHeader(name, value) {
			const [first = name.toLowerCase(), ...more] = keysOf(name);
			headers[first] = value as string | string[];
			for (const key of more) delete headers[key];
		},
		removeHeader(name) {
			for (const key of keysOf(name)) delete headers[key];
		},
	};
}

/** An array in which names and values alternate. New headers are inserted before a trailing name that has no value. */
export function listStore(list: unknown[]): HeaderStore {
	const indexesOf = (name: string): readonly number[] =>
		list.flatMap((entry, i) => (i % 2 === 0 && i + 1 < list.length && String(entry).toLowerCase() === name.toLowerCase() ? [i] : []));
	const remove = (indexes: readonly number[]): void => {
		for (const i of indexes.toReversed()) list.splice(i, 2);
	};
	return {
		getHeader(name) {
			const values = indexesOf(name).flatMap((i) => list[i + 1]);
			return values.length < 2 ? values[0] : values;
		},
		setHeader(name, value) {
			remove(indexesOf(name));
			list.splice(list.length - (list.length % 2), 0, ...[value].flat().flatMap((line) => [name.toLowerCase(), line]));
		},
		removeHeader: (name) => remove(indexesOf(name)),
	};
}
