import { show } from "../../core/text.ts";
import { factsOf, HEADER_FACTS, NAMES } from "../../headers/facts.ts";
import { type Rule, rule, type Seen, valuesOf } from "../types.ts";

/** These have a rule of their own, which says what browsers do. */
const ELSEWHERE: readonly string[] = [
	NAMES.strictTransportSecurity,
	NAMES.crossOriginOpenerPolicy,
	NAMES.crossOriginEmbedderPolicy,
	NAMES.crossOriginResourcePolicy,
	NAMES.originAgentCluster,
	NAMES.documentIsolationPolicy,
];

const CORS = "Access-Control-Allow-Origin";

/** Every header of which two lines are a mistake of two writers. */
const ALL: readonly string[] = [...HEADER_FACTS.map(({ name }) => name), CORS];
const OWN = ALL.filter((name) => !ELSEWHERE.includes(name));

/** Of these browsers take one value; further policies and further endpoints count beside the first. */
const SINGLE = OWN.filter((name) => factsOf(name)?.cardinality !== "many" && factsOf(name)?.endpoints !== "defines");

function times(seen: Seen, name: string): string {
	const count = valuesOf(seen, name).length;
	return count === 2 ? "twice" : `${count} times`;
}

export const duplicateRules: readonly Rule[] = [
	rule("", "dup/different", "error", "A header stands twice with different values, of which browsers ignore some or all.", (seen) => {
		const name = SINGLE.find((header) => new Set(valuesOf(seen, header)).size > 1);
		return name === undefined
			? undefined
			: `${name} stands ${times(seen, name)}: ${valuesOf(seen, name).map(show).join(", ")}. Send it once, from the application or the proxy.`;
	}),
	rule("", "dup/identical", "warning", "A header stands twice with the same value: two writers, that may differ tomorrow.", (seen) => {
		const name = OWN.find((header) => valuesOf(seen, header).length > 1 && new Set(valuesOf(seen, header)).size === 1);
		return name === undefined ? undefined : `${name} stands ${times(seen, name)}, with the same value. Send it once, from the application or the proxy.`;
	}),
	rule("", "dup/origin", "note", "Which of the copies comes from the application, and which from its proxy.", (seen) => {
		const { direct } = seen;
		if (direct === undefined) return undefined;
		const name = ALL.find((header) => valuesOf(seen, header).length > 1 && valuesOf(direct, header).length > 0);
		if (name === undefined) return undefined;
		const own = valuesOf(direct, name);
		const [kept, added] = [valuesOf(seen, name).filter((value) => own.includes(value)), valuesOf(seen, name).filter((value) => !own.includes(value))];
		return `${name}: the application sends ${kept.map(show).join(", ") || "nothing that arrives"}, the proxy adds ${added.map(show).join(", ") || "the same once more"}. Let one of them send it.`;
	}),
];
