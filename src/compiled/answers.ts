import { PolicyError } from "../core/errors.ts";
import { show } from "../core/text.ts";
import type { Source } from "../csp/grammar.ts";
import { HOST_SOURCE } from "../csp/grammar.ts";
import { NONCE } from "../csp/keywords.ts";
import { type CspModel, hasNonceSlot, withoutNonce } from "../csp/model.ts";
import { inOrder } from "../csp/order.ts";
import { serialize, serializeSegments } from "../csp/serialize.ts";
import { createBlock, createLazily, type HeaderBlock } from "../response/wire.ts";
import { type Answered, answerKey, listsOf, placeholderOf } from "./format.ts";
import { type LoadedHeader, type LoadedPolicy, toHeader } from "./load.ts";
import { modelsOf } from "./models.ts";

/** The addition that `resolveDynamicSources` collects. */
type Patch = Readonly<Record<string, { readonly directives: Readonly<Record<string, readonly unknown[]>> }>>;

/** How many results are kept for each policy. Tenants usually have the same sources again. */
const REMEMBERED = 256;

/** What common servers and clients refuse. */
const LONGEST = 16_384;

const MADE = new WeakMap<LoadedPolicy, Map<string, LoadedPolicy>>();

/**
 * The policy with what its functions returned. Equal answers are put together once.
 * @throws {PolicyError} for an answer that is not a host, a scheme, the nonce, or already in the list.
 */
export function withAnswers(policy: LoadedPolicy, patch: object): LoadedPolicy {
	return filled(policy, givenIn(patch as Patch));
}

/** The same for answers that another policy of the response got, which an override then changed. */
export function withSameAnswers(policy: LoadedPolicy, given: LoadedPolicy["given"]): LoadedPolicy {
	return given === undefined ? policy : filled(policy, given);
}

function givenIn(patch: Patch): ReadonlyMap<string, readonly unknown[]> {
	return new Map(
		Object.entries(patch).flatMap(([key, { directives }]) => Object.entries(directives).map(([name, sources]) => [`${key} ${name}`, sources] as const)),
	);
}

function filled(policy: LoadedPolicy, given: ReadonlyMap<string, readonly unknown[]>): LoadedPolicy {
	const lists = listsOf(policy.data.sources ?? []);
	const answers = lists.map((list) => (given.get(list) ?? []).map((source) => checkedSource(source, list)));
	const key = JSON.stringify(answers.map((sources) => sources.map((source) => (source === NONCE ? 0 : source))));
	const made = MADE.get(policy) ?? new Map<string, LoadedPolicy>();
	MADE.set(policy, made);
	const known = made.get(key);
	if (known !== undefined) return known;
	const result = fill(policy, answers, given);
	if (made.size >= REMEMBERED) made.clear();
	made.set(key, result);
	return result;
}

function fill(policy: LoadedPolicy, answers: readonly (readonly Source[])[], given: ReadonlyMap<string, readonly unknown[]>): LoadedPolicy {
	const { module, data } = policy;
	const answered = answers.map((sources): Answered => (sources.length === 0 ? "-" : sources.includes(NONCE) ? "n" : "s"));
	const isAnswered = answered.some((one) => one !== "-");
	const name = isAnswered ? data.answers?.[answerKey(answered)] : policy.name;
	if (name === undefined) throw answerError("this list of the policy cannot take the nonce. Write csp.nonce into the list itself.");
	const template = module.policy(name);
	const blocks = isAnswered ? createLazily(8, (index) => fillBlock(template.blocks[index] as HeaderBlock, answers)) : template.blocks;
	// A block that is too large, or that holds a word which is none, is found now, and not when the head is written.
	for (const index of [0, 3])
		if ((blocks[index] as HeaderBlock).lateLines.length > LONGEST) throw answerError("the sources make the headers larger than servers accept. Return fewer.");
	return { ...policy, blocks, base: policy.base ?? policy, dynamicSources: [], given };
}

function fillBlock({ headers }: HeaderBlock, answers: readonly (readonly Source[])[]): HeaderBlock {
	return createBlock(
		headers.map((header) => {
			const { name, text, nonced, locked, onOther } = header as LoadedHeader;
			if (!answers.some((_, list) => text.includes(placeholderOf(list)))) return header;
			const models = modelsOf({ text, nonced }).map((model) => fillModel(model, answers));
			const isNonced = models.some(hasNonceSlot);
			return toHeader({
				name,
				text: models.map((model) => serialize(withoutNonce(model))).join(", "),
				nonced: isNonced ? serializeSegments(models, ", ") : undefined,
				locked: locked || undefined,
				onOther,
			});
		}),
	);
}

function fillModel(model: CspModel, answers: readonly (readonly Source[])[]): CspModel {
	const fillList = (words: readonly Source[]): readonly Source[] => {
		const places = answers.flatMap((_, list) => (words.includes(placeholderOf(list)) ? [list] : []));
		if (places.length === 0) return words;
		const rest = words.filter((word) => !places.some((list) => word === placeholderOf(list)));
		// The policy that is filled in has the slot wherever it belongs.
		return inOrder([...rest, ...places.flatMap((list) => answers[list] ?? []).filter((source) => source !== NONCE)]);
	};
	return new Map([...model].map(([name, words]) => [name, fillList(words)]));
}

/** What a list can take without the compiler: everything else could switch a part of the list off, or mean something else to browsers. */
function checkedSource(source: unknown, list: string): Source {
	if (source === NONCE) return NONCE;
	if (typeof source === "string" && isAddress(source)) return /^[a-z][a-z0-9+.-]*:$/i.test(source) ? source.toLowerCase() : source;
	throw answerError(
		`a function for ${list.split(" ")[1]} returned ${show(source)}. Return hosts such as "https://img.example", schemes such as "data:", or the nonce of the response.`,
	);
}

function isAddress(source: string): boolean {
	if (!/^[!#-&(-+\--:<-~]+$/.test(source) || /[?#"`]/.test(source)) return false;
	if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return !/^(?:javascript|localhost):$/i.test(source);
	const [, scheme, host = "", port] = HOST_SOURCE.exec(source) ?? [];
	// A word without a dot is nearly always a keyword without its quotes.
	const isPlain = scheme !== undefined || port !== undefined || host === "*" || host === "localhost" || host.includes(".");
	return host !== "" && isPlain && !(Number(port) > 65_535);
}

function answerError(message: string): PolicyError {
	return new PolicyError([{ code: "compiled/answer", path: "sources", message }]);
}
