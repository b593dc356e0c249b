import type { Issues } from "../core/issue.ts";
import { readRecord } from "../core/read.ts";
import { dictionary, isKey, string } from "../core/structured.ts";
import { show } from "../core/text.ts";
import { readReportUrl } from "./common/report-url.ts";
import { NOT_A_KEY } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

/** The URL of each endpoint, by name. A path is relative to the origin of the response. */
export type ReportingEndpoints = Readonly<Record<string, string>>;

type Model = ReadonlyMap<string, string>;

export const reportingEndpoints: HeaderDefinition<Model> = defineHeader<Model>("Reporting-Endpoints", {
	byDefault: false,
	whenTrue: undefined,
	read: readEndpoints,
	extend(option, issues, model) {
		const added = readEndpoints(option, issues);
		return added && new Map([...model, ...added]);
	},
	// Browsers only use endpoints on secure pages.
	write: (model, transport) =>
		transport.secure || transport.hstsAllowed ? { text: dictionary([...model].map(([name, url]) => [name, string(url)])) } : undefined,
	withReporting: (model, { name, url }) => new Map([[name, url], ...model]),
	definesEndpoints: (model) => [...model.keys()],
});

function readEndpoints(option: unknown, issues: Issues): Model | undefined {
	const fields = readRecord(option, 'an object such as { default: "/_reports" }', issues);
	if (fields?.size === 0) issues.invalid("report/name", {}, "which has no endpoint", '{ default: "/_reports" }, or false');
	return fields && new Map([...fields].map(([name, url]) => [readName(name, issues.at(name)), readReportUrl(url, issues.at(name)) ?? ""]));
}

function readName(name: string, issues: Issues): string {
	if (!isKey(name)) issues.invalid("report/name", name, NOT_A_KEY, show(name.toLowerCase().replace(/[^a-z0-9_\-.*]/g, "-")));
	return name;
}
