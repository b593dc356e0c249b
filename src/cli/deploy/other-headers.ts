import { factsOf, HEADER_FACTS, type HeaderKey } from "../../headers/facts.ts";
import { blockFor, type CompiledPolicy, completeHeaders } from "../../policy/compile.ts";
import { settingsOf } from "../../response/wire.ts";
import { closureVariable } from "./closure.ts";

/** Middleware of another library that sets headers. */
export interface OtherHeaders {
	/** How it is called: `helmet()`. */
	readonly name: string;
	/** The headers of the policy that it sets too, and whose value is not locked. */
	readonly headers: readonly string[];
}

/** What a handler sets that a policy also sets. Undefined for all other handlers: what they set cannot be known before they run. */
export function otherHeadersOf(handle: unknown, policy: CompiledPolicy): OtherHeaders | undefined {
	if (typeof handle !== "function" || handle.length !== 3) return undefined;
	const name = LIBRARIES.get(handle.name) ?? libraryOfPart(handle);
	if (name === undefined) return undefined;
	const keys = LIBRARIES.has(handle.name) ? keysOfLibrary(handle) : keysOfPart(handle);
	const own = completeHeaders(policy.policy).filter(({ locked }) => !locked);
	const headers = HEADER_FACTS.filter((facts) => keys.includes(facts.key) && own.some((header) => header.name === facts.name)).map((facts) => facts.name);
	return headers.length === 0 ? undefined : { name, headers };
}

/** The middleware that sets several headers, by the name of its function. That of helmet 3 has the shorter one. */
const LIBRARIES: ReadonlyMap<string, string> = new Map([
	["helmetMiddleware", "helmet()"],
	["helmet", "helmet()"],
	["lusca", "lusca()"],
]);

/** Where these keep their parts: helmet, helmet 3, lusca. */
const PARTS = ["middlewareFunctions", "stack", "headers"];

/** The middleware for one header in helmet 3 and in lusca, whose names are short. Since helmet 4, names are those of the options. */
const SHORT_NAMES: ReadonlyMap<string, HeaderKey> = new Map<string, HeaderKey>([
	["csp", "contentSecurityPolicy"],
	["hsts", "strictTransportSecurity"],
	["nosniff", "xContentTypeOptions"],
	["xframe", "xFrameOptions"],
	["referrerPolicy", "referrerPolicy"],
	["referrerpolicy", "referrerPolicy"],
	["crossdomain", "xPermittedCrossDomainPolicies"],
	["xXssProtection", "xXssProtection"],
	["xssProtection", "xXssProtection"],
]);

/** What helmet sets by default that a policy can set too. It counts where the parts cannot be read. */
const HELMET: readonly HeaderKey[] = [
	"contentSecurityPolicy",
	"crossOriginOpenerPolicy",
	"crossOriginResourcePolicy",
	"originAgentCluster",
	"referrerPolicy",
	"strictTransportSecurity",
	"xContentTypeOptions",
	"xDnsPrefetchControl",
	"xDownloadOptions",
	"xFrameOptions",
	"xPermittedCrossDomainPolicies",
	"xXssProtection",
];

function keysOfLibrary(handle: object): readonly string[] {
	const own = settingsOf(handle);
	// headguard/helmet has a policy in place of parts.
	if (own !== undefined) return blockFor(own, true, true).headers.flatMap(({ name }) => factsOf(name)?.key ?? []);
	const parts = PARTS.map((name) => closureVariable(handle, name)).find(Array.isArray);
	return parts === undefined ? HELMET : parts.flatMap(keysOfPart);
}

function keysOfPart(handle: unknown): readonly string[] {
	const name = typeof handle === "function" ? handle.name : "";
	return [SHORT_NAMES.get(name) ?? name.replace(/Middleware$/, "")];
}

/** Functions of an application may have such a name too, so one that sets no header does not count. */
function libraryOfPart(handle: { readonly name: string }): string | undefined {
	const [key = ""] = keysOfPart(handle);
	if (!HEADER_FACTS.some((facts) => facts.key === key)) return undefined;
	if (/Middleware$/.test(handle.name)) return `helmet.${key}()`;
	return SHORT_NAMES.has(handle.name) && /header/i.test(Function.prototype.toString.call(handle)) ? `${handle.name}()` : undefined;
}
