import type { Reporter } from "../core/issue.ts";
import { readBoolean, readFields, readList } from "../core/read.ts";
import { show } from "../core/text.ts";
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
	read(option, reporter) {
		const before = reporter.errorCount();
		const list = readList(option, 'an array such as [{ group: "network-errors", endpoints: ["https://reports.example/nel"] }]', reporter);
		const groups = list?.map((entry, i): Group => {
			const at = reporter.at(i);
			const fields = readFields(entry, ["group", "endpoints", "maxAge", "includeSubdomains"], "{ group, endpoints }", at) ?? new Map<string, unknown>();
			const maxAge = fields.get("maxAge") ?? 2_592_000;
			if (typeof maxAge !== "number" || !Number.isSafeInteger(maxAge) || maxAge < 0)
				at.at("maxAge").error("nel/invalid", `received ${show(maxAge)}. Write a whole number of seconds.`);
			const urls = readList(fields.get("endpoints") ?? [], "an array of URLs", at.at("endpoints")) ?? [];
			if (urls.length === 0) at.at("endpoints").error("report/url", 'a group without an endpoint reports nothing. Write ["https://reports.example/nel"].');
			return {
				group: readEndpointName(fields.get("group"), at.at("group")) ?? "",
				endpoints: urls.map((url, j) => readAbsoluteUrl(url, at.at("endpoints").at(j))),
				maxAge: Number(maxAge),
				includeSubdomains: fields.has("includeSubdomains") ? readBoolean(fields.get("includeSubdomains"), at.at("includeSubdomains")) === true : false,
			};
		});
		return reporter.errorCount() === before ? groups : undefined;
	},
	write(model, transport) {
		if (!transport.secure && !transport.pinnable) return undefined;
		const groups = model.map(({ group, endpoints, maxAge, includeSubdomains }) =>
			JSON.stringify({ group, max_age: maxAge, endpoints: endpoints.map((url) => ({ url })), include_subdomains: includeSubdomains }),
		);
		return { text: groups.join(", ") };
	},
	check(_model, models, reporter) {
		if (!models.has("nel"))
			reporter.warn("report/legacy-report-to", "only NEL needs Report-To; browsers are dropping it for everything else. Write reportingEndpoints instead.");
	},
});

/** Unlike Reporting-Endpoints, the legacy header takes absolute https URLs only. */
function readAbsoluteUrl(value: unknown, reporter: Reporter): string {
	const url = readReportUrl(value, reporter) ?? "";
	if (url !== "" && !/^https:/i.test(url))
		reporter.error("report/url", `received ${show(url)}; Report-To takes absolute https URLs only. Write "https://reports.example/nel".`);
	return url;
}
