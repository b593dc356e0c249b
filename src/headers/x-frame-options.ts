import { received } from "../core/issue.ts";
import type { CspPolicies } from "../csp/model.ts";
import { ancestorsOf, frameOptionFor } from "./common/framing.ts";
import { IGNORED, readHeaderWord, wordIn } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { FRAME_TOKENS } from "./tokens.ts";

/** Who may frame the page, for browsers without frame-ancestors. */
export type XFrameOptions = (typeof FRAME_TOKENS)[number];

export const xFrameOptions: HeaderDefinition<XFrameOptions> = defineHeader("X-Frame-Options", {
	byDefault: undefined,
	whenTrue: undefined,
	read(option, issues) {
		const expected = 'contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } }';
		if (typeof option === "string" && /^allow-from\b/i.test(option)) return issues.invalid("xfo/allow-from", option, IGNORED, expected);
		return readHeaderWord(option, FRAME_TOKENS, "xfo/invalid", issues, fromHelmet(option));
	},
	fromHelmet,
	write: (model) => ({ text: model }),
	derive(models) {
		// Without frame-ancestors, this header is the only protection.
		const ancestors = ancestorsOf((models.get("contentSecurityPolicy") as CspPolicies | undefined)?.all ?? []);
		return ancestors === undefined ? "DENY" : frameOptionFor(ancestors);
	},
	check(model, models, issues) {
		const ancestors = ancestorsOf((models.get("contentSecurityPolicy") as CspPolicies | undefined)?.all ?? []);
		if (ancestors === undefined || frameOptionFor(ancestors) === model) return;
		issues.warn(received("frame/conflict", model, "but browsers prefer frame-ancestors, which differs. Remove xFrameOptions."));
	},
});

function fromHelmet(option: unknown): string | undefined {
	return wordIn(option, "action", FRAME_TOKENS);
}
