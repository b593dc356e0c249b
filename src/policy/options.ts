import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { HeadguardEvent } from "../core/event.ts";
import type { HeaderOptions } from "../headers/options.ts";
import type { PresetName } from "./presets.ts";

/** Where browsers send reports, and how many responses ask them to. */
export interface ReportingOptions {
	/**
	 * The path or URL that takes the reports: that of `collectReports()`, or of a service.
	 * @example "/_reports"
	 */
	readonly endpoint: string;
	/**
	 * The name of the endpoint in Reporting-Endpoints.
	 * @defaultValue "default"
	 */
	readonly name?: string | undefined;
	/**
	 * The share of responses that ask for reports, chosen at random, above 0 and up to 1. The others carry the same policy without what
	 * `reporting` adds.
	 * @defaultValue 1
	 * @example 0.1
	 */
	readonly fraction?: number | undefined;
}

/**
 * A security policy. Every field is optional: `{}` is the default policy. `false` switches a header
 * off, `true` is its default, anything else configures it. All of it is read, checked and copied
 * once, when the middleware is made; changing the object afterwards has no effect.
 */
export interface SecureHeadersOptions extends HeaderOptions {
	/**
	 * Takes X-Powered-By off every response; it tells the framework to whoever asks. `false` leaves it.
	 * @defaultValue true
	 */
	readonly xPoweredBy?: boolean | undefined;

	/**
	 * More headers to take off every response.
	 * @defaultValue []
	 * @example ["Server", "X-Runtime"]
	 */
	readonly removeHeaders?: false | readonly string[] | undefined;

	/**
	 * The policy to start from, for one kind of application: `"api"` (data: nothing may run, nothing is
	 * stored), `"ssr"` (pages from the server, scripts by nonce and `'strict-dynamic'`), `"spa"` (a bundle
	 * from a build, no nonce, cacheable) or `"strict"` (as much as browsers can enforce). Other options
	 * change it as they change the defaults.
	 *
	 * @defaultValue none
	 */
	readonly preset?: PresetName | undefined;

	/**
	 * Where browsers send the reports of every header that is on, a path or URL: one option in place of
	 * `reportingEndpoints` and a `reportTo` in each. Pages on https report through the Reporting API, the
	 * CSP of other requests through `report-uri`. Headers that name an endpoint themselves keep it.
	 * The endpoint named `default` also receives reports of crashes, deprecations and interventions.
	 *
	 * @defaultValue false
	 * @example { endpoint: "/_reports" }
	 * @see {@link https://www.w3.org/TR/reporting-1/}
	 */
	readonly reporting?: false | ReportingOptions | undefined;

	/**
	 * Headers, by option name, whose value the application cannot change: what handlers, proxied
	 * upstreams or errors set instead is replaced by the policy's. X-Content-Type-Options always is.
	 *
	 * @defaultValue []
	 * @example ["strictTransportSecurity", "xFrameOptions"]
	 */
	readonly lock?: readonly (keyof HeaderOptions)[] | undefined;

	/**
	 * Who sends the headers: the application, or the proxy in front of it, for which `headguard emit` writes the
	 * configuration. What belongs to the proxy the middleware does not send. All of them, or one by one.
	 *
	 * @defaultValue "app"
	 * @example "edge"
	 * @example { strictTransportSecurity: "edge", xFrameOptions: "edge" }
	 */
	readonly owner?: "app" | "edge" | { readonly [name in keyof HeaderOptions]?: "app" | "edge" | undefined } | undefined;

	/**
	 * Request headers that decide about the policy, for instance through `secure`. They are added to
	 * `Vary` on every response, beside what stands there, so that caches keep the answers apart.
	 *
	 * @defaultValue []
	 * @example ["X-Forwarded-Proto"]
	 */
	readonly vary?: readonly string[] | undefined;

	/**
	 * Whether a request came over https, where headguard cannot see it: a boolean for all requests, or
	 * a function of the request. Decides HSTS, `upgrade-insecure-requests` and where reports go.
	 * By default a TLS socket or a proxy that the framework trusts says so; without any evidence
	 * HSTS is sent and `upgrade-insecure-requests` is not.
	 *
	 * A function that throws or returns something else than a boolean counts as no evidence.
	 *
	 * @defaultValue decided by the connection
	 * @example (req) => req.headers["cloudfront-forwarded-proto"] === "https"
	 */
	readonly secure?: boolean | ((req: IncomingMessage | Http2ServerRequest) => boolean) | undefined;

	/**
	 * Write the headers as one ready block with the first line of the response, which costs a fraction of
	 * setting them one by one. Where the response is Node's own HTTP/1 one, and a trial at start-up has shown that
	 * this Node takes it; anything else is done through public API. Whoever asks for a header before finds it there.
	 * For this, methods of `http.ServerResponse.prototype` are wrapped; `false` uses public API alone and touches nothing.
	 *
	 * @defaultValue "auto"
	 */
	readonly headerBlock?: "auto" | false | undefined;

	/**
	 * Hears of everything that could not be kept: a header that could not be set, a nonce that came too
	 * late, a value of the application that stood in the way. Called at most ten times a minute for
	 * each code; what it throws is dropped. The same events are published on the
	 * `node:diagnostics_channel` named `headguard`.
	 *
	 * @defaultValue no one is called
	 * @example (event) => logger.warn(event)
	 */
	readonly onEvent?: ((event: HeadguardEvent) => void) | undefined;
}
