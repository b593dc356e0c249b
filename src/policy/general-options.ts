import type { Issues } from "../core/issue.ts";
import { isAsync, numberReader, readEach, readFieldName, readFields, readWord, refuseAlias } from "../core/read.ts";
import { readEndpointName } from "../headers/common/token.ts";
import { readPolicyUrl } from "../headers/content-security-policy/read-values.ts";
import { HEADERS } from "../headers/index.ts";
import { ALIASES } from "./aliases.ts";
import type { SecureHeadersOptions } from "./options.ts";
import { PRESETS, type Preset } from "./presets.ts";

/* The options that are not headers. */

export interface Endpoint {
	readonly name: string;
	readonly url: string;
	/** The share of responses that ask for reports. */
	readonly fraction: number;
}

export function readPreset(value: unknown, issues: Issues): Preset | undefined {
	if (value === undefined) return undefined;
	const name = readWord(value, [...PRESETS.keys()], "option/unknown", issues, "which is not a preset");
	return name === undefined ? undefined : PRESETS.get(name);
}

export function readReporting(value: unknown, issues: Issues): Endpoint | undefined {
	if (value === undefined || value === false) return undefined;
	const fields = readFields(value, ["endpoint", "name", "fraction"], 'false or { endpoint: "/_reports" }', issues);
	if (fields === undefined) return undefined;
	const url = readPolicyUrl(fields.get("endpoint"), issues.at("endpoint"));
	const name = fields.read("name", readEndpointName, "default");
	const fraction = fields.read("fraction", readFraction, 1);
	return url === undefined ? undefined : { name, url, fraction };
}

const readFraction = numberReader(
	(value) => value > 0 && value <= 1,
	"option/type",
	"",
	"a share of the responses above 0 and up to 1, such as 0.1, or reporting: false",
);

export function readSecure(value: unknown, issues: Issues): SecureHeadersOptions["secure"] {
	if (value === undefined || typeof value === "boolean") return value;
	if (isAsync(value)) return issues.invalid("option/async", value, "which returns a promise", "a function that returns true or false");
	if (typeof value === "function") return value as SecureHeadersOptions["secure"];
	return issues.type(value, "true, false or a function of the request");
}

export function readHeaderBlock(value: unknown, issues: Issues): boolean {
	if (value === false) return false;
	if (value !== undefined && value !== "auto") issues.type(value, '"auto" or false');
	return true;
}

export function readOnEvent(value: unknown, issues: Issues): SecureHeadersOptions["onEvent"] {
	if (value === undefined || typeof value === "function") return value as SecureHeadersOptions["onEvent"];
	return issues.type(value, "a function of one event");
}

export function readLock(value: unknown, issues: Issues): readonly string[] {
	if (value === undefined) return [];
	const names = HEADERS.map(({ key }) => key);
	return readEach(value, 'an array of option names such as ["xFrameOptions"]', issues, (name, at) => {
		const hint = typeof name === "string" ? ALIASES.get(name) : undefined;
		if (hint === undefined) return readWord(name, names, "option/unknown", at, "which is not a header option");
		return refuseAlias(hint, undefined, at);
	});
}

/** Option names of the headers that the proxy sends. */
export function readOwner(value: unknown, issues: Issues): readonly string[] {
	const names = HEADERS.map(({ key }) => key);
	if (value === undefined || value === "app") return [];
	if (value === "edge") return names;
	const fields = readFields(value, names, '"app", "edge", or an object such as { strictTransportSecurity: "edge" }', issues);
	return [...(fields ?? [])].flatMap(([name, owner]) => {
		if (owner === "edge") return [name];
		if (owner !== "app" && owner !== undefined) issues.at(name).invalid("option/type", owner, "", '"app" or "edge"');
		return [];
	});
}

export function readVary(value: unknown, issues: Issues): readonly string[] {
	if (value === undefined) return [];
	return readEach(value, 'an array of request header names such as ["Host"]', issues, (name, at) => readFieldName(name, "Host", at));
}
