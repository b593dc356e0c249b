import { show } from "../../core/text.ts";
import { isWeakerPolicy } from "../../csp/compare.ts";
import { NAMES } from "../../headers/facts.ts";
import { CSP } from "../csp-of.ts";
import { isDocument, mdn, pageOf, type Rule, rule, type Seen, type Severity, valuesOf } from "../types.ts";

/** The page's headers, looked for on everything else. */

const HSTS = NAMES.strictTransportSecurity;
const LINK = "https://owasp.org/www-project-secure-headers/";

/** What every response is to have, and what documents have beside it. */
const EVERYWHERE = [NAMES.xContentTypeOptions, HSTS];
const ON_DOCUMENTS = [CSP, NAMES.xFrameOptions, NAMES.referrerPolicy];
/** What a response that becomes part of other sites' pages is to have. */
const EMBEDDED = [...EVERYWHERE, NAMES.crossOriginResourcePolicy];

interface Kind {
	readonly probe: Seen["probe"];
	readonly id: string;
	readonly severity: Severity;
	readonly what: string;
	readonly names?: readonly string[];
}

const KINDS: readonly Kind[] = [
	{ probe: "not-found", id: "consistency/404", severity: "error", what: "a page that does not exist" },
	{ probe: "failing", id: "consistency/500", severity: "error", what: "a failing route" },
	{ probe: "malformed", id: "consistency/400", severity: "warning", what: "a malformed request" },
	{ probe: "refused", id: "consistency/413-431-417", severity: "note", what: "a request that the server refuses" },
	{ probe: "head", id: "consistency/head", severity: "warning", what: "HEAD" },
	{ probe: "conditional", id: "consistency/304", severity: "note", what: "a conditional request" },
	{ probe: "preflight", id: "consistency/options", severity: "note", what: "OPTIONS" },
	{ probe: "redirect", id: "consistency/redirect", severity: "warning", what: "a redirect", names: EVERYWHERE },
	{ probe: "static", id: "consistency/static", severity: "warning", what: "a static file", names: EMBEDDED },
	{ probe: "data", id: "consistency/api", severity: "warning", what: "data", names: EMBEDDED },
];

/** Headers of the page that a response lacks. A header that the page has over https only is not asked for over http. */
function missingOn(seen: Seen, page: Seen, names: readonly string[]): readonly string[] {
	return names.filter((name) => (name !== HSTS || seen.secure) && valuesOf(page, name).length > 0 && valuesOf(seen, name).length === 0);
}

const unanswered = rule(
	"",
	"site/unanswered",
	"error",
	"Questions were not answered in time, so what they are about was not judged.",
	(seen) =>
		seen.unanswered !== undefined && seen.unanswered.length > 0
			? `no answer in time: ${[...new Set(seen.unanswered)].join(", ")}. Raise --timeout and --max-time, or see why, and whether --origin is up.`
			: undefined,
	LINK,
);

/** A file that the page names, and not whoever looks. */
export const OWN_FILE = "the page's own file";

/** What was named, and is not there: nothing would be judged, and all would seem well. */
const NAMED: readonly Seen["probe"][] = ["page", "static", "data", "upload", "logout"];

/** Malformed requests never reach a middleware. */
function remedyOf({ probe, sent }: Seen): string {
	return sent !== undefined && (probe === "malformed" || probe === "refused")
		? "Node may have answered by itself: write protectServer(server, headers)."
		: "Mount the middleware first, and keep the headers on errors.";
}

export const consistencyRules: readonly Rule[] = [
	unanswered,
	rule(
		"",
		"site/unexpected-status",
		"error",
		"What was to be judged is not there, or answers otherwise than it was said to.",
		(seen) => {
			const { probe, status, sent } = seen;
			if (probe === "failing") return status >= 500 ? undefined : `the route that was to fail answers ${status}. Name one that answers 500.`;
			const isMissing = status === 404 || status === 410 || (probe === "page" && status >= 500);
			return NAMED.includes(probe) && isMissing && sent !== OWN_FILE
				? `${probe} answers ${status}, so there is nothing to judge. Name a path that exists.`
				: undefined;
		},
		LINK,
	),
	...KINDS.map(({ probe, id, severity, what, names }) =>
		rule(
			"",
			id,
			severity,
			`Headers of the page are missing on ${what}.`,
			(seen, site) => {
				const page = pageOf(site);
				if (seen.probe !== probe || page === undefined || seen.expected !== undefined) return undefined;
				const missing = missingOn(seen, page, names ?? (isDocument(seen) ? [...EVERYWHERE, ...ON_DOCUMENTS] : EVERYWHERE));
				return missing.length === 0 ? undefined : `${missing.join(", ")}: on the page, and missing on ${seen.sent ?? what} (${seen.status}). ${remedyOf(seen)}`;
			},
			LINK,
		),
	),
	rule(
		CSP,
		"consistency/csp-replaced",
		"warning",
		"An error page carries the framework's own policy, which says nothing of framing, forms and base addresses.",
		(seen, site) => {
			const page = pageOf(site);
			const [value] = valuesOf(seen, CSP);
			if (page === undefined || value === undefined || !["not-found", "failing", "malformed", "refused"].includes(seen.probe)) return undefined;
			const [ours] = valuesOf(page, CSP);
			const kept = (ours ?? "").split(";").filter((part) => /^\s*(?:frame-ancestors|base-uri|form-action)\b/i.test(part));
			return kept.length > 0 && isWeakerPolicy(value, kept.join(";"))
				? `${show(value)} took the place of the policy, without its ${kept.map((part) => part.trim().split(/\s/, 1)[0]).join(", ")}. Keep those on error pages.`
				: undefined;
		},
	),
	rule(
		"",
		"consistency/trace",
		"warning",
		"TRACE sends requests back, cookies and all.",
		(seen) => (seen.probe === "trace" && seen.status >= 200 && seen.status < 300 ? `TRACE is answered by ${seen.status}. Refuse it with 405.` : undefined),
		mdn("Allow"),
	),
	rule(HSTS, "hsts/inconsistent-paths", "warning", "The header differs between responses; browsers keep the last one that they saw.", (seen, site) => {
		const page = pageOf(site);
		const [first, here] = [page, seen].map((one) => (one?.secure === true ? valuesOf(one, HSTS)[0] : undefined));
		const isSameHost = page !== undefined && URL.canParse(seen.url) && new URL(seen.url).host === new URL(page.url).host;
		return isSameHost && first !== undefined && here !== undefined && first !== here
			? `${show(here)} here, ${show(first)} on the page. Send the same everywhere.`
			: undefined;
	}),
];
