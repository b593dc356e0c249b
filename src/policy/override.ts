import { createIssueList, type Issues } from "../core/issue.ts";
import { guarded, readFields, readOrThrow, readWord } from "../core/read.ts";
import type { HeaderDefinition } from "../headers/define.ts";
import { HEADERS } from "../headers/index.ts";
import type { HeaderOptions } from "../headers/options.ts";
import { ALIASES } from "./aliases.ts";
import { type CheckedPolicy, checkPolicy, defaultModel, refuseTrue, type Statement, settleModels, unaccepted } from "./create.ts";

/**
 * Changes to a policy, by option name. `false` switches a header off, and `true` restores its default. A value adds to the header (`extend`) or
 * replaces it (`replace`). Other headers stay.
 */
export type PolicyPatch = HeaderOptions;

/** Whether a patch adds to the headers that it names, or replaces them. */
export type PatchMode = "extend" | "replace";

/**
 * A policy with a patch. Options that are not headers (`secure`, `lock`, …) are those of the base.
 * @throws {PolicyError} with every problem at once.
 */
export function overridePolicy(base: CheckedPolicy, patch: PolicyPatch, mode: PatchMode): CheckedPolicy {
	readOrThrow("mode", (issues) => readWord(mode, ["extend", "replace"], "option/unknown", issues, ""));
	const { result: changed, warnings } = readOrThrow(mode, (issues) => applyPatch(base, base, patch, mode, issues));
	const withoutReporting = base.withoutReporting && overrideOthers(base, base.withoutReporting, patch, mode);
	const reportFraction = withoutReporting === undefined ? 1 : base.reportFraction;
	const accepted = mode === "replace" && Object.hasOwn(patch, "contentSecurityPolicy") ? [] : base.accepted;
	return Object.freeze({ ...base, ...changed, withoutReporting, reportFraction, accepted, warnings: unaccepted(warnings, accepted) });
}

/** Patches the headers of responses without reports. If the patch needs an endpoint that only `reporting` defines, there are none: all responses have reports. */
function overrideOthers(base: CheckedPolicy, others: Statement, patch: unknown, mode: PatchMode): Statement | undefined {
	const { errors, issues } = createIssueList();
	const changed = guarded(issues, () => applyPatch(base, others, patch, mode, issues));
	return errors.length > 0 ? undefined : changed;
}

function applyPatch(
	base: CheckedPolicy,
	said: Statement,
	patch: unknown,
	mode: PatchMode,
	issues: Issues,
): Pick<CheckedPolicy, "models" | "dynamic" | "derived"> | undefined {
	const names = HEADERS.map(({ key }) => key);
	const fields = readFields(patch, names, "an object of headers such as { contentSecurityPolicy: { directives: { … } } }", issues, ALIASES);
	if (fields === undefined) return undefined;
	const models = new Map([...said.models, ...said.dynamic]);
	const derived = new Set(base.derived);
	for (const header of HEADERS) {
		if (!fields.has(header.key)) continue;
		const option = fields.get(header.key);
		derived.delete(header.key);
		if (option === true && header.derive !== undefined) derived.add(header.key);
		const model = patchHeader(header, option, models.get(header.key), base, mode, issues.at(header.key));
		if (model === undefined) models.delete(header.key);
		else models.set(header.key, model);
	}
	const settled = settleModels(models, derived);
	checkPolicy(settled, issues);
	return { ...settled, derived };
}

/** The new model of a header. Undefined if it is off, derived or refused. */
function patchHeader(header: HeaderDefinition, option: unknown, model: unknown, base: CheckedPolicy, mode: PatchMode, issues: Issues): unknown {
	if (option === false) return undefined;
	if (option === null) return issues.invalid("option/type", option, "", `false to switch ${header.name} off`);
	if (option === true) {
		if (header.whenTrue === undefined && header.derive === undefined) refuseTrue(issues);
		return defaultModel(header, base.preset);
	}
	if (mode === "replace") return header.read(option, issues, undefined);
	if (header.extend === undefined) return header.read(option, issues, model);
	if (model !== undefined) return header.extend(option, issues, model);
	return issues.error("override/header-off", `${header.name} is off`, "replace({ … }), or true for its default");
}
