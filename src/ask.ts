import type { Ask } from "./compile.ts";
import type { Request, Response } from "./core/request.ts";
import { isThenable } from "./core/text.ts";
import { ignoreRejection } from "./events.ts";
import { KEYWORDS } from "./headers/csp/keywords.ts";
import type { PolicyPatch } from "./override.ts";
import { stateOf } from "./response.ts";

/**
 * Asks the functions of a policy, each once, and gives their answers as an addition to it. Throws or
 * rejects with what one of them threw.
 */
export function ask(asks: readonly Ask[], req: Request, res: Response): PolicyPatch | PromiseLike<PolicyPatch> {
	const answers = new Map<Ask["ask"], unknown>();
	try {
		for (const { ask } of asks) if (!answers.has(ask)) answers.set(ask, ask(req, res));
	} catch (error) {
		// The others may have begun something whose failure nobody waits for now.
		for (const answer of answers.values()) ignoreRejection(answer);
		throw error;
	}
	if (![...answers.values()].some(isThenable)) return patchOf(asks, answers, res);
	return Promise.all([...answers.values()]).then((values) => patchOf(asks, new Map([...answers.keys()].map((ask, i) => [ask, values[i]])), res));
}

function patchOf(asks: readonly Ask[], answers: ReadonlyMap<Ask["ask"], unknown>, res: Response): PolicyPatch {
	const patch: Record<string, { directives: Record<string, unknown[]> }> = Object.create(null);
	for (const { key, directive, ask } of asks) {
		const sources = sourcesOf(answers.get(ask), res);
		if (sources.length === 0) continue;
		const { directives } = patch[key] ?? { directives: Object.create(null) };
		directives[directive] = [...(directives[directive] ?? []), ...sources];
		patch[key] = { directives };
	}
	return patch as PolicyPatch;
}

/**
 * 'none' alone adds nothing. The nonce of the response, written out as users of other libraries do, is
 * the slot: text that differs in each response would be compiled in each. Anything else is judged where
 * it is read.
 */
function sourcesOf(answer: unknown, res: Response): readonly unknown[] {
	const sources = Array.isArray(answer) || answer instanceof Set ? [...answer] : [answer];
	if (sources.length === 1 && sources[0] === KEYWORDS.none) return [];
	const nonce = stateOf(res)?.nonce;
	return sources.map((source) => (nonce !== undefined && source === `'nonce-${nonce}'` ? KEYWORDS.nonce : source));
}
