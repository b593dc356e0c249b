import type { Request, Response } from "../core/request.ts";
import { ignoreRejection, isThenable } from "../core/text.ts";
import { KEYWORDS } from "../csp/keywords.ts";
import { acceptNonce } from "./nonce.ts";
import { stateOf } from "./state.ts";
import type { DynamicSource } from "./wire.ts";

/** What the functions of a policy returned in one request. */
interface Answers {
	/** An addition to the policy. */
	readonly patch: object;
	/** A nonce that the application made. The patch has a slot for it. */
	readonly nonce: string | undefined;
}

/** Calls each function of a policy once. Throws or rejects with the error of the first that fails. */
export function resolveDynamicSources(asks: readonly DynamicSource[], req: Request, res: Response): Answers | PromiseLike<Answers> {
	const answers = new Map<DynamicSource["ask"], unknown>();
	try {
		for (const { ask } of asks) if (!answers.has(ask)) answers.set(ask, ask(req, res));
	} catch (error) {
		// Promises of the other functions would reject unhandled.
		for (const answer of answers.values()) ignoreRejection(answer);
		throw error;
	}
	if (![...answers.values()].some(isThenable)) return collect(asks, answers, res);
	return Promise.all([...answers.values()]).then((values) => collect(asks, new Map([...answers.keys()].map((ask, i) => [ask, values[i]])), res));
}

function collect(asks: readonly DynamicSource[], answers: ReadonlyMap<DynamicSource["ask"], unknown>, res: Response): Answers {
	const patch: Record<string, { directives: Record<string, unknown[]> }> = Object.create(null);
	const made = stateOf(res)?.nonce;
	const nonce = made ?? ownNonce([...answers.values()]);
	for (const { key, directive, ask } of asks) {
		const sources = sourcesOf(answers.get(ask), nonce);
		if (sources.length === 0) continue;
		const { directives } = patch[key] ?? { directives: Object.create(null) };
		directives[directive] = [...(directives[directive] ?? []), ...sources];
		patch[key] = { directives };
	}
	return { patch, nonce: made === undefined ? nonce : undefined };
}

/**
 * `'none'` alone adds nothing. If a function writes the nonce of the response out, as users of other libraries do, it becomes the slot, because
 * text that differs in each response would be compiled for each. The reader of the patch checks everything else.
 */
function sourcesOf(answer: unknown, nonce: string | undefined): readonly unknown[] {
	const sources = listOf(answer);
	if (sources.length === 1 && sources[0] === KEYWORDS.none) return [];
	return sources.map((source) => (nonce !== undefined && source === `'nonce-${nonce}'` ? KEYWORDS.nonce : source));
}

function listOf(answer: unknown): readonly unknown[] {
	return Array.isArray(answer) || answer instanceof Set ? [...answer] : [answer];
}

/** The nonce that one of the functions returned. */
function ownNonce(answers: readonly unknown[]): string | undefined {
	for (const source of answers.flatMap(listOf)) {
		const nonce = typeof source === "string" ? acceptNonce(/^'nonce-(.+)'$/.exec(source)?.[1]) : undefined;
		if (nonce !== undefined) return nonce;
	}
	return undefined;
}
