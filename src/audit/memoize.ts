/** What was read of a text, remembered for as many texts: many rules look at the same one. */
export function remembered<Result>(read: (text: string) => Result, most: number): (text: string) => Result {
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
