import type { Issues } from "../core/issue.ts";
import { readEach, readFields, readList, readWord } from "../core/read.ts";
import { dictionary, innerList, token } from "../core/structured.ts";
import { IGNORED, readEndpointName } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { INTEGRITY_DESTINATIONS } from "./tokens.ts";

/** @see {@link https://www.w3.org/TR/sri-2/#integrity-policy-section} */
export interface IntegrityPolicyOptions {
	/**
	 * What may only load with an `integrity` attribute. No browser supports `style` by default yet.
	 * @defaultValue ["script"]
	 */
	readonly blockedDestinations?: readonly (typeof INTEGRITY_DESTINATIONS)[number][] | undefined;
	/**
	 * Names of endpoints, defined in `reportingEndpoints`, that receive a report of each violation.
	 * @defaultValue []
	 * @example ["default"]
	 */
	readonly endpoints?: readonly string[] | undefined;
}

interface Model {
	readonly blockedDestinations: readonly string[];
	readonly endpoints: readonly string[];
}

export const integrityPolicy: HeaderDefinition<Model> = defineHeader("Integrity-Policy", {
	byDefault: false,
	whenTrue: {},
	read(option, issues) {
		const fields = readFields(option, ["blockedDestinations", "endpoints"], "true, false or { blockedDestinations, endpoints }", issues);
		return (
			fields && {
				blockedDestinations: fields.read("blockedDestinations", readDestinations, ["script"]),
				endpoints: fields.read("endpoints", readEndpoints, []),
			}
		);
	},
	write({ blockedDestinations, endpoints }) {
		const members: [string, string][] = [["blocked-destinations", innerList(blockedDestinations.map(token))]];
		// In Integrity-Policy, endpoint names are tokens, unlike in the headers of HTML.
		if (endpoints.length > 0) members.push(["endpoints", innerList(endpoints.map(token))]);
		return { text: dictionary(members) };
	},
	withReporting: (model, { name }) => (model.endpoints.length > 0 ? model : { ...model, endpoints: [name] }),
	reportsTo: (model) => model.endpoints,
});

export const integrityPolicyReportOnly: HeaderDefinition<Model> = defineHeader("Integrity-Policy-Report-Only", {
	...integrityPolicy,
});

function readDestinations(value: unknown, issues: Issues): readonly string[] {
	const list = readList(value, 'an array such as ["script"]', issues) ?? ["script"];
	if (list.length === 0) issues.invalid("integrity-policy/invalid", list, "which blocks nothing", '["script"], or false to switch the header off');
	return unique(readEach(list, "", issues, (word, at) => readWord(word, INTEGRITY_DESTINATIONS, "integrity-policy/invalid", at, IGNORED)));
}

function readEndpoints(value: unknown, issues: Issues): readonly string[] {
	return unique(readEach(value, 'an array such as ["default"]', issues, readEndpointName));
}

function unique(words: readonly string[]): readonly string[] {
	return [...new Set(words)];
}
