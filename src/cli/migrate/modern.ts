import { kebab, own, show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import { NotUnderstood } from "./not-understood.ts";
import { eachSide, type Fields, isChoice, isCode, isFields, isList, meaningOf, type Value } from "./value.ts";
import { defaultDirectives, type HelmetVersion, isBefore, offByDefault, readsOption } from "./versions.ts";

/** Older names of options and middlewares, which every version accepts. */
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

/** What the code gives to helmet. */
export interface Given {
	readonly version: HelmetVersion;
	/** The options of `helmet()`, which sends headers by default. Undefined if the code does not call it. */
	readonly whole: Fields | undefined;
	/** The options of single middlewares, each of which sends only its own header. */
	readonly singles: Fields;
}

/** Where an option is given. */
interface Use {
	readonly version: HelmetVersion;
	readonly isWhole: boolean;
}

/** Options with the names of helmet 8, and what an older version sent in addition. */
export interface Modern {
	readonly options: Fields;
	/** Headers that headguard does not have, with their values. */
	readonly others: ReadonlyMap<string, string>;
}

/** 180 days, in seconds: the default of helmet 3 to 7. */
const OLD_MAX_AGE = 15_552_000;

/**
 * Turns options of any version of helmet into those with which helmet 8 sends the same headers.
 *
 * @param withDefaults whether to add what `helmet()` sends without an option.
 * @throws {NotUnderstood} if there are none, or if a part cannot be read from the file.
 */
export function modernize({ version, whole, singles }: Given, notes: Set<string>, withDefaults = true): Modern {
	const others = new Map<string, string>();
	const single = modernOptions(singles, { version, isWhole: false }, others, notes);
	if (whole === undefined) return { options: single, others: withFilter(others, single.get("xXssProtection") ?? false, version) };
	const use = { version, isWhole: true };
	const options = modernOptions(whole, use, others, notes);
	for (const name of single.keys()) options.set(name, single.get(name));
	if (withDefaults) addDefaults(options, others, whole, use, notes);
	return { options, others: withFilter(others, options.get("xXssProtection"), version) };
}

/** helmet 8 only switches the filter off. */
function withFilter(others: Map<string, string>, option: Value, version: HelmetVersion): ReadonlyMap<string, string> {
	if (!isBefore(version, "4") || option === false) return others;
	return others.set(NAMES.xXssProtection.toLowerCase(), isFields(option) && option.size > 0 ? WITH_OPTIONS : "1; mode=block");
}

function modernOptions(given: Fields, use: Use, others: Map<string, string>, notes: Set<string>): Map<string, Value> {
	const { version, isWhole } = use;
	const options = new Map<string, Value>();
	for (const [key, written] of given) {
		const name = ALIASES.get(key) ?? key;
		if (isWhole && !readsOption(version, key)) {
			notes.add(`${key}: helmet ignored this option. It is left out.`);
			continue;
		}
		const value = readableOf(name, written, version);
		if (value === undefined) continue;
		if (isDropped(name)) drop(name, value, others, notes);
		else
			options.set(
				name,
				eachSide(value, (side) => adapted(name, side ?? (isWhole ? byDefault(name, version) : undefined), use, notes)),
			);
	}
	return options;
}

/** Only helmet 3 accepts null, which has the effect of undefined. */
function readableOf(name: string, written: Value, version: HelmetVersion): Value {
	const value = meaningOf(written);
	if (isCode(value)) throw new NotUnderstood(`${name} is ${show(value.code)}, which cannot be read from this file`);
	if (value === null && !isBefore(version, "4")) throw new NotUnderstood(`${name} is null`);
	return value ?? undefined;
}

function adapted(name: string, value: Value, use: Use, notes: Set<string>): Value {
	return ADAPTERS[name]?.(value, use, notes) ?? value;
}

/** The value that has the effect of none. Undefined if the translation of the header knows it. */
function byDefault(name: string, version: HelmetVersion): boolean | undefined {
	if (offByDefault(version).includes(name)) return false;
	if (name === "crossOriginEmbedderPolicy") return (!isBefore(version, "5") && isBefore(version, "7")) || undefined;
	return name === "contentSecurityPolicy" || name === "strictTransportSecurity" || undefined;
}

/** Whether it is an option, or a middleware, of older versions for a header that headguard does not have. */
export function isDropped(name: string): boolean {
	return own(DROPPED, name) !== undefined;
}

const DROPPED: Readonly<Record<string, string>> = {
	expectCt: "Expect-CT is no longer sent, because current browsers ignore it.",
	hpkp: "Public-Key-Pins is no longer sent, because current browsers ignore it.",
	featurePolicy: "Feature-Policy is no longer sent. Permissions-Policy replaced it: write permissionsPolicy: { features: { … } }.",
	noCache: "",
};

function drop(name: string, value: Value, others: Map<string, string>, notes: Set<string>): void {
	if (value === false) return;
	if (name === "noCache")
		throw new NotUnderstood("noCache sets Cache-Control, which headguard leaves to the application. Set it in a middleware of your own, then remove noCache");
	notes.add(`${name}: ${DROPPED[name]}`);
	others.set(HEADER_OF[name] ?? name, name === "expectCt" && !isFields(value) ? "max-age=0" : WITH_OPTIONS);
}

/** The value of a header whose options are not read. */
const WITH_OPTIONS = "sent, with your options";

const HEADER_OF: Readonly<Record<string, string>> = { expectCt: "expect-ct", hpkp: "public-key-pins", featurePolicy: "feature-policy" };

/** What `helmet()` does without an option. */
function addDefaults(options: Map<string, Value>, others: Map<string, string>, given: Fields, use: Use, notes: Set<string>): void {
	const { version } = use;
	const off = offByDefault(version).filter((name) => !options.has(name));
	for (const name of off) options.set(name, false);
	const named = off.filter((name) => name !== "xPermittedCrossDomainPolicies");
	const them = named.length === 1 ? "it" : "them";
	if (named.length > 0)
		notes.add(`${named.join(", ")}: off, because helmet ${version[0]} did not send ${them}. To send headguard's defaults, delete the lines with false.`);
	for (const name of ["contentSecurityPolicy", "strictTransportSecurity", "crossOriginEmbedderPolicy"]) {
		const value = byDefault(name, use.version);
		if (!options.has(name) && value !== undefined) options.set(name, adapted(name, value, use, notes));
	}
	if (!isBefore(version, "4") && isBefore(version, "6") && meaningOf(given.get("expectCt")) === undefined) drop("expectCt", true, others, notes);
}

/** Changes the value of an option. Undefined leaves it as it is. */
type Adapter = (value: Value, use: Use, notes: Set<string>) => Value;

const ADAPTERS: Readonly<Record<string, Adapter>> = {
	contentSecurityPolicy,
	strictTransportSecurity,
	crossOriginEmbedderPolicy(value, { version, isWhole }) {
		// Such versions ignored the policy, and sent their default.
		return isFields(value) && isBefore(version, isWhole ? "6.0.1" : "5.1") ? true : undefined;
	},
	xFrameOptions(value, { version }) {
		const action = isFields(value) ? value.get("action") : undefined;
		if (isBefore(version, "4")) eachSide(action, refuseAllowFrom);
		return undefined;
	},
	xPoweredBy(value, { version }, notes) {
		const setTo = isFields(value) && isBefore(version, "4") ? value.get("setTo") : undefined;
		if (setTo !== undefined && setTo !== null)
			notes.add(`xPoweredBy: the header is now removed. helmet ${version[0]} sent ${typeof setTo === "string" ? show(setTo) : "your value"}.`);
		return undefined;
	},
	xXssProtection(value, { version }, notes) {
		if (value !== false && isBefore(version, "4"))
			notes.add("xXssProtection: 0 is sent instead of 1; mode=block. Attackers could misuse the filter, and current browsers do not have it.");
		return undefined;
	},
};

function refuseAllowFrom(action: Value): Value {
	if (typeof action === "string" && /^allow-?from$/i.test(action))
		throw new NotUnderstood("current browsers ignore ALLOW-FROM. Write the site into frameAncestors of the CSP, then remove frameguard");
	return action;
}

function strictTransportSecurity(value: Value, { version }: Use): Value {
	if (!isBefore(version, "8")) return undefined;
	if (value === true) return new Map([["maxAge", OLD_MAX_AGE]]);
	if (!isFields(value)) return undefined;
	const options = new Map<string, Value>([["maxAge", OLD_MAX_AGE], ...[...value].filter(([, field]) => field !== undefined)]);
	if (!isBefore(version, "4")) return options;
	if (options.has("setIf"))
		throw new NotUnderstood("hsts.setIf decides in each request. headguard sends the header only over https, so remove setIf if it checks that");
	const { maxAge, includeSubdomains } = Object.fromEntries(options);
	if (maxAge === null) options.set("maxAge", OLD_MAX_AGE);
	if (typeof maxAge === "number") options.set("maxAge", Math.round(maxAge));
	if (includeSubdomains !== undefined) options.set("includeSubDomains", includeSubdomains);
	options.delete("includeSubdomains");
	return options;
}

/** Writes out the directives, with helmet's defaults if the version adds them. */
function contentSecurityPolicy(value: Value, { version }: Use, notes: Set<string>): Value {
	if (value === false) return undefined;
	if (value !== true && !isFields(value)) throw new NotUnderstood("contentSecurityPolicy cannot be read from this file");
	return writtenOut(isFields(value) ? value : new Map(), version, notes);
}

function writtenOut(given: Fields, version: HelmetVersion, notes: Set<string>): Value {
	const [useDefaults = !isBefore(version, "5"), reportOnly = false, own] = ["useDefaults", "reportOnly", "directives"].map((key) => meaningOf(given.get(key)));
	for (const [key, field] of [["useDefaults", useDefaults] as const, ["reportOnly", reportOnly] as const])
		if (isChoice(field)) return eachSide(field, (side) => writtenOut(new Map([...given, [key, side]]), version, notes));
	if (typeof useDefaults !== "boolean" || typeof reportOnly !== "boolean") throw new NotUnderstood("useDefaults or reportOnly cannot be read from this file");
	if (own !== undefined && !isFields(own)) throw new NotUnderstood("the directives cannot be read from this file");
	const isMerged = own === undefined ? useDefaults || isBefore(version, "8") : useDefaults && !isBefore(version, "4.6");
	if (isBefore(version, "4")) notes.add("X-Content-Security-Policy and X-WebKit-CSP: no longer sent, because current browsers ignore them.");
	const defaults = isMerged ? defaultsOf(version) : new Map<string, Value>();
	const named = namedDirectives(own ?? new Map(), version).map(([name, directive]): [string, Value] => [name, withDefault(directive, defaults.get(name))]);
	return new Map<string, Value>([
		["reportOnly", reportOnly],
		["directives", new Map([...defaults, ...named])],
	]);
}

/** A directive that a condition leaves out. */
function withDefault(directive: Value, byDefault: Value): Value {
	return isChoice(directive) ? eachSide(directive, (side) => side ?? (side === null ? null : byDefault)) : directive;
}

function defaultsOf(version: HelmetVersion): Fields {
	const defaults = defaultDirectives(version);
	if (defaults === undefined) throw new NotUnderstood("contentSecurityPolicy has no directives, which helmet 3 refuses");
	return defaults;
}

function namedDirectives(given: Fields, version: HelmetVersion): readonly (readonly [string, Value])[] {
	return [...given].flatMap(([key, directive]) => directiveOf(kebab(key), directive, version));
}

/** helmet 3 accepts booleans, and functions that return the whole list. */
function directiveOf(name: string, directive: Value, version: HelmetVersion): readonly (readonly [string, Value])[] {
	if (!isBefore(version, "4")) return [[name, directive]];
	const read = meaningOf(directive);
	if (isCode(read) && read.means === "function") throw new NotUnderstood(`${name} is a function. Write it as an entry of a list, one source for each function`);
	if (read === false || read === undefined) return [];
	const change = (side: Value): Value => (side === false ? null : side === true ? [] : side);
	return [[name, isChoice(read) || (!isList(read) && typeof read === "boolean") ? eachSide(read, change) : directive]];
}
