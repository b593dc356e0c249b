import { show } from "../../core/text.ts";
import { factsOf, HEADER_FACTS, NAMES } from "../../headers/facts.ts";
import type { duplicatesExamples } from "../examples/duplicates.ts";
import { type Exchange, type Rule, rule, valuesOf } from "../types.ts";

type Id = keyof typeof duplicatesExamples;

/** These have their own rule, which says what browsers do. */
const ELSEWHERE: readonly string[] = [
	NAMES.strictTransportSecurity,
	NAMES.crossOriginOpenerPolicy,
	NAMES.crossOriginEmbedderPolicy,
	NAMES.crossOriginResourcePolicy,
	NAMES.originAgentCluster,
	NAMES.documentIsolationPolicy,
];

const CORS = "Access-Control-Allow-Origin";

/** Headers that should be sent once. Two lines mean that two programs write them. */
const ALL: readonly string[] = [...HEADER_FACTS.map(({ name }) => name), CORS];
const OWN = ALL.filter((name) => ![...ELSEWHERE, CORS].includes(name));

/** Browsers use one value of these. Further policies and further endpoints count as well as the first. */
const SINGLE = OWN.filter((name) => factsOf(name)?.cardinality !== "many" && factsOf(name)?.endpoints !== "defines");

function times(exchange: Exchange, name: string): string {
	const count = valuesOf(exchange, name).length;
	return count === 2 ? "twice" : `${count} times`;
}

export const duplicateRules: readonly Rule<Id>[] = [
	rule({
		header: "",
		id: "dup/different",
		title: "Header sent twice",
		severity: "error",
		summary: "A header is sent twice with different values; browsers ignore some or all of them.",
		check: (exchange) => {
			const name = SINGLE.find((header) => new Set(valuesOf(exchange, header)).size > 1);
			return name === undefined
				? undefined
				: `${name} is sent ${times(exchange, name)}: ${valuesOf(exchange, name).map(show).join(", ")}. Send it once, from the application or the proxy.`;
		},
	}),
	rule({
		header: "",
		id: "dup/identical",
		title: "Same header twice",
		severity: "warning",
		summary: "A header is sent twice with the same value: two writers, whose values may differ tomorrow.",
		check: (exchange) => {
			const isRepeated = (name: string): boolean => valuesOf(exchange, name).length > 1 && new Set(valuesOf(exchange, name)).size === 1;
			const name = OWN.find(isRepeated);
			if (name === undefined) return undefined;
			// One program that writes them all is one cause.
			const others = ALL.filter((header) => header !== name && isRepeated(header));
			return others.length === 0
				? `${name} is sent ${times(exchange, name)}, with the same value. Send it once, from the application or the proxy.`
				: `${[name, ...others].join(", ")}: sent twice or more, with the same value. Send each once, from the application or the proxy.`;
		},
	}),
	rule({
		header: "",
		id: "dup/origin",
		title: "Origin of the copies",
		severity: "note",
		summary: "It says which of the copies comes from the application, and which from its proxy.",
		check: (exchange) => {
			const { direct } = exchange;
			if (direct === undefined) return undefined;
			const name = ALL.find((header) => valuesOf(exchange, header).length > 1 && valuesOf(direct, header).length > 0);
			if (name === undefined) return undefined;
			const own = valuesOf(direct, name);
			const [kept, added] = [valuesOf(exchange, name).filter((value) => own.includes(value)), valuesOf(exchange, name).filter((value) => !own.includes(value))];
			return `${name}: the application sends ${kept.map(show).join(", ") || "nothing that arrives"}; the proxy adds ${added.map(show).join(", ") || "the same value again"}. Let one of them send it.`;
		},
	}),
];
