import { show } from "../../core/text.ts";
import { isWeakerPolicy } from "../../csp/compare.ts";
import { NAMES } from "../../headers/facts.ts";
import { CSP } from "../csp-of.ts";
import type { consistencyExamples } from "../examples/consistency.ts";
import { type Exchange, isDocument, pageOf, type Rule, rule, type Severity, valuesOf } from "../types.ts";

type Id = keyof typeof consistencyExamples;

/** Looks for the headers of the page on all other responses. */

const HSTS = NAMES.strictTransportSecurity;

/** Headers of every response, and those that documents have as well. */
const EVERYWHERE = [NAMES.xContentTypeOptions, HSTS];
const ON_DOCUMENTS = [CSP, NAMES.xFrameOptions, NAMES.referrerPolicy];
/** Headers of a response that other sites can embed. */
const EMBEDDED = [...EVERYWHERE, NAMES.crossOriginResourcePolicy];

interface Kind {
	readonly probe: Exchange["probe"];
	readonly id: Id;
	readonly title: string;
	readonly severity: Severity;
	readonly what: string;
	readonly names?: readonly string[];
}

const KINDS: readonly Kind[] = [
	{ probe: "not-found", id: "consistency/404", title: "Headers missing on 404", severity: "error", what: "a page that does not exist" },
	{ probe: "failing", id: "consistency/500", title: "Headers missing on 500", severity: "error", what: "a failing route" },
	{ probe: "malformed", id: "consistency/400", title: "Headers missing on 400", severity: "warning", what: "a malformed request" },
	{ probe: "refused", id: "consistency/413-431-417", title: "Headers missing on refusals", severity: "note", what: "a request that the server refuses" },
	{ probe: "head", id: "consistency/head", title: "Headers missing on HEAD", severity: "warning", what: "HEAD" },
	{ probe: "conditional", id: "consistency/304", title: "Headers missing on 304", severity: "note", what: "a conditional request" },
	{ probe: "preflight", id: "consistency/options", title: "Headers missing on OPTIONS", severity: "note", what: "OPTIONS" },
	{ probe: "redirect", id: "consistency/redirect", title: "Headers missing on redirects", severity: "warning", what: "a redirect", names: EVERYWHERE },
	{ probe: "static", id: "consistency/static", title: "Headers missing on files", severity: "warning", what: "a static file", names: EMBEDDED },
	{ probe: "data", id: "consistency/api", title: "Headers missing on data", severity: "warning", what: "data", names: EMBEDDED },
];

/** Headers of the page that a response lacks. HSTS is not expected over http. */
function missingOn(exchange: Exchange, page: Exchange, names: readonly string[]): readonly string[] {
	return names.filter((name) => (name !== HSTS || exchange.secure) && valuesOf(page, name).length > 0 && valuesOf(exchange, name).length === 0);
}

const unanswered = rule({
	header: "",
	id: "site/unanswered",
	title: "No response in time",
	severity: "error",
	summary: "Requests were not answered in time, so the audit did not judge what they are about.",
	check: (exchange) =>
		exchange.unanswered !== undefined && exchange.unanswered.length > 0
			? `no response in time: ${[...new Set(exchange.unanswered)].join(", ")}. Raise --timeout and --max-time, or find out why, and whether --origin is up.`
			: undefined,
});

/** A file that the page names, not the user. */
export const OWN_FILE = "the page's own file";

/** Paths that the user names. Where nothing is there, nothing is judged, and all seems well. */
const NAMED: readonly Exchange["probe"][] = ["page", "static", "data", "upload", "logout"];

/** Malformed requests never reach a middleware. However they are malformed, the cause is one. */
function isByServer({ probe, sent }: Exchange): boolean {
	return sent !== undefined && (probe === "malformed" || probe === "refused");
}

function remedyOf(exchange: Exchange): string {
	return isByServer(exchange)
		? "Node may have answered itself. Write protectServer(server, headers)."
		: "Mount the middleware first, and keep the headers on errors.";
}

/** Headers of filters that ask for a proof instead of showing the page, with the values that mean it. */
const CHALLENGES: readonly (readonly [name: string, value: RegExp])[] = [
	["cf-mitigated", /^challenge$/i],
	["x-amzn-waf-action", /^(?:challenge|captcha)$/i],
	["x-vercel-mitigated", /^(?:challenge|deny)$/i],
];

const PASS = "Let requests with the User-Agent headguard-audit pass, or send what it accepts with --header.";

/** Why a response is not the page. */
function refusalOf(exchange: Exchange): string | undefined {
	const { status } = exchange;
	const filter = CHALLENGES.find(([name, value]) => valuesOf(exchange, name).some((one) => value.test(one.trim())));
	if (filter !== undefined) return `a bot filter responds with ${status} and ${filter[0]}: ${show(valuesOf(exchange, filter[0])[0])}. ${PASS}`;
	if (status === 401 || status === 407) return `the site asks for a login with ${status}. Send it with --header "Authorization: …" or --header "Cookie: …".`;
	if (status === 429) return `the site responds with 429, which is for too many requests. Wait, or exempt the audit from the limit.`;
	if (status === 503) return `the site responds with 503, which is for an overload or maintenance. Repeat the audit later. If a bot filter responds: ${PASS}`;
	const isRefused = status >= 400 && status < 500 && status !== 404 && status !== 410;
	return isRefused ? `a filter, or the site itself, refuses the request with ${status}. ${PASS}` : undefined;
}

const refused = rule({
	header: "",
	id: "site/refused",
	title: "Not the page",
	severity: "error",
	summary: "A bot filter, a login or a limit responds in place of the page, so the findings and the grade are about that response.",
	check: (exchange) => (exchange.probe === "page" ? refusalOf(exchange) : undefined),
});

export const consistencyRules: readonly Rule<Id>[] = [
	unanswered,
	refused,
	rule({
		header: "",
		id: "site/unexpected-status",
		title: "Nothing to judge there",
		severity: "error",
		summary: "The response that the audit was to judge does not exist, or has another status than you said.",
		check: (exchange) => {
			const { probe, status, sent } = exchange;
			if (probe === "failing") return status >= 500 ? undefined : `the route that should fail responds with ${status}. Name one that responds with 500.`;
			const isMissing = status === 404 || status === 410 || (probe === "page" && status >= 500 && refusalOf(exchange) === undefined);
			return NAMED.includes(probe) && isMissing && sent !== OWN_FILE
				? `${probe} responds with ${status}, so there is nothing to judge. Name a path that exists.`
				: undefined;
		},
	}),
	...KINDS.map(({ probe, id, title, severity, what, names }) =>
		rule({
			header: "",
			id,
			title,
			severity,
			summary: `Headers of the page are missing on ${what}.`,
			check(exchange, exchanges) {
				const page = pageOf(exchanges);
				if (exchange.probe !== probe || page === undefined || exchange.expected !== undefined) return undefined;
				const missing = missingOn(exchange, page, names ?? (isDocument(exchange) ? [...EVERYWHERE, ...ON_DOCUMENTS] : EVERYWHERE));
				return missing.length === 0
					? undefined
					: `${missing.join(", ")}: on the page, but missing on ${isByServer(exchange) ? what : `${exchange.sent ?? what} (${exchange.status})`}. ${remedyOf(exchange)}`;
			},
		}),
	),
	rule({
		header: CSP,
		id: "consistency/csp-replaced",
		title: "Policy replaced on errors",
		severity: "warning",
		summary: "An error page has the framework's own policy, which does not restrict framing, forms and base URLs.",
		check: (exchange, exchanges) => {
			const page = pageOf(exchanges);
			const [value] = valuesOf(exchange, CSP);
			if (page === undefined || value === undefined || !["not-found", "failing", "malformed", "refused"].includes(exchange.probe)) return undefined;
			const [ours] = valuesOf(page, CSP);
			const kept = (ours ?? "").split(";").filter((part) => /^\s*(?:frame-ancestors|base-uri|form-action)\b/i.test(part));
			return kept.length > 0 && isWeakerPolicy(value, kept.join(";"))
				? `${show(value)} replaced the policy, without its ${kept.map((part) => part.trim().split(/\s/, 1)[0]).join(", ")}. Keep those on error pages.`
				: undefined;
		},
	}),
	rule({
		header: "",
		id: "consistency/trace",
		title: "TRACE is answered",
		severity: "warning",
		summary: "TRACE sends requests back, cookies included.",
		check: (exchange) =>
			exchange.probe === "trace" && exchange.status >= 200 && exchange.status < 300
				? `TRACE is answered with ${exchange.status}. Refuse it with 405.`
				: undefined,
	}),
	rule({
		header: HSTS,
		id: "hsts/inconsistent-paths",
		title: "HSTS differs between paths",
		severity: "warning",
		summary: "The header differs between responses; browsers keep the last one that they saw.",
		check: (exchange, exchanges) => {
			const page = pageOf(exchanges);
			const [first, here] = [page, exchange].map((one) => (one?.secure === true ? valuesOf(one, HSTS)[0] : undefined));
			const isSameHost = page !== undefined && URL.canParse(exchange.url) && new URL(exchange.url).host === new URL(page.url).host;
			return isSameHost && first !== undefined && here !== undefined && first !== here
				? `${show(here)} here, ${show(first)} on the page. Send the same value everywhere.`
				: undefined;
		},
	}),
];
