import { ServerResponse } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { secureHeaders } from "../../src/index.ts";
import { watchFor } from "../../src/response/watched.ts";
import { listen } from "../support/stacks.ts";

afterEach(() => void vi.restoreAllMocks());

describe("whose writeHead a response has", () => {
	const own = function writeHead(): void {};
	const { Http2ServerResponse } = process.getBuiltinModule("node:http2");

	test.each([
		["Node's for HTTP/1", { writeHead: ServerResponse.prototype.writeHead }, false],
		["what stands around it", { writeHead: own }, false],
		["none at all", {}, false],
		["somebody's own", { writeHead: () => {} }, true],
		["Node's for HTTP/2", { stream: { respond() {} }, writeHead: Http2ServerResponse.prototype.writeHead }, false],
		["somebody's own on HTTP/2", { stream: {}, writeHead: () => {} }, true],
	])("%s", (_title, res, expected) => {
		expect(watchFor(res as never, own) !== undefined).toBe(expected);
	});

	test.each([
		["no node:http2", undefined],
		["one that is empty", {}],
		["one of another shape", { Http2ServerResponse: {} }],
	])("a runtime with %s has no writeHead for HTTP/2, and nothing throws", (_title, http2) => {
		vi.spyOn(process, "getBuiltinModule").mockImplementation(((name: string) => (name === "node:http2" ? http2 : undefined)) as never);
		expect(watchFor({ stream: {}, writeHead: () => {} } as never, own)).toBeTypeOf("function");
		expect(watchFor({ stream: {}, writeHead: own } as never, own)).toBeUndefined();
	});
});

test("a response that only looks like one of HTTP/2 gets the policy where there is no node:http2", async () => {
	const running = await listen((req, res) => {
		vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
		Object.assign(res, { stream: {}, writeHead: ServerResponse.prototype.writeHead.bind(res) });
		secureHeaders({ headerBlock: false })(req, res);
		res.end("x");
	});
	const answer = await running.ask();
	expect([answer.status, answer.get("X-Content-Type-Options")]).toEqual([200, ["nosniff"]]);
	await running.close();
});
