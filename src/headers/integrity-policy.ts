import type { Reporter } from "../core/issue.ts";
import { readFields, readList, readWord } from "../core/read.ts";
import { dictionary, innerList, token } from "../core/structured.ts";
import type { HeaderDefinition } from "./define.ts";
import { readEndpointName } from "./shared/token.ts";

const DESTINATIONS = ["script", "style"] as const;

/** @see {@link https://www.w3.org/TR/sri-2/#integrity-policy-section} */
export interface IntegrityPolicyOptions {
	/**
	 * What may load only with an `integrity` attribute. No browser acts on `style` by default yet.
	 * @defaultValue ["script"]
	 */
	readonly blockedDestinations?: readonly (typeof DESTINATIONS)[number][] | undefined;
	/** Names of the reporting endpoints that hear of violations. */
	readonly endpoints?: readonly string[] | undefined;
}

interface Model {
	readonly blockedDestinations: readonly string[];
	readonly endpoints: readonly string[];
}

export const integrityPolicy: HeaderDefinition<Model> = {
	key: "integrityPolicy",
	name: "Integrity-Policy",
	summary: "Blocks scripts that load without an integrity attribute.",
	why: "Off: every script tag of the site must carry a hash first.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Integrity-Policy",
	spec: "https://www.w3.org/TR/sri-2/#integrity-policy-section",
	byDefault: false,
	whenTrue: {},
	documentsOnly: true,
	several: "one",
	commas: true,
	read(option, reporter) {
		const before = reporter.errorCount();
		const fields = readFields(option, ["blockedDestinations", "endpoints"], "true, false or { blockedDestinations, endpoints }", reporter);
		if (fields === undefined) return undefined;
		const blockedDestinations = readAll(fields.get("blockedDestinations") ?? ["script"], '["script"]', reporter.at("blockedDestinations"), (word, at) =>
			readWord(word, DESTINATIONS, "integrity-policy/invalid", at, "which browsers ignore"),
		);
		if (blockedDestinations.length === 0 && reporter.errorCount() === before) {
			reporter
				.at("blockedDestinations")
				.error("integrity-policy/invalid", 'received an empty list, which blocks nothing. Write ["script"], or false to switch the header off.');
		}
		const endpoints = readAll(fields.get("endpoints") ?? [], '["default"]', reporter.at("endpoints"), readEndpointName);
		return reporter.errorCount() === before ? { blockedDestinations, endpoints } : undefined;
	},
	write({ blockedDestinations, endpoints }) {
		const members: [string, string][] = [["blocked-destinations", innerList(blockedDestinations.map(token))]];
		// Integrity-Policy takes endpoint names as bare tokens, unlike the HTML headers.
		if (endpoints.length > 0) members.push(["endpoints", innerList(endpoints.map(token))]);
		return { text: dictionary(members) };
	},
	withReporting: (model, { name }) => (model.endpoints.length > 0 ? model : { ...model, endpoints: [name] }),
	reportsTo: (model) => model.endpoints,
};

export const integrityPolicyReportOnly: HeaderDefinition<Model> = {
	...integrityPolicy,
	key: "integrityPolicyReportOnly",
	name: "Integrity-Policy-Report-Only",
	summary: "Reports scripts that load without an integrity attribute, and blocks nothing.",
	why: "Off: a trial policy is yours to write.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Integrity-Policy-Report-Only",
};

function readAll(value: unknown, expected: string, reporter: Reporter, readOne: (word: unknown, at: Reporter) => string | undefined): readonly string[] {
	const list = readList(value, `an array such as ${expected}`, reporter) ?? [];
	const words = list.map((word, i) => readOne(word, reporter.at(i))).filter((word) => word !== undefined);
	return [...new Set(words)];
}
