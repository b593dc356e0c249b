import { drift, isSecurity, type Lint, type Wanted } from "./types.ts";

interface Line {
	readonly words: readonly string[];
	readonly line: number;
	/** The first word of the block around it. */
	readonly inside: string;
	/** The number of the block around it. */
	readonly block: number;
}

const WORD = /"((?:\\"|[^"])*)"|`([^`]*)`|([^\s"`]+)/g;

function read(text: string): readonly Line[] {
	const lines: Line[] = [];
	const around: { head: string; block: number }[] = [];
	let blocks = 0;
	for (const [i, raw] of text.split("\n").entries()) {
		const line = raw.replace(/(?:^|\s)#.*$/, "");
		const words = [...line.matchAll(WORD)].map(([, double, back, bare]) => double?.replaceAll('\\"', '"') ?? back ?? bare ?? "");
		const opens = words.at(-1) === "{";
		if (words[0] === "}") around.pop();
		else if (words.length > 0)
			lines.push({ words: opens ? words.slice(0, -1) : words, line: i + 1, inside: around.at(-1)?.head ?? "", block: around.at(-1)?.block ?? 0 });
		if (opens) around.push({ head: words[0] ?? "", block: ++blocks });
	}
	return lines;
}

export function lintCaddy(text: string, file: string, wanted: Wanted | undefined): readonly Lint[] {
	const lines = read(text);
	const found: Lint[] = [];
	const add = (id: string, line: number, message: string): void => void found.push({ id, file, line, message });
	// In a block, the first word is the name. On a line of its own, the name follows `header` and, if there is one, a matcher.
	const inBlocks = lines.filter(({ inside }) => inside === "header").map((one) => ({ ...one, name: one.words[0] ?? "", value: one.words[1] ?? "" }));
	const alone = lines
		.filter(({ words: [word], inside }) => word === "header" && inside !== "reverse_proxy")
		.map((one) => ({ ...one, rest: one.words.slice(1).filter((word, i) => i > 0 || !/^[/*@]/.test(word)) }))
		.flatMap(({ rest: [name = "", value = ""], ...one }) => (value === "" ? [] : [{ ...one, name, value, block: -one.line }]));
	const all = [...inBlocks, ...alone];
	const sets = all.filter(({ name }) => isSecurity(name));
	for (const set of sets) {
		const late = all.find(({ block, name }) => block === set.block && (/^[-?]/.test(name) || name === "defer"));
		if (late !== undefined)
			add(
				"edge/caddy-deferred",
				late.line,
				`${late.name} makes Caddy run the whole block late, so the 404 and 502 that Caddy generates are sent without ${set.name}. Write ${late.name} in a separate block.`,
			);
	}
	const down = new Set(lines.filter(({ words: [word] }) => word === "header_down").map(({ words: [, name = ""] }) => name.replace(/^-/, "").toLowerCase()));
	const proxy = lines.find(({ words: [word] }) => word === "reverse_proxy");
	const twice = sets.filter(({ name }) => !down.has(name.toLowerCase())).map(({ name }) => name);
	if (proxy !== undefined && twice.length > 0 && !lines.some(({ words }) => words.join(" ") === "import headguard_proxy"))
		add(
			"edge/caddy-no-hide",
			proxy.line,
			`${[...new Set(twice)].join(", ")}: set here, and not removed from the application's response, so it is sent twice. Write header_down -${twice[0]} in reverse_proxy.`,
		);
	for (const { name, value, line } of sets) {
		const other = drift(name, value.replace(/\\+([{}])/g, "$1"), wanted);
		if (other !== undefined) add("edge/config-drift", line, other);
	}
	return [...new Map(found.map((one) => [`${one.id} ${one.line}`, one])).values()];
}
