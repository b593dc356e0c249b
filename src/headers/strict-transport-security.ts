import { problem, received } from "../core/issue.ts";
import { type Hint, type Hints, numberReader, readBoolean, readFields } from "../core/read.ts";
import { isSeconds } from "../core/time.ts";
import { DEFAULT_MAX_AGE, type MaxAgeProblem, maxAgeProblem, PRELOAD_MAX_AGE } from "./common/max-age.ts";
import { IGNORED } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

/** @see {@link https://www.rfc-editor.org/rfc/rfc6797#section-6.1} */
export interface StrictTransportSecurityOptions {
	/**
	 * How long browsers refuse plain http for this host, in seconds. `0` makes them forget it.
	 * @defaultValue 31536000
	 */
	readonly maxAge?: number | undefined;
	/**
	 * Whether this applies to subdomains too.
	 * @defaultValue true
	 */
	readonly includeSubDomains?: boolean | undefined;
	/**
	 * Whether browsers may ship with the host in their list (hstspreload.org). Needs `includeSubDomains` and a `maxAge` of a year. Removal from the list
	 * takes months.
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
			const given = model.includeSubDomains ? { maxAge: model.maxAge } : { includeSubDomains: false };
			const expected = `includeSubDomains: true, and maxAge of at least ${PRELOAD_MAX_AGE}`;
			issues.at("preload").invalid("hsts/preload-ineligible", given, "which preload lists refuse", expected);
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
		if (code === "hsts/max-age-zero") issues.at("maxAge").warn(problem(code, "maxAge 0 makes browsers forget HSTS. Keep it only while you disable HSTS."));
		else if (code !== undefined) issues.at("maxAge").warn(received(code, maxAge, PROBLEMS[code], String(DEFAULT_MAX_AGE)));
	},
});

const readMaxAge = numberReader(isSeconds, "hsts/max-age-invalid", IGNORED, `a whole number of seconds, such as ${DEFAULT_MAX_AGE}`);

const PROBLEMS: Readonly<Record<Exclude<MaxAgeProblem, "hsts/max-age-zero">, string>> = {
	"hsts/max-age-short": "which is under half a year",
	"hsts/max-age-under-a-year": "which is under a year",
	"hsts/max-age-excessive": "which is over ten years in seconds",
};

const HINTS: Hints = new Map<string, Hint>([
	["includeSubdomains", ["browsers need a capital D", "includeSubDomains"]],
	["max-age", ["options are in camelCase", "maxAge"]],
]);
