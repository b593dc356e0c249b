import { numberReader, type Reader, readBoolean, readFields } from "../core/read.ts";
import { show } from "../core/text.ts";
import { isSeconds } from "../core/time.ts";
import { IGNORED, readEndpointName } from "./common/token.ts";
import { defineHeader, type HeaderDefinition, type Models } from "./define.ts";

/** @see {@link https://w3c.github.io/network-error-logging/#nel-response-header} */
export interface NelOptions {
	/** The group of the option `reportTo` that receives the reports. */
	readonly reportTo: string;
	/**
	 * How long browsers keep the policy, in seconds. `0` removes it.
	 * @defaultValue 2592000
	 */
	readonly maxAge?: number | undefined;
	/**
	 * Whether to report DNS failures of subdomains too.
	 * @defaultValue false
	 */
	readonly includeSubdomains?: boolean | undefined;
	/**
	 * The share of successful requests that are reported, from 0 to 1.
	 * @defaultValue 0
	 */
	readonly successFraction?: number | undefined;
	/**
	 * The share of failed requests that are reported, from 0 to 1.
	 * @defaultValue 1
	 */
	readonly failureFraction?: number | undefined;
}

interface Model {
	readonly reportTo: string;
	readonly maxAge: number;
	readonly includeSubdomains: boolean;
	readonly successFraction: number;
	readonly failureFraction: number;
}

const DEFAULTS: Omit<Model, "reportTo"> = { maxAge: 2_592_000, includeSubdomains: false, successFraction: 0, failureFraction: 1 };

/** A whole number of seconds, for NEL and Report-To. */
export const readMaxAge: Reader<number> = numberReader(isSeconds, "nel/invalid", IGNORED, "a whole number of seconds, such as 2592000");
const readFraction = numberReader((value) => value >= 0 && value <= 1, "nel/invalid", IGNORED, "a number from 0 to 1");

export const nel: HeaderDefinition<Model> = defineHeader("NEL", {
	byDefault: false,
	whenTrue: undefined,
	read(option, issues) {
		const fields = readFields(option, ["reportTo", ...Object.keys(DEFAULTS)], 'an object such as { reportTo: "network-errors" }', issues);
		return (
			fields && {
				reportTo: readEndpointName(fields.get("reportTo"), issues.at("reportTo")) ?? "",
				maxAge: fields.read("maxAge", readMaxAge, DEFAULTS.maxAge),
				includeSubdomains: fields.read("includeSubdomains", readBoolean, DEFAULTS.includeSubdomains),
				successFraction: fields.read("successFraction", readFraction, DEFAULTS.successFraction),
				failureFraction: fields.read("failureFraction", readFraction, DEFAULTS.failureFraction),
			}
		);
	},
	write(model, transport) {
		if (!transport.secure && !transport.hstsAllowed) return undefined;
		return {
			text: JSON.stringify({
				report_to: model.reportTo,
				max_age: model.maxAge,
				include_subdomains: model.includeSubdomains,
				success_fraction: model.successFraction,
				failure_fraction: model.failureFraction,
			}),
		};
	},
	check(model, models: Models, issues) {
		const groups = models.get("reportTo") as readonly { readonly group: string }[] | undefined;
		if (groups?.some(({ group }) => group === model.reportTo)) return;
		issues
			.at("reportTo")
			.error(
				"report/endpoint-undefined",
				`no group is called ${show(model.reportTo)}, so nothing is reported`,
				`reportTo: [{ group: ${show(model.reportTo)}, endpoints: ["https://…"] }]`,
			);
	},
});
