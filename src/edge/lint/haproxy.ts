import { type Condition, type Frontend, frontendsOf, isAbout, type Rule, rulesOf, sectionsOf } from "./haproxy-read.ts";
import { copiesOf, drift, hasLineBreak, isList, isSecurity, type Known, type Lint, MOST_LINES, type Source, unique } from "./types.ts";

export function lintHaproxy(source: Source, known: Known): readonly Lint[] {
	const sections = sectionsOf(source);
	const found: Lint[] = rulesOf(sections).flatMap((rule) => lintValue(rule, known));
	let lines = 0;
	for (const { response, after } of frontendsOf(sections)) {
		lines += 1 + response.length + after.length;
		if (lines > MOST_LINES) break;
		const own = [...response, ...after].filter(({ name }) => isSecurity(name));
		for (const name of new Set(own.map((rule) => rule.name.toLowerCase()))) {
			const isOwn = (rule: Rule): boolean => isAbout(rule, name);
			found.push(...lintName(name, { response: response.filter(isOwn), after: after.filter(isOwn) }, known));
		}
	}
	return unique(found);
}

function lintValue({ name, action, value, file, line }: Rule, { wanted }: Known): readonly Lint[] {
	if (value === undefined || !SETS.includes(action)) return [];
	const at = { file, line };
	if (hasLineBreak(value))
		return [
			{
				id: "edge/line-break",
				...at,
				message: `${name} has a line break in its value. Browsers refuse such a response over HTTP/2. Write the value in one line.`,
			},
		];
	// A format that HAProxy fills in for each response.
	if (!isSecurity(name) || /(?<!%)(?:%%)*%[^%]/.test(value)) return [];
	const other = drift(name, value.replaceAll("%%", "%"), wanted);
	return other === undefined ? [] : [{ id: "edge/config-drift", ...at, message: other }];
}

const SETS = ["set-header", "add-header"];

function lintName(name: string, rules: Frontend, known: Known): readonly Lint[] {
	const worlds = worldsOf(name, [...rules.response, ...rules.after]);
	const sets = [...rules.response, ...rules.after].filter(({ action }) => SETS.includes(action));
	const lint = (id: string, { file, line }: Rule, message: string, isConditional = false): Lint => ({ id, file, line, message, isConditional });
	const found: Lint[] = [];
	const early = rules.response.find(({ action }) => SETS.includes(action));
	if (early !== undefined && worlds.some((world) => countOf(name, rules, 0, world) > 0 && ownErrors(name, rules, world) === 0))
		found.push(
			lint(
				"edge/haproxy-response",
				early,
				`${early.name} is missing on responses that HAProxy generates, such as a 503. Use http-after-response ${early.action} instead.`,
			),
		);
	const adding = sets.findLast(({ action }) => action === "add-header") ?? sets[0];
	if (adding === undefined) return found;
	if (worlds.some((world) => countOf(name, rules, 0, world) > 1))
		return [...found, lint("edge/haproxy-add", adding, `${adding.name} is added more than once, so it is sent twice. Use set-header.`, isList(name))];
	if (!worlds.some((world) => countOf(name, rules, 1, world) > 1)) return found;
	const copies = copiesOf("edge/haproxy-add", [adding.name], known);
	return [
		...found,
		...copies.map(({ id, text, isConditional }) =>
			lint(id, adding, `${adding.name} is added to the application's response, ${text}. Use set-header.`, isConditional),
		),
	];
}

const MOST_WORLDS = 20;

/** The conditions that hold: none, or one of them. */
function worldsOf(name: string, rules: readonly Rule[]): readonly (string | undefined)[] {
	const texts = rules.flatMap(({ condition }) => (condition !== undefined && condition.has?.name !== name ? [condition.text] : []));
	return [undefined, ...[...new Set(texts)].slice(0, MOST_WORLDS)];
}

/** How many lines of a header a response has: first the rules for responses run, then those for all responses. */
function countOf(name: string, { response, after }: Frontend, sent: number, world: string | undefined): number {
	return run(name, after, run(name, response, sent, world), world);
}

/** The same for an error that HAProxy generates. */
function ownErrors(name: string, { after }: Frontend, world: string | undefined): number {
	return run(name, after, 0, world);
}

function run(name: string, rules: readonly Rule[], before: number, world: string | undefined): number {
	return rules.reduce((count, { action, condition }) => {
		if (!applies(name, condition, count, world)) return count;
		if (action === "set-header") return 1;
		if (action === "add-header") return count + 1;
		return action === "del-header" ? 0 : count;
	}, before);
}

/** A condition on the header itself can be answered. Any other holds in its own world. */
function applies(name: string, condition: Condition | undefined, count: number, world: string | undefined): boolean {
	if (condition === undefined) return true;
	if (condition.has?.name === name) return condition.has.isPresent === count > 0;
	return condition.text === world;
}
