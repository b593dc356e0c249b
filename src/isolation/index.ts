import type { IncomingMessage, ServerResponse } from "node:http";
import type { HeadguardEvent } from "../core/event.ts";
import { type Exemption, type IsExempt, readExempt } from "../core/exempt.ts";
import { authorityOf } from "../core/host.ts";
import type { Issues } from "../core/issue.ts";
import { type Reader, readBoolean, readEach, readFields, readOrThrow } from "../core/read.ts";
import { refuseRequest } from "../core/request.ts";
import { isThenable, show } from "../core/text.ts";
import { mergeVary } from "../core/vary.ts";
import { warnOnce } from "../response/events.ts";
import { emitEvent, stateOf } from "../response/state.ts";
import { evidence, type RequestLike } from "../response/transport.ts";
import type { WirePolicy } from "../response/wire.ts";
import { isProtected } from "../server/index.ts";
import { DEPENDS_ON, type Refusal, type RequestFacts, type Rules, refusalOf } from "./decide.ts";

export type { Exemption, HeadguardEvent, Refusal };

export interface IsolationOptions {
	/**
	 * Origins whose pages may send anything: your other sites, and those that `cors()` allows. A browser names its origin in `Origin`, which images
	 * and style sheets do not have. Use `exempt` for these.
	 * @defaultValue []
	 * @example ["https://admin.example.com"]
	 */
	readonly trustedOrigins?: readonly string[] | undefined;
	/**
	 * What other sites may request: webhooks, an OAuth callback with `response_mode=form_post`, embeds, an open API, public images. An exact path, a
	 * prefix that ends with `*`, a RegExp, or a function of the request. A path has to match as the request has it and also as it resolves, so
	 * `/hooks/*` does not exempt `/hooks/..%2fadmin`.
	 * @defaultValue []
	 * @example ["/webhooks/*", "/oauth/callback"]
	 */
	readonly exempt?: readonly Exemption[] | undefined;
	/**
	 * Refuses a request that could change something and has neither `Sec-Fetch-Site` nor `Origin`. All browsers since 2020 send one of them, programs
	 * need not.
	 * @defaultValue false
	 */
	readonly strict?: boolean | undefined;
	/**
	 * Refuses nothing. Each refusal is only an event, so that you see what would break.
	 * @defaultValue false
	 */
	readonly reportOnly?: boolean | undefined;
	/**
	 * Answers a refused request, instead of the 403 in plain text. An error that it throws goes to `next`.
	 * @example (req, res) => res.status(403).render("refused")
	 */
	readonly onRefused?: ((req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => unknown) | undefined;
	/**
	 * Receives the event `isolation/refused`, at most ten a minute.
	 * @defaultValue the `onEvent` of the policy
	 */
	readonly onEvent?: ((event: HeadguardEvent) => void) | undefined;
}

export type IsolationMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

export interface Isolation extends IsolationMiddleware {
	/**
	 * Why a request is refused, or undefined if it passes. For what never reaches middleware: a WebSocket's upgrade.
	 * @example server.on("upgrade", (req, socket, head) => (isolate.refusalOf(req) ? socket.destroy() : sockets.handleUpgrade(req, socket, head, onOpen)));
	 */
	refusalOf(req: IncomingMessage): Refusal | undefined;
}

/**
 * Refuses what other sites have no business to request, by what browsers say about each request (Fetch Metadata). Mount it after
 * `secureHeaders()` and before your routes, so that the 403 carries the policy. If it is mounted earlier, the process warns once.
 *
 * - A request that could change something (any method but GET, HEAD and OPTIONS) passes only from your own origin. This is protection against
 *   cross-site request forgery that needs no token.
 * - A request of another site that loads a resource is refused: an image, a script, a fetch, a prefetch, an `<object>`. So another site cannot
 *   measure or read what your visitors may see. Links, redirects, bookmarks and frames are navigations, and pass.
 *
 * It looks at `Sec-Fetch-Site`, `Sec-Fetch-Mode` and `Sec-Fetch-Dest`. A browser that does not send them, and any browser on plain http, is judged by
 * `Origin`. Each response that it judged names these headers in `Vary`.
 *
 * @throws {PolicyError} with every problem of the options at once.
 * @example app.use(isolateResources({ exempt: ["/webhooks/*"] }));
 * @see {@link https://developer.mozilla.org/docs/Glossary/Fetch_metadata_request_header}
 * @see {@link https://w3c.github.io/webappsec-fetch-metadata/}
 */
export function isolateResources(options: IsolationOptions = {}): Isolation {
	refuseRequest(options, "isolateResources", "isolateResources", "app.use(isolateResources()), with the parentheses");
	const { rules, exempt, reportOnly, onRefused, onEvent } = readOptions(options);
	const vary = rules.trustedOrigins.size > 0 ? [...DEPENDS_ON, "Origin"] : DEPENDS_ON;

	function refusalFor(req: IncomingMessage, policy: WirePolicy | undefined): Refusal | undefined {
		return refusalOf(factsOf(req, policy?.secure), rules);
	}
	function isExempt(req: IncomingMessage): boolean {
		return exempt.some((matches) => matches(req));
	}
	function refuse(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void {
		if (stateOf(res) === undefined && !isProtected(Object(Reflect.get(req.socket ?? {}, "server")))) warnOnce(NO_POLICY);
		if (onRefused === undefined) answer(res);
		else settle(() => onRefused(req, res, next), next);
	}

	const middleware: IsolationMiddleware = (req, res, next) => {
		if (isExempt(req)) return void next();
		const policy = stateOf(res)?.compiled;
		const reason = refusalFor(req, policy);
		if (!reportOnly && !res.headersSent) res.setHeader("Vary", mergeVary(String(res.getHeader("Vary") ?? ""), vary));
		if (reason === undefined) return void next();
		emitEvent({ onEvent: onEvent ?? policy?.onEvent }, req, "isolation/refused", undefined, detailOf(req, reason, reportOnly));
		if (reportOnly || res.headersSent) return void next();
		refuse(req, res, next);
	};
	return Object.assign(middleware, { refusalOf: (req: IncomingMessage) => (isExempt(req) ? undefined : refusalFor(req, undefined)) });
}

/** An error of the user's function goes to the framework, a rejection too. */
function settle(run: () => unknown, next: (error?: unknown) => void): void {
	try {
		const answered = run();
		if (isThenable(answered)) Promise.resolve(answered).catch(next);
	} catch (error) {
		next(error);
	}
}

function answer(res: ServerResponse): void {
	res.statusCode = 403;
	res.setHeader("Cache-Control", "no-store");
	res.setHeader("Content-Type", "text/plain; charset=utf-8");
	res.end("This request came from another site.\n");
}

const NO_POLICY = "isolateResources was reached on a response without a policy, so its 403 has no headers of one. Mount it after app.use(headers).";

const REASONS = {
	"cross-origin-write":
		"a page of another origin sent it, and it can change something. If that is intended, add the origin to trustedOrigins, or the path to exempt.",
	"no-evidence": "it can change something, and has neither Sec-Fetch-Site nor Origin. If a program sends it, add the path to exempt.",
	"cross-site-resource": "another site loads it as a resource. If that is intended, add the path to exempt.",
} satisfies Record<Refusal, string>;

/** The values are those of a visitor, so they are quoted and cut. */
function detailOf(req: IncomingMessage, reason: Refusal, reportOnly: boolean): string {
	const seen = ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user", "origin"]
		.map((name) => [name, req.headers[name]] as const)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}: ${show(value)}`);
	return `${show(req.method)} ${reportOnly ? "would be" : "was"} refused (${reason}; ${seen.join(", ") || "no header tells where it comes from"}): ${REASONS[reason]}`;
}

function factsOf(req: IncomingMessage, secure: WirePolicy["secure"]): RequestFacts {
	const text = (name: string): string | undefined => {
		const value = req.headers[name];
		return typeof value === "string" && value !== "" ? value : undefined;
	};
	return {
		method: req.method ?? "",
		site: text("sec-fetch-site"),
		mode: text("sec-fetch-mode"),
		dest: text("sec-fetch-dest"),
		origin: text("origin"),
		host: authorityOf(req.headers),
		isHttps: evidence(req as RequestLike, secure) === "https",
	};
}

interface Settings {
	readonly rules: Rules;
	readonly exempt: readonly IsExempt[];
	readonly reportOnly: boolean;
	readonly onRefused: IsolationOptions["onRefused"];
	readonly onEvent: IsolationOptions["onEvent"];
}

const NAMES_OF_OPTIONS = ["trustedOrigins", "exempt", "strict", "reportOnly", "onRefused", "onEvent"];

function readOptions(options: IsolationOptions): Settings {
	const { result } = readOrThrow("isolateResources", (issues): Settings | undefined => {
		const fields = readFields(options, NAMES_OF_OPTIONS, "an options object", issues);
		return (
			fields && {
				rules: {
					trustedOrigins: new Set(fields.read("trustedOrigins", readOrigins, [])),
					strict: fields.read("strict", readBoolean, false),
				},
				exempt: fields.read("exempt", readExempt, []),
				reportOnly: fields.read("reportOnly", readBoolean, false),
				onRefused: fields.read("onRefused", readFunction as Reader<NonNullable<IsolationOptions["onRefused"]>>, undefined),
				onEvent: fields.read("onEvent", readFunction as Reader<NonNullable<IsolationOptions["onEvent"]>>, undefined),
			}
		);
	});
	return result as Settings;
}

function readOrigins(value: unknown, issues: Issues): readonly string[] {
	return readEach(value, 'an array of origins such as ["https://admin.example.com"]', issues, (one, at): string | undefined => {
		const origin = originOf(one);
		if (origin !== undefined && origin === one) return origin;
		const expected = `${show(origin ?? "https://admin.example.com")}, without a path or wildcard`;
		return at.invalid("option/type", one, "which is not an origin as browsers send it", expected);
	});
}

function originOf(value: unknown): string | undefined {
	// The URL parser accepts `*` in a name.
	if (typeof value !== "string" || value.length > 300 || value.includes("*") || !URL.canParse(value)) return undefined;
	const { protocol, origin } = new URL(value);
	return protocol === "https:" || protocol === "http:" ? origin : undefined;
}

const readFunction: Reader<unknown> = (value, issues) => (typeof value === "function" ? value : issues.type(value, "a function"));
