import type { PermissionsPolicyFeature } from "./features.ts";

/**
 * Features that include others, since Chromium 145. For each part, the browser uses the first of the two names in the header, so a part that
 * comes after the whole has no effect.
 */
const FEATURE_PARTS: ReadonlyMap<string, readonly string[]> = new Map<PermissionsPolicyFeature, readonly PermissionsPolicyFeature[]>([
	["local-network-access", ["local-network", "loopback-network"]],
]);

const WHOLES: ReadonlyMap<string, string> = new Map([...FEATURE_PARTS].flatMap(([whole, parts]) => parts.map((part) => [part, whole])));

/** The feature that a feature is a part of. */
export function wholeOf(name: string): string | undefined {
	return WHOLES.get(name);
}

/** The features that a name means: its parts, or itself. */
export function partsOf(name: string): readonly string[] {
	return FEATURE_PARTS.get(name) ?? [name];
}

/** The value that browsers use for a feature without parts: its own, or that of the feature that includes it if that comes first. */
export function valueFor<Value>(features: ReadonlyMap<string, Value>, name: string): Value | undefined {
	const whole = WHOLES.get(name);
	const first = [...features.keys()].find((key) => key === name || key === whole);
	return first === undefined ? undefined : features.get(first);
}

/** What limits a feature in a policy whose parts come first: its own value and those of its parts. A part without one has that of its whole. */
export function limitsOf<Value>(features: ReadonlyMap<string, Value>, name: string): ReadonlyMap<string, Value> {
	const limits = new Map<string, Value>();
	for (const one of new Set([name, ...partsOf(name)])) {
		const value = features.get(one) ?? (one === name ? features.get(WHOLES.get(name) ?? name) : undefined);
		if (value !== undefined) limits.set(one, value);
	}
	return limits;
}

/** The same without a feature, whose whole is replaced by its other parts. */
export function withoutFeature<Value>(features: ReadonlyMap<string, Value>, name: string): Map<string, Value> {
	const left = new Map(features);
	const whole = WHOLES.get(name);
	const value = whole === undefined ? undefined : features.get(whole);
	if (whole !== undefined && value !== undefined) {
		left.delete(whole);
		for (const part of partsOf(whole)) if (!left.has(part)) left.set(part, value);
	}
	for (const one of [name, ...partsOf(name)]) left.delete(one);
	return left;
}

/** In the order of the alphabet, but with a whole behind its parts. */
export function inOrder<Value>(features: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
	return new Map([...features].sort(([a], [b]) => (keyOf(a) < keyOf(b) ? -1 : 1)));
}

function keyOf(name: string): string {
	const whole = WHOLES.get(name);
	if (whole !== undefined) return `${whole} ${name}`;
	return FEATURE_PARTS.has(name) ? `${name}~` : name;
}
