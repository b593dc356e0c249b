import type { Probe } from "../types.ts";

/** Which requests the audit sends, and how. */
export interface ProbeOptions {
	/**
	 * Request headers, for example for a page behind a login. The audit sends them to the origin of the URL and to `direct` only, and reports
	 * never show them.
	 * @defaultValue {}
	 * @example { Cookie: "session=…" }
	 */
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/**
	 * Paths of more pages to audit. Each must respond with a page.
	 * @defaultValue []
	 * @example ["/login", "/account"]
	 */
	readonly paths?: readonly string[] | undefined;
	/**
	 * The path of a route that responds with a status of 5xx.
	 * @defaultValue none: the audit requests no such route
	 * @example "/fail"
	 */
	readonly failingPath?: string | undefined;
	/**
	 * The path of a static file.
	 * @defaultValue the first file that the page loads from its own origin
	 * @example "/app.js"
	 */
	readonly staticPath?: string | undefined;
	/**
	 * The path of a route that responds with data, such as JSON.
	 * @defaultValue none: the audit requests no such route
	 * @example "/api/items"
	 */
	readonly dataPath?: string | undefined;
	/**
	 * The path of a route that signs visitors out. The audit requests it, which ends the session that `headers` identifies.
	 * @defaultValue none: the audit requests no such route
	 * @example "/logout"
	 */
	readonly logoutPath?: string | undefined;
	/**
	 * The path of a file that a visitor uploaded.
	 * @defaultValue none: the audit requests no such file
	 * @example "/uploads/photo.png"
	 */
	readonly uploadPath?: string | undefined;
	/**
	 * An origin that your CORS configuration allows. The audit also tries origins that look like it.
	 * @defaultValue none: the audit tries only origins that must not be allowed
	 * @example "https://app.example.com"
	 */
	readonly allowedOrigin?: string | undefined;
	/**
	 * The time limit for each request, in milliseconds.
	 * @defaultValue 10_000
	 */
	readonly timeout?: number | undefined;
	/**
	 * The time limit for all requests together, in milliseconds. After it, the audit sends no more requests.
	 * @defaultValue 60_000
	 */
	readonly maxTime?: number | undefined;
	/**
	 * Accepts certificates that no trusted authority has signed. The default is `true` when you pass an `https.Server`.
	 * @defaultValue false
	 */
	readonly insecure?: boolean | undefined;
	/**
	 * Also sends requests that no browser sends: TRACE, broken and oversized bodies, a violation report, and malformed requests. They may fill
	 * logs and trigger alerts. A form of another site, without fields, is sent to the URL as well.
	 * @defaultValue false
	 */
	readonly active?: boolean | undefined;
	/**
	 * Sends malformed requests, which Node answers before the application sees them.
	 * @defaultValue true for an `http.Server` or `https.Server`, a URL of this machine, and a URL with `active`; false otherwise
	 */
	readonly raw?: boolean | undefined;
	/**
	 * Judges responses over plain http as if they were sent over https, for an application behind a proxy that terminates TLS.
	 * It is always `true` when you pass an application or a server.
	 * @defaultValue false
	 */
	readonly assumeTls?: boolean | undefined;
	/**
	 * The addresses to connect to, by `host:port`, as in curl's `--resolve`. An address may have a port: `127.0.0.1:8443`.
	 * @defaultValue {}
	 * @example { "www.example.com:443": "127.0.0.1" }
	 */
	readonly resolve?: Readonly<Record<string, string>> | undefined;
	/**
	 * The origin of the application, when the URL that you audit is that of its proxy. The audit also sends each request there, and compares
	 * the responses.
	 * @defaultValue none
	 * @example "http://127.0.0.1:3000"
	 */
	readonly direct?: string | URL | undefined;
	/**
	 * Called before each request, with the kind of request.
	 * @defaultValue none
	 * @example (probe) => console.log(probe)
	 */
	readonly onProgress?: ((probe: Probe) => void) | undefined;
}
