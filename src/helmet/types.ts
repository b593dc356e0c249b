import type { IncomingMessage, ServerResponse } from "node:http";

/** Allows a policy without default-src. Exported as `contentSecurityPolicy.dangerouslyDisableDefaultSrc`. */
export const dangerouslyDisableDefaultSrc: unique symbol = Symbol("dangerouslyDisableDefaultSrc");

/** Called in each request, in the order of the policy. It returns one entry of the list. */
export type ContentSecurityPolicyDirectiveValueFunction = (req: IncomingMessage, res: ServerResponse) => string;

/** A source as written in the header, with its quotes (`"'self'"`), or a function that returns one for each request. */
export type ContentSecurityPolicyDirectiveValue = string | ContentSecurityPolicyDirectiveValueFunction;

/** Directive name, in camelCase or kebab-case → its sources. A string is one entry. `null` removes a default. */
export type ContentSecurityPolicyDirectives = Record<string, null | Iterable<ContentSecurityPolicyDirectiveValue> | typeof dangerouslyDisableDefaultSrc>;

/** `useDefaults: false` starts with an empty policy, so it needs directives. */
export type ContentSecurityPolicyOptions = {
	/** Send Content-Security-Policy-Report-Only instead. */
	reportOnly?: boolean;
} & ({ useDefaults?: true; directives?: ContentSecurityPolicyDirectives } | { useDefaults: false; directives: ContentSecurityPolicyDirectives });

export type CrossOriginEmbedderPolicyOptions = { policy?: "require-corp" | "credentialless" | "unsafe-none" };

export type CrossOriginOpenerPolicyOptions = { policy?: "same-origin" | "same-origin-allow-popups" | "noopener-allow-popups" | "unsafe-none" };

export type CrossOriginResourcePolicyOptions = { policy?: "same-origin" | "same-site" | "cross-origin" };

export type ReferrerPolicyToken =
	| "no-referrer"
	| "no-referrer-when-downgrade"
	| "same-origin"
	| "origin"
	| "strict-origin"
	| "origin-when-cross-origin"
	| "strict-origin-when-cross-origin"
	| "unsafe-url"
	| "";

/** Of several tokens, browsers use the last one that they know. */
export type ReferrerPolicyOptions = { policy?: ReferrerPolicyToken | ReferrerPolicyToken[] };

export type StrictTransportSecurityOptions = {
	/** Seconds. @defaultValue 31536000 */
	maxAge?: number;
	/** @defaultValue true */
	includeSubDomains?: boolean;
	preload?: boolean;
};

export type XDnsPrefetchControlOptions = { allow?: boolean };

export type XFrameOptionsOptions = { action?: "deny" | "sameorigin" };

export type XPermittedCrossDomainPoliciesOptions = { permittedPolicies?: "none" | "master-only" | "by-content-type" | "all" };

/** One of two names for the same option. Using both throws. */
type EitherKey<New extends PropertyKey, Old extends PropertyKey, Value> =
	| ({ [Key in New]?: Value } & { [Key in Old]?: never })
	| ({ [Key in New]?: never } & { [Key in Old]?: Value });

/** The options of `helmet()`. By default each header is sent, except Cross-Origin-Embedder-Policy. `false` switches a header off. */
export type HelmetOptions = {
	contentSecurityPolicy?: ContentSecurityPolicyOptions | boolean;
	crossOriginEmbedderPolicy?: CrossOriginEmbedderPolicyOptions | boolean;
	crossOriginOpenerPolicy?: CrossOriginOpenerPolicyOptions | boolean;
	crossOriginResourcePolicy?: CrossOriginResourcePolicyOptions | boolean;
	originAgentCluster?: boolean;
	referrerPolicy?: ReferrerPolicyOptions | boolean;
} & EitherKey<"strictTransportSecurity", "hsts", StrictTransportSecurityOptions | boolean> &
	EitherKey<"xContentTypeOptions", "noSniff", boolean> &
	EitherKey<"xDnsPrefetchControl", "dnsPrefetchControl", XDnsPrefetchControlOptions | boolean> &
	EitherKey<"xDownloadOptions", "ieNoOpen", boolean> &
	EitherKey<"xFrameOptions", "frameguard", XFrameOptionsOptions | boolean> &
	EitherKey<"xPermittedCrossDomainPolicies", "permittedCrossDomainPolicies", XPermittedCrossDomainPoliciesOptions | boolean> &
	EitherKey<"xPoweredBy", "hidePoweredBy", boolean> &
	EitherKey<"xXssProtection", "xssFilter", boolean>;

/** Middleware for Connect and Express. It also works on a plain ServerResponse. */
type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** The same for a policy with a function that may fail. Its error goes to `next`. */
export type FailingMiddleware<Failure = unknown> = (req: IncomingMessage, res: ServerResponse, next: (err?: Failure) => void) => void;

interface ContentSecurityPolicy {
	/** @throws {Error} at start-up, for a directive or source that is not allowed. */
	(options?: Readonly<ContentSecurityPolicyOptions>): FailingMiddleware<Error>;
	/** Returns a new copy of the directives that apply unless `useDefaults` is `false`. */
	getDefaultDirectives(this: void): Record<string, Iterable<ContentSecurityPolicyDirectiveValue>>;
	readonly dangerouslyDisableDefaultSrc: typeof dangerouslyDisableDefaultSrc;
}

/** `helmet()`, and the middleware of each header. */
export interface Helmet {
	/**
	 * The headers of helmet 8.3.0, kept on every response that passes.
	 * @throws {Error} at start-up, for an option that is not allowed.
	 * @example app.use(helmet());
	 */
	(options?: Readonly<HelmetOptions>): FailingMiddleware;
	contentSecurityPolicy: ContentSecurityPolicy;
	crossOriginEmbedderPolicy: (options?: Readonly<CrossOriginEmbedderPolicyOptions>) => Middleware;
	crossOriginOpenerPolicy: (options?: Readonly<CrossOriginOpenerPolicyOptions>) => Middleware;
	crossOriginResourcePolicy: (options?: Readonly<CrossOriginResourcePolicyOptions>) => Middleware;
	originAgentCluster: () => Middleware;
	referrerPolicy: (options?: Readonly<ReferrerPolicyOptions>) => Middleware;
	strictTransportSecurity: (options?: Readonly<StrictTransportSecurityOptions>) => Middleware;
	xContentTypeOptions: () => Middleware;
	xDnsPrefetchControl: (options?: Readonly<XDnsPrefetchControlOptions>) => Middleware;
	xDownloadOptions: () => Middleware;
	xFrameOptions: (options?: Readonly<XFrameOptionsOptions>) => Middleware;
	xPermittedCrossDomainPolicies: (options?: Readonly<XPermittedCrossDomainPoliciesOptions>) => Middleware;
	xPoweredBy: () => Middleware;
	xXssProtection: () => Middleware;
	/** The same as `xDnsPrefetchControl`. */
	dnsPrefetchControl: Helmet["xDnsPrefetchControl"];
	/** The same as `xXssProtection`. */
	xssFilter: Helmet["xXssProtection"];
	/** The same as `xPermittedCrossDomainPolicies`. */
	permittedCrossDomainPolicies: Helmet["xPermittedCrossDomainPolicies"];
	/** The same as `xDownloadOptions`. */
	ieNoOpen: Helmet["xDownloadOptions"];
	/** The same as `xContentTypeOptions`. */
	noSniff: Helmet["xContentTypeOptions"];
	/** The same as `xFrameOptions`. */
	frameguard: Helmet["xFrameOptions"];
	/** The same as `xPoweredBy`. */
	hidePoweredBy: Helmet["xPoweredBy"];
	/** The same as `strictTransportSecurity`. */
	hsts: Helmet["strictTransportSecurity"];
}
