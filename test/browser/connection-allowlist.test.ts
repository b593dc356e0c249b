import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import express from "express";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { isUrlPattern } from "../../src/headers/common/url-pattern.ts";
import { type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { collectReports, type ReportRecord } from "../../src/reports/index.ts";
import { launch } from "../support/browser.ts";
import { CERTIFICATE, SPKI } from "../support/certificate.ts";

let browser: Browser;
let port = 0;
let stun = 0;
let options: SecureHeadersOptions = {};
let body = "";
/** `host path` of each request, `ws host path` of each WebSocket, and `udp` for each datagram. */
const seen: string[] = [];
const records: ReportRecord[] = [];
const closing: { close(): unknown }[] = [];

const app = (): string => `https://app.example:${port}`;
const other = (): string => `https://other.example:${port}`;

beforeAll(async () => {
	const handler = express();
	handler.use("/_reports", collectReports({ onReport: (more) => void records.push(...more) }));
	handler.use((req, res, next) => {
		seen.push(`${req.hostname} ${req.path}`);
		res.set("Access-Control-Allow-Origin", "*");
		next();
	});
	handler.get("/away", (req, res) => res.redirect(String(req.query["to"])));
	handler.get("/", (req, res) => secureHeaders(options)(req, res, () => void res.send(`<!doctype html><title>page</title><body>${body}</body>`)));
	handler.use((_req, res) => void res.type("txt").send("ok"));
	const server = createServer(CERTIFICATE, handler).on("upgrade", ({ headers, url }, socket: Duplex) => {
		seen.push(`ws ${headers.host?.split(":")[0]} ${url}`);
		const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
		socket.on("error", () => {}).write(`HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	port = (server.address() as AddressInfo).port;
	const udp = createSocket("udp4").on("message", () => void seen.push("udp"));
	await new Promise<void>((resolve) => udp.bind(0, resolve));
	stun = udp.address().port;
	browser = await launch(`--ignore-certificate-errors-spki-list=${SPKI}`, "--host-resolver-rules=MAP *.example 127.0.0.1");
	closing.push(browser, udp, { close: () => server.closeAllConnections() }, server);
});
afterAll(async () => {
	for (const one of closing) await one.close();
});

/** Ways for a page to send something to another host, with what that host sees. No content security policy stands in their way here. */
const WAYS: readonly (readonly [seen: string, markup: () => string, act?: () => string])[] = [
	["other.example /fetch", () => "", () => `fetch("${other()}/fetch").catch(() => {})`],
	["other.example /image", () => `<img src="${other()}/image" alt="">`],
	["other.example /style", () => `<link rel="stylesheet" href="${other()}/style">`],
	["other.example /prefetch", () => `<link rel="prefetch" href="${other()}/prefetch">`],
	["other.example /frame", () => `<iframe src="${other()}/frame"></iframe>`],
	["other.example /srcdoc", () => `<iframe srcdoc="<img src='${other()}/srcdoc'>"></iframe>`],
	["other.example /beacon", () => "", () => `navigator.sendBeacon("${other()}/beacon")`],
	["ws other.example /socket", () => "", () => `new WebSocket("wss://other.example:${port}/socket")`],
	["other.example /worker", () => "", () => `new Worker(URL.createObjectURL(new Blob(["fetch('${other()}/worker')"])))`],
	["other.example /popup", () => "", () => `open("${other()}/popup")`],
];

/** The same for ways that leave the page. */
const EXITS: readonly (readonly [seen: string, markup: () => string, act: () => string])[] = [
	["other.example /location", () => "", () => `setTimeout(() => { location.href = "${other()}/location" })`],
	["other.example /form", () => `<form action="${other()}/form"></form>`, () => "setTimeout(() => document.forms[0].submit())"],
];

const CALL = `(async () => {
	const call = window.call = new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:STUN" }] });
	call.createDataChannel("x");
	await call.setLocalDescription(await call.createOffer());
})()`;

/** What the servers see of a page with this policy, until they have seen all of that, or until the time (ms) is up, as where it is blocked. */
async function visited(
	connectionAllowlist: SecureHeadersOptions["connectionAllowlist"],
	markup: string,
	act: string,
	until: readonly string[],
	timeout = 3000,
): Promise<readonly string[]> {
	options = { contentSecurityPolicy: false, crossOriginOpenerPolicy: false, connectionAllowlist };
	body = markup;
	seen.length = 0;
	const page = await browser.newPage();
	try {
		await page.goto(`${app()}/`, { waitUntil: "commit" });
		await page.evaluate(`void (() => { ${act} })()`);
		await vi.waitFor(() => expect(until.filter((one) => !seen.includes(one))).toEqual([]), { timeout, interval: 20 }).catch(() => {});
		// A popup asks for the icon of its site.
		return [...new Set(seen.filter((one) => one !== "app.example /" && !one.endsWith("/favicon.ico")))].sort();
	} finally {
		await page.close();
	}
}

describe.each([
	["without the header, a page reaches another host", false, true],
	["with the header, it does not", true, false],
	["with the host in the list, it does", "host", true],
] as const)("%s", (_title, given, isReached) => {
	const policy = (): SecureHeadersOptions["connectionAllowlist"] => (given === "host" ? { allow: ["response-origin", `${other()}/*`] } : given);

	// What arrives can take long on a busy machine.
	const patience = isReached ? 20_000 : 3000;

	test("by requests of ten kinds", async () => {
		const all = WAYS.map(([one]) => one);
		const [markup, acts] = [WAYS.map(([, text]) => text()).join(""), WAYS.map(([, , act]) => act?.() ?? "").join(";")];
		expect(await visited(policy(), markup, acts, all, patience)).toEqual(isReached ? [...all].sort() : []);
	});

	test.each(EXITS)("%s", async (expected, markup, act) => {
		expect(await visited(policy(), markup(), act(), [expected], patience)).toEqual(isReached ? [expected] : []);
	});
});

test("WebRTC reaches any address without the header, and none with it, unless it is allowed", async () => {
	const call = (policy: SecureHeadersOptions["connectionAllowlist"]): Promise<readonly string[]> =>
		visited(policy, "", CALL.replace("STUN", String(stun)), ["udp"]);
	expect(await call(false)).toEqual(["udp"]);
	expect(await call({ allow: ["response-origin", "https://*"] })).toEqual([]);
	expect(await call({ webrtc: "allow" })).toEqual(["udp"]);
});

test("a redirect is not followed, to the page's own origin either, and with redirects: allow it is, to any address", async () => {
	const away = (to: string): string => `fetch("/away?to=" + encodeURIComponent("${to}/landed")).catch(() => {})`;
	const landed = (connectionAllowlist: SecureHeadersOptions["connectionAllowlist"], to: string): Promise<readonly string[]> =>
		visited(connectionAllowlist, "", away(to), [`${new URL(to).hostname} /landed`]);
	expect(await landed(true, app())).toEqual(["app.example /away"]);
	expect(await landed({ allow: ["response-origin", `${other()}/*`] }, other())).toEqual(["app.example /away"]);
	expect(await landed({ redirects: "allow" }, other())).toEqual(["app.example /away", "other.example /landed"]);
});

test("a path limits a pattern, and the port of another scheme is another address", async () => {
	const all = `["/api/x?q=1", "/else"].map((path) => fetch("${other()}" + path).catch(() => {}))`;
	expect(await visited({ allow: [`${other()}/api/*`] }, "", all, ["other.example /else"])).toEqual(["other.example /api/x"]);
	expect(await visited({ allow: ["https://other.example/*"] }, "", all, ["other.example /api/x"])).toEqual([]);
});

test.each([
	["connectionAllowlist", "enforce", []],
	["connectionAllowlistReportOnly", "report", ["other.example /fetch"]],
] as const)("%s: a report arrives", async (name, disposition, reached) => {
	options = { contentSecurityPolicy: false, reporting: { endpoint: "/_reports" }, [name]: { allow: ["response-origin"] } };
	body = "";
	seen.length = 0;
	records.length = 0;
	const page = await browser.newPage();
	await page.goto(`${app()}/`);
	await page.evaluate(`fetch("${other()}/fetch?secret").catch(() => {})`);
	await vi.waitFor(() => expect(records).toHaveLength(1), { timeout: 5000 });
	expect(records[0]).toMatchObject({ type: "connection-allowlist", disposition, blocked: `${other()}/fetch`, document: `${app()}/` });
	expect(seen.filter((one) => one.startsWith("other"))).toEqual(reached);
	await page.close();
});

test("Chromium reads each pattern that the library accepts, and finds no regular expression in it", async () => {
	const schemes = ["https", "http", "*"];
	const hosts = ["a.example", "*.a.example", "*", "localhost", "127.0.0.1", "A-B.example"];
	const ports = ["", ":8443", ":*"];
	const paths = ["", "/", "/*", "/a/:id/b", "/:id/*", "/a-b_c.d~e!f$g&h'i*j,k;l=m@n%20", "/x?q=1&r=*", "/*/x?", "/:id?", "//a"];
	const all = schemes.flatMap((scheme) => hosts.flatMap((host) => ports.flatMap((port) => paths.map((path) => `${scheme}://${host}${port}${path}`))));
	const page = await browser.newPage();
	options = {};
	await page.goto(`${app()}/`);
	const unread = (patterns: readonly string[]): Promise<readonly string[]> =>
		page.evaluate(
			(list) =>
				list.filter((text) => {
					try {
						return (new (Reflect.get(window, "URLPattern"))(text) as { hasRegExpGroups: boolean }).hasRegExpGroups;
					} catch {
						return true;
					}
				}),
			patterns,
		);
	expect(all.filter((text) => !isUrlPattern(text))).toEqual([]);
	expect(await unread(all)).toEqual([]);
	// The control: these it cannot read, or they have one.
	const refused = ["a.example", "https://a.example/a+b", "https://a.example/(\\d+)", "https://a.example/a:1", "https://[::1]/", "/path"];
	expect([await unread(refused), refused.filter(isUrlPattern)]).toEqual([refused, []]);
	await page.close();
});
