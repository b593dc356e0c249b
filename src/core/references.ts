const NAMED: ReadonlyMap<string, string> = new Map([
	["amp", "&"],
	["lt", "<"],
	["gt", ">"],
	["quot", '"'],
	["apos", "'"],
	["colon", ":"],
	["sol", "/"],
	["tab", "\t"],
	["newline", "\n"],
]);

/** Resolves the character references of HTML that occur in code and URLs. */
export function resolveReferences(text: string): string {
	return text.replace(
		/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos|colon|sol|Tab|NewLine));/gi,
		(all, decimal?: string, hex?: string, name?: string) => {
			if (name !== undefined) return NAMED.get(name.toLowerCase()) ?? all;
			const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
			return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : all;
		},
	);
}
