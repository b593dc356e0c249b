import { beginning, type Fields, field, isFields, text, whole } from "./fields.ts";
import { type Verdict, verdictOf } from "./suggest/replay.ts";

/** One report as a flat object. It is the same for every browser and for each of the three formats in which browsers send reports. */
export interface ReportRecord {
	/** The type of the Reporting API: `csp-violation`, `coop`, `permissions-policy-violation`, `network-error`, … */
	readonly type: string;
	/** `enforce`: the browser blocked something. `report`: it would have done so under an enforced policy. */
	readonly disposition: "enforce" | "report";
	/** The CSP directive, the feature, the kind of opener or embedder violation, or the id of a deprecation. */
	readonly directive: string;
	/** What was blocked: a word such as `inline` or `eval`, or a URL without query and fragment. */
	readonly blocked: string;
	/** The URL of the page, without query and fragment. */
	readonly document: string;
	/** The URL of the script that did it, without query and fragment. It is only a scheme if the browser reports no more. */
	readonly source: string;
	/** The line in `source`, or 0 if it is not known. */
	readonly line: number;
	/** The column in `source`, or 0 if it is not known. */
	readonly column: number;
	/** The response status of the page, or 0 if it is not known. */
	readonly status: number;
	/** The message of the browser. */
	readonly message: string;
	/**
	 * The beginning of the blocked code, with `…` for what is left out, such as nonces.
	 * @defaultValue left out unless the policy has 'report-sample' and `samples` is on
	 */
	readonly sample?: string | undefined;
	/**
	 * For a CSP violation: what the policy in the report says about what was blocked. `blocks`: the policy blocks it. `allows`: the policy
	 * allows it, and the browser blocked something behind it, most often the target of a redirect. `unknown`: the report has no policy that
	 * could have reported it.
	 *
	 * @defaultValue left out for other types of reports
	 */
	readonly policy?: Verdict | undefined;
}

const LONGEST_ADDRESS = 500;

/** Drops the query, the fragment, the user name and the password, which can contain secrets. */
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
	/** The largest number of reports to read. */
	readonly most: number;
	readonly samples: boolean;
	/** The disposition of reports that do not name one. */
	readonly unsaid: ReportRecord["disposition"];
}

/** The fields of a report type that say what was violated and by what, as browsers name them. */
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
	// Old browsers report the whole directive with its sources.
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
 * The reports of a body, recognized by their shape and not by the content type: an array of the Reporting API, a single object of it, which
 * WebKit sends, or the single object of `report-uri`. Anything else has no reports.
 */
export function recordsOf(payload: unknown, options: ReadOptions): readonly ReportRecord[] {
	const list: readonly unknown[] = Array.isArray(payload) ? payload.slice(0, options.most) : [payload];
	return list.flatMap((one) => {
		const report = reportIn(one);
		return report === undefined ? [] : [recordOf(report.type, report.url, report.body, options)];
	});
}

/** The number of reports above the limit. It does not count entries that are not reports. */
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
