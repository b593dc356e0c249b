import { type Issues, problem } from "../core/issue.ts";
import { readBoolean, readEach, readFields, readList } from "../core/read.ts";
import { readReportUrl } from "./common/report-url.ts";
import { readEndpointName } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { readMaxAge } from "./nel.ts";

/** One group of the legacy header, which only NEL still needs. */
export interface ReportToGroup {
	/** The name that `nel.reportTo` uses. */
	readonly group: string;
	/** Absolute https URLs. */
	readonly endpoints: readonly string[];
	/**
	 * How long browsers keep the group, in seconds.
	 * @defaultValue 2592000
	 */
	readonly maxAge?: number | undefined;
	/**
	 * Whether the group is for subdomains too. NEL with includeSubdomains needs this.
	 * @defaultValue false
	 */
	readonly includeSubdomains?: boolean | undefined;
}

interface Group {
	readonly group: string;
	readonly endpoints: readonly string[];
	readonly maxAge: number;
	readonly includeSubdomains: boolean;
}

export const reportTo: HeaderDefinition<readonly Group[]> = defineHeader("Report-To", {
	byDefault: false,
	whenTrue: undefined,
	read: (option, issues) => readEach(option, 'an array such as [{ group: "network-errors", endpoints: ["https://reports.example/nel"] }]', issues, readGroup),
	write(model, transport) {
		if (!transport.secure && !transport.hstsAllowed) return undefined;
		const groups = model.map(({ group, endpoints, maxAge, includeSubdomains }) =>
			JSON.stringify({ group, max_age: maxAge, endpoints: endpoints.map((url) => ({ url })), include_subdomains: includeSubdomains }),
		);
		return { text: groups.join(", ") };
	},
	check(_model, models, issues) {
		if (!models.has("nel")) issues.warn(problem("report/legacy-report-to", "only NEL needs Report-To", "reportingEndpoints"));
	},
});

function readGroup(entry: unknown, issues: Issues): Group | undefined {
	const fields = readFields(entry, ["group", "endpoints", "maxAge", "includeSubdomains"], "{ group, endpoints }", issues);
	if (fields === undefined) return undefined;
	return {
		group: readEndpointName(fields.get("group"), issues.at("group")) ?? "",
		endpoints: readUrls(fields.get("endpoints") ?? [], issues.at("endpoints")),
		maxAge: fields.read("maxAge", readMaxAge, 2_592_000),
		includeSubdomains: fields.read("includeSubdomains", readBoolean, false),
	};
}

function readUrls(value: unknown, issues: Issues): readonly string[] {
	const urls = readList(value, "an array of URLs", issues);
	if (urls?.length === 0) issues.invalid("report/url", urls, "so nothing is reported", EXAMPLE);
	return (urls ?? []).map((url, i) => readAbsoluteUrl(url, issues.at(i)));
}

const EXAMPLE = '["https://reports.example/nel"]';

/** Unlike Reporting-Endpoints, the legacy header needs absolute https URLs. */
function readAbsoluteUrl(value: unknown, issues: Issues): string {
	const url = readReportUrl(value, issues) ?? "";
	if (url !== "" && !/^https:/i.test(url)) issues.invalid("report/url", url, "which is not an absolute https URL", '"https://reports.example/nel"');
	return url;
}
