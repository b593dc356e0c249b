import type { Reporter } from "../core/issue.ts";
import { readBoolean, readList } from "../core/read.ts";
import { isThenable, show } from "../core/text.ts";

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
	"set-cookie",
	"trailer",
	"transfer-encoding",
	"upgrade",
]);

/**
 * The names to take off every response: X-Powered-By, which tells the framework to whoever asks,
 * and those of the option `removeHeaders`.
 */
export function readRemoved(xPoweredBy: unknown, removeHeaders: unknown, managed: readonly string[], reporter: Reporter): readonly string[] {
	const names = new Map<string, string>();
	const removePoweredBy = xPoweredBy === undefined || readBoolean(xPoweredBy, reporter.at("xPoweredBy")) !== false;
	if (removePoweredBy) names.set(POWERED_BY.toLowerCase(), POWERED_BY);
	if (removeHeaders === undefined || removeHeaders === false) return [...names.values()];
	const at = reporter.at("removeHeaders");
	for (const [i, name] of (readList(removeHeaders, 'an array of header names such as ["Server"]', at) ?? []).entries()) {
		if (isRemovable(name, managed, at.at(i))) names.set(name.toLowerCase(), name);
	}
	return [...names.values()];
}

function isRemovable(name: unknown, managed: readonly string[], reporter: Reporter): name is string {
	if (typeof name !== "string" || !/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(name)) {
		reporter.error(isThenable(name) ? "option/async" : "header/name", `received ${show(name)}, which is no header name. Write a name such as "Server".`);
		return false;
	}
	if (NEEDED.has(name.toLowerCase())) {
		reporter.error("header/name", `${name} is part of the message; without it the response cannot be read. Leave it out of removeHeaders.`);
		return false;
	}
	if (managed.some((known) => known.toLowerCase() === name.toLowerCase())) {
		reporter.error("header/name", `${name} is sent by this policy. Switch its own option off instead: write false.`);
		return false;
	}
	return true;
}
