import { CODES } from "../../core/codes.ts";
import { readItem } from "../../core/structured-reader.ts";
import { show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import { EMBEDDER_TOKENS, INTEGRITY_DESTINATIONS, ISOLATION_TOKENS, OPENER_TOKENS, RESOURCE_TOKENS } from "../../headers/tokens.ts";
import type { isolationExamples } from "../examples/isolation.ts";
import { isForeign, tagsIn } from "../html.ts";
import { dictionaryOf, tokenOf, wordsOf } from "../structured.ts";
import { type Exchange, isAnswer, isDocument, isTrusted, pageOf, type Rule, rule, valuesOf } from "../types.ts";
import { isInert } from "./csp.ts";

type Id = keyof typeof isolationExamples;

interface OneToken {
	readonly header: string;
	readonly id: "coop/invalid" | "coep/invalid" | "corp/invalid" | "dip/invalid";
	readonly title: string;
	readonly tokens: readonly string[];
	/** Whether the header is a structured field; otherwise the whole value is the word. */
	readonly isStructured: boolean;
}

/** Browsers ignore these headers when they are sent twice, or have a comma. */
function oneToken({ tokens, isStructured, ...about }: OneToken): Rule<Id> {
	const { id, header } = about;
	return rule({
		...about,
		severity: "error",
		summary: CODES[id],
		check: (exchange) => {
			const values = valuesOf(exchange, header);
			if (values.length === 0) return undefined;
			if (values.length > 1 || values[0]?.includes(","))
				return `is sent twice (${show(values.join(", "))}), so browsers ignore both. Send it once, from the application or the proxy.`;
			const value = values[0]?.trim() ?? "";
			const token = isStructured ? tokenOf(exchange, header) : value;
			if (token !== undefined && tokens.includes(token)) return undefined;
			const known = tokens.find((one) => one === value.split(";", 1)[0]?.trim().toLowerCase()) ?? tokens[0];
			return `${show(value)} is not a value that browsers can read, so they ignore it. Send ${known}.`;
		},
	});
}

/** Only isolated pages have it. */
const ISOLATED_API = /\b(?:SharedArrayBuffer|measureUserAgentSpecificMemory)\b/;

/** The scripts of a page, or a script file. */
function codeOf(exchange: Exchange): string {
	if (!isDocument(exchange)) return /javascript/i.test(valuesOf(exchange, "Content-Type")[0] ?? "") ? exchange.body : "";
	return tagsIn(exchange.body)
		.filter(({ name }) => name === "script")
		.map(({ text }) => text)
		.join("\n");
}

const COOP = NAMES.crossOriginOpenerPolicy;
const COEP = NAMES.crossOriginEmbedderPolicy;
const CORP = NAMES.crossOriginResourcePolicy;
export const isolationRules: readonly Rule<Id>[] = [
	rule({
		header: COOP,
		id: "coop/missing",
		title: "No opener policy",
		severity: "note",
		summary: "A page of another site that opens this one keeps a handle on its window.",
		check: (exchange) =>
			isDocument(exchange) && isAnswer(exchange) && !isInert(exchange) && isTrusted(exchange) && valuesOf(exchange, COOP).length === 0
				? "absent. Send same-origin, or same-origin-allow-popups where popups must respond."
				: undefined,
	}),
	oneToken({
		header: COOP,
		id: "coop/invalid",
		title: "Invalid opener policy",
		tokens: OPENER_TOKENS,
		isStructured: true,
	}),
	rule({
		header: COOP,
		id: "coop/unsafe-none",
		title: "Opener policy unsafe-none",
		severity: "note",
		summary: CODES["coop/unsafe-none"],
		check: (exchange) => (tokenOf(exchange, COOP) === "unsafe-none" ? "unsafe-none is what browsers do without the header. Send same-origin." : undefined),
	}),
	rule({
		header: COEP,
		id: "coep/missing",
		title: "No embedder policy",
		severity: "note",
		summary: "A script uses what browsers give only to isolated pages, such as SharedArrayBuffer.",
		check: (exchange, exchanges) => {
			if (exchange.probe !== "page" || !isDocument(exchange) || !isTrusted(exchange) || valuesOf(exchange, COEP).length > 0) return undefined;
			if (valuesOf(exchange, NAMES.documentIsolationPolicy).length > 0) return undefined;
			const api = [exchange, ...exchanges.filter(({ probe }) => probe === "static")].flatMap((one) => ISOLATED_API.exec(codeOf(one))?.[0] ?? [])[0];
			return api === undefined ? undefined : `absent, but a script uses ${api}, which needs an isolated page. Send credentialless or require-corp.`;
		},
	}),
	oneToken({
		header: COEP,
		id: "coep/invalid",
		title: "Invalid embedder policy",
		tokens: EMBEDDER_TOKENS,
		isStructured: true,
	}),
	rule({
		header: COEP,
		id: "isolation/incomplete",
		title: "Isolation incomplete",
		severity: "warning",
		summary: CODES["isolation/incomplete"],
		check: (exchange) => {
			const embedder = tokenOf(exchange, COEP) ?? "";
			const isRequested = embedder !== "unsafe-none" && (EMBEDDER_TOKENS as readonly string[]).includes(embedder);
			return isRequested && tokenOf(exchange, COOP) !== "same-origin"
				? `${COEP} is sent without ${COOP}: same-origin, so the page is not isolated. Send both or neither.`
				: undefined;
		},
	}),
	rule({
		header: COEP,
		id: "isolation/breaks-page",
		title: "Resource blocked by COEP",
		severity: "warning",
		summary: "require-corp blocks resources of other origins that have not agreed to be embedded.",
		check: (exchange) => {
			if (tokenOf(exchange, COEP) !== "require-corp" || exchange.probe !== "page") return undefined;
			const foreign = tagsIn(exchange.body).find((tag) => {
				const address = tag.attributes.get("src");
				return ["script", "img", "video", "audio", "iframe"].includes(tag.name) && isForeign(address, exchange.url) && !tag.attributes.has("crossorigin");
			});
			return foreign === undefined
				? undefined
				: `<${foreign.name} src=${show(foreign.attributes.get("src"))}> has no crossorigin, so require-corp blocks it unless it sends ${CORP}. Add crossorigin, or send credentialless.`;
		},
	}),
	rule({
		header: CORP,
		id: "corp/missing",
		title: "No resource policy",
		severity: "note",
		summary: "Other sites may embed the response, and measure it.",
		check: (exchange) =>
			isAnswer(exchange) && valuesOf(exchange, CORP).length === 0 ? "absent. Send same-origin, or cross-origin for files that others may embed." : undefined,
	}),
	oneToken({
		header: CORP,
		id: "corp/invalid",
		title: "Invalid resource policy",
		tokens: RESOURCE_TOKENS,
		isStructured: false,
	}),
	oneToken({
		header: NAMES.documentIsolationPolicy,
		id: "dip/invalid",
		title: "Invalid isolation policy",
		tokens: ISOLATION_TOKENS,
		isStructured: true,
	}),
	rule({
		header: CORP,
		id: "corp/cors-conflict",
		title: "CORS and CORP disagree",
		severity: "warning",
		summary: "Any site may read the file through CORS, but none may embed it.",
		check: (exchange) => {
			const isFile = /^(?:image|font|audio|video)\/|^text\/css|javascript/i.test(valuesOf(exchange, "Content-Type")[0] ?? "");
			return isFile && valuesOf(exchange, "Access-Control-Allow-Origin").includes("*") && valuesOf(exchange, CORP)[0]?.trim() === "same-origin"
				? "same-origin beside Access-Control-Allow-Origin: *, so browsers block an <img> of another site but not fetch. Send cross-origin for public files."
				: undefined;
		},
	}),
	rule({
		header: NAMES.originAgentCluster,
		id: "oac/inconsistent",
		title: "Inconsistent origin isolation",
		severity: "note",
		summary: "A browser decides by the first page of an origin, and the others must follow.",
		check: (exchange, exchanges) => {
			const page = pageOf(exchanges);
			if (page === undefined || exchange === page || exchange.probe !== "page" || new URL(page.url).origin !== new URL(exchange.url).origin) return undefined;
			const [first, here] = [page, exchange].map((one) => valuesOf(one, NAMES.originAgentCluster)[0]?.trim());
			return first === here || !isDocument(exchange)
				? undefined
				: `${show(here ?? "absent")} here, ${show(first ?? "absent")} on the first page. Send the same on every page.`;
		},
	}),
	rule({
		header: NAMES.originAgentCluster,
		id: "oac/invalid",
		title: "Not a boolean",
		severity: "warning",
		summary: CODES["oac/invalid"],
		check: (exchange) => {
			const values = valuesOf(exchange, NAMES.originAgentCluster);
			return values.length === 0 || readItem(values.join(", "))?.value.type === "boolean"
				? undefined
				: `${show(values.join(", "))} is not a single ?1 or ?0, so browsers ignore it. Send ?1.`;
		},
	}),
	rule({
		header: "",
		id: "isolation/cross-site-post",
		title: "Form of another site",
		severity: "note",
		summary: "The site answers a POST that says that another site sent it.",
		check: ({ probe, status, sent }) =>
			probe === "cross-site" && status >= 200 && status < 300
				? `a form of ${sent} is answered with ${status}. If a POST changes anything there, refuse those of other sites, or check a token.`
				: undefined,
	}),
	rule({
		header: NAMES.integrityPolicy,
		id: "integrity-policy/invalid",
		title: "Invalid integrity policy",
		severity: "warning",
		summary: CODES["integrity-policy/invalid"],
		check: (exchange) => {
			const [value] = valuesOf(exchange, NAMES.integrityPolicy);
			if (value === undefined) return undefined;
			const words = wordsOf(dictionaryOf(exchange, NAMES.integrityPolicy)?.get("blocked-destinations"));
			return words.length > 0 && words.every((word) => (INTEGRITY_DESTINATIONS as readonly string[]).includes(word))
				? undefined
				: `${show(value)} names no destination that browsers know. Write blocked-destinations=(script style).`;
		},
	}),
];
