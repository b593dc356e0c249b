import { describe, expect, test } from "vitest";
import { createNonce } from "../../src/response/nonce.ts";

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
