import type { Code } from "../core/codes.ts";
import { type Issues, problem, received } from "../core/issue.ts";
import { camel } from "../core/text.ts";
import type { DirectiveName } from "./directives.ts";
import { at, DIRECTIVES } from "./directives.ts";
import { allowsInline, isWildcard, type Source } from "./grammar.ts";
import { NONCE } from "./keywords.ts";
import { type CspModel, effective, governor } from "./model.ts";

/** Warns about the weaknesses of a complete policy. */
export function warnWeak(model: CspModel, issues: Issues): void {
	for (const [name, code, text, expected] of REQUIRED) {
		if (effective(model, name) === undefined) at(issues, name).warn(problem(code, text, expected));
	}
	warnScripts(model, at(issues, "script-src"));
	for (const [name, code] of WILDCARDS) {
		const isObject = name === "object-src";
		const list = isObject ? effective(model, name) : model.get(name);
		const found = list?.find((word) => isWildcard(word) || (isObject && word === "data:"));
		if (found !== undefined)
			at(issues, name).warn(received(code, found, found === "data:" ? "which lets an attacker write the object" : "which allows any host", "the hosts"));
	}
	warnOneSided(model, issues);
	const sandbox = model.get("sandbox");
	if (sandbox?.includes("allow-scripts") && sandbox.includes("allow-same-origin"))
		at(issues, "sandbox").warn(
			problem("csp/sandbox-escape", "with allow-scripts and allow-same-origin, the page can remove its own sandbox", "only one of them"),
		);
}

/** A nonce for scripts alone or for styles alone, if inline code of the other kind is blocked. */
function warnOneSided(model: CspModel, issues: Issues): void {
	const sides = (["script-src", "style-src"] as const).map((name) => {
		const governing = governor(model, `${name}-elem`);
		// A slot in default-src would also allow scripts.
		return { name: governing === "default-src" ? name : (governing ?? name), list: model.get(governing ?? "") };
	});
	const without = sides.find(({ list }) => list !== undefined && !list.includes(NONCE));
	const slotted = sides.find(({ list }) => list?.includes(NONCE));
	if (without?.list === undefined || slotted === undefined) return;
	if (without.list.some((source) => typeof source === "function") || allowsInline(without.list, without.name)) return;
	const text = `only ${camel(slotted.name)} has a nonce slot, so elements with the nonce are blocked here`;
	at(issues, without.name).warn(problem("nonce/one-sided", text, `csp.nonce in ${camel(without.name)} too`));
}

/** Script lists have their own rule. In other fetch directives, a wildcard matters less. */
const WILDCARDS: readonly (readonly [DirectiveName, Code])[] = [
	["base-uri", "csp/base-uri-wildcard"],
	["form-action", "csp/form-action-wildcard"],
	["frame-ancestors", "csp/frame-ancestors-wildcard"],
	["object-src", "csp/object-wildcard"],
	...[...DIRECTIVES]
		.filter(([name, { kind }]) => kind === "sources" && !/^script-src|-attr$/.test(name) && !["base-uri", "form-action", "object-src"].includes(name))
		.map(([name]) => [name as DirectiveName, "csp/other-wildcard"] as const),
];

const REQUIRED: readonly (readonly [name: DirectiveName, code: Code, text: string, expected: string])[] = [
	["script-src", "csp/no-script-src", "scripts may come from anywhere without scriptSrc or defaultSrc", "defaultSrc: [csp.self]"],
	["object-src", "csp/no-object-src", "plugins may come from anywhere without objectSrc or defaultSrc", "defaultSrc: [csp.self]"],
	["base-uri", "csp/no-base-uri", "an injected <base> can redirect every relative URL", "baseUri: [csp.self]"],
	["form-action", "csp/no-form-action", "an injected form can send data anywhere", "formAction: [csp.self]"],
	["frame-ancestors", "csp/no-frame-ancestors", "only X-Frame-Options can restrict framing, and it cannot name sites", "frameAncestors: [csp.none]"],
];

function warnScripts(model: CspModel, issues: Issues): void {
	const scripts = effective(model, "script-src") ?? [];
	const inline = effective(model, "script-src-elem") ?? [];
	const warn = (code: Code, source: Source, consequence: string, expected?: string): void => issues.warn(received(code, source, consequence, expected));
	if (allowsInline(inline, "script-src-elem") || allowsInline(effective(model, "script-src-attr") ?? [], "script-src-attr"))
		warn("csp/script-unsafe-inline", "'unsafe-inline'", "which also runs injected scripts", "csp.nonce or csp.hash(…)");
	if (scripts.includes("'unsafe-eval'")) warn("csp/script-unsafe-eval", "'unsafe-eval'", "which runs strings as code", "csp.wasmUnsafeEval for WebAssembly");
	if (scripts.includes("'trusted-types-eval'"))
		warn("csp/trusted-types-eval", "'trusted-types-eval'", "with which Chromium 156 allowed eval of plain strings. Remove it.");
	const open = inline.includes("'strict-dynamic'") ? undefined : inline.find((source) => isWildcard(source) || OPEN_SCHEMES.has(source));
	if (open !== undefined) warn("csp/script-wildcard", open, "which lets an attacker choose the script", "the hosts, or csp.nonce and csp.strictDynamic");
}

const OPEN_SCHEMES: ReadonlySet<Source> = new Set(["data:", "blob:", "filesystem:"]);
