import { type Issues, problem } from "../core/issue.ts";
import { type Fields, readEach, readFields, readWord } from "../core/read.ts";
import { innerList, string, token, withParameter } from "../core/structured.ts";
import { readEndpointName } from "./common/token.ts";
import { hostOfPattern, isUrlPattern, nearestPattern } from "./common/url-pattern.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { CONNECTION_SWITCHES, CONNECTION_TOKENS, RESPONSE_ORIGIN } from "./tokens.ts";

/** @see {@link https://w3c.github.io/connection-allowlists/} */
export interface ConnectionAllowlistOptions {
	/**
	 * Where the page may connect to: `"response-origin"`, which is its own origin, and URL patterns. A pattern without a port means the default port of
	 * its scheme. The scheme of a WebSocket is that of http: write `https:` for `wss:`. With `[]`, the page can connect to nothing.
	 * @defaultValue ["response-origin"]
	 * @example ["response-origin", "https://api.example/*", "https://*.cdn.example/*"]
	 */
	readonly allow?: readonly ("response-origin" | (string & {}))[] | undefined;
	/**
	 * Whether requests may follow redirects. With `"allow"`, they may follow them to any address, even one that is not in the list.
	 * @defaultValue "block"
	 */
	readonly redirects?: (typeof CONNECTION_TOKENS)[number] | undefined;
	/**
	 * Whether the page may use WebRTC. With `"allow"`, it may connect to any address that way.
	 * @defaultValue "block"
	 */
	readonly webrtc?: (typeof CONNECTION_TOKENS)[number] | undefined;
	/**
	 * The name of the endpoint, defined in `reportingEndpoints`, that receives a report of each violation.
	 * @defaultValue none
	 * @example "default"
	 */
	readonly reportTo?: string | undefined;
}

interface Model {
	readonly allow: readonly string[];
	readonly redirects: (typeof CONNECTION_TOKENS)[number];
	readonly webrtc: (typeof CONNECTION_TOKENS)[number];
	readonly reportTo: string | undefined;
}

const KNOWN = ["allow", "redirects", "webrtc", "reportTo"];
const CODE = "connection-allowlist/invalid";
const PATTERN = '"response-origin", or a URL pattern such as "https://api.example/*"';

export const connectionAllowlist: HeaderDefinition<Model> = defineHeader("Connection-Allowlist", {
	byDefault: false,
	whenTrue: {},
	read(option, issues, base) {
		const fields = readFields(option, KNOWN, 'true, false or { allow: ["response-origin"] }', issues);
		return fields && readModel(fields, base ?? { allow: [RESPONSE_ORIGIN], redirects: "block", webrtc: "block", reportTo: undefined }, []);
	},
	extend(option, issues, model) {
		const fields = readFields(option, KNOWN, '{ allow: ["https://api.example/*"] }', issues);
		const added = fields && readModel(fields, { ...model, allow: [] }, model.allow);
		for (const name of CONNECTION_SWITCHES) {
			if (added?.[name] === "block" && model[name] === "allow")
				issues.at(name).error("override/restricts", `the policy allows ${name}`, "replace({ … }) to restrict");
		}
		return added;
	},
	write(model) {
		const { allow, reportTo } = model;
		let text = innerList(allow.map((entry) => (entry === RESPONSE_ORIGIN ? token(entry) : string(entry))));
		for (const name of CONNECTION_SWITCHES) if (model[name] === "allow") text = withParameter(text, name, token("allow"));
		// Chromium expects a token, and reports nothing to a string.
		return { text: reportTo === undefined ? text : withParameter(text, "report-to", token(reportTo)) };
	},
	check({ allow, redirects, webrtc }, _models, issues) {
		const open = allow.findIndex((entry) => hostOfPattern(entry) === "*");
		const warn = (at: Issues, text: string, expected: string): void => at.warn(problem("connection-allowlist/open", text, expected));
		if (open >= 0) warn(issues.at("allow").at(open), "the pattern matches every host", "the hosts that the page needs");
		if (redirects === "allow")
			warn(issues.at("redirects"), "requests may follow a redirect to any address", '"block", if nothing that the page needs redirects');
		if (webrtc === "allow") warn(issues.at("webrtc"), "the page may connect to any address by WebRTC", '"block", if the page makes no calls');
	},
	withReporting: (model, { name }) => ({ ...model, reportTo: model.reportTo ?? name }),
	reportsTo: ({ reportTo }) => (reportTo === undefined ? [] : [reportTo]),
});

export const connectionAllowlistReportOnly: HeaderDefinition<Model> = defineHeader("Connection-Allowlist-Report-Only", {
	...connectionAllowlist,
});

function readModel(fields: Fields, base: Model, others: readonly string[]): Model {
	const read = (value: unknown, at: Issues): readonly string[] => readEach(value, 'an array such as ["response-origin"]', at, readEntry);
	const readSwitch = (value: unknown, at: Issues): Model["redirects"] | undefined =>
		readWord(value, CONNECTION_TOKENS, CODE, at, 'which browsers read as "block"');
	return {
		allow: inOrder([...others, ...fields.read("allow", read, base.allow)]),
		redirects: fields.read("redirects", readSwitch, base.redirects),
		webrtc: fields.read("webrtc", readSwitch, base.webrtc),
		reportTo: fields.read("reportTo", readEndpointName, base.reportTo),
	};
}

function readEntry(value: unknown, issues: Issues): string | undefined {
	if (typeof value !== "string") return issues.type(value, PATTERN);
	if (value === RESPONSE_ORIGIN || isUrlPattern(value)) return value;
	return issues.invalid(CODE, value, "which matches nothing, so browsers block what it is meant to allow", nearestPattern(value) ?? PATTERN);
}

/** In canonical order, so that additions commute. */
function inOrder(entries: readonly string[]): readonly string[] {
	const patterns = [...new Set(entries)].filter((entry) => entry !== RESPONSE_ORIGIN).sort();
	return entries.includes(RESPONSE_ORIGIN) ? [RESPONSE_ORIGIN, ...patterns] : patterns;
}
