import { type Reader, readFieldName, readOrThrow } from "../core/read.ts";
import { type Request, type Response, refuseRequest } from "../core/request.ts";
import { NAMES } from "../headers/facts.ts";
import { warnOnce } from "../response/events.ts";
import { readNonce } from "../response/nonce.ts";
import { stateOf } from "../response/state.ts";

/** The middleware that `nonceHeader()` returns. */
export type NonceHeaderMiddleware = (req: Request, res: Response, next?: (error?: unknown) => void) => void;

/**
 * Gives a framework the nonce of the response in a header of the **request**, where Next and Nuxt can read it. Mount it after the policy, and after
 * middleware for files and proxies.
 *
 * The nonce is made when the header is read, so a file has none. What a client sends under the name is hidden. After the headers of the response
 * were written without a nonce, the header is empty, which is an event `nonce/too-late` until the response has ended. On a response without a
 * policy, the request has no such header.
 *
 * Code that copies all headers reads this one too: a proxy passes the nonce on, and a logger of all headers writes it. The response then has a
 * nonce, and `Cache-Control: private` unless the application sets another.
 *
 * @param name The name of the header, such as `"x-nonce"`. `"next"` is for Next: `Content-Security-Policy` with `script-src 'nonce-…'`, which
 * Next reads itself, and `X-Nonce`, which `_document` of the Pages Router can read. Both are left out of copies, because Next copies the headers
 * of each request, and static pages would have a nonce. `headers()` of the App Router is such a copy: mount `nonceHeader("x-nonce")` too if you
 * call it for the nonce.
 * @throws {PolicyError} `header/name` for what is not the name of a header, or does not contain `nonce`.
 * @example
 * app.use(headers);
 * app.use(nonceHeader("next"));
 * app.use((req, res) => serveNext(req, res));
 * @see {@link https://nextjs.org/docs/app/guides/content-security-policy}
 */
export function nonceHeader(name: string): NonceHeaderMiddleware {
	refuseRequest(name, "nonceHeader", "nonceHeader", 'app.use(nonceHeader("x-nonce"))');
	const given = name === "next" ? FOR_NEXT : [{ name: readName(name), write: asIs, isCopied: true }];
	const hidden = [...(name === "next" ? [REPORT_ONLY] : []), ...given.map((header) => header.name)];
	// Three parameters without a default, because frameworks count them.
	return function nonceHeaderMiddleware(req: Request, res: Response, next?: (error?: unknown) => void): void {
		hide(req, hidden);
		if (stateOf(res) === undefined) warnOnce(NO_POLICY);
		else for (const header of given) give(req, header, () => header.write(nonceFor(res)));
		next?.();
	};
}

interface Given {
	/** In lower case, as Node has it. */
	readonly name: string;
	readonly write: (nonce: string) => string;
	readonly isCopied: boolean;
}

const asIs = (nonce: string): string => nonce;

const POLICY = NAMES.contentSecurityPolicy.toLowerCase();
/** Next looks here if there is no policy. */
const REPORT_ONLY = NAMES.contentSecurityPolicyReportOnly.toLowerCase();

const FOR_NEXT: readonly Given[] = [
	{ name: POLICY, write: (nonce) => (nonce === "" ? "" : `script-src 'nonce-${nonce}'`), isCopied: false },
	{ name: "x-nonce", write: asIs, isCopied: false },
];

const NO_POLICY = "nonceHeader was reached on a response without a policy, so it gives no nonce. Mount it after app.use(headers).";

const EXAMPLE = "x-nonce";

function readName(value: unknown): string {
	return readOrThrow("nonceHeader", (issues) => readOwn(value, issues)).result ?? EXAMPLE;
}

/** A name with another meaning would take a header away from the application, or from Node itself. */
const readOwn: Reader<string> = (value, issues) => {
	const name = readFieldName(value, EXAMPLE, issues)?.toLowerCase();
	if (name === undefined || name.includes("nonce")) return name;
	if (name === POLICY || name === REPORT_ONLY)
		return issues.invalid("header/name", value, "which has a policy as its value, and not a nonce", 'nonceHeader("next")');
	return issues.invalid("header/name", value, "which can mean something else in a request", 'a name that contains "nonce", such as "x-nonce"');
};

/** Removes what the client sent, wherever Node keeps it. */
function hide(req: Request, names: readonly string[]): void {
	const { headers, rawHeaders } = req as Partial<Request>;
	for (const name of names) if (headers !== undefined && Object.hasOwn(headers, name)) Reflect.deleteProperty(headers, name);
	if (!Array.isArray(rawHeaders) || !rawHeaders.some((text, i) => isNameAt(i) && names.includes(text.toLowerCase()))) return;
	// Node makes this object from the raw headers at its first read, and counts on their length.
	const distinct = (req as { headersDistinct?: object }).headersDistinct;
	for (const name of names) if (distinct !== undefined) Reflect.deleteProperty(distinct, name);
	rawHeaders.splice(0, rawHeaders.length, ...rawHeaders.filter((_, i) => !names.includes((rawHeaders[i - (i % 2)] ?? "").toLowerCase())));
}

/** Names and values alternate. */
function isNameAt(index: number): boolean {
	return index % 2 === 0;
}

/** A header whose value is made when it is read. Frameworks may set it themselves. */
function give({ headers }: Partial<Request>, { name, isCopied }: Given, read: () => string): void {
	if (headers === undefined) return;
	Reflect.defineProperty(headers, name, {
		configurable: true,
		enumerable: isCopied,
		get: read,
		set: (value: unknown) => void Reflect.defineProperty(headers, name, { configurable: true, enumerable: true, writable: true, value }),
	});
}

/** Empty if there can be none: code that copies all headers must not fail, and neither must an error page. */
function nonceFor(res: Response): string {
	// Loggers copy the headers of a request whose response has ended without a nonce.
	if (res.writableEnded && stateOf(res)?.nonce === undefined) return "";
	try {
		return readNonce(res);
	} catch {
		// It was an event.
		return "";
	}
}
