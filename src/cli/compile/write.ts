import { type CompiledModule, FORMAT } from "../../compiled/format.ts";

/** The source of a compiled module. Equal policies have equal texts, and a change of one header changes one line. */
export function moduleText(data: CompiledModule, from: string, isCommonJs: boolean): string {
	const { headers, blocks, policies, exports, ...rest } = data;
	const fields = [
		...Object.entries(rest).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`),
		`"headers": ${listText(headers)}`,
		`"blocks": ${listText(blocks)}`,
		`"policies": ${recordText(policies)}`,
		`"exports": ${recordText(exports)}`,
	];
	return `// Compiled from ${oneLine(from)} by headguard compile. Do not edit it: run the command again.\n${isCommonJs ? "module.exports =" : "export default"} {\n\t${fields.join(",\n\t")},\n};\n`;
}

/** The declaration beside a module: `headers.compiled.d.ts`, or `.d.cts` and `.d.mts`. */
export function declarationFile(out: string): string {
	return out.replace(/\.(c|m)?[jt]s$|$/, (_, kind = "") => `.d.${kind}ts`);
}

export function declaration({ main, exports }: CompiledModule, isCommonJs: boolean): string {
	const names = Object.keys(exports).filter((name) => name !== main);
	const type = names.length === 0 ? "never" : names.map((name) => JSON.stringify(name)).join(" | ");
	return `import type { CompiledModule } from "headguard/compiled";\n\n/** Format ${FORMAT}. */\ndeclare const compiled: CompiledModule<${type}>;\n${isCommonJs ? "export =" : "export default"} compiled;\n`;
}

function listText(list: readonly unknown[]): string {
	return list.length === 0 ? "[]" : `[\n${list.map((entry) => `\t\t${JSON.stringify(entry)},\n`).join("")}\t]`;
}

function recordText(record: object): string {
	return `{\n${Object.entries(record)
		.map(([name, value]) => `\t\t${JSON.stringify(name)}: ${JSON.stringify(value)},\n`)
		.join("")}\t}`;
}

/** A file name can contain a line break, which would end the comment. */
function oneLine(text: string): string {
	return text.replace(/[\p{Cc}\u2028\u2029]/gu, "?");
}
