import { DIRECTIVES, type DirectiveName } from "./directives.ts";
import { noncesIn, type Source } from "./grammar.ts";
import { NONCE } from "./keywords.ts";
import { type CspModel, governor, hasNonceSlot, withoutNonce } from "./model.ts";
import { parse, serialize } from "./serialize.ts";

/**
 * The policy of the application, with our directives that it neither has nor governs by a fallback. The result never allows more. Our slots receive
 * the nonces of both policies. Our additional policies stay whole.
 */
export function complete(text: string, ours: readonly CspModel[], nonce: string | undefined): string {
	const [theirs = "", ...more] = text.split(",").map((policy) => policy.trim());
	const all = [theirs, ...more].map(parse);
	const nonces = [...new Set([...(nonce === undefined ? [] : [`'nonce-${nonce}'`]), ...noncesIn(text)])];
	const [first = new Map(), ...also] = ours.map((model) => filled(model, nonces));
	const missing = missingIn(all, first);
	const others = also.filter((model) => missingIn(all, model).size > 0);
	if (missing.size === 0 && others.length === 0) return text;
	const completed = [withoutEnd(theirs), serialize(missing)].filter((part) => part !== "").join("; ");
	return [completed, ...more, ...others.map(serialize)].filter((policy) => policy !== "").join(", ");
}

/** Without the separators at its end. A pattern takes quadratic time for separators further inside. */
function withoutEnd(policy: string): string {
	let end = policy.length;
	while (end > 0 && /[;\s]/.test(policy[end - 1] as string)) end--;
	return policy.slice(0, end);
}

/** The directives of our policy that no other policy has or governs by a fallback. */
function missingIn(theirs: readonly CspModel[], ours: CspModel): CspModel {
	const isReported = theirs.some((model) => model.has("report-uri") || model.has("report-to"));
	const isMissing = (name: string): boolean => {
		// One way of reporting silences the other.
		if (name === "report-uri" || name === "report-to") return !isReported;
		return theirs.every((model) => governor(model, name as DirectiveName) === undefined);
	};
	const written = theirs.length > 1 ? withoutDefault(ours) : ours;
	return new Map([...(isMissing("worker-src") ? written : framesOf(written))].filter(([name]) => isMissing(name)));
}

/** The same with child-src as frame-src: workers would follow it instead of the script-src of the other policy. */
function framesOf(model: CspModel): CspModel {
	const isFrames = (name: string): boolean => name === "child-src" && !model.has("frame-src");
	return new Map([...model].map(([name, words]) => [isFrames(name) ? "frame-src" : name, words] as const).filter(([name]) => name !== "child-src"));
}

/** The same with default-src written out. Added to one of several policies, default-src would also restrict what the others allow. */
function withoutDefault(model: CspModel): CspModel {
	const words = model.get("default-src");
	if (words === undefined) return model;
	const governed = [...DIRECTIVES].filter(([name, { fallback }]) => fallback.join() === "default-src" && !model.has(name));
	return new Map([...model, ...governed.map(([name]) => [name, words] as const)].filter(([name]) => name !== "default-src"));
}

function filled(model: CspModel, nonces: readonly string[]): CspModel {
	if (nonces.length === 0 || !hasNonceSlot(model)) return withoutNonce(model);
	const fill = (source: Source): readonly Source[] => (source === NONCE ? nonces : [source]);
	return new Map([...model].map(([name, words]) => [name, words.flatMap(fill)]));
}
