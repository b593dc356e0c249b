import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { getNonce, type HeadguardEvent, secureHeaders } from "../../src/index.ts";

/** A response as test doubles make it: headers in a map, and no writeHead. */
function mockResponse(overrides: object = {}) {
	const headers = new Map<string, unknown>();
	return Object.assign(new EventEmitter(), {
		headersSent: false,
		statusCode: 200,
		headers,
		getHeader: (name: string) => headers.get(name.toLowerCase()),
		setHeader: (name: string, value: unknown) => void headers.set(name.toLowerCase(), value),
		removeHeader: (name: string) => void headers.delete(name.toLowerCase()),
		...overrides,
	});
}

const run = (headers: ReturnType<typeof secureHeaders>, res: object, req: object = { headers: { host: "app.example" }, url: "/p?q" }) => {
	let passed = 0;
	headers(req as never, res as never, () => passed++);
	return passed;
};

describe("what is no genuine response", () => {
	test("a double without writeHead has every header, and the nonce once it is read", () => {
		const res = mockResponse();
		expect(run(secureHeaders(), res)).toBe(1);
		expect(res.headers.get("x-frame-options")).toBe("DENY");
		expect(res.headers.get("content-security-policy")).not.toContain("nonce");
		const nonce = getNonce(res as never);
		expect(res.headers.get("content-security-policy")).toContain(`script-src 'self' 'nonce-${nonce}'`);
	});

	test("a header that cannot be set is an event; the others are set and the request goes on", () => {
		const events: HeadguardEvent[] = [];
		const res = mockResponse();
		const set = res.setHeader;
		res.setHeader = (name, value) => {
			if (name === "Referrer-Policy") throw new Error("refused");
			set(name, value);
		};
		expect(run(secureHeaders({ onEvent: (event) => events.push(event) }), res)).toBe(1);
		expect(events).toEqual([{ code: "attach/failed", header: "Referrer-Policy", path: "/p", detail: "the header could not be set: refused", withheld: 0 }]);
		expect(res.headers.has("referrer-policy")).toBe(false);
		expect(res.headers.get("origin-agent-cluster")).toBe("?1");
	});

	test("a frozen response and a request without headers do not stop the request", () => {
		expect(run(secureHeaders(), Object.freeze(mockResponse({ writeHead: () => {} })))).toBe(1);
		expect(run(secureHeaders(), mockResponse(), {})).toBe(1);
	});

	test("a double gets no writeHead that it did not have", () => {
		const res = mockResponse();
		run(secureHeaders(), res);
		expect("writeHead" in res).toBe(false);
	});

	test("a writeHead that cannot be replaced, and a name that cannot be removed, are events", () => {
		const events: HeadguardEvent[] = [];
		const res = mockResponse({
			removeHeader: () => {
				throw new Error("stays");
			},
		});
		Object.defineProperty(res, "writeHead", { value: () => {}, writable: false });
		expect(run(secureHeaders({ onEvent: (event) => events.push(event) }), res)).toBe(1);
		expect(events.map(({ code, header }) => [code, header])).toEqual([
			["attach/failed", "X-Powered-By"],
			["attach/failed", undefined],
		]);
		expect(res.headers.get("x-frame-options")).toBe("DENY");
	});

	test("a listener that throws changes nothing", () => {
		const headers = secureHeaders({
			onEvent: () => {
				throw new Error("logger down");
			},
		});
		const res = mockResponse({
			setHeader: () => {
				throw new Error("x");
			},
		});
		expect(run(headers, res)).toBe(1);
	});

	test("events go to the diagnostics channel too, at most ten a minute for a code, with a count of the rest", () => {
		const seen: unknown[] = [];
		const listener = (event: unknown) => seen.push(event);
		subscribe("headguard", listener);
		const headers = secureHeaders();
		for (let i = 0; i < 50; i++) run(headers, mockResponse({ headersSent: true }));
		unsubscribe("headguard", listener);
		expect(seen).toHaveLength(10);
		expect(seen[0]).toMatchObject({ code: "attach/too-late", path: "/p" });
	});
});

test("HTTP/2: the same headers, the nonce, and no crash on a doubled one", async () => {
	const headers = secureHeaders();
	const server = createHttp2Server((req, res) => {
		headers(req, res);
		res.appendHeader("X-Content-Type-Options", "nosniff");
		res.end(getNonce(res));
	});
	await new Promise<void>((resolve) => server.listen(0, resolve));
	const client = connectHttp2(`http://localhost:${(server.address() as AddressInfo).port}`);
	const { fields, body } = await new Promise<{ fields: Record<string, unknown>; body: string }>((resolve, reject) => {
		const stream = client.request({ ":path": "/", ":authority": "app.example" });
		let fields: Record<string, unknown> = {};
		let body = "";
		stream.on("response", (received) => (fields = received));
		stream.setEncoding("utf8").on("data", (chunk) => (body += chunk));
		stream.on("end", () => resolve({ fields, body })).on("error", reject);
	});
	client.close();
	server.close();
	expect(fields["x-content-type-options"]).toBe("nosniff");
	expect(fields["strict-transport-security"]).toBe("max-age=31536000; includeSubDomains");
	expect(fields["content-security-policy"]).toContain(`'nonce-${body}'`);
});
