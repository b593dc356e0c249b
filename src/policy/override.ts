import { createIssueList, type Issues } from "../core/issue.ts";
import { guarded, readFields, readOrThrow, readWord } from "../core/read.ts";
import type { HeaderDefinition } from "../headers/define.ts";
import { HEADERS } from "../headers/index.ts";
import type { HeaderOptions } from "../headers/options.ts";
import { ALIASES } from "./aliases.ts";
import { checkPolicy, defaultModel, type Policy, type Statement, settleModels } from "./create.ts";

/**
 * A change of a policy, by option name. `false` switches a header off, `true` gives it its default
 * again, a value adds to it (`extend`) or takes its place (`replace`). Headers that are not named stay.
 */
export type PolicyPatch = HeaderOptions;

/** Whether a patch adds to the headers that it names, or takes their place. */
export type PatchMode = "extend" | "replace";

/**
 * Policy and patch → policy. Options that are no header (`secure`, `lock`, …) are those of the base.
 * @throws {PolicyError} with every problem at once.
 */
export function overridePolicy(base: Policy, patch: PolicyPatch, mode: PatchMode): Policy {
	readOrThrow("mode", (issues) => readWord(mode, ["extend", "replace"], "option/unknown", issues, "which is not a way to override"));
	const { result: changed, warnings } = readOrThrow(mode, (issues) => applyPatch(base, base, patch, mode, issues));
	const withoutReporting = base.withoutReporting && overrideOthers(base, base.withoutReporting, patch, mode);
	const reportFraction = withoutReporting === undefined ? 1 : base.reportFraction;
	return Object.freeze({ ...base, ...changed, withoutReporting, reportFraction, warnings });
}

/** The patch on what responses without reports say. One that refers to an endpoint which only `reporting` defines goes with reports on all of them. */
function overrideOthers(base: Policy, others: Statement, patch: unknown, mode: PatchMode): Statement | undefined {
	const { errors, issues } = createIssueList();
	const changed = guarded(issues, () => applyPatch(base, others, patch, mode, issues));
	return errors.length > 0 ? undefined : changed;
}

function applyPatch(
	base: Policy,
	said: Statement,
	patch: unknown,
	mode: PatchMode,
	issues: Issues,
): Pick<Policy, "models" | "dynamic" | "derived"> | undefined {
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

/** The new model of a header; undefined when it is off, derived or refused. */
function patchHeader(header: HeaderDefinition, option: unknown, model: unknown, base: Policy, mode: PatchMode, issues: Issues): unknown {
	if (option === false) return undefined;
	if (option === null) {
		issues.error("option/type", `received null. Write false to switch ${header.name} off.`);
		return undefined;
	}
	if (option === true) {
		if (header.whenTrue === undefined && header.derive === undefined)
			issues.error("option/type", `received true, which says too little for ${header.name}. Write its value, or false.`);
		return defaultModel(header, base.preset);
	}
	if (mode === "replace") return header.read(option, issues, undefined);
	if (header.extend === undefined) return header.read(option, issues, model);
	if (model !== undefined) return header.extend(option, issues, model);
	issues.error("override/header-off", `${header.name} is off, so there is nothing to add to. Write replace({ … }), or true for its default.`);
	return undefined;
}
