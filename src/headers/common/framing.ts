import type { CspModel } from "../../csp/model.ts";
import type { FRAME_TOKENS } from "../tokens.ts";

/** The strictest frame-ancestors of several policies, because each policy must allow a frame. Undefined if there are none. */
export function ancestorsOf(policies: readonly CspModel[]): readonly string[] | undefined {
	const lists = policies.flatMap((model) => (model.has("frame-ancestors") ? [model.get("frame-ancestors")?.map(String) ?? []] : []));
	return lists.find((list) => frameOptionFor(list) === "DENY") ?? lists.find((list) => frameOptionFor(list) === "SAMEORIGIN") ?? lists[0];
}

/** The X-Frame-Options for the same ancestors. Undefined if it has no such value. */
export function frameOptionFor(ancestors: readonly string[]): (typeof FRAME_TOKENS)[number] | undefined {
	const [only = "'none'", ...more] = ancestors.map((word) => word.toLowerCase());
	if (more.length > 0) return undefined;
	if (only === "'none'") return "DENY";
	return only === "'self'" ? "SAMEORIGIN" : undefined;
}
