import { isLoopback } from "../../core/address.ts";
import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { DEFAULT_MAX_AGE, type MaxAgeProblem, maxAgeProblem, PRELOAD_MAX_AGE } from "../../headers/common/max-age.ts";
import { NAMES } from "../../headers/facts.ts";
import type { hstsExamples } from "../examples/hsts.ts";
import { type Exchange, isAnswer, type Rule, type RuleParts, rule, type Severity, valuesOf } from "../types.ts";

type Id = keyof typeof hstsExamples;

const HEADER = NAMES.strictTransportSecurity;

interface Hsts {
	readonly value: string;
	/** Lower-case directive → the texts after its `=`; undefined where it has none. */
	readonly directives: ReadonlyMap<string, readonly (string | undefined)[]>;
}

/** The first line, which is the one that browsers read. A comma makes them ignore it. */
function readHsts(exchange: Exchange): Hsts | undefined {
	const [value] = exchange.secure ? valuesOf(exchange, HEADER) : [];
	if (value === undefined) return undefined;
	const directives = new Map<string, (string | undefined)[]>();
	for (const part of value.split(";")) {
		const [name = "", text] = part.split(/=(.*)/s).map((piece) => piece.trim());
		const texts = directives.get(name.toLowerCase());
		if (texts === undefined) directives.set(name.toLowerCase(), [text]);
		else texts.push(text);
	}
	return { value, directives };
}

/** As visitors see it: not on this machine, where a TLS proxy may be in front of the server. */
function isPublic({ probe, url }: Exchange): boolean {
	return ["page", "plain-http", "redirect"].includes(probe) && !isLoopback(new URL(url).hostname);
}

function maxAgeOf({ directives }: Hsts): number | undefined {
	const text = directives.get("max-age")?.[0]?.replace(/^"(.*)"$/, "$1");
	return text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

function hstsRule({ check, ...about }: RuleParts<Id, (hsts: Hsts, exchange: Exchange) => string | undefined>): Rule<Id> {
	return rule({
		...about,
		header: HEADER,
		check(exchange) {
			const hsts = readHsts(exchange);
			if (hsts === undefined || hsts.value.trim() === "") return undefined;
			// Browsers ignore a value with a comma as a whole, so nothing in it is judged.
			return hsts.value.includes(",") && about.id !== "hsts/multiple" ? undefined : check(hsts, exchange);
		},
	});
}

interface MaxAgeRule {
	readonly id: MaxAgeProblem;
	readonly title: string;
	readonly severity: Severity;
	readonly message: (maxAge: number) => string;
}

/** A number that browsers take, judged as an option is. */
function maxAgeRule({ message, ...about }: MaxAgeRule): Rule<Id> {
	return hstsRule({
		...about,
		summary: CODES[about.id],
		check(hsts) {
			const maxAge = maxAgeOf(hsts);
			return maxAge !== undefined && maxAgeProblem(maxAge) === about.id ? message(maxAge) : undefined;
		},
	});
}

export const hstsRules: readonly Rule<Id>[] = [
	rule({
		header: HEADER,
		id: "hsts/missing",
		title: "No HSTS",
		severity: "error",
		summary: "An https response lets browsers go back to http.",
		check: (exchange) =>
			exchange.secure && isAnswer(exchange) && valuesOf(exchange, HEADER).length === 0
				? `absent on https. Send max-age=${DEFAULT_MAX_AGE}; includeSubDomains.`
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "hsts/over-http",
		title: "HSTS over http",
		severity: "warning",
		summary: "Browsers ignore the header on plain http.",
		check: (exchange) =>
			!exchange.secure && isPublic(exchange) && valuesOf(exchange, HEADER).length > 0
				? "sent over plain http, where browsers ignore it. Redirect to https, and send it there."
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "hsts/empty",
		title: "Empty HSTS",
		severity: "error",
		summary: "Browsers ignore an empty value.",
		check: (exchange) =>
			readHsts(exchange)?.value.trim() === "" ? `empty, so browsers ignore it. Send max-age=${DEFAULT_MAX_AGE}; includeSubDomains.` : undefined,
	}),
	hstsRule({
		id: "hsts/multiple",
		title: "Several HSTS values",
		severity: "error",
		summary: "Browsers read only the first line of several, and none of a joined value.",
		check: ({ value }, exchange) => {
			const lines = valuesOf(exchange, HEADER);
			if (lines.length > 1) return `is sent ${lines.length} times; browsers read the first, ${show(value)}. Send it once, from the application or the proxy.`;
			return value.includes(",") ? `${show(value)} has two values in one line, so browsers ignore it. Send one.` : undefined;
		},
	}),
	hstsRule({
		id: "hsts/max-age-missing",
		title: "No max-age",
		severity: "error",
		summary: "Without max-age browsers ignore the header.",
		check: ({ value, directives }) => {
			return directives.get("max-age")?.[0] === undefined
				? `${show(value)} has no max-age, so browsers ignore it. Send max-age=${DEFAULT_MAX_AGE}; includeSubDomains.`
				: undefined;
		},
	}),
	hstsRule({
		id: "hsts/max-age-invalid",
		title: "Invalid max-age",
		severity: "error",
		summary: CODES["hsts/max-age-invalid"],
		check: (hsts) => {
			const [text] = hsts.directives.get("max-age") ?? [];
			return text !== undefined && maxAgeOf(hsts) === undefined
				? `max-age is ${show(text)}, which is not a whole number of seconds. Send max-age=${DEFAULT_MAX_AGE}.`
				: undefined;
		},
	}),
	hstsRule({
		id: "hsts/max-age-leading-zero",
		title: "Leading zero",
		severity: "warning",
		summary: "max-age begins with a zero, which preload lists refuse.",
		check: ({ directives }) => {
			const [text] = directives.get("max-age") ?? [];
			return text !== undefined && /^0\d/.test(text) ? `max-age is ${show(text)}. Write it without the leading zero.` : undefined;
		},
	}),
	maxAgeRule({
		id: "hsts/max-age-zero",
		title: "HSTS switched off",
		severity: "error",
		message: () => `max-age=0 makes browsers forget that the host requires https. Send max-age=${DEFAULT_MAX_AGE}.`,
	}),
	maxAgeRule({
		id: "hsts/max-age-short",
		title: "max-age under half a year",
		severity: "error",
		message: (maxAge) => `max-age=${maxAge} is under half a year. Send max-age=${DEFAULT_MAX_AGE}.`,
	}),
	maxAgeRule({
		id: "hsts/max-age-under-a-year",
		title: "max-age under a year",
		severity: "warning",
		message: (maxAge) => `max-age=${maxAge} is under a year. Send max-age=${DEFAULT_MAX_AGE}.`,
	}),
	maxAgeRule({
		id: "hsts/max-age-excessive",
		title: "max-age over ten years",
		severity: "note",
		message: (maxAge) => `max-age=${maxAge} is over ten years; was it meant in milliseconds? Send max-age=${DEFAULT_MAX_AGE}.`,
	}),
	hstsRule({
		id: "hsts/no-subdomains",
		title: "Subdomains not covered",
		severity: "note",
		summary: "Browsers may still use http for subdomains.",
		check: ({ directives }) =>
			directives.has("includesubdomains")
				? undefined
				: "without includeSubDomains, an attacker can use subdomains over http. Add it when all subdomains have https.",
	}),
	hstsRule({
		id: "hsts/preload-ineligible",
		title: "Not eligible for preload",
		severity: "error",
		summary: CODES["hsts/preload-ineligible"],
		check: (hsts) => {
			if (!hsts.directives.has("preload")) return undefined;
			const isEligible = (maxAgeOf(hsts) ?? 0) >= PRELOAD_MAX_AGE && hsts.directives.has("includesubdomains");
			return isEligible
				? undefined
				: `${show(hsts.value)} asks for preloading, which needs includeSubDomains and max-age=${PRELOAD_MAX_AGE}. Add them, or remove preload.`;
		},
	}),
	hstsRule({
		id: "hsts/repeated-directive",
		title: "Repeated directive",
		severity: "warning",
		summary: "A directive appears twice; browsers ignore such a header or read the first.",
		check: ({ directives }) => {
			const [name] = [...directives].find(([key, texts]) => key !== "" && texts.length > 1) ?? [];
			return name === undefined ? undefined : `${show(name)} appears twice. Write it once.`;
		},
	}),
	hstsRule({
		id: "hsts/directive-extra",
		title: "Value where none belongs",
		severity: "warning",
		summary: "includeSubDomains or preload has a value.",
		check: ({ directives }) => {
			const name = ["includesubdomains", "preload"].find((key) => directives.get(key)?.some((text) => text !== undefined));
			return name === undefined ? undefined : `${show(name)} has a value, but it takes none. Write it without a value.`;
		},
	}),
	hstsRule({
		id: "hsts/unknown-directive",
		title: "Unknown directive",
		severity: "warning",
		summary: "A directive is unknown and may be misspelt.",
		check: ({ value, directives }) => {
			const name = [...directives.keys()].find((key) => !["max-age", "includesubdomains", "preload"].includes(key));
			if (name === undefined) return undefined;
			if (name === "") return `${show(value)} has an empty directive. Write ${show(value.replace(/[;\s]+$/, ""))}.`;
			const isMeant = /sub-?domain/.test(name) && !directives.has("includesubdomains");
			return `${show(name)} is not a directive. ${isMeant ? "Write includeSubDomains." : "Remove it."}`;
		},
	}),
];
