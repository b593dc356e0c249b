import { createIssueList, type Issues, problem } from "../../core/issue.ts";
import { readFields } from "../../core/read.ts";
import { at, DIRECTIVES, type Directive, type DirectiveName, isSourceList, takesHash } from "../../csp/directives.ts";
import { isEvalHash, isNonceOrHash, isUrlHash, type Source, type SourceFunction, yieldsToNonces } from "../../csp/grammar.ts";
import { KEYWORDS } from "../../csp/keywords.ts";
import { type CspModel, type CspPolicies, canonical, effective } from "../../csp/model.ts";
import { inOrder } from "../../csp/order.ts";
import { kindOfSource } from "../../csp/sources.ts";
import { readDirectiveObject, readDirectives, readOnOther } from "./read.ts";
import { checkSources } from "./read-values.ts";

/** The base of an extended policy and its additions, so that another addition starts from the same base. */
interface Origin {
	readonly base: CspModel;
	readonly added: ReadonlyMap<string, readonly Source[]>;
}

const ORIGINS = new WeakMap<CspModel, Origin>();

/**
 * Adds to a policy. A source is added to the list that governs its directive, so that everything that was allowed is still allowed. An addition that
 * would restrict more is refused. `null` removes a directive from the first policy. Sources are also added to the other policies that limit them,
 * because each policy must allow them. The order of several additions does not matter, because the result is computed from the base each time.
 */
export function extendPolicies(option: unknown, issues: Issues, policies: CspPolicies, reportOnly: boolean): CspPolicies | undefined {
	const fields = readFields(option, ["directives", "allowUnknownDirectives", "also", ...(reportOnly ? [] : ["onOther"])], "{ directives: { … } }", issues);
	if (fields?.has("also")) issues.at("also").error("override/restricts", "another policy forbids more", REPLACE);
	if (fields?.has("allowUnknownDirectives"))
		issues.at("allowUnknownDirectives").error("override/restricts", "this version cannot tell what the directive restricts", REPLACE);
	const below = issues.at("directives");
	const given = fields?.read("directives", readDirectiveObject, new Map()) ?? new Map();
	const before = issues.errorCount();
	const patch = readDirectives(given, below, reportOnly, true);
	if (issues.errorCount() > before) return undefined;
	const [first, ...also] = policies.all;
	const extended = extendModel(first, partOfFirst(patch, first, also), below);
	for (const [name, words] of patch) if (words === null) warnOfDeletion(name, policies, at(below, name));
	return {
		all: [extended, ...also.map((model) => extendModel(model, limitedBy(patch, model), below))],
		onOther: fields?.read("onOther", readOnOther, policies.onOther),
	};
}

/** Additions never restrict. */
const REPLACE = "replace({ … }) to restrict";
const WITHOUT_ATTRIBUTES = ". For hashes without those of attributes, write headguard hash --no-attributes";

/** The policies without their functions, for when those have not been called. A list that only has functions becomes 'none'. */
export function withoutFunctions(policies: CspPolicies): CspPolicies {
	if (!policies.all.some(holdsFunction)) return policies;
	return { ...policies, all: policies.all.map(staticModel) as [CspModel, ...CspModel[]] };
}

function staticModel(model: CspModel): CspModel {
	if (!holdsFunction(model)) return model;
	const { base, added } = ORIGINS.get(model) ?? { base: model, added: new Map<string, readonly Source[]>() };
	const fixedBase = new Map([...base].map(([name, words]) => [name, fixed(words) ?? ["'none'"]]));
	// An addition that only has functions adds no list.
	const fixedAdded = new Map([...added].flatMap(([name, words]) => (fixed(words) === undefined ? [] : [[name, fixed(words) as readonly Source[]]])));
	const { issues } = createIssueList();
	const settled = addAll(fixedBase, fixedAdded, issues);
	ORIGINS.set(settled, { base: fixedBase, added: fixedAdded });
	return settled;
}

/** The functions that each request calls for the sources of each directive. */
export function dynamicSources({ all: [first] }: CspPolicies): ReadonlyMap<string, readonly SourceFunction[]> {
	const functions = [...first].map(([name, words]) => {
		const asked = words.filter((word) => typeof word === "function");
		return [name, [...asked, ...onlyWithAnswers(words).map((keyword) => GIVE.get(keyword) as SourceFunction)]] as const;
	});
	return new Map(functions.filter(([, list]) => list.length > 0));
}

/** The words that need no request. Undefined if all of them do. A flag has no words. */
function fixed(words: readonly Source[]): readonly Source[] | undefined {
	const left = onlyWithAnswers(words);
	const rest = words.filter((word) => !isFunction(word) && !left.includes(word));
	return rest.length === 0 && words.length > 0 ? undefined : rest;
}

/**
 * Keywords that are left out until the functions have returned. A nonce may come from a function alone. Until then, and if the function fails,
 * 'unsafe-inline' must not allow everything.
 */
function onlyWithAnswers(words: readonly Source[]): readonly Source[] {
	return words.some(isFunction) && !words.some(switchesInlineOff) ? words.filter(yieldsToNonces) : [];
}

/** One function for each, so that it is called once. */
const GIVE: ReadonlyMap<Source, SourceFunction> = new Map([KEYWORDS.unsafeInline, KEYWORDS.inlineSpeculationRules].map((keyword) => [keyword, () => keyword]));

/** Whether a function of a policy is one that only gives a keyword together with the answers of others. */
export function givesKeyword(source: unknown): boolean {
	return [...GIVE.values()].includes(source as SourceFunction);
}

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
			added.set(name, inOrder([...(added.get(name) ?? []), ...words]));
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
 * Adds to fallbacks first, so that a list that is copied from one already has its additions. Adds to child-src after script-src, because workers may
 * have to keep what script-src allows.
 */
function addAll(base: CspModel, added: Origin["added"], issues: Issues): CspModel {
	const model = new Map(base);
	const depth = (name: string): number => DIRECTIVES.get(name)?.fallback.length ?? 0;
	for (const [name, words] of [...added].sort(([a], [b]) => depth(a) - depth(b) || (a < b ? 1 : -1))) {
		const list = extendDirective(name as DirectiveName, words, model, at(issues, name));
		if (list === undefined) continue;
		keepGoverned(name as DirectiveName, model);
		model.set(name, list);
	}
	return canonical(model);
}

/**
 * A new directive can come between another one and its fallback, as child-src does between worker-src and script-src. If the new list does not start
 * from that fallback, the other directive is written out first.
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
	// These neither allow nor forbid anything.
	if (directive.kind === "flag" || directive.kind === "endpoint") return words;
	if (directive.kind === "uris") return inOrder([...(base.get(name) ?? []), ...words]);
	if (words.includes("'none'")) return issues.error("override/restricts", "'none' forbids everything", REPLACE);
	const current = effective(base, name);
	if (current === undefined) return issues.error("override/restricts", `nothing limits ${name}, so a list would forbid the rest`, REPLACE);
	const start = base.has(name) ? current.filter((source) => source !== "'none'") : takenOver(directive, current);
	if (!base.has(name) && isAttribute(directive) && current.some(isFunction) && current.includes("'unsafe-inline'") && !current.some(switchesInlineOff)) {
		const text = "the list that governs it has 'unsafe-inline' and a function, which may switch that off, so the list cannot be copied";
		return issues.error("override/restricts", text, "replace({ … }) with the whole list");
	}
	const added = words.filter((word) => !start.includes(word));
	if (isSourceList(directive) && switchesOff(directive, start, added, issues)) return undefined;
	const list = inOrder([...start, ...words]);
	if (isSourceList(directive)) checkSources(directive, list, issues);
	return list;
}

/** Some additions make browsers ignore another part of the list. */
function switchesOff(directive: Directive, start: readonly Source[], added: readonly Source[], issues: Issues): boolean {
	const yielding = start.find(yieldsToNonces);
	const ignored = (cause: string, what: string, fix = ""): true => {
		issues.error("override/restricts", `${cause} makes browsers ignore the ${what} of this list`, `${REPLACE}${fix}`);
		return true;
	};
	if (yielding !== undefined && !start.some(isNonceOrHash) && added.some(isNonceOrHash))
		return ignored("a nonce or hash", String(yielding), isAttribute(directive) ? WITHOUT_ATTRIBUTES : "");
	// In a script list, 'unsafe-inline' is for browsers that do not support nonces.
	const isStyle = directive.nonce && !directive.keywords.includes("'strict-dynamic'");
	if (isStyle && start.some(isNonceOrHash) && added.includes("'unsafe-inline'")) {
		issues.error("override/no-effect", "the nonce slot or hash of this list makes browsers ignore 'unsafe-inline'", "replace({ … }) with the whole list");
		return true;
	}
	if (start.includes("'unsafe-eval'") && added.some(isEvalHash)) return ignored("the hash of code for eval", "'unsafe-eval'");
	if (!start.some((source) => source === "'self'" || isAddress(source))) return false;
	if (added.includes("'strict-dynamic'")) return ignored("'strict-dynamic'", "hosts and 'self'");
	return added.some(isUrlHash) && ignored("the hash of an address", "hosts and 'self'");
}

/**
 * The start of a directive that a fallback governed: the list of the fallback, without what has no effect here. An 'unsafe-inline' that a nonce, a
 * hash or 'strict-dynamic' switched off stays off, even if those have no effect here.
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

/** Event handlers and style attributes, which neither nonces nor hosts match. */
function isAttribute(directive: Directive): boolean {
	return directive.hash && !directive.nonce;
}

function actsIn(directive: Directive, source: Source, list: readonly Source[]): boolean {
	if (!isSourceList(directive)) return true;
	const kind = kindOfSource(source);
	if (kind === "slot") return directive.nonce;
	if (kind === "hash") return directive.hash && (directive.nonce || list.includes("'unsafe-hashes'"));
	if (kind === "url-hash" || kind === "eval-hash") return takesHash(directive, kind);
	// It returns hosts and nonces for the other list, which would be refused here.
	if (kind === "function") return !isAttribute(directive);
	if (kind === "self" || isAddress(source)) return !isAttribute(directive);
	if (source === "'unsafe-hashes'" && directive === DIRECTIVES.get("style-src-elem")) return false;
	return kind !== "keyword" || directive.keywords.includes(String(source));
}

function isAddress(source: Source): boolean {
	return ["scheme", "host"].includes(kindOfSource(source));
}

function warnOfDeletion(name: string, { all: [first, ...also] }: CspPolicies, issues: Issues): void {
	const governedBy = DIRECTIVES.get(name)?.fallback.find((fallback) => first.has(fallback));
	const rest = also.some((model) => limits(model, name))
		? `${name} is now limited only by the policies of the option "also".`
		: `nothing limits ${name} any more.`;
	issues.warn(problem("override/deleted", governedBy === undefined ? rest : `${governedBy} governs ${name} now.`));
}
