import { CODES, type Code } from "../../core/codes.ts";
import { createIssueList } from "../../core/issue.ts";
import { kebab, show } from "../../core/text.ts";
import { DIRECTIVES } from "../../csp/directives.ts";
import { isNonceOrHash, type Source } from "../../csp/grammar.ts";
import { KEYWORDS } from "../../csp/keywords.ts";
import { type CspModel, effective, FRAMEWORK_POLICY } from "../../csp/model.ts";
import { parse } from "../../csp/serialize.ts";
import { warnWeak } from "../../csp/weaknesses.ts";
import { readDirectives } from "../../headers/content-security-policy/read.ts";
import { CSP, policyTexts, REPORT_ONLY } from "../csp-of.ts";
import { remembered } from "../memoize.ts";
import { isAnswer, isDocument, mdn, type Rule, rule, type Seen, type Severity, valuesOf } from "../types.ts";

interface Problem {
	readonly code: Code;
	readonly message: string;
}

/** What headguard itself says of a policy that is written like this. */
const problemsOf = remembered((text: string): readonly Problem[] => {
	const { errors, warnings, reporter } = createIssueList();
	// A nonce in a response is what a slot is in a policy.
	const slotted = (word: Source): unknown => (typeof word === "string" && /^'nonce-[^']+'$/i.test(word) ? KEYWORDS.nonce : word);
	const given = new Map([...parse(text)].map(([name, words]) => [name, optionOf(name, words.map(slotted))]));
	readDirectives(given, reporter, false);
	// A list with a mistake in it is judged by what browsers make of the rest.
	warnWeak(plainly(text), reporter);
	return [...errors, ...warnings].map(({ code, path, message }) => ({ code, message: `${directiveOf(path)}: ${message}` }));
}, 50);

/** As browsers compare it: in lower case, but for nonces and hashes. */
function plainly(text: string): CspModel {
	return new Map([...parse(text)].map(([name, words]) => [name, words.map((word) => (isNonceOrHash(word) ? word : String(word).toLowerCase()))]));
}

/** `scriptSrc[0]` and `["script-src"][0]` are both script-src. */
function directiveOf(path: string): string {
	return kebab(/\w[\w-]*/.exec(path)?.[0] ?? "");
}

/** A list in a header as an option has it. */
function optionOf(name: string, words: readonly unknown[]): unknown {
	const kind = DIRECTIVES.get(name)?.kind;
	if (kind === "flag") return words.length === 0 ? true : words;
	return kind === "endpoint" && words.length === 1 ? words[0] : words;
}

/** Problems that headguard would refuse or warn of, by their codes. */
const FROM_POLICY: readonly (readonly [Code, Severity])[] = [
	["csp/unknown-directive", "warning"],
	["csp/obsolete-directive", "warning"],
	["csp/unquoted-keyword", "error"],
	["csp/wrong-quotes", "error"],
	["csp/invalid-keyword", "error"],
	["csp/keyword-no-effect", "note"],
	["csp/none-not-alone", "error"],
	["csp/invalid-source", "error"],
	["csp/scheme-without-colon", "error"],
	["csp/invalid-token", "warning"],
	["csp/hash-length", "error"],
	["csp/strict-dynamic-alone", "error"],
	["csp/script-unsafe-inline", "error"],
	["csp/script-unsafe-eval", "warning"],
	["csp/script-wildcard", "error"],
	["csp/trusted-types-eval", "warning"],
	["csp/object-wildcard", "error"],
	["csp/base-uri-wildcard", "error"],
	["csp/form-action-wildcard", "warning"],
	["csp/frame-ancestors-wildcard", "error"],
	["csp/http-source", "error"],
	["csp/local-or-ip-source", "warning"],
	["csp/no-script-src", "error"],
	["csp/no-object-src", "error"],
	["csp/no-form-action", "warning"],
	["csp/no-frame-ancestors", "warning"],
	["csp/sandbox-escape", "warning"],
];

/** A rule on each policy; what one of several policies enforces, is enforced. */
export function onPolicies(id: string, severity: Severity, summary: string, check: (model: CspModel, text: string, seen: Seen) => string | undefined): Rule {
	return {
		id,
		header: CSP,
		severity,
		summary,
		link: mdn(CSP),
		check(seen) {
			// The framework's own policy on its error pages has a rule of its own.
			if (!isDocument(seen) || (!isAnswer(seen) && policyTexts(seen).join() === FRAMEWORK_POLICY)) return [];
			const messages = policyTexts(seen).map((text) => check(plainly(text), text, seen));
			return messages.length > 0 && messages.every((message) => message !== undefined) ? messages.slice(0, 1) : [];
		},
	};
}

const own = (id: string, severity: Severity, summary: string, check: Rule["check"]): Rule => ({ ...rule(CSP, id, severity, summary, () => undefined), check });

/** A comma in a value ends the policy: what follows begins with a word that is no directive. */
function commaIn(seen: Seen): string | undefined {
	const parts = valuesOf(seen, CSP).flatMap((value) => value.split(",").slice(1));
	return parts
		.map((part) => part.trim())
		.find((part) => part !== "" && !DIRECTIVES.has(part.split(/[\s;]/, 1)[0]?.toLowerCase() ?? "") && !/^[a-z-]+-src\b/i.test(part));
}

export const cspRules: readonly Rule[] = [
	own("csp/missing", "error", "A document without a policy that is enforced.", (seen) =>
		isDocument(seen) && isAnswer(seen) && policyTexts(seen).length === 0 && policyTexts(seen, REPORT_ONLY).length === 0
			? ["absent on a document, so injected scripts run. Send default-src 'self' and what the page needs."]
			: [],
	),
	own("csp/report-only-only", "error", "The only policy is one that blocks nothing.", (seen) =>
		isDocument(seen) && isAnswer(seen) && policyTexts(seen).length === 0 && policyTexts(seen, REPORT_ONLY).length > 0
			? [`only ${REPORT_ONLY} is sent, which blocks nothing. Enforce it when its reports are quiet.`]
			: [],
	),
	own("csp/empty", "error", CODES["csp/empty"], (seen) =>
		policyTexts(seen).some((text) => parse(text).size === 0) ? ["a policy is empty and protects nothing. Send default-src 'self', or one policy less."] : [],
	),
	own("csp/duplicate-directive", "error", CODES["csp/duplicate-directive"], (seen) =>
		policyTexts(seen).flatMap((text) => {
			const names = text.split(";").flatMap((part) => /^\s*(\S+)/.exec(part)?.[1]?.toLowerCase() ?? []);
			const twice = names.find((name, i) => names.indexOf(name) !== i);
			return twice === undefined ? [] : [`${show(twice)} stands twice; browsers ignore the second. Write one list.`];
		}),
	),
	own("csp/non-ascii", "error", CODES["csp/non-ascii"], (seen) =>
		policyTexts(seen).some((text) => /[^\t\x20-\x7e]/.test(text))
			? ["a byte outside visible ASCII makes browsers drop its directive. Write hosts in punycode, paths percent-encoded."]
			: [],
	),
	own("csp/comma-in-value", "error", "A comma among sources ends the policy, and begins another one.", (seen) => {
		const rest = commaIn(seen);
		return rest === undefined ? [] : [`a comma ends the policy before ${show(rest.slice(0, 60))}. Put spaces between sources.`];
	}),
	own("csp/directive-colon", "error", "A directive name ends with a colon, so browsers do not know it.", (seen) =>
		policyTexts(seen).flatMap((text) => {
			const name = [...parse(text).keys()].find((one) => one.endsWith(":") && DIRECTIVES.has(one.slice(0, -1)));
			return name === undefined ? [] : [`${show(name)} ends with a colon, so browsers ignore the directive. Write ${name.slice(0, -1)}.`];
		}),
	),
	own("csp/missing-semicolon", "error", "A directive name stands among sources: a semicolon is missing.", (seen) =>
		policyTexts(seen).flatMap((text) =>
			[...parse(text)].flatMap(([name, words]) => {
				const found = words.find((word) => DIRECTIVES.has(String(word).toLowerCase()) && name !== "trusted-types");
				return found === undefined ? [] : [`${name} holds ${show(found)}, which is a directive. Put a semicolon before it.`];
			}),
		),
	),
	...FROM_POLICY.map(([code, severity]) =>
		onPolicies(code, severity, CODES[code], (_model, text) => problemsOf(text).find((problem) => problem.code === code)?.message),
	),
	onPolicies("csp/other-wildcard", "warning", CODES["csp/other-wildcard"], (_model, text) => {
		// A scheme alone is open as well, but not to attackers on the wire, and common for images and fonts.
		return problemsOf(text).find(({ code, message }) => code === "csp/other-wildcard" && /: (?:\*|http:)/.test(message))?.message;
	}),
	onPolicies("csp/no-base-uri", "warning", CODES["csp/no-base-uri"], (model) =>
		model.has("base-uri") || runsMarkedScripts(model)
			? undefined
			: "base-uri is absent, so an injected <base> moves every relative URL. Write base-uri 'self'.",
	),
	onPolicies("csp/no-base-uri-with-nonce", "error", "base-uri is absent where nonces or hashes choose the scripts: an injected <base> moves them.", (model) =>
		!model.has("base-uri") && runsMarkedScripts(model)
			? "base-uri is absent, so an injected <base> moves scripts that carry the nonce. Write base-uri 'self'."
			: undefined,
	),
	own("csp/legacy-header", "warning", "X-Content-Security-Policy and X-WebKit-CSP are read by no browser.", (seen) =>
		["X-Content-Security-Policy", "X-WebKit-CSP"]
			.filter((name) => valuesOf(seen, name).length > 0)
			.map((name) => `${name} is read by no browser. Send ${CSP}.`),
	),
];

function runsMarkedScripts(model: CspModel): boolean {
	return (effective(model, "script-src") ?? []).some(isNonceOrHash);
}

/** A policy that allows no script at all, as that of an API. */
export function isClosed(model: CspModel): boolean {
	return effective(model, "script-src")?.join() === "'none'";
}

/** The nonces of a policy, by their text. */
export function noncesOf(seen: Seen): readonly string[] {
	return policyTexts(seen).flatMap((text) => [...text.matchAll(/'nonce-([^']*)'/g)].map(([, nonce = ""]) => nonce));
}
