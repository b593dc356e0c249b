/** Reads what was pasted. Nothing of it is run: code is parsed, and only values that the text itself has are taken. */
import { evaluate, type Scope } from "../../src/cli/migrate/evaluate.ts";
import { NotUnderstood } from "../../src/cli/migrate/not-understood.ts";
import { at, bare, listAt, type Node, parseFile, pathOf, walk } from "../../src/cli/migrate/syntax.ts";
import { type Fields, isChoice, isCode, isFields, isList, print, type Value } from "../../src/cli/migrate/value.ts";
import { isRecord } from "../../src/core/text.ts";
import { DIRECTIVES } from "../../src/csp/directives.ts";
import { csp } from "../../src/csp/index.ts";
import { KEYWORDS } from "../../src/csp/keywords.ts";
import { HEADER_FACTS } from "../../src/headers/facts.ts";
import { type HelmetInput, helmetCalls, readHelmet } from "./helmet.ts";

/** The response headers of one address. */
export interface Answer {
	readonly url: string;
	readonly fields: readonly (readonly [name: string, value: string])[];
}

export type Input =
	| {
			readonly kind: "options";
			readonly options: Readonly<Record<string, unknown>>;
			readonly notes: readonly string[];
			/** What replaces a call of helmet. */
			readonly code?: string;
			readonly helmet?: HelmetInput;
	  }
	| { readonly kind: "headers"; readonly answers: readonly Answer[] };

/** What cannot be read. The message is for the person who pasted it. */
export class Unreadable extends Error {}

const LONGEST = 2_000_000;
const LONGEST_CODE = 100_000;
const MOST_ANSWERS = 100;

/**
 * @param major The version of helmet, if the text is a call of helmet. Otherwise it follows from the options.
 * @throws {Unreadable}
 */
export function readInput(text: string, major?: number): Input {
	if (text.length > LONGEST) throw new Unreadable("The text is longer than two million characters.");
	const trimmed = text.trim();
	if (trimmed === "") throw new Unreadable("Paste options, a helmet call, or response headers.");
	return readHar(trimmed) ?? readHeaders(trimmed) ?? readCode(trimmed, major);
}

function readHar(text: string): Input | undefined {
	if (!text.startsWith("{") || !text.includes('"entries"')) return undefined;
	const log = recordIn(parsedJson(text), "log");
	const entries = log?.["entries"];
	if (!Array.isArray(entries)) return undefined;
	const answers = entries.flatMap((entry: unknown) => answerOf(entry));
	if (answers.length === 0) throw new Unreadable("The HAR file has no response with headers.");
	return { kind: "headers", answers: answers.slice(0, MOST_ANSWERS) };
}

/** Pages first, because most headers only matter there. */
function answerOf(entry: unknown): readonly Answer[] {
	const url = recordIn(entry, "request")?.["url"];
	const headers = recordIn(entry, "response")?.["headers"];
	if (typeof url !== "string" || !Array.isArray(headers)) return [];
	const fields = headers.flatMap((header: unknown) =>
		isRecord(header) && typeof header["name"] === "string" && typeof header["value"] === "string" ? [[header["name"], header["value"]] as const] : [],
	);
	return fields.some(([name, value]) => /^content-type$/i.test(name) && value.includes("html")) ? [{ url, fields }] : [];
}

/** The answer as lines that `readInput` reads. Cookies are for one person alone. */
export function linesOf({ fields }: Answer): string {
	const lines = fields.filter(([name]) => !/^set-cookie$/i.test(name)).map(([name, value]) => `${name}: ${value.replace(/\s+/g, " ")}`);
	return lines.filter((line) => HEADER_LINE.test(line)).join("\n");
}

function recordIn(value: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
	const inner = isRecord(value) ? value[name] : undefined;
	return isRecord(inner) ? inner : undefined;
}

function parsedJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

const HEADER_LINE = /^([!#$%&'*+.^_`|~\w-]+):[ \t]?(.*)$/;

/** Lines of a response, or the value of a Content-Security-Policy alone. */
function readHeaders(text: string): Input | undefined {
	const [word = ""] = text.split(/[\s;]/, 1);
	if (DIRECTIVES.has(word.toLowerCase())) return { kind: "headers", answers: [{ url: "", fields: [["Content-Security-Policy", text.replace(/\s+/g, " ")]] }] };
	const lines = text.split(/\r?\n/).filter((line) => !/^HTTP\/[\d.]+ /.test(line) && line.trim() !== "");
	const fields = lines.flatMap((line): readonly (readonly [string, string])[] => {
		const [, name, value = ""] = HEADER_LINE.exec(line.replace(/^[<*] /, "")) ?? [];
		return name === undefined ? [] : [[name, value.trim()]];
	});
	const isKnown = fields.some(([name]) => HEADER_FACTS.some(({ lowerName }) => lowerName === name.toLowerCase()) || name.includes("-"));
	return isKnown && fields.length === lines.length ? { kind: "headers", answers: [{ url: "", fields }] } : undefined;
}

function readCode(text: string, major: number | undefined): Input {
	if (text.length > LONGEST_CODE) throw new Unreadable("The code is longer than a hundred thousand characters. Paste only the call.");
	const { program, code } = parsed(text);
	const scope = scopeOf(code);
	const calls = helmetCalls(program);
	if (calls.length > 0) return ofHelmet(calls, scope, major);
	for (const { node } of walk(program)) {
		if (node.type !== "CallExpression") continue;
		const name = pathOf(at(node, "callee"))?.join(".");
		const [argument] = listAt(node, "arguments");
		if (name === "secureHeaders" || name === "createPolicy") return ofOptions(argument === undefined ? new Map() : evaluate(argument, scope));
	}
	const object = soleObject(program);
	if (object === undefined) throw new Unreadable("There is neither a call of secureHeaders or helmet, nor an object of options, nor lines of headers.");
	return ofOptions(evaluate(object, scope));
}

/** A file, or an object alone, with or without its braces. */
function parsed(text: string): { readonly program: Node; readonly code: string } {
	let problem: unknown;
	for (const code of [`(${text.replace(/;\s*$/, "")}\n)`, `({${text}\n})`, text]) {
		try {
			return { program: parseFile(code, "pasted.ts").program, code };
		} catch (error) {
			problem ??= error;
		}
	}
	throw new Unreadable(`The text is not JavaScript: ${problem instanceof Error ? problem.message : "unknown"}.`);
}

function soleObject(program: Node): Node | undefined {
	const [statement] = listAt(program, "body");
	const expression = bare(at(statement, "expression"));
	return expression?.type === "ObjectExpression" ? expression : undefined;
}

function scopeOf(text: string): Scope {
	return {
		text,
		names: new Map(),
		defaults: undefined,
		constantOf: () => undefined,
		originOf: () => undefined,
		exported: () => undefined,
		reading: new Set(),
		understood() {},
	};
}

function ofHelmet(calls: ReturnType<typeof helmetCalls>, scope: Scope, major: number | undefined): Input {
	try {
		const { options, notes, version, changes } = readHelmet(calls, scope, major);
		const plain = plainOptions(options);
		const code = `secureHeaders(${options.size === 0 ? "" : print(options, { indent: "\t", eol: "\n" })})`;
		return { ...plain, notes: [...notes, ...plain.notes], code, helmet: { version, changes } };
	} catch (error) {
		if (error instanceof NotUnderstood) throw new Unreadable(`The call of helmet cannot be translated: ${error.message}.`);
		throw error;
	}
}

function ofOptions(value: Value): Input {
	if (!isFields(value)) throw new Unreadable("The options cannot be read from this text alone. Write them as an object.");
	return plainOptions(value);
}

function plainOptions(fields: Fields): Extract<Input, { kind: "options" }> {
	const notes = new Set<string>();
	return { kind: "options", options: plainOf(fields, notes) as Readonly<Record<string, unknown>>, notes: [...notes] };
}

/** The value without what only an application knows. */
function plainOf(value: Value, notes: Set<string>): unknown {
	if (isChoice(value)) {
		notes.add(`${value.test}: counts as true here.`);
		return plainOf(value.yes, notes);
	}
	if (isCode(value)) return keywordOf(value.code) ?? leftOut(value.code, notes);
	if (isList(value)) return value.flatMap((entry) => plainOf(entry, notes) ?? []);
	if (!isFields(value)) return value;
	return Object.fromEntries([...value].flatMap(([key, field]) => [[key, plainOf(field, notes)]] as const).filter(([, field]) => field !== undefined));
}

function keywordOf(code: string): unknown {
	const [, name = ""] = /^csp\.(\w+)$/.exec(code) ?? [];
	const [, , text] = /^csp\.raw\(\s*(["'`])((?:(?!\1)[^\\$])+)\1\s*\)$/.exec(code) ?? [];
	if (text !== undefined) return csp.raw(text);
	return Object.hasOwn(KEYWORDS, name) ? Reflect.get(KEYWORDS, name) : undefined;
}

function leftOut(code: string, notes: Set<string>): undefined {
	const short = code.replace(/\s+/g, " ");
	notes.add(`${short.length > 60 ? `${short.slice(0, 60)}…` : short}: left out, because only your application knows its value.`);
	return undefined;
}
