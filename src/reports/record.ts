import { beginning, type Fields, field, isFields, text, whole } from "./fields.ts";
import { type Verdict, verdictOf } from "./suggest/replay.ts";

/** One report of a browser, flat: whatever the browser, and whichever of the three ways it came. */
export interface ReportRecord {
	/** As the Reporting API names it: `csp-violation`, `coop`, `permissions-policy-violation`, `network-error`, … */
	readonly type: string;
	/** `enforce`: something was stopped; `report`: it would have been. */
	readonly disposition: "enforce" | "report";
	/** The CSP directive, the feature, the kind of opener or embedder violation, the id of a deprecation. */
	readonly directive: string;
	/** What was blocked: `inline`, `eval` and the like, or an address without query and fragment. */
	readonly blocked: string;
	/** The page, without query and fragment. */
	readonly document: string;
	/** The script that did it, without query and fragment; a scheme alone where the browser says no more. */
	readonly source: string;
	readonly line: number;
	readonly column: number;
	/** The status of the page; 0: not known. */
	readonly status: number;
	/** What the browser says in words. */
	readonly message: string;
	/** The beginning of the code, where the policy has 'report-sample' and `samples` is on; `…` stands for what is left out, nonces among it. */
	readonly sample?: string | undefined;
	/**
	 * Of a CSP violation: what the policy in the report says of what was blocked. `blocks`: that is why; `allows`: something behind it was
	 * blocked, most often the target of a redirect; `unknown`: the report has no policy that could have reported it.
	 */
	readonly policy?: Verdict | undefined;
}

const LONGEST_ADDRESS = 500;

/** Queries and fragments hold tokens, and names and passwords more so. */
function address(value: unknown): string {
	if (typeof value !== "string") return "";
	const given = beginning(value, 4096);
	if (!/^(?:https?|wss?):/i.test(given) || !URL.canParse(given)) return text(given.replace(/[?#].*$/s, ""));
	const { origin, protocol, host, pathname } = new URL(given);
	return text(`${origin === "null" ? `${protocol}//${host}` : origin}${pathname}`, LONGEST_ADDRESS);
}

function disposition(fields: Fields, unsaid: ReportRecord["disposition"]): ReportRecord["disposition"] {
	const said = field(fields, "disposition");
	if (said === undefined && field(fields, "reportOnly") === undefined) return unsaid;
	return said === "report" || said === "reporting" || field(fields, "reportOnly") === true ? "report" : "enforce";
}

/** How reports are read. */
interface ReadOptions {
	/** No more than that are read. */
	readonly most: number;
	readonly samples: boolean;
	/** What those are taken for that do not say whether they were enforced. */
	readonly unsaid: ReportRecord["disposition"];
}

/** What of a type says what was violated, and by what; the names that browsers use. */
interface Shape {
	readonly directive: readonly string[];
	readonly blocked: readonly string[];
	readonly message: readonly string[];
}

const SHAPES: ReadonlyMap<string, Shape> = new Map([
	[
		"csp-violation",
		{
			directive: ["effectiveDirective", "effective-directive", "violatedDirective", "violated-directive"],
			blocked: ["blockedURL", "blocked-uri"],
			message: [],
		},
	],
	["csp-hash", { directive: ["destination"], blocked: ["subresourceURL", "subresource_url"], message: ["hash"] }],
	["permissions-policy-violation", { directive: ["policyId", "featureId"], blocked: [], message: ["message"] }],
	["potential-permissions-policy-violation", { directive: ["policyId", "featureId"], blocked: ["srcAttribute"], message: ["message"] }],
	["document-policy-violation", { directive: ["policyId"], blocked: [], message: ["message"] }],
	[
		"coop",
		{
			directive: ["type"],
			blocked: ["nextResponseURL", "previousResponseURL", "openeeURL", "openerURL", "otherDocumentURL", "initialPopupURL"],
			message: ["effectivePolicy", "property"],
		},
	],
	["coep", { directive: ["type"], blocked: ["blockedURL"], message: ["destination"] }],
	["integrity-violation", { directive: ["destination"], blocked: ["blockedURL"], message: [] }],
	["connection-allowlist", { directive: ["type"], blocked: ["connection", "url"], message: [] }],
	["deprecation", { directive: ["id"], blocked: [], message: ["message"] }],
	["intervention", { directive: ["id"], blocked: [], message: ["message"] }],
	["crash", { directive: ["reason"], blocked: [], message: ["crash_report_api"] }],
	["network-error", { directive: ["type"], blocked: [], message: ["phase"] }],
]);

const OTHER: Shape = { directive: ["id", "type"], blocked: [], message: ["message"] };

function recordOf(type: string, url: unknown, body: Fields, { samples, unsaid }: ReadOptions): ReportRecord {
	const shape = SHAPES.get(type) ?? OTHER;
	const isViolation = type === "csp-violation";
	const said = text(field(body, ...shape.directive));
	// Old browsers give the whole directive, sources and all.
	const directive = isViolation ? (said.split(" ", 1)[0] ?? "") : said;
	const blocked = address(field(body, ...shape.blocked));
	const document = address(field(body, "documentURL", "document-uri") ?? url);
	const sample = field(body, "sample", "script-sample");
	const violation = { directive, blocked: isViolation ? readBlocked(blocked) : blocked, document };
	const known = typeof sample === "string" && sample !== "" ? { sample: sampleOf(sample) } : {};
	return {
		type,
		disposition: disposition(body, unsaid),
		...violation,
		source: address(field(body, "sourceFile", "source-file")),
		line: whole(field(body, "lineNumber", "line-number")),
		column: whole(field(body, "columnNumber", "column-number")),
		status: whole(field(body, "statusCode", "status-code", "status_code")),
		message: text(field(body, ...shape.message)),
		...(samples ? known : {}),
		...(isViolation ? { policy: verdictOf(field(body, "originalPolicy", "original-policy"), { ...violation, ...known }) } : {}),
	};
}

/** Old versions of Firefox call inline code `self`. */
export function readBlocked(blocked: string): string {
	return blocked === "self" ? "inline" : blocked;
}

function sampleOf(given: string): string {
	const clean = text(beginning(given, 1000).replace(/nonce\s*=\s*(?:"[^"]*"?|'[^']*'?|\S+)/gi, "nonce=…"), 100);
	return clean === given || clean.includes("…") ? clean : `${clean}…`;
}

/**
 * The reports of a body, by their shape and not by what the request says they are: an array of the Reporting API, one object
 * of it as WebKit sends it, or the one object of `report-uri`. Anything else is none.
 */
export function recordsOf(payload: unknown, options: ReadOptions): readonly ReportRecord[] {
	const list: readonly unknown[] = Array.isArray(payload) ? payload.slice(0, options.most) : [payload];
	return list.flatMap((one) => {
		const report = reportIn(one);
		return report === undefined ? [] : [recordOf(report.type, report.url, report.body, options)];
	});
}

/** How many reports of a body are more than are read. What is no report is none too many either. */
export function reportsBeyond(payload: unknown, most: number): number {
	return Array.isArray(payload) ? payload.slice(most).filter((one) => reportIn(one) !== undefined).length : 0;
}

function reportIn(one: unknown): { readonly type: string; readonly url: unknown; readonly body: Fields } | undefined {
	if (!isFields(one)) return undefined;
	const legacy = field(one, "csp-report");
	if (isFields(legacy)) return { type: "csp-violation", url: undefined, body: legacy };
	const [type, body] = [field(one, "type"), field(one, "body")];
	return typeof type === "string" && /^[a-z][a-z-]{0,60}$/.test(type) && isFields(body) ? { type, url: field(one, "url"), body } : undefined;
}
