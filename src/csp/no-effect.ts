import { type Issues, type Problem, problem, received } from "../core/issue.ts";
import { camel, show } from "../core/text.ts";
import { at, DIRECTIVES, type DirectiveName, isSourceList } from "./directives.ts";
import { isNonceOrHash, isUrlHash, type Source } from "./grammar.ts";
import { NONCE } from "./keywords.ts";
import { type CspModel, governor } from "./model.ts";
import { classifySource, type HostSource, type SourceKind } from "./sources.ts";

/** Warns about sources that browsers accept but that never allow anything. */
export function warnNoEffect(model: CspModel, issues: Issues): void {
	for (const [name, list] of model) {
		const directive = DIRECTIVES.get(name);
		if (directive === undefined || !isSourceList(directive)) continue;
		const read = list.map(classified);
		const around: Around = {
			isMarked: list.some(isNonceOrHash),
			isStrict: list.includes("'strict-dynamic'"),
			hasUrlHash: list.some(isUrlHash),
			mayHaveHash: list.some((source, index) => typeof source === "function" || read[index]?.kind === "hash"),
			hasSlot: list.includes(NONCE),
			reports: model.has("report-to"),
		};
		for (const [index, source] of list.entries()) {
			// The same source in both lists is as harmless as in `withoutPlace`.
			const takesSockets = governor(model, "connect-src") === name || (name === "default-src" && model.get("connect-src")?.includes(source) === true);
			const found =
				withoutPlace(model, name as DirectiveName, source, read[index]) ?? switchedOff(source, around) ?? neverMatches(name, read[index], takesSockets);
			if (found !== undefined) at(issues, name).at(index).warn(found);
		}
	}
}

/** The rest of the list of a source, and of its policy. */
interface Around {
	/** A nonce, its slot or a hash. */
	readonly isMarked: boolean;
	readonly isStrict: boolean;
	/** The hash of an address. */
	readonly hasUrlHash: boolean;
	readonly mayHaveHash: boolean;
	readonly hasSlot: boolean;
	readonly reports: boolean;
}

/** The directives that govern inline code. */
const ELEMENTS: readonly DirectiveName[] = ["script-src-elem", "style-src-elem"];
const CODE: readonly DirectiveName[] = [...ELEMENTS, "script-src-attr", "style-src-attr"];

/** A source that only matches code, in a list that governs no code, such as script-src next to script-src-elem. */
function withoutPlace(model: CspModel, name: DirectiveName, source: Source, read: SourceKind | undefined): Problem | undefined {
	const places = placesOf(source, read);
	if (places === undefined || places.some((place) => governor(model, place) === name)) return undefined;
	const onlyAttributes = source === "'unsafe-hashes'" && name === "style-src-elem";
	if (onlyAttributes) return problem("csp/keyword-no-effect", `${source} has no effect in style-src-elem, which governs no attributes`, "it in styleSrcAttr");
	const below = places.filter((place) => DIRECTIVES.get(place)?.fallback.includes(name));
	const instead = [...new Set(below.map((place) => governor(model, place)))].filter((other) => other !== undefined);
	// The same source in both lists is for browsers that only support the general one.
	if (instead.length === 0 || instead.some((other) => model.get(other)?.includes(source))) return undefined;
	const what = source === NONCE ? "the nonce" : String(source);
	return problem("csp/keyword-no-effect", `${what} has no effect in ${name} next to ${instead.join(" and ")}`, `it in ${instead.map(camel).join(" and ")}`);
}

function placesOf(source: Source, read: SourceKind | undefined): readonly DirectiveName[] | undefined {
	if (source === "'unsafe-inline'") return CODE;
	// In script-src-elem it is for javascript: URLs. Styles have no such thing.
	if (source === "'unsafe-hashes'") return CODE.filter((place) => place !== "style-src-elem");
	if (source === "'strict-dynamic'" || source === "'strict-dynamic-url'" || source === "'inline-speculation-rules'") return ["script-src-elem"];
	if (source === "'unsafe-eval'" || source === "'wasm-unsafe-eval'" || source === "'trusted-types-eval'") return ["script-src"];
	if (read?.kind === "hash") return CODE;
	if (read?.kind === "url-hash") return ["script-src-elem"];
	if (read?.kind === "eval-hash") return ["script-src"];
	return source === NONCE || read?.kind === "nonce" ? ELEMENTS : undefined;
}

/** A source as it is read, which is done once for each; undefined for the nonce slot and for functions. */
function classified(source: Source): SourceKind | undefined {
	return typeof source === "string" ? classifySource(source) : undefined;
}

/** A keyword that another part of the policy switches off, or that needs something that is absent. */
function switchedOff(source: Source, { isMarked, isStrict, hasUrlHash, mayHaveHash, hasSlot, reports }: Around): Problem | undefined {
	const noEffect = (consequence: string, expected?: string): Problem => received("csp/keyword-no-effect", source, consequence, expected);
	if (source === "'unsafe-inline'" && isMarked && !isStrict)
		return noEffect(`which browsers ignore next to a nonce or hash.${hasSlot ? " Pages that print no nonce do not receive it either." : ""} Remove it.`);
	if (source === "'inline-speculation-rules'" && (isMarked || isStrict))
		return noEffect("which browsers ignore next to a nonce, a hash or 'strict-dynamic'", '<script type="speculationrules" nonce="…"> instead');
	if (source === "'strict-dynamic-url'" && !isMarked && !hasUrlHash && !mayHaveHash)
		return noEffect("which has no effect without a nonce or hash", "csp.urlHash(…) too");
	if (source === "'unsafe-hashes'" && !mayHaveHash) return noEffect("which has no effect without a hash", "csp.hash(…) too");
	if (/^'report-sha\d+'$/.test(String(source)) && !reports) return noEffect("which has no effect without report-to", 'reporting: { endpoint: "/_reports" }');
	return undefined;
}

/** Chromium compares hosts of these schemes only. Extensions have their own. */
const WITH_HOST = /^(?:https?|wss?|[a-z]+(?:-[a-z]+)*-extension)$/;

/** Browsers compare the origin of a framing page, and URLs of these schemes have none of their own. A base URL cannot be a data: URL. */
const WITHOUT_MATCH: ReadonlyMap<string, RegExp> = new Map([
	["frame-ancestors", /^(?:about|blob|data|filesystem|mediastream):$/],
	["base-uri", /^data:$/],
]);

function neverMatches(name: string, read: SourceKind | undefined, takesSockets: boolean): Problem | undefined {
	if (name.endsWith("-attr") && (read?.kind === "self" || read?.kind === "scheme" || read?.kind === "host")) return inAttribute(name, read);
	if (read?.kind === "scheme" && /^wss?:$/.test(read.text) && !takesSockets) return never(read.text, ONLY_SOCKETS, IN_CONNECT);
	if (read?.kind === "scheme" && WITHOUT_MATCH.get(name)?.test(read.text) === true) return never(read.text, "which matches nothing here", "origins");
	return read?.kind === "host" ? hostNeverMatches(name, read, takesSockets) : undefined;
}

/** Attributes contain code and load nothing. */
function inAttribute(name: string, { kind, text }: SourceKind & { readonly text: string }): Problem {
	const [elements, attributes] = name === "script-src-attr" ? ["scriptSrc", "event handlers"] : ["styleSrc", "style attributes"];
	if (kind === "self") return problem("csp/keyword-no-effect", `'self' has no effect in ${name}, because ${attributes} are inline code`, "csp.none");
	return never(text, `but ${attributes} are inline code, which has no address`, `it in ${elements}`);
}

const ONLY_SOCKETS = "which only matches WebSockets";
const IN_CONNECT = "it in connectSrc";

function hostNeverMatches(name: string, { text, scheme, path }: HostSource, takesSockets: boolean): Problem | undefined {
	const withoutPath = text.slice(0, text.length - path.length);
	if (scheme !== "" && !WITH_HOST.test(scheme)) return never(text, "but browsers ignore the host of such a scheme", show(`${scheme}:`));
	if (/^wss?$/.test(scheme) && !takesSockets) return never(text, ONLY_SOCKETS, IN_CONNECT);
	if (name === "frame-ancestors" && !/^\/?$/.test(path)) return never(text, "but browsers only compare the origin of the framing page", show(withoutPath));
	if (/^[^?#]*\/\.\.?(?:[/?#]|$)/.test(path)) return never(text, 'but browsers resolve "." and ".." in the URLs that they compare', "the path without them");
	if (!/^[^?#]*\*/.test(path)) return undefined;
	const folder = path.slice(0, path.indexOf("*")).replace(/[^/]*$/, "");
	return never(text, 'but "*" in a path is an ordinary character, and a path with "/" at the end matches everything below it', show(withoutPath + folder));
}

function never(text: string, consequence: string, expected: string): Problem {
	return received("csp/never-matches", text, consequence, expected);
}
