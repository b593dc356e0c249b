import type { Issues } from "../core/issue.ts";
import { readBoolean, readEach, readFieldName } from "../core/read.ts";

const POWERED_BY = "X-Powered-By";

/** Headers without which a response cannot be read. */
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

/** The headers that are removed from every response: X-Powered-By, which reveals the framework, and those of the option `removeHeaders`. */
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
	const lower = name.toLowerCase();
	if (lower === "set-cookie" || NEEDED.has(lower))
		return issues.invalid(
			"header/name",
			name,
			lower === "set-cookie" ? "without which browsers keep no cookies. Remove it." : "without which the response cannot be read. Remove it.",
		);
	return managed.some((known) => known.toLowerCase() === lower)
		? issues.invalid("header/name", name, "which this policy sends", "false for its option instead")
		: name;
}
