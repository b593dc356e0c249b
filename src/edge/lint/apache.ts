import { drift, isSecurity, type Lint, type ReadFile, type Wanted } from "./types.ts";

/** One `Header` line. */
interface Header {
	readonly table: "onsuccess" | "always";
	readonly action: string;
	readonly name: string;
	readonly value: string;
	/** The line applies only on a condition. */
	readonly isConditional: boolean;
	readonly file: string;
	readonly line: number;
}

const WORD = /"((?:\\.|[^"\\])*)"|(\S+)/g;
const DEEPEST = 10;

interface Found {
	readonly headers: Header[];
	isProxy: boolean;
}

function read(text: string, file: string, readFile: ReadFile, found: Found, depth = 0): void {
	for (const [i, line] of text.split("\n").entries()) {
		const words = [...line.matchAll(WORD)].map(
			([, quoted, bare]) => quoted?.replace(/\\"/g, '"').replaceAll("\\\\\\\\", "\\").replaceAll("\\\\", "\\") ?? bare ?? "",
		);
		const [name = "", ...args] = words;
		if (/^(?:proxypass|proxypassmatch)$/i.test(name) && args[1] !== "!") found.isProxy = true;
		if (/^include(?:optional)?$/i.test(name) && depth < DEEPEST) {
			const inner = readFile(args[0] ?? "");
			if (inner !== undefined) read(inner, args[0] ?? "", readFile, found, depth + 1);
		}
		if (name.toLowerCase() === "header") found.headers.push(headerOf(args, file, i + 1));
	}
}

function headerOf(args: readonly string[], file: string, line: number): Header {
	const [first = ""] = args;
	const hasTable = /^(?:always|onsuccess)$/i.test(first);
	const [action = "", name = "", value = "", ...rest] = hasTable ? args.slice(1) : args;
	const isConditional = rest.some((word) => /^(?:expr=|env=|early$)/i.test(word));
	return {
		table: hasTable && first.toLowerCase() === "always" ? "always" : "onsuccess",
		action: action.toLowerCase(),
		name: name.replace(/:$/, ""),
		value,
		isConditional,
		file,
		line,
	};
}

export function lintApache(text: string, file: string, readFile: ReadFile, wanted: Wanted | undefined): readonly Lint[] {
	const found: Found = { headers: [], isProxy: false };
	read(text, file, readFile, found);
	const own = found.headers.filter(({ name }) => isSecurity(name));
	return [...new Set(own.map(({ name }) => name.toLowerCase()))].flatMap((name) =>
		lintHeader(
			own.filter((one) => one.name.toLowerCase() === name),
			found.isProxy,
			wanted,
		),
	);
}

const SETS = ["set", "add", "append", "merge", "setifempty"];

function lintHeader(lines: readonly Header[], isProxy: boolean, wanted: Wanted | undefined): readonly Lint[] {
	const on = (table: Header["table"], actions: readonly string[]): Header | undefined =>
		lines.find((one) => one.table === table && actions.includes(one.action));
	const [always, plain] = [on("always", SETS), on("onsuccess", SETS)];
	const lint = (id: string, { file, line }: Header, message: string): Lint => ({ id, file, line, message });
	const found: Lint[] = [];
	if (always !== undefined && plain !== undefined)
		found.push(
			lint(
				"edge/apache-tables",
				always,
				`${always.name} is set in both tables, so it is sent twice. Write Header onsuccess unset ${always.name}, and set it only with Header always set.`,
			),
		);
	else if (plain !== undefined)
		found.push(
			lint(
				"edge/apache-tables",
				plain,
				`${plain.name} is set without always, so it is missing on the 502 and 503 that Apache generates. Write Header onsuccess unset, Header always unset, Header always set.`,
			),
		);
	else if (always !== undefined && isProxy && !always.isConditional && on("onsuccess", ["unset"]) === undefined)
		found.push(
			lint(
				"edge/apache-tables",
				always,
				`${always.name} is set with always, and the application's copy is in the other table, so it is sent twice. Write Header onsuccess unset ${always.name} before it.`,
			),
		);
	const set = always ?? plain;
	const other = set === undefined || set.value.includes("${") ? undefined : drift(set.name, set.value.replaceAll("%%", "%"), wanted);
	if (set !== undefined && other !== undefined) found.push(lint("edge/config-drift", set, other));
	return found;
}
