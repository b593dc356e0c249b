import { describe, expect, test } from "vitest";
import { factsOf, type HeaderFacts } from "../../src/headers/facts.ts";
import {
	blockFor,
	blockOnTop,
	type CompiledHeader,
	compileHeader,
	createBlock,
	createWire,
	onceForEach,
	TRANSPORTS,
	withText,
} from "../../src/response/wire.ts";

function header(name: string, text: string, nonced?: readonly string[]): CompiledHeader {
	return compileHeader(factsOf(name) as HeaderFacts, { text, nonced }, false, () => true);
}

const linesOf = ({ headers }: { readonly headers: readonly CompiledHeader[] }): readonly string[] => headers.map(({ name, text }) => `${name}: ${text}`);
const emptyWire = () => createWire({ blocks: [createBlock([])], remove: [] });

describe("a block", () => {
	const block = createBlock([header("Referrer-Policy", "origin"), header("NEL", "{}"), header("X-Frame-Options", "DENY")]);

	test("leaves to the first line what is not early", () => {
		expect([block.early.map(({ name }) => name), block.lateNames]).toEqual([["NEL"], ["referrer-policy", "x-frame-options"]]);
		expect(block.lateLines).toBe("Referrer-Policy: origin\r\nX-Frame-Options: DENY\r\n");
	});

	test("with headers on top has theirs in the old places, and the new ones at the end", () => {
		const above = [header("X-Content-Type-Options", "nosniff"), header("Referrer-Policy", "no-referrer")];
		expect(linesOf(blockOnTop(block, above))).toEqual(["Referrer-Policy: no-referrer", "NEL: {}", "X-Frame-Options: DENY", "X-Content-Type-Options: nosniff"]);
		expect(blockOnTop(block, above)).toEqual(createBlock(blockOnTop(block, above).headers));
	});

	test("with a text of one request is what it would be if it had been made with it", () => {
		const own = createBlock([header("Referrer-Policy", "origin"), header("Content-Security-Policy", "a"), header("X-Frame-Options", "DENY")]);
		const policy = own.headers[1] as CompiledHeader;
		for (const [text, nonced] of [
			["b", undefined],
			["'nonce-x'", ["'nonce-x'"]],
			["c", undefined],
		] as const) {
			const expected = createBlock(own.headers.with(1, { ...policy, text, nonced }));
			expect(withText(own, policy.name, text, nonced)).toEqual(expected);
		}
		expect(withText(own, "X-Frame-Options", "SAMEORIGIN", undefined).lateLines).toContain("a\r\nX-Frame-Options: SAMEORIGIN\r\n");
		expect(own.headers[1]).toBe(policy);
	});

	test("knows of a nonce that another of its headers has", () => {
		const both = createBlock([header("Content-Security-Policy", "a", ["a"]), header("Content-Security-Policy-Report-Only", "b")]);
		expect(withText(both, "Content-Security-Policy-Report-Only", "c", undefined).hasNonce).toBe(true);
		expect(withText(both, "Content-Security-Policy", "c", undefined).hasNonce).toBe(false);
	});
});

test("each kind of response has its block", () => {
	const blocks = ["reports", "others"].flatMap((kind) =>
		TRANSPORTS.map(({ secure, hstsAllowed }) => createBlock([header("Referrer-Policy", `${kind} ${secure} ${hstsAllowed}`)])),
	);
	for (const reports of [true, false])
		for (const secure of [true, false])
			for (const hstsAllowed of [true, false])
				expect(linesOf(blockFor({ blocks }, secure, hstsAllowed, reports))).toEqual([
					`Referrer-Policy: ${reports ? "reports" : "others"} ${secure} ${hstsAllowed}`,
				]);
	expect(blockFor({ blocks }, true, true)).toBe(blocks[3]);
});

describe("a change of policies", () => {
	test("is made once for each, and on what it made not again", () => {
		let made = 0;
		const change = onceForEach(() => {
			made++;
			return emptyWire();
		});
		const [one, other] = [emptyWire(), emptyWire()];
		const results = [one, other, one, other].map(change);
		expect([results[2], results[3], made]).toEqual([results[0], results[1], 2]);
		expect(results[0]).not.toBe(results[1]);
		expect(change(results[0] as typeof one)).toBe(results[0]);
		expect(made).toBe(2);
	});

	test("that fails is tried again", () => {
		let tries = 0;
		const change = onceForEach(() => {
			tries++;
			if (tries < 3) throw new Error("no");
			return emptyWire();
		});
		const wire = emptyWire();
		for (let i = 0; i < 2; i++) expect(() => change(wire)).toThrow("no");
		expect(change(wire)).toBe(change(wire));
		expect(tries).toBe(3);
	});
});

test("a policy asks nothing and depends on nothing, but for what it is given", () => {
	const wire = createWire({ blocks: [], remove: ["X-Powered-By"], vary: ["Host"], cacheControl: undefined });
	expect(wire).toEqual({
		base: undefined,
		blocks: [],
		remove: [{ name: "X-Powered-By", lowerName: "x-powered-by" }],
		reportFraction: 1,
		dynamicSources: [],
		removalWins: false,
		secure: undefined,
		cacheControl: undefined,
		vary: ["Host"],
		headerBlock: true,
		onEvent: undefined,
	});
});
