import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { HeadguardEvent } from "../core/event.ts";
import type { HeaderOptions } from "../headers/options.ts";
import type { PresetName } from "./presets.ts";

/** Where browsers send reports, and for how many responses. */
export interface ReportingOptions {
	/**
	 * The path or URL that receives the reports: that of `collectReports()`, or of a service.
	 * @example "/_reports"
	 */
	readonly endpoint: string;
	/**
	 * The name of the endpoint in Reporting-Endpoints.
	 * @defaultValue "default"
	 */
	readonly name?: string | undefined;
	/**
	 * The share of responses that ask for reports, above 0 and up to 1. They are chosen at random. Other responses have the same policy without what
	 * `reporting` adds.
	 * @defaultValue 1
	 * @example 0.1
	 */
	readonly fraction?: number | undefined;
}

/**
 * A security policy. Every field is optional: `{}` is the default policy. `false` switches a header off, `true` is its default, and other values
 * configure it. The options are read, checked and copied once, when the middleware is made. Later changes of the object have no effect.
 */
export interface SecureHeadersOptions extends HeaderOptions {
	/**
	 * Removes X-Powered-By, which reveals the framework, from every response. `false` keeps it.
	 * @defaultValue true
	 */
	readonly xPoweredBy?: boolean | undefined;

	/**
	 * More headers to remove from every response.
	 * @defaultValue []
	 * @example ["Server", "X-Runtime"]
	 */
	readonly removeHeaders?: false | readonly string[] | undefined;

	/**
	 * The policy to start from, for one kind of application: `"api"` (data, which cannot run and is not stored), `"ssr"` (pages from the server, with a
	 * nonce and `'strict-dynamic'` for scripts), `"spa"` (a bundle from a build, without a nonce, cacheable), `"strict"` (as much as browsers can
	 * enforce) or `"compatible"` (an application that you cannot change: scripts, styles and forms are not limited). Other options change it like
	 * they change the defaults.
	 *
	 * @defaultValue none
	 */
	readonly preset?: PresetName | undefined;

	/**
	 * Where browsers send the reports of every header. It replaces `reportingEndpoints` and a `reportTo` in each header. Pages on https use the
	 * Reporting API, and the CSP of other requests uses `report-uri`. Headers with their own endpoint keep it. The endpoint called `default` also
	 * receives reports of crashes, deprecations and interventions.
	 *
	 * @defaultValue false
	 * @example { endpoint: "/_reports" }
	 * @see {@link https://www.w3.org/TR/reporting-1/}
	 */
	readonly reporting?: false | ReportingOptions | undefined;

	/**
	 * Headers that the application cannot change, by option name. The policy replaces the values that handlers, proxied servers and errors set.
	 * X-Content-Type-Options is always locked.
	 *
	 * @defaultValue []
	 * @example ["strictTransportSecurity", "xFrameOptions"]
	 */
	readonly lock?: readonly (keyof HeaderOptions)[] | undefined;

	/**
	 * Who sends the headers: the application, or the proxy in front of it. `headguard emit` writes the configuration of the proxy, and the middleware
	 * does not send those headers. The option is for all headers, or for single ones.
	 *
	 * @defaultValue "app"
	 * @example "edge"
	 * @example { strictTransportSecurity: "edge", xFrameOptions: "edge" }
	 */
	readonly owner?: "app" | "edge" | { readonly [name in keyof HeaderOptions]?: "app" | "edge" | undefined } | undefined;

	/**
	 * Request headers that the policy depends on, for example through `secure`. headguard adds them to `Vary` on every response, so that caches keep the
	 * responses apart.
	 *
	 * @defaultValue []
	 * @example ["X-Forwarded-Proto"]
	 */
	readonly vary?: readonly string[] | undefined;

	/**
	 * Whether a request came over https: a boolean for all requests, or a function of the request. HSTS, `upgrade-insecure-requests` and reports depend
	 * on it. By default, headguard checks for a TLS socket or a proxy that the framework trusts. Without evidence, HSTS is sent and
	 * `upgrade-insecure-requests` is not.
	 *
	 * Over http, browsers ignore COOP, COEP, Document-Isolation-Policy and Origin-Agent-Cluster, except on localhost and loopback addresses, and most with
	 * an error in the console of each page. So with evidence of http, headguard leaves them out on other hosts.
	 *
	 * A function that throws, or that does not return a boolean, is not evidence.
	 *
	 * @defaultValue the connection decides
	 * @example (req) => req.headers["cloudfront-forwarded-proto"] === "https"
	 */
	readonly secure?: boolean | ((req: IncomingMessage | Http2ServerRequest) => boolean) | undefined;

	/**
	 * Whether to write the headers as one block with the first line of the response, which is much faster than setting them one by one. headguard does
	 * this for HTTP/1 responses of Node, if a test at start-up shows that this version of Node supports it. Otherwise it uses public API. Code that reads
	 * a header earlier still sees it. For this, headguard wraps methods of `http.ServerResponse.prototype`. `false` uses public API only and wraps
	 * nothing.
	 *
	 * @defaultValue "auto"
	 */
	readonly headerBlock?: "auto" | false | undefined;

	/**
	 * Receives an event if a response could not keep the policy: a header could not be set, a nonce was read too late, or a value of the application
	 * conflicts with it. It is called at most ten times a minute for each code. Its errors are ignored. The `node:diagnostics_channel` called `headguard`
	 * publishes the same events.
	 *
	 * @defaultValue none
	 * @example (event) => logger.warn(event)
	 */
	readonly onEvent?: ((event: HeadguardEvent) => void) | undefined;
}
