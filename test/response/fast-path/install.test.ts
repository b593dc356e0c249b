import { IncomingMessage, OutgoingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { describe, expect, test, vi } from "vitest";
import * as headguard from "../../../src/index.ts";
import { install } from "../../../src/response/fast-path/install.ts";
import { makeProgram, randomOf, runProgram } from "../../soak/programs.js";
import { runs } from "../../support/runs.ts";

const { secureHeaders } = headguard;

const LOCKS: readonly NonNullable<headguard.SecureHeadersOptions["lock"]>[] = [[], ["contentSecurityPolicy", "xFrameOptions", "crossOriginOpenerPolicy"]];

test.each(LOCKS.map((lock) => ({ lock })))(
	"whatever an application does, its answer is the same with headers in a block and without: locked $lock",
	({ lock }) => {
		const [inBlock, oneByOne] = (["auto", false] as const).map((headerBlock) => ({
			headguard,
			headers: secureHeaders({ headerBlock, lock }),
			second: secureHeaders({ headerBlock, lock, xFrameOptions: "SAMEORIGIN", crossOriginEmbedderPolicy: true }),
		}));
		let written = 0;
		for (let seed = 1; seed <= runs(1500); seed++) {
			for (const stack of ["bare", "express"]) {
				const program = makeProgram(randomOf(seed * 7919));
				const answer = runProgram(program, { ...inBlock, stack });
				expect([seed, stack, answer]).toEqual([seed, stack, runProgram(program, { ...oneByOne, stack })]);
				if (answer.includes("X-Frame-Options: DENY")) written++;
			}
		}
		expect(written, "a program that does nothing to the policy leaves it there").toBeGreaterThan(runs(500));
	},
);

/** A genuine response on a socket that is never connected. */
function response(Response: typeof ServerResponse = ServerResponse, socket: unknown = new Socket()) {
	const req = Object.assign(new IncomingMessage(socket as Socket), { method: "GET", url: "/", headers: { host: "app.example" } });
	return new Response(req);
}

/** Names of the lines as they went out. */
function linesOf(res: ServerResponse): readonly string[] {
	if (!res.headersSent) res.writeHead(200);
	const head = String(Reflect.get(res, "_header"));
	return head
		.split("\r\n")
		.slice(1, -2)
		.map((line) => line.slice(0, line.indexOf(":")));
}

describe("who looks at the headers before they are written finds them", () => {
	const headers = secureHeaders();
	const on = (res: ServerResponse): ServerResponse => {
		headers(res.req, res);
		return res;
	};
	const setNow = (res: ServerResponse): number => Object.keys(Reflect.get(res, symbolOf(res)) ?? {}).length;
	const symbolOf = (res: ServerResponse): symbol => Object.getOwnPropertySymbols(res).find(({ description }) => description === "kOutHeaders") as symbol;

	test("nothing stands there until then", () => {
		expect(setNow(on(response()))).toBe(0);
	});

	test.each<[string, (res: ServerResponse) => unknown, unknown]>([
		["getHeader", (res) => res.getHeader("X-Frame-Options"), "DENY"],
		["getHeader in lower case", (res) => res.getHeader("x-frame-options"), "DENY"],
		["hasHeader", (res) => res.hasHeader("Referrer-Policy"), true],
		["getHeaderNames", (res) => res.getHeaderNames().length, 9],
		["getHeaders", (res) => res.getHeaders()["origin-agent-cluster"], "?1"],
		["getRawHeaderNames", (res) => (res as unknown as { getRawHeaderNames(): string[] }).getRawHeaderNames().at(-1), "Origin-Agent-Cluster"],
		["appendHeader", (res) => res.appendHeader("X-Frame-Options", "x").getHeader("X-Frame-Options"), ["DENY", "x"]],
	])("%s", (_name, look, seen) => {
		const res = on(response());
		expect(look(res)).toEqual(seen);
		expect(setNow(res)).toBe(9);
		expect(linesOf(res).filter((name) => name === "X-Frame-Options")).toHaveLength(1);
	});

	test("after they were sent as well", () => {
		const res = on(response());
		res.writeHead(200);
		expect(res.getHeaders()["x-frame-options"]).toBe("DENY");
		expect(linesOf(res).filter((name) => name === "X-Frame-Options")).toHaveLength(1);
	});

	test.skipIf(!("_headers" in OutgoingMessage.prototype))(
		"an old application that throws all headers away, or sets them anew, loses none of the policy",
		() => {
			for (const value of [null, { "X-Own": "1" }]) {
				const res = on(response());
				Object.assign(res, { _headers: value });
				expect(linesOf(res)).toEqual(expect.arrayContaining(["Content-Security-Policy", "X-Frame-Options", "Strict-Transport-Security"]));
			}
		},
	);

	test("what was set before the policy gives way to it, as it does when headers are set one by one", () => {
		for (const headerBlock of ["auto", false] as const) {
			const res = response();
			res.setHeader("X-Frame-Options", "SAMEORIGIN");
			res.setHeader("Strict-Transport-Security", "max-age=0");
			secureHeaders({ headerBlock })(res.req, res);
			expect([res.getHeader("X-Frame-Options"), res.getHeader("Strict-Transport-Security")]).toEqual(["DENY", "max-age=31536000; includeSubDomains"]);
		}
		const res = response();
		res.setHeader("X-Frame-Options", "SAMEORIGIN");
		linesOf(on(res));
		expect(String(Reflect.get(res, "_header"))).toContain("X-Frame-Options: DENY");
	});

	test("through an object that stands for the response", () => {
		for (const stand of [(res: ServerResponse) => new Proxy(res, {}), (res: ServerResponse) => Object.create(res)]) {
			const res = response();
			// As Express does; before the first header there is nothing that both could share.
			res.setHeader("X-First", "1");
			headers(res.req, stand(res));
			const child = stand(res);
			child.getHeader("x-frame-options");
			child.setHeader("Set-Cookie", "a=1");
			expect(linesOf(res)).toEqual(expect.arrayContaining(["Content-Security-Policy", "X-Frame-Options", "Set-Cookie"]));
		}
	});

	test("other names cost nothing: what frameworks ask for all the time does not bring them out", () => {
		const res = on(response());
		for (const name of ["Content-Type", "Content-Length", "ETag", "Transfer-Encoding", "Content-Disposition"]) res.getHeader(name);
		expect(setNow(res)).toBe(0);
	});

	test("a header with a short name stands there at once", () => {
		const res = response();
		secureHeaders({ nel: { reportTo: "r", maxAge: 60 }, reportTo: [{ group: "r", maxAge: 60, endpoints: ["https://r.example/"] }] } as never)(res.req, res);
		expect([res.hasHeader("NEL"), res.hasHeader("Report-To")]).toEqual([true, true]);
		expect(linesOf(res).filter((name) => name === "NEL")).toHaveLength(1);
	});
});

describe("the public way is taken", () => {
	const isInBlock = (res: ServerResponse, options: headguard.SecureHeadersOptions = {}): boolean => {
		secureHeaders(options)(res.req, res);
		return !Object.hasOwn(res, "writeHead");
	};

	test("not on a genuine response (control)", () => {
		expect(isInBlock(response())).toBe(true);
		expect(isInBlock(response(class extends ServerResponse {} as never))).toBe(true);
	});

	test.each<[string, () => boolean]>([
		["when it is asked for", () => isInBlock(response(), { headerBlock: false })],
		["where the socket is none, as for injected and serverless requests", () => isInBlock(response(ServerResponse, { remoteAddress: "127.0.0.1" }))],
		["where setHeader is somebody else's", () => isInBlock(Object.assign(response(), { setHeader: ServerResponse.prototype.setHeader.bind(response()) }))],
		[
			"where somebody has replaced the method of Node",
			() =>
				isInBlock(
					Object.assign(response(), { _storeHeader: (...args: unknown[]) => Reflect.apply(Reflect.get(ServerResponse.prototype, "_storeHeader"), null, args) }),
				),
		],
	])("%s", (_title, inBlock) => {
		expect(inBlock()).toBe(false);
	});
});

test("another context of the process finds what is installed, and nothing is written twice", async () => {
	const before = Reflect.get(ServerResponse.prototype, "_storeHeader");
	vi.resetModules();
	const again = await import("../../../src/index.ts");
	expect(again.secureHeaders).not.toBe(secureHeaders);
	const res = response();
	again.secureHeaders()(res.req, res);
	secureHeaders()(res.req, res);
	expect(Reflect.get(ServerResponse.prototype, "_storeHeader")).toBe(before);
	expect(linesOf(res).filter((name) => name === "X-Frame-Options")).toHaveLength(1);
	const third = await import("../../../src/index.ts");
	expect(third.getNonce(res.headersSent ? onNew(again.secureHeaders) : res)).toMatch(/^[\w-]{22}$/);
});

/** A response with the policy of one copy, for another. */
function onNew(factory: typeof secureHeaders): ServerResponse {
	const res = response();
	factory()(res.req, res);
	return res;
}

test("a copy that only reads the nonce, or writes headers one by one, works on a response of the other", async () => {
	vi.resetModules();
	const other = await import("../../../src/index.ts");
	const res = onNew(secureHeaders);
	expect(other.getNonce(res)).toMatch(/^[\w-]{22}$/);
	other.secureHeaders({ headerBlock: false, xFrameOptions: "SAMEORIGIN" })(res.req, res);
	expect(linesOf(res).filter((name) => name === "X-Frame-Options")).toHaveLength(1);
	expect(String(Reflect.get(res, "_header"))).toContain("X-Frame-Options: SAMEORIGIN");
});

describe("an unknown Node", () => {
	const native = Reflect.get(OutgoingMessage.prototype, "_storeHeader") as (this: ServerResponse, line: string, headers: unknown) => unknown;
	const prototypeWith = (value: unknown) => {
		const prototype = Object.create(ServerResponse.prototype);
		Object.defineProperty(prototype, "_storeHeader", { configurable: true, value });
		return prototype;
	};

	test("one that does what is expected is used (control)", () => {
		const prototype = prototypeWith(native);
		expect(install(prototype)?.storeHeader).toBe(Reflect.get(prototype, "_storeHeader"));
	});

	test.each<[string, unknown]>([
		["has no such method", undefined],
		["has something else by that name", 5],
		[
			"takes another number of arguments",
			function (this: ServerResponse, line: string, headers: unknown, _more: unknown) {
				return native.call(this, line, headers);
			},
		],
		[
			"writes another first line",
			function (this: ServerResponse, line: string, headers: unknown) {
				return native.call(this, line.replace("HTTP/1.1", "HTTP/1.2"), headers);
			},
		],
		[
			"writes lines twice",
			function (this: ServerResponse, line: string, headers: unknown) {
				return native.call(this, `${line}X-Own: 1\r\n`, headers);
			},
		],
		[
			"writes nothing",
			function (this: ServerResponse, _line: string, _headers: unknown) {
				return undefined;
			},
		],
		[
			"throws",
			function (this: ServerResponse, _line: string, _headers: unknown) {
				throw new Error("changed");
			},
		],
	])("that %s is left alone", (_title, method) => {
		const prototype = prototypeWith(method);
		const before = Object.getOwnPropertyNames(prototype);
		expect(install(prototype)).toBeUndefined();
		expect(Object.getOwnPropertyNames(prototype)).toEqual(before);
		expect(Reflect.get(prototype, "_storeHeader")).toBe(method);
	});
});
