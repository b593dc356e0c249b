import { afterEach, describe, expect, test, vi } from "vitest";
import { acceptNonce, adoptNonce, createNonce, readNonce, responseOf } from "../../src/response/nonce.ts";

describe("createNonce", () => {
	test("gives 22 base64url characters: 16 bytes", () => {
		for (let i = 0; i < 1000; i++) {
			const nonce = createNonce();
			expect(nonce).toMatch(/^[A-Za-z0-9_-]{22}$/);
			expect(Buffer.from(nonce, "base64url")).toHaveLength(16);
		}
	});

	test("never gives one twice, also across refills of the pool", () => {
		const seen = new Set(Array.from({ length: 100_000 }, createNonce));
		expect(seen.size).toBe(100_000);
	});

	test("every bit varies", () => {
		const ones = new Array<number>(128).fill(0);
		for (let i = 0; i < 2000; i++)
			for (const [byte, value] of Buffer.from(createNonce(), "base64url").entries())
				for (let bit = 0; bit < 8; bit++) ones[byte * 8 + bit] = (ones[byte * 8 + bit] ?? 0) + ((value >> bit) & 1);
		// 2000 fair coins: seven standard deviations either side.
		for (const count of ones) expect(Math.abs(count - 1000)).toBeLessThan(157);
	});
});

describe("random bytes that were fetched ahead", () => {
	afterEach(() => {
		vi.useRealTimers();
		vi.restoreAllMocks();
		vi.resetModules();
	});

	/** Its own pool, which is empty, at a time that stands still. The nth filling gives bytes of n. */
	const freshPool = async () => {
		vi.resetModules();
		const fill = vi
			.spyOn(process.getBuiltinModule("node:crypto"), "randomFillSync")
			.mockImplementation(((bytes: Uint8Array) => bytes.fill(fill.mock.calls.length)) as never);
		vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
		const { createNonce: create } = await import("../../src/response/nonce.ts");
		return { fill, next: () => Buffer.from(create(), "base64url")[0] };
	};

	test("are used within a second, and later new ones are fetched, as after a snapshot", async () => {
		const { fill, next } = await freshPool();
		expect(fill).not.toHaveBeenCalled();
		expect([next(), next()]).toEqual([1, 1]);
		vi.setSystemTime(1_000_999);
		expect(next()).toBe(1);
		vi.setSystemTime(1_001_000);
		expect([next(), next()]).toEqual([2, 2]);
		vi.setSystemTime(5_000_000);
		expect([next(), next()]).toEqual([3, 3]);
		expect(fill).toHaveBeenCalledTimes(3);
	});

	test("are new as well when the clock was set back, or is broken", async () => {
		const { next } = await freshPool();
		expect(next()).toBe(1);
		vi.setSystemTime(999_999);
		expect([next(), next()]).toEqual([2, 2]);
		vi.spyOn(Date, "now").mockReturnValue(Number.NaN);
		expect([next(), next()]).toEqual([3, 4]);
	});

	test("serve 256 nonces with one call of the system", async () => {
		const { fill, next } = await freshPool();
		expect(Array.from({ length: 256 }, next).every((byte) => byte === 1)).toBe(true);
		expect(fill).toHaveBeenCalledTimes(1);
		expect(next()).toBe(2);
	});
});

describe("a nonce of the application's own", () => {
	const DIGITS = "abcdefghijklmnopqrstuv";

	test.each([
		[DIGITS],
		[`${DIGITS.slice(1)}+`],
		[`${DIGITS.slice(1)}/`],
		[`-${DIGITS.slice(1)}`],
		[`_${DIGITS.slice(1)}`],
		[`${DIGITS}w`],
		[`${DIGITS}=`],
		[`${DIGITS}==`],
		["0123456789abcdef0123456789abcdef"],
	])("%s can be one", (value) => {
		expect(acceptNonce(value)).toBe(value);
	});

	test.each<[unknown]>([
		[DIGITS.slice(1)],
		[`${DIGITS}===`],
		[`=${DIGITS}`],
		[`${DIGITS}=w`],
		[` ${DIGITS}`],
		[`${DIGITS} `],
		[`${DIGITS}\n`],
		[`'${DIGITS}`],
		[`${DIGITS};`],
		[""],
		[5],
		[undefined],
		[null],
		[[DIGITS]],
	])("%j cannot", (value) => {
		expect(acceptNonce(value)).toBeUndefined();
	});

	test("is not that of the response before", () => {
		const [one, other] = [`1${DIGITS}`, `2${DIGITS}`];
		expect([one, one, other, one].map(acceptNonce)).toEqual([one, undefined, other, one]);
	});

	test("without a policy on the response it is nobody's", () => {
		const res = {};
		expect(() => adoptNonce(res, DIGITS)).not.toThrow();
		expect(res).toEqual({});
	});
});

test("a response without a policy has no nonce to read, and says what is missing", () => {
	expect(() => readNonce({})).toThrow("Mount secureHeaders() before the code that uses the nonce. [nonce/not-mounted]");
});

test.each<[unknown]>([[undefined], [null], ["x"], [5], [{}], [[]]])("%j is no nonce of a response", (value) => {
	expect(responseOf(value)).toBeUndefined();
});
