import { createRequire } from "node:module";
import compression from "compression";
import cors from "cors";
import express5, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import session from "express-session";
import express4 from "express4";
import helmet from "helmet";
import { describe, expect, test } from "vitest";
import { exchangeFrom } from "../../src/audit/from-policy.ts";
import { judge } from "../../src/audit/judge.ts";
import { deploymentOf } from "../../src/cli/deployment.ts";
import droppedIn from "../../src/helmet/index.ts";
import { csp, type SecureHeaders, secureHeaders } from "../../src/index.ts";
import { compiledFrom } from "../../src/policy/compile.ts";
import { type Answer, type Ask, listen } from "../support/stacks.ts";

const helmet3 = createRequire(import.meta.url)("helmet3") as (options: object) => RequestHandler;

/* What is found in an application before it runs, beside what it sends when it runs. */

const CSP = "Content-Security-Policy";
const XFO = "X-Frame-Options";
const COOP = "Cross-Origin-Opener-Policy";
const PAY = { contentSecurityPolicy: { directives: { scriptSrc: ["https://js.pay.example"] } } };
const PAYS = "adds script-src https://js.pay.example";

const page: RequestHandler = (_req, res) => void res.type("html").send("page");
const failing: RequestHandler = () => {
	throw Object.assign(new Error("x"), { status: 500, headers: { [XFO]: "SAMEORIGIN" } });
};
const pass: RequestHandler = (_req, _res, next) => next();

interface Tools {
	readonly express: typeof express5;
	readonly headers: SecureHeaders;
	/** The same pattern in the syntax of each Express. */
	readonly anyPath: string;
}

/** A request, a header and what its lines must contain. An empty text means that it is absent, and `!` negates a text. */
type Truth = readonly [ask: string | Ask, header: string, ...texts: readonly string[]];

interface Shape {
	readonly build: (app: Express, tools: Tools) => void;
	readonly found: readonly string[];
	readonly truth: readonly Truth[];
}

const weaker = (text: string): string => `deploy/override-weaker: ${text}. Make sure that this is intended.`;
const order = (text: string): string => `deploy/order: ${text} Write app.use(headers) first.`;
const SCRIPT = "script-src 'self'";
const PAID = "script-src 'self' https://js.pay.example";

const SHAPES: Readonly<Record<string, Shape>> = {
	"the policy first, then routes, routers and files": {
		build(app, { express, headers }) {
			const api = express.Router();
			api.get("/users", page);
			app.use(headers, express.json(), express.static("no-such-folder"), cors(), api);
			app.get("/", page);
			app.use(headers.errorHandler);
		},
		found: [],
		truth: [
			["/", CSP, SCRIPT],
			["/users", XFO, "DENY"],
		],
	},
	"an override that only restricts": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/", headers.replace({ referrerPolicy: "no-referrer", crossOriginResourcePolicy: "same-origin" }), page);
		},
		found: [],
		truth: [["/", "Referrer-Policy", "no-referrer"]],
	},
	"an override that adds a hash": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/", headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: [csp.hash("sha256", "a()")] } } }), page);
		},
		found: [],
		truth: [["/", CSP, "script-src 'self' 'sha256-"]],
	},
	"an override that removes a header without protection": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/", headers.replace({ xDnsPrefetchControl: "on" }), page);
		},
		found: [],
		truth: [["/", "X-DNS-Prefetch-Control", "on"]],
	},
	"an override whose function decides in the request": {
		build(app, { headers }) {
			app.use(headers);
			app.use(headers.extend(() => PAY));
			app.get("/", page);
		},
		found: [],
		truth: [["/", CSP, PAID]],
	},
	"a static addition after a function": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/", headers.extend(() => ({})).extend(PAY), page);
		},
		found: [weaker(`GET / ${PAYS}`)],
		truth: [["/", CSP, PAID]],
	},
	"an override on a path": {
		build(app, { headers }) {
			app.use(headers);
			app.use("/api", headers.extend(PAY));
			app.get("/api/x", page);
			app.get("/", page);
		},
		found: [weaker(`everything under /api ${PAYS}`)],
		truth: [
			["/api/x", CSP, PAID],
			["/", CSP, SCRIPT],
		],
	},
	"a replacement on a path": {
		build(app, { headers }) {
			app.use(headers);
			app.use("/embed", headers.replace({ contentSecurityPolicy: { directives: { defaultSrc: [csp.self], frameAncestors: ["https://partner.example"] } } }));
			app.get("/embed", page);
		},
		found: [weaker("everything under /embed adds frame-ancestors https://partner.example; object-src 'self'. It drops base-uri, form-action")],
		truth: [
			["/embed", CSP, "default-src 'self'; frame-ancestors https://partner.example"],
			["/embed", XFO, ""],
		],
	},
	"routers in routers": {
		build(app, { express, headers }) {
			const inner = express.Router();
			inner.post("/pay", headers.extend(PAY), page);
			const outer = express.Router();
			outer.use("/:tenant", inner);
			app.use(headers);
			app.use("/api", outer);
		},
		found: [weaker(`POST /api/:tenant/pay ${PAYS}`)],
		truth: [[{ method: "POST", path: "/api/a/pay" }, CSP, PAID]],
	},
	"a router at several paths": {
		build(app, { express, headers }) {
			const router = express.Router();
			router.get("/pay", headers.extend(PAY), page);
			app.use(headers);
			app.use(["/a", "/b/:id"], router);
		},
		found: [weaker(`each of GET /a/pay and GET /b/:id/pay ${PAYS}`)],
		truth: [
			["/a/pay", CSP, PAID],
			["/b/1/pay", CSP, PAID],
		],
	},
	"a path that is a regular expression": {
		build(app, { headers }) {
			app.use(headers);
			app.use(/^\/re(gex)?/, headers.extend(PAY));
			app.get(/^\/x\d$/, headers.extend(PAY), page);
			app.get("/regex", page);
		},
		found: [weaker(`each of everything under /^\\/re(gex)?/ and GET /^\\/x\\d$/ ${PAYS}`)],
		truth: [
			["/regex", CSP, PAID],
			["/x1", CSP, PAID],
		],
	},
	"a route with several methods": {
		build(app, { headers }) {
			app.use(headers);
			app.route("/form").get(headers.extend(PAY), page).post(page);
		},
		found: [weaker(`GET /form ${PAYS}`)],
		truth: [
			["/form", CSP, PAID],
			[{ method: "POST", path: "/form" }, CSP, SCRIPT],
		],
	},
	"all methods of a route, in both ways": {
		build(app, { headers }) {
			app.use(headers);
			app.all("/a", headers.extend(PAY), page);
			app.route("/b").all(headers.extend(PAY), page);
		},
		found: [weaker(`each of ALL /a and ALL /b ${PAYS}`)],
		truth: [
			[{ method: "PUT", path: "/a" }, CSP, PAID],
			[{ method: "PUT", path: "/b" }, CSP, PAID],
		],
	},
	"an application in an application": {
		build(app, { express, headers }) {
			const admin = express();
			admin.get("/users", headers.extend(PAY), page);
			const panel = express();
			panel.use("/panel", admin);
			app.use(headers);
			app.use("/admin", panel);
		},
		found: [weaker(`GET /admin/panel/users ${PAYS}`)],
		truth: [["/admin/panel/users", CSP, PAID]],
	},
	"what an outer override allows, once": {
		build(app, { express, headers }) {
			const api = express.Router();
			api.get("/a", headers.extend(PAY), page);
			api.get("/b", headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } }), page);
			app.use(headers);
			app.use("/api", headers.extend(PAY), api);
		},
		found: [weaker(`everything under /api ${PAYS}`), weaker("GET /api/b adds img-src https://img.example")],
		truth: [["/api/b", CSP, "img-src 'self' data: https://img.example", PAID]],
	},
	"COOP loosened on a route": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/popup", headers.replace({ crossOriginOpenerPolicy: "unsafe-none" }), page);
		},
		found: [weaker(`GET /popup sets ${COOP} to "unsafe-none", so pages of other sites keep access to its window`)],
		truth: [["/popup", COOP, "unsafe-none"]],
	},
	"X-Frame-Options loosened on a route": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/framed", headers.extend({ xFrameOptions: "SAMEORIGIN" }), page);
		},
		found: [weaker(`GET /framed sets ${XFO} to "SAMEORIGIN", so other pages can frame it`)],
		truth: [["/framed", XFO, "SAMEORIGIN"]],
	},
	"frame-ancestors loosened on a route, and X-Frame-Options with it": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/framed", headers.extend({ contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } } }), page);
		},
		found: [weaker("GET /framed adds frame-ancestors https://partner.example")],
		truth: [
			["/framed", CSP, "frame-ancestors https://partner.example"],
			["/framed", XFO, ""],
		],
	},
	"a CSP that is off on a route": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/old", headers.replace({ contentSecurityPolicy: false, xFrameOptions: "DENY" }), page);
		},
		found: [weaker(`GET /old switches ${CSP} off, so nothing limits what the page loads and runs`)],
		truth: [["/old", CSP, ""]],
	},
	"directives that are removed": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/old", headers.extend({ contentSecurityPolicy: { directives: { formAction: null, baseUri: null } } }), page);
		},
		found: [weaker("GET /old drops base-uri, form-action")],
		truth: [["/old", CSP, "!form-action"]],
	},
	"other headers, with what they open": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/hsts", headers.replace({ strictTransportSecurity: false }), page);
			app.get("/camera", headers.extend({ permissionsPolicy: { features: { camera: ["self"] } } }), page);
			app.get("/file", headers.replace({ crossOriginResourcePolicy: "cross-origin", referrerPolicy: "unsafe-url" }), page);
		},
		found: [
			weaker("GET /hsts switches Strict-Transport-Security off, so browsers forget sooner, or for fewer hosts, to insist on https"),
			weaker('GET /camera sets Permissions-Policy to "camera=self", so the page and its frames can use more features'),
			weaker(
				'GET /file sets Referrer-Policy to "unsafe-url", so other sites receive more of its address. It sets Cross-Origin-Resource-Policy to "cross-origin", so other sites can load it',
			),
		],
		truth: [
			["/hsts", "Strict-Transport-Security", ""],
			["/camera", "Permissions-Policy", "camera=self"],
			["/file", "Referrer-Policy", "unsafe-url"],
		],
	},
	"an override for everything": {
		build(app, { headers }) {
			app.use(headers.extend(PAY));
			app.get("/", page);
		},
		found: [weaker(`every path ${PAYS}`)],
		truth: [["/", CSP, PAID]],
	},
	"helmet after the policy": {
		build(app, { headers }) {
			app.use(headers);
			app.use(helmet());
			app.get("/", page);
		},
		found: [
			`deploy/headers-replaced: helmet() for every path is mounted after the policy and replaces its ${CSP} and 6 more. Remove it, and give its options to secureHeaders().`,
		],
		truth: [
			["/", CSP, "script-src-attr 'none'"],
			["/", XFO, "SAMEORIGIN"],
		],
	},
	"helmet 3 on a path after the policy": {
		build(app, { headers }) {
			app.use(headers);
			app.use("/admin", helmet3({ hsts: false }));
			app.get("/admin", page);
		},
		found: [
			`deploy/headers-replaced: helmet() for everything under /admin is mounted after the policy and replaces its ${XFO}. Remove it, and give its options to secureHeaders().`,
		],
		truth: [
			["/admin", XFO, "SAMEORIGIN"],
			["/admin", "Strict-Transport-Security", "max-age=31536000"],
		],
	},
	"one header of helmet on a route": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/a", helmet.frameguard(), page);
		},
		found: [
			`deploy/headers-replaced: helmet.xFrameOptions() for GET /a is mounted after the policy and replaces its ${XFO}. Remove it, and give its options to secureHeaders().`,
		],
		truth: [["/a", XFO, "SAMEORIGIN"]],
	},
	"what helmet sets beside the policy": {
		build(app, { headers }) {
			app.use(headers);
			app.use(helmet.dnsPrefetchControl(), helmet.hidePoweredBy(), helmet.noSniff());
			app.get("/", page);
		},
		found: [],
		truth: [["/", "X-DNS-Prefetch-Control", "off"]],
	},
	"functions of the application with names of other libraries": {
		build(app, { headers }) {
			app.use(headers);
			app.use(function csp(_req, _res, next) {
				next();
			});
			app.get("/", page);
		},
		found: [],
		truth: [["/", CSP, SCRIPT]],
	},
	"the drop-in of headguard after the policy": {
		build(app, { headers }) {
			app.use(headers);
			app.use(droppedIn({ contentSecurityPolicy: false }) as unknown as RequestHandler);
			app.get("/", page);
		},
		found: [
			`deploy/headers-replaced: helmet() for every path is mounted after the policy and replaces its Strict-Transport-Security and 5 more. Remove it, and give its options to secureHeaders().`,
		],
		truth: [["/", XFO, "SAMEORIGIN"]],
	},
	"helmet before the policy": {
		build(app, { headers }) {
			app.use(helmet({ contentSecurityPolicy: false }));
			app.use(headers);
			app.get("/", page);
		},
		found: [
			"deploy/headers-redundant: helmet() for every path is mounted before the policy, which replaces its Strict-Transport-Security and 5 more. Remove it.",
		],
		truth: [
			["/", XFO, "DENY"],
			["/", "Referrer-Policy", "strict-origin-when-cross-origin"],
		],
	},
	"a second policy for everything": {
		build(app, { headers }) {
			app.use(headers);
			app.use(secureHeaders({ xFrameOptions: false, contentSecurityPolicy: { directives: { scriptSrc: [csp.self], styleSrc: [csp.self] } } }));
			app.get("/", page);
		},
		found: [
			`deploy/policy-replaced: secureHeaders() is mounted again for every path, where it replaces the policy. It switches ${XFO} off, so other pages can frame it. Keep one of them.`,
		],
		truth: [
			["/", XFO, ""],
			["/", CSP, SCRIPT],
		],
	},
	"a second policy on a path": {
		build(app, { headers }) {
			app.use(headers);
			app.use("/admin", secureHeaders({ referrerPolicy: "no-referrer" }));
			app.get("/admin", page);
		},
		found: [
			"deploy/policy-replaced: secureHeaders() is mounted again for everything under /admin, where it replaces the policy. Write headers.extend({ … }) or headers.replace({ … }) there.",
		],
		truth: [["/admin", "Referrer-Policy", "no-referrer"]],
	},
	"the same policy twice": {
		build(app, { express, headers }) {
			const router = express.Router();
			router.use(headers);
			router.get("/a", page);
			app.use(headers);
			app.use(router);
		},
		found: [],
		truth: [["/a", CSP, SCRIPT]],
	},
	"a policy and an override before the policy": {
		build(app, { headers }) {
			app.use("/admin", secureHeaders({ referrerPolicy: "no-referrer" }));
			app.use("/api", headers.extend(PAY));
			app.use(headers);
			app.get("/admin", page);
			app.get("/api", page);
		},
		found: [
			"deploy/policy-replaced: the policy for everything under /admin has no effect, because the policy is mounted after it. Mount it after the policy.",
			"deploy/policy-replaced: the override for everything under /api has no effect, because the policy is mounted after it. Mount it after the policy.",
		],
		truth: [
			["/admin", "Referrer-Policy", "strict-origin-when-cross-origin"],
			["/api", CSP, SCRIPT],
		],
	},
	"a part with a policy of its own before the policy": {
		build(app, { headers }) {
			app.use("/admin", secureHeaders({ referrerPolicy: "no-referrer" }), page);
			app.get("/own", headers, page);
			app.use(headers);
		},
		found: [],
		truth: [
			["/admin", "Referrer-Policy", "no-referrer"],
			["/own", CSP, SCRIPT],
		],
	},
	"routes, files and CORS before the policy": {
		build(app, { express, headers }) {
			const api = express.Router();
			api.get("/status", page);
			app.use("/api", api);
			app.use("/files", express.static("."));
			app.use(cors(), pass);
			app.use(headers);
		},
		found: [order("GET /api/status, express.static under /files, cors() are mounted before the policy.")],
		truth: [
			["/api/status", CSP, ""],
			["/files/package.json", XFO, ""],
			[{ method: "OPTIONS", path: "/x", headers: { Origin: "https://a.example", "Access-Control-Request-Method": "GET" } }, "X-Content-Type-Options", ""],
		],
	},
	"functions on a path before the policy": {
		build(app, { headers }) {
			app.use("/limited", function limiter(_req, res, _next) {
				res.sendStatus(429);
			});
			app.use("/static", page, (_req, res, _next) => void res.sendStatus(200));
			app.use("/args", (...[, res]) => void res.sendStatus(200));
			app.use(headers);
		},
		found: [order("limiter() under /limited, page() under /static, a function under /static, a function under /args are mounted before the policy.")],
		truth: [
			["/limited", CSP, ""],
			["/static", CSP, ""],
			["/args", CSP, ""],
		],
	},
	"a function that cannot pass on, before the policy": {
		build(app, { headers }) {
			app.use(pass, page);
			app.use(headers);
		},
		found: [order("page() for every path is mounted before the policy.")],
		truth: [["/", CSP, ""]],
	},
	"functions before the policy that pass on": {
		build(app, { headers }) {
			app.use(pass, (...[, , next]) => next());
			app.use("/session", compression(), session({ secret: "secret", resave: false, saveUninitialized: false }));
			app.use("/broken", ((_error, _req, _res, next) => next()) as ErrorRequestHandler);
			app.use("/own", headers, pass);
			app.use(headers);
			app.use("/after", pass);
			app.get("/session", page);
		},
		found: [],
		truth: [["/session", CSP, SCRIPT]],
	},
	"an application before the policy": {
		build(app, { express, headers }) {
			const status = express();
			status.get("/live", page);
			app.use("/status", status);
			app.use(headers);
		},
		found: [order("GET /status/live is mounted before the policy.")],
		truth: [["/status/live", CSP, ""]],
	},
	"empty routers and an empty application before the policy": {
		build(app, { express, headers }) {
			app.use("/api", express.Router());
			app.use(express());
			app.use(headers);
			app.get("/", page);
		},
		found: [],
		truth: [["/", CSP, SCRIPT]],
	},
	"a parser before the policy": {
		build(app, { express, headers }) {
			app.use(express.json());
			app.use(headers);
			app.post("/", page);
		},
		found: [order("express.json() is mounted before the policy.")],
		truth: [[{ method: "POST", path: "/", headers: { "Content-Type": "application/json" }, body: "{" }, XFO, ""]],
	},
	"a parser before the policy, with the error handler": {
		build(app, { express, headers }) {
			app.use(express.json());
			app.use(headers);
			app.post("/", page);
			app.use(headers.errorHandler);
		},
		found: [],
		truth: [[{ method: "POST", path: "/", headers: { "Content-Type": "application/json" }, body: "{" }, XFO, "DENY"]],
	},
	"the policy for every path in another spelling": {
		build(app, { headers, anyPath }) {
			app.all(anyPath, headers);
			app.get("/", page);
		},
		found: [],
		truth: [["/", CSP, SCRIPT]],
	},
	"the policy in a router for every path": {
		build(app, { express, headers }) {
			const router = express.Router();
			router.use(headers);
			app.use(router);
			app.get("/", page);
		},
		found: [],
		truth: [["/", CSP, SCRIPT]],
	},
	"the policy for GET alone": {
		build(app, { headers, anyPath }) {
			app.get(anyPath, headers);
			app.post("/", page);
		},
		found: ["deploy/order: the application mounts the policy only for GET ANY. Write app.use(headers) before everything else."],
		truth: [[{ method: "POST", path: "/" }, CSP, ""]],
	},
	"the policy on some paths alone": {
		build(app, { headers }) {
			app.use(["/a", "/b"], headers);
			app.get(["/", "/a"], page);
		},
		found: [
			"deploy/order: the application mounts the policy only for everything under /a, everything under /b. Write app.use(headers) before everything else.",
		],
		truth: [
			["/", CSP, ""],
			["/a", CSP, SCRIPT],
		],
	},
	"an override of another policy": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/pay", secureHeaders({ referrerPolicy: "no-referrer" }).extend({ crossOriginResourcePolicy: "same-origin" }), page);
		},
		found: [
			"deploy/override-foreign: the override for GET /pay was made from another policy than the one that is mounted, and changes the mounted one. Write headers.extend({ … }) with the mounted headers.",
		],
		truth: [["/pay", "Referrer-Policy", "strict-origin-when-cross-origin"]],
	},
	"an override that does not fit the one above it": {
		build(app, { headers }) {
			app.use(headers);
			app.use("/api", headers.replace({ contentSecurityPolicy: false, xFrameOptions: "DENY" }));
			app.get("/api/pay", headers.extend(PAY), page);
		},
		found: [
			"deploy/override-unfit: the override for GET /api/pay does not fit the policy that it changes, so it has no effect: extend.contentSecurityPolicy: Content-Security-Policy is off. Write replace({ … }), or true for its default.",
			weaker(`everything under /api switches ${CSP} off, so nothing limits what the page loads and runs`),
		],
		truth: [["/api/pay", CSP, ""]],
	},
	"the error handler before routes": {
		build(app, { headers }) {
			app.use(headers);
			app.get("/early", failing);
			app.use(headers.errorHandler);
			app.get("/late", failing);
		},
		found: ["deploy/error-handler: headers.errorHandler is mounted before GET /late, whose errors do not reach it. Mount it after the routes."],
		truth: [
			["/early", XFO, "DENY"],
			["/late", XFO, "SAMEORIGIN"],
		],
	},
	"error handlers of the application around that of the policy": {
		build(app, { headers }) {
			const log: ErrorRequestHandler = (error, _req, _res, next) => next(error);
			app.use(headers);
			app.get("/early", failing);
			app.use(log, headers.errorHandler, log);
		},
		found: [],
		truth: [["/early", XFO, "DENY"]],
	},
	"an error handler of a router": {
		build(app, { express, headers }) {
			const api = express.Router();
			api.get("/a", page);
			api.use(headers.errorHandler);
			app.use(headers);
			app.use("/api", api);
			app.get("/b", page);
		},
		found: [],
		truth: [["/b", CSP, SCRIPT]],
	},
};

const FRAMEWORKS = [
	["Express 5", express5, "/{*any}"],
	["Express 4", express4 as unknown as typeof express5, "*"],
] as const;

describe.each(FRAMEWORKS)("%s", (_name, express, anyPath) => {
	test.each(Object.entries(SHAPES))("%s", async (_what, { build, found, truth }) => {
		const headers = secureHeaders({ secure: true, reportingEndpoints: { main: "https://reports.example/" } });
		const app = express();
		app.disable("x-powered-by");
		build(app, { express, headers, anyPath });
		const compiled = compiledFrom(headers);
		const deployment = deploymentOf(compiled, app as never, undefined, "production");
		const findings = judge([exchangeFrom(compiled, "app.js", deployment)]).filter(({ id }) => id.startsWith("deploy/"));
		expect(findings.map(({ id, message }) => `${id}: ${message.replace(anyPath, "ANY")}`)).toEqual(found);
		const server = await listen(app as never);
		try {
			for (const [ask, header, ...texts] of truth) {
				const answer = await server.ask(typeof ask === "string" ? { path: ask } : ask);
				expectLines(answer, header, texts);
			}
		} finally {
			await server.close();
		}
	});
});

function expectLines(answer: Answer, header: string, texts: readonly string[]): void {
	const value = answer.get(header).join(", ");
	for (const text of texts) {
		if (text === "") expect(value, header).toBe("");
		else if (text.startsWith("!")) expect(value, header).not.toContain(text.slice(1));
		else expect(value, header).toContain(text);
	}
}

/** The findings of an application of Express 5 with its own policy. */
function foundIn(headers: SecureHeaders, build: (app: Express) => void): readonly string[] {
	const app = express5();
	app.disable("x-powered-by");
	build(app);
	const compiled = compiledFrom(headers);
	return judge([exchangeFrom(compiled, "app.js", deploymentOf(compiled, app as never, undefined, "production"))])
		.filter(({ id }) => id.startsWith("deploy/"))
		.map(({ id, message }) => `${id}: ${message}`);
}

test("a locked header is not replaced by other middleware", () => {
	const frames = (app: Express, headers: SecureHeaders): unknown => app.use(headers, helmet.frameguard());
	const locked = secureHeaders({ lock: ["xFrameOptions"] });
	expect(foundIn(locked, (app) => frames(app, locked))).toEqual([]);
	const open = secureHeaders();
	expect(foundIn(open, (app) => frames(app, open))).toHaveLength(1);
});

test("many routes with one override are one finding, of which five are named", () => {
	const headers = secureHeaders();
	const found = foundIn(headers, (app) => {
		app.use(headers);
		for (let i = 0; i < 8; i++) app.get(`/${i}`, headers.extend(PAY), page);
	});
	expect(found).toEqual([weaker(`each of GET /0, GET /1, GET /2, GET /3, GET /4 and 3 more ${PAYS}`)]);
});

test("lusca sets what its parts set", () => {
	// As in lusca 1.7: a function with the parts in a closure.
	const lusca = (...headers: readonly RequestHandler[]): RequestHandler =>
		function lusca(req, res, next) {
			for (const header of headers) header(req, res, () => {});
			next();
		};
	const xframe: RequestHandler = function xframe(_req, res, next) {
		res.setHeader(XFO, "SAMEORIGIN");
		next();
	};
	const checkCsrf: RequestHandler = function checkCsrf(_req, _res, next) {
		next();
	};
	const headers = secureHeaders();
	const found = foundIn(headers, (app) => app.use(headers, lusca(checkCsrf), lusca(checkCsrf, xframe), xframe));
	expect(found).toEqual(
		["lusca()", "xframe()"].map(
			(name) =>
				`deploy/headers-replaced: ${name} for every path is mounted after the policy and replaces its ${XFO}. Remove it, and give its options to secureHeaders().`,
		),
	);
});

test("an application that mounts another policy than the one that is exported", () => {
	const headers = secureHeaders();
	const other = secureHeaders({ contentSecurityPolicy: false });
	expect(foundIn(headers, (app) => app.use(other))).toEqual([
		"deploy/order: the application does not mount the policy. Write app.use(headers) before everything else.",
	]);
});

test("control bytes in a path do not reach the terminal", () => {
	const headers = secureHeaders();
	const found = foundIn(headers, (app) => {
		app.use(headers);
		app.get("/\u001b31m\u202e", headers.extend(PAY), page);
	});
	expect(found).toHaveLength(1);
	expect(found.join()).not.toMatch(/[\u0000-\u001f\u202e]/);
});
