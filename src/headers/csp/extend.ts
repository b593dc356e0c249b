import type { Reporter } from "../../core/issue.ts";
import { readFields, readRecord } from "../../core/read.ts";
import { camel } from "../../core/text.ts";
import { DIRECTIVES, type Directive, type DirectiveName } from "./directives.ts";
import { NONCE } from "./keywords.ts";
import { type CspModel, canonical, effective } from "./model.ts";
import { readDirectives } from "./read.ts";
import { classifySource, isNonceOrHash, type Source } from "./sources.ts";
import { checkSources, isSourceList } from "./values.ts";

/** What an extended policy was made of. Kept beside it, so that a further addition starts from the beginning. */
interface Origin {
	readonly base: CspModel;
	readonly added: ReadonlyMap<string, readonly Source[]>;
}

const ORIGINS = new WeakMap<CspModel, Origin>();

/**
 * Adds to a policy. A source is added to the list that is in force for its directive, so that nothing
 * that was allowed before stops being allowed; what would newly restrict is refused. `null` leaves a
 * directive out. The result does not depend on the order of several additions: it is computed anew
 * from the first policy and all of them.
 */
export function extendPolicy(option: unknown, reporter: Reporter, model: CspModel, reportOnly: boolean): CspModel | undefined {
	const before = reporter.errorCount();
	const fields = readFields(option, ["directives"], "{ directives: { … } }", reporter);
	const at = reporter.at("directives");
	const directives = fields?.has("directives") ? readRecord(fields.get("directives"), "an object such as { imgSrc: [csp.self] }", at) : undefined;
	const origin = ORIGINS.get(model) ?? { base: model, added: new Map() };
	const base = new Map(origin.base);
	const added = new Map(origin.added);
	for (const [name, words] of readDirectives(directives ?? new Map(), at, reportOnly, true)) {
		if (words !== null) {
			added.set(name, union(added.get(name) ?? [], words));
			continue;
		}
		base.delete(name);
		added.delete(name);
		warnOfDeletion(name as DirectiveName, model, at.at(camel(name)));
	}
	if (reporter.errorCount() > before) return undefined;
	const extended = addAll(base, added, at);
	if (reporter.errorCount() > before) return undefined;
	ORIGINS.set(extended, { base, added });
	return extended;
}

/**
 * Fallbacks first, so that a list that is taken over from one already holds what was added to it; and
 * child-src after script-src, because workers may have to keep what the latter allows.
 */
function addAll(base: CspModel, added: Origin["added"], reporter: Reporter): CspModel {
	const model = new Map(base);
	const depth = (name: string): number => DIRECTIVES.get(name)?.fallback.length ?? 0;
	for (const [name, words] of [...added].sort(([a], [b]) => depth(a) - depth(b) || (a < b ? 1 : -1))) {
		const list = extendDirective(name as DirectiveName, words, model, reporter.at(camel(name)));
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
		const kept = governing.filter((source) => actsIn(directive, source));
		model.set(other, kept.length === 0 ? ["'none'"] : kept);
	}
}

function extendDirective(name: DirectiveName, words: readonly Source[], base: CspModel, reporter: Reporter): readonly Source[] | undefined {
	const directive = DIRECTIVES.get(name) as Directive;
	// Neither adds nor takes away a permission.
	if (directive.kind === "flag" || directive.kind === "endpoint") return words;
	if (directive.kind === "uris") return union(base.get(name) ?? [], words);
	if (words.includes("'none'")) {
		reporter.error("override/restricts", "extend adds, and 'none' takes everything away. Write replace({ … }) for a policy that forbids more.");
		return undefined;
	}
	const current = effective(base, name);
	if (current === undefined) {
		reporter.error(
			"override/restricts",
			`nothing limits ${name} now, so naming something would forbid everything else. Write replace({ … }) if that is meant.`,
		);
		return undefined;
	}
	const start = current.filter((source) => source !== "'none'" && actsIn(directive, source));
	const added = words.filter((word) => !start.includes(word));
	if (isSourceList(directive) && switchesOff(start, added, reporter)) return undefined;
	const list = union(start, words);
	if (isSourceList(directive)) checkSources(directive, list, reporter);
	return list;
}

/** Some additions make browsers ignore what stands in the list. */
function switchesOff(start: readonly Source[], added: readonly Source[], reporter: Reporter): boolean {
	if (start.includes("'unsafe-inline'") && !start.some(isNonceOrHash) && added.some(isNonceOrHash)) {
		reporter.error("override/restricts", "a nonce or hash makes browsers ignore the 'unsafe-inline' of this list. Write replace({ … }) if that is meant.");
		return true;
	}
	const open = start.some((source) => source === "'self'" || isAddress(source));
	if (open && added.includes("'strict-dynamic'")) {
		reporter.error("override/restricts", "'strict-dynamic' makes browsers ignore the hosts and 'self' of this list. Write replace({ … }) if that is meant.");
		return true;
	}
	return false;
}

/** A list taken over from a fallback may hold what has no effect in this directive. */
function actsIn(directive: Directive, source: Source): boolean {
	if (!isSourceList(directive)) return true;
	if (source === NONCE) return directive.nonce;
	const { kind } = classifySource(String(source));
	if (kind === "hash") return directive.hash;
	return kind !== "keyword" || directive.keywords.includes(String(source));
}

/** Each source once, in canonical order, so that additions commute. */
function union(start: readonly Source[], words: readonly Source[]): readonly Source[] {
	return [...new Set([...start, ...words])].sort((a, b) => rank(a) - rank(b) || (String(a) < String(b) ? -1 : 1));
}

const RANKS: readonly string[] = ["none", "self", "slot", "nonce", "hash", "keyword", "scheme", "host"];

function rank(source: Source): number {
	return RANKS.indexOf(source === NONCE ? "slot" : classifySource(String(source)).kind);
}

function isAddress(source: Source): boolean {
	return source !== NONCE && ["scheme", "host"].includes(classifySource(String(source)).kind);
}

function warnOfDeletion(name: DirectiveName, base: CspModel, reporter: Reporter): void {
	const rest = new Map(base);
	rest.delete(name);
	const governor = DIRECTIVES.get(name)?.fallback.find((fallback) => rest.has(fallback));
	reporter.warn("override/deleted", governor === undefined ? `nothing limits ${name} any more.` : `${name} is governed by ${governor} now.`);
}
