import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import compression from "compression";
import cors from "cors";
import express, { type Express, type RequestHandler, type Response } from "express";
import helmet from "helmet";
import type { AuditOptions } from "../../../src/audit/index.ts";
import type { SecureHeadersOptions } from "../../../src/index.ts";
import { protectServer, secureHeaders } from "../../../src/index.ts";
import { isolateResources } from "../../../src/isolation/index.ts";

const HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>page</title>';

/** A page that is in order under the default policy: a script file, inline code with the nonce where there is one. */
function pageOf(res: Response): string {
	const nonce = res.locals["cspNonce"] as string | undefined;
	if (nonce === undefined) return `${HEAD}<script src="/app.js"></script><p>hello`;
	return `${HEAD}<script nonce="${nonce}" src="/app.js"></script><script nonce="${nonce}">start()</script><p>hello`;
}

/** An application with a page, a script, data, a route that fails, and these middlewares before them. */
export function appWith(...middlewares: readonly RequestHandler[]): Express {
	const app = express();
	app.set("env", "production");
	for (const middleware of middlewares) app.use(middleware);
	app.get("/", (_req, res) => void res.type("html").send(pageOf(res)));
	app.get("/app.js", (_req, res) => void res.type("js").send("start = () => {};"));
	app.get("/data", (_req, res) => void res.json({ ok: true }));
	app.get("/fail", () => {
		throw new Error("broken");
	});
	return app;
}

/** The same, with another page. */
function showing(body: string, options: SecureHeadersOptions = {}, head = HEAD): Express {
	const app = express();
	app.set("env", "production");
	app.disable("x-powered-by");
	app.use(good(options));
	app.get("/fail", () => {
		throw new Error("broken");
	});
	app.get("/", (_req, res) => void res.type("html").send(`${head}${body.replaceAll("NONCE", String(res.locals["cspNonce"]))}`));
	return app;
}

function set(...fields: readonly (readonly [string, string | string[]])[]): RequestHandler {
	return (_req, res, next) => {
		for (const [name, value] of fields) res.setHeader(name, value);
		next();
	};
}

/** Sets headers at the last moment, as a careless proxy would: nothing takes them back. */
function raw(...fields: readonly (readonly [string, string])[]): RequestListener {
	return (req, res) => {
		const isPage = req.url === "/";
		res.writeHead(isPage ? 200 : req.url === "/fail" ? 500 : 404, fields.flat());
		res.end(isPage ? `${HEAD}<p>hello` : "");
	};
}

export const good = (options?: SecureHeadersOptions): RequestHandler => secureHeaders(options) as never;

const PLAIN: readonly (readonly [string, string])[] = [
	["Content-Type", "text/html; charset=utf-8"],
	["Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"],
	["Strict-Transport-Security", "max-age=31536000; includeSubDomains"],
	["X-Frame-Options", "DENY"],
	["X-Content-Type-Options", "nosniff"],
	["Referrer-Policy", "no-referrer"],
	["Permissions-Policy", "camera=()"],
	["Cross-Origin-Opener-Policy", "same-origin"],
	["Cross-Origin-Resource-Policy", "same-origin"],
];

/** The plain headers, with some of them otherwise. */
function plain(...changes: readonly (readonly [string, ...string[]])[]): RequestListener {
	const names = changes.map(([name]) => name.toLowerCase());
	const rest = PLAIN.filter(([name]) => !names.includes(name.toLowerCase()));
	return raw(...rest, ...changes.flatMap(([name, ...values]) => values.map((value) => [name, value] as const)));
}

function serverOf(app: Express, protect?: RequestHandler): Server {
	const server = createHttpServer(app as RequestListener);
	if (protect !== undefined) protectServer(server, protect as never);
	return server;
}

/** What is found of headguard's defaults, where the framework answers errors. */
const USUAL = ["leak/default-error-page"];
/** What is found of helmet's defaults. */
const HELMET = ["consistency/csp-replaced", "csp/style-unsafe-inline", "csp/style-wildcard", "leak/default-error-page", "permissions/missing"];

export interface Animal {
	readonly what: string;
	readonly app: () => Express | RequestListener | Server;
	readonly options?: AuditOptions;
	/** Every finding, notes as well. */
	readonly ids: readonly string[];
}

/** What Express sends by itself, but for its name. */
const NAKED = ["coop/missing", "corp/missing", "csp/missing", "frame/unprotected", "hsts/missing"].concat([
	"leak/default-error-page",
	"permissions/missing",
	"referrer/missing",
	"xcto/missing",
]);

export const ZOO: readonly Animal[] = [
	{
		what: "bare Express",
		app: () => appWith(),
		ids: [...NAKED, "leak/powered-by"].sort(),
	},
	{ what: "helmet's defaults", app: () => appWith(helmet()), ids: HELMET },
	{ what: "headguard's defaults", app: () => appWith(good()), ids: USUAL },
	{ what: "headguard, strict", app: () => appWith(good({ preset: "strict" })), ids: ["leak/default-error-page"] },
	{
		what: "headguard, api",
		app: () => appWith(good({ preset: "api" })),
		ids: ["leak/default-error-page", "nonce/html-only"],
	},
	{
		what: "helmet on a server of its own, where Node answers malformed requests without it",
		app: () => serverOf(appWith(helmet())),
		ids: [...HELMET, "consistency/400"],
	},
	{
		what: "headguard with protectServer, where it does not",
		app: () => {
			const headers = good();
			return serverOf(appWith(headers), headers);
		},
		ids: USUAL,
	},
	{
		what: "a nonce that never changes",
		app: () => {
			const headers = set([
				"Content-Security-Policy",
				"default-src 'self'; script-src 'nonce-c2FtcGxlLW9mLTE2LWJ5dGVz'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			]);
			return appWith(good(), headers);
		},
		ids: ["consistency/csp-replaced", "leak/default-error-page", "nonce/html-mismatch", "nonce/reused"],
	},
	{
		what: "a nonce that counts",
		app: () => {
			let count = 0;
			const numbered: RequestListener = (req, res) =>
				plain([
					"Content-Security-Policy",
					`default-src 'none'; script-src 'nonce-${String(++count).padStart(24, "0")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
				])(req, res);
			return numbered;
		},
		ids: ["nonce/predictable", "nonce/unused-in-html"],
	},
	{
		what: "a page with a nonce that everybody may store",
		app: () => appWith(good(), set(["Cache-Control", "public, max-age=60"])),
		ids: [...USUAL, "nonce/shared-cacheable"],
	},
	{
		what: "a page with a nonce out of a cache",
		app: () => appWith(good(), set(["Age", "120"], ["X-Cache", "HIT from edge"])),
		ids: [...USUAL, "nonce/served-from-cache"],
	},
	{ what: "an element with yesterday's nonce", app: () => showing('<script nonce="b2xk">start()</script>'), ids: [...USUAL, "nonce/html-mismatch"] },
	{
		what: "any origin reflected, with credentials",
		app: () => appWith(good(), cors({ origin: true, credentials: true })),
		ids: [...USUAL, "cors/null-origin", "cors/reflected-credentials"],
	},
	{
		what: "any origin reflected, and caches not told",
		app: () =>
			appWith(good(), (req, res, next) => {
				if (req.headers.origin !== undefined) res.setHeader("Access-Control-Allow-Origin", req.headers.origin);
				next();
			}),
		ids: [...USUAL, "cors/no-vary-origin", "cors/null-origin", "cors/reflected"],
	},
	{ what: "everybody may read", app: () => appWith(good(), cors()), ids: [...USUAL, "corp/cors-conflict"] },
	{
		what: "a list of origins that a careless expression reads",
		app: () => appWith(good(), cors({ origin: /^https:\/\/app.example/ })),
		options: { allowedOrigin: "https://app.example" },
		ids: [...USUAL, "cors/lookalike-origin"],
	},
	{
		what: "a list of origins",
		app: () => appWith(good(), cors({ origin: ["https://app.example"], maxAge: 600 })),
		options: { allowedOrigin: "https://app.example" },
		ids: USUAL,
	},
	{
		what: "CORS that refuses preflights",
		app: () => appWith(good(), (req, res, next) => (req.method === "OPTIONS" ? void res.status(401).end() : next()), cors({ origin: ["https://app.example"] })),
		options: { allowedOrigin: "https://app.example" },
		ids: [...USUAL, "cors/preflight-unhandled"],
	},
	{
		what: "CORS twice, from two writers",
		app: () => plain(["Access-Control-Allow-Origin", "https://a.example", "https://b.example"]),
		ids: ["cors/multiple-acao"],
	},
	{
		what: "the middleware mounted after the routes",
		app: () => {
			const app = appWith();
			app.disable("x-powered-by");
			app.use(good());
			return app;
		},
		ids: NAKED,
	},
	{
		what: "an error handler that clears helmet's headers",
		app: () => {
			const app = appWith(helmet());
			app.use(((_error, _req, res, _next) => {
				for (const name of res.getHeaderNames()) res.removeHeader(name);
				res.status(500).type("html").send(HEAD);
			}) as express.ErrorRequestHandler);
			return app;
		},
		ids: [...HELMET, "consistency/500"],
	},
	{
		what: "stack traces on error pages",
		app: () => {
			const app = appWith(good());
			app.use(((error: Error, _req, res, _next) => void res.status(500).type("txt").send(error.stack)) as express.ErrorRequestHandler);
			return app;
		},
		ids: [...USUAL, "leak/stack-trace"],
	},
	{
		what: "unsafe-inline",
		app: () => appWith(helmet({ contentSecurityPolicy: { directives: { scriptSrc: ["'self'", "'unsafe-inline'"] } } })),
		ids: [...HELMET, "csp/script-unsafe-inline"],
	},
	{
		what: "only a report-only policy",
		app: () => appWith(helmet({ contentSecurityPolicy: { reportOnly: true } })),
		ids: ["csp/report-only-only", "leak/default-error-page", "permissions/missing", "report/none"],
	},
	{
		what: "a policy with a comma among its sources",
		app: () => plain(["Content-Security-Policy", "default-src 'self'; img-src https://a.example, https://b.example; base-uri 'none'"]),
		ids: ["csp/comma-in-value", "csp/no-form-action", "csp/no-frame-ancestors"],
	},
	{
		what: "a policy with words without quotes",
		app: () => plain(["Content-Security-Policy", "default-src self; object-src none; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"]),
		ids: ["csp/object-not-none", "csp/unquoted-keyword"],
	},
	{
		what: "a policy of hosts where anybody publishes",
		app: () =>
			plain(["Content-Security-Policy", "default-src 'none'; script-src https://unpkg.com; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"]),
		ids: ["csp/script-known-bypass"],
	},
	{
		what: "a policy with development left in it",
		app: () =>
			plain(["Content-Security-Policy", "default-src 'none'; connect-src ws://localhost:5173; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"]),
		ids: ["csp/local-or-ip-source"],
	},
	{
		what: "a policy in a meta element alone",
		app: () =>
			showing(
				"<p>hello",
				{ contentSecurityPolicy: false },
				`${HEAD}<meta http-equiv="Content-Security-Policy" content="default-src 'self'; frame-ancestors 'none'">`,
			),
		ids: ["csp/meta-only", "leak/default-error-page"],
	},
	{
		what: "inline handlers that the policy blocks",
		app: () => showing("<button onclick='go()'>go</button><script nonce=NONCE>start()</script>"),
		ids: [...USUAL, "csp/inline-blocked"],
	},
	{
		what: "a script of another origin without integrity",
		app: () => showing("<script src='https://cdn.example/a.js' nonce=NONCE></script>"),
		ids: [...USUAL, "sri/external-missing"],
	},
	{
		what: "images over http",
		app: () => showing("<img src='http://img.example/a.png'><script nonce=NONCE>1</script>"),
		ids: [...USUAL, "mixed/content"],
	},
	{
		what: "a page that names another encoding",
		app: () => showing("<script nonce=NONCE>1</script>", {}, "<!doctype html><meta charset=iso-8859-1><title>page</title>"),
		ids: [...USUAL, "type/charset-mismatch"],
	},
	{
		what: "a page that may be framed",
		app: () => plain(["X-Frame-Options"], ["Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'"]),
		ids: ["frame/unprotected"],
	},
	{ what: "framing that two headers see differently", app: () => plain(["X-Frame-Options", "SAMEORIGIN"]), ids: ["frame/conflict"] },
	{ what: "framing that no browser reads", app: () => plain(["X-Frame-Options", "ALLOWALL"]), ids: ["xfo/invalid"] },
	{
		what: "everything twice, from the application and its proxy",
		app: () => raw(...PLAIN, ...PLAIN.slice(1)),
		ids: ["dup/identical"],
	},
	{
		what: "HSTS twice, with different ages",
		app: () => plain(["Strict-Transport-Security", "max-age=86400", "max-age=31536000"]),
		ids: ["hsts/max-age-short", "hsts/multiple", "hsts/no-subdomains"],
	},
	{ what: "HSTS for a day", app: () => plain(["Strict-Transport-Security", "max-age=86400; includeSubDomains"]), ids: ["hsts/max-age-short"] },
	{
		what: "HSTS that asks for preloading by half",
		app: () => plain(["Strict-Transport-Security", "max-age=31536000; preload"]),
		ids: ["hsts/preload-ineligible"],
	},
	{ what: "no HSTS", app: () => plain(["Strict-Transport-Security"]), ids: ["hsts/missing"] },
	{ what: "no nosniff", app: () => plain(["X-Content-Type-Options"]), ids: ["xcto/missing"] },
	{ what: "referrer to everybody", app: () => appWith(good(), set(["Referrer-Policy", "unsafe-url"])), ids: [...USUAL, "referrer/unsafe"] },
	{
		what: "Permissions-Policy in the old grammar",
		app: () => plain(["Permissions-Policy", "camera 'none'; microphone 'none'"]),
		ids: ["permissions/old-syntax"],
	},
	{
		what: "the camera for everybody",
		app: () => plain(["Permissions-Policy", "camera=*, mikrofon=()"]),
		ids: ["permissions/sensitive-wildcard", "permissions/unknown-feature"],
	},
	{
		what: "isolation by half",
		app: () => plain(["Cross-Origin-Embedder-Policy", "require-corp"], ["Cross-Origin-Opener-Policy", "unsafe-none"]),
		ids: ["isolation/incomplete"],
	},
	{
		what: "a session that scripts may read",
		app: () => appWith(good(), set(["Set-Cookie", "connect.sid=secret; Path=/"])),
		ids: [...USUAL, "cookie/no-samesite", "cookie/no-secure", "cookie/session-no-httponly", "cookie/session-no-prefix"],
	},
	{
		what: "a session as it should be",
		app: () => appWith(good(), set(["Set-Cookie", "__Host-sid=secret; Path=/; Secure; HttpOnly; SameSite=Lax"], ["Cache-Control", "no-store"])),
		ids: USUAL,
	},
	{
		what: "a cookie that everybody may store",
		app: () => plain(["Set-Cookie", "theme=dark; Secure; SameSite=Lax; Max-Age=soon"], ["Cache-Control", "public, max-age=600"]),
		ids: ["cache/error-cacheable", "cookie/malformed", "cookie/shared-cacheable"],
	},
	{ what: "the old filter", app: () => appWith(good(), set(["X-XSS-Protection", "1; mode=block"])), ids: [...USUAL, "obsolete/xxp"] },
	{
		what: "a server that names its version, and its parts",
		app: () => appWith(good(), set(["Server", "Example/1.2.3"], ["X-Generator", "Site 4"])),
		ids: [...USUAL, "leak/server-version", "leak/technology"],
	},
	{
		what: "a key in a header",
		app: () => appWith(good(), set(["X-Debug", "postgres://app:hunter2@db.example/app"])),
		ids: [...USUAL, "leak/secret-in-header"],
	},
	{
		what: "errors that are kept for a day",
		app: () =>
			appWith(good(), (req, res, next) => {
				if (req.path !== "/") res.setHeader("Cache-Control", "public, max-age=86400");
				next();
			}),
		ids: [...USUAL, "cache/error-cacheable"],
	},
	{ what: "compression after the policy", app: () => appWith(good(), compression({ threshold: 0 }) as never), ids: USUAL },
	{
		what: "compression that tells no cache",
		app: () =>
			appWith(good(), (req, res, next) => {
				if (req.headers["accept-encoding"] === "gzip") res.setHeader("Content-Encoding", "gzip");
				next();
			}),
		ids: [...USUAL, "vary/missing"],
	},
	{
		what: "data as a document",
		app: () => {
			const app = express();
			app.disable("x-powered-by");
			app.use(good(), (_req, res) => void res.type("html").send('{"name": "<b>"}'));
			return app;
		},
		options: { failingPath: undefined },
		ids: ["type/json-as-html"],
	},
	{
		what: "reports to an endpoint that nobody defines",
		app: () => plain(["Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; report-to csp"]),
		ids: ["report/endpoint-undefined", "report/report-to-only"],
	},
	{
		what: "an endpoint that refuses reports",
		app: () =>
			appWith(
				good({
					contentSecurityPolicy: {
						directives: {
							defaultSrc: ["'self'"],
							baseUri: ["'none'"],
							formAction: ["'self'"],
							frameAncestors: ["'none'"],
							objectSrc: ["'none'"],
							reportUri: ["/reports"],
						},
					},
				}),
			),
		options: { active: true, raw: false },
		ids: ["leak/default-error-page", "report/unreachable"],
	},
	{
		what: "static files without the policy",
		app: () => {
			const app = express();
			app.set("env", "production");
			app.disable("x-powered-by");
			app.get("/app.js", (_req, res) => void res.type("js").send("start()"));
			app.use(good());
			app.get("/", (_req, res) => void res.type("html").send(pageOf(res)));
			return app;
		},
		options: { failingPath: undefined },
		ids: [...USUAL, "consistency/static"],
	},
	{
		what: "data without the policy",
		app: () => {
			const app = express();
			app.set("env", "production");
			app.disable("x-powered-by");
			app.get("/data", (_req, res) => void res.json({}));
			app.use(good());
			app.get("/", (_req, res) => void res.type("html").send(pageOf(res)));
			return app;
		},
		options: { dataPath: "/data", failingPath: undefined },
		ids: [...USUAL, "consistency/api"],
	},
	{
		what: "uploads that run, and a visit that does not end",
		app: () =>
			appWith(good(), (req, res, next) =>
				req.path === "/up.svg" ? void res.type("svg").send("<svg/>") : req.path === "/out" ? void res.status(204).end() : next(),
			),
		options: { uploadPath: "/up.svg", logoutPath: "/out" },
		ids: [...USUAL, "cache/clear-site-data", "type/upload-inline"],
	},
	{
		what: "redirects to whatever host the request names",
		app: () =>
			appWith(good(), (req, res, next) =>
				req.path === "/" ? void res.redirect(`http://${req.headers["x-forwarded-host"] ?? req.headers.host}/data`) : next(),
			),
		ids: ["leak/default-error-page", "redirect/host-reflected", "redirect/insecure-hop"],
	},
	{
		what: "TRACE that answers",
		app: () => appWith(good(), (req, res, next) => (req.method === "TRACE" ? void res.end("TRACE / HTTP/1.1") : next())),
		options: { active: true, raw: false },
		ids: [...USUAL, "consistency/trace"],
	},
	{
		what: "a form of another site that is accepted",
		app: () => appWith(good(), (req, res, next) => (req.headers["sec-fetch-site"] === "cross-site" ? void res.type("html").send("done") : next())),
		options: { active: true, raw: false },
		ids: [...USUAL, "isolation/cross-site-post"],
	},
	{
		what: "a form of another site that is refused where others are accepted",
		app: () =>
			appWith(good(), isolateResources() as never, (req, res, next) =>
				req.headers["sec-fetch-site"] === "cross-site" ? void res.type("html").send("done") : next(),
			),
		options: { active: true, raw: false },
		ids: USUAL,
	},
];
