import { readWord } from "../core/read.ts";
import { show } from "../core/text.ts";
import type { CspModel } from "../csp/model.ts";
import { defineHeader, type HeaderDefinition, type Models } from "./define.ts";
import { FRAME_TOKENS } from "./tokens.ts";

/** Who may frame the page, for browsers that do not know frame-ancestors. */
export type XFrameOptions = (typeof FRAME_TOKENS)[number];

export const xFrameOptions: HeaderDefinition<XFrameOptions> = defineHeader("X-Frame-Options", {
	byDefault: undefined,
	whenTrue: undefined,
	read(option, reporter) {
		if (typeof option === "string" && /^allow-from\b/i.test(option)) {
			reporter.error(
				"xfo/allow-from",
				`received ${show(option)}, which no browser reads. Write contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } }.`,
			);
			return undefined;
		}
		return readWord(option, FRAME_TOKENS, "xfo/invalid", reporter, "which is not one of its two values");
	},
	write: (model) => ({ text: model }),
	derive(models) {
		// Without frame-ancestors this is the only protection left, so it takes the strict side.
		const ancestors = frameAncestors(models);
		return ancestors === undefined ? "DENY" : fromAncestors(ancestors);
	},
	check(model, models, reporter) {
		const ancestors = frameAncestors(models);
		if (ancestors === undefined || fromAncestors(ancestors) === model) return;
		reporter.warn(
			"frame/conflict",
			`${model} disagrees with frame-ancestors ${ancestors.join(" ")}, which wins in every current browser. Leave xFrameOptions out; it follows frame-ancestors.`,
		);
	},
});

/** The strictest list, where several policies have one: each of them must let a frame pass. */
function frameAncestors(models: Models): readonly string[] | undefined {
	const policies = (models.get("contentSecurityPolicy") ?? []) as readonly CspModel[];
	const lists = policies.flatMap((model) => (model.has("frame-ancestors") ? [model.get("frame-ancestors")?.map(String) ?? []] : []));
	const strict = FRAME_TOKENS.flatMap((value) => lists.filter((list) => fromAncestors(list) === value));
	return strict[0] ?? lists[0];
}

function fromAncestors(ancestors: readonly string[]): XFrameOptions | undefined {
	if (ancestors.length !== 1) return undefined;
	if (ancestors[0] === "'none'") return "DENY";
	return ancestors[0] === "'self'" ? "SAMEORIGIN" : undefined;
}
