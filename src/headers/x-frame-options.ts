import { readWord } from "../core/read.ts";
import { show } from "../core/text.ts";
import type { CspModel } from "../csp/model.ts";
import type { HeaderDefinition, Models } from "./define.ts";
import { isLooser } from "./shared/token.ts";

/** Who may frame the page, for browsers that do not know frame-ancestors. */
export type XFrameOptions = "DENY" | "SAMEORIGIN";

export const xFrameOptions: HeaderDefinition<XFrameOptions> = {
	key: "xFrameOptions",
	name: "X-Frame-Options",
	summary: "Says who may frame the page; browsers that know frame-ancestors ignore it beside an enforced policy.",
	why: "Derived from frame-ancestors ('none': DENY, 'self': SAMEORIGIN, an allow-list: omitted), so that the two never disagree.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Frame-Options",
	spec: "https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header",
	byDefault: undefined,
	whenTrue: undefined,
	documentsOnly: true,
	several: "one",
	read(option, reporter) {
		if (typeof option === "string" && /^allow-from\b/i.test(option)) {
			reporter.error(
				"xfo/allow-from",
				`received ${show(option)}, which no browser reads. Write contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } }.`,
			);
			return undefined;
		}
		return readWord(option, ["DENY", "SAMEORIGIN"], "xfo/invalid", reporter, "which is not one of its two values");
	},
	write: (model) => ({ text: model }),
	weaker: (value, ours) => isLooser(["DENY", "SAMEORIGIN"], value.toUpperCase(), ours),
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
};

/** The strictest list, where several policies have one: each of them must let a frame pass. */
function frameAncestors(models: Models): readonly string[] | undefined {
	const policies = (models.get("contentSecurityPolicy") ?? []) as readonly CspModel[];
	const lists = policies.flatMap((model) => (model.has("frame-ancestors") ? [model.get("frame-ancestors")?.map(String) ?? []] : []));
	const strict = ["DENY", "SAMEORIGIN"].flatMap((value) => lists.filter((list) => fromAncestors(list) === value));
	return strict[0] ?? lists[0];
}

function fromAncestors(ancestors: readonly string[]): XFrameOptions | undefined {
	if (ancestors.length !== 1) return undefined;
	if (ancestors[0] === "'none'") return "DENY";
	return ancestors[0] === "'self'" ? "SAMEORIGIN" : undefined;
}
