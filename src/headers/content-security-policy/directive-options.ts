import type { Camel } from "../../core/text.ts";
import type { DirectiveName } from "../../csp/directives.ts";
import type { RawSource, SourceFunction } from "../../csp/grammar.ts";
import type { NonceSlot } from "../../csp/keywords.ts";

/**
 * A source expression: a keyword from `csp`, a hash, a scheme with its colon, or a host. `csp.raw` is for what this version does not know. A function
 * of the request can return some of them.
 * Functions are called before the handlers. If one fails, the rest of the list still applies and the error goes to `next`. A nonce that a function
 * returns (`'nonce-…'`) becomes that of the response.
 */
export type CspSource = string | NonceSlot | SourceFunction | RawSource;

type SourceList = CspSource | readonly CspSource[] | ReadonlySet<CspSource>;
type Ancestor = string | SourceFunction | RawSource;
type Token = string | RawSource;
type AncestorList = Ancestor | readonly Ancestor[] | ReadonlySet<Ancestor>;

/** Directives by name, in camelCase or kebab-case. A value replaces the default of its directive. `null` leaves the directive out. */
export type CspDirectives = CamelCaseDirectives & {
	readonly [Name in DirectiveName]?: CamelCaseDirectives[Camel<Name>];
};

interface CamelCaseDirectives {
	/**
	 * Governs every fetch directive that the policy leaves out, such as `connectSrc`, `mediaSrc` or `workerSrc`.
	 * It does not govern `baseUri`, `formAction`, `frameAncestors` and `sandbox`.
	 * @defaultValue [csp.self]
	 * @example [csp.self, "https://cdn.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/default-src}
	 */
	readonly defaultSrc?: SourceList | null | undefined;
	/**
	 * Limits which scripts run: files, inline code, event handlers and `eval()`.
	 * A host lets every file on it run. A nonce lets run only what you marked, so prefer `csp.nonce` to hosts.
	 * `csp.unsafeInline` lets injected code run.
	 * @defaultValue [csp.self, csp.nonce]
	 * @example [csp.self, csp.nonce, "https://js.partner.example/v3/"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/script-src}
	 */
	readonly scriptSrc?: SourceList | null | undefined;
	/**
	 * Limits `<script>` elements alone, instead of `scriptSrc`. `eval()` and event handlers still follow `scriptSrc`.
	 * Safari before 15.4 and Firefox before 108 do not know it and use `scriptSrc`.
	 * @defaultValue follows `scriptSrc`
	 * @example [csp.self, csp.nonce]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/script-src-elem}
	 */
	readonly scriptSrcElem?: SourceList | null | undefined;
	/**
	 * Limits event handlers in attributes, such as `onclick`, instead of `scriptSrc`. A nonce has no effect here. A hash needs `csp.unsafeHashes`.
	 * @defaultValue follows `scriptSrc`
	 * @example [csp.none]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/script-src-attr}
	 */
	readonly scriptSrcAttr?: SourceList | null | undefined;
	/**
	 * Limits stylesheets, `<style>` elements and `style` attributes. Styles that a script sets through `element.style` are not limited.
	 * Injected styles can read what is typed into the page, so prefer `csp.nonce` to `csp.unsafeInline`.
	 * @defaultValue [csp.self, csp.nonce]
	 * @example [csp.self, csp.nonce, "https://fonts.googleapis.com"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/style-src}
	 */
	readonly styleSrc?: SourceList | null | undefined;
	/**
	 * Limits stylesheets and `<style>` elements alone, instead of `styleSrc`.
	 * @defaultValue follows `styleSrc`
	 * @example [csp.self, csp.nonce]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/style-src-elem}
	 */
	readonly styleSrcElem?: SourceList | null | undefined;
	/**
	 * Limits `style` attributes alone, instead of `styleSrc`. A nonce has no effect here.
	 * @defaultValue follows `styleSrc`
	 * @example [csp.unsafeInline]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/style-src-attr}
	 */
	readonly styleSrcAttr?: SourceList | null | undefined;
	/**
	 * Limits images and icons. A page that may load images from any host can send data there in their addresses.
	 * @defaultValue [csp.self, "data:"]
	 * @example [csp.self, "data:", "https://img.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/img-src}
	 */
	readonly imgSrc?: SourceList | null | undefined;
	/**
	 * Limits fonts that stylesheets load.
	 * @defaultValue [csp.self, "data:"]
	 * @example [csp.self, "https://fonts.gstatic.com"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/font-src}
	 */
	readonly fontSrc?: SourceList | null | undefined;
	/**
	 * Limits `<audio>`, `<video>` and `<track>`. Players that build a stream in a script need `"blob:"`.
	 * @defaultValue follows `defaultSrc`
	 * @example [csp.self, "blob:", "https://media.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/media-src}
	 */
	readonly mediaSrc?: SourceList | null | undefined;
	/**
	 * Limits `fetch()`, `XMLHttpRequest`, `WebSocket`, `EventSource` and `sendBeacon()`.
	 * `csp.self` covers WebSockets of the same host in current browsers.
	 * @defaultValue follows `defaultSrc`
	 * @example [csp.self, "https://api.example", "wss://live.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/connect-src}
	 */
	readonly connectSrc?: SourceList | null | undefined;
	/**
	 * Limits `<object>` and `<embed>`. Plugins can run code that no other directive stops, so leave it at `csp.none`.
	 * @defaultValue [csp.none]
	 * @example [csp.none]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/object-src}
	 */
	readonly objectSrc?: SourceList | null | undefined;
	/**
	 * Limits the manifest of a web app.
	 * @defaultValue follows `defaultSrc`
	 * @example [csp.self]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/manifest-src}
	 */
	readonly manifestSrc?: SourceList | null | undefined;
	/**
	 * Limits what the page may show in `<iframe>`. To limit who may frame your page, use `frameAncestors`.
	 * @defaultValue follows `childSrc`, then `defaultSrc`
	 * @example ["https://www.youtube-nocookie.com"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/frame-src}
	 */
	readonly frameSrc?: SourceList | null | undefined;
	/**
	 * Limits workers, shared workers and service workers. Bundlers that make workers from text need `"blob:"`.
	 * @defaultValue follows `childSrc`, `scriptSrc`, then `defaultSrc`
	 * @example [csp.self, "blob:"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/worker-src}
	 */
	readonly workerSrc?: SourceList | null | undefined;
	/**
	 * Governs frames and workers where `frameSrc` and `workerSrc` are left out. Write those two instead.
	 * @defaultValue follows `defaultSrc`
	 * @example [csp.self]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/child-src}
	 */
	readonly childSrc?: SourceList | null | undefined;
	/**
	 * Limits `<fencedframe>`, which only Chromium knows.
	 * @defaultValue follows `frameSrc`, `childSrc`, then `defaultSrc`
	 * @example ["https://ads.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/fenced-frame-src}
	 */
	readonly fencedFrameSrc?: SourceList | null | undefined;
	/**
	 * Limits the `href` of `<base>`. Without it, injected markup can point every relative address of the page, scripts included, at another host.
	 * @defaultValue [csp.self]
	 * @example [csp.none]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/base-uri}
	 */
	readonly baseUri?: SourceList | null | undefined;
	/**
	 * Limits where forms submit to. Chromium also checks each redirect that follows a submission.
	 * @defaultValue [csp.self]
	 * @example [csp.self, "https://login.partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/form-action}
	 */
	readonly formAction?: SourceList | null | undefined;
	/**
	 * Limits who may show the page in a frame, which protects against clickjacking. Browsers prefer it to X-Frame-Options, and ignore it in a `<meta>` element.
	 * @defaultValue [csp.none]
	 * @example [csp.self, "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/frame-ancestors}
	 */
	readonly frameAncestors?: AncestorList | null | undefined;
	/**
	 * Treats the page like an `<iframe sandbox>`: no scripts, no forms, an origin of its own. Each token gives one ability back. Ignored in a report-only policy.
	 * In Chromium, what a sandboxed page requests has no cookies. With `allow-same-site-none-cookies`, it has those with `SameSite=None`, and with
	 * `allow-same-origin` it has all.
	 * @defaultValue not sent
	 * @example ["allow-scripts", "allow-forms"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/sandbox}
	 */
	readonly sandbox?: readonly Token[] | ReadonlySet<Token> | null | undefined;
	/**
	 * Makes assignments such as `element.innerHTML = text` throw unless a Trusted Types policy made the value. This stops DOM-based injection.
	 * @defaultValue not sent
	 * @example [csp.script]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/require-trusted-types-for}
	 */
	readonly requireTrustedTypesFor?: Token | readonly Token[] | null | undefined;
	/**
	 * Names the Trusted Types policies that scripts may create.
	 * @defaultValue not sent
	 * @example ["app", "dompurify"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/trusted-types}
	 */
	readonly trustedTypes?: Token | readonly Token[] | ReadonlySet<Token> | null | undefined;
	/**
	 * Loads `http:` addresses of the page over https instead. Ignored in a report-only policy. headguard sends it only over https.
	 * @defaultValue not sent
	 * @example true
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/upgrade-insecure-requests}
	 */
	readonly upgradeInsecureRequests?: true | null | undefined;
	/**
	 * Where browsers send a report of each violation. Browsers that support `reportTo` ignore `reportUri` next to it. The option `reporting` sets both.
	 * @defaultValue not sent
	 * @example "/_reports"
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/report-uri}
	 */
	readonly reportUri?: string | readonly string[] | null | undefined;
	/**
	 * The name of the endpoint, defined in the option `reportingEndpoints`, that receives a report of each violation. Browsers use it over https only.
	 * @defaultValue not sent
	 * @example "default"
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/report-to}
	 */
	readonly reportTo?: string | null | undefined;
}
