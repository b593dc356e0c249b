import { camel, own } from "../../core/text.ts";
import { DIRECTIVES, RETIRED } from "../../csp/directives.ts";
import { PRELOAD_MAX_AGE } from "../../headers/common/max-age.ts";
import { DISABLED } from "./evaluate.ts";
import { judge } from "./judge.ts";
import { type Given, modernize } from "./modern.ts";
import { NotUnderstood } from "./not-understood.ts";
import { eachSide, type Fields, isChoice, isCode, isFields, isList, meaningOf, type Value } from "./value.ts";
import { changesOnWire, type WireChanges } from "./wire.ts";

/** Options of headguard that replace helmet's, and what is different. */
export interface Translation {
	readonly options: Fields;
	readonly notes: readonly string[];
	/** What changes in a response over https. Empty for a route, whose headers are added to those of the app. */
	readonly changes: () => readonly WireChanges[];
}

/** Translates helmet's option of one header. Undefined leaves the option out. */
type Translator = (value: Value, notes: Set<string>) => Value;

/** A header whose value is in one field of helmet's options. `byDefault` is helmet's default if headguard has another one. */
function inside(field: string, byDefault: Value, change: (value: Value) => Value = (value) => value): Translator {
	return (value) => {
		if (value === undefined || value === false) return value;
		if (value === true) return byDefault;
		if (!isFields(value)) throw new NotUnderstood("its options cannot be read from this file");
		return value.get(field) === undefined ? byDefault : eachSide(value.get(field), change);
	};
}

/** Sent by default in helmet and in headguard. */
const flag: Translator = (value) => (value === false ? false : undefined);

/** Sent by default in helmet and not in headguard. It is only sent if the code asks for it. */
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

/** Whether it is the name of helmet's option and middleware for a header. */
export function isHeader(name: string): boolean {
	return name === "contentSecurityPolicy" || own(TRANSLATORS, name) !== undefined;
}

/** Headers that headguard sends by default. */
const ON_BY_DEFAULT = [
	"contentSecurityPolicy",
	"strictTransportSecurity",
	"xContentTypeOptions",
	"xFrameOptions",
	"referrerPolicy",
	"permissionsPolicy",
].concat(["crossOriginOpenerPolicy", "crossOriginResourcePolicy", "originAgentCluster"]);

/**
 * Translates helmet's options to headguard's. If they are those of single middlewares, all other headers stay off.
 * @throws {NotUnderstood} if a part cannot be read from the file.
 */
export function translate(given: Given): Translation {
	const notes = new Set<string>();
	const options = new Map<string, Value>();
	const { options: helmet, others } = modernize(given, notes);
	const only = given.whole === undefined;
	if (only && helmet.size === 0) throw new NotUnderstood("current browsers ignore the header, so you can delete this middleware");
	const off = new Set(only ? ON_BY_DEFAULT.filter((key) => !helmet.has(key)) : []);
	for (const [key, value] of translateCsp(off.has("contentSecurityPolicy") ? false : helmet.get("contentSecurityPolicy"), notes)) options.set(key, value);
	for (const [key, translator] of Object.entries(TRANSLATORS)) {
		const value = off.has(key) ? false : eachSide(helmet.get(key), (side) => translator(side, notes));
		if (value !== undefined) options.set(key, value);
	}
	if (off.has("permissionsPolicy")) options.set("permissionsPolicy", false);
	if (only) addSingleChanges(helmet, notes);
	else addChanges(options, helmet, notes);
	keepFraming(options, notes);
	for (const note of judge(options)) notes.add(note);
	return { options, notes: [...notes], changes: () => changesOnWire({ options: helmet, others }, options, only) };
}

/** The same for a route: a patch for `headers.replace` with the headers that the options name. */
export function translatePatch(given: Given, base: Fields): Translation {
	const notes = new Set<string>();
	const before = modernize(given, notes, false);
	const patch = new Map<string, Value>();
	for (const [key, value] of before.options) {
		if (value === false) notes.add(`${key}: false did not remove the header here, because the application had set it before. It is left out.`);
		else for (const [name, option] of patchOf(key, value, notes)) patch.set(name, option);
	}
	if (patch.size === 0) throw new NotUnderstood("it changes nothing on this route");
	keepFramingOf(base, patch, notes);
	judge(base, patch);
	return { options: patch, notes: [...notes], changes: () => [] };
}

function patchOf(key: string, value: Value, notes: Set<string>): Fields {
	if (key === "xPoweredBy") return new Map();
	if (key === "contentSecurityPolicy") return new Map([...translateCsp(value, notes)].filter(([, policy]) => policy !== false));
	const option = eachSide(value, (side) => TRANSLATORS[key]?.(side, notes));
	// If helmet's value is headguard's default, the patch must still set it: the application may have another.
	return new Map([[key, option ?? true]]);
}

function strictTransportSecurity(value: Value, notes: Set<string>): Value {
	if (value === undefined || value === true) return undefined;
	if (value === false) return false;
	if (!isFields(value)) throw new NotUnderstood("its options cannot be read from this file");
	const kept = new Map([...value].filter(([key, field]) => field !== undefined && ["maxAge", "includeSubDomains", "preload"].includes(key)));
	for (const key of value.keys())
		if (!kept.has(key) && value.get(key) !== undefined) notes.add(`strictTransportSecurity.${key}: helmet ignored this option. It is left out.`);
	const maxAge = kept.get("maxAge");
	if (typeof maxAge === "number") kept.set("maxAge", Math.floor(maxAge));
	if (kept.get("preload") === true && (kept.get("includeSubDomains") === false || (typeof maxAge === "number" && maxAge < PRELOAD_MAX_AGE))) {
		kept.delete("preload");
		notes.add("strictTransportSecurity: preload is left out. Preload lists refuse a host without includeSubDomains and a maxAge of a year.");
	}
	if (kept.get("preload") === false) kept.delete("preload");
	return kept.size === 0 ? undefined : kept;
}

function translateCsp(value: Value, notes: Set<string>): ReadonlyMap<string, Value> {
	if (value === false) return new Map([["contentSecurityPolicy", false]]);
	if (isChoice(value)) {
		const [yes, no] = [translateCsp(value.yes, notes), translateCsp(value.no, notes)];
		const keys = new Set([...yes.keys(), ...no.keys()]);
		return new Map([...keys].map((key) => [key, { test: value.test, yes: yes.get(key) ?? false, no: no.get(key) ?? false }]));
	}
	const csp: Fields = isFields(value) ? value : new Map();
	const [reportOnly, directives] = [csp.get("reportOnly") === true, csp.get("directives")];
	const policy: Fields = new Map<string, Value>([
		["useDefaults", false],
		["directives", directivesOf(reportOnly, isFields(directives) ? directives : new Map(), notes)],
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

function retiredNote(name: string): string {
	const instead = RETIRED.get(name);
	return `${name}: browsers ignore this directive. It is left out.${instead === undefined ? "" : ` Write ${instead}.`}`;
}

/** Every directive that helmet sends, because its defaults are not headguard's. */
function directivesOf(reportOnly: boolean, given: Fields, notes: Set<string>): Fields {
	const merged = new Map<string, Value>();
	for (const [name, value] of given) {
		if (value === null || value === DISABLED) continue;
		if (RETIRED.has(name)) notes.add(retiredNote(name));
		else if (reportOnly && DIRECTIVES.get(name)?.enforcedOnly) notes.add(`${camel(name)}: browsers ignore it in a report-only policy. It is left out.`);
		else if (!DIRECTIVES.has(name))
			notes.add(`${name}: headguard does not know this directive. It is left out. If it is new, write it in allowUnknownDirectives.`);
		else
			merged.set(
				camel(name),
				eachSide(value, (side) => directiveValue(name, side, notes)),
			);
	}
	if (!merged.has("defaultSrc")) notes.add("contentSecurityPolicy: there is no defaultSrc, so everything that no other directive covers is allowed.");
	if (merged.has("upgradeInsecureRequests"))
		notes.add("upgradeInsecureRequests: only sent if the request is known to have come over https, so that pages on plain http keep working.");
	return merged;
}

function directiveValue(name: string, value: Value, notes: Set<string>): Value {
	const { kind } = DIRECTIVES.get(name) ?? {};
	const read = meaningOf(value);
	if (read === null || read === undefined) return read;
	const words = (isList(read) ? read : [value]).flatMap(wordsOf);
	if (kind === "flag") return true;
	if (kind === "endpoint" && words.length === 1) return words[0];
	if (words.length === 0 && (kind === "sources" || kind === "ancestors")) {
		notes.add(`${camel(name)}: the empty list is written as 'none', which has the same effect.`);
		return ["'none'"];
	}
	const functions = words.flatMap((word) => (isCode(word) && word.means === "function" && /nonce/i.test(word.code) ? [word.code] : []));
	// With a nonce in another directive, headguard answers every request with an error.
	if (functions.some((code) => code.includes("'nonce-")) && DIRECTIVES.get(name)?.nonce === false)
		throw new NotUnderstood(`${camel(name)} has a nonce, which has no effect there. Remove it from that list`);
	if (functions.length > 0) notes.add(NONCE).add(PRIVATE);
	// A name for exactly these words stays.
	return isCode(value) && isList(read) && isSame(read, words) ? value : words;
}

/** helmet accepts several sources in one string. */
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
	"The nonce function stays and works. headguard can make the nonce instead: replace the function with csp.nonce, read res.locals.cspNonce in the templates, and delete the middleware that makes yours.";

function addSingleChanges(helmet: Fields, notes: Set<string>): void {
	notes.add("Only the headers of the single middlewares are sent, as before. Delete the lines with false to send the others as well.");
	if (!helmet.has("xPoweredBy")) notes.add("xPoweredBy: the header of Express is now removed. To keep it, write xPoweredBy: false.");
}

const PRIVATE = "Cache-Control: private is now sent with pages that have a nonce, unless they set the header. Caches that visitors share must not store them.";

/** What headguard's defaults change in every application, each with its reason. */
function addChanges(options: ReadonlyMap<string, Value>, helmet: Fields, notes: Set<string>): void {
	notes.add(
		"permissionsPolicy is new: camera, microphone, geolocation, payment and others are off until you allow them, as in permissionsPolicy: { features: { geolocation: [csp.self] } }.",
	);
	if (!options.has("referrerPolicy"))
		notes.add(
			'referrerPolicy is now strict-origin-when-cross-origin. With no-referrer, browsers send Origin: null with form posts, which breaks CSRF checks. To keep the old value, write referrerPolicy: "no-referrer".',
		);
	const dropped = ["xDnsPrefetchControl", "xDownloadOptions", "xPermittedCrossDomainPolicies", "xXssProtection"].filter(
		(key) => !options.has(key) && helmet.get(key) !== false,
	);
	if (dropped.length > 0) notes.add(`${dropped.join(", ")}: no longer sent, because current browsers do not need them.`);
	if (helmet.get("strictTransportSecurity") !== false)
		notes.add("strictTransportSecurity: no longer sent to localhost, to IP addresses, and on requests known to be http.");
}

/** X-Frame-Options follows frame-ancestors. Without that directive, helmet's default is weaker than headguard's. */
function keepFraming(options: Map<string, Value>, notes: Set<string>): void {
	const action = options.get("xFrameOptions");
	if (action === false) return;
	const kept = framing(options.get("contentSecurityPolicy"), action ?? "SAMEORIGIN", notes);
	if (kept === undefined) options.delete("xFrameOptions");
	else options.set("xFrameOptions", kept);
	if (kept !== undefined && action === undefined) notes.add("xFrameOptions: SAMEORIGIN is kept. Without it, headguard would send DENY.");
}

/** The same for a route with a CSP of its own. */
function keepFramingOf(base: Fields, patch: Map<string, Value>, notes: Set<string>): void {
	const csp = patch.get("contentSecurityPolicy");
	if (csp === undefined || patch.has("xFrameOptions") || base.get("xFrameOptions") !== undefined) return;
	const kept = framing(csp, "SAMEORIGIN", notes);
	if (kept !== undefined) patch.set("xFrameOptions", kept);
}

/** The option that is needed beside a CSP. Undefined if frame-ancestors replaces it. */
function framing(csp: Value, action: Value, notes: Set<string>): Value {
	return eachSide(csp, (side) => {
		const directives = isFields(side) ? side.get("directives") : undefined;
		return eachSide(isFields(directives) ? directives.get("frameAncestors") : undefined, (ancestors) => {
			const list = meaningOf(ancestors);
			if (list === undefined || list === null) return action;
			const now = isList(list) ? framingBy(list) : undefined;
			if (now !== action) notes.add(followsNote(now));
			return undefined;
		});
	});
}

function followsNote(now: string | undefined): string {
	const effect = now === undefined ? "" : `, so ${now} is sent`;
	return `xFrameOptions: follows frameAncestors, which browsers already preferred${effect}.${now === "DENY" ? "" : ` To deny framing, write frameAncestors: ["'none'"].`}`;
}

/** The X-Frame-Options that headguard sends with a list of ancestors. Undefined if it sends none, or if the list is not known. */
function framingBy(ancestors: readonly Value[]): string | undefined {
	const [only, ...rest] = ancestors.map(meaningOf);
	if (rest.length > 0) return undefined;
	return only === "'self'" ? "SAMEORIGIN" : only === "'none'" ? "DENY" : undefined;
}
