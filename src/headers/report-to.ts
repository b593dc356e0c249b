import type { Issues } from "../core/issue.ts";
import { numberReader, readBoolean, readEach, readFields, readList } from "../core/read.ts";
import { show } from "../core/text.ts";
import { isSeconds } from "../core/time.ts";
import { readReportUrl } from "./common/report-url.ts";
import { readEndpointName } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

/** One group of the legacy header. NEL is the only header that still needs it. */
export interface ReportToGroup {
	/** The name that `nel.reportTo` refers to. */
	readonly group: string;
	/** Absolute https URLs. */
	readonly endpoints: readonly string[];
	/**
	 * For how many seconds browsers keep the group.
	 * @defaultValue 2592000
	 */
	readonly maxAge?: number | undefined;
	/**
	 * Also for hosts below this one; NEL with includeSubdomains needs it.
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
		if (!models.has("nel"))
			issues.warn("report/legacy-report-to", "only NEL needs Report-To; browsers are dropping it for everything else. Write reportingEndpoints instead.");
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

const readMaxAge = numberReader(isSeconds, "nel/invalid", ". Write a whole number of seconds.");

function readUrls(value: unknown, issues: Issues): readonly string[] {
	const urls = readList(value, "an array of URLs", issues);
	if (urls?.length === 0) issues.error("report/url", 'a group without an endpoint reports nothing. Write ["https://reports.example/nel"].');
	return (urls ?? []).map((url, i) => readAbsoluteUrl(url, issues.at(i)));
}

/** Unlike Reporting-Endpoints, the legacy header takes absolute https URLs only. */
function readAbsoluteUrl(value: unknown, issues: Issues): string {
	const url = readReportUrl(value, issues) ?? "";
	if (url !== "" && !/^https:/i.test(url))
		issues.error("report/url", `received ${show(url)}; Report-To takes absolute https URLs only. Write "https://reports.example/nel".`);
	return url;
}
