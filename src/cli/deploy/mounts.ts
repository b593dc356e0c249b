import type { Deployment } from "../../audit/types.ts";
import { type CompiledPolicy, compiledOf } from "../../policy/compile.ts";
import { answeringName, isErrorHandler, isParser, unknownName } from "./answering.ts";
import { covers, type Mounted, placeOf } from "./application.ts";
import { otherHeadersOf } from "./other-headers.ts";
import { isPolicy, isWholePolicy, judgePolicies, policyAt, rootOf, unique } from "./policies.ts";

type Mounts = Omit<Deployment, "nodeEnv" | "trustProxy" | "hasPoweredBy" | "redirectsToHttps" | "isServerProtected" | "hasUnusedNonce">;

/** The first policy that every request passes. */
export function mainPolicyOf(handlers: readonly Mounted[]): Mounted | undefined {
	return handlers.find((handler) => handler.isEverywhere && isPolicy(handler));
}

/** What the order of the handlers of an application makes of its policy. */
export function mountsOf(handlers: readonly Mounted[], compiled: CompiledPolicy): Mounts {
	const main = mainPolicyOf(handlers);
	const mounted = compiledOf(main?.handle);
	const isMounted = rootOf(mounted) === rootOf(compiled);
	const base = mounted === undefined || isMounted ? compiled : mounted;
	const ours = handlers.filter(({ handle }) => isPolicyOf(handle, compiled));
	return {
		isMounted,
		mountedBefore: main === undefined ? [] : unprotected(handlers, main, base),
		mountedAt: main === undefined ? unique(ours.map(placeOf)) : [],
		...judgePolicies(handlers, base),
		...otherHeaders(handlers, base),
		missedErrors: missedErrors(handlers),
	};
}

function isPolicyOf(handle: unknown, compiled: CompiledPolicy): boolean {
	return rootOf(compiledOf(handle)) === rootOf(compiled);
}

/** The handlers before the policy that answer without it. The policy may be mounted for them alone. */
function unprotected(handlers: readonly Mounted[], main: Mounted, base: CompiledPolicy): readonly string[] {
	const before = handlers.slice(0, main.index);
	const policies = before.filter(isPolicy);
	const hasErrorHandler = handlers.some((handler) => handler.index > main.index && isErrorHandler(handler) && handler.isEverywhere);
	const isHarmless = (handler: Mounted): boolean => (isParser(handler) && hasErrorHandler) || policyAt(handler, policies) !== undefined;
	const nameOf = (handler: Mounted): string | undefined =>
		answeringName(handler) ?? (otherHeadersOf(handler.handle, base) === undefined ? unknownName(handler) : undefined);
	return unique(before.flatMap((handler) => (isHarmless(handler) ? [] : (nameOf(handler) ?? []))));
}

/** Middleware that sets headers too: after the policy, its values win. Before it, they are replaced. */
function otherHeaders(handlers: readonly Mounted[], base: CompiledPolicy): Pick<Mounts, "replacedHeaders" | "redundantHeaders"> {
	const policies = handlers.filter(isPolicy);
	const [replacedHeaders, redundantHeaders]: [string[], string[]] = [[], []];
	for (const handler of handlers) {
		// Most handlers are of no library, and need not be placed.
		if (otherHeadersOf(handler.handle, base) === undefined) continue;
		const policy = policyAt(handler, policies);
		const other = otherHeadersOf(handler.handle, policy ?? base);
		if (other === undefined) continue;
		const subject = `${other.name} for ${placeOf(handler)} is mounted`;
		if (policy !== undefined) replacedHeaders.push(`${subject} after the policy and replaces its ${namesOf(other.headers)}`);
		else if (!handler.isRoute && policies.some((one) => one.index > handler.index && isWholePolicy(one) && covers(one, handler)))
			redundantHeaders.push(`${subject} before the policy, which replaces its ${namesOf(other.headers)}`);
	}
	return { replacedHeaders, redundantHeaders };
}

function namesOf([first = "", second, ...more]: readonly string[]): string {
	if (second === undefined) return first;
	return `${first} and ${more.length === 0 ? second : `${more.length + 1} more`}`;
}

/** What is mounted after the error handler of the policy: its errors do not pass it. */
function missedErrors(handlers: readonly Mounted[]): readonly string[] {
	const errorHandlers = handlers.filter(isErrorHandler);
	const isMissed = (handler: Mounted): boolean => {
		const reached = errorHandlers.filter((one) => covers(one, handler));
		return reached.length > 0 && reached.every(({ index }) => index < handler.index);
	};
	return unique(handlers.flatMap((handler) => (isMissed(handler) ? (answeringName(handler) ?? []) : [])));
}
