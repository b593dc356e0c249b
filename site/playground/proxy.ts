/** The configuration with which a proxy sends the headers. */
import { show } from "../../src/core/text.ts";
import { EdgeError, emit } from "../../src/edge/index.ts";
import { type EdgeHeader, problemOfValue } from "../../src/edge/plan.ts";
import { GENERATED, writeFiles } from "../../src/edge/target.ts";
import { apache } from "../../src/edge/targets/apache.ts";
import { caddy } from "../../src/edge/targets/caddy.ts";
import { nginx } from "../../src/edge/targets/nginx.ts";
import { factsOf, type HeaderFacts } from "../../src/headers/facts.ts";
import type { Answer } from "./read.ts";

export interface ProxyFiles {
	readonly files: readonly { readonly target: string; readonly text: string }[];
	/** What a proxy cannot send, one sentence or two each. */
	readonly notes: readonly string[];
}

const TARGETS = [nginx, apache, caddy];

/** What each server needs, or why it cannot send the policy. */
export function filesOfOptions(options: Readonly<Record<string, unknown>>): ProxyFiles {
	return { files: TARGETS.map(({ name }) => ({ target: name, text: reasonOr(() => emitted(name, options)) })), notes: [] };
}

/** A nonce is of the application alone, so that the proxy fills in what the application does not send. */
function emitted(target: string, options: Readonly<Record<string, unknown>>): string {
	const write = (mode: "override" | "fill"): string => textOf(emit(target, options, { mode }).files);
	try {
		return write("override");
	} catch (error) {
		if (!(error instanceof EdgeError)) throw error;
		return `# Mode "fill": the application sends the nonce.\n${write("fill")}`;
	}
}

/**
 * The same for the headers of a response, exactly as they are. What a proxy cannot send is left to the application.
 *
 * @param answers all responses that were pasted.
 */
export function filesOfFields(answer: Answer, answers: readonly Answer[]): ProxyFiles {
	const notes: string[] = [];
	const neighbours = answers.filter((other) => isNextTo(answer, other)).map(grouped);
	const headers = [...grouped(answer)].flatMap(([facts, values]): readonly EdgeHeader[] => {
		const value = joined(facts, values);
		const problem = problemOf(facts, values, value);
		const others = neighbours.filter((other) => joined(facts, other.get(facts) ?? []) !== value).length;
		if (problem !== undefined) notes.push(problem);
		else if (others > 0) notes.push(`${facts.name}: differs on ${others} of the other pages of this site. A proxy sends this value with every response.`);
		return problem === undefined ? [{ name: facts.name, value }] : [];
	});
	if (headers.length === 0) return { files: [], notes };
	const plan = { mode: "override", headers, remove: [] } as const;
	// There is no policy to emit again.
	const write = (target: (typeof TARGETS)[number]): string => textOf(writeFiles(target, plan).files).replaceAll(`# ${GENERATED}\n`, "");
	return { files: TARGETS.map((target) => ({ target: target.name, text: reasonOr(() => write(target)) })), notes };
}

function grouped({ fields }: Answer): ReadonlyMap<HeaderFacts, readonly string[]> {
	const values = new Map<HeaderFacts, readonly string[]>();
	for (const [name, value] of fields) {
		const facts = factsOf(name);
		if (facts !== undefined) values.set(facts, [...(values.get(facts) ?? []), value]);
	}
	return values;
}

/** Several lines mean the same as one with commas, where each of them counts. Equal lines are one. */
function joined(facts: HeaderFacts, values: readonly string[]): string {
	return (isOnce(facts) ? [...new Set(values)] : values).join(", ");
}

function isOnce({ cardinality, endpoints }: HeaderFacts): boolean {
	return cardinality === "one" && endpoints !== "defines";
}

function problemOf(facts: HeaderFacts, values: readonly string[], value: string): string | undefined {
	const { name } = facts;
	if (facts.cardinality === "many" && /'nonce-/i.test(value))
		return `${name}: has a nonce, which is new in each response, so a proxy cannot send it. The application must send this header. A nonce that never changes protects from nothing.`;
	if (isOnce(facts) && new Set(values).size > 1)
		return `${name}: is there ${values.length} times, with different values: ${values.map(show).join(", ")}. Keep the one that you mean.`;
	if (value === "") return `${name}: is empty, which means the same as no header.`;
	return problemOfValue({ name, text: value })[0];
}

function isNextTo(answer: Answer, other: Answer): boolean {
	return other !== answer && URL.canParse(answer.url) && URL.canParse(other.url) && new URL(answer.url).origin === new URL(other.url).origin;
}

function textOf(files: readonly { readonly path: string; readonly text: string }[]): string {
	return files.map(({ path, text }) => `# ${path}\n${text.trim()}\n`).join("\n");
}

function reasonOr(write: () => string): string {
	try {
		return write();
	} catch (error) {
		if (!(error instanceof EdgeError)) throw error;
		return error.message;
	}
}
