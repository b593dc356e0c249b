import type { ServerResponse } from "node:http";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { getNonce, PolicyError, type SecureHeaders, secureHeaders, setNonce } from "../../src/index.ts";
import { exceptUntyped } from "../support/events.ts";
import { listen, STACKS } from "../support/stacks.ts";

const MADE = ["AbCdEfGhIjKlMnOpQrStUv", "c3ZlbHRla2l0LW5vbmNlLQ==", "0123456789abcdef0123456789abcdef", "1b4e28ba-2fa1-11d2-883f-0016d3cca427"];
const NAME = "Content-Security-Policy";

let minute = 0;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: ++minute * 60_000 }));
afterAll(() => void vi.useRealTimers());

type Act = (res: ServerResponse, headers: SecureHeaders) => unknown;

describe.each(STACKS)("setNonce on $name", ({ create, framework, http2 }) => {
	async function served(act: Act, options = {}) {
		const codes: string[] = [];
		const headers = secureHeaders({ ...options, onEvent: exceptUntyped(({ code }) => codes.push(code)) });
		let result: unknown;
		const handler = (req: never, res: ServerResponse): void => {
			if (framework === undefined) headers(req, res);
			result = act(res, headers);
			if (!res.writableEnded) res.end(String((res as { locals?: { cspNonce?: unknown } }).locals?.cspNonce ?? getNonce(res)));
		};
		const app =
			framework === undefined
				? handler
				: create()
						.use(headers as never)
						.use(handler as never);
		const running = await listen(app as never, http2);
		const answer = await running.ask();
		await running.close();
		return { answer, result, codes };
	}

	/** The code with which a call is refused. */
	const refusal = (call: () => void): unknown => {
		try {
			call();
		} catch (error) {
			return error instanceof PolicyError ? error.issues.map(({ code }) => code).join() : error;
		}
		return undefined;
	};

	test.each(MADE)("%s is what the policy names and templates print", async (nonce) => {
		const { answer, codes } = await served((res) => setNonce(res as never, nonce));
		expect(answer.body).toBe(nonce);
		expect(answer.get(NAME)[0]).toContain(`script-src 'self' 'nonce-${nonce}'`);
		expect(answer.get("Cache-Control")).toEqual(["private"]);
		expect(codes).toEqual([]);
	});

	test("the same again is no mistake, another one is", async () => {
		const { result, answer } = await served((res) => {
			const [first, second] = ["ZbCdEfGhIjKlMnOpQrStUv", "YbCdEfGhIjKlMnOpQrStUv"];
			setNonce(res as never, first as string);
			return [refusal(() => setNonce(res as never, first as string)), refusal(() => setNonce(res as never, second as string))];
		});
		expect(result).toEqual([undefined, "nonce/foreign"]);
		expect(answer.body).toBe("ZbCdEfGhIjKlMnOpQrStUv");
	});

	test("one of ours that was read may have been printed", async () => {
		const { result, answer } = await served((res) => {
			const ours = getNonce(res as never);
			return [ours, refusal(() => setNonce(res as never, "XbCdEfGhIjKlMnOpQrStUv"))];
		});
		expect(result).toEqual([answer.body, "nonce/foreign"]);
	});

	test.each<[unknown]>([
		[""],
		["short"],
		["AbCdEfGhIjKlMnOpQrStU'"],
		["AbCdEfGhIjKlMnOpQrStUv\r\nX: y"],
		["AbCdEfGhIjKlMnOpQrStUv; x"],
		[undefined],
		[null],
		[{}],
		[5],
		["ü".repeat(30)],
		["a".repeat(257)],
	])("%j is refused, and the response has one of ours", async (value) => {
		const { result, answer } = await served((res) => refusal(() => setNonce(res as never, value as string)));
		expect(result).toBe("nonce/foreign");
		expect(answer.body).toMatch(/^[\w-]{22}$/);
		expect(answer.get(NAME)[0]).toContain(`'nonce-${answer.body}'`);
	});

	test("a response may not have the nonce of the one before it", async () => {
		const nonce = "WbCdEfGhIjKlMnOpQrStUv";
		await served((res) => setNonce(res as never, nonce));
		expect((await served((res) => refusal(() => setNonce(res as never, nonce)))).result).toBe("nonce/foreign");
	});

	test("after the head was written it is too late", async () => {
		const { result, codes } = await served((res) => {
			res.end("x");
			return refusal(() => setNonce(res as never, "VbCdEfGhIjKlMnOpQrStUv"));
		});
		expect([result, codes]).toEqual(["nonce/too-late", ["nonce/too-late"]]);
	});

	test("a 304 carries none, and an override without a slot is an event", async () => {
		const notModified = await served((res) => {
			setNonce(res as never, "UbCdEfGhIjKlMnOpQrStUv");
			res.statusCode = 304;
		});
		expect(notModified.answer.get(NAME)).toEqual([]);
		const { codes } = await served((res, headers) => {
			setNonce(res as never, "TbCdEfGhIjKlMnOpQrStUv");
			headers.override(res as never, { contentSecurityPolicy: { directives: { defaultSrc: ["'self'"] } } }, "replace");
		});
		expect(codes).toEqual(["nonce/no-slot"]);
	});
});

test("a response without a policy is refused, whatever it is", () => {
	for (const res of [undefined, null, {}, 5]) expect(() => setNonce(res as never, "SbCdEfGhIjKlMnOpQrStUv")).toThrow("this response has no policy");
});
