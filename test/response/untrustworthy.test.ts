import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { secure as secureFetch } from "../../src/adapters/fetch.ts";
import { HEADER_FACTS } from "../../src/headers/facts.ts";
import helmet from "../../src/helmet/index.ts";
import { type HeadguardEvent, type SecureHeaders, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { compiledOf } from "../../src/policy/compile.ts";
import { blockFor, trustedOnly } from "../../src/response/wire.ts";
import { compiledModule, securedByOptions } from "../support/compiled.ts";
import { exceptUntyped } from "../support/events.ts";
import { type AnyApp, listen, STACKS } from "../support/stacks.ts";

type Handler = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/** Every header that browsers only read on an origin that they trust, and one that they read everywhere. */
const EVERYTHING: SecureHeadersOptions = {
	crossOriginOpenerPolicyReportOnly: true,
	crossOriginEmbedderPolicy: true,
	crossOriginEmbedderPolicyReportOnly: true,
	documentIsolationPolicy: true,
	documentIsolationPolicyReportOnly: true,
	reportingEndpoints: { default: "/r" },
	connectionAllowlist: true,
};
const SECURE_ONLY = HEADER_FACTS.filter(({ secureOnly, early }) => secureOnly && !early).map(({ lowerName }) => lowerName);
const OF_TLS = ["strict-transport-security", "reporting-endpoints"];
const ON_LOOPBACK = SECURE_ONLY.filter((name) => !OF_TLS.includes(name));
const CONTROL = "connection-allowlist";

const TRUSTED = ["localhost", "localhost:3000", "app.localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:3000"];
const UNTRUSTED = ["app.example", "app.example:8080", "localhost.example", "notlocalhost", "10.0.0.5", "192.168.0.1:3000", "[2001:db8::1]:80", "128.0.0.1"];
/** Nothing is known of these: a browser does not send them. */
const UNKNOWN = ["a_b.example", "app.example, localhost", "app.example:x", "[::1"];

const page: Handler = (_req, res) => void res.end("page");

/** Handlers one after the other, as a framework would call them. */
const inOrder =
	(...handlers: readonly Handler[]): RequestListener =>
	(req, res) => {
		const run = (i: number): void => handlers[i]?.(req, res, () => run(i + 1));
		run(0);
	};

describe.each(STACKS)("on $name", ({ framework, create, http2 }) => {
	const app = (...handlers: readonly Handler[]): RequestListener => {
		if (framework === undefined) return inOrder(...handlers);
		const application: AnyApp = create();
		for (const handler of handlers) application.use(handler as never);
		return application as never;
	};
	/** The headers of the table that a response to this host has. */
	const sent = async (handlers: readonly Handler[], host: string): Promise<readonly string[]> => {
		const running = await listen(app(...handlers), http2);
		const answer = await running.ask({ headers: http2 ? { ":authority": host } : { Host: host } });
		await running.close();
		return [...SECURE_ONLY, CONTROL].filter((name) => answer.get(name).length > 0);
	};
	const headers = (options: SecureHeadersOptions, headerBlock: "auto" | false = "auto"): SecureHeaders =>
		secureHeaders({ ...EVERYTHING, ...options, headerBlock });

	test.each(["auto", false] as const)("with headerBlock %j, they are left out where browsers ignore them", async (headerBlock) => {
		expect(await sent([headers({ secure: false }, headerBlock) as Handler, page], "app.example")).toEqual([CONTROL]);
		expect(await sent([headers({ secure: false }, headerBlock) as Handler, page], "localhost")).toEqual([...ON_LOOPBACK, CONTROL]);
		expect(await sent([headers({ secure: true }, headerBlock) as Handler, page], "app.example")).toEqual([...SECURE_ONLY, CONTROL]);
		expect(await sent([headers({}, headerBlock) as Handler, page], "app.example")).toEqual([...SECURE_ONLY, CONTROL]);
	});

	test("nothing brings them back: a wipe, a lock, a 304, an override, a second mount", async () => {
		const wipe: Handler = (_req, res) => {
			for (const name of res.getHeaderNames()) res.removeHeader(name);
			res.end("x");
		};
		const notModified: Handler = (_req, res) => void res.writeHead(304).end();
		const base = headers({ secure: false, lock: ["crossOriginOpenerPolicy", "originAgentCluster"] });
		const route = base.replace({ crossOriginOpenerPolicy: "same-origin-allow-popups" });
		expect(await sent([base as Handler, wipe], "app.example")).toEqual([CONTROL]);
		expect(await sent([base as Handler, notModified], "app.example")).toEqual([CONTROL]);
		expect(await sent([base as Handler, route as Handler, page], "app.example")).toEqual([CONTROL]);
		expect(await sent([base as Handler, base as Handler, page], "app.example")).toEqual([CONTROL]);
		expect(await sent([headers({ secure: true }) as Handler, base as Handler, page], "app.example")).toEqual([CONTROL]);
		// The control: on a host that browsers trust, they all come back.
		expect(await sent([base as Handler, wipe], "localhost")).toEqual([...ON_LOOPBACK, CONTROL]);
	});

	test("what the application sets itself stays, without an event", async () => {
		const events: HeadguardEvent[] = [];
		const weak: Handler = (_req, res) => {
			res.setHeader("Cross-Origin-Opener-Policy", "unsafe-none");
			res.end("x");
		};
		const onEvent = exceptUntyped((event) => events.push(event));
		expect(await sent([headers({ secure: false, onEvent }) as Handler, weak], "app.example")).toEqual(["cross-origin-opener-policy", CONTROL]);
		expect(events).toEqual([]);
		await sent([headers({ secure: false, onEvent }) as Handler, weak], "localhost");
		expect(events.map(({ code }) => code)).toEqual(["override/weaker"]);
	});

	test("helmet sends the same on every connection", async () => {
		expect(await sent([helmet() as Handler, page], "app.example")).toEqual(["strict-transport-security", "cross-origin-opener-policy", "origin-agent-cluster"]);
	});
});

describe("which hosts browsers trust over http", () => {
	const opener = async (options: SecureHeadersOptions, host: string): Promise<readonly string[]> => {
		const running = await listen(inOrder(secureHeaders(options) as Handler, page), false);
		const answer = await running.ask({ headers: { Host: host } });
		await running.close();
		return answer.get("cross-origin-opener-policy");
	};

	test.each(TRUSTED)("%s", async (host) => void expect(await opener({ secure: false }, host)).toEqual(["same-origin"]));
	test.each(UNTRUSTED)("not %s", async (host) => {
		expect(await opener({ secure: false }, host)).toEqual([]);
		expect(await opener({}, host)).toEqual(["same-origin"]);
	});
	test.each(UNKNOWN)("%s is unknown, so everything is sent", async (host) => void expect(await opener({ secure: false }, host)).toEqual(["same-origin"]));

	test("a request without a host is unknown", () => {
		const set = new Map<string, unknown>();
		const res = {
			headersSent: false,
			statusCode: 200,
			getHeader: () => undefined,
			setHeader: (name: string, value: unknown) => set.set(name, value),
			removeHeader: () => {},
		};
		secureHeaders({ secure: false })({ headers: {}, url: "/" } as never, res as never, () => {});
		expect(set.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
	});
});

test("a compiled policy and a fetch handler decide alike", async () => {
	const options = { ...EVERYTHING, secure: false };
	for (const host of ["app.example", "localhost"]) {
		const running = await listen(inOrder(securedByOptions(options) as never, page), false);
		const answer = await running.ask({ headers: { Host: host } });
		await running.close();
		const expected = host === "localhost" ? ["same-origin"] : [];
		expect(answer.get("cross-origin-opener-policy")).toEqual(expected);
		const handler = secureFetch(() => new Response("x"), compiledModule(secureHeaders(options)));
		const response = await handler(new Request(`http://${host}/`));
		expect(response.headers.get("cross-origin-opener-policy")).toBe(expected[0] ?? null);
		expect(response.headers.get(CONTROL)).toBe("(response-origin)");
	}
});

test("the block without them is made once, and is the block itself if it has none", () => {
	const block = blockFor(compiledOf(secureHeaders()) as never, false, false);
	expect(trustedOnly(block)).toBe(trustedOnly(block));
	expect(trustedOnly(block)).not.toBe(block);
	expect(trustedOnly(trustedOnly(block))).toBe(trustedOnly(block));
});
