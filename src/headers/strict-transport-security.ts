import { numberReader, readBoolean, readFields } from "../core/read.ts";
import { isSeconds } from "../core/time.ts";
import { DEFAULT_MAX_AGE, type MaxAgeProblem, maxAgeProblem, PRELOAD_MAX_AGE } from "./common/max-age.ts";
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

export const strictTransportSecurity: HeaderDefinition<Model> = defineHeader("Strict-Transport-Security", {
	byDefault: {},
	whenTrue: {},
	read(option, issues, base) {
		const fields = readFields(option, ["maxAge", "includeSubDomains", "preload"], "true, false or { maxAge, includeSubDomains, preload }", issues, HINTS);
		if (fields === undefined) return undefined;
		const model = {
			maxAge: fields.read("maxAge", readMaxAge, base?.maxAge ?? DEFAULT_MAX_AGE),
			includeSubDomains: fields.read("includeSubDomains", readBoolean, base?.includeSubDomains ?? true),
			preload: fields.read("preload", readBoolean, base?.preload ?? false),
		};
		if (model.preload && (!model.includeSubDomains || model.maxAge < PRELOAD_MAX_AGE)) {
			const received = model.includeSubDomains ? `maxAge: ${model.maxAge}` : "includeSubDomains: false";
			issues.at("preload").error("hsts/preload-ineligible", `needs includeSubDomains: true and maxAge of at least ${PRELOAD_MAX_AGE}; received ${received}.`);
		}
		return model;
	},
	write(model, transport) {
		if (!transport.hstsAllowed) return undefined;
		const parts = [`max-age=${model.maxAge}`];
		if (model.includeSubDomains) parts.push("includeSubDomains");
		if (model.preload) parts.push("preload");
		return { text: parts.join("; ") };
	},
	check({ maxAge }, _models, issues) {
		const code = maxAgeProblem(maxAge);
		if (code !== undefined) issues.at("maxAge").warn(code, PROBLEMS[code](maxAge));
	},
});

const readMaxAge = numberReader(
	isSeconds,
	"hsts/max-age-invalid",
	`; browsers ignore the whole header unless it is a whole number of seconds. Write maxAge: ${DEFAULT_MAX_AGE}.`,
);

const PROBLEMS: Readonly<Record<MaxAgeProblem, (maxAge: number) => string>> = {
	"hsts/max-age-zero": () => "maxAge 0 makes browsers forget that this host wants https. Keep it only while you are leaving HSTS.",
	"hsts/max-age-short": (maxAge) => `${maxAge} seconds is under half a year; auditors ask for ${DEFAULT_MAX_AGE}.`,
	"hsts/max-age-under-a-year": (maxAge) => `${maxAge} seconds is under a year; auditors ask for ${DEFAULT_MAX_AGE}.`,
	"hsts/max-age-excessive": (maxAge) => `${maxAge} seconds are more than ten years; maxAge counts seconds, not milliseconds. Write ${DEFAULT_MAX_AGE}.`,
};

const HINTS: ReadonlyMap<string, string> = new Map([
	["includeSubdomains", "browsers know includeSubDomains, with a capital D. Write includeSubDomains."],
	["max-age", "Write maxAge, in seconds."],
]);
