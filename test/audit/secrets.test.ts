import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { audit } from "../../src/audit/index.ts";
import { mayReceive } from "../../src/audit/secrets.ts";
import { expectEveryResponse } from "../../src/testing/index.ts";
import { CERTIFICATE } from "../support/certificate.ts";

let servers: { close(): void; closeAllConnections(): void }[] = [];
afterEach(() => {
	for (const server of servers) {
		server.close();
		server.closeAllConnections();
	}
	servers = [];
});

interface Heard {
	readonly port: number;
	/** Everything that came in a request, one text each. */
	readonly requests: string[];
}

/** A server that writes down whatever it gets. */
async function recorder(answer: RequestListener, secure = false): Promise<Heard> {
	const requests: string[] = [];
	const listen: RequestListener = (req, res) => {
		requests.push(`${req.method} ${req.url} ${req.rawHeaders.join(" ")}`);
		answer(req, res);
	};
	const server = secure ? createHttpsServer(CERTIFICATE, listen) : createServer(listen);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return { requests, port: (server.address() as AddressInfo).port };
}

const SECRETS = { Authorization: "Bearer t0ps3cret", Cookie: "session=c00kies3cret", "X-Api-Key": "k3ys3cret" };
const BASIC = Buffer.from("user:p4sss3cret").toString("base64");
const SECRET = new RegExp(`s3cret|${BASIC}`);
const withSecret = ({ requests }: Heard): string[] => requests.filter((request) => SECRET.test(request));
const ok: RequestListener = (_req, res) => void res.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end("<!doctype html><p>ok");
const redirect =
	(to: (req: IncomingMessage) => string): RequestListener =>
	(req, res) =>
		void res.writeHead(302, { Location: to(req) }).end();

describe("what a user gives for a site goes to nobody else", () => {
	test.each([
		["another port of the host", (port: number) => `http://127.0.0.1:${port}/`],
		["another port, by an address without a scheme", (port: number) => `//127.0.0.1:${port}/`],
		["another port, with the user and the password that the redirect names", (port: number) => `http://me:you@127.0.0.1:${port}/`],
		["another host", (port: number) => `http://localhost:${port}/`],
	])("after a redirect to %s", async (_name, location) => {
		const other = await recorder(ok);
		const first = await recorder(redirect(() => location(other.port)));
		const report = await audit(`http://user:p4sss3cret@127.0.0.1:${first.port}/`, { headers: SECRETS, active: true, paths: ["/more"], dataPath: "/data" });
		expect(other.requests.length).toBeGreaterThan(10);
		expect(withSecret(other)).toEqual([]);
		expect(withSecret(first).length).toBeGreaterThan(0);
		expect(JSON.stringify(report)).not.toMatch(SECRET);
	});

	test("nor after several hops, of which one leads back to the site itself", async () => {
		let home = 0;
		const other = await recorder(redirect(() => `http://127.0.0.1:${home}/home`));
		const first = await recorder((req, res) => (req.url === "/" ? redirect(() => `http://127.0.0.1:${other.port}/`)(req, res) : ok(req, res)));
		home = first.port;
		await audit(`http://127.0.0.1:${first.port}/`, { headers: SECRETS });
		expect([other.requests.length, withSecret(other).length]).toEqual([1, 0]);
		expect(withSecret(first).some((request) => request.startsWith("GET /home "))).toBe(true);
	});

	test("nor from https to http, nor from http to https at a port of its own", async () => {
		const plain = await recorder(ok);
		const secure = await recorder(
			redirect(() => `http://127.0.0.1:${plain.port}/`),
			true,
		);
		await audit(`https://127.0.0.1:${secure.port}/`, { headers: SECRETS, insecure: true });
		expect(withSecret(secure).length).toBeGreaterThan(0);
		expect(plain.requests.length).toBeGreaterThan(5);
		expect(withSecret(plain)).toEqual([]);
		const strange = await recorder(ok, true);
		const first = await recorder(redirect(() => `https://127.0.0.1:${strange.port}/`));
		await audit(`http://127.0.0.1:${first.port}/`, { headers: SECRETS, insecure: true });
		expect(strange.requests.length).toBeGreaterThan(5);
		expect(withSecret(strange)).toEqual([]);
	});

	test("nor to what --resolve puts in place of another name, only of its own", async () => {
		const other = await recorder(ok);
		const first = await recorder(redirect(() => `http://shop.example:${other.port}/`));
		const resolve = { [`app.example:${first.port}`]: "127.0.0.1", [`shop.example:${other.port}`]: "127.0.0.1" };
		await audit(`http://app.example:${first.port}/`, { headers: SECRETS, resolve });
		expect(withSecret(first).length).toBeGreaterThan(0);
		expect([other.requests.length > 5, withSecret(other).length]).toEqual([true, 0]);
	});

	test("nor with a request that names another host", async () => {
		const site = await recorder((req, res) => (req.url === "/" ? redirect(() => "/home")(req, res) : ok(req, res)));
		await audit(`http://127.0.0.1:${site.port}/`, { headers: SECRETS, active: true });
		const named = site.requests.filter((request) => request.includes("Host headguard-audit.example"));
		expect(named.length).toBeGreaterThan(0);
		expect(named.filter((request) => / Host headguard-audit\.example/.test(request) && !/X-Forwarded-Host/.test(request) && SECRET.test(request))).toEqual([]);
	});

	test("under the name of a Host header: back to the address that it was sent to, without the name elsewhere", async () => {
		const other = await recorder(redirect(() => "https://app.example/home"));
		const first = await recorder((req, res) => (req.url === "/" ? redirect(() => `http://127.0.0.1:${other.port}/`)(req, res) : ok(req, res)));
		const report = await audit(`http://127.0.0.1:${first.port}/`, { headers: { ...SECRETS, Host: "app.example" }, assumeTls: true });
		expect(report.url).toBe(`http://127.0.0.1:${first.port}/home`);
		expect([withSecret(other).length, other.requests.filter((request) => request.includes("app.example")).length]).toEqual([0, 0]);
	});
});

describe("two addresses", () => {
	test("headers go to both, the user and the password of each to itself alone", async () => {
		const direct = await recorder(ok);
		const edge = await recorder(ok);
		const behind = Buffer.from("inner:1nners3cret").toString("base64");
		const report = await audit(`http://user:p4sss3cret@127.0.0.1:${edge.port}/`, {
			headers: { "X-Api-Key": "k3ys3cret" },
			direct: `http://inner:1nners3cret@127.0.0.1:${direct.port}`,
		});
		const holding = ({ requests }: Heard, text: string): number => requests.filter((request) => request.includes(text)).length;
		expect(holding(direct, "k3ys3cret")).toBeGreaterThan(5);
		expect(holding(direct, behind)).toBeGreaterThan(5);
		expect(holding(direct, BASIC)).toBe(0);
		expect(holding(edge, "k3ys3cret")).toBeGreaterThan(5);
		expect(holding(edge, BASIC)).toBeGreaterThan(5);
		expect(holding(edge, behind)).toBe(0);
		expect(JSON.stringify(report)).not.toMatch(SECRET);
	});

	test("where the edge leads elsewhere, neither gets the headers", async () => {
		const [direct, other] = [await recorder(ok), await recorder(ok)];
		const edge = await recorder(redirect(() => `http://127.0.0.1:${other.port}/`));
		await audit(`http://127.0.0.1:${edge.port}/`, { headers: SECRETS, direct: `http://127.0.0.1:${direct.port}` });
		expect(other.requests.length).toBeGreaterThan(5);
		expect(withSecret(other)).toEqual([]);
		expect(withSecret(direct).every((request) => request.startsWith("GET / "))).toBe(true);
	});
});

test("an application in this process: the same, by audit and by expectEveryResponse", async () => {
	const other = await recorder(ok);
	const app = redirect(() => `http://127.0.0.1:${other.port}/`);
	await audit(app, { headers: SECRETS });
	await expectEveryResponse(app, { headers: SECRETS }).catch(() => {});
	expect(other.requests.length).toBeGreaterThan(10);
	expect(withSecret(other)).toEqual([]);
});

test.each([
	["https://a.example/", "https://a.example/x", true],
	["http://a.example/", "https://a.example/", true],
	["http://a.example:80/", "https://a.example:443/", true],
	["http://user:pw@a.example/", "https://a.example/", true],
	["https://a.example/", "http://a.example/", false],
	["http://a.example:8080/", "https://a.example/", false],
	["http://a.example/", "https://a.example:8443/", false],
	["http://a.example:3000/", "http://a.example:3001/", false],
	["https://a.example/", "https://www.a.example/", false],
	["https://a.example/", "https://a.example.evil.example/", false],
	["http://a.example/", "https://a.example./", false],
	["http://[::1]/", "https://[::1]/", true],
])("from %s to %s: %s", (named, asked, expected) => {
	expect(mayReceive(new URL(named), new URL(asked))).toBe(expected);
});
