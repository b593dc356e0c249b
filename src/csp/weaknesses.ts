import type { Code } from "../core/codes.ts";
import type { Issues } from "../core/issue.ts";
import { camel, kebab } from "../core/text.ts";
import type { DirectiveName } from "./directives.ts";
import { DIRECTIVES } from "./directives.ts";
import { allowsInline, isWildcard, type Source } from "./grammar.ts";
import { NONCE } from "./keywords.ts";
import { type CspModel, effective, governor } from "./model.ts";

/** Warns of what is legal and weak in a finished policy. */
export function warnWeak(model: CspModel, issues: Issues): void {
	warnMissing(model, issues);
	warnScripts(model, issues);
	for (const [name, code] of WILDCARDS) {
		const isObject = name === "object-src";
		const list = isObject ? effective(model, name) : model.get(name);
		const found = list?.find((word) => isWildcard(word) || (isObject && word === "data:"));
		if (found !== undefined)
			issues.at(camel(name)).warn(code, `${String(found)} lets ${found === "data:" ? "anybody write the object" : "any host through"}. Name the hosts.`);
	}
	warnOneSided(model, issues);
	const sandbox = model.get("sandbox");
	if (sandbox?.includes("allow-scripts") && sandbox.includes("allow-same-origin")) {
		issues.at("sandbox").warn("csp/sandbox-escape", "allow-scripts with allow-same-origin lets the page remove its own sandbox. Leave one of the two out.");
	}
}

/** A nonce for scripts alone or for styles alone, where inline code of the other kind is blocked. */
function warnOneSided(model: CspModel, issues: Issues): void {
	const sides = (["script-src", "style-src"] as const).map((name) => {
		const governing = governor(model, `${name}-elem`);
		// A slot in default-src would also let scripts in.
		return { name: camel(governing === "default-src" ? name : (governing ?? name)), list: model.get(governing ?? "") };
	});
	const without = sides.find(({ list }) => list !== undefined && !list.includes(NONCE));
	const slotted = sides.find(({ list }) => list?.includes(NONCE));
	if (without?.list === undefined || slotted === undefined) return;
	if (without.list.some((source) => typeof source === "function") || allowsInline(without.list, kebab(without.name))) return;
	issues
		.at(without.name)
		.warn("nonce/one-sided", `only ${slotted.name} has a nonce slot, so elements with the nonce are blocked here. Add csp.nonce to ${without.name}.`);
}

/** Script lists have a rule of their own; in other fetch directives a wildcard is a smaller matter. */
const WILDCARDS: readonly (readonly [DirectiveName, Code])[] = [
	["base-uri", "csp/base-uri-wildcard"],
	["form-action", "csp/form-action-wildcard"],
	["frame-ancestors", "csp/frame-ancestors-wildcard"],
	["object-src", "csp/object-wildcard"],
	...[...DIRECTIVES]
		.filter(([name, { kind }]) => kind === "sources" && !name.startsWith("script-src") && !["base-uri", "form-action", "object-src"].includes(name))
		.map(([name]) => [name as DirectiveName, "csp/other-wildcard"] as const),
];

const REQUIRED: readonly (readonly [DirectiveName, Code, string])[] = [
	["script-src", "csp/no-script-src", "scripts may come from anywhere; neither scriptSrc nor defaultSrc is set. Write defaultSrc: [csp.self]."],
	["object-src", "csp/no-object-src", "plugins may come from anywhere. Write objectSrc: [csp.none]."],
	["base-uri", "csp/no-base-uri", "an injected <base> moves every relative URL, and no other directive covers it. Write baseUri: [csp.self]."],
	["form-action", "csp/no-form-action", "an injected form may post anywhere, and no other directive covers it. Write formAction: [csp.self]."],
	["frame-ancestors", "csp/no-frame-ancestors", "any site may frame the page, and no other directive covers it. Write frameAncestors: [csp.none]."],
];

function warnMissing(model: CspModel, issues: Issues): void {
	for (const [name, code, message] of REQUIRED) {
		if (effective(model, name) === undefined) issues.at(camel(name)).warn(code, message);
	}
}

function warnScripts(model: CspModel, issues: Issues): void {
	const scripts = effective(model, "script-src") ?? [];
	const inline = effective(model, "script-src-elem") ?? [];
	const at = issues.at("scriptSrc");
	const strict = (list: readonly Source[]): boolean => list.includes("'strict-dynamic'");
	if (allowsInline(inline, "script-src-elem") || allowsInline(effective(model, "script-src-attr") ?? [], "script-src-attr")) {
		at.warn("csp/script-unsafe-inline", "'unsafe-inline' runs injected scripts as well. Write csp.nonce or csp.hash(…) instead.");
	}
	if (scripts.includes("'unsafe-eval'"))
		at.warn("csp/script-unsafe-eval", "'unsafe-eval' runs strings as code. Leave it out, or use csp.wasmUnsafeEval when only WebAssembly needs it.");
	if (scripts.includes("'trusted-types-eval'"))
		at.warn("csp/trusted-types-eval", "Chromium 156 let plain strings through eval with this keyword. Leave it out.");
	const open = strict(inline) ? undefined : inline.find((source) => isWildcard(source) || OPEN_SCHEMES.has(source));
	if (open !== undefined)
		at.warn("csp/script-wildcard", `${String(open)} lets an attacker choose the script. Name the hosts, or use csp.nonce with csp.strictDynamic.`);
}

const OPEN_SCHEMES: ReadonlySet<Source> = new Set(["data:", "blob:", "filesystem:"]);
