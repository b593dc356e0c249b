import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import { EMBEDDER_TOKENS, INTEGRITY_DESTINATIONS, ISOLATION_TOKENS, OPENER_TOKENS, RESOURCE_TOKENS } from "../../headers/tokens.ts";
import { isForeign, tagsIn } from "../html.ts";
import { isAnswer, isDocument, pageOf, type Rule, rule, valuesOf } from "../types.ts";

/** Two lines of these, or one with a comma, and browsers ignore both. */
function oneToken(header: string, id: "coop/invalid" | "coep/invalid" | "corp/invalid" | "dip/invalid", tokens: readonly string[]): Rule {
	return rule(header, id, "error", CODES[id], (seen) => {
		const values = valuesOf(seen, header);
		if (values.length === 0) return undefined;
		if (values.length > 1 || values[0]?.includes(","))
			return `stands twice (${show(values.join(", "))}), so browsers ignore both. Send it once, from the application or the proxy.`;
		const token = values[0]?.split(";", 1)[0]?.trim() ?? "";
		return tokens.includes(token) ? undefined : `${show(token)} is not known, so browsers ignore it. Send ${tokens[0]}.`;
	});
}

const COOP = NAMES.crossOriginOpenerPolicy;
const COEP = NAMES.crossOriginEmbedderPolicy;
const CORP = NAMES.crossOriginResourcePolicy;
export const isolationRules: readonly Rule[] = [
	rule(COOP, "coop/missing", "note", "A page of another site that opens this one keeps a handle on its window.", (seen) =>
		isDocument(seen) && isAnswer(seen) && valuesOf(seen, COOP).length === 0
			? "absent. Send same-origin, or same-origin-allow-popups where popups must answer."
			: undefined,
	),
	oneToken(COOP, "coop/invalid", OPENER_TOKENS),
	rule(COOP, "coop/unsafe-none", "note", CODES["coop/unsafe-none"], (seen) =>
		valuesOf(seen, COOP)[0]?.split(";", 1)[0]?.trim() === "unsafe-none" ? "unsafe-none is what browsers do without the header. Send same-origin." : undefined,
	),
	rule(COEP, "coep/missing", "note", "Without it the page cannot be isolated, which SharedArrayBuffer and exact timers need.", (seen) =>
		isDocument(seen) && isAnswer(seen) && valuesOf(seen, COEP).length === 0
			? "absent. Send credentialless or require-corp where the page needs isolation; others do not need it."
			: undefined,
	),
	oneToken(COEP, "coep/invalid", EMBEDDER_TOKENS),
	rule(COEP, "isolation/incomplete", "warning", CODES["isolation/incomplete"], (seen) => {
		const asked = valuesOf(seen, COEP)[0]?.split(";", 1)[0]?.trim() ?? "";
		const isRequested = asked !== "unsafe-none" && (EMBEDDER_TOKENS as readonly string[]).includes(asked);
		return isRequested && valuesOf(seen, COOP)[0]?.split(";", 1)[0]?.trim() !== "same-origin"
			? `${COEP} is sent without ${COOP}: same-origin, so the page is not isolated. Send both, or neither.`
			: undefined;
	}),
	rule(COEP, "isolation/breaks-page", "warning", "require-corp blocks what other origins have not agreed to have embedded.", (seen) => {
		if (!valuesOf(seen, COEP)[0]?.startsWith("require-corp") || seen.probe !== "page") return undefined;
		const foreign = tagsIn(seen.body).find((tag) => {
			const address = tag.attributes.get("src");
			return ["script", "img", "video", "audio", "iframe"].includes(tag.name) && isForeign(address, seen.url) && !tag.attributes.has("crossorigin");
		});
		return foreign === undefined
			? undefined
			: `<${foreign.name} src=${show(foreign.attributes.get("src"))}> has no crossorigin, so require-corp blocks it unless it sends ${CORP}. Add crossorigin, or send credentialless.`;
	}),
	rule(CORP, "corp/missing", "note", "Other sites may embed the response, and measure it.", (seen) =>
		isAnswer(seen) && valuesOf(seen, CORP).length === 0 ? "absent. Send same-origin, or cross-origin for what is meant to be embedded." : undefined,
	),
	oneToken(CORP, "corp/invalid", RESOURCE_TOKENS),
	oneToken(NAMES.documentIsolationPolicy, "dip/invalid", ISOLATION_TOKENS),
	rule(CORP, "corp/cors-conflict", "warning", "Everybody may read the file by CORS, and nobody may embed it.", (seen) => {
		const isFile = /^(?:image|font|audio|video)\/|^text\/css|javascript/i.test(valuesOf(seen, "Content-Type")[0] ?? "");
		return isFile && valuesOf(seen, "Access-Control-Allow-Origin").includes("*") && valuesOf(seen, CORP)[0]?.trim() === "same-origin"
			? "same-origin beside Access-Control-Allow-Origin: *, so an <img> of another site is blocked where fetch is not. Send cross-origin for what is public."
			: undefined;
	}),
	rule(NAMES.originAgentCluster, "oac/inconsistent", "note", "Browsers ask one page of an origin; the others are bound by its answer.", (seen, site) => {
		const page = pageOf(site);
		if (page === undefined || seen === page || seen.probe !== "page" || new URL(page.url).origin !== new URL(seen.url).origin) return undefined;
		const [first, here] = [page, seen].map((one) => valuesOf(one, NAMES.originAgentCluster)[0]?.trim());
		return first === here || !isDocument(seen)
			? undefined
			: `${show(here ?? "absent")} here, ${show(first ?? "absent")} on the first page. Send the same on every page.`;
	}),
	rule(NAMES.originAgentCluster, "oac/invalid", "warning", CODES["oac/invalid"], (seen) => {
		const values = valuesOf(seen, NAMES.originAgentCluster);
		return values.length === 0 || (values.length === 1 && /^\s*\?[01]\s*$/.test(values[0] ?? ""))
			? undefined
			: `${show(values.join(", "))} is not one ?1 or ?0, so browsers ignore it. Send ?1.`;
	}),
	rule(NAMES.integrityPolicy, "integrity-policy/invalid", "warning", CODES["integrity-policy/invalid"], (seen) => {
		const [value] = valuesOf(seen, NAMES.integrityPolicy);
		if (value === undefined) return undefined;
		const inner = /blocked-destinations=\(([^)]*)\)/.exec(value)?.[1];
		const words = inner?.split(/\s+/).filter((word) => word !== "") ?? [];
		return words.length > 0 && words.every((word) => (INTEGRITY_DESTINATIONS as readonly string[]).includes(word))
			? undefined
			: `${show(value)} names no destination that browsers know. Write blocked-destinations=(script style).`;
	}),
];
