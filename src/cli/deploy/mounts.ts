import type { Deployment } from "../../audit/types.ts";
import { reasonOf } from "../../core/errors.ts";
import type { PolicyIssue } from "../../core/issue.ts";
import { type CompiledPolicy, compiledOf } from "../../policy/compile.ts";
import { changeOf } from "../../policy/overlay.ts";
import { answeringName, isErrorHandler, isParser } from "./answering.ts";
import { covers, type Mounted, placeOf } from "./application.ts";
import { loosenedBy } from "./loosened.ts";
import { otherHeadersOf } from "./other-headers.ts";

type Mounts = Pick<
	Deployment,
	| "mountedBefore"
	| "mountedAt"
	| "weakerRoutes"
	| "replacedPolicies"
	| "unfitOverrides"
	| "foreignOverrides"
	| "replacedHeaders"
	| "redundantHeaders"
	| "missedErrors"
>;

/** Whether a handler is a policy that every request passes. */
export function isMainPolicy({ handle, isEverywhere }: Mounted): boolean {
	return isEverywhere && compiledOf(handle) !== undefined;
}

/** The policy before any overrides. */
export function rootOf(policy: CompiledPolicy | Mounted | undefined): unknown {
	const compiled = policy !== undefined && "handle" in policy ? compiledOf(policy.handle) : policy;
	return compiled?.base ?? compiled;
}

/** What the order of the handlers of an application makes of its policy. */
export function mountsOf(handlers: readonly Mounted[], compiled: CompiledPolicy): Mounts {
	const main = handlers.findIndex(isMainPolicy);
	const mounted = compiledOf(handlers[main]?.handle);
	const base = mounted !== undefined && rootOf(mounted) !== rootOf(compiled) ? mounted : compiled;
	const overrides = judgePolicies(handlers, base);
	const others = handlers.flatMap((handler, index) => otherHeadersAt(handler, index, handlers, base));
	return {
		mountedBefore: main === -1 ? [] : unprotected(handlers, main),
		mountedAt: main === -1 ? unique(handlers.filter((handler) => rootOf(handler) === rootOf(compiled)).map(placeOf)) : [],
		...overrides,
		replacedHeaders: others.filter(({ isAfter }) => isAfter).map(({ text }) => text),
		redundantHeaders: others.filter(({ isAfter }) => !isAfter).map(({ text }) => text),
		missedErrors: missedErrors(handlers),
	};
}

/** The handlers before the policy that answer without it. The policy may be mounted for them alone. */
function unprotected(handlers: readonly Mounted[], main: number): readonly string[] {
	const before = handlers.slice(0, main).filter((handler, index) => !handlers.slice(0, index).some((one) => isPolicy(one) && covers(one, handler)));
	const hasErrorHandler = handlers.some((handler, index) => index > main && isErrorHandler(handler) && handler.isEverywhere);
	return unique(before.flatMap((handler) => (isParser(handler) && hasErrorHandler ? [] : (answeringName(handler) ?? []))));
}

function isPolicy({ handle }: Mounted): boolean {
	return compiledOf(handle) !== undefined;
}

/** A policy itself, not an override. */
function isWholePolicy(handler: Mounted): boolean {
	return isPolicy(handler) && changeOf(handler.handle) === undefined;
}

/** The policy of the responses of a handler, as the handlers before it make it. Undefined if there is none. */
function policyAt(handler: Mounted, before: readonly Mounted[]): CompiledPolicy | undefined {
	return before
		.filter((one) => isPolicy(one) && covers(one, handler))
		.reduce<CompiledPolicy | undefined>((below, one) => {
			if (below === undefined || isWholePolicy(one)) return compiledOf(one.handle);
			const result = changed(below, one);
			return result instanceof Error ? below : result;
		}, undefined);
}

/** What is said of one policy or override. */
type Verdict =
	| { readonly kind: "replaced" | "unfit" | "foreign"; readonly text: string }
	| { readonly kind: "weaker"; readonly text: string; readonly place: string };

function judgePolicies(
	handlers: readonly Mounted[],
	base: CompiledPolicy,
): Pick<Mounts, "weakerRoutes" | "replacedPolicies" | "unfitOverrides" | "foreignOverrides"> {
	const verdicts = handlers.flatMap((handler, index) => verdictsOn(handler, handlers.slice(0, index), handlers.slice(index + 1), base));
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

function verdictsOn(handler: Mounted, before: readonly Mounted[], after: readonly Mounted[], base: CompiledPolicy): readonly Verdict[] {
	const own = compiledOf(handler.handle);
	if (own === undefined) return [];
	const place = placeOf(handler);
	const what = isWholePolicy(handler) ? "policy" : "override";
	if (isReplacedLater(handler, after))
		return [{ kind: "replaced", text: `the ${what} for ${place} has no effect, because the policy is mounted after it. Mount it after the policy` }];
	const below = policyAt(handler, before);
	if (isWholePolicy(handler) && below !== undefined) return below === own ? [] : [{ kind: "replaced", text: mountedAgain(handler, loosenedBy(own, base)) }];
	const result = below === undefined ? own : changed(below, handler);
	if (result instanceof Error)
		return [{ kind: "unfit", text: `the override for ${place} does not fit the policy that it changes, so it has no effect: ${sentenceOf(result)}` }];
	const isForeign = below !== undefined && rootOf(below) !== rootOf(own);
	const text = loosenedBy(result, base, below);
	return [...(isForeign ? [{ kind: "foreign", text: place } as const] : []), ...(text === "" ? [] : [{ kind: "weaker", text, place } as const])];
}

function changed(below: CompiledPolicy, { handle }: Mounted): CompiledPolicy | Error {
	try {
		return changeOf(handle)?.(below) ?? below;
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error));
	}
}

/** The first issue of a refused patch. The application may use another copy of the library. */
function sentenceOf(error: Error): string {
	const issues: unknown = Reflect.get(error, "issues");
	const [issue] = Array.isArray(issues) ? (issues as readonly PolicyIssue[]) : [];
	return issue === undefined ? `${reasonOf(error)}.` : `${issue.path}: ${issue.message}`;
}

/** Whether a policy takes the place of another one, or of an override, before a response had it. */
function isReplacedLater(handler: Mounted, after: readonly Mounted[]): boolean {
	const later = after.findIndex((one) => isWholePolicy(one) && covers(one, handler));
	const successor = after[later];
	if (successor === undefined || handler.isRoute || compiledOf(successor.handle) === compiledOf(handler.handle)) return false;
	// Two policies for the same requests: the second one is reported.
	if (isWholePolicy(handler) && covers(handler, successor)) return false;
	// A function under the same path may answer too.
	const mayAnswer = (one: Mounted): boolean => answeringName(one) !== undefined || (!handler.isEverywhere && !isPolicy(one));
	return !after.slice(0, later).some((one) => covers(handler, one) && mayAnswer(one));
}

function mountedAgain(handler: Mounted, loosened: string): string {
	const effect = loosened === "" ? "" : `. It ${loosened}`;
	const fix = handler.isEverywhere ? "Keep one of them" : "Write headers.extend({ … }) or headers.replace({ … }) there";
	return `secureHeaders() is mounted again for ${placeOf(handler)}, where it replaces the policy${effect}. ${fix}`;
}

interface OtherHeadersText {
	readonly isAfter: boolean;
	readonly text: string;
}

/** Middleware that sets headers too: after the policy, its values win. Before it, they are replaced. */
function otherHeadersAt(handler: Mounted, index: number, handlers: readonly Mounted[], base: CompiledPolicy): readonly OtherHeadersText[] {
	const before = handlers.slice(0, index);
	const policy = policyAt(handler, before);
	const other = otherHeadersOf(handler.handle, policy ?? base);
	if (other === undefined) return [];
	const [first = "", second, ...rest] = other.headers;
	const names = [first, ...(second === undefined ? [] : rest.length === 0 ? [second] : [`${rest.length + 1} more`])].join(" and ");
	if (policy !== undefined) return [{ isAfter: true, text: `${other.name} for ${placeOf(handler)} is mounted after the policy and replaces its ${names}` }];
	const isReplaced = !handler.isRoute && handlers.slice(index + 1).some((one) => isWholePolicy(one) && covers(one, handler));
	return isReplaced ? [{ isAfter: false, text: `${other.name} for ${placeOf(handler)} is mounted before the policy, which replaces its ${names}` }] : [];
}

/** What is mounted after the error handler of the policy: its errors do not pass it. */
function missedErrors(handlers: readonly Mounted[]): readonly string[] {
	const passes = (handler: Mounted, among: readonly Mounted[]): boolean => among.some((one) => isErrorHandler(one) && covers(one, handler));
	return unique(
		handlers.flatMap((handler, index) =>
			passes(handler, handlers.slice(0, index)) && !passes(handler, handlers.slice(index + 1)) ? (answeringName(handler) ?? []) : [],
		),
	);
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

function unique(texts: readonly string[]): readonly string[] {
	return [...new Set(texts)];
}
