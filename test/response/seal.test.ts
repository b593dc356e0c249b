import type { ServerResponse } from "node:http";
import { beforeEach, describe, expect, test } from "vitest";
import { getNonce, protectServer, secureHeaders } from "../../src/index.ts";
import { sealingWriteHead } from "../../src/response/seal.ts";
import { exceptUntyped } from "../support/events.ts";
import { ownMinutes } from "../support/own-minutes.ts";
import { headersOf } from "../support/policy.ts";
import { type Answer, listen } from "../support/stacks.ts";

beforeEach(ownMinutes);

const MANAGED = new Set([...Object.keys(headersOf({})), "Cache-Control", "Date"].map((name) => name.toLowerCase()));

/** What a client sees of the application's own doing: everything but the policy. */
const own = ({ status, reason, lines, body }: Answer) => ({
	status,
	reason,
	body,
	lines: lines.filter(([name]) => !MANAGED.has(name.toLowerCase())).toSorted(([a], [b]) => a.localeCompare(b)),
});

/** The answers of the same program with and without the middleware. */
async function both(act: (res: ServerResponse) => void) {
	const headers = secureHeaders();
	const answers: Answer[] = [];
	for (const guarded of [true, false]) {
		const running = await listen((req, res) => {
			if (guarded) headers(req, res);
			act(res);
		});
		answers.push(await running.ask());
		await running.close();
	}
	return answers.map(own);
}

type Call = readonly unknown[];
const call = (res: ServerResponse, args: Call) => (res.writeHead as (...args: unknown[]) => unknown).apply(res, args as unknown[]);

describe("writeHead does what Node's does", () => {
	test.each<[string, Call]>([
		["a status", [200]],
		["a status as text", ["404"]],
		["the smallest status that has a body", [200]],
		["the largest status", [999]],
		["an unknown status", [299]],
		["a reason", [200, "Fine"]],
		["an empty reason", [200, ""]],
		["an object", [200, { "X-A": "1", "x-b": 2 }]],
		["a reason and an object", [201, "Made", { "X-A": "1" }]],
		["undefined and an object", [200, undefined, { "X-A": "1" }]],
		["null and an object", [200, null, { "X-A": "1" }]],
		["an object and undefined", [200, { "X-A": "1" }, undefined]],
		["a reason and undefined", [200, "Fine", undefined]],
		["a reason and null", [200, "Fine", null]],
		["null", [200, null]],
		["an empty object", [200, {}]],
		["an empty name", [200, { "": "x", "X-A": "1" }]],
		["a list value", [200, { "Set-Cookie": ["a=1", "b=2"] }]],
		["a null-prototype object", [200, Object.assign(Object.create(null), { "X-A": "1" })]],
		["a flat array", [200, ["X-A", "1", "X-B", "2"]]],
		["a flat array with a name twice", [200, ["Set-Cookie", "a=1", "X-A", "1", "Set-Cookie", "b=2"]]],
		["an empty array", [200, []]],
		["an odd array", [200, ["X-A"]]],
		["text in place of headers", [200, "Fine", "X-A"]],
		["a number in place of headers", [200, 5]],
		["a status that is too small", [99]],
		["a status that is too large", [1000]],
		["a status that is no number", ["x"]],
		["no status", []],
		["a bad name", [200, { "a b": "1" }]],
		["a bad value", [200, { "X-A": "a\nb" }]],
		["an undefined value", [200, { "X-A": undefined }]],
		["a bad reason", [200, "a\nb"]],
	])("%s", async (_title, args) => {
		const [guarded, bare] = await both((res) => {
			let thrown = "";
			try {
				call(res, args);
			} catch (error) {
				thrown = String((error as { code?: string }).code);
				if (!res.headersSent) {
					res.statusMessage = "";
					res.statusCode = 500;
				}
			}
			res.end(`${thrown}.`);
		});
		expect(guarded).toEqual(bare);
	});

	test("an array of pairs is taken, names twice and all", async () => {
		const headers = secureHeaders();
		const running = await listen((req, res) => {
			headers(req, res);
			call(res, [
				200,
				[
					["Set-Cookie", "a=1"],
					["X-A", "1"],
					["set-cookie", "b=2"],
				],
			]);
			res.end();
		});
		const answer = await running.ask();
		expect([answer.get("Set-Cookie"), answer.get("X-A")]).toEqual([["a=1", "b=2"], ["1"]]);
		await running.close();
	});

	test("what was set before gives way to the argument, what was not stays", async () => {
		const [guarded, bare] = await both((res) => {
			res.setHeader("X-A", ["0", "00"]);
			res.setHeader("X-B", "b");
			res.writeHead(200, { "x-a": "1" });
			res.end();
		});
		expect(guarded).toEqual(bare);
	});

	test("a refused header leaves status and reason as Node does, for whoever answers then", async () => {
		const [guarded, bare] = await both((res) => {
			try {
				res.writeHead(418, "Teapot", { "X-A": "a\nb" });
			} catch {
				res.end(`${res.statusCode} ${res.statusMessage}`);
			}
		});
		expect(guarded).toEqual(bare);
		expect(guarded?.body).toBe("418 Teapot");
	});

	test("twice, and from inside itself", async () => {
		const headers = secureHeaders();
		const running = await listen((req, res) => {
			// Stands under ours, as a listener of an earlier on-headers does.
			const native = res.writeHead;
			let inside = 0;
			res.writeHead = ((status: number, ...rest: never[]) => {
				if (inside++ === 0) return res.writeHead(503, ...rest);
				return native.call(res, status, ...rest);
			}) as never;
			headers(req, res);
			res.writeHead(200);
			let code = "";
			try {
				res.writeHead(200);
			} catch (error) {
				code = (error as { code: string }).code;
			}
			res.end(code);
		});
		const answer = await running.ask();
		expect([answer.status, answer.get("X-Frame-Options")]).toEqual([503, ["DENY"]]);
		expect(answer.body).toContain("ERR_HTTP_HEADERS_SENT");
		await running.close();
	});
});

describe.each(["auto", false] as const)("a head is sealed once (headerBlock: %s)", (headerBlock) => {
	/** Events and the answer of a program, as a listener of its own. */
	async function run(act: (res: ServerResponse) => void, before: (res: ServerResponse) => void = () => {}) {
		const events: string[] = [];
		const headers = secureHeaders({ headerBlock, onEvent: exceptUntyped(({ code, header }) => events.push(`${code} ${header}`)) });
		const running = await listen((req, res) => {
			before(res);
			headers(req, res);
			act(res);
		});
		const answer = await running.ask();
		await running.close();
		return { events, answer };
	}
	const thrownBy = (act: () => unknown): unknown => {
		try {
			act();
			return undefined;
		} catch (error) {
			return (error as { code?: string }).code;
		}
	};

	test("a second writeHead fails as in Node, and nothing is said of headers that are gone already", async () => {
		let code: unknown;
		const { events } = await run((res) => {
			res.writeHead(200);
			code = thrownBy(() => res.writeHead(500, { "X-Late": "1" }));
			res.end();
		});
		expect([code, events]).toEqual(["ERR_HTTP_HEADERS_SENT", []]);
	});

	test("a status that Node refuses seals nothing, and the head after it is sealed", async () => {
		let code: unknown;
		let between: unknown;
		const { events, answer } = await run((res) => {
			res.removeHeader("Referrer-Policy");
			code = thrownBy(() => res.writeHead(99));
			between = res.getHeader("Referrer-Policy");
			res.writeHead(500).end();
		});
		expect([code, between]).toEqual(["ERR_HTTP_INVALID_STATUS_CODE", undefined]);
		expect(events).toEqual(["override/removed Referrer-Policy"]);
		expect(answer.get("Referrer-Policy")).toEqual(["strict-origin-when-cross-origin"]);
	});

	test("a head that Node refused is sealed again when it is written", async () => {
		let code: unknown;
		const { answer } = await run((res) => {
			code = thrownBy(() => res.writeHead(200, "bad\nreason"));
			res.removeHeader("X-Frame-Options");
			res.statusMessage = "";
			res.writeHead(500).end();
		});
		expect([code, answer.status, answer.get("X-Frame-Options")]).toEqual(["ERR_INVALID_CHAR", 500, ["DENY"]]);
	});

	test("a writeHead below that calls the one of the response is asked once", async () => {
		let asked = 0;
		const { answer, events } = await run(
			(res) => void res.writeHead(200).end(),
			(res) => {
				const native = res.writeHead;
				res.writeHead = function (this: ServerResponse, ...args: never[]) {
					return asked++ === 0 ? res.writeHead(503) : Reflect.apply(native, res, args);
				} as never;
			},
		);
		expect([answer.status, asked, events]).toEqual([503, 2, []]);
	});

	test.each([
		["few", 2],
		["most", -2],
	])("%s of the headers are the application's, on a response that only the server protects: none was removed", async (_title, count) => {
		const events: string[] = [];
		const own = Object.entries(headersOf({})).slice(0, count);
		const running = await listen(
			(_req, res) => {
				for (const [name, value] of own) res.setHeader(name, value);
				res.end();
			},
			false,
			(server) => protectServer(server as never, secureHeaders({ headerBlock, onEvent: exceptUntyped(({ code }) => events.push(code)) })),
		);
		const answer = await running.ask();
		await running.close();
		expect(Object.keys(headersOf({})).filter((name) => answer.get(name).length !== 1)).toEqual([]);
		expect(events.filter((code) => code === "override/removed")).toEqual([]);
	});

	test.each<[string, (all: number) => number, boolean]>([
		["one header that is gone was removed", () => 1, true],
		["half of them as well", (all) => Math.floor(all / 2), true],
		["more than half is a response that was cleared", (all) => Math.floor(all * 0.9), false],
	])("%s", async (_title, count, isTold) => {
		const names = Object.keys(headersOf({}));
		const gone = count(names.length);
		const { events, answer } = await run((res) => {
			for (const name of names.slice(0, gone)) res.removeHeader(name);
			res.end();
		});
		expect(names.filter((name) => answer.get(name).length !== 1)).toEqual([]);
		expect(events).toHaveLength(isTold ? gone : 0);
	});
});

test("a response that has no policy is written as Node does", async () => {
	const running = await listen((_req, res) => {
		res.writeHead = sealingWriteHead as never;
		res.writeHead(201, { "X-A": "1" }).end();
	});
	const answer = await running.ask();
	await running.close();
	expect([answer.status, answer.get("X-A"), answer.get("X-Frame-Options")]).toEqual([201, ["1"], []]);
});

describe("what stands on the response early", () => {
	const early = async (act: (res: ServerResponse, headers: ReturnType<typeof secureHeaders>) => unknown) => {
		const headers = secureHeaders();
		let seen: unknown;
		const running = await listen((req, res) => {
			headers(req, res);
			seen = act(res, headers);
			res.end();
		});
		await running.ask();
		await running.close();
		return seen;
	};

	test("the headers of a second mount, at once", async () => {
		const second = secureHeaders({ crossOriginEmbedderPolicy: true, xFrameOptions: false });
		const seen = await early((res) => {
			second(res.req, res);
			return [res.getHeader("Cross-Origin-Embedder-Policy"), res.getHeader("X-Frame-Options")];
		});
		expect(seen).toEqual(["require-corp", undefined]);
	});

	test("a header that the app changed survives a second mount that drops it", async () => {
		const second = secureHeaders({ xFrameOptions: false, contentSecurityPolicy: false });
		const seen = await early((res) => {
			res.setHeader("X-Frame-Options", "SAMEORIGIN");
			res.removeHeader("Content-Security-Policy");
			second(res.req, res);
			return [res.getHeader("X-Frame-Options"), res.getHeader("Content-Security-Policy")];
		});
		expect(seen).toEqual(["SAMEORIGIN", undefined]);
	});

	test("the nonce, beside what the app appended, once it is read", async () => {
		const seen = (await early((res) => {
			res.appendHeader("Content-Security-Policy", "frame-src 'none'");
			const nonce = getNonce(res);
			return [nonce, res.getHeader("Content-Security-Policy")];
		})) as [string, string[]];
		expect(seen[1]).toHaveLength(2);
		expect(seen[1][0]).toContain(`'nonce-${seen[0]}'`);
		expect(seen[1][1]).toBe("frame-src 'none'");
	});

	test("an app's own policy is not touched by the nonce", async () => {
		const seen = await early((res) => {
			res.setHeader("Content-Security-Policy", ["default-src 'none'", "frame-src 'none'"]);
			getNonce(res);
			return res.getHeader("Content-Security-Policy");
		});
		expect(seen).toEqual(["default-src 'none'", "frame-src 'none'"]);
	});
});

describe("a 304", () => {
	test.each<[string, (res: ServerResponse) => void, readonly string[]]>([
		["loses ours", () => {}, []],
		// Alone it would take the place of both on the stored page.
		["loses what the app appended to ours as well", (res) => res.appendHeader("Content-Security-Policy", "frame-src 'none'"), []],
		["keeps the app's own", (res) => res.setHeader("Content-Security-Policy", "default-src 'self'"), ["default-src 'self'"]],
		[
			"loses ours, also an older text of it that was set again",
			(res) => {
				const before = String(res.getHeader("Content-Security-Policy"));
				getNonce(res);
				res.setHeader("Content-Security-Policy", before);
			},
			[],
		],
		["has none after a wipe", (res) => res.removeHeader("Content-Security-Policy"), []],
	])("%s", async (_title, act, expected) => {
		const headers = secureHeaders();
		const running = await listen((req, res) => {
			headers(req, res);
			act(res);
			res.statusCode = 304;
			res.end();
		});
		expect((await running.ask()).get("Content-Security-Policy")).toEqual(expected);
		await running.close();
	});
});

test.each(["auto", false] as const)(
	"once the head is written, one line is a text, several are a list, and none is empty (headerBlock: %s)",
	async (headerBlock) => {
		const headers = secureHeaders({ headerBlock });
		let seen: readonly unknown[] = [];
		let ours = "";
		const running = await listen((req, res) => {
			headers(req, res);
			ours = String(res.getHeader("Content-Security-Policy"));
			res.removeHeader("Referrer-Policy");
			res.setHeader("Content-Security-Policy", [ours, "", "img-src 'none'"]);
			res.setHeader("X-Frame-Options", ["DENY", "DENY"]);
			res.writeHead(200);
			seen = ["Referrer-Policy", "Content-Security-Policy", "X-Frame-Options"].map((name) => res.getHeader(name));
			res.end();
		});
		const answer = await running.ask();
		await running.close();
		expect(seen).toEqual(["strict-origin-when-cross-origin", [ours, "img-src 'none'"], "DENY"]);
		expect(answer.get("Content-Security-Policy")).toEqual([ours, "img-src 'none'"]);
	},
);
