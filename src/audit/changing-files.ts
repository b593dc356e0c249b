/*
 * Files of other origins that change without a new address: services that update their script, and files that differ from visitor to visitor.
 * A hash of them breaks the page, and their vendors do not support copies.
 */

/** Hosts; those that begin with a dot are any host below. A path limits an entry to what begins with it. */
const SERVICES: readonly string[] = [
	// Fonts: the style sheet depends on the browser.
	"fonts.googleapis.com",
	"fonts.bunny.net",
	"use.typekit.net",
	"use.fontawesome.com",
	"kit.fontawesome.com",
	"fast.fonts.net",
	"cloud.typography.com",
	// Payments.
	"js.stripe.com",
	".js.stripe.com",
	"www.paypal.com",
	"www.paypalobjects.com",
	"pay.google.com",
	"web.squarecdn.com",
	"sandbox.web.squarecdn.com",
	"checkout.razorpay.com",
	"cdn.paddle.com",
	"x.klarnacdn.net",
	"applepay.cdn-apple.com",
	// Sign-in and challenges.
	"accounts.google.com",
	"apis.google.com",
	"appleid.cdn-apple.com",
	"www.google.com/recaptcha/",
	"www.recaptcha.net",
	"challenges.cloudflare.com",
	"js.hcaptcha.com",
	"hcaptcha.com",
	// Maps and players.
	"maps.googleapis.com",
	"maps.google.com",
	"api-maps.yandex.ru",
	"www.youtube.com",
	"player.vimeo.com",
	"fast.wistia.com",
	// Measuring, advertising and consent.
	"www.googletagmanager.com",
	"www.google-analytics.com",
	"ssl.google-analytics.com",
	"www.googleadservices.com",
	"www.googleoptimize.com",
	".googlesyndication.com",
	".doubleclick.net",
	"static.cloudflareinsights.com",
	"connect.facebook.net",
	"platform.twitter.com",
	"static.ads-twitter.com",
	"snap.licdn.com",
	"platform.linkedin.com",
	"www.instagram.com",
	"assets.pinterest.com",
	"s.pinimg.com",
	"analytics.tiktok.com",
	"www.tiktok.com",
	"sc-static.net",
	"bat.bing.com",
	"www.clarity.ms",
	"mc.yandex.ru",
	"static.hotjar.com",
	"script.hotjar.com",
	"cdn.segment.com",
	"cdn.mxpnl.com",
	"cdn.amplitude.com",
	"cdn.optimizely.com",
	"js.sentry-cdn.com",
	"js-agent.newrelic.com",
	"plausible.io",
	"cdn.usefathom.com",
	"scripts.simpleanalyticscdn.com",
	"cdn.matomo.cloud",
	"cmp.osano.com",
	"consent.cookiebot.com",
	"cdn.cookielaw.org",
	"cdn.iubenda.com",
	"app.usercentrics.eu",
	// Support and forms.
	"widget.intercom.io",
	"js.intercomcdn.com",
	"js.hs-scripts.com",
	"js.hsforms.net",
	"static.zdassets.com",
	"client.crisp.chat",
	"embed.tawk.to",
	"js.driftt.com",
	"cdn.onesignal.com",
	"assets.calendly.com",
	"embed.typeform.com",
	// Code that fits the browser.
	"polyfill.io",
	"cdn.polyfill.io",
	"polyfill-fastly.io",
	"cdnjs.cloudflare.com/polyfill/",
];

/** A query that only bypasses caches. */
const CACHE_BUSTER = /^\?(?:(?:v|ver|version|t|ts|hash|rev|_)=)?[\w.-]*$/i;

/** Whether a file changes without a new address: it belongs to a service, or the server makes it from the query. */
export function isChanging({ hostname, pathname, search }: URL): boolean {
	return !(search === "" || CACHE_BUSTER.test(search)) || SERVICES.some((entry) => isOf(entry, hostname, pathname));
}

function isOf(entry: string, hostname: string, pathname: string): boolean {
	const slash = entry.indexOf("/");
	const host = slash === -1 ? entry : entry.slice(0, slash);
	const isHost = host.startsWith(".") ? hostname.endsWith(host) : hostname === host;
	return isHost && (slash === -1 || pathname.startsWith(entry.slice(slash)));
}

/** Whether the address is that of a package without an exact version, so that the next release changes the file. */
export function namesNoVersion({ hostname, pathname }: URL): boolean {
	return /^(?:cdn\.jsdelivr\.net|unpkg\.com|esm\.sh)$/.test(hostname) && !/@v?\d+\.\d+\.\d+/.test(pathname);
}
