import { createServer, IncomingMessage, OutgoingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { securedBy } from "../src/compiled/index.ts";
import { CODES, type Code } from "../src/core/codes.ts";
import { PolicyError } from "../src/core/errors.ts";
import { csp } from "../src/csp/index.ts";
import { withNonce } from "../src/frameworks/index.ts";
import { httpsRedirect } from "../src/https.ts";
import { clearSiteData, getNonce, type HeadguardEvent, protectServer, secureHeaders } from "../src/index.ts";
import { isolateResources } from "../src/isolation/index.ts";
import { compiledModule } from "./support/compiled.ts";
import { codesOf, warningsOf } from "./support/policy.ts";

/** Options that are refused with the code. */
const refused = (options: unknown) => () => codesOf(options);
/** Options that are accepted with the code as a warning. */
const warned = (options: unknown) => () => warningsOf(options).map((line) => line.split(" ")[1]);
const directives = (given: object) => ({ contentSecurityPolicy: { directives: given } });
const source = (text: unknown) => refused(directives({ scriptSrc: [text] }));
const thrown = (act: () => unknown) => () => {
	try {
		act();
	} catch (error) {
		if (error instanceof PolicyError) return error.issues.map(({ code }) => code);
	}
	return [];
};
const event =
	(res: object, act: (res: object) => void = () => {}) =>
	() => {
		const events: HeadguardEvent[] = [];
		secureHeaders({
			contentSecurityPolicy: directives({ scriptSrc: [csp.self], styleSrc: [csp.self] }).contentSecurityPolicy,
			onEvent: (one) => events.push(one),
		})({ headers: {}, url: "/" } as never, res as never);
		act(res);
		return events.map(({ code }) => code);
	};
const response = (overrides: object = {}) => ({ headersSent: false, getHeader: () => undefined, setHeader: () => {}, removeHeader: () => {}, ...overrides });

/** The events of a genuine response that no socket reads. */
const onWire =
	(act: (res: ServerResponse, req: IncomingMessage) => void, options: object = {}, headers: object = {}, socket?: Socket) =>
	() => {
		const events: HeadguardEvent[] = [];
		const req = Object.assign(new IncomingMessage(socket as never), { method: "GET", url: "/", headers: { host: "app.example", ...headers } });
		const res = new ServerResponse(req);
		secureHeaders({ ...options, onEvent: (one) => events.push(one) })(req, res);
		act(res, req);
		if (!res.headersSent) res.writeHead(200);
		return events.map(({ code }) => code);
	};

/** One way to each code. The type makes the table complete; the test proves that each way leads there. */
const TRIGGERS: Readonly<Record<Code, () => readonly unknown[]>> = {
	"option/type": refused({ referrerPolicy: {} }),
	"option/unknown": refused({ nonsense: 1 }),
	"option/alias": refused({ hsts: true }),
	"option/async": refused(Promise.resolve()),
	"option/iterator": refused({ referrerPolicy: [].values() }),
	"option/unreadable": refused(
		new Proxy(
			{},
			{
				ownKeys: () => {
					throw new Error("x");
				},
			},
		),
	),
	"usage/not-called": thrown(() => secureHeaders({ httpVersion: "1.1", headers: {}, url: "/" } as never)),
	"usage/called": thrown(() => (secureHeaders().errorHandler as () => void)()),
	"usage/no-server": thrown(() => protectServer((() => {}) as never, secureHeaders())),
	"usage/no-policy": thrown(() => protectServer(createServer(), {} as never)),
	"header/too-large": refused(directives({ imgSrc: Array.from({ length: 2000 }, (_, i) => `host${i}.example`) })),
	"header/name": refused({ removeHeaders: ["a b"] }),
	"csp/empty": refused({ contentSecurityPolicy: { useDefaults: false } }),
	"csp/empty-directive": refused(directives({ imgSrc: [] })),
	"csp/unknown-directive": refused(directives({ imageSrc: [csp.self] })),
	"csp/obsolete-directive": refused(directives({ pluginTypes: ["x"] })),
	"csp/duplicate-directive": refused(directives({ imgSrc: [csp.self], "img-src": [csp.self] })),
	"csp/unquoted-keyword": source("self"),
	"csp/wrong-quotes": source("“self”"),
	"csp/invalid-keyword": source("'x'"),
	"csp/keyword-no-effect": refused(directives({ imgSrc: [csp.unsafeInline] })),
	"csp/never-matches": warned(directives({ imgSrc: ["https://cdn.example/npm/*"] })),
	"csp/none-not-alone": refused(directives({ imgSrc: [csp.none, csp.self] })),
	"csp/separator": source("a;b"),
	"csp/whitespace": source("a b"),
	"csp/non-ascii": source("ü.example"),
	"csp/invalid-source": source("/"),
	"csp/scheme-without-colon": source("https"),
	"csp/invalid-token": refused(directives({ sandbox: ["x"] })),
	"csp/raw-source": warned(directives({ imgSrc: [csp.raw("'x'")] })),
	"csp/raw-directive": warned({ contentSecurityPolicy: { allowUnknownDirectives: { "brand-new-src": [csp.self] } } }),
	"csp/raw-known": refused(directives({ imgSrc: [csp.raw("'self'")] })),
	"csp/experimental-source": warned(directives({ scriptSrc: [csp.evalHash("sha256", "1")] })),
	"csp/hash-length": source("'sha256-x'"),
	"csp/strict-dynamic-alone": source(csp.strictDynamic),
	"csp/report-only-ignored": refused({ contentSecurityPolicyReportOnly: { directives: { sandbox: [] } } }),
	"csp/script-unsafe-inline": warned(directives({ scriptSrc: [csp.unsafeInline] })),
	"csp/scheme-like-host": warned(directives({ formAction: ["shop.example:"] })),
	"csp/script-unsafe-eval": warned(directives({ scriptSrc: [csp.unsafeEval] })),
	"csp/script-wildcard": warned(directives({ scriptSrc: ["*"] })),
	"csp/trusted-types-eval": warned(directives({ scriptSrc: [csp.trustedTypesEval] })),
	"csp/object-wildcard": warned(directives({ objectSrc: ["*"] })),
	"csp/other-wildcard": warned(directives({ imgSrc: ["*"] })),
	"csp/base-uri-wildcard": warned(directives({ baseUri: ["*"] })),
	"csp/form-action-wildcard": warned(directives({ formAction: ["*"] })),
	"csp/frame-ancestors-wildcard": warned(directives({ frameAncestors: ["*"] })),
	"csp/http-source": warned(directives({ imgSrc: ["http://a.example"] })),
	"csp/local-or-ip-source": warned(directives({ imgSrc: ["127.0.0.1"] })),
	"csp/underscore-host": warned(directives({ imgSrc: ["a_b.example"] })),
	"csp/any-host-port": warned(directives({ imgSrc: ["*:443"] })),
	"csp/query-in-source": warned(directives({ imgSrc: ["a.example/?x"] })),
	"csp/no-script-src": warned(directives({ scriptSrc: null, defaultSrc: null })),
	"csp/no-object-src": warned(directives({ objectSrc: null, defaultSrc: null })),
	"csp/no-base-uri": warned(directives({ baseUri: null })),
	"csp/no-form-action": warned(directives({ formAction: null })),
	"csp/no-frame-ancestors": warned(directives({ frameAncestors: null })),
	"csp/sandbox-escape": warned(directives({ sandbox: ["allow-scripts", "allow-same-origin"] })),
	"nonce/literal": source("'nonce-abc'"),
	"nonce/too-late": thrown(() => {
		const res = response();
		event(res)();
		getNonce(Object.assign(res, { headersSent: true }) as never);
	}),
	"nonce/not-mounted": thrown(() => getNonce({} as never)),
	"nonce/foreign": event(response({ locals: { cspNonce: "short" } }), (res) => getNonce(res as never)),
	"nonce/slot": thrown(() => withNonce("", "", "NONCE")),
	"nonce/no-slot": event(response(), (res) => getNonce(res as never)),
	"nonce/shared-cacheable": onWire((res) => {
		getNonce(res);
		res.setHeader("Cache-Control", "public");
	}),
	"nonce/one-sided": warned(directives({ scriptSrc: [csp.self] })),
	"nonce/dropped": onWire((res) => {
		getNonce(res);
		res.setHeader("Content-Security-Policy", "default-src 'self'");
	}),
	"override/no-effect": thrown(() => secureHeaders().extend(directives({ styleSrc: [csp.unsafeInline] }))),
	"override/restricts": thrown(() => secureHeaders().extend(directives({ imgSrc: [csp.none] }))),
	"override/header-off": thrown(() => secureHeaders({ contentSecurityPolicy: false }).extend(directives({ imgSrc: ["a.example"] }))),
	"override/deleted": () =>
		secureHeaders()
			.extend(directives({ imgSrc: null }))
			.policy.warnings.map(({ code }) => code),
	"override/failed": () => {
		const events: HeadguardEvent[] = [];
		const headers = secureHeaders({ onEvent: (one) => events.push(one) });
		const failing = headers.extend(() => {
			throw new Error("x");
		});
		failing({ headers: {}, url: "/" } as never, response() as never);
		return events.map(({ code }) => code);
	},
	"override/too-late": onWire((res) => {
		res.writeHead(200);
		try {
			secureHeaders().override(res, {});
		} catch {
			/* told as an event too */
		}
	}),
	"override/not-mounted": thrown(() => secureHeaders().override({} as never, {})),
	"override/weaker": onWire((res) => void res.setHeader("X-Frame-Options", "SAMEORIGIN")),
	"override/completed": onWire((res) => void res.setHeader("Content-Security-Policy", "script-src 'self'")),
	"override/conflict": onWire((res) => void res.setHeader("X-Frame-Options", ["SAMEORIGIN", "DENY"])),
	"override/empty": onWire((res) => res.setHeader("X-Frame-Options", "")),
	"override/removed": onWire((res) => res.removeHeader("X-Frame-Options")),
	"transport/untrusted-proto": onWire(() => {}, {}, { "x-forwarded-proto": "https" }),
	"transport/secure-failed": onWire(() => {}, {
		secure: () => {
			throw new Error("x");
		},
	}),
	"isolation/refused": onWire((res, req) => isolateResources()(req, res, () => {}), {}, { "sec-fetch-site": "cross-site" }),
	"redirect/loop": onWire((res, req) => httpsRedirect()(req, res, () => {}), { secure: false }, { "x-forwarded-proto": "https" }),
	"redirect/bad-host": onWire((res, req) => httpsRedirect({ hosts: ["other.example"] })(req, res, () => {})),
	"content-type/missing": onWire((res) => res.end("x")),
	"attach/not-reached": () => {
		const events: HeadguardEvent[] = [];
		const headers = secureHeaders({ onEvent: (one) => events.push(one) });
		const server = protectServer(
			createServer((req, res) => {
				if (req.url === "/reached") headers(req, res);
				res.end("x");
			}),
			headers,
		);
		for (const url of ["/reached", "/"]) {
			const req = Object.assign(new IncomingMessage(null as never), { url });
			server.emit(
				"request",
				req,
				new ServerResponse(req).on("error", () => {}),
			);
		}
		return events.map(({ code }) => code);
	},
	"hsts/max-age-invalid": refused({ strictTransportSecurity: { maxAge: -1 } }),
	"hsts/max-age-short": warned({ strictTransportSecurity: { maxAge: 1 } }),
	"hsts/max-age-under-a-year": warned({ strictTransportSecurity: { maxAge: 20_000_000 } }),
	"hsts/max-age-excessive": warned({ strictTransportSecurity: { maxAge: 31_536_000_000 } }),
	"hsts/max-age-zero": warned({ strictTransportSecurity: { maxAge: 0 } }),
	"hsts/preload-ineligible": refused({ strictTransportSecurity: { preload: true, maxAge: 1 } }),
	"xcto/invalid": refused({ xContentTypeOptions: "x" }),
	"xfo/invalid": refused({ xFrameOptions: "x" }),
	"xfo/allow-from": refused({ xFrameOptions: "ALLOW-FROM x" }),
	"frame/conflict": warned({ xFrameOptions: "SAMEORIGIN" }),
	"referrer/invalid": refused({ referrerPolicy: "x" }),
	"referrer/unsafe": warned({ referrerPolicy: "origin" }),
	"permissions/unknown-feature": refused({ permissionsPolicy: { features: { x: [] } } }),
	"permissions/retired-feature": refused({ permissionsPolicy: { features: { vr: [] } } }),
	"permissions/duplicate": refused({ permissionsPolicy: { features: { screenWakeLock: [], "screen-wake-lock": [] } } }),
	"permissions/allowlist": refused({ permissionsPolicy: { features: { usb: ["x"] } } }),
	"permissions/empty": refused({ permissionsPolicy: { useDefaults: false } }),
	"permissions/sensitive-wildcard": warned({ permissionsPolicy: { features: { usb: "*" } } }),
	"coop/invalid": refused({ crossOriginOpenerPolicy: "x" }),
	"coop/unsafe-none": warned({ crossOriginOpenerPolicy: "unsafe-none" }),
	"coep/invalid": refused({ crossOriginEmbedderPolicy: "x" }),
	"corp/invalid": refused({ crossOriginResourcePolicy: "x" }),
	"oac/invalid": refused({ originAgentCluster: "x" }),
	"dip/invalid": refused({ documentIsolationPolicy: "x" }),
	"isolation/incomplete": warned({ crossOriginEmbedderPolicy: true, crossOriginOpenerPolicy: false }),
	"integrity-policy/invalid": refused({ integrityPolicy: { blockedDestinations: ["x"] } }),
	"connection-allowlist/invalid": refused({ connectionAllowlist: { allow: ["api.example"] } }),
	"connection-allowlist/open": warned({ connectionAllowlist: { redirects: "allow" } }),
	"report/name": refused({ reportingEndpoints: { A: "/r" } }),
	"report/url": refused({ reportingEndpoints: { a: "x y" } }),
	"report/endpoint-undefined": refused(directives({ reportTo: "a" })),
	"report/endpoint-insecure": warned({ reportingEndpoints: { a: "http://a.example" } }),
	"report/none": warned({ contentSecurityPolicyReportOnly: true }),
	"report/legacy-report-to": warned({ reportTo: [{ group: "a", endpoints: ["https://a.example"] }] }),
	"nel/invalid": refused({ nel: { reportTo: "a", maxAge: -1 } }),
	"cache/clear-site-data": thrown(() => clearSiteData("x" as never)),
	"xxp/invalid": refused({ xXssProtection: "1" }),
	"legacy/invalid": refused({ xDownloadOptions: "x" }),
	"compiled/format": thrown(() => securedBy({ ...compiledModule(secureHeaders()), format: 2 })),
	"compiled/changed": thrown(() => securedBy({ ...compiledModule(secureHeaders()), main: "x" })),
	"compiled/invalid": thrown(() => securedBy({} as never)),
	"compiled/functions": thrown(() => securedBy(compiledModule(secureHeaders()), { sources: { x: () => [] } })),
	"compiled/answer": () => {
		const asked = {
			contentSecurityPolicy: {
				directives: {
					imgSrc: [
						csp.self,
						function images() {
							return "'unsafe-inline'";
						},
					],
				},
			},
		};
		const codes: unknown[] = [];
		securedBy(compiledModule(secureHeaders(asked)), { sources: { images: () => "'unsafe-inline'" } })({ headers: {} } as never, response() as never, (error) =>
			codes.push(...(error as PolicyError).issues.map(({ code }) => code)),
		);
		return codes;
	},
	"attach/failed": event(
		response({
			setHeader: () => {
				throw new Error("x");
			},
		}),
	),
	"attach/bypassed": onWire((res) => Object.assign(res, { _storeHeader: Reflect.get(OutgoingMessage.prototype, "_storeHeader") }), {}, {}, new Socket()),
	"attach/too-late": event(response({ headersSent: true })),
};

test.each(Object.entries(TRIGGERS))("%s is raised", (code, trigger) => {
	expect(trigger()).toContain(code);
});

test("every code has its way, and every way its code", () => {
	expect(Object.keys(TRIGGERS).sort()).toEqual(Object.keys(CODES).sort());
});

test("codes are area/kebab-name with a sentence", () => {
	for (const [code, summary] of Object.entries(CODES)) {
		expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*\/[a-z0-9]+(?:-[a-z0-9]+)*$/);
		expect(summary).toMatch(/^\S.*\.$/);
	}
});
