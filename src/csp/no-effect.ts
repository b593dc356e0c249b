import type { Code } from "../core/codes.ts";
import type { Issues } from "../core/issue.ts";
import { camel, show } from "../core/text.ts";
import { DIRECTIVES, type DirectiveName, isSourceList } from "./directives.ts";
import { isNonceOrHash, type Source } from "./grammar.ts";
import { NONCE } from "./keywords.ts";
import { type CspModel, governor } from "./model.ts";
import { classifySource, type HostSource, kindOfSource } from "./sources.ts";

/** Warns of sources that browsers accept and that can never allow anything. */
export function warnNoEffect(model: CspModel, issues: Issues): void {
	for (const [name, list] of model) {
		const directive = DIRECTIVES.get(name);
		if (directive === undefined || !isSourceList(directive)) continue;
		const around: Around = {
			isMarked: list.some(isNonceOrHash),
			isStrict: list.includes("'strict-dynamic'"),
			mayHaveHash: list.some((source) => typeof source === "function" || kindOfSource(source) === "hash"),
			hasSlot: list.includes(NONCE),
			reports: model.has("report-to"),
		};
		for (const [index, source] of list.entries()) {
			const found = withoutPlace(model, name as DirectiveName, source) ?? switchedOff(source, around) ?? neverMatches(name, source);
			if (found !== undefined)
				issues
					.at(camel(name))
					.at(index)
					.warn(...found);
		}
	}
}

/** What else is in the list of a source, and in its policy. */
interface Around {
	/** A nonce, its slot or a hash. */
	readonly isMarked: boolean;
	readonly isStrict: boolean;
	readonly mayHaveHash: boolean;
	readonly hasSlot: boolean;
	readonly reports: boolean;
}

type Warning = readonly [code: Code, message: string];

/** Which lists decide about code, by what they decide. */
const ELEMENTS: readonly DirectiveName[] = ["script-src-elem", "style-src-elem"];
const CODE: readonly DirectiveName[] = [...ELEMENTS, "script-src-attr", "style-src-attr"];

/** A source that only code can match, in a list to which no code comes: script-src beside script-src-elem, for example. */
function withoutPlace(model: CspModel, name: DirectiveName, source: Source): Warning | undefined {
	const places = placesOf(source);
	if (places === undefined || places.some((place) => governor(model, place) === name)) return undefined;
	const below = places.filter((place) => DIRECTIVES.get(place)?.fallback.includes(name));
	const instead = [...new Set(below.map((place) => governor(model, place)))].filter((other) => other !== undefined);
	// The same source in both lists is for browsers that know only the general one.
	if (instead.length === 0 || instead.some((other) => model.get(other)?.includes(source))) return undefined;
	const what = source === NONCE ? "the nonce" : String(source);
	return ["csp/keyword-no-effect", `${what} has no effect in ${name} beside ${instead.join(" and ")}. Write it in ${instead.map(camel).join(" and ")}.`];
}

function placesOf(source: Source): readonly DirectiveName[] | undefined {
	if (source === "'unsafe-inline'" || source === "'unsafe-hashes'") return CODE;
	if (source === "'strict-dynamic'" || source === "'inline-speculation-rules'") return ["script-src-elem"];
	if (source === "'unsafe-eval'" || source === "'wasm-unsafe-eval'" || source === "'trusted-types-eval'") return ["script-src"];
	const kind = kindOfSource(source);
	if (kind === "hash") return CODE;
	return kind === "slot" || kind === "nonce" ? ELEMENTS : undefined;
}

/** A keyword that something else in the policy switches off, or that needs something that is not there. */
function switchedOff(source: Source, { isMarked, isStrict, mayHaveHash, hasSlot, reports }: Around): Warning | undefined {
	if (source === "'unsafe-inline'" && isMarked && !isStrict) {
		const unread = hasSlot ? " On a page that prints no nonce it is left out as well." : "";
		return ["csp/keyword-no-effect", `browsers ignore 'unsafe-inline' beside a nonce or hash.${unread} Leave it out.`];
	}
	if (source === "'inline-speculation-rules'" && (isMarked || isStrict)) {
		return [
			"csp/keyword-no-effect",
			`browsers ignore ${source} beside a nonce, a hash or 'strict-dynamic'. Leave it out, and put the nonce on the element: <script type="speculationrules" nonce="…">.`,
		];
	}
	if (source === "'unsafe-hashes'" && !mayHaveHash)
		return ["csp/keyword-no-effect", "'unsafe-hashes' has no effect without a hash. Add csp.hash(…), or leave it out."];
	if (/^'report-sha\d+'$/.test(String(source)) && !reports)
		return ["csp/keyword-no-effect", `${String(source)} has no effect without report-to. Add reporting: { endpoint: "/_reports" } to the policy.`];
	return undefined;
}

/** Chromium compares hosts of these schemes alone; extensions have their own. */
const WITH_HOST = /^(?:https?|wss?|[a-z]+(?:-[a-z]+)*-extension)$/;

function neverMatches(name: string, source: Source): Warning | undefined {
	if (typeof source !== "string") return undefined;
	const read = classifySource(source);
	if (read.kind === "scheme" && /^wss?:$/.test(read.text) && !takesSockets(name)) return never(`${read.text} is only used in connectSrc. Leave it out.`);
	return read.kind === "host" ? hostNeverMatches(name, read) : undefined;
}

function hostNeverMatches(name: string, { text, scheme, path }: HostSource): Warning | undefined {
	if (scheme !== "" && !WITH_HOST.test(scheme))
		return never(`received ${show(text)}; browsers match ${scheme}: by its scheme only. Write ${show(`${scheme}:`)}.`);
	if (/^wss?$/.test(scheme) && !takesSockets(name)) return never(`received ${show(text)}; WebSockets are matched by connectSrc only. Write it there.`);
	if (name === "frame-ancestors" && !/^\/?$/.test(path)) {
		return never(`received ${show(text)}; browsers compare only the origin of the framing page. Write ${show(text.slice(0, -path.length))}.`);
	}
	const star = path.search(/[?#]|$/);
	if (path.slice(0, star).includes("*")) {
		const folder = path.slice(0, path.indexOf("*")).replace(/[^/]*$/, "");
		return never(
			`received ${show(text)}; "*" in a path is an ordinary character. A path that ends in "/" matches everything below it. Write ${show(text.slice(0, -path.length) + folder)}.`,
		);
	}
	return undefined;
}

function takesSockets(name: string): boolean {
	return name === "connect-src" || name === "default-src";
}

function never(message: string): Warning {
	return ["csp/never-matches", message];
}
