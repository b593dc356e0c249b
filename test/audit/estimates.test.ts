import { createHash } from "node:crypto";
import type { RequestListener } from "node:http";
import cors from "cors";
import express, { type RequestHandler } from "express";
import helmet from "helmet";
import { expect, test } from "vitest";
import { audit } from "../../src/audit/index.ts";
import { secureHeaders } from "../../src/index.ts";

const SCRIPT = "document.title = 'x'";
const INTEGRITY = `sha384-${createHash("sha384").update(SCRIPT).digest("base64")}`;

function page(body: string, ...middlewares: RequestHandler[]): RequestListener {
	const app = express();
	for (const middleware of middlewares) app.use(middleware);
	app.get("/", (_req, res) => void res.type("html").send(`<!doctype html><title>t</title>${body.replaceAll("NONCE", String(res.locals["cspNonce"]))}`));
	return app as RequestListener;
}

const set =
	(name: string, value: string | string[]): RequestHandler =>
	(_req, res, next) => {
		res.append(name, value);
		next();
	};
const policy = (directives: Readonly<Record<string, readonly string[]>>): RequestHandler =>
	helmet({ contentSecurityPolicy: { directives: directives as never } });
const COOKIE = "__Host-sess=1; Path=/; Secure; HttpOnly; SameSite=Lax";
const STRICT = secureHeaders({ preset: "strict", crossOriginEmbedderPolicy: "require-corp" }) as never;
const NONCED = `<script nonce="NONCE" integrity="${INTEGRITY}" src="/a.js"></script>`;

/** As the scanner itself scored such applications, over TLS: algorithm 4, then 6. */
const SCORED: readonly (readonly [what: string, app: RequestListener, four: number, six: number])[] = [
	["no middleware", page("<p>"), 30, 30],
	["helmet", page("<p>", helmet()), 120, 130],
	["helmet, local script", page('<script src="/a.js"></script>', helmet()), 120, 130],
	["helmet, local script with integrity", page(`<script src="/a.js" integrity="${INTEGRITY}"></script>`, helmet()), 125, 135],
	["helmet, script of a CDN without integrity", page('<script src="https://cdn.example.net/a.js"></script>', helmet()), 115, 125],
	["helmet, a good session cookie", page("<p>", helmet(), set("Set-Cookie", "sess=1; Path=/; Secure; HttpOnly; SameSite=Lax")), 125, 135],
	["helmet, connect.sid with HttpOnly alone", page("<p>", helmet(), set("Set-Cookie", "connect.sid=1; Path=/; HttpOnly")), 115, 125],
	["helmet, a bare session cookie", page("<p>", helmet(), set("Set-Cookie", "sess=1; Path=/")), 70, 70],
	["helmet without a policy", page("<p>", helmet({ contentSecurityPolicy: false })), 75, 75],
	["helmet, report-only", page("<p>", helmet({ contentSecurityPolicy: { reportOnly: true } })), 75, 75],
	["helmet, unsafe-inline", page("<p>", policy({ "script-src": ["'self'", "'unsafe-inline'"] })), 80, 80],
	["helmet, unsafe-eval", page("<p>", policy({ "script-src": ["'self'", "'unsafe-eval'"] })), 110, 120],
	["helmet, reports over http", page("<p>", policy({ "report-uri": ["http://r.example/"] })), 80, 80],
	["helmet, any origin with credentials", page("<p>", helmet(), cors({ origin: true, credentials: true })), 120, 130],
	[
		"framing in a meta element alone",
		page(`<meta http-equiv="Content-Security-Policy" content="frame-ancestors 'none'">`, helmet({ contentSecurityPolicy: false })),
		75,
		75,
	],
	["strict, isolated, nothing else", page("<p>", STRICT), 130, 150],
	["strict, isolated, cookie and script", page(NONCED, STRICT, set("Set-Cookie", COOKIE)), 140, 160],
];

test.each(SCORED)("%s", async (_what, app, four, six) => {
	const { estimates } = await audit(app);
	expect(estimates.slice(0, 2).map(({ score }) => score)).toEqual([four, six]);
});

test("securityheaders.com", async () => {
	const gradeOf = async (app: RequestListener) => (await audit(app)).estimates[2]?.grade;
	expect(await gradeOf(page("<p>"))).toBe("F");
	expect(await gradeOf(page("<p>", helmet()))).toBe("A");
	expect(await gradeOf(page("<p>", secureHeaders() as never))).toBe("A+");
	const inline = secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: ["'self'", "'unsafe-inline'"] } } });
	expect(await gradeOf(page("<p>", inline as never))).toBe("A");
});

test("what the scanner refuses to judge has no estimate", async () => {
	const app = express().use((_req, res) => void res.status(500).end());
	expect((await audit(app as RequestListener)).estimates).toEqual([]);
});
