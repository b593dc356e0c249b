import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createSocketServer, type Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import cors from "cors";
import type { Express } from "express";
import helmet from "helmet";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type AuditOptions, type AuditReport, audit, Unreachable } from "../../src/audit/index.ts";
import { protectServer, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { CERTIFICATE } from "../support/certificate.ts";
import { appWith, good } from "./zoo/apps.ts";

// Express tells of errors where it runs in production.
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

const serious = ({ findings }: AuditReport): string[] => findings.filter(({ severity }) => severity !== "note").map(({ id }) => id);

describe("the grade", () => {
	const gradeOf = async (app: unknown, options: AuditOptions = {}) => (await audit(app as RequestListener, { failingPath: "/fail", ...options })).grade;

	test.each<[string, () => Express, string, number]>([
		["bare Express", () => appWith(), "F", 14],
		["helmet's defaults", () => appWith(helmet()), "A", 97],
		["headguard's defaults", () => appWith(good()), "A+", 100],
		["headguard, strict", () => appWith(good({ preset: "strict" })), "A+", 100],
	])("%s", async (_what, app, letter, points) => {
		expect(await gradeOf(app())).toMatchObject({ letter, points, notApplicable: ["CORS", "cookies"], model: 2 });
	});

	test('what the preset "compatible" leaves open is ignored where the policy is known, and still counts in the grade', async () => {
		const headers = secureHeaders({ preset: "compatible" });
		const known = await audit(appWith(headers as never) as RequestListener, { failingPath: "/fail", expect: headers });
		const unknown = await audit(appWith(headers as never) as RequestListener, { failingPath: "/fail" });
		// The page of this application prints the nonce.
		expect(serious(known)).toEqual(["nonce/html-only"]);
		expect(known.ignored.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([
			"csp/no-script-src: the preset leaves it open: injected scripts run, and forms can send data anywhere",
			"csp/no-form-action: the preset leaves it open: injected scripts run, and forms can send data anywhere",
		]);
		expect(serious(unknown)).toEqual(["csp/no-script-src", "csp/no-form-action", "nonce/html-only"]);
		expect(known.stale).toEqual([]);
		expect(known.grade).toEqual(unknown.grade);
		expect(known.grade.letter).toBe("C");
	});

	test("helmet on a server of its own, where Node answers malformed requests without it", async () => {
		const server = createHttpServer(appWith(helmet()) as RequestListener).listen(0);
		const report = await audit(server, { failingPath: "/fail" });
		expect(report.grade).toMatchObject({ letter: "A", points: 94 });
		expect(new Set(serious(report))).toEqual(new Set(["consistency/csp-replaced", "consistency/400"]));
		server.close();
	});

	test("a server that speaks https, whoever signed its certificate", async () => {
		const server = createHttpsServer(CERTIFICATE, appWith(helmet()) as RequestListener);
		const { grade, responses } = await audit(server);
		expect(responses[0]?.url).toMatch(/^https:/);
		expect(grade.letter).toBe("A");
	});

	test("headguard with protectServer, where it does not", async () => {
		const headers = secureHeaders();
		const server = createHttpServer(appWith(headers as never) as RequestListener);
		protectServer(server, headers);
		server.listen(0);
		expect(await gradeOf(server)).toMatchObject({ letter: "A+", points: 100 });
		server.close();
	});

	test("what caps it is named", async () => {
		const grade = await gradeOf(appWith(good(), cors({ origin: true, credentials: true })));
		expect(grade).toMatchObject({ letter: "F", caps: ["any site may read what visitors may"], notApplicable: ["cookies"] });
		expect(grade.points).toBeGreaterThan(90);
	});
});

describe("what was asked", () => {
	test("each question with its answer, and more pages when they are named", async () => {
		const { responses, passed, url } = await audit(appWith(good()), { failingPath: "/fail", paths: ["/data"] });
		expect(passed).toBe(true);
		expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
		expect(responses.map(({ probe, status }) => `${probe} ${status}`)).toEqual([
			"page 200",
			"again 200",
			"head 200",
			"conditional 200",
			"compressed 200",
			"not-found 404",
			"malformed 404",
			"foreign 200",
			"null-origin 200",
			"preflight 200",
			"failing 500",
			"static 200",
			"page 200",
		]);
	});

	test("ignored rules do not count, and headers go along unseen", async () => {
		const guarded = appWith((req, res, next) => {
			if (req.headers.authorization === "Bearer secret") next();
			else res.status(401).end();
		}, good());
		const known = (await audit(guarded, { headers: { Authorization: "Bearer secret" } })).findings.map(({ id }) => id);
		expect(known).toContain("leak/default-error-page");
		const report = await audit(guarded, { headers: { Authorization: "Bearer secret" }, ignore: known });
		expect(report.responses[0]?.status).toBe(200);
		expect(report.findings).toEqual([]);
		expect(report.ignored.map(({ id }) => id)).toEqual(known);
		expect(JSON.stringify(report)).not.toContain("secret");
	});

	test("a user, a password and the values of a query go along, and are in no report", async () => {
		const asked: string[] = [];
		const guarded = appWith((req, res, next) => {
			asked.push(`${req.url} ${req.headers.authorization}`);
			if (req.headers.authorization === `Basic ${Buffer.from("user:s3cret").toString("base64")}`) next();
			else res.status(401).end();
		}, good());
		const port = await serve(createHttpServer(guarded as RequestListener));
		const report = await audit(`http://user:s3cret@127.0.0.1:${port}/?token=t0ken`);
		expect(asked[0]).toMatch(/^\/\?token=t0ken Basic /);
		expect(report.url).toBe(`http://127.0.0.1:${port}/?…`);
		expect(JSON.stringify(report)).not.toMatch(/s3cret|t0ken/);
	});

	test("what is sent to one host is not sent to another, and does not come back in the report", async () => {
		const heard: (string | undefined)[] = [];
		const other = await serve(
			createHttpServer((req, res) => {
				heard.push(req.headers.authorization);
				res.end();
			}),
		);
		const first = await serve(
			createHttpServer((req, res) => res.writeHead(302, { Location: `http://localhost:${other}/`, Server: `Echo/1.0 ${req.headers.authorization}` }).end()),
		);
		const report = await audit(`http://127.0.0.1:${first}/`, { headers: { Authorization: "Bearer s3cret-t0ken" }, active: true });
		expect(heard.length).toBeGreaterThan(0);
		expect(heard.filter((value) => value !== undefined)).toEqual([]);
		expect(JSON.stringify(report)).not.toContain("s3cret-t0ken");
	});

	test("a relative redirect is no plain http, cookies that stand in one line keep their values, and 101 ends nothing", async () => {
		const app = appWith(good(), (req, res, next) => (req.path === "/start" ? void res.redirect("/") : next()));
		expect(serious(await audit(app, { logoutPath: "/start" }))).toEqual([]);
		const joined = appWith(good(), (_req, res, next) => {
			res.setHeader("Set-Cookie", "a=b; Secure; Path=/, session=s3cret; HttpOnly");
			next();
		});
		expect(JSON.stringify(await audit(joined))).not.toContain("s3cret");
		const switching = await serve(
			createHttpServer((req, res) => {
				if (req.headers.origin === undefined) res.end("<p>");
				else res.socket?.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
			}),
		);
		expect((await audit(`http://127.0.0.1:${switching}/`, { timeout: 1000 })).responses.length).toBeGreaterThan(3);
	});

	test("an option that does not exist is refused", async () => {
		await expect(audit(appWith(), { failPath: "/fail" } as never)).rejects.toThrow('"failPath" is not an option of audit().');
	});

	test("a server that listens already is not closed", async () => {
		const server = createHttpServer(appWith(good())).listen(0);
		await audit(server);
		expect(server.listening).toBe(true);
		server.close();
	});
});

let servers: { close(): void }[] = [];
afterEach(() => {
	for (const server of servers) {
		server.close();
		if ("closeAllConnections" in server) (server as Server).closeAllConnections();
	}
	servers = [];
});

function serve<Listening extends { listen(port: number, host: string, done: () => void): unknown; address(): unknown; close(): void }>(
	server: Listening,
): Promise<number> {
	servers.push(server);
	return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

describe("over https and from http", () => {
	test("a certificate that nobody signed is refused, unless it may be", async () => {
		const port = await serve(createHttpsServer(CERTIFICATE, appWith(good()) as RequestListener));
		await expect(audit(`https://127.0.0.1:${port}/`)).rejects.toThrow(Unreachable);
		expect(serious(await audit(`https://127.0.0.1:${port}/`, { insecure: true, raw: false, headers: { Host: "app.example" } }))).toEqual([]);
	});

	test("http that redirects to https is followed, and judged", async () => {
		const port = await serve(createHttpsServer(CERTIFICATE, appWith(good()) as RequestListener));
		const http = await serve(createHttpServer((_req, res) => res.writeHead(302, { Location: `https://127.0.0.1:${port}/` }).end()));
		const { responses, url } = await audit(`http://127.0.0.1:${http}/`, { insecure: true });
		expect(responses[0]).toMatchObject({ probe: "plain-http", status: 302 });
		expect(url).toBe(`https://127.0.0.1:${port}/`);
	});

	test("plain http is not judged as https", async () => {
		const port = await serve(createHttpServer(appWith() as RequestListener));
		expect((await audit(`http://127.0.0.1:${port}/`)).findings.map(({ id }) => id)).not.toContain("hsts/missing");
		expect((await audit(`http://127.0.0.1:${port}/`, { assumeTls: true })).findings.map(({ id }) => id)).toContain("hsts/missing");
	});
});

describe("hostile servers: an answer within the time, or Unreachable", () => {
	const raw = (answer: (socket: Socket) => void) =>
		serve(
			createSocketServer((socket) => {
				socket.on("error", () => {});
				socket.once("data", () => answer(socket));
			}),
		);

	test.each<[string, (socket: Socket) => void]>([
		["closes at once", (socket) => socket.destroy()],
		["closes in the middle of the headers", (socket) => socket.end("HTTP/1.1 200 OK\r\nX-Fra")],
		["says nothing", () => {}],
		["sends nonsense", (socket) => socket.end("\u0000\u0001nonsense\r\n\r\n")],
		[
			"sends headers without end",
			(socket) => {
				socket.write("HTTP/1.1 200 OK\r\n");
				const timer = setInterval(() => socket.write(`X-Bomb: ${"a".repeat(60_000)}\r\n`), 1);
				socket.on("close", () => clearInterval(timer));
			},
		],
		["redirects in a circle", (socket) => socket.end("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")],
		["redirects to a script", (socket) => socket.end("HTTP/1.1 302 Found\r\nLocation: javascript:alert(1)\r\nContent-Length: 0\r\n\r\n")],
		["redirects nowhere", (socket) => socket.end("HTTP/1.1 302 Found\r\nLocation: http://\r\nContent-Length: 0\r\n\r\n")],
	])("%s", async (_what, answer) => {
		await expect(audit(`http://127.0.0.1:${await raw(answer)}/`, { timeout: 700 })).rejects.toThrow(Unreachable);
	});

	test.each<[string, (socket: Socket) => void]>([
		[
			"a body without end",
			(socket) => {
				socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
				const timer = setInterval(() => socket.write("a".repeat(100_000)), 1);
				socket.on("close", () => clearInterval(timer));
			},
		],
		["a body that stops", (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nabc")],
		[
			"bytes that are no text",
			(socket) => socket.end(Buffer.from("HTTP/1.1 200 \u001b[31m\r\nContent-Type: text/html\r\nX-Frame-Options: \xff\xfe\r\n\r\n\xff\xfe", "latin1")),
		],
	])("%s: is judged by its headers", async (_what, answer) => {
		const { findings } = await audit(`http://127.0.0.1:${await raw(answer)}/`, { timeout: 700 });
		expect(findings.map(({ id }) => id)).toContain("csp/missing");
	});

	test("nobody listens", async () => {
		const port = await serve(createSocketServer());
		servers[0]?.close();
		await expect(audit(`http://127.0.0.1:${port}/`)).rejects.toThrow(/ECONNREFUSED/);
	});
});

test("a page that is compressed though nobody asked is read, and one that only says so is not", async () => {
	const page = "<!doctype html><title>t</title><script src=http://cdn.example/x.js></script>";
	for (const [encoding, body, expected] of [
		["gzip", gzipSync(page), true],
		["br", brotliCompressSync(page), true],
		["deflate", deflateSync(page), true],
		["identity", Buffer.from(page), true],
		["gzip", Buffer.from(page), false],
		["gzip", gzipSync("x".repeat(50_000_000)), false],
	] as const) {
		const report = await audit((_req, res) => void res.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Encoding": encoding }).end(body));
		expect([encoding, report.findings.some(({ id }) => id === "sri/external-insecure")]).toEqual([encoding, expected]);
	}
});

test("names of headers and hosts may be written in any case", async () => {
	const seen: (string | undefined)[] = [];
	const server = createHttpServer((req, res) => {
		seen.push(req.headers.host);
		res.end("x");
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	await audit(`http://APP.example:${port}/`, { resolve: { [`App.Example:${port}`]: "127.0.0.1" }, headers: { host: "shop.example" } });
	expect(new Set(seen.filter((host) => host !== "headguard-audit.example"))).toEqual(new Set(["shop.example"]));
	server.close();
});

describe("a policy of which only a share of the responses asks for reports", () => {
	const reporting = { endpoint: "/_reports", fraction: 0.5 } as const;
	const different = async (options: SecureHeadersOptions, spoil: (res: { setHeader(name: string, value: string): void }) => void = () => {}) => {
		let chance = 0;
		// One asks, the next does not.
		vi.spyOn(Math, "random").mockImplementation(() => ++chance % 2);
		const headers = secureHeaders({ ...options, reporting });
		const app = appWith(headers as never, (_req, res, next) => {
			spoil(res);
			next();
		});
		app.set("trust proxy", true);
		const reports = [];
		for (const assumeTls of [true, false]) reports.push(await audit(app as RequestListener, { expect: headers, assumeTls }));
		expect(chance).toBeGreaterThan(4);
		return reports.flatMap(({ findings }) => findings.flatMap(({ id, message }) => (id === "policy/different" ? [message] : [])));
	};

	test.each<[string, SecureHeadersOptions]>([
		["with one endpoint", {}],
		["with an endpoint of the application's own beside it", { reportingEndpoints: { own: "/own" } }],
		["with a header that always reports", { reportingEndpoints: { own: "/own" }, crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "own" } }],
	])("%s, over https and http, is what it says", async (_title, options) => {
		expect(await different(options)).toEqual([]);
	});

	test("what somebody else sends is found on both kinds", async () => {
		const messages = await different({ reportingEndpoints: { own: "/own" } }, (res) => res.setHeader("Referrer-Policy", "origin"));
		expect(messages.map((message) => message.includes('Referrer-Policy is "origin"; the policy says'))).toEqual([true, true]);
	});
});

describe("a policy with functions as sources", () => {
	const tenant = () => "https://tenant.example";
	const CASES: readonly [string, SecureHeadersOptions["contentSecurityPolicy"]][] = [
		["one beside sources", { directives: { imgSrc: ["'self'", tenant] } }],
		["one alone", { directives: { connectSrc: [tenant] } }],
		["one that returns a list", { directives: { fontSrc: ["data:", () => ["https://a.example", tenant()]] } }],
		["one that returns nothing", { directives: { frameSrc: [() => []] } }],
		["one that returns a nonce", { directives: { scriptSrc: ["'self'", () => "'nonce-AAAAAAAAAAAAAAAAAAAAAA'"] } }],
		["two policies", { directives: { imgSrc: ["'self'", tenant] }, also: [{ defaultSrc: ["'self'", "https:"] }] }],
	];
	const different = async (
		contentSecurityPolicy: SecureHeadersOptions["contentSecurityPolicy"],
		change: (policy: string) => string = (policy) => policy,
	): Promise<readonly string[]> => {
		const headers = secureHeaders({ contentSecurityPolicy });
		const app = appWith(headers as never, (_req, res, next) => {
			const policy = String(res.getHeader("Content-Security-Policy"));
			if (change(policy) !== policy) res.setHeader("Content-Security-Policy", change(policy));
			next();
		});
		const { findings } = await audit(app as RequestListener, { expect: headers });
		return findings.filter(({ id }) => id.startsWith("policy/")).map(({ id }) => id);
	};

	test.each(CASES)("%s: the answers are no difference", async (_title, policy) => {
		expect(await different(policy)).toEqual([]);
	});

	test.each<[string, (policy: string) => string]>([
		["a source of the policy is missing in the list that a function fills", (policy) => policy.replace("img-src 'self'", "img-src")],
		["another list has a source more", (policy) => policy.replace("font-src 'self'", "font-src 'self' https://evil.example")],
		["another list is in another order", (policy) => policy.replace("font-src 'self' data:", "font-src data: 'self'")],
		["a directive is missing", (policy) => policy.replace(/ object-src [^;]*;/, "")],
		["a directive is new", (policy) => `${policy}; worker-src https:`],
		["a directive has a strange name", (policy) => `${policy}; constructor x`],
	])("%s: that is one", async (_title, change) => {
		expect(await different(CASES[0]?.[1], change)).toEqual(["policy/different"]);
	});
});
