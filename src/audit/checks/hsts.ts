import { isLoopback } from "../../core/address.ts";
import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { DEFAULT_MAX_AGE, type MaxAgeProblem, maxAgeProblem, PRELOAD_MAX_AGE } from "../../headers/common/max-age.ts";
import { NAMES } from "../../headers/facts.ts";
import { isAnswer, type Rule, rule, type Seen, type Severity, valuesOf } from "../types.ts";

const HEADER = NAMES.strictTransportSecurity;

interface Hsts {
	readonly value: string;
	/** Lower-case directive → the texts behind its `=`; undefined where it has none. */
	readonly directives: ReadonlyMap<string, readonly (string | undefined)[]>;
}

/** The first line, which is the one that browsers read; a comma makes them ignore it. */
function read(seen: Seen): Hsts | undefined {
	const [value] = seen.secure ? valuesOf(seen, HEADER) : [];
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

/** Seen as visitors see it: not on this machine, where a proxy that ends TLS may stand in front. */
function isPublic({ probe, url }: Seen): boolean {
	return ["page", "plain-http", "redirect"].includes(probe) && !isLoopback(new URL(url).hostname);
}

function maxAgeOf({ directives }: Hsts): number | undefined {
	const text = directives.get("max-age")?.[0]?.replace(/^"(.*)"$/, "$1");
	return text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

function hstsRule(id: string, severity: Severity, summary: string, check: (hsts: Hsts, seen: Seen) => string | undefined): Rule {
	return rule(HEADER, id, severity, summary, (seen) => {
		const hsts = read(seen);
		return hsts === undefined || hsts.value.trim() === "" ? undefined : check(hsts, seen);
	});
}

/** A number that browsers take, judged as an option is. */
function maxAgeRule(id: MaxAgeProblem, severity: Severity, message: (maxAge: number) => string): Rule {
	return hstsRule(id, severity, CODES[id], (hsts) => {
		const maxAge = maxAgeOf(hsts);
		return maxAge !== undefined && maxAgeProblem(maxAge) === id ? message(maxAge) : undefined;
	});
}

export const hstsRules: readonly Rule[] = [
	rule(HEADER, "hsts/missing", "error", "An https response lets browsers go back to http.", (seen) =>
		seen.secure && isAnswer(seen) && valuesOf(seen, HEADER).length === 0 ? `absent on https. Send max-age=${DEFAULT_MAX_AGE}; includeSubDomains.` : undefined,
	),
	rule(HEADER, "hsts/over-http", "warning", "Browsers ignore the header on plain http.", (seen) =>
		!seen.secure && isPublic(seen) && valuesOf(seen, HEADER).length > 0
			? "sent over plain http, where browsers ignore it. Redirect to https, and send it there."
			: undefined,
	),
	rule(HEADER, "hsts/empty", "error", "An empty value is ignored by browsers.", (seen) =>
		read(seen)?.value.trim() === "" ? `empty, so browsers ignore it. Send max-age=${DEFAULT_MAX_AGE}; includeSubDomains.` : undefined,
	),
	hstsRule("hsts/multiple", "error", "Of several values browsers read the first line only, and none of a joined one.", ({ value }, seen) => {
		const lines = valuesOf(seen, HEADER);
		if (lines.length > 1) return `stands ${lines.length} times; browsers read the first, ${show(value)}. Send it once, from the application or the proxy.`;
		return value.includes(",") ? `${show(value)} holds two values in one line, so browsers ignore it. Send one.` : undefined;
	}),
	hstsRule("hsts/max-age-missing", "error", "Without max-age browsers ignore the header.", ({ value, directives }) => {
		return directives.get("max-age")?.[0] === undefined
			? `${show(value)} has no max-age, so browsers ignore it. Send max-age=${DEFAULT_MAX_AGE}; includeSubDomains.`
			: undefined;
	}),
	hstsRule("hsts/max-age-invalid", "error", CODES["hsts/max-age-invalid"], (hsts) => {
		const [text] = hsts.directives.get("max-age") ?? [];
		return text !== undefined && maxAgeOf(hsts) === undefined
			? `max-age is ${show(text)}, which is no whole number of seconds. Send max-age=${DEFAULT_MAX_AGE}.`
			: undefined;
	}),
	hstsRule("hsts/max-age-leading-zero", "warning", "max-age begins with a zero, which preload lists refuse.", ({ directives }) => {
		const [text] = directives.get("max-age") ?? [];
		return text !== undefined && /^0\d/.test(text) ? `max-age is ${show(text)}. Write it without the leading zero.` : undefined;
	}),
	maxAgeRule("hsts/max-age-zero", "error", () => `max-age=0 makes browsers forget that the host wants https. Send max-age=${DEFAULT_MAX_AGE}.`),
	maxAgeRule("hsts/max-age-short", "error", (maxAge) => `max-age=${maxAge} is under half a year. Send max-age=${DEFAULT_MAX_AGE}.`),
	maxAgeRule("hsts/max-age-under-a-year", "warning", (maxAge) => `max-age=${maxAge} is under a year. Send max-age=${DEFAULT_MAX_AGE}.`),
	maxAgeRule(
		"hsts/max-age-excessive",
		"note",
		(maxAge) => `max-age=${maxAge} is over ten years; was it meant in milliseconds? Send max-age=${DEFAULT_MAX_AGE}.`,
	),
	hstsRule("hsts/no-subdomains", "note", "Hosts below this one are not covered.", ({ directives }) =>
		directives.has("includesubdomains")
			? undefined
			: "without includeSubDomains, hosts below this one may be attacked over http. Add it when all of them have https.",
	),
	hstsRule("hsts/preload-ineligible", "error", CODES["hsts/preload-ineligible"], (hsts) => {
		if (!hsts.directives.has("preload")) return undefined;
		const isEligible = (maxAgeOf(hsts) ?? 0) >= PRELOAD_MAX_AGE && hsts.directives.has("includesubdomains");
		return isEligible
			? undefined
			: `${show(hsts.value)} asks for preloading, which needs includeSubDomains and max-age=${PRELOAD_MAX_AGE}. Add them, or leave preload out.`;
	}),
	hstsRule("hsts/repeated-directive", "warning", "A directive stands twice; browsers ignore such a header or read the first.", ({ directives }) => {
		const [name] = [...directives].find(([key, texts]) => key !== "" && texts.length > 1) ?? [];
		return name === undefined ? undefined : `${show(name)} stands twice. Write it once.`;
	}),
	hstsRule("hsts/directive-extra", "warning", "includeSubDomains or preload has a value.", ({ directives }) => {
		const name = ["includesubdomains", "preload"].find((key) => directives.get(key)?.some((text) => text !== undefined));
		return name === undefined ? undefined : `${show(name)} has a value, which it does not take. Write it alone.`;
	}),
	hstsRule("hsts/unknown-directive", "warning", "A directive is not known; it may be misspelt.", ({ value, directives }) => {
		const name = [...directives.keys()].find((key) => !["max-age", "includesubdomains", "preload"].includes(key));
		if (name === undefined || value.includes(",")) return undefined;
		return name === "" ? `${show(value)} has an empty directive. Write ${show(value.replace(/[;\s]+$/, ""))}.` : `${show(name)} is no directive. Leave it out.`;
	}),
];
