import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type AuditReport, audit } from "../../src/audit/index.ts";
import { CERTIFICATE } from "../support/certificate.ts";

/* Real servers on loopback, which stand for ports 80 and 443 of shop.example and www.shop.example. */

const HSTS = "max-age=31536000; includeSubDomains; preload";

/** The answer of a host to a path: a target, or the page. `-` sends no HSTS. */
type Site = Readonly<Record<string, string>>;

let servers: { close(): void; closeAllConnections(): void }[] = [];
afterEach(() => {
	for (const server of servers) {
		server.close();
		server.closeAllConnections();
	}
	servers = [];
});

interface Asked {
	readonly report: AuditReport;
	/** What was requested over http, in order. */
	readonly http: readonly string[];
}

/** Audits a site for a preload list. Keys are URLs without a trailing slash; a value is a target. */
async function preload(address: string, site: Site): Promise<Asked> {
	const http: string[] = [];
	const answer =
		(scheme: string) =>
		(req: IncomingMessage, res: ServerResponse): void => {
			const url = `${scheme}://${req.headers.host}${req.url === "/" ? "" : req.url}`;
			if (scheme === "http" && req.headers["x-forwarded-host"] === undefined) http.push(url);
			const [to, flag] = (site[url] ?? "").split(" ");
			if (scheme === "https" && flag !== "-") res.setHeader("Strict-Transport-Security", HSTS);
			res.setHeader("Content-Type", "text/html; charset=utf-8");
			if (to === "" || to === undefined) res.end("<!doctype html><title>shop</title>");
			else res.writeHead(301, { Location: to }).end();
		};
	const listen = (server: ReturnType<typeof createHttpServer>): Promise<number> => {
		servers.push(server);
		return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
	};
	const [plain, secure] = await Promise.all([
		listen(createHttpServer(answer("http"))),
		listen(createHttpsServer(CERTIFICATE, answer("https")) as unknown as ReturnType<typeof createHttpServer>),
	]);
	const resolve = Object.fromEntries(
		["shop.example", "www.shop.example"].flatMap((host) => [
			[`${host}:80`, `127.0.0.1:${plain}`],
			[`${host}:443`, `127.0.0.1:${secure}`],
		]),
	);
	const registrable = (host: string): string => host.split(".").slice(-2).join(".");
	return { report: await audit(address, { insecure: true, resolve, preload: { wants: "listing", registrable } }), http };
}

const about = ({ report }: Asked): string[] =>
	report.findings.filter(({ id }) => /^redirect\/|^preload\/(?:first-hop|no-http|domain)$|^hsts\//.test(id)).map(({ id, url }) => `${id} ${url}`);

describe("the first host is asked", () => {
	test("http://apex → https://apex → https://www has nothing to find", async () => {
		const asked = await preload("https://shop.example", {
			"http://shop.example": "https://shop.example/",
			"https://shop.example": "https://www.shop.example/",
			"http://www.shop.example": "https://www.shop.example/",
		});
		expect(about(asked)).toEqual([]);
		expect(asked.http).toEqual(["http://shop.example", "http://www.shop.example"]);
		expect(asked.report.url).toBe("https://www.shop.example/");
	});

	test("the same, when http is named", async () => {
		const asked = await preload("http://shop.example", {
			"http://shop.example": "https://shop.example/",
			"https://shop.example": "https://www.shop.example/",
		});
		expect(about(asked)).toEqual([]);
	});

	test("http://apex → https://www leaves the apex without HSTS", async () => {
		const site = {
			"http://shop.example": "https://www.shop.example/",
			"https://shop.example": "https://www.shop.example/",
			"http://www.shop.example": "https://www.shop.example/",
		};
		expect(about(await preload("https://shop.example", site))).toEqual(["preload/first-hop http://shop.example/"]);
		expect(about(await preload("http://shop.example", site))).toEqual(["preload/first-hop http://shop.example/"]);
	});

	test("a www host that never leads to https is found as well", async () => {
		const asked = await preload("https://shop.example", {
			"http://shop.example": "https://shop.example/",
			"https://shop.example": "https://www.shop.example/",
		});
		expect(about(asked)).toEqual(["redirect/no-https http://www.shop.example/"]);
	});

	test("http → https on the same host", async () => {
		expect(about(await preload("https://shop.example", { "http://shop.example": "https://shop.example/" }))).toEqual([]);
		expect(about(await preload("http://shop.example", { "http://shop.example": "https://shop.example/" }))).toEqual([]);
	});

	test("www that the user names is the first host, and its domain is another", async () => {
		const asked = await preload("https://www.shop.example", { "http://www.shop.example": "https://www.shop.example/" });
		expect(about(asked)).toEqual(["preload/domain https://www.shop.example/"]);
		expect(asked.http).toEqual(["http://www.shop.example"]);
		// The list is not about the redirect of www; visitors are.
		const toApex = await preload("https://www.shop.example", {
			"http://www.shop.example": "https://shop.example/",
			"https://www.shop.example": "https://shop.example/",
			"http://shop.example": "https://shop.example/",
		});
		expect(about(toApex)).toEqual(["preload/domain https://www.shop.example/", "redirect/first-hop http://www.shop.example/"]);
	});
});

describe("where http first leads", () => {
	test("a page of its own is asked for HSTS", async () => {
		const site = { "http://shop.example": "https://shop.example/welcome" };
		const good = await preload("https://shop.example", site);
		expect(about(good)).toEqual([]);
		expect(good.report.responses.filter(({ probe }) => probe === "first-hop").map(({ url }) => url)).toEqual(["https://shop.example/welcome"]);
		const bad = await preload("https://shop.example", { ...site, "https://shop.example/welcome": " -" });
		expect(about(bad)).toEqual(["hsts/first-hop https://shop.example/welcome"]);
	});

	test("a redirect that was requested before is judged, and not requested again", async () => {
		const asked = await preload("https://shop.example", {
			"http://shop.example": "https://shop.example/",
			"https://shop.example": "https://www.shop.example/ -",
			"http://www.shop.example": "https://www.shop.example/",
		});
		expect(about(asked)).toContain("hsts/first-hop https://shop.example/");
		expect(asked.report.responses.filter(({ probe }) => probe === "first-hop")).toEqual([]);
	});

	test("http → http → https is a first redirect that is not secure, on a port that answers", async () => {
		const asked = await preload("http://shop.example", { "http://shop.example": "/home", "http://shop.example/home": "https://shop.example/" });
		expect(about(asked)).toEqual(["preload/first-hop http://shop.example/"]);
		expect(asked.report.responses[0]?.probe).toBe("plain-http");
	});

	test("two redirects and the questions beside them are not too many", async () => {
		const asked = await preload("https://shop.example", {
			"https://shop.example": "https://shop.example/a",
			"https://shop.example/a": "https://www.shop.example/",
			"http://shop.example": "https://shop.example/",
			"http://www.shop.example": "https://www.shop.example/",
		});
		expect(about(asked)).toEqual([]);
	});
});

test("with a port of its own, nothing is said of port 80", async () => {
	const server = createHttpsServer(CERTIFICATE, (_req, res) => void res.setHeader("Strict-Transport-Security", HSTS).end("x"));
	servers.push(server);
	const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
	const { findings } = await audit(`https://shop.example:${port}`, {
		insecure: true,
		resolve: { [`shop.example:${port}`]: "127.0.0.1" },
		preload: { wants: "listing", registrable: (host) => host },
	});
	expect(findings.map(({ id }) => id)).toContain("preload/tls");
	expect(findings.map(({ id }) => id)).not.toContain("preload/no-http");
});
