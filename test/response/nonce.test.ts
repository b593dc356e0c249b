import { describe, expect, test } from "vitest";
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
