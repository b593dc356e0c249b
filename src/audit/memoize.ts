/** Remembers the results for a number of texts, because many rules read the same one. */
export function memoize<Result>(read: (text: string) => Result, most: number): (text: string) => Result {
	const known = new Map<string, Result>();
	return (text) => {
		const result = known.get(text);
		if (result !== undefined) return result;
		if (known.size >= most) known.clear();
		const fresh = read(text);
		known.set(text, fresh);
		return fresh;
	};
}
