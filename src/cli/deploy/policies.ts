import type { Deployment } from "../../audit/types.ts";
import { reasonOf } from "../../core/errors.ts";
import type { PolicyIssue } from "../../core/issue.ts";
import { type CompiledPolicy, compiledOf } from "../../policy/compile.ts";
import { changeOf } from "../../policy/overlay.ts";
import { answeringName } from "./answering.ts";
import { covers, type Mounted, placeOf } from "./application.ts";
import { loosenedBy } from "./loosened.ts";

/** Whether a handler is a policy or an override. */
export function isPolicy({ handle }: Mounted): boolean {
	return compiledOf(handle) !== undefined;
}

/** A policy itself, not an override. */
export function isWholePolicy(handler: Mounted): boolean {
	return isPolicy(handler) && changeOf(handler.handle) === undefined;
}

/** The policy before any overrides. */
export function rootOf(policy: CompiledPolicy | undefined): unknown {
	return policy?.base ?? policy;
}

/** The policy of the responses of a handler, as the policies and overrides before it make it. Undefined if there is none. */
export function policyAt(handler: Mounted, policies: readonly Mounted[]): CompiledPolicy | undefined {
	let policy: CompiledPolicy | undefined;
	for (const one of policies) {
		if (one.index >= handler.index) break;
		if (!covers(one, handler)) continue;
		const result = policy === undefined || isWholePolicy(one) ? compiledOf(one.handle) : changed(policy, one);
		if (!(result instanceof Error)) policy = result;
	}
	return policy;
}

function changed(below: CompiledPolicy, { handle }: Mounted): CompiledPolicy | Error {
	try {
		return changeOf(handle)?.(below) ?? below;
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error));
	}
}

type Judged = Pick<Deployment, "weakerRoutes" | "replacedPolicies" | "unfitOverrides" | "foreignOverrides">;

/** What each policy and override does to the policy that is mounted for everything. */
export function judgePolicies(handlers: readonly Mounted[], base: CompiledPolicy): Judged {
	const policies = handlers.filter(isPolicy);
	const verdicts = policies.flatMap((policy) => verdictsOn(policy, policies, handlers, base));
	const textsOf = (kind: Verdict["kind"]): readonly string[] => unique(verdicts.filter((verdict) => verdict.kind === kind).map(({ text }) => text));
	const placesOf = (loosened: string): readonly string[] =>
		unique(verdicts.flatMap((verdict) => (verdict.kind === "weaker" && verdict.text === loosened ? [verdict.place] : [])));
	return {
		weakerRoutes: textsOf("weaker").map((text) => `${subject(placesOf(text))} ${text}`),
		replacedPolicies: textsOf("replaced"),
		unfitOverrides: textsOf("unfit"),
		foreignOverrides: textsOf("foreign"),
	};
}

/** What is said of one policy or override. */
type Verdict =
	| { readonly kind: "replaced" | "unfit" | "foreign"; readonly text: string }
	| { readonly kind: "weaker"; readonly text: string; readonly place: string };

function verdictsOn(handler: Mounted, policies: readonly Mounted[], handlers: readonly Mounted[], base: CompiledPolicy): readonly Verdict[] {
	const own = compiledOf(handler.handle);
	if (own === undefined) return [];
	const place = placeOf(handler);
	const what = isWholePolicy(handler) ? "policy" : "override";
	if (isReplacedLater(handler, policies, handlers))
		return [{ kind: "replaced", text: `the ${what} for ${place} has no effect, because the policy is mounted after it. Mount it after the policy` }];
	const below = policyAt(handler, policies);
	if (isWholePolicy(handler) && below !== undefined) return below === own ? [] : [{ kind: "replaced", text: mountedAgain(handler, loosenedBy(own, base)) }];
	const result = below === undefined ? own : changed(below, handler);
	if (result instanceof Error)
		return [{ kind: "unfit", text: `the override for ${place} does not fit the policy that it changes, so it has no effect: ${sentenceOf(result)}` }];
	const isForeign = below !== undefined && rootOf(below) !== rootOf(own);
	const text = loosenedBy(result, base, below);
	return [...(isForeign ? [{ kind: "foreign", text: place } as const] : []), ...(text === "" ? [] : [{ kind: "weaker", text, place } as const])];
}

/** The first issue of a refused patch. The application may use another copy of the library. */
function sentenceOf(error: Error): string {
	const issues: unknown = Reflect.get(error, "issues");
	const [issue] = Array.isArray(issues) ? (issues as readonly PolicyIssue[]) : [];
	return issue === undefined ? `${reasonOf(error)}.` : `${issue.path}: ${issue.message}`;
}

/** Whether a later policy replaces this one, or an override, before a response has it. */
function isReplacedLater(handler: Mounted, policies: readonly Mounted[], handlers: readonly Mounted[]): boolean {
	const successor = handler.isRoute ? undefined : policies.find((one) => one.index > handler.index && isWholePolicy(one) && covers(one, handler));
	if (successor === undefined || compiledOf(successor.handle) === compiledOf(handler.handle)) return false;
	// Two policies for the same requests: the second one is reported.
	if (isWholePolicy(handler) && covers(handler, successor)) return false;
	// A function under the same path may answer too.
	const mayAnswer = (one: Mounted): boolean => answeringName(one) !== undefined || (!handler.isEverywhere && !isPolicy(one));
	return !handlers.slice(handler.index + 1, successor.index).some((one) => covers(handler, one) && mayAnswer(one));
}

function mountedAgain(handler: Mounted, loosened: string): string {
	const effect = loosened === "" ? "" : `. It ${loosened}`;
	const fix = handler.isEverywhere ? "Keep one of them" : "Write headers.extend({ … }) or headers.replace({ … }) there";
	return `secureHeaders() is mounted again for ${placeOf(handler)}, where it replaces the policy${effect}. ${fix}`;
}

const SHOWN = 5;

function subject(places: readonly string[]): string {
	const [first = "", ...more] = places;
	if (more.length === 0) return first;
	const shown = places.slice(0, SHOWN);
	return places.length > SHOWN
		? `each of ${shown.join(", ")} and ${places.length - SHOWN} more`
		: `each of ${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

export function unique(texts: readonly string[]): readonly string[] {
	return [...new Set(texts)];
}
