import { createIssueList, type Issues } from "../../core/issue.ts";
import { readFields, readRecord } from "../../core/read.ts";
import { camel } from "../../core/text.ts";
import { DIRECTIVES, type Directive, type DirectiveName, isSourceList } from "../../csp/directives.ts";
import { isNonceOrHash, type Source, type SourceFunction, yieldsToNonces } from "../../csp/grammar.ts";
import { KEYWORDS } from "../../csp/keywords.ts";
import { type CspModel, type CspPolicies, canonical, effective } from "../../csp/model.ts";
import { kindOfSource } from "../../csp/sources.ts";
import { readDirectives, readOnOther } from "./read.ts";
import { checkSources } from "./read-values.ts";

/** What an extended policy was made of. Kept beside it, so that a further addition starts from the beginning. */
interface Origin {
	readonly base: CspModel;
	readonly added: ReadonlyMap<string, readonly Source[]>;
}

const ORIGINS = new WeakMap<CspModel, Origin>();

/**
 * Adds to a policy. A source is added to the list that is in force for its directive, so that nothing
 * that was allowed before stops being allowed; what would newly restrict is refused. `null` leaves a
 * directive out of the first policy. What the further policies limit as well is added there too, because
 * each of them must allow it. The result does not depend on the order of several additions: it is
 * computed anew from the first policy and all of them.
 */
export function extendPolicies(option: unknown, issues: Issues, policies: CspPolicies, reportOnly: boolean): CspPolicies | undefined {
	const fields = readFields(option, ["directives", "also", ...(reportOnly ? [] : ["onOther"])], "{ directives: { … } }", issues);
	if (fields?.has("also")) issues.at("also").error("override/restricts", "extend adds, and one more policy forbids more. Write replace({ … }).");
	const at = issues.at("directives");
	const record = fields?.has("directives") ? readRecord(fields.get("directives"), "an object such as { imgSrc: [csp.self] }", at) : undefined;
	const before = issues.errorCount();
	const patch = readDirectives(record ?? new Map(), at, reportOnly, true);
	if (issues.errorCount() > before) return undefined;
	const [first, ...also] = policies.all;
	const extended = extendModel(first, partOfFirst(patch, first, also), at);
	for (const [name, words] of patch) if (words === null) warnOfDeletion(name as DirectiveName, policies, at.at(camel(name)));
	return {
		all: [extended, ...also.map((model) => extendModel(model, limitedBy(patch, model), at))],
		onOther: fields?.read("onOther", readOnOther, policies.onOther),
	};
}

/**
 * What stands when no request has been asked: functions are gone, a list of nothing else is 'none'. The
 * policies themselves when they hold no function.
 */
export function withoutFunctions(policies: CspPolicies): CspPolicies {
	if (!policies.all.some(holdsFunction)) return policies;
	return { ...policies, all: policies.all.map(staticModel) as [CspModel, ...CspModel[]] };
}

function staticModel(model: CspModel): CspModel {
	if (!holdsFunction(model)) return model;
	const { base, added } = ORIGINS.get(model) ?? { base: model, added: new Map<string, readonly Source[]>() };
	const fixedBase = new Map([...base].map(([name, words]) => [name, fixed(words) ?? ["'none'"]]));
	// Nothing is materialised for an addition that only a request can name.
	const fixedAdded = new Map([...added].flatMap(([name, words]) => (fixed(words) === undefined ? [] : [[name, fixed(words) as readonly Source[]]])));
	const { issues } = createIssueList();
	const settled = addAll(fixedBase, fixedAdded, issues);
	ORIGINS.set(settled, { base: fixedBase, added: fixedAdded });
	return settled;
}

/** Directive → what is asked for its sources in each request. */
export function dynamicSources({ all: [first] }: CspPolicies): ReadonlyMap<string, readonly SourceFunction[]> {
	const functions = [...first].map(([name, words]) => {
		const asked = words.filter((word) => typeof word === "function");
		return [name, [...asked, ...onlyWithAnswers(words).map((keyword) => GIVE.get(keyword) as SourceFunction)]] as const;
	});
	return new Map(functions.filter(([, list]) => list.length > 0));
}

/** The words that need no request; undefined when all of them do. A flag has no words, and keeps none. */
function fixed(words: readonly Source[]): readonly Source[] | undefined {
	const left = onlyWithAnswers(words);
	const rest = words.filter((word) => !isFunction(word) && !left.includes(word));
	return rest.length === 0 && words.length > 0 ? undefined : rest;
}

/**
 * Keywords that wait for the answers. A function may be all that gives a nonce: until it has answered, and when it
 * fails, the 'unsafe-inline' beside it must not let everything run.
 */
function onlyWithAnswers(words: readonly Source[]): readonly Source[] {
	return words.some(isFunction) && !words.some(switchesInlineOff) ? words.filter(yieldsToNonces) : [];
}

/** One function for each, so that it is asked once. */
const GIVE: ReadonlyMap<Source, SourceFunction> = new Map([KEYWORDS.unsafeInline, KEYWORDS.inlineSpeculationRules].map((keyword) => [keyword, () => keyword]));

function holdsFunction(model: CspModel): boolean {
	return [...model.values()].some((words) => words.some(isFunction));
}

type Patch = ReadonlyMap<string, readonly Source[] | null>;

function partOfFirst(patch: Patch, first: CspModel, also: readonly CspModel[]): Patch {
	const elsewhere = (name: string): boolean => !limits(first, name) && also.some((model) => limits(model, name));
	return new Map([...patch].filter(([name, words]) => words === null || !elsewhere(name)));
}

function limitedBy(patch: Patch, model: CspModel): Patch {
	return new Map([...patch].filter(([name, words]) => words !== null && limits(model, name)));
}

function limits(model: CspModel, name: string): boolean {
	const { kind } = DIRECTIVES.get(name) as Directive;
	return kind !== "flag" && kind !== "endpoint" && kind !== "uris" && effective(model, name as DirectiveName) !== undefined;
}

function extendModel(model: CspModel, patch: Patch, issues: Issues): CspModel {
	if (patch.size === 0) return model;
	const origin = ORIGINS.get(model) ?? { base: model, added: new Map() };
	const base = new Map(origin.base);
	const added = new Map(origin.added);
	for (const [name, words] of patch) {
		if (words !== null) {
			added.set(name, union(added.get(name) ?? [], words));
			continue;
		}
		base.delete(name);
		added.delete(name);
	}
	const extended = addAll(base, added, issues);
	ORIGINS.set(extended, { base, added });
	return extended;
}

/**
 * Fallbacks first, so that a list that is taken over from one already holds what was added to it; and
 * child-src after script-src, because workers may have to keep what the latter allows.
 */
function addAll(base: CspModel, added: Origin["added"], issues: Issues): CspModel {
	const model = new Map(base);
	const depth = (name: string): number => DIRECTIVES.get(name)?.fallback.length ?? 0;
	for (const [name, words] of [...added].sort(([a], [b]) => depth(a) - depth(b) || (a < b ? 1 : -1))) {
		const list = extendDirective(name as DirectiveName, words, model, issues.at(camel(name)));
		if (list === undefined) continue;
		keepGoverned(name as DirectiveName, model);
		model.set(name, list);
	}
	return canonical(model);
}

/**
 * A directive that is new comes between others and their fallback: a child-src between worker-src and
 * script-src. What was governed by another list than the new one starts from is written out first.
 */
function keepGoverned(name: DirectiveName, model: Map<string, readonly Source[]>): void {
	if (model.has(name)) return;
	for (const [other, directive] of DIRECTIVES) {
		if (!directive.fallback.includes(name) || model.has(other)) continue;
		const governing = effective(model, other as DirectiveName);
		if (governing === undefined || governing === effective(model, name)) continue;
		const kept = takenOver(directive, governing);
		model.set(other, kept.length === 0 ? ["'none'"] : kept);
	}
}

function extendDirective(name: DirectiveName, words: readonly Source[], base: CspModel, issues: Issues): readonly Source[] | undefined {
	const directive = DIRECTIVES.get(name) as Directive;
	// Neither adds nor takes away a permission.
	if (directive.kind === "flag" || directive.kind === "endpoint") return words;
	if (directive.kind === "uris") return union(base.get(name) ?? [], words);
	if (words.includes("'none'")) {
		issues.error("override/restricts", "extend adds, and 'none' takes everything away. Write replace({ … }) for a policy that forbids more.");
		return undefined;
	}
	const current = effective(base, name);
	if (current === undefined) {
		issues.error("override/restricts", `nothing limits ${name} now, so naming something would forbid everything else. Write replace({ … }) if that is meant.`);
		return undefined;
	}
	const start = base.has(name) ? current.filter((source) => source !== "'none'") : takenOver(directive, current);
	if (!base.has(name) && isAttribute(directive) && current.some(isFunction) && current.includes("'unsafe-inline'") && !current.some(switchesInlineOff)) {
		issues.error(
			"override/restricts",
			"the list that governs it has 'unsafe-inline' beside a function, whose answer may switch that off, so it cannot be taken over. Write replace({ … }) with the whole list.",
		);
		return undefined;
	}
	const added = words.filter((word) => !start.includes(word));
	if (isSourceList(directive) && switchesOff(directive, start, added, issues)) return undefined;
	const list = union(start, words);
	if (isSourceList(directive)) checkSources(directive, list, issues);
	return list;
}

/** Some additions make browsers ignore what stands in the list. */
function switchesOff(directive: Directive, start: readonly Source[], added: readonly Source[], issues: Issues): boolean {
	const yielding = start.find(yieldsToNonces);
	if (yielding !== undefined && !start.some(isNonceOrHash) && added.some(isNonceOrHash)) {
		const fix = isAttribute(directive) ? " For the hashes of your pages without those of attributes, write headguard hash --no-attributes." : "";
		issues.error(
			"override/restricts",
			`a nonce or hash makes browsers ignore the ${String(yielding)} of this list. Write replace({ … }) if that is what you want.${fix}`,
		);
		return true;
	}
	// In a script list the pair is how a policy is written for browsers that know no nonces.
	const isStyle = directive.nonce && !directive.keywords.includes("'strict-dynamic'");
	if (isStyle && start.some(isNonceOrHash) && added.includes("'unsafe-inline'")) {
		issues.error(
			"override/no-effect",
			"the nonce slot or hash of this list makes browsers ignore 'unsafe-inline'. Write replace({ … }) with a policy for this route.",
		);
		return true;
	}
	const open = start.some((source) => source === "'self'" || isAddress(source));
	if (open && added.includes("'strict-dynamic'")) {
		issues.error("override/restricts", "'strict-dynamic' makes browsers ignore the hosts and 'self' of this list. Write replace({ … }) if that is meant.");
		return true;
	}
	return false;
}

/**
 * What a directive starts from that was governed by a fallback: its list, without what has no effect here.
 * An 'unsafe-inline' that a nonce, a hash or 'strict-dynamic' had switched off stays off where those have none.
 */
function takenOver(directive: Directive, governing: readonly Source[]): readonly Source[] {
	const acting = governing.filter((source) => source !== "'none'" && actsIn(directive, source, governing));
	return governing.some(switchesInlineOff) && !acting.some(switchesInlineOff) ? acting.filter((source) => source !== "'unsafe-inline'") : acting;
}

function switchesInlineOff(source: Source): boolean {
	return isNonceOrHash(source) || source === "'strict-dynamic'";
}

function isFunction(source: Source): boolean {
	return typeof source === "function";
}

/** Handlers and style attributes: no nonce matches them, and no host. */
function isAttribute(directive: Directive): boolean {
	return directive.hash && !directive.nonce;
}

function actsIn(directive: Directive, source: Source, list: readonly Source[]): boolean {
	if (!isSourceList(directive)) return true;
	const kind = kindOfSource(source);
	if (kind === "slot") return directive.nonce;
	if (kind === "hash") return directive.hash && (directive.nonce || list.includes("'unsafe-hashes'"));
	// What it answers is meant for the other list: hosts and nonces, which would be refused here.
	if (kind === "function") return !isAttribute(directive);
	return kind !== "keyword" || directive.keywords.includes(String(source));
}

/** Each source once, in canonical order, so that additions commute. */
function union(start: readonly Source[], words: readonly Source[]): readonly Source[] {
	return [...new Set([...start, ...words])].sort((a, b) => rank(a) - rank(b) || (String(a) < String(b) ? -1 : 1));
}

const RANKS: readonly string[] = ["none", "self", "slot", "nonce", "hash", "keyword", "scheme", "host", "function"];

function rank(source: Source): number {
	return RANKS.indexOf(kindOfSource(source));
}

function isAddress(source: Source): boolean {
	return ["scheme", "host"].includes(kindOfSource(source));
}

function warnOfDeletion(name: DirectiveName, { all: [first, ...also] }: CspPolicies, issues: Issues): void {
	const governedBy = DIRECTIVES.get(name)?.fallback.find((fallback) => first.has(fallback));
	const rest = also.some((model) => limits(model, name)) ? `only the policies of also limit ${name} now.` : `nothing limits ${name} any more.`;
	issues.warn("override/deleted", governedBy === undefined ? rest : `${name} is governed by ${governedBy} now.`);
}
