import { camel, kebab, show } from "../../core/text.ts";
import { DIRECTIVES, RETIRED } from "../../csp/directives.ts";
import { PRELOAD_MAX_AGE } from "../../headers/common/max-age.ts";
import { getDefaultDirectives } from "../../helmet/csp.ts";
import { DISABLED } from "./evaluate.ts";
import { judge } from "./judge.ts";
import { NotUnderstood } from "./not-understood.ts";
import { eachSide, type Fields, isChoice, isCode, isFields, isList, meaningOf, type Value } from "./value.ts";

/** Options of headguard in place of helmet's, and what is different. */
export interface Translation {
	readonly options: Fields;
	readonly notes: readonly string[];
}

/** helmet's older names of options, and of middlewares. */
export const ALIASES: ReadonlyMap<string, string> = new Map(
	Object.entries({
		hsts: "strictTransportSecurity",
		noSniff: "xContentTypeOptions",
		dnsPrefetchControl: "xDnsPrefetchControl",
		ieNoOpen: "xDownloadOptions",
		frameguard: "xFrameOptions",
		permittedCrossDomainPolicies: "xPermittedCrossDomainPolicies",
		hidePoweredBy: "xPoweredBy",
		xssFilter: "xXssProtection",
	}),
);

/** What helmet's option of one header is in headguard; undefined leaves the option out. */
type Translator = (value: Value, notes: Set<string>) => Value;

/** A header whose value stands in one field of helmet's options. `byDefault` is helmet's, where it is not headguard's as well. */
function inside(field: string, byDefault: Value, change: (value: Value) => Value = (value) => value): Translator {
	return (value) => {
		if (value === undefined || value === false) return value;
		if (value === true) return byDefault;
		if (!isFields(value)) throw new NotUnderstood("its options are not written here");
		return value.get(field) === undefined ? byDefault : eachSide(value.get(field), change);
	};
}

/** On in helmet and headguard. */
const flag: Translator = (value) => (value === false ? false : undefined);

/** On in helmet and off in headguard: goes out when somebody asked for it. */
function legacy(translator: Translator): Translator {
	return (value, notes) => (value === undefined || value === false ? undefined : translator(value, notes));
}

const TRANSLATORS: Readonly<Record<string, Translator>> = {
	strictTransportSecurity,
	xContentTypeOptions: flag,
	xFrameOptions: inside("action", "SAMEORIGIN", (action) => (typeof action === "string" ? action.toUpperCase().replace("SAME-ORIGIN", "SAMEORIGIN") : action)),
	referrerPolicy: inside("policy", "no-referrer", (policy) => (isList(policy) && policy.length === 1 ? policy[0] : policy)),
	crossOriginOpenerPolicy: inside("policy", undefined),
	crossOriginEmbedderPolicy: legacy(inside("policy", "require-corp")),
	crossOriginResourcePolicy: inside("policy", undefined),
	originAgentCluster: flag,
	xXssProtection: legacy(() => true),
	xDnsPrefetchControl: legacy(inside("allow", "off", (allow) => (allow === true ? "on" : "off"))),
	xDownloadOptions: legacy(() => true),
	xPermittedCrossDomainPolicies: legacy(inside("permittedPolicies", "none")),
	xPoweredBy: flag,
};

/** One of helmet's headers, by the name of its option and its middleware. */
export function isHeader(name: string): boolean {
	return name === "contentSecurityPolicy" || TRANSLATORS[name] !== undefined;
}

/** Names of headguard's headers that are on unless they are switched off, with what takes their place in helmet. */
const ON_BY_DEFAULT = [
	"contentSecurityPolicy",
	"strictTransportSecurity",
	"xContentTypeOptions",
	"xFrameOptions",
	"referrerPolicy",
	"permissionsPolicy",
].concat(["crossOriginOpenerPolicy", "crossOriginResourcePolicy", "originAgentCluster"]);

/**
 * helmet's options as headguard's.
 * @param only The headers of single middlewares: everything else stays off.
 * @throws {NotUnderstood} when a part is not written where it is used.
 */
export function translate(given: Fields, only = false): Translation {
	const notes = new Set<string>();
	const options = new Map<string, Value>();
	const helmet = known(given, notes);
	const off = new Set(only ? ON_BY_DEFAULT.filter((key) => !helmet.has(key)) : []);
	for (const [key, value] of translateCsp(off.has("contentSecurityPolicy") ? false : helmet.get("contentSecurityPolicy"), notes)) options.set(key, value);
	for (const [key, translator] of Object.entries(TRANSLATORS)) {
		const value = off.has(key) ? false : eachSide(helmet.get(key), (side) => translator(side, notes));
		if (value !== undefined) options.set(key, value);
	}
	if (off.has("permissionsPolicy")) options.set("permissionsPolicy", false);
	if (only) notes.add("Only the headers of the single middlewares go out, as before. Delete the lines with false to have the others as well.");
	else addChanges(options, helmet, notes);
	keepFraming(options, helmet, notes);
	for (const note of judge(options)) notes.add(note);
	return { options, notes: [...notes] };
}

/** The same for a route: what the options name, in the form of a patch for `headers.replace` of a policy. */
export function translatePatch(given: Fields, base: Fields): Translation {
	const notes = new Set<string>();
	const helmet = known(given, notes);
	const patch = new Map<string, Value>();
	for (const [key, value] of helmet) {
		if (value === false) notes.add(`${key}: false did not take the header off here, because the application had set it before; it is left out.`);
		else for (const [name, option] of patchOf(key, value, notes)) patch.set(name, option);
	}
	if (patch.size === 0) throw new NotUnderstood("nothing is different on this route");
	judge(base, patch);
	return { options: patch, notes: [...notes] };
}

function patchOf(key: string, value: Value, notes: Set<string>): Fields {
	if (key === "xPoweredBy") return new Map();
	if (key === "contentSecurityPolicy") return new Map([...translateCsp(value, notes)].filter(([, policy]) => policy !== false));
	const option = eachSide(value, (side) => TRANSLATORS[key]?.(side, notes));
	// Where helmet's value is headguard's default, the patch must say so: the application may have another.
	return new Map([[key, option ?? true]]);
}

/** By their new names, without what helmet itself ignored. */
function known(given: Fields, notes: Set<string>): Fields {
	const helmet = new Map<string, Value>();
	for (const [key, written] of given) {
		const name = ALIASES.get(key) ?? key;
		const value = meaningOf(written);
		if (!isHeader(name)) notes.add(`${key}: helmet ignored this option; it is left out.`);
		else if (isCode(value)) throw new NotUnderstood(`${key} is ${show(value.code)}, which is not written here`);
		else if (value === null) throw new NotUnderstood(`${key} is null`);
		else if (value !== undefined) helmet.set(name, value);
	}
	return helmet;
}

function strictTransportSecurity(value: Value, notes: Set<string>): Value {
	if (value === undefined || value === true) return undefined;
	if (value === false) return false;
	if (!isFields(value)) throw new NotUnderstood("its options are not written here");
	const kept = new Map([...value].filter(([key, field]) => field !== undefined && ["maxAge", "includeSubDomains", "preload"].includes(key)));
	for (const key of value.keys())
		if (!kept.has(key) && value.get(key) !== undefined) notes.add(`strictTransportSecurity.${key}: helmet ignored this option; it is left out.`);
	const maxAge = kept.get("maxAge");
	if (typeof maxAge === "number") kept.set("maxAge", Math.floor(maxAge));
	if (kept.get("preload") === true && (kept.get("includeSubDomains") === false || (typeof maxAge === "number" && maxAge < PRELOAD_MAX_AGE))) {
		kept.delete("preload");
		notes.add("strictTransportSecurity: preload is left out; lists refuse a host without includeSubDomains and a maxAge of a year.");
	}
	if (kept.get("preload") === false) kept.delete("preload");
	return kept.size === 0 ? undefined : kept;
}

function translateCsp(value: Value, notes: Set<string>): ReadonlyMap<string, Value> {
	if (value === false) return new Map([["contentSecurityPolicy", false]]);
	if (isChoice(value)) {
		const [yes, no] = [translateCsp(value.yes, notes), translateCsp(value.no, notes)];
		if (yes.size !== 1 || no.size !== 1) throw new NotUnderstood("reportOnly depends on a condition");
		return new Map([["contentSecurityPolicy", { test: value.test, yes: yes.get("contentSecurityPolicy"), no: no.get("contentSecurityPolicy") }]]);
	}
	if (value !== undefined && value !== true && !isFields(value)) throw new NotUnderstood("contentSecurityPolicy is not written here");
	const given: Fields = isFields(value) ? value : new Map();
	const [useDefaults = true, reportOnly = false, directives = new Map()] = ["useDefaults", "reportOnly", "directives"].map((key) => meaningOf(given.get(key)));
	if (typeof useDefaults !== "boolean" || typeof reportOnly !== "boolean") throw new NotUnderstood("useDefaults or reportOnly is not written here");
	if (!isFields(directives)) throw new NotUnderstood("the directives are not written here");
	const policy: Fields = new Map<string, Value>([
		["useDefaults", false],
		["directives", mergeDirectives(useDefaults, reportOnly, directives, notes)],
	]);
	return new Map<string, Value>(
		reportOnly
			? [
					["contentSecurityPolicy", false],
					["contentSecurityPolicyReportOnly", policy],
				]
			: [["contentSecurityPolicy", policy]],
	);
}

/** What helmet sends, every directive written out: its defaults are not headguard's. */
function mergeDirectives(useDefaults: boolean, reportOnly: boolean, given: Fields, notes: Set<string>): Fields {
	const merged = new Map<string, Value>();
	const all = new Map<string, Value>([
		...(useDefaults ? Object.entries(getDefaultDirectives()) : []),
		...[...given].map(([key, value]) => [kebab(key), value] as const),
	]);
	for (const [name, value] of all) {
		const retired = RETIRED.get(name);
		if (value === null || value === DISABLED) continue;
		if (retired !== undefined) notes.add(`${name}: browsers ignore this directive; it is left out. ${retired}`);
		else if (reportOnly && DIRECTIVES.get(name)?.enforcedOnly) notes.add(`${camel(name)}: browsers ignore it in a report-only policy; it is left out.`);
		else if (!DIRECTIVES.has(name)) notes.add(`${name}: no browser knows this directive; it is left out.`);
		else
			merged.set(
				camel(name),
				eachSide(value, (side) => directiveValue(name, side, notes)),
			);
	}
	if (!merged.has("defaultSrc")) notes.add("contentSecurityPolicy: there is no defaultSrc, so what no other directive names is allowed.");
	if (merged.has("upgradeInsecureRequests"))
		notes.add("upgradeInsecureRequests: goes out where the request is known to have come over https, so that a page on plain http keeps working.");
	return merged;
}

function directiveValue(name: string, value: Value, notes: Set<string>): Value {
	const { kind } = DIRECTIVES.get(name) ?? {};
	const read = meaningOf(value);
	if (read === null || read === undefined) return read;
	const words = (isList(read) ? read : [value]).flatMap(wordsOf);
	if (kind === "flag") return true;
	if (kind === "endpoint" && words.length === 1) return words[0];
	for (const word of words) if (isCode(word) && word.means === "function" && /nonce/i.test(word.code)) notes.add(NONCE);
	// A name that stands for just these words stays.
	return isCode(value) && isList(read) && isSame(read, words) ? value : words;
}

/** helmet takes several sources in one string. */
function wordsOf(entry: Value): readonly Value[] {
	const read = meaningOf(entry);
	if (isCode(entry) && entry.spreads && isList(read)) return isSame(read, read.flatMap(wordsOf)) ? [entry] : read.flatMap(wordsOf);
	const words = typeof read === "string" ? read.split(/\s+/).filter((word) => word !== "") : [entry];
	return words.length === 1 && words[0] === read ? [entry] : words;
}

function isSame(a: readonly Value[], b: readonly Value[]): boolean {
	return a.length === b.length && a.every((entry, i) => entry === b[i]);
}

const NONCE =
	"The nonce function stays and works. headguard makes a nonce by itself: write csp.nonce in its place, read res.locals.cspNonce in the templates, and delete the middleware that makes yours.";

/** What headguard's defaults change for everybody, each with its reason. */
function addChanges(options: ReadonlyMap<string, Value>, helmet: Fields, notes: Set<string>): void {
	notes.add(
		"permissionsPolicy is new: camera, microphone, geolocation, payment and others are off until they are named, as in permissionsPolicy: { features: { geolocation: [csp.self] } }.",
	);
	if (!options.has("referrerPolicy"))
		notes.add(
			'referrerPolicy is now strict-origin-when-cross-origin; under no-referrer browsers send Origin: null with form posts, which breaks CSRF checks. For the old value write referrerPolicy: "no-referrer".',
		);
	const dropped = ["xDnsPrefetchControl", "xDownloadOptions", "xPermittedCrossDomainPolicies", "xXssProtection"].filter(
		(key) => !options.has(key) && helmet.get(key) !== false,
	);
	if (dropped.length > 0) notes.add(`${dropped.join(", ")}: no longer sent; no current browser needs them.`);
	if (helmet.get("strictTransportSecurity") !== false)
		notes.add("strictTransportSecurity: no longer sent on localhost, IP addresses and requests known to be http.");
}

/** X-Frame-Options follows frame-ancestors; helmet's default is weaker than that of headguard without one. */
function keepFraming(options: Map<string, Value>, helmet: Fields, notes: Set<string>): void {
	const action = options.get("xFrameOptions");
	const csp = options.get("contentSecurityPolicy");
	const directives = isFields(csp) ? csp.get("directives") : undefined;
	const ancestors = isFields(directives) ? directives.get("frameAncestors") : undefined;
	if (isList(ancestors) && action !== undefined && action !== false) {
		options.delete("xFrameOptions");
		if (action !== "SAMEORIGIN" || ancestors.join() !== "'self'")
			notes.add(`xFrameOptions: follows frameAncestors, which won in every browser. To deny framing, write frameAncestors: ["'none'"].`);
	} else if (ancestors === undefined && action === undefined && !isChoice(csp) && helmet.get("xFrameOptions") !== false) {
		options.set("xFrameOptions", "SAMEORIGIN");
		notes.add("xFrameOptions: SAMEORIGIN is kept; without it, headguard's would be DENY.");
	}
}
