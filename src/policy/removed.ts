import type { Issues } from "../core/issue.ts";
import { readBoolean, readEach, readFieldName } from "../core/read.ts";

const POWERED_BY = "X-Powered-By";

/** Headers that carry the message itself; without them a response cannot be read. */
const NEEDED = new Set([
	"connection",
	"content-encoding",
	"content-length",
	"content-range",
	"content-type",
	"date",
	"location",
	"trailer",
	"transfer-encoding",
	"upgrade",
]);

/**
 * The names to take off every response: X-Powered-By, which tells the framework to whoever asks,
 * and those of the option `removeHeaders`.
 */
export function readRemoved(xPoweredBy: unknown, removeHeaders: unknown, managed: readonly string[], issues: Issues): readonly string[] {
	const names = new Map<string, string>();
	const removePoweredBy = xPoweredBy === undefined || readBoolean(xPoweredBy, issues.at("xPoweredBy"));
	if (removePoweredBy) names.set(POWERED_BY.toLowerCase(), POWERED_BY);
	if (removeHeaders === undefined || removeHeaders === false) return [...names.values()];
	const at = issues.at("removeHeaders");
	const given = readEach(removeHeaders, 'an array of header names such as ["Server"]', at, (name, of) => readRemovable(name, managed, of));
	for (const name of given) names.set(name.toLowerCase(), name);
	return [...names.values()];
}

function readRemovable(value: unknown, managed: readonly string[], issues: Issues): string | undefined {
	const name = readFieldName(value, "Server", issues);
	if (name === undefined) return undefined;
	if (name.toLowerCase() === "set-cookie")
		issues.error("header/name", `without ${name} no browser keeps a cookie, that of the session included. Leave it out of removeHeaders.`);
	if (NEEDED.has(name.toLowerCase()))
		issues.error("header/name", `${name} is part of the message; without it the response cannot be read. Leave it out of removeHeaders.`);
	if (managed.some((known) => known.toLowerCase() === name.toLowerCase()))
		issues.error("header/name", `${name} is sent by this policy. Switch its own option off instead: write false.`);
	return name;
}
