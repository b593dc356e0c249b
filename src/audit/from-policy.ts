import { stripControls } from "../core/log.ts";
import { show } from "../core/text.ts";
import { DIRECTIVES, TOKENS } from "../csp/directives.ts";
import type { Source } from "../csp/grammar.ts";
import type { CspPolicies } from "../csp/model.ts";
import { classifySource } from "../csp/sources.ts";
import { CSP_KEYS, factsOf } from "../headers/facts.ts";
import { type CompiledPolicy, completeHeaders } from "../policy/compile.ts";
import type { Deployment, Exchange, Fields } from "./types.ts";

/** Replaces the nonce of a response. */
const SAMPLE = "c2FtcGxlLW9mLTE2LWJ5dGVz".slice(0, 22);

/** The response that a compiled policy makes on https. */
export function exchangeFrom(compiled: CompiledPolicy, name: string, deployment?: Deployment): Exchange {
	const headers = completeHeaders(compiled.policy);
	return {
		probe: "policy",
		method: "GET",
		url: name,
		status: 200,
		fields: headers.map((header) => [header.name, header.nonced?.join(SAMPLE) ?? header.text]),
		body: "",
		secure: true,
		onPurpose: onPurposeIn(compiled),
		deployment,
	};
}

/** The directives and words of a policy that this version does not know: only csp.raw and allowUnknownDirectives let them in. Undefined if there are none. */
export function onPurposeIn({ policy }: CompiledPolicy): ReadonlySet<string> | undefined {
	const models = CSP_KEYS.flatMap((key) => (policy.models.get(key) as CspPolicies | undefined)?.all ?? []);
	const found = models.flatMap((model) => [...model].flatMap(([name, words]) => (DIRECTIVES.has(name) ? unknownIn(name, words) : [name])));
	return found.length === 0 ? undefined : new Set(found.map(show));
}

function unknownIn(name: string, words: readonly Source[]): readonly string[] {
	const kind = DIRECTIVES.get(name)?.kind;
	// Of other lists, the audit only knows the tokens.
	const isKnown = (word: string): boolean => (kind === "tokens" ? TOKENS.get(name)?.includes(word) === true : classifySource(word).kind !== "invalid");
	return words.filter((word): word is string => typeof word === "string" && !isKnown(word));
}

/** Other headers that concern the security of a response and reveal nothing about its visitor. */
const PUBLIC =
	/^(?:x-[a-z-]*-(?:options|policy|policies|protection|control)|feature-policy|cross-origin-[a-z-]+|access-control-[a-z-]+|cache-control|clear-site-data|content-type|content-disposition|vary|set-cookie|server|x-powered-by|expect-ct|public-key-pins)$/i;

/** The headers that a report may show, with cookies without their values. */
export function publicFields({ fields }: Exchange): Fields {
	return fields
		.filter(([name]) => factsOf(name) !== undefined || PUBLIC.test(name))
		.map(([name, value]) => [name, stripControls(/^set-cookie$/i.test(name) ? publicCookie(value) : value)] as const);
}

/** Attributes whose values are not secret. Any other text in the line may be another cookie. */
const PLAIN = /^(?:secure|httponly|partitioned|path=[\w/.-]*|domain=[\w.-]*|max-age=-?\d*|samesite=\w*|priority=\w*|expires=\w{3,9},? [\w: -]*)$/i;

function publicCookie(line: string): string {
	const [pair = "", ...rest] = line.split(";");
	const name = pair.includes("=") ? `${pair.split("=", 1)[0]}=` : "";
	return [`${name}…`, ...rest.map((part) => (PLAIN.test(part.trim()) ? part.trim() : "…"))].join("; ");
}
