import type { Source } from "./types.ts";

export interface Rule {
	readonly phase: "response" | "after-response";
	readonly action: string;
	readonly name: string;
	/** How `del-header` compares names with its own; undefined when they are equal. */
	readonly method: string | undefined;
	readonly value: string | undefined;
	readonly condition: Condition | undefined;
	readonly file: string;
	readonly line: number;
}

export interface Condition {
	readonly text: string;
	/** It asks only whether the response has a header. */
	readonly has: { readonly name: string; readonly isPresent: boolean } | undefined;
}

/** The rules that run for the responses of a frontend and one of its backends, in their order. */
export interface Frontend {
	readonly response: readonly Rule[];
	readonly after: readonly Rule[];
}

export interface Section {
	readonly kind: string;
	readonly name: string;
	/** The defaults that it starts from. */
	readonly from: Section | undefined;
	readonly rules: Rule[];
	readonly backends: string[];
	readonly acls: Map<string, string>;
}

const SECTIONS = ["defaults", "frontend", "backend", "listen"];
const OTHERS = ["global", "userlist", "peers", "resolvers", "mailers", "cache", "program", "http-errors", "ring", "log-forward", "fcgi-app", "crt-store"];

/** The rules of a file. Lines before the first section are a section. */
export function rulesOf(sections: readonly Section[]): readonly Rule[] {
	return sections.flatMap(({ rules }) => rules);
}

/** Which rules run together: those of each frontend with each of its backends, and those that nothing here uses. */
export function* frontendsOf(sections: readonly Section[]): Generator<Frontend> {
	const backends = new Map(sections.filter(({ kind }) => kind === "backend").map((one) => [one.name, one]));
	const used = new Set<Section | undefined>(sections.map(({ from }) => from));
	for (const section of sections.filter(({ kind }) => kind === "frontend" || kind === "listen")) {
		const named = backendsOf(section, backends);
		for (const backend of named) used.add(backend);
		for (const backend of named.length === 0 ? [undefined] : named) yield together(section, backend);
	}
	for (const section of sections) if (["", "backend", "defaults"].includes(section.kind) && !used.has(section)) yield together(section, undefined);
}

/** A name that HAProxy works out for each request can be that of any backend. */
function backendsOf({ backends: names }: Section, backends: ReadonlyMap<string, Section>): readonly Section[] {
	if (names.some((one) => one.includes("%["))) return [...backends.values()];
	return [...new Set(names)].flatMap((name) => backends.get(name) ?? []);
}

/** The rules of a backend run before those of its frontend, and the rules of defaults before those of a section. */
function together(frontend: Section, backend: Section | undefined): Frontend {
	const rules = [backend?.from, backend, frontend.from, frontend].flatMap((section) => section?.rules ?? []);
	return { response: rules.filter(({ phase }) => phase === "response"), after: rules.filter(({ phase }) => phase === "after-response") };
}

export function sectionsOf({ file, text }: Source): readonly Section[] {
	const defaults = new Map<string, Section>();
	const sections: Section[] = [{ kind: "", name: "", from: undefined, rules: [], backends: [], acls: new Map() }];
	for (const [i, raw] of text.split("\n").entries()) {
		const words = wordsOf(raw);
		const [head = "", name = "", ...rest] = words.map(({ text: word }) => word);
		if (SECTIONS.includes(head) || OTHERS.includes(head)) sections.push(sectionOf(head, name, rest, defaults));
		else readLine(words, sections.at(-1) as Section, file, i + 1);
	}
	return sections;
}

function readLine(words: readonly Word[], section: Section, file: string, line: number): void {
	const [head = "", name = "", ...rest] = words.map(({ text }) => text);
	if (head === "acl") section.acls.set(name, section.acls.has(name) ? `${section.acls.get(name)} || ${rest.join(" ")}` : rest.join(" "));
	if (head === "default_backend" || head === "use_backend") section.backends.push(name);
	if (head !== "http-response" && head !== "http-after-response") return;
	const rule = ruleOf(head === "http-response" ? "response" : "after-response", words.slice(1), section, file, line);
	if (rule !== undefined) section.rules.push(rule);
}

const LAST = "";

/** A section without `from` starts from the last defaults. */
function sectionOf(kind: string, name: string, rest: readonly string[], defaults: Map<string, Section>): Section {
	const isDefaults = kind === "defaults";
	const from = isDefaults || !SECTIONS.includes(kind) ? undefined : defaults.get(rest[0] === "from" ? (rest[1] ?? "") : LAST);
	const section: Section = { kind, name, from, rules: [], backends: [], acls: new Map() };
	if (isDefaults) for (const key of [name, LAST]) defaults.set(key, section);
	return section;
}

const ACTIONS = ["set-header", "add-header", "del-header", "replace-header", "replace-value"];

function ruleOf(phase: Rule["phase"], words: readonly Word[], { acls }: Section, file: string, line: number): Rule | undefined {
	const [action = "", name = "", ...rest] = words.map(({ text }) => text);
	if (!ACTIONS.includes(action)) return undefined;
	const at = words.findIndex(({ text, isQuoted }, i) => i > 1 && !isQuoted && (text === "if" || text === "unless"));
	const given = at === -1 ? rest : words.slice(2, at).map(({ text }) => text);
	const method = action === "del-header" && given[0] === "-m" && given[1] !== "str" ? given[1] : undefined;
	const condition =
		at === -1
			? undefined
			: conditionOf(
					words[at]?.text ?? "",
					words.slice(at + 1).map(({ text }) => text),
					acls,
				);
	return { phase, action, name, method, value: given[0], condition, file, line };
}

/** Whether a rule is about a header. An expression could be about any. */
export function isAbout({ name: written, method }: Rule, name: string): boolean {
	const text = written.toLowerCase();
	if (method === "beg") return name.startsWith(text);
	if (method === "end") return name.endsWith(text);
	return method === "sub" ? name.includes(text) : method !== undefined || text === name;
}

/** Ways to ask whether a response has a header. */
const HAS =
	/^(!?)\s*\{?\s*(?:(?:res\.f?hdr|shdr|res\.hdr)\(([\w-]+)(?:,-?\d+)?\)\s+-m\s+(?:found|len\s+gt\s+0)|(?:res\.f?hdr_cnt|shdr_cnt)\(([\w-]+)\)\s+(?:-m\s+int\s+)?(?:gt\s+0|ge\s+1))\s*\}?$/;

function conditionOf(kind: string, words: readonly string[], acls: ReadonlyMap<string, string>): Condition {
	const text = words.join(" ");
	const [, not = "", acl = ""] = /^(!?)\s*([\w.-]+)$/.exec(text) ?? [];
	const meaning = acls.has(acl) ? `${not}${acls.get(acl)}` : text;
	const match = meaning.length < 500 ? HAS.exec(meaning) : null;
	const name = (match?.[2] ?? match?.[3])?.toLowerCase();
	return { text: `${kind} ${text}`, has: match === null || name === undefined ? undefined : { name, isPresent: (match[1] === "!") === (kind === "unless") } };
}

interface Word {
	readonly text: string;
	readonly isQuoted: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
const PIECE = /'([^']*)(?:'|$)|\\([\s\S])|"((?:\\[\s\S]|[^"\\])*)(?:"|$)|([^\s'"\\#]+)/y;

/** The words of a line. Single quotes hold anything, double quotes and plain words have backslashes, and a comment ends the line. */
function wordsOf(line: string): readonly Word[] {
	const words: Word[] = [];
	let at = 0;
	while (at < line.length && line[at] !== "#") {
		const { text, isQuoted, end } = wordAt(line, at);
		if (end > at) words.push({ text, isQuoted });
		at = Math.max(end, at + 1);
	}
	return words;
}

function wordAt(line: string, from: number): Word & { readonly end: number } {
	let text = "";
	let isQuoted = false;
	let end = from;
	PIECE.lastIndex = from;
	for (let piece = PIECE.exec(line); piece !== null; piece = PIECE.exec(line)) {
		const [, single, escaped, double, bare] = piece;
		text += single ?? (escaped === undefined ? double?.replace(/\\([\s\S])/g, escapedText) : escapedText("", escaped)) ?? bare ?? "";
		isQuoted ||= bare === undefined;
		end = PIECE.lastIndex;
	}
	return { text, isQuoted, end };
}

function escapedText(_all: string, next: string): string {
	return ESCAPES[next] ?? next;
}
