import { NAMES } from "../../headers/facts.ts";
import helmet from "../../helmet/exact.ts";
import { completeHeaders } from "../../policy/compile.ts";
import { createPolicy } from "../../policy/create.ts";
import { type Answers, plain, testsIn } from "./judge.ts";
import type { Modern } from "./modern.ts";
import { eachSide, type Fields, isCode, isFields, isList, type Value } from "./value.ts";

/** The headers that change if all conditions have the same answer. */
export interface WireChanges {
	/** The conditions, as `isDev is false`. Empty if there are none. */
	readonly when: string;
	/** Undefined means that the header is not sent. */
	readonly headers: readonly { readonly name: string; readonly before: string | undefined; readonly after: string | undefined }[];
}

/**
 * The headers of a response over https that helmet's options and headguard's differ in.
 * @param only Whether the options are those of single middlewares.
 */
export function changesOnWire({ options, others }: Modern, headguard: Fields, only: boolean): readonly WireChanges[] {
	const codes = new Map<string, string>();
	const [old, fresh] = [named(options, codes), named(headguard, codes)];
	const tests = [...new Set([...testsIn(old), ...testsIn(fresh)])];
	return (tests.length === 0 ? [true] : [true, false]).map((answer) => {
		const answers: Answers = new Map(tests.map((test) => [test, answer]));
		const before = new Map([...sentByHelmet(plain(old, answers) as Options, only), ...others]);
		const after = new Map(completeHeaders(createPolicy(plain(fresh, answers) as object)).map(({ name, text }) => [name.toLowerCase(), text]));
		return { when: tests.map((test) => `${test} is ${answer}`).join(", "), headers: differences(before, after, codes) };
	});
}

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, codes: ReadonlyMap<string, string>): WireChanges["headers"] {
	const shown = (text: string | undefined): string | undefined => [...codes].reduce((line, [name, code]) => line?.replaceAll(name, code), text);
	return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((name) => {
		const [old, fresh] = [before.get(name), after.get(name)];
		return canonical(name, old) === canonical(name, fresh) ? [] : [{ name, before: shown(old), after: shown(fresh) }];
	});
}

/** Without differences that have no effect: spaces, and the order of directives. */
function canonical(name: string, text: string | undefined): string | undefined {
	const parts = name.startsWith(NAMES.contentSecurityPolicy.toLowerCase()) ? text?.split(";").map((part) => part.trim()) : undefined;
	return parts === undefined ? text?.replaceAll(" ", "") : parts.toSorted().join(";");
}

type Options = Readonly<Record<string, unknown>>;

function sentByHelmet(options: Options, only: boolean): ReadonlyMap<string, string> {
	const sent = new Map<string, string>();
	const response = { setHeader: (name: string, value: string) => sent.set(name.toLowerCase(), value), removeHeader() {} };
	const every = only ? { ...ALL_OFF, ...options } : options;
	const { contentSecurityPolicy: csp, strictTransportSecurity: hsts } = every;
	const given = {
		...every,
		...(typeof csp === "object" ? { contentSecurityPolicy: { ...csp, useDefaults: false, directives: withDefault(csp) } } : {}),
		...(typeof hsts === "object" ? { strictTransportSecurity: withoutIgnored(hsts) } : {}),
	};
	helmet(given as object)({} as never, response as never, () => {});
	return sent;
}

/** helmet 3 does not require default-src, and helmet 8 must be told that it is missing on purpose. */
function withDefault(csp: object | null): Options {
	const directives: Options = Reflect.get(Object(csp), "directives");
	const kept = Object.entries(directives).filter(([, value]) => value !== undefined);
	return { "default-src": helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc, ...Object.fromEntries(kept) };
}

/** helmet 8 refuses a name that older versions ignored. */
function withoutIgnored(hsts: object | null): Options {
	return Object.fromEntries(Object.entries(hsts ?? {}).filter(([key]) => key !== "includeSubdomains"));
}

const ALL_OFF: Options = Object.fromEntries(
	[
		...["contentSecurityPolicy", "crossOriginOpenerPolicy", "crossOriginResourcePolicy", "originAgentCluster", "referrerPolicy", "strictTransportSecurity"],
		...["xContentTypeOptions", "xDnsPrefetchControl", "xDownloadOptions", "xFrameOptions", "xPermittedCrossDomainPolicies", "xPoweredBy", "xXssProtection"],
	].map((name) => [name, false]),
);

/** Replaces functions with names of hosts, so that both sides can be written without a request. */
function named(value: Value, codes: Map<string, string>): Value {
	if (isCode(value)) return value.means === "function" ? hostFor(value.code, codes) : value;
	if (isList(value)) return value.map((entry) => named(entry, codes));
	if (isFields(value)) return new Map([...value].map(([key, field]) => [key, named(field, codes)]));
	return typeof value === "object" && value !== null ? eachSide(value, (side) => named(side, codes)) : value;
}

function hostFor(code: string, codes: Map<string, string>): string {
	const text = code.replace(/\s+/g, " ");
	const shown = `{${text.length > 60 ? `${text.slice(0, 60)}…` : text}}`;
	const known = [...codes].find(([, other]) => other === shown)?.[0];
	const host = known ?? `function-${codes.size}.invalid`;
	codes.set(host, shown);
	return host;
}
