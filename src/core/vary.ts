/** A Vary value with more field names, each once. `*` covers every name (RFC 9110 §12.5.5). */
export function mergeVary(current: string, names: readonly string[]): string {
	const fields = current
		.split(",")
		.map((field) => field.trim())
		.filter((field) => field !== "");
	if (fields.includes("*")) return "*";
	const known = new Set(fields.map((field) => field.toLowerCase()));
	for (const name of names) {
		if (!known.has(name.toLowerCase())) fields.push(name);
		known.add(name.toLowerCase());
	}
	return fields.join(", ");
}
