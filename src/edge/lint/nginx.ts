import { drift, isSecurity, type Lint, type ReadFile, type Wanted } from "./types.ts";

interface Directive {
	readonly name: string;
	readonly args: readonly string[];
	readonly file: string;
	readonly line: number;
	/** The directives in its braces. */
	readonly block?: readonly Directive[];
}

const TOKEN =
	/\s+|#[^\n]*|([{};])|"((?:\\[\s\S]|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|((?:\\[\s\S]|\$\{[^}]*\}|[^\s{};#"'\\])(?:\\[\s\S]|\$\{[^}]*\}|[^\s{};])*)/y;
/** Limits files that include each other. */
const DEEPEST = 10;
const DEEPEST_BLOCK = 100;

interface Token {
	/** `{`, `}` or `;`; undefined for a word. */
	readonly mark?: string | undefined;
	readonly word: string;
	readonly line: number;
}

function tokensOf(text: string): readonly Token[] {
	const tokens: Token[] = [];
	let line = 1;
	TOKEN.lastIndex = 0;
	for (let match = TOKEN.exec(text); match !== null && match[0] !== ""; match = TOKEN.exec(text)) {
		const [all, mark, double, single, bare] = match;
		const word = bare ?? (double ?? single)?.replace(/\\(["'\\])/g, "$1");
		if (mark !== undefined || word !== undefined) tokens.push({ mark, word: word ?? "", line });
		line += all.split("\n").length - 1;
	}
	return tokens;
}

interface Reader {
	readonly tokens: readonly Token[];
	/** The index of the next token. */
	at: number;
	/** How many blocks are open. */
	nesting: number;
	readonly file: string;
	readonly readFile: ReadFile;
	readonly depth: number;
}

/** The directives of a file and of the files that it includes. */
function read(text: string, file: string, readFile: ReadFile, depth = 0): readonly Directive[] {
	return readBlock({ tokens: tokensOf(text), at: 0, nesting: 0, file, readFile, depth });
}

/** Reads up to the brace that closes the block. A block that is never closed ends with the file. */
function readBlock(reader: Reader): readonly Directive[] {
	const directives: Directive[] = [];
	let words: Token[] = [];
	reader.nesting++;
	for (let token = reader.tokens[reader.at]; token !== undefined; token = reader.tokens[reader.at]) {
		reader.at++;
		if (token.mark === "}") break;
		if (token.mark === undefined) words.push(token);
		else {
			directives.push(...readDirective(words, token.mark === "{" && reader.nesting < DEEPEST_BLOCK ? readBlock(reader) : undefined, reader));
			words = [];
		}
	}
	reader.nesting--;
	return directives;
}

function readDirective([head, ...args]: readonly Token[], block: readonly Directive[] | undefined, { file, readFile, depth }: Reader): readonly Directive[] {
	if (head === undefined) return [];
	const directive = { name: head.word, args: args.map(({ word }) => word), file, line: head.line };
	return block === undefined ? expanded(directive, readFile, depth) : [{ ...directive, block }];
}

/** Replaces an include with the directives of its file. */
function expanded(directive: Directive, readFile: ReadFile, depth: number): readonly Directive[] {
	const [path = ""] = directive.args;
	if (directive.name !== "include" || depth >= DEEPEST) return [directive];
	const text = readFile(path);
	return text === undefined ? [] : read(text, path, readFile, depth + 1);
}

/** The lists that apply in a block: its own, or those of the block around it. */
interface Scope {
	readonly added: readonly Directive[];
	readonly hidden: readonly Directive[];
}

const nameOf = ({ args: [name = ""] }: Directive): string => name.toLowerCase();
const namesIn = (list: readonly Directive[]): readonly string[] => [...new Set(list.map(nameOf).filter(isSecurity))];
const spelled = (list: readonly Directive[], name: string): string => list.find((one) => nameOf(one) === name)?.args[0] ?? name;
const OUR_DOLLAR = `\${headguard_dollar}`;
const CONTEXTS = ["http", "server", "location", "if", "limit_except"];

export function lintNginx(text: string, file: string, readFile: ReadFile, wanted: Wanted | undefined): readonly Lint[] {
	const found: Lint[] = [];
	const add = (id: string, at: Directive, message: string): void => void found.push({ id, file: at.file, line: at.line, message });
	lintBlock(read(text, file, readFile), { added: [], hidden: [] }, undefined, add, wanted);
	return found;
}

type Add = (id: string, at: Directive, message: string) => void;

function lintBlock(directives: readonly Directive[], outer: Scope, head: Directive | undefined, add: Add, wanted: Wanted | undefined): void {
	const own: Scope = { added: directives.filter(({ name }) => name === "add_header"), hidden: directives.filter(({ name }) => name === "proxy_hide_header") };
	for (const one of own.added) lintAdded(one, add, wanted);
	lintInherited(own, outer, head, add);
	const scope: Scope = { added: own.added.length > 0 ? own.added : outer.added, hidden: own.hidden.length > 0 ? own.hidden : outer.hidden };
	const pass = directives.find(({ name }) => name === "proxy_pass");
	if (pass !== undefined) lintPass(pass, scope, add);
	for (const { name, block, ...rest } of directives)
		if (block !== undefined && CONTEXTS.includes(name)) lintBlock(block, scope, { name, ...rest }, add, wanted);
}

function lintAdded(one: Directive, add: Add, wanted: Wanted | undefined): void {
	const [name = "", value = "", ...flags] = one.args;
	if (!isSecurity(name)) return;
	if (!flags.includes("always")) add("edge/nginx-no-always", one, `${name} is not sent on 404, 500 and 502. Write always after its value.`);
	// The value of a variable is not known here, except that of our own dollar sign.
	const text = value.replaceAll(OUR_DOLLAR, "\u0000");
	const other = text.includes("$") ? undefined : drift(name, text.replaceAll("\u0000", "$"), wanted);
	if (other !== undefined) add("edge/config-drift", one, other);
}

function lintInherited(own: Scope, outer: Scope, head: Directive | undefined, add: Add): void {
	const where = head === undefined ? "this file" : [head.name, ...head.args].join(" ");
	const [first] = own.added;
	const lost = namesIn(outer.added).filter((name) => !namesIn(own.added).includes(name));
	if (first !== undefined && lost.length > 0)
		add(
			"edge/nginx-inheritance",
			first,
			`an add_header in ${where} replaces all those around it, so ${lost.map((name) => spelled(outer.added, name)).join(", ")} ${lost.length === 1 ? "is" : "are"} not sent there. Repeat them, or include the file again.`,
		);
	const [hides] = own.hidden;
	const shown = namesIn(outer.hidden).filter((name) => !namesIn(own.hidden).includes(name));
	if (hides !== undefined && shown.length > 0)
		add(
			"edge/nginx-inheritance",
			hides,
			`a proxy_hide_header in ${where} replaces all those around it, so the application's ${shown.map((name) => spelled(outer.hidden, name)).join(", ")} ${shown.length === 1 ? "is" : "are"} sent there. Repeat them.`,
		);
}

/** Checks a block that passes requests on to the application. */
function lintPass(pass: Directive, { added, hidden }: Scope, add: Add): void {
	const sent = added.filter(({ args: [name = "", value = ""] }) => isSecurity(name) && !/^\$\w+$/.test(value));
	const twice = namesIn(sent).filter((name) => !namesIn(hidden).includes(name));
	if (twice.length > 0)
		add(
			"edge/nginx-no-hide",
			pass,
			`${twice.map((name) => spelled(sent, name)).join(", ")}: added here, and not removed from the application's response, so ${twice.length === 1 ? "it is" : "they are"} sent twice. Write ${twice.map((name) => `proxy_hide_header ${spelled(sent, name)};`).join(" ")} beside proxy_pass.`,
		);
	const gone = namesIn(hidden).filter((name) => !namesIn(added).includes(name));
	if (gone.length > 0)
		add(
			"edge/nginx-hidden",
			pass,
			`${gone.map((name) => spelled(hidden, name)).join(", ")}: removed from the application's response, and not set again. Write add_header … always, or remove proxy_hide_header.`,
		);
}
