import { readWord } from "../core/read.ts";
import { show } from "../core/text.ts";
import type { CspPolicies } from "../csp/model.ts";
import { ancestorsOf, frameOptionFor } from "./common/framing.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { FRAME_TOKENS } from "./tokens.ts";

/** Who may frame the page, for browsers that do not know frame-ancestors. */
export type XFrameOptions = (typeof FRAME_TOKENS)[number];

export const xFrameOptions: HeaderDefinition<XFrameOptions> = defineHeader("X-Frame-Options", {
	byDefault: undefined,
	whenTrue: undefined,
	read(option, issues) {
		if (typeof option === "string" && /^allow-from\b/i.test(option)) {
			issues.error(
				"xfo/allow-from",
				`received ${show(option)}, which no browser reads. Write contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } }.`,
			);
			return undefined;
		}
		return readWord(option, FRAME_TOKENS, "xfo/invalid", issues, "which is not one of its two values");
	},
	write: (model) => ({ text: model }),
	derive(models) {
		// Without frame-ancestors this is the only protection left, so it takes the strict side.
		const ancestors = ancestorsOf((models.get("contentSecurityPolicy") as CspPolicies | undefined)?.all ?? []);
		return ancestors === undefined ? "DENY" : frameOptionFor(ancestors);
	},
	check(model, models, issues) {
		const ancestors = ancestorsOf((models.get("contentSecurityPolicy") as CspPolicies | undefined)?.all ?? []);
		if (ancestors === undefined || frameOptionFor(ancestors) === model) return;
		issues.warn(
			"frame/conflict",
			`${model} disagrees with frame-ancestors ${ancestors.join(" ")}, which wins in every current browser. Leave xFrameOptions out; it follows frame-ancestors.`,
		);
	},
});
