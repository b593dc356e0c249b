import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import cors from "cors";
import type { RequestHandler } from "express";
import original from "helmet";
import { describe, expect, test } from "vitest";
import kept from "../../src/helmet/index.ts";
import { type Answer, type AnyApp, listen, STACKS } from "../support/stacks.ts";

const PATHS = [
	"/",
	"/json",
	"/public/demo.css",
	"/public/missing.css",
	"/public",
	"/go",
	"/embed",
	"/open",
	"/throw",
	"/reject",
	"/stream",
	"/early",
	"/%",
	"/none",
];

/** An application as helmet's users write it. */
function appWith(helmet: typeof original, create: () => AnyApp): AnyApp {
	const app = create();
	app.set("env", "test");
	let count = 0;
	app.use((_req, res, next) => {
		res.locals["nonce"] = createHash("sha256").update(`nonce ${count++}`).digest("hex");
		next();
	});
	app.use(
		helmet({
			contentSecurityPolicy: {
				directives: {
					"script-src": ["'self'", (_req, res) => `'nonce-${(res as { locals?: { nonce?: string } }).locals?.nonce}'`],
					imgSrc: ["'self'", "https://img.example"],
				},
			},
			hsts: { maxAge: 63_072_000, preload: true },
			referrerPolicy: { policy: "same-origin" },
			crossOriginEmbedderPolicy: { policy: "credentialless" },
		}),
	);
	app.use("/public", serve(create));
	app.use(cors());
	app.get("/", (_req, res) => void res.send(`<script nonce="${res.locals["nonce"]}">1</script>`));
	app.get("/json", (_req, res) => void res.json({ ok: true }));
	app.get("/go", (_req, res) => res.redirect("/"));
	app.get(
		"/embed",
		helmet.frameguard({ action: "deny" }),
		helmet.contentSecurityPolicy({ useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } }),
		(_req, res) => void res.send("ok"),
	);
	app.get("/open", (_req, res) => {
		res.removeHeader("Cross-Origin-Resource-Policy");
		res.removeHeader("X-Frame-Options");
		res.setHeader("Cross-Origin-Opener-Policy", "unsafe-none");
		res.send("ok");
	});
	app.get("/throw", () => {
		throw new Error("broken");
	});
	app.get("/reject", (_req, _res, next) => next(Object.assign(new Error("teapot"), { status: 418, headers: { "X-Tea": "1" } })));
	app.get("/stream", (_req, res) => void Readable.from(["a", "b"]).pipe(res));
	app.get("/early", (_req, res) => {
		res.writeHead(201, { "Content-Type": "text/plain", "X-Own": "1" });
		res.end("ok");
	});
	return app;
}

function serve(create: () => AnyApp) {
	const { static: statics } = create as unknown as { static(root: string, options: object): RequestHandler };
	return statics("examples/express-ejs/public", { index: false });
}

const fields = ({ status, lines, body }: Answer): unknown => {
	const byName = lines.filter(([name]) => !/^(?:date|etag|last-modified)$/i.test(name)).map(([name, value]) => `${name.toLowerCase()}: ${value}`);
	return { status, body, lines: byName.sort() };
};

describe.each(STACKS.filter(({ framework }) => framework === "express"))("$name", ({ create }) => {
	test("another import changes nothing but the policy of the framework's own pages", async () => {
		const servers = await Promise.all([original, kept].map((helmet) => listen(appWith(helmet as typeof original, create) as never)));
		const different: string[] = [];
		for (const path of PATHS) {
			for (const method of ["GET", "HEAD", "OPTIONS"]) {
				const [theirs, mine] = await Promise.all(servers.map((server) => server.ask({ path, method })));
				if (theirs === undefined || mine === undefined) throw new Error("no answer");
				const ownPolicy = theirs.get("content-security-policy").join();
				// Of the framework, before 2019 and since.
				if (ownPolicy === "default-src 'self'" || ownPolicy === "default-src 'none'") {
					different.push(path);
					expect(mine.get("content-security-policy").join()).toBe(
						`${ownPolicy};base-uri 'self';form-action 'self';frame-ancestors 'self';upgrade-insecure-requests`,
					);
					const without = (answer: Answer): Answer => ({ ...answer, lines: answer.lines.filter(([name]) => !/^content-security-policy$/i.test(name)) });
					expect(fields(without(mine)), `${method} ${path}`).toEqual(fields(without(theirs)));
				} else expect(fields(mine), `${method} ${path}`).toEqual(fields(theirs));
			}
		}
		// Also what is the same: the policy of the app itself, and that of a route.
		expect([...new Set(different)].sort()).toEqual(["/%", "/none", "/public", "/public/missing.css", "/reject", "/throw"]);
		await Promise.all(servers.map((server) => server.close()));
	});
});
