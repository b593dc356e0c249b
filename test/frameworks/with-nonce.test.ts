import { randomBytes, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { withNonce } from "../../src/frameworks/index.ts";
import { getNonce, PolicyError, secureHeaders } from "../../src/index.ts";
import { listen } from "../support/stacks.ts";

const SLOT = randomUUID();
const NONCE = "AbCdEfGhIjKlMnOpQrStUv";
const CSP = "Content-Security-Policy";

const refused = (act: () => unknown): string => {
	try {
		act();
	} catch (error) {
		return error instanceof PolicyError ? error.message : String(error);
	}
	return "accepted";
};

async function served(page: (res: ServerResponse) => string | Promise<string>) {
	const headers = secureHeaders();
	const running = await listen((req, res) => {
		headers(req, res);
		Promise.resolve(page(res)).then((body) => res.end(body));
	});
	const answer = await running.ask();
	await running.close();
	return answer;
}

describe("withNonce", () => {
	test("every slot of the framework gets the nonce of the policy, and no other script does", async () => {
		const html = `<app-root ngCspNonce="${SLOT}"><style nonce="${SLOT}"></style><script>injected()</script><script nonce="${NONCE}">too()</script>`;
		const answer = await served((res) => withNonce(html, res as never, SLOT));
		const nonce = /'nonce-([^']+)'/.exec(answer.get(CSP)[0] ?? "")?.[1] as string;
		expect(answer.body).toContain(
			`<app-root ngCspNonce="${nonce}"><style nonce="${nonce}"></style><script>injected()</script><script nonce="${NONCE}">too()</script>`,
		);
		expect(answer.get("Cache-Control")).toEqual(["private"]);
	});

	test("a page without the slot is the same text, and its response has no nonce", async () => {
		const html = "<h1>Hi</h1>";
		const answer = await served((res) => withNonce(html, res as never, SLOT));
		expect(answer.body).toContain(html);
		expect(answer.get(CSP)[0]).not.toContain("nonce-");
		expect(answer.get("Cache-Control")).toEqual([]);
	});

	test("a nonce may be given as text, and an empty one empties the slot", () => {
		expect(withNonce(`a${SLOT}b${SLOT}`, NONCE, SLOT)).toBe(`a${NONCE}b${NONCE}`);
		expect(withNonce(`a${SLOT}b`, "", SLOT)).toBe("ab");
		expect(withNonce("$&", NONCE, SLOT)).toBe("$&");
	});

	test.each([['"><script>'], ["short"], [`${NONCE}\r\n`], ["$&$&$&$&$&$&$&$&$&$&$&$&"], ["ü".repeat(30)]])("%j cannot be a nonce", (nonce) => {
		expect(refused(() => withNonce(SLOT, nonce, SLOT))).toMatch(/^withNonce\.nonce: received .*which cannot be a nonce\. Write getNonce\(res\)\./);
	});

	test("a response without a policy is refused, whatever it is", () => {
		for (const res of [undefined, null, {}, 5]) expect(refused(() => withNonce(SLOT, res as never, SLOT))).toContain("this response has no policy");
	});

	test.each([[undefined], [null], [5], [Buffer.from("x")], [{}]])("%j is not HTML", (html) => {
		expect(refused(() => withNonce(html as never, NONCE, SLOT))).toMatch(/^withNonce\.html: received .* Write a string or a ReadableStream\. \[option\/type\]/);
	});

	test("a page may be large", () => {
		const html = `${"<p>text</p>".repeat(1_000_000)}${SLOT}`;
		expect(withNonce(html, NONCE, SLOT)).toHaveLength(11_000_000 + NONCE.length);
	});
});

describe("a slot", () => {
	test.each([
		[""],
		["NONCE"],
		["NONCE_OF_THE_RESPONSE"],
		["this-is-a-very-long-slot-that-has-no-random-part"],
		["0".repeat(32)],
		["0123456789abcdef0123456789abcdef"],
		["a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4"],
		["00000000-0000-4000-8000-000000000000"],
		["1b4e28ba-2fa1-11d2-883f-0016d3cca427"],
		["f3a9c1d7e5b20486"],
		[`${randomBytes(16).toString("hex")}\n`],
		[`"${randomBytes(16).toString("hex")}`],
		[undefined],
		[null],
		[5],
		[{}],
		[[randomUUID()]],
	])("%j is refused, even on a page without it", (slot) => {
		expect(refused(() => withNonce("", NONCE, slot as never))).toMatch(
			/^withNonce\.slot: received .*, so an injected script could carry it\. Write a random text, printed once with node -p "crypto\.randomUUID\(\)"\. \[nonce\/slot\]$/s,
		);
	});

	test("what is random is accepted", () => {
		for (let i = 0; i < 2000; i++)
			for (const slot of [randomUUID(), randomBytes(16).toString("hex"), randomUUID().toUpperCase(), randomBytes(32).toString("hex")])
				expect(withNonce(`<${slot}>`, NONCE, slot)).toBe(`<${NONCE}>`);
	});
});

describe("a stream", () => {
	const streamOf = (...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
		new ReadableStream({
			start(controller) {
				for (const chunk of chunks) controller.enqueue(chunk);
				controller.close();
			},
		});
	const textOf = (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text();

	test("a slot is found wherever the chunks are cut, and other bytes stay as they are", async () => {
		const bytes = Buffer.from(`<p>größer 🎉</p>${SLOT.slice(0, 9)}${SLOT}<b>${SLOT}${SLOT}</b>${SLOT.slice(0, 20)}`);
		const expected = `<p>größer 🎉</p>${SLOT.slice(0, 9)}${NONCE}<b>${NONCE}${NONCE}</b>${SLOT.slice(0, 20)}`;
		for (let cut = 0; cut <= bytes.length; cut++)
			expect(await textOf(withNonce(streamOf(bytes.subarray(0, cut), bytes.subarray(cut)), NONCE, SLOT))).toBe(expected);
		expect(await textOf(withNonce(streamOf(...[...bytes].map((byte) => Uint8Array.of(byte))), NONCE, SLOT))).toBe(expected);
	});

	test("what cannot begin a slot is not held back", async () => {
		let send: (text: string) => void = () => {};
		const source = new ReadableStream<Uint8Array>({
			start(controller) {
				send = (text) => controller.enqueue(Buffer.from(text));
			},
		});
		const reader = withNonce(source, NONCE, SLOT).getReader();
		send("<script>resolve(1)</script>");
		expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("<script>resolve(1)</script>");
		await reader.cancel();
	});

	test("the nonce is made at once, because the head is written with the first chunk", async () => {
		const answer = await served(async (res) => {
			const body = withNonce(streamOf(Buffer.from("<h1>"), Buffer.from(SLOT)), res as never, SLOT);
			res.write("<!doctype html>");
			return `${await textOf(body)} ${getNonce(res as never)}`;
		});
		const nonce = /'nonce-([^']+)'/.exec(answer.get(CSP)[0] ?? "")?.[1];
		expect(answer.body).toContain(`<h1>${nonce} ${nonce}`);
	});
});
