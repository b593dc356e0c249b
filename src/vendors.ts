import { PolicyError } from "./core/errors.ts";
import { received } from "./core/issue.ts";
import { NONCE } from "./csp/keywords.ts";
import type { PolicyPatch } from "./policy/override.ts";

/*
 * Additions to a policy for third-party widgets: `headers.extend(stripe)`. Each list is the vendor's own if there is one. Otherwise the text names
 * its source. Hosts change, so check the linked page. The second part has policies for whole pages that packages provide. They replace yours:
 * `headers.replace(swaggerUi)`.
 */

/**
 * Stripe.js: scripts, frames (including 3-D Secure and redirects) and calls. The Address Element with your own Maps key needs
 * `https://maps.googleapis.com` in scriptSrc and connectSrc. Link needs `https://link.com` and `https://*.link.com`. It does not work on
 * cross-origin isolated pages (crossOriginEmbedderPolicy). Payment buttons of the browser (Apple Pay, Google Pay) also need
 * `permissionsPolicy: { features: { payment: ["self", "https://js.stripe.com"] } }`, which the default denies.
 *
 * From a copy of the vendor's page, read 2026-11-22.
 * @see {@link https://docs.stripe.com/security/guide}
 */
export const stripe: PolicyPatch = csp({
	scriptSrc: ["https://js.stripe.com", "https://*.js.stripe.com"],
	frameSrc: ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
	connectSrc: ["https://api.stripe.com"],
});

/**
 * Cloudflare Turnstile. It works with `'strict-dynamic'`: put the nonce on the tag of api.js. Pre-clearance also connects to your own site.
 *
 * From the vendor's page, read 2026-11-22.
 * @see {@link https://developers.cloudflare.com/turnstile/reference/content-security-policy/}
 */
export const turnstile: PolicyPatch = csp({
	scriptSrc: ["https://challenges.cloudflare.com"],
	frameSrc: ["https://challenges.cloudflare.com"],
	connectSrc: ["'self'"],
});

/**
 * Google reCAPTCHA. With a nonce on the tag of api.js, the script list is not needed. The frames are. Some sites need `'unsafe-inline'` in styleSrc
 * for the styles that it writes. Google also serves AngularJS from this folder, which runs markup of the page, so the audit reports an error
 * (csp/script-known-bypass) unless scriptSrc has `'strict-dynamic'`.
 *
 * Second-hand: others quote the list from Google's FAQ. Google's own text could not be read (2026-11-22).
 * @see {@link https://developers.google.com/recaptcha/docs/faq}
 */
export const recaptcha: PolicyPatch = csp({
	scriptSrc: ["https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/"],
	frameSrc: ["https://www.google.com/recaptcha/", "https://recaptcha.google.com/recaptcha/"],
});

/**
 * hCaptcha. Its subdomains vary by region, so the list allows all of them, as the vendor recommends.
 *
 * From the vendor's page, read 2026-11-22. The age of the page is unknown.
 * @see {@link https://docs.hcaptcha.com/}
 */
export const hcaptcha: PolicyPatch = csp(
	Object.fromEntries(["scriptSrc", "frameSrc", "styleSrc", "connectSrc"].map((name) => [name, ["https://hcaptcha.com", "https://*.hcaptcha.com"]])),
);

/**
 * Google Fonts: the style sheet and the files that it names. Google learns the address of every visitor. Fonts on your own site need none of this.
 *
 * The two hosts of the embed code. No list from Google was found (2026-11-22).
 * @see {@link https://developers.google.com/fonts/docs/technical_considerations}
 */
export const googleFonts: PolicyPatch = csp({ styleSrc: ["https://fonts.googleapis.com"], fontSrc: ["https://fonts.gstatic.com"] });

/**
 * Sign in with Google. It changes Cross-Origin-Opener-Policy to `same-origin-allow-popups`. Without it, the popup stays blank in browsers that do
 * not use FedCM. Extend only the pages that sign in, not the whole app.
 *
 * From a copy of the vendor's page, read 2026-11-22.
 * @see {@link https://developers.google.com/identity/gsi/web/guides/get-google-api-clientid}
 */
export const googleIdentity: PolicyPatch = csp(
	{
		scriptSrc: ["https://accounts.google.com/gsi/client"],
		styleSrc: ["https://accounts.google.com/gsi/style"],
		frameSrc: ["https://accounts.google.com/gsi/"],
		connectSrc: ["https://accounts.google.com/gsi/"],
	},
	{ crossOriginOpenerPolicy: "same-origin-allow-popups" },
);

/**
 * YouTube players in frames. YouTube requires a Referer (error 153 without it). The default Referrer-Policy sends one. `no-referrer` and
 * `same-origin` do not.
 *
 * The two hosts of the embed code. No list from YouTube was found (2026-11-22).
 * @see {@link https://developers.google.com/youtube/terms/required-minimum-functionality}
 */
export const youtube: PolicyPatch = csp({ frameSrc: ["https://www.youtube.com", "https://www.youtube-nocookie.com"] });

/**
 * PayPal's JavaScript SDK, version 5. Put the nonce on its tag, as `nonce` and as `data-csp-nonce`. It changes Cross-Origin-Opener-Policy to
 * `same-origin-allow-popups`, so extend only the pages that take payments, not the whole app. Payment buttons of the browser also need `payment` in
 * permissionsPolicy, which the default denies.
 *
 * From a copy of the vendor's page, read 2026-11-22.
 * @see {@link https://developer.paypal.com/sdk/js/best-practices/}
 */
export const paypal: PolicyPatch = csp(
	{
		...Object.fromEntries(["scriptSrc", "styleSrc", "connectSrc", "frameSrc"].map((name) => [name, ["*.paypal.com", "*.paypalobjects.com", "*.venmo.com"]])),
		imgSrc: ["*.paypal.com", "*.paypalobjects.com", "*.venmo.com", "data:"],
	},
	{ crossOriginOpenerPolicy: "same-origin-allow-popups" },
);

/**
 * Google Tag Manager. Put the nonce on its snippet, which passes it on to the scripts that it adds. Each tag has its own needs. A custom JavaScript
 * variable needs `'unsafe-eval'`, which runs strings as code.
 *
 * From a copy of the vendor's page, read 2026-11-22.
 * @see {@link https://developers.google.com/tag-platform/security/guides/csp}
 */
export const googleTagManager: PolicyPatch = csp({
	scriptSrc: ["https://www.googletagmanager.com"],
	imgSrc: ["https://www.googletagmanager.com"],
	connectSrc: ["https://www.googletagmanager.com", "https://www.google.com"],
});

/**
 * Google Analytics 4 without Google Signals, which would need Google's hosts of every country.
 *
 * From a copy of the vendor's page, read 2026-11-22.
 * @see {@link https://developers.google.com/tag-platform/security/guides/csp}
 */
export const googleAnalytics: PolicyPatch = csp({
	scriptSrc: ["https://*.googletagmanager.com"],
	imgSrc: ["https://*.google-analytics.com", "https://*.googletagmanager.com"],
	connectSrc: ["https://*.google-analytics.com", "https://*.analytics.google.com", "https://*.googletagmanager.com"],
});

/** The parts of Sentry that the page uses. */
export interface SentryOptions {
	/**
	 * The page loads Sentry's script from its CDN.
	 * @defaultValue false
	 */
	readonly loader?: boolean | undefined;
	/**
	 * The page records sessions. Session replay compresses in a worker that is made from a blob.
	 * @defaultValue false
	 */
	readonly replay?: boolean | undefined;
}

/**
 * Sentry in the browser, bundled. Its calls go to the host of the DSN.
 *
 * From the vendor's pages, read 2026-11-22.
 *
 * @param dsn as Sentry shows it: `https://<key>@<host>/<project>`.
 * @param options which parts of Sentry the page uses.
 * @throws {PolicyError} for a value that is not a DSN.
 * @example headers.extend(sentry("https://abc@o1.ingest.de.sentry.io/2", { replay: true }))
 * @see {@link https://docs.sentry.io/platforms/javascript/install/loader/#content-security-policy}
 * @see {@link https://docs.sentry.io/platforms/javascript/session-replay/#content-security-policy-csp}
 */
export function sentry(dsn: string, options: SentryOptions = {}): PolicyPatch {
	const { origin } = readDsn(dsn);
	return csp({
		connectSrc: [origin],
		...(options.loader === true ? { scriptSrc: ["https://js.sentry-cdn.com", "https://browser.sentry-cdn.com"] } : {}),
		...(options.replay === true ? { workerSrc: ["'self'", "blob:"], childSrc: ["'self'", "blob:"] } : {}),
	});
}

/**
 * Returns the address at which Sentry receives reports from browsers, for the option `reporting`.
 *
 * @throws {PolicyError} for a value that is not a DSN.
 * @example secureHeaders({ reporting: { endpoint: sentryReports("https://abc@o1.ingest.de.sentry.io/2") } })
 * @see {@link https://docs.sentry.io/platforms/javascript/security-policy-reporting/}
 */
export function sentryReports(dsn: string): string {
	const { origin, prefix, project, key } = readDsn(dsn);
	return `${origin}${prefix}/api/${project}/security/?sentry_key=${key}`;
}

/** `<protocol>://<key>@<host>/<prefix>/<project>`. A self-hosted Sentry can have a prefix. */
function readDsn(dsn: string): { readonly origin: string; readonly prefix: string; readonly project: string; readonly key: string } {
	const url = URL.canParse(dsn) ? new URL(dsn) : undefined;
	const path = /^((?:\/[\w.~-]+)*)\/(\d+)$/.exec(url?.pathname ?? "");
	if (url !== undefined && /^https?:$/.test(url.protocol) && /^\w+$/.test(url.username) && path !== null)
		return { origin: url.origin, prefix: path[1] ?? "", project: path[2] ?? "", key: url.username };
	const expected = '"https://<key>@<host>/<project>", as Sentry shows it';
	throw new PolicyError([{ path: "dsn", ...received("option/type", dsn, "which is not a valid Sentry DSN", expected) }]);
}

/** Everything from the site itself, and inline styles, which these pages write at run time. */
const PAGE = {
	defaultSrc: ["'self'"],
	baseUri: ["'self'"],
	fontSrc: ["'self'", "data:"],
	formAction: ["'self'"],
	frameAncestors: ["'none'"],
	imgSrc: ["'self'", "data:"],
	objectSrc: ["'none'"],
	scriptSrc: ["'self'"],
	styleSrc: ["'self'", "'unsafe-inline'"],
};

/**
 * The page of swagger-ui-express, which has inline styles. Use it with `replace`. For calls to another API ("Try it out"), add its host to
 * connectSrc. For images in its responses, add `blob:` to imgSrc.
 *
 * Seen in Chromium 156 with swagger-ui-express 5.0.1.
 * @example app.use("/docs", headers.replace(swaggerUi), serve, setup(document));
 * @see {@link https://github.com/scottie1984/swagger-ui-express}
 */
export const swaggerUi: PolicyPatch = csp(PAGE);

/**
 * The dashboard of Bull Board, which has inline styles and a font from Google. Use it with `replace`.
 *
 * Seen in Chromium 156 with @bull-board/express 9.10.
 * @example app.use("/queues", headers.replace(bullBoard), adapter.getRouter());
 * @see {@link https://github.com/felixmosh/bull-board}
 */
export const bullBoard: PolicyPatch = csp({
	...PAGE,
	fontSrc: [...PAGE.fontSrc, "https://fonts.gstatic.com"],
	styleSrc: [...PAGE.styleSrc, "https://fonts.googleapis.com"],
});

/**
 * The landing page of Apollo Server. Use it with `replace`. The page has a `<meta>` policy with its own nonce, and browsers enforce both. That is
 * why `'unsafe-inline'` lets no injected script run here. Its frame does not load with a Cross-Origin-Embedder-Policy. In production, switch the
 * page off instead.
 *
 * From the source of @apollo/server 5.5.1. What its CDN loads was not tested.
 * @example app.get("/graphql", headers.replace(apolloLandingPage), expressMiddleware(server));
 * @see {@link https://www.apollographql.com/docs/apollo-server/api/plugin/landing-pages}
 */
export const apolloLandingPage: PolicyPatch = csp({
	...PAGE,
	fontSrc: [...PAGE.fontSrc, "https://fonts.gstatic.com"],
	frameSrc: ["https://sandbox.embed.apollographql.com", "https://explorer.embed.apollographql.com"],
	imgSrc: [...PAGE.imgSrc, "https://apollo-server-landing-page.cdn.apollographql.com"],
	manifestSrc: ["https://apollo-server-landing-page.cdn.apollographql.com"],
	scriptSrc: [...PAGE.scriptSrc, "'unsafe-inline'", ...apolloCdn()],
	styleSrc: [...PAGE.styleSrc, ...apolloCdn(), "https://fonts.googleapis.com"],
});

/**
 * GraphiQL that your own server serves: bundled by you, by ruru with `serveStatic`, or by the offline renderer of GraphQL Yoga. Use it with
 * `replace`. Its editor writes styles while it runs. Its inline script, if there is one, needs the nonce. Pages that load GraphiQL from a CDN need
 * that CDN in every list. This policy does not cover them.
 *
 * Seen in Chromium 156 with GraphiQL 5.4.0, ruru 2.0.2 and graphql-yoga 5.24.1.
 * @example app.use("/graphiql", headers.replace(graphiql), serveGraphiql);
 * @see {@link https://github.com/graphql/graphiql}
 */
export const graphiql: PolicyPatch = csp({ ...PAGE, scriptSrc: [...PAGE.scriptSrc, NONCE], workerSrc: ["'self'", "blob:"] });

function apolloCdn(): readonly string[] {
	return ["apollo-server-landing-page", "embeddable-sandbox", "embeddable-explorer"].map((name) => `https://${name}.cdn.apollographql.com`);
}

/** Frozen completely, because many policies share one patch. */
function csp(directives: Readonly<Record<string, readonly unknown[]>>, others: PolicyPatch = {}): PolicyPatch {
	for (const list of Object.values(directives)) Object.freeze(list);
	return Object.freeze({ contentSecurityPolicy: Object.freeze({ directives: Object.freeze(directives) }), ...others });
}
