import { show } from "../../core/text.ts";
import { isForeign, tagsIn } from "../html.ts";
import { isAnswer, isDocument, pageOf, type Rule, rule, valuesOf } from "../rule.ts";

/** Two lines of these, or one with a comma, and browsers ignore both. */
function oneToken(header: string, area: string, tokens: readonly string[]): Rule {
	return rule(header, `${area}/invalid`, "error", `A ${header} value is not known, or stands twice; browsers ignore it.`, (seen) => {
		const values = valuesOf(seen, header);
		if (values.length === 0) return undefined;
		if (values.length > 1 || values[0]?.includes(","))
			return `stands twice (${show(values.join(", "))}), so browsers ignore both. Send it once, from the application or the proxy.`;
		const token = values[0]?.split(";", 1)[0]?.trim() ?? "";
		return tokens.includes(token) ? undefined : `${show(token)} is not known, so browsers ignore it. Send ${tokens[0]}.`;
	});
}

const COOP = "Cross-Origin-Opener-Policy";
const COEP = "Cross-Origin-Embedder-Policy";
const CORP = "Cross-Origin-Resource-Policy";
export const isolationRules: readonly Rule[] = [
	rule(COOP, "coop/missing", "note", "A page of another site that opens this one keeps a handle on its window.", (seen) =>
		isDocument(seen) && isAnswer(seen) && valuesOf(seen, COOP).length === 0
			? "absent. Send same-origin, or same-origin-allow-popups where popups must answer."
			: undefined,
	),
	oneToken(COOP, "coop", ["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"]),
	rule(COOP, "coop/unsafe-none", "note", "Cross-Origin-Opener-Policy unsafe-none protects nothing.", (seen) =>
		valuesOf(seen, COOP)[0]?.trim() === "unsafe-none" ? "unsafe-none is what browsers do without the header. Send same-origin." : undefined,
	),
	rule(COEP, "coep/missing", "note", "Without it the page cannot be isolated, which SharedArrayBuffer and exact timers need.", (seen) =>
		isDocument(seen) && isAnswer(seen) && valuesOf(seen, COEP).length === 0
			? "absent. Send credentialless or require-corp where the page needs isolation; others do not need it."
			: undefined,
	),
	oneToken(COEP, "coep", ["require-corp", "credentialless", "unsafe-none"]),
	rule(COEP, "isolation/incomplete", "warning", "Cross-Origin-Embedder-Policy isolates only beside Cross-Origin-Opener-Policy same-origin.", (seen) => {
		const isRequested = /^(?:require-corp|credentialless)/.test(valuesOf(seen, COEP)[0] ?? "");
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
	oneToken(CORP, "corp", ["same-origin", "same-site", "cross-origin"]),
	rule(CORP, "corp/cors-conflict", "warning", "Everybody may read the file by CORS, and nobody may embed it.", (seen) => {
		const isFile = /^(?:image|font|audio|video)\/|^text\/css|javascript/i.test(valuesOf(seen, "Content-Type")[0] ?? "");
		return isFile && valuesOf(seen, "Access-Control-Allow-Origin").includes("*") && valuesOf(seen, CORP)[0]?.trim() === "same-origin"
			? "same-origin beside Access-Control-Allow-Origin: *, so an <img> of another site is blocked where fetch is not. Send cross-origin for what is public."
			: undefined;
	}),
	rule("Origin-Agent-Cluster", "oac/inconsistent", "note", "Browsers ask one page of an origin; the others are bound by its answer.", (seen, site) => {
		const page = pageOf(site);
		if (page === undefined || seen === page || seen.probe !== "page" || new URL(page.url).origin !== new URL(seen.url).origin) return undefined;
		const [first, here] = [page, seen].map((one) => valuesOf(one, "Origin-Agent-Cluster")[0]?.trim());
		return first === here || !isDocument(seen)
			? undefined
			: `${show(here ?? "absent")} here, ${show(first ?? "absent")} on the first page. Send the same on every page.`;
	}),
	rule("Origin-Agent-Cluster", "oac/invalid", "warning", "Origin-Agent-Cluster is ?1 or ?0, once.", (seen) => {
		const values = valuesOf(seen, "Origin-Agent-Cluster");
		return values.length === 0 || (values.length === 1 && /^\s*\?[01]\s*$/.test(values[0] ?? ""))
			? undefined
			: `${show(values.join(", "))} is not one ?1 or ?0, so browsers ignore it. Send ?1.`;
	}),
	rule("Integrity-Policy", "integrity-policy/invalid", "warning", "Integrity-Policy names no destination that browsers know.", (seen) => {
		const [value] = valuesOf(seen, "Integrity-Policy");
		if (value === undefined) return undefined;
		const inner = /blocked-destinations=\(([^)]*)\)/.exec(value)?.[1];
		const words = inner?.split(/\s+/).filter((word) => word !== "") ?? [];
		return words.length > 0 && words.every((word) => word === "script" || word === "style")
			? undefined
			: `${show(value)} names no destination that browsers know. Write blocked-destinations=(script style).`;
	}),
];
