import { NONCE } from "../../csp/keywords.ts";
import { routeOf as expressPath } from "../../reports/suggest/drafts.ts";
import { allow, type Growing } from "./lists.ts";
import type { InlineGroup } from "./types.ts";

/** How the policy lets inline code run. `none`: it does not. */
type Outcome = "hash" | "nonce" | "unsafe-inline" | "none";

export interface InlineOutcome extends InlineGroup {
	readonly outcome: Outcome;
}

/** With more hashes, a header gets too long for proxies. */
const MOST_HASHES = 20;

/** Allows inline code. Scripts never get 'unsafe-inline'. Styles get it only if scripts write them, because nothing else would allow them. */
export function allowInline(growing: Growing, groups: readonly InlineGroup[]): readonly InlineOutcome[] {
	const of = (...directives: readonly string[]): readonly InlineGroup[] => groups.filter(({ directive }) => directives.includes(directive));
	const outcomes = [
		...elementOutcomes(of("script-src-elem", "script-src"), "none"),
		...attributeOutcomes(of("script-src-attr"), "none"),
		...styleOutcomes(of("style-src-elem", "style-src"), of("style-src-attr")),
	];
	for (const one of outcomes) apply(growing, one);
	return outcomes;
}

/** @param otherwise for code that neither a hash nor a nonce can allow. */
function elementOutcomes(groups: readonly InlineGroup[], otherwise: Outcome): readonly InlineOutcome[] {
	const hashed = groups.filter(({ isStatic, code }) => isStatic && !code.hasNonce);
	const isMany = hashed.length > MOST_HASHES;
	return groups.map((group) => {
		if (group.code.hasNonce) return { ...group, outcome: "nonce" };
		// A template can write the nonce, but a script that inserts code often does not know it.
		if (group.markup !== undefined && (isMany || !group.isStatic)) return { ...group, outcome: "nonce" };
		return { ...group, outcome: group.isStatic && !isMany ? "hash" : otherwise };
	});
}

function attributeOutcomes(groups: readonly InlineGroup[], otherwise: Outcome): readonly InlineOutcome[] {
	const isMany = groups.filter(({ isStatic }) => isStatic).length > MOST_HASHES;
	return groups.map((group) => ({ ...group, outcome: group.isStatic && !isMany ? "hash" : otherwise }));
}

/** A hash or a nonce switches 'unsafe-inline' off, so a list has one or the other. */
function styleOutcomes(elements: readonly InlineGroup[], attributes: readonly InlineGroup[]): readonly InlineOutcome[] {
	return [...allOrNone(elementOutcomes(elements, "unsafe-inline")), ...allOrNone(attributeOutcomes(attributes, "unsafe-inline"))];
}

function allOrNone(outcomes: readonly InlineOutcome[]): readonly InlineOutcome[] {
	if (!outcomes.some(({ outcome }) => outcome === "unsafe-inline")) return outcomes;
	return outcomes.map((one) => ({ ...one, outcome: "unsafe-inline" }));
}

function apply(growing: Growing, { directive, code, documents, outcome }: InlineOutcome): void {
	const isAttribute = directive.endsWith("-attr");
	const list = directive.replace(/-elem$/, "");
	if (outcome === "nonce") allow(growing, list, NONCE, []);
	if (outcome === "unsafe-inline") allow(growing, list, "'unsafe-inline'", []);
	if (outcome !== "hash") return;
	const paths = [...documents].map(expressPath);
	if (isAttribute) allow(growing, list, "'unsafe-hashes'", paths);
	allow(growing, list, code.hash, paths);
}
