import { readBoolean, readFields } from "../core/read.ts";
import { show } from "../core/text.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

/** @see {@link https://www.rfc-editor.org/rfc/rfc6797#section-6.1} */
export interface StrictTransportSecurityOptions {
	/**
	 * For how many seconds browsers refuse plain http for this host. `0` makes them forget.
	 * @defaultValue 31536000
	 */
	readonly maxAge?: number | undefined;
	/**
	 * The same for every host below this one.
	 * @defaultValue true
	 */
	readonly includeSubDomains?: boolean | undefined;
	/**
	 * Consent to be shipped inside browsers (hstspreload.org). Needs `includeSubDomains` and a
	 * `maxAge` of a year; undoing it takes months.
	 * @defaultValue false
	 */
	readonly preload?: boolean | undefined;
}

interface Model {
	readonly maxAge: number;
	readonly includeSubDomains: boolean;
	readonly preload: boolean;
}

const YEAR = 31_536_000;

export const strictTransportSecurity: HeaderDefinition<Model> = defineHeader("Strict-Transport-Security", {
	byDefault: {},
	whenTrue: {},
	read(option, reporter, base) {
		const before = reporter.errorCount();
		const fields = readFields(option, ["maxAge", "includeSubDomains", "preload"], "true, false or { maxAge, includeSubDomains, preload }", reporter, HINTS);
		if (fields === undefined) return undefined;
		const flag = (name: string, byDefault: boolean): boolean => (fields.has(name) ? readBoolean(fields.get(name), reporter.at(name)) === true : byDefault);
		const maxAge = fields.has("maxAge") ? fields.get("maxAge") : (base?.maxAge ?? YEAR);
		const model = {
			maxAge: Number(maxAge),
			includeSubDomains: flag("includeSubDomains", base?.includeSubDomains ?? true),
			preload: flag("preload", base?.preload ?? false),
		};
		if (typeof maxAge !== "number" || !Number.isSafeInteger(maxAge) || maxAge < 0) {
			reporter
				.at("maxAge")
				.error(
					"hsts/max-age-invalid",
					`received ${show(maxAge)}; browsers ignore the whole header unless it is a whole number of seconds. Write maxAge: ${YEAR}.`,
				);
		} else if (model.preload && (!model.includeSubDomains || maxAge < YEAR)) {
			const received = model.includeSubDomains ? `maxAge: ${maxAge}` : "includeSubDomains: false";
			reporter.at("preload").error("hsts/preload-ineligible", `needs includeSubDomains: true and maxAge of at least ${YEAR}; received ${received}.`);
		}
		return reporter.errorCount() === before ? model : undefined;
	},
	write(model, transport) {
		if (!transport.pinnable) return undefined;
		const parts = [`max-age=${model.maxAge}`];
		if (model.includeSubDomains) parts.push("includeSubDomains");
		if (model.preload) parts.push("preload");
		return { text: parts.join("; ") };
	},
	check(model, _models, reporter) {
		if (model.maxAge === 0) {
			reporter.at("maxAge").warn("hsts/max-age-zero", "maxAge 0 makes browsers forget that this host wants https. Keep it only while you are leaving HSTS.");
		} else if (model.maxAge > 10 * YEAR) {
			reporter
				.at("maxAge")
				.warn("hsts/max-age-excessive", `${model.maxAge} seconds are more than ten years; maxAge counts seconds, not milliseconds. Write ${YEAR}.`);
		} else if (model.maxAge < YEAR) {
			reporter.at("maxAge").warn("hsts/max-age-short", `${model.maxAge} seconds is under a year; auditors ask for ${YEAR}.`);
		}
	},
});

const HINTS: ReadonlyMap<string, string> = new Map([
	["includeSubdomains", "browsers know includeSubDomains, with a capital D. Write includeSubDomains."],
	["max-age", "Write maxAge, in seconds."],
]);
