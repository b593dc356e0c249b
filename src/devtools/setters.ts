import type { DirectiveName } from "../csp/directives.ts";
import type { Source } from "../csp/grammar.ts";
import { type CspModel, type CspPolicies, effective } from "../csp/model.ts";
import { directiveWords, type SourceWords } from "../csp/words.ts";
import type { HeaderDefinition } from "../headers/define.ts";
import { factsOf, isCsp } from "../headers/facts.ts";
import { HEADERS } from "../headers/index.ts";
import { HEADER_WORDS } from "../headers/words.ts";
import { type CompiledPolicy, isCompiled } from "../policy/compile.ts";
import { additionIn } from "./advice/vendor.ts";
import type { Step } from "./visits.ts";

/** Who set a part of a policy. */
export interface Setter {
	/** `policy`: the middleware itself. `function`: a function of the request in the policy. */
	readonly by: Step["by"] | "function";
	/** The path of the router or route. */
	readonly at: string;
	/** The name of the addition in headguard/vendors. */
	readonly vendor: string | undefined;
}

/** A policy as the page shows it. */
export interface PolicyView {
	readonly headers: readonly HeaderView[];
	/** Headers that an override switched off. */
	readonly off: readonly Gone[];
}

export interface HeaderView {
	readonly name: string;
	readonly value: string;
	readonly means: string;
	readonly setter: Setter;
	/** Where browsers use it: everywhere, on https, or on https and on this machine. */
	readonly on: "all" | "https" | "secure";
	/** The policies of the header, if it is a CSP. */
	readonly policies: readonly (readonly DirectiveView[])[];
	/** Directives that an override removed. */
	readonly off: readonly Gone[];
}

export interface DirectiveView {
	readonly name: string;
	readonly title: string;
	readonly sentence: string;
	/** Who changed it last. */
	readonly setter: Setter;
	readonly sources: readonly (SourceWords & { readonly setter: Setter })[];
}

interface Gone {
	readonly name: string;
	readonly setter: Setter;
}

/** The policy of a response, with who set each part. Compares the policies that the response had one after the other. */
export function policyView(steps: readonly Step[]): PolicyView {
	const stages = stagesOf(steps);
	const headers = HEADERS.flatMap((header) => {
		const view = headerView(header, stages);
		return view === undefined ? [] : [view];
	});
	const off = HEADERS.flatMap(({ key, name }) => gone(name, stages, ({ policy }) => policy.models.has(key)));
	return { headers, off };
}

/** A policy that a response had, and what made it of the one before. */
interface Stage extends CompiledPolicy {
	readonly setter: Setter;
	/** The functions that were called for it, as `header directive`. */
	readonly called: ReadonlySet<string>;
}

function stagesOf(steps: readonly Step[]): readonly Stage[] {
	const [first] = steps;
	if (first === undefined) return [];
	// What came before devtools was mounted: functions of the policy, and overrides.
	const { base } = first.compiled;
	const root: readonly Step[] = base !== undefined && isCompiled(base) ? [{ by: "policy", at: "", compiled: base }] : [];
	const all = root.length === 0 ? steps : [...root, { ...first, by: "app" as const }, ...steps.slice(1)];
	return all.map(({ by, at, compiled }, index) => {
		const before = all[index - 1]?.compiled.dynamicSources ?? [];
		const isAnswered = compiled.dynamicSources.length === 0;
		return { ...compiled, setter: { by, at, vendor: undefined }, called: new Set(isAnswered ? before.map(({ key, directive }) => `${key} ${directive}`) : []) };
	});
}

/** Undefined if the header is not sent. */
function headerView(header: HeaderDefinition, stages: readonly Stage[]): HeaderView | undefined {
	const { key, name } = header;
	const last = stages.at(-1);
	const value = last && textOf(header, last);
	if (last === undefined || value === undefined) return undefined;
	const changed = stages.findLast((stage, index) => index === 0 || textOf(header, stages[index - 1] as Stage) !== textOf(header, stage)) ?? last;
	const count = policiesOf(last, key).length;
	const policies = Array.from({ length: count }, (_, index) => directivesOf(key, index, stages));
	const names = new Set(stages.flatMap((stage) => policiesOf(stage, key).flatMap((model) => [...model.keys()])));
	const off = [...names].flatMap((directive) => gone(directive, stages, (stage) => policiesOf(stage, key).some((model) => model.has(directive))));
	return {
		name,
		value,
		means: HEADER_WORDS[header.key as keyof typeof HEADER_WORDS],
		setter: setterOf(changed, key, policies),
		on: whereUsed(header, last),
		policies,
		off,
	};
}

/** An override whose functions made every change is one of functions. */
function setterOf({ setter, called }: Stage, key: string, policies: readonly (readonly DirectiveView[])[]): Setter {
	const own = policies.flat().flatMap(({ sources }) => sources.map((source) => source.setter));
	const isFunctions = [...called].some((name) => name.startsWith(`${key} `)) && !own.some(({ by, at }) => by === setter.by && at === setter.at);
	return isFunctions ? { ...setter, by: "function" } : setter;
}

function textOf({ key, write }: HeaderDefinition, { policy }: Stage): string | undefined {
	const text = policy.models.has(key) ? write(policy.models.get(key), { secure: true, hstsAllowed: true }) : undefined;
	return text?.nonced?.join("…") ?? text?.text;
}

function whereUsed({ key, name, write }: HeaderDefinition, { policy }: Stage): HeaderView["on"] {
	if (write(policy.models.get(key), { secure: false, hstsAllowed: false }) === undefined) return "https";
	return factsOf(name)?.secureOnly === true ? "secure" : "all";
}

function policiesOf({ policy }: Stage, key: string): readonly CspModel[] {
	if (!isCsp(key)) return [];
	return (policy.models.get(key) as CspPolicies | undefined)?.all ?? [];
}

/** The directives of one policy. Each word keeps its setter, as long as no stage takes another word of its list away. */
function directivesOf(key: string, index: number, stages: readonly Stage[]): readonly DirectiveView[] {
	let before: Attributed = new Map();
	let model: CspModel = new Map();
	for (const stage of stages) {
		const next = policiesOf(stage, key)[index] ?? new Map();
		before = attributed(key, before, model, next, stage);
		model = next;
	}
	return [...model].map(([name, list]) => {
		const { setter, words } = before.get(name) as AttributedDirective;
		const { title, sentence, sources } = directiveWords(name, model);
		return { name, title, sentence, setter, sources: sources.map((source, at) => ({ ...source, setter: words.get(list[at] as Source) ?? setter })) };
	});
}

type Attributed = ReadonlyMap<string, AttributedDirective>;
interface AttributedDirective {
	readonly setter: Setter;
	readonly words: ReadonlyMap<Source, Setter>;
}

function attributed(key: string, before: Attributed, model: CspModel, next: CspModel, stage: Stage): Attributed {
	return new Map(
		[...next].map(([name, list]) => {
			const known = before.get(name);
			if (known !== undefined && equal(model.get(name) ?? [], list)) return [name, known];
			const setter = stage.called.has(`${key} ${name}`) ? { ...stage.setter, by: "function" as const } : stage.setter;
			// An addition to an absent list starts from the list that applies instead of it.
			const earlier = known?.words ?? wordsOf(before, model, name as DirectiveName);
			const isAddition = [...earlier.keys()].every((source) => source === "'none'" || list.includes(source));
			const word = (source: Source): Setter => (isAddition ? earlier.get(source) : undefined) ?? { ...setter, vendor: additionIn(model, next, name, source) };
			const words = new Map(list.map((source) => [source, word(source)]));
			const vendors = new Set([...words.values()].filter(({ by, at }) => by === setter.by && at === setter.at).map(({ vendor }) => vendor));
			return [name, { setter: { ...setter, vendor: vendors.size === 1 ? [...vendors][0] : undefined }, words }];
		}),
	);
}

function wordsOf(before: Attributed, model: CspModel, name: DirectiveName): ReadonlyMap<Source, Setter> {
	const list = effective(model, name);
	const governor = [...model].find(([, other]) => other === list)?.[0];
	return before.get(governor ?? "")?.words ?? new Map();
}

function equal(one: readonly Source[], other: readonly Source[]): boolean {
	return one.length === other.length && one.every((source, index) => source === other[index]);
}

/** What an earlier stage had and the last one does not, with the stage that removed it. */
function gone(name: string, stages: readonly Stage[], has: (stage: Stage) => boolean): readonly Gone[] {
	const last = stages.findLastIndex(has);
	const setter = stages[last + 1]?.setter;
	return last < 0 || setter === undefined ? [] : [{ name, setter }];
}
