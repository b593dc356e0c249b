import { isRaw } from "../csp/grammar.ts";
import { NONCE } from "../csp/keywords.ts";
import { validateHeaderValue } from "../response/node.ts";
import type { Ask, HelmetHeader } from "./setting.ts";
import { type ContentSecurityPolicyOptions, dangerouslyDisableDefaultSrc } from "./types.ts";

/** The directives in helmet's order, which is their order in the header. */
export function getDefaultDirectives(): Record<string, string[]> {
	return {
		"default-src": ["'self'"],
		"base-uri": ["'self'"],
		"font-src": ["'self'", "https:", "data:"],
		"form-action": ["'self'"],
		"frame-ancestors": ["'self'"],
		"img-src": ["'self'", "data:"],
		"object-src": ["'none'"],
		"script-src": ["'self'"],
		"script-src-attr": ["'none'"],
		"style-src": ["'self'", "https:", "'unsafe-inline'"],
		"upgrade-insecure-requests": [],
	};
}

/** What helmet makes of these options. For a policy without functions, the text is made here. */
export function contentSecurityPolicySetting(options: Readonly<ContentSecurityPolicyOptions>): HelmetHeader {
	const name = options.reportOnly ? "Content-Security-Policy-Report-Only" : "Content-Security-Policy";
	const { directives, isPlain } = readDirectives(options);
	if (isPlain) {
		const text = plainText(directives);
		// Node refuses such a value each time it is set, so helmet's users see that error on every request.
		return isHeaderText(text) ? { name, text, ask: undefined } : { name, text: fixedText(directives), ask: () => checked(name, text) };
	}
	return { name, text: fixedText(directives), ask: askFor(name, directives) };
}

interface Directives {
	readonly directives: ReadonlyMap<string, readonly unknown[]>;
	/** Only arrays and Sets of strings, which helmet joins differently from everything else. */
	readonly isPlain: boolean;
}

function readDirectives({ useDefaults = true, directives: given = {} }: Readonly<ContentSecurityPolicyOptions>): Directives {
	const directives = new Map<string, readonly unknown[]>(useDefaults ? Object.entries(getDefaultDirectives()) : []);
	const seen = new Set<string>();
	let isPlain = true;
	let mayLackDefault = false;
	for (const [key, value] of Object.entries(given ?? {})) {
		const name = directiveName(key);
		if (seen.has(name)) throw new Error(`Content-Security-Policy received a duplicate directive ${JSON.stringify(name)}`);
		seen.add(name);
		if (value === null || value === dangerouslyDisableDefaultSrc) {
			checkDeleted(name, value);
			if (value !== null) mayLackDefault = true;
			directives.delete(name);
			continue;
		}
		const list = readList(name, value);
		directives.set(name, list);
		isPlain &&= isListOfStrings(value) && list.every((entry) => typeof entry === "string");
	}
	if (directives.size === 0) throw new Error("Content-Security-Policy has no directives. Either set some or disable the header");
	if (!mayLackDefault && !directives.has("default-src")) throw new Error(`Content-Security-Policy needs a default-src but none was provided. ${IF_YOU_WANT}`);
	return { directives, isPlain };
}

const IF_YOU_WANT = "If you really want to disable it, set it to `contentSecurityPolicy.dangerouslyDisableDefaultSrc`.";

function checkDeleted(name: string, value: null | typeof dangerouslyDisableDefaultSrc): void {
	if (value === null && name === "default-src") throw new Error(`Content-Security-Policy needs a default-src but it was set to \`null\`. ${IF_YOU_WANT}`);
	if (value !== null && name !== "default-src")
		throw new Error(`Content-Security-Policy: tried to disable ${JSON.stringify(name)} as if it were default-src; simply omit the key`);
}

function directiveName(key: string): string {
	if (!/^[a-z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(key)) throw new Error(`Content-Security-Policy received an invalid directive name ${JSON.stringify(key)}`);
	return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A copy: an iterator can only be read once, and later changes of the original must have no effect. */
function readList(name: string, given: unknown): readonly unknown[] {
	if (!given && given !== "") throw invalidValue(name);
	const directiveValue = (typeof given === "string" || nativeProblem(name, given) ? [given] : given) as Iterable<unknown>;
	const list: unknown[] = [];
	for (const entry of directiveValue) {
		const problem = typeof entry === "string" ? (valueProblem(name, entry) ?? entryProblem(name, entry)) : nativeProblem(name, entry);
		if (problem !== undefined) throw problem;
		list.push(entry);
	}
	return list;
}

function isListOfStrings(value: unknown): boolean {
	return typeof value === "string" || Array.isArray(value) || value instanceof Set;
}

function invalidValue(name: string): Error {
	return new Error(`Content-Security-Policy received an invalid directive value for ${JSON.stringify(name)}`);
}

/** What only secureHeaders() takes. helmet would write an object as `[object Object]`, which is not what anyone means. */
function nativeProblem(name: string, value: unknown): Error | undefined {
	if (value !== NONCE && !isRaw(value)) return undefined;
	return new Error(`${invalidValue(name).message}. Write text instead of csp.raw, and (req, res) => \`'nonce-\${res.locals.nonce}'\` instead of csp.nonce`);
}

function valueProblem(name: string, value: string): Error | undefined {
	return /[;,]/.test(value) ? invalidValue(name) : undefined;
}

const QUOTED: ReadonlySet<unknown> = new Set([
	"none",
	"self",
	"strict-dynamic",
	"report-sample",
	"inline-speculation-rules",
	"unsafe-inline",
	"unsafe-eval",
	"unsafe-hashes",
	"wasm-unsafe-eval",
]);

/** Also checks what a function returned, of any type. Other types throw here, with the same message as in helmet (hence the name). */
function entryProblem(name: string, directiveValueEntry: string): Error | undefined {
	const isBare =
		QUOTED.has(directiveValueEntry) ||
		directiveValueEntry.startsWith("nonce-") ||
		directiveValueEntry.startsWith("sha256-") ||
		directiveValueEntry.startsWith("sha384-") ||
		directiveValueEntry.startsWith("sha512-");
	if (!isBare) return undefined;
	const { message } = invalidValue(name);
	return new Error(`${message}. ${JSON.stringify(directiveValueEntry)} should be quoted`);
}

function plainText(directives: ReadonlyMap<string, readonly unknown[]>): string {
	return [...directives].map(([name, list]) => (list.join(" ") ? `${name} ${list.join(" ")}` : name)).join(";");
}

/** The policy that applies when a function fails. It never allows more than the complete one. A list that loses all its entries allows nothing. */
function fixedText(directives: ReadonlyMap<string, readonly unknown[]>): string {
	const fixed = [...directives].map(([name, list]) => [name, list.filter((entry) => typeof entry === "string" && isHeaderText(entry))] as const);
	return plainText(new Map(fixed));
}

function askFor(headerName: string, directives: ReadonlyMap<string, readonly unknown[]>): Ask {
	const lists = [...directives];
	return (req, res) => {
		let text = "";
		for (const [name, list] of lists) {
			const value = askList(name, list, req, res);
			if (value instanceof Error) return value;
			text += text === "" ? name + value : `;${name}${value}`;
		}
		return checked(headerName, text);
	};
}

function askList(name: string, list: readonly unknown[], ...request: Parameters<Ask>): string | Error {
	let value = "";
	for (const entry of list) {
		if (typeof entry !== "function") {
			value += ` ${entry}`;
			continue;
		}
		let answer: string;
		try {
			answer = entry(...request);
		} catch (error) {
			return error instanceof Error ? error : new Error(String(error));
		}
		const problem = nativeProblem(name, answer) ?? entryProblem(name, answer);
		if (problem !== undefined) return problem;
		value += ` ${answer}`;
	}
	return valueProblem(name, value) ?? value;
}

/** @throws {TypeError} Node's own, `ERR_INVALID_CHAR`. */
function checked(name: string, text: string): string {
	validateHeaderValue?.(name, text);
	return text;
}

function isHeaderText(text: string): boolean {
	try {
		validateHeaderValue?.("Content-Security-Policy", text);
		return true;
	} catch {
		return false;
	}
}
