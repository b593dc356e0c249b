import { readRecord } from "../core/read.ts";
import { dictionary, isKey, string } from "../core/structured.ts";
import { show } from "../core/text.ts";
import { readReportUrl } from "./common/report-url.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

/** Endpoint name → URL; a path is taken from the origin of the response. */
export type ReportingEndpoints = Readonly<Record<string, string>>;

type Model = ReadonlyMap<string, string>;

export const reportingEndpoints: HeaderDefinition<Model> = defineHeader<Model>("Reporting-Endpoints", {
	byDefault: false,
	whenTrue: undefined,
	read(option, reporter) {
		const before = reporter.errorCount();
		const fields = readRecord(option, 'an object such as { default: "/_reports" }', reporter);
		if (fields === undefined) return undefined;
		const model = new Map<string, string>();
		for (const [name, url] of fields) {
			const at = reporter.at(name);
			if (!isKey(name))
				at.error(
					"report/name",
					`received ${show(name)}; a name is a lower-case word of a-z, 0-9, _ - . *, or browsers drop the header. Write ${show(name.toLowerCase().replace(/[^a-z0-9_\-.*]/g, "-"))}.`,
				);
			const read = readReportUrl(url, at);
			if (read !== undefined) model.set(name, read);
		}
		if (fields.size === 0) reporter.error("report/name", 'received an object without a name. Write { default: "/_reports" }, or false.');
		return reporter.errorCount() === before ? model : undefined;
	},
	extend(option, reporter, model) {
		const added = this.read(option, reporter, undefined);
		return added === undefined ? undefined : new Map([...model, ...added]);
	},
	// Browsers use endpoints on secure pages only; http that is known to be http gets none.
	write: (model, transport) =>
		transport.secure || transport.pinnable ? { text: dictionary([...model].map(([name, url]) => [name, string(url)])) } : undefined,
	withReporting: (model, { name, url }) => new Map([[name, url], ...model]),
	definesEndpoints: (model) => [...model.keys()],
});
