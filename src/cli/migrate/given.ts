import { evaluate } from "./evaluate.ts";
import { type Given, isDropped } from "./modern.ts";
import type { Call } from "./mounts.ts";
import { NotUnderstood } from "./not-understood.ts";
import { listAt } from "./syntax.ts";
import { isHeader } from "./translate.ts";
import { type Fields, isFields, type Value } from "./value.ts";
import { type HelmetVersion, isBefore, readsOption } from "./versions.ts";
import type { Work } from "./work.ts";

type Where = Pick<Work, "scope" | "version">;
type HelmetCall = Pick<Call, "node" | "name">;

/** The options of calls on one app. The options of single middlewares replace those of `helmet()`. */
export function givenTo(calls: readonly HelmetCall[], work: Where): Given {
	const [first] = calls;
	const whole = first?.name === "default" ? optionsOf(first, work) : undefined;
	const singles = new Map<string, Value>();
	let csp: Value = whole !== undefined && sendsCsp(whole, work.version) ? (whole.get("contentSecurityPolicy") ?? true) : undefined;
	for (const call of calls) {
		if (call.name === "default") continue;
		const option = singleOption(call, work);
		if (call.name === "contentSecurityPolicy") {
			if (csp !== undefined && isReportOnly(csp) !== isReportOnly(option))
				throw new NotUnderstood("it has an enforced and a report-only policy. Write contentSecurityPolicy and contentSecurityPolicyReportOnly in one call");
			csp = option;
		}
		singles.set(call.name, option);
	}
	return { version: work.version, whole, singles };
}

function isReportOnly(csp: Value): boolean {
	const reportOnly = isFields(csp) ? csp.get("reportOnly") : undefined;
	return reportOnly !== undefined && reportOnly !== false;
}

/** Whether `helmet()` sends a CSP. */
function sendsCsp(whole: Fields, version: HelmetVersion): boolean {
	const csp = whole.get("contentSecurityPolicy");
	return csp !== false && !(csp === undefined && isBefore(version, "4"));
}

function optionsOf({ node }: HelmetCall, { scope }: Where): Fields {
	const [given, ...rest] = listAt(node, "arguments");
	if (given === undefined) return new Map();
	const options = evaluate(given, scope);
	if (rest.length > 0 || !isFields(options)) throw new NotUnderstood("its options cannot be read from this file");
	return options;
}

/** The option of helmet() that does the same as a single middleware. */
function singleOption({ node, name }: HelmetCall, { scope, version }: Where): Value {
	if (!isHeader(name) && !(isDropped(name) && readsOption(version, name))) throw new NotUnderstood(`helmet ${version[0]} has no ${name}`);
	const [given] = listAt(node, "arguments");
	const options = given === undefined ? true : evaluate(given, scope);
	if (options !== true && !isFields(options)) throw new NotUnderstood("its options cannot be read from this file");
	return options;
}
