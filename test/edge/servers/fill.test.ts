import type { RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emit } from "../../../src/edge/index.ts";
import { csp, secureHeaders } from "../../../src/index.ts";
import { edgeHeaders } from "../../../src/policy/compile.ts";
import { createPolicy } from "../../../src/policy/create.ts";
import type { SecureHeadersOptions } from "../../../src/policy/options.ts";
import { askRaw, type RawAnswer, type RunningServer, SERVERS, startServer, type Upstreams } from "../../support/edge-servers.ts";
import { freePort } from "../../support/free-port.ts";

/** A nonce in both policies. */
const POLICY: SecureHeadersOptions = {
	contentSecurityPolicyReportOnly: { directives: { defaultSrc: [csp.self], scriptSrc: [csp.self, csp.nonce] } },
};
const CSP = "Content-Security-Policy";

/** What the edge has to say where nobody else does, by lower-case name. */
const FILLED: ReadonlyMap<string, string> = new Map(edgeHeaders(createPolicy(POLICY), true).map(({ lowerName, text }) => [lowerName, text]));

function application(headers: ReturnType<typeof secureHeaders>): RequestListener {
	const app = express();
	app.set("env", "test");
	app.set("trust proxy", true);
	app.use(headers as never);
	const page: express.RequestHandler = (_req, res) => void res.type("html").send(`<script nonce="${res.locals["cspNonce"]}">1</script>`);
	app.get("/", page);
	app.get(
		"/etag",
		(_req, res, next) => {
			res.set("ETag", '"x"');
			if (_req.headers["if-none-match"] === '"x"') res.status(304).end();
			else next();
		},
		page,
	);
	app.get("/popup", headers.replace({ crossOriginOpenerPolicy: false, crossOriginResourcePolicy: false }) as never, page);
	app.get("/embed", headers.extend({ contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } } }) as never, page);
	app.get("/plain", headers.replace({ contentSecurityPolicy: false, contentSecurityPolicyReportOnly: false, strictTransportSecurity: false }) as never, page);
	app.get("/sniffed", headers.replace({ xContentTypeOptions: false, originAgentCluster: false }) as never, page);
	app.get("/few", headers.replace({ permissionsPolicy: false, originAgentCluster: false, referrerPolicy: false }) as never, page);
	app.get("/redirect", headers.replace({ crossOriginOpenerPolicy: false }) as never, (_req, res) => void res.redirect("/"));
	app.get("/none", headers.replace({ crossOriginResourcePolicy: false }) as never, (_req, res) => void res.status(204).end());
	app.get(
		"/part",
		headers.replace({ crossOriginResourcePolicy: false }) as never,
		(_req, res) => void res.status(206).set("Content-Range", "bytes 0-0/9").send("x"),
	);
	app.get("/two", (_req, res) => void res.append("Content-Security-Policy", "img-src 'none'").send("two"));
	app.get("/boom", headers.replace({ xFrameOptions: false }) as never, () => {
		throw new Error("broken");
	});
	return app as RequestListener;
}

/** Another application behind the same edge, which knows of no policy. */
function bare(): RequestListener {
	const app = express();
	app.set("env", "test");
	app.get("/bare", (_req, res) => void res.send("bare"));
	app.get("/bare/own", (_req, res) => void res.writeHead(200, { "x-frame-options": "SAMEORIGIN" }).end());
	app.get("/bare/empty", (_req, res) => void res.writeHead(200, { "Referrer-Policy": "", "Permissions-Policy": "" }).end());
	app.get("/bare/two", (_req, res) => void res.writeHead(200, { "Content-Security-Policy": ["img-src 'none'", "media-src 'none'"] }).end());
	app.get("/bare/304", (_req, res) => void res.writeHead(304, { ETag: '"x"' }).end());
	app.get("/bare/stripped", (_req, res) => void res.writeHead(304, { "X-Content-Type-Options": "nosniff" }).end());
	app.get("/bare/boom", () => {
		throw new Error("broken");
	});
	return app as RequestListener;
}

const servers: Server[] = [];
let up: Upstreams = { app: 0, bare: 0, dead: 0 };

async function listen(app: RequestListener): Promise<number> {
	const server = createServer(app);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
	up = { app: await listen(application(secureHeaders(POLICY))), bare: await listen(bare()), dead: await freePort() };
});
afterAll(() => {
	for (const server of servers) {
		server.closeAllConnections();
		server.close();
	}
});

/** The headers of the policy on a response, a line each, with any nonce. */
function policyOf({ fields }: RawAnswer): readonly string[] {
	return fields
		.flatMap(([name, value]) =>
			FILLED.has(name.toLowerCase()) || /^x-headguard/i.test(name) ? [`${name.toLowerCase()}: ${value.replace(/'nonce-[^']+'/g, "'nonce-…'")}`] : [],
		)
		.sort();
}

const linesWithout = (...names: readonly string[]): readonly string[] =>
	[...FILLED]
		.filter(([name]) => !names.some((one) => one.toLowerCase() === name))
		.map(([name, value]) => `${name}: ${value}`)
		.sort();

/** What the application answers: status, path, and how it is asked. */
const OF_APPLICATION: readonly (readonly [what: string, status: number, path: string, method?: string, headers?: readonly string[]])[] = [
	["a page with a nonce", 200, "/"],
	["HEAD", 200, "/", "HEAD"],
	["a page with a validator", 200, "/etag"],
	["its 304", 304, "/etag", "GET", ['If-None-Match: "x"']],
	["a route without COOP and CORP", 200, "/popup"],
	["a route in a partner's frame", 200, "/embed"],
	["a route without any CSP and HSTS", 200, "/plain"],
	["a route without nosniff", 200, "/sniffed"],
	["a route without most of it", 200, "/few"],
	["a redirect", 302, "/redirect"],
	["204", 204, "/none"],
	["206", 206, "/part", "GET", ["Range: bytes=0-0"]],
	["a policy in two lines", 200, "/two"],
	["404", 404, "/missing"],
	["500", 500, "/boom"],
];

describe.each(SERVERS)("%s", (name) => {
	let server: RunningServer;
	beforeAll(async () => {
		server = await startServer(name, emit(name, POLICY, { mode: "fill" }).files, up);
	});
	afterAll(() => server.stop());

	test("fill adds nothing to a response that has the application's policy, whatever a route has switched off", async () => {
		const { port } = server;
		for (const [what, status, path, method, headers = []] of OF_APPLICATION) {
			// Known to be http, where the application leaves HSTS, COOP and Origin-Agent-Cluster out.
			for (const proto of ["http", "https"]) {
				const asked = [...headers, `X-Forwarded-Proto: ${proto}`];
				// Caddy says itself how it was asked. Apache does not pass it on, and takes HSTS off.
				const [direct, answer] = await Promise.all([
					askRaw(up.app, path, method, name === "apache" ? headers : name === "caddy" ? [...headers, "X-Forwarded-Proto: http"] : asked),
					askRaw(port, path, method, asked),
				]);
				expect([what, direct.status, answer.status]).toEqual([what, status, status]);
				const wanted = policyOf(direct).filter((line) => name !== "apache" || !line.startsWith("strict-transport-security"));
				expect([what, proto, policyOf(answer)]).toEqual([what, proto, wanted]);
				expect(wanted.length).toBeGreaterThan(2);
			}
		}
	});

	test("and what such a route has switched off stands on the others", async () => {
		const names = async (path: string): Promise<readonly string[]> => policyOf(await askRaw(server.port, path)).map((line) => line.split(":", 1)[0] ?? "");
		for (const [path, ...gone] of [
			["/popup", "cross-origin-opener-policy", "cross-origin-resource-policy"],
			["/embed", "x-frame-options"],
			["/plain", "content-security-policy", "content-security-policy-report-only"],
			["/sniffed", "x-content-type-options"],
		] as const) {
			for (const header of gone) {
				// Caddy says that it was asked over http, where the application leaves it out.
				const isThere = name !== "caddy" || header !== "cross-origin-opener-policy";
				expect([header, (await names("/")).includes(header), (await names(path)).includes(header)]).toEqual([header, isThere, false]);
			}
		}
	});

	test("fill sets everything where no policy is: in another application, on its errors, on those of the edge", async () => {
		const { port } = server;
		for (const [path, ...statuses] of [
			["/bare", 200],
			["/dead", 502, 503],
			["/local404", 404],
		] as const) {
			const answer = await askRaw(port, path);
			expect(statuses).toContain(answer.status);
			expect([path, policyOf(answer)]).toEqual([path, linesWithout()]);
		}
		for (const path of ["/bare/missing", "/bare/boom"])
			expect([path, policyOf(await askRaw(port, path))]).toEqual([path, ["content-security-policy: default-src 'none'", ...linesWithout(CSP)].sort()]);
		expect(policyOf(await askRaw(port, "/bare/own"))).toEqual(["x-frame-options: SAMEORIGIN", ...linesWithout("X-Frame-Options")].sort());
		expect(policyOf(await askRaw(port, "/bare/two"))).toEqual(
			["content-security-policy: img-src 'none'", "content-security-policy: media-src 'none'", ...linesWithout(CSP)].sort(),
		);
		// nginx itself cannot take a header off one response, and sends an empty one on.
		const empty = name === "nginx" ? ["permissions-policy: ", "referrer-policy: "] : [];
		expect(policyOf(await askRaw(port, "/bare/empty"))).toEqual([...empty, ...linesWithout()].sort());
	});

	test("fill never puts what has a nonce slot on a 304, whoever sent it", async () => {
		expect(policyOf(await askRaw(server.port, "/bare/304"))).toEqual(linesWithout(CSP, "Content-Security-Policy-Report-Only"));
		expect(policyOf(await askRaw(server.port, "/bare/stripped"))).toEqual(["x-content-type-options: nosniff"]);
	});

	test("what belongs to the edge is on every response, beside the application's own headers", async () => {
		const options: SecureHeadersOptions = { owner: { xFrameOptions: "edge", strictTransportSecurity: "edge" } };
		const app = await listen(application(secureHeaders(options)));
		const owning = await startServer(name, emit(name, options, { mode: "fill" }).files, { ...up, app });
		try {
			for (const path of ["/", "/popup", "/missing", "/bare", "/dead", "/local404"]) {
				const lines = policyOf(await askRaw(owning.port, path));
				expect([path, lines.filter((line) => /^(?:x-frame-options|strict-transport-security):/.test(line))]).toEqual([
					path,
					["strict-transport-security: max-age=31536000; includeSubDomains", "x-frame-options: DENY"],
				]);
			}
			expect(policyOf(await askRaw(owning.port, "/")).filter((line) => line.startsWith("referrer-policy"))).toHaveLength(1);
		} finally {
			await owning.stop();
		}
	});
});
