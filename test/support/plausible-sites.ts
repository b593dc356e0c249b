/**
 * Sites as they exist: what frameworks, proxies and people send, with the slips that people make. The same number gives the same site, on
 * every machine and with every version of every package.
 */

export interface Answer {
	readonly url: string;
	readonly status: number;
	readonly fields: readonly (readonly [name: string, value: string])[];
	readonly body: string;
}

export interface Site {
	readonly host: string;
	/** What a browser gets from https://host/, with the redirects before it. Undefined where nothing listens. */
	readonly https: readonly Answer[] | undefined;
	readonly http: readonly Answer[] | undefined;
}

type Chance = () => number;
type Fields = (readonly [string, string])[];

export function plausibleSite(number: number): Site {
	const chance = chances(number);
	const [host, final] = pick(chance, HOSTS);
	const isOnlyHttp = maybe(chance, 0.03);
	const page = pageAt(chance, `${isOnlyHttp ? "http" : "https"}://${final}/`, host);
	if (isOnlyHttp) return { host, https: undefined, http: [...redirectsTo(chance, [`http://${host}/`], page.url, false), page] };
	const early = host === final ? (maybe(chance, 0.08) ? [`https://${host}/`] : []) : [`https://${host}/`];
	const landed = early.length > 0 && host === final ? { ...page, url: `https://${final}/${pick(chance, ["en/", "home", "login", "app/"])}` } : page;
	return { host, https: [...redirectsTo(chance, early, landed.url, true), landed], http: httpOf(chance, host, final, landed) };
}

function httpOf(chance: Chance, host: string, final: string, page: Answer): readonly Answer[] | undefined {
	const start = `http://${host}/`;
	const way = weighted(chance, [
		[55, "same host"],
		[14, "straight to the page"],
		[12, "closed"],
		[9, "no redirect"],
		[5, "http first"],
		[2, "elsewhere"],
	]);
	if (way === "closed") return undefined;
	if (way === "no redirect") return [{ ...page, url: start }];
	const hops = {
		"same host": [start, ...(host === final ? [] : [`https://${host}/`])],
		"straight to the page": [start],
		"http first": [start, `http://${final !== host || /^\d/.test(host) ? final : `www.${host}`}/`],
		elsewhere: [start, "https://login.identity.example/"],
	}[way];
	return [...redirectsTo(chance, [...new Set(hops)], page.url, false), page];
}

function redirectsTo(chance: Chance, urls: readonly string[], end: string, isSecure: boolean): readonly Answer[] {
	return urls.map((url, i) => ({
		url,
		status: pick(chance, [301, 301, 301, 302, 307, 308]),
		fields: [
			["Location", urls[i + 1] ?? end],
			["Server", pick(chance, ["nginx", "cloudflare", "Apache"])],
			...(isSecure && maybe(chance, 0.4) ? [["Strict-Transport-Security", "max-age=31536000"] as const] : []),
			...(isSecure && maybe(chance, 0.15) ? [["Set-Cookie", cookie(chance, new URL(url).hostname)] as const] : []),
		],
		body: "",
	}));
}

/** The host that is asked, the host that has the page, and the domain that was registered. */
const HOSTS: readonly (readonly [string, string, string])[] = [
	["www.example.com", "www.example.com", "example.com"],
	["example.com", "example.com", "example.com"],
	["example.com", "www.example.com", "example.com"],
	["example.org", "www.example.org", "example.org"],
	["www.example.net", "example.net", "example.net"],
	["shop.example.co.uk", "shop.example.co.uk", "example.co.uk"],
	["example.co.uk", "www.example.co.uk", "example.co.uk"],
	["www.example.com.au", "www.example.com.au", "example.com.au"],
	["example.com.br", "example.com.br", "example.com.br"],
	["www.example.gov.uk", "www.example.gov.uk", "example.gov.uk"],
	["www.uni.ac.jp", "www.uni.ac.jp", "uni.ac.jp"],
	["portal.example.de", "portal.example.de", "example.de"],
	["project.github.io", "project.github.io", "project.github.io"],
	["preview-7f3a.vercel.app", "preview-7f3a.vercel.app", "preview-7f3a.vercel.app"],
	["blog.example.dev", "blog.example.dev", "example.dev"],
	["app.example.io", "app.example.io", "example.io"],
	["203.0.113.7", "203.0.113.7", "203.0.113.7"],
];

const TYPES = ["text/html; charset=utf-8", "text/html; charset=UTF-8", "text/html;charset=utf-8", "text/html"];

function pageAt(chance: Chance, url: string, host: string): Answer {
	const type = weighted(chance, [
		[93, pick(chance, TYPES)],
		[3, "application/json; charset=utf-8"],
		[1, "text/plain"],
		[1, "application/xhtml+xml"],
		[1, "Text/HTML"],
		[1, undefined],
	]);
	const status = weighted(chance, [
		[95, 200],
		[2, 401],
		[2, 403],
		[1, 404],
	]);
	const fields: Fields = [
		["Date", "Mon, 30 Nov 2026 07:00:00 GMT"],
		["Server", "nginx"],
	];
	if (type !== undefined) fields.push(["Content-Type", type]);
	fields.push(...stack(chance, url), ...cookies(chance, new URL(url).hostname));
	return { url, status, fields, body: type?.includes("json") ? '{"status":"ok"}' : html(chance, host) };
}

/** The headers of a framework or of a guide, of which some are changed, lost or sent twice. */
function stack(chance: Chance, url: string): Fields {
	const base = weighted<readonly (readonly [string, string])[]>(chance, [
		[18, []],
		[22, HELMET],
		[10, OLD_HELMET],
		[9, DJANGO],
		[9, RAILS],
		[14, GUIDE],
		[8, STRICT],
		[10, []],
	]);
	const isBare = base.length === 0;
	const fields: Fields = [];
	for (const [name, values] of Object.entries(VALUES)) {
		const own = base.find(([known]) => known === name)?.[1];
		const isChanged = maybe(chance, isBare ? 0.35 : 0.12);
		const value = isChanged ? pick(chance, values) : own;
		if (value === undefined || maybe(chance, 0.04)) continue;
		fields.push([name, value]);
		// A proxy that adds what the application sent already.
		if (maybe(chance, 0.03)) fields.push([name, maybe(chance, 0.6) ? value : pick(chance, values)]);
	}
	const csp = base.find(([known]) => known === "Content-Security-Policy")?.[1];
	const policy = maybe(chance, 0.35) ? policyText(chance, url) : csp;
	if (policy !== undefined) {
		const isOnlyReported = maybe(chance, 0.07);
		fields.push([isOnlyReported ? "Content-Security-Policy-Report-Only" : "Content-Security-Policy", policy]);
		if (!isOnlyReported && maybe(chance, 0.05)) fields.push(["Content-Security-Policy", policyText(chance, url)]);
	}
	return fields;
}

const HELMET_CSP =
	"default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests";

const HELMET = [
	["Content-Security-Policy", HELMET_CSP],
	["Cross-Origin-Opener-Policy", "same-origin"],
	["Cross-Origin-Resource-Policy", "same-origin"],
	["Referrer-Policy", "no-referrer"],
	["Strict-Transport-Security", "max-age=31536000; includeSubDomains"],
	["X-Content-Type-Options", "nosniff"],
	["X-Frame-Options", "SAMEORIGIN"],
] as const;
const OLD_HELMET = [
	["Strict-Transport-Security", "max-age=15552000; includeSubDomains"],
	["X-Content-Type-Options", "nosniff"],
	["X-Frame-Options", "SAMEORIGIN"],
] as const;
const DJANGO = [
	["X-Frame-Options", "DENY"],
	["X-Content-Type-Options", "nosniff"],
	["Referrer-Policy", "same-origin"],
	["Cross-Origin-Opener-Policy", "same-origin"],
] as const;
const RAILS = [
	["X-Frame-Options", "SAMEORIGIN"],
	["X-Content-Type-Options", "nosniff"],
	["Referrer-Policy", "strict-origin-when-cross-origin"],
	["Strict-Transport-Security", "max-age=63072000; includeSubDomains"],
] as const;
const GUIDE = [
	["Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"],
	["Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' https:; style-src 'self' 'unsafe-inline'; img-src * data:"],
	["X-Frame-Options", "SAMEORIGIN"],
	["X-Content-Type-Options", "nosniff"],
	["Referrer-Policy", "strict-origin-when-cross-origin"],
] as const;
const STRICT = [
	[
		"Content-Security-Policy",
		"default-src 'none'; script-src 'nonce-r4nd0m' 'strict-dynamic' https: 'unsafe-inline'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
	],
	["Cross-Origin-Opener-Policy", 'same-origin; report-to="default"'],
	["Cross-Origin-Embedder-Policy", "require-corp"],
	["Cross-Origin-Resource-Policy", "same-origin"],
	["Referrer-Policy", "no-referrer"],
	["Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"],
	["X-Content-Type-Options", "nosniff"],
	["X-Frame-Options", "DENY"],
] as const;

const VALUES: Readonly<Record<string, readonly string[]>> = {
	"Strict-Transport-Security": [
		"max-age=31536000",
		"max-age=300",
		"max-age=15768000;includeSubdomains",
		"Max-Age=31536000; includeSubDomains; preload",
		"max-age=0",
	].concat([
		'max-age="31536000"; includeSubDomains',
		"includeSubDomains; max-age=31536000",
		"max-age = 31536000",
		"31536000",
		"max-age=31536000, max-age=31536000",
		"max-age=10886400; includeSubDomains; preload",
		"max-age=86400; max-age=31536000",
	]),
	"X-Content-Type-Options": ["nosniff", "nosniff", "NOSNIFF", "nosniff;", "nosniff, nosniff", ""],
	"X-Frame-Options": [
		"DENY",
		"SAMEORIGIN",
		"sameorigin",
		"Deny",
		"ALLOW-FROM https://partner.example",
		"ALLOWALL",
		"SAMEORIGIN, SAMEORIGIN",
		"DENY;",
		'"DENY"',
	],
	"Referrer-Policy": ["no-referrer", "same-origin", "origin", "strict-origin", "no-referrer-when-downgrade", "unsafe-url", "origin-when-cross-origin"].concat([
		"no-referrer, strict-origin-when-cross-origin",
		"strict-origin-when-cross-origin, unsafe-url",
		"Strict-Origin",
		"never",
		"strict-origin-when-cross-origin;",
		"",
	]),
	"Cross-Origin-Resource-Policy": ["same-origin", "same-site", "cross-origin", "Same-Origin", "same-origin; report-to=x", "*"],
	"Cross-Origin-Opener-Policy": ["same-origin", "same-origin-allow-popups", "unsafe-none", "noopener-allow-popups"].concat([
		'same-origin; report-to="coop"',
		'same-origin-allow-popups;report-to="coop"',
		"Same-Origin",
		'"same-origin"',
		"same-origin;",
		"same-site",
	]),
	"Cross-Origin-Embedder-Policy": [
		"require-corp",
		"credentialless",
		"unsafe-none",
		'require-corp; report-to="coep"',
		"Require-Corp",
		'credentialless;report-to="coep"',
		"same-origin",
	],
	"Cross-Origin-Embedder-Policy-Report-Only": ['require-corp; report-to="coep"'],
	"Permissions-Policy": ["geolocation=(), camera=(), microphone=()"],
	"X-XSS-Protection": ["0", "1; mode=block"],
};

const SCRIPTS = [
	"'self'",
	"'self'",
	"'unsafe-inline'",
	"'unsafe-eval'",
	"https:",
	"data:",
	"blob:",
	"*",
	"https://cdn.jsdelivr.net",
	"https://www.googletagmanager.com",
].concat([
	"https://*.example.com",
	"*.google-analytics.com",
	"http://cdn.example.net",
	"'nonce-r4nd0m'",
	"'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
	"'strict-dynamic'",
	"'wasm-unsafe-eval'",
	"'report-sample'",
	"https://*",
	"self",
	"'SELF'",
	"https://cdn.example.com/assets/",
	"https://cdn.example.com/assets/app.js",
]);
const OTHERS = [
	"'self'",
	"'none'",
	"data:",
	"https:",
	"*",
	"blob:",
	"http:",
	"'unsafe-inline'",
	"https://fonts.gstatic.com",
	"http://img.example.net",
	"https://*.example.com",
];
const DIRECTIVES: readonly (readonly [name: string, share: number, words: readonly string[]])[] = [
	[
		"default-src",
		0.85,
		["'self'", "'self'", "'none'", "'none'", "https:", "*", "'unsafe-inline'", "data:", "http:", "'nonce-r4nd0m'", "https://*.example.com"],
	],
	["script-src", 0.75, SCRIPTS],
	["script-src-elem", 0.06, SCRIPTS],
	["style-src", 0.65, ["'self'", "'self'", "'unsafe-inline'", "https:", "https://fonts.googleapis.com", "'nonce-r4nd0m'", "data:"]],
	["img-src", 0.6, OTHERS],
	["media-src", 0.15, OTHERS],
	["font-src", 0.4, OTHERS],
	["connect-src", 0.45, [...OTHERS, "wss://ws.example.com", "https://api.example.com"]],
	["frame-src", 0.25, OTHERS],
	["object-src", 0.5, ["'none'", "'none'", "'none'", "'self'", "*", "data:"]],
	["base-uri", 0.45, ["'self'", "'none'"]],
	["form-action", 0.4, ["'self'", "'none'", "https:", "https://pay.example.com"]],
	["frame-ancestors", 0.5, ["'self'", "'none'", "https://partner.example", "*"]],
	["worker-src", 0.15, ["'self'", "blob:"]],
	["report-uri", 0.2, ["/csp", "https://o1.ingest.example.com/api/1/security/", "http://reports.example.com/csp"]],
	["report-to", 0.15, ["default", "csp-endpoint"]],
	["sandbox", 0.02, ["allow-scripts", "allow-forms"]],
];

function policyText(chance: Chance, url: string): string {
	const lines = DIRECTIVES.flatMap(([name, share, words]) => {
		if (!maybe(chance, share)) return [];
		const list = Array.from({ length: 1 + Math.floor(chance() * chance() * 5) }, () => pick(chance, words));
		return [[maybe(chance, 0.01) ? name.toUpperCase() : name, ...(maybe(chance, 0.015) ? [] : new Set(list))].join(" ")];
	});
	if (maybe(chance, 0.3)) lines.push(pick(chance, ["upgrade-insecure-requests", "block-all-mixed-content", "require-trusted-types-for 'script'"]));
	// The directive of a second author, a second endpoint.
	if (maybe(chance, 0.03)) lines.push(pick(chance, lines) ?? "");
	if (maybe(chance, 0.04)) lines.push("report-uri /csp-new", ...(maybe(chance, 0.5) ? ["report-uri /csp"] : []));
	if (maybe(chance, 0.01)) return pick(chance, ["default", "", "none", "self;", ";;;;;;;;"]);
	const text = lines.join(pick(chance, ["; ", "; ", ";", " ; ", ";\t"])) + pick(chance, ["", "", ";"]);
	// Two policies in one line, and a list that was separated by commas.
	if (maybe(chance, 0.02))
		return `${text}, ${pick(chance, ["frame-ancestors 'self'", "upgrade-insecure-requests", "default-src 'self'; script-src 'self'", ""])}`;
	if (maybe(chance, 0.01)) return text.replace("; ", ", ");
	return text.replaceAll("example.com", maybe(chance, 0.3) ? new URL(url).hostname : "example.com");
}

const COOKIES = [
	"session",
	"sess",
	"SESSIONID",
	"connect.sid",
	"PHPSESSID",
	"JSESSIONID",
	"ASP.NET_SessionId",
	"XSRF-TOKEN",
	"csrftoken",
	"_csrf",
	"laravel_session",
].concat([
	...["__Host-session", "__Secure-id", "__Host-csrf", "_ga", "lang", "cart", "login_hint", "AWSALB", "AWSALBCORS", "__cf_bm", "remember_me", "sid"],
	...["heroku-session-affinity", "theme", "visitor", "wordpress_logged_in", "_myapp_session", "ab_test"],
]);

function cookies(chance: Chance, host: string): Fields {
	const lines: Fields = [];
	const count = weighted(chance, [
		[50, 0],
		[28, 1],
		[14, 2],
		[8, 4],
	]);
	for (let i = 0; i < count; i++) lines.push(["Set-Cookie", cookie(chance, host)]);
	// The session that a login replaces is cleared first.
	if (count > 0 && maybe(chance, 0.06)) {
		const name = pick(chance, COOKIES);
		lines.push(
			["Set-Cookie", `${name}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT`],
			["Set-Cookie", `${name}=n3w; Path=/; Secure; HttpOnly; SameSite=Lax`],
		);
	}
	return lines;
}

function cookie(chance: Chance, host: string): string {
	const name = pick(chance, COOKIES);
	const isCareful = maybe(chance, 0.5);
	const has = (share: number): boolean => maybe(chance, isCareful ? 0.5 + share / 2 : share);
	const attributes = [
		...(has(0.9) ? [pick(chance, ["Path=/", "path=/", "Path=/", "Path=/app"])] : []),
		...(has(0.1) && maybe(chance, 0.25) ? [`Domain=${pick(chance, domains(host))}`] : []),
		...(maybe(chance, 0.3) ? [pick(chance, ["Expires=Wed, 30 Nov 2027 07:00:00 GMT", "Max-Age=3600", "Max-Age=0"])] : []),
		...(has(0.7) ? [maybe(chance, 0.97) ? pick(chance, ["Secure", "secure"]) : "Secure=true"] : []),
		...(has(0.6) ? [maybe(chance, 0.98) ? pick(chance, ["HttpOnly", "httponly"]) : "HttpOnly=true"] : []),
		...(has(0.5)
			? [
					`SameSite=${pick(chance, ["Lax", "Lax", "Lax", "Strict", "None", "lax", "strict", "none", ...(maybe(chance, 0.1) ? ["", "true", "Lax Secure"] : [])])}`,
				]
			: []),
		...(maybe(chance, 0.01) ? ["SameSite"] : []),
		...(maybe(chance, 0.02) ? ["Priority=High", "Partitioned"] : []),
	];
	const pair = maybe(chance, 0.01) ? name : `${name}=${pick(chance, ["abc123", "s%3Aq1w2e3", '"quoted"', "", "a=b"])}`;
	return [pair, ...attributes].join(pick(chance, ["; ", "; ", ";"])) + pick(chance, ["", "", "", ";"]);
}

function domains(host: string): readonly string[] {
	const parent = host.split(".").slice(1).join(".");
	return [host, `.${host}`, ...(parent.includes(".") ? [parent, `.${parent}`] : []), "example.com", "staging.example.net", "localhost"];
}

const LIBRARIES = [
	"https://cdn.jsdelivr.net/npm/vue@3",
	"https://code.jquery.com/jquery-3.7.1.min.js",
	"https://www.googletagmanager.com/gtag/js?id=G-1&amp;l=d",
].concat([
	"//cdn.example.net/a.js",
	"http://cdn.example.net/a.js",
	"HTTPS://cdn.example.net/A.js",
	" https://cdn.example.net/a.js ",
	"https://other.github.io/widget.js",
	"https://other.vercel.app/widget.js",
	"https://static.partner.co.uk/a.js",
	"https://static.partner.com.au/a.js",
	"https://198.51.100.9/a.js",
]);
const OWN = [
	"/app.js",
	"app.js",
	"/static/js/main.4f2a.js",
	"./js/site.js",
	"/wp-includes/js/jquery/jquery.min.js?ver=3.7.1",
	"https://HOST/a.js",
	"https://static.HOST/a.js",
].concat([...["//HOST/a.js", "http://HOST/a.js", "https://cdn.PARENT/a.js", "data:text/javascript,void 0"]]);

function html(chance: Chance, host: string): string {
	const parent = HOSTS.find(([known]) => known === host)?.[2] ?? host;
	const fill = (text: string): string => (/^\d/.test(host) ? text.replace(/(?:cdn|static)\./, "") : text).replace("HOST", host).replace("PARENT", parent);
	const count = weighted(chance, [
		[22, 0],
		[30, 1],
		[28, 3],
		[20, 6],
	]);
	const scripts = Array.from({ length: count }, () => {
		if (maybe(chance, 0.25)) return pick(chance, INLINE);
		const src = fill(pick(chance, maybe(chance, 0.3) ? LIBRARIES : OWN));
		const integrity = maybe(chance, src.startsWith("https://c") ? 0.45 : 0.12)
			? ` integrity="${maybe(chance, 0.95) ? "sha384-oqVuAfXRKap7fdgcCY5uykM6" : ""}" crossorigin="anonymous"`
			: "";
		const tag = pick(chance, [
			`<script src="${src}"${integrity}></script>`,
			`<script defer src='${src}'${integrity}></script>`,
			`<SCRIPT SRC="${src}"${integrity} async></SCRIPT>`,
		]);
		return weighted(chance, [
			[94, tag],
			[2, `<noscript>${tag}</noscript>`],
			[2, `<!-- ${tag} -->`],
			[1, `<template>${tag}</template>`],
			[1, `<textarea>${tag}</textarea>`],
		]);
	});
	const metas = [
		'<meta charset="utf-8">',
		'<meta name="viewport" content="width=device-width">',
		...(maybe(chance, 0.12)
			? [
					`<meta name="${pick(chance, ["referrer", "Referrer", " referrer "])}" content="${pick(chance, ["no-referrer", "origin", "strict-origin-when-cross-origin", "always", "no-referrer-when-downgrade", ""])}">`,
				]
			: []),
		...(maybe(chance, 0.06) ? [metaPolicy(chance)] : []),
		...(maybe(chance, 0.01) ? ['<meta http-equiv="X-Frame-Options" content="DENY">', '<meta http-equiv="Referrer-Policy" content="no-referrer">'] : []),
		...(maybe(chance, 0.03) ? [`<base href="${pick(chance, ["/", `https://${host}/`, "https://static.example.net/"])}">`] : []),
	];
	const body = ["<h1>Welcome</h1>", '<p>if (a < b) "quoted"</p>', '<img src="/logo.png" alt="a > b">'];
	const [head, foot] = maybe(chance, 0.5) ? [scripts, []] : [[], scripts];
	return [
		"<!doctype html>",
		'<html lang="en">',
		"<head>",
		...metas,
		"<title>Example</title>",
		...head,
		"</head>",
		"<body>",
		...body,
		...foot,
		"</body>",
		"</html>",
	].join("\n");
}

const INLINE = [
	"<script>window.dataLayer=[];</script>",
	'<script type="application/json">{"a":"<b>"}</script>',
	'<script nonce="r4nd0m">document.write("<script src=/x.js><\\/script>")</script>',
].concat(['<script type="module">import "/m.js"</script>', '<script src=""></script>']);

function metaPolicy(chance: Chance): string {
	const text = maybe(chance, 0.7)
		? policyText(chance, "https://example.com/")
		: pick(chance, ["frame-ancestors 'none'", "upgrade-insecure-requests", "default-src 'self'", "report-uri /csp"]);
	return `<meta http-equiv="${pick(chance, ["Content-Security-Policy", "content-security-policy"])}" content="${text.replaceAll('"', "&quot;").replaceAll("'", maybe(chance, 0.1) ? "&#39;" : "'")}">`;
}

/** A number from 0 to 1 at each call. */
function chances(seed: number): Chance {
	let state = (seed + 1) * 0x9e3779b1;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

function maybe(chance: Chance, share: number): boolean {
	return chance() < share;
}

function pick<T>(chance: Chance, values: readonly T[]): T {
	return values[Math.floor(chance() * values.length)] as T;
}

function weighted<T>(chance: Chance, cases: readonly (readonly [weight: number, value: T])[]): T {
	let left = chance() * cases.reduce((sum, [weight]) => sum + weight, 0);
	for (const [weight, value] of cases) {
		left -= weight;
		if (left < 0) return value;
	}
	return cases[0]?.[1] as T;
}
