import type { RequestListener, ServerResponse } from "node:http";
import onHeaders from "on-headers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { getNonce, type SecureHeadersOptions, secureHeaders } from "../src/index.ts";
import { headersOf } from "./support/policy.ts";
import { type Answer, listen, STACKS, type Stack } from "./support/stacks.ts";

// Rate limits count by the minute: each test begins a new one.
let minute = Date.now();
beforeEach(() => {
	minute += 120_000;
	vi.spyOn(Date, "now").mockImplementation(() => minute);
});
afterEach(() => vi.restoreAllMocks());

/** The answer where `late` runs in a listener that was added before the policy, so after the seal. */
async function withListener(
	stack: Stack,
	late: (res: ServerResponse) => void,
	options: SecureHeadersOptions = {},
	handler = (res: ServerResponse): void => void res.end("x"),
) {
	const events: string[] = [];
	const headers = secureHeaders({ ...options, onEvent: ({ code, header }) => events.push(`${code} ${header}`) });
	const act: RequestListener = (req, res) => {
		onHeaders(res, () => late(res));
		headers(req, res);
		handler(res);
	};
	const app = stack.framework === undefined ? act : (stack.create().use(act as never) as unknown as RequestListener);
	const running = await listen(app, stack.http2);
	const answer = await running.ask();
	await running.close();
	return { events, answer };
}

const FULL = Object.entries(headersOf({}, { secure: false })).map(([name, text]) => [name, [text.replaceAll(" 'nonce-NONCE'", "")]]);
const managed = (answer: Answer) => FULL.map(([name]) => [name, answer.get(String(name))]);

describe.each(STACKS.flatMap((stack) => (["auto", false] as const).map((headerBlock) => ({ stack, name: stack.name, headerBlock }))))(
	"a listener that on-headers runs after the seal, on $name, headerBlock $headerBlock",
	({ stack, headerBlock }) => {
		test("cannot wipe the policy", async () => {
			const { answer } = await withListener(
				stack,
				(res) => {
					for (const name of res.getHeaderNames()) res.removeHeader(name);
					res.setHeader("X-Listener", "1");
				},
				{ headerBlock },
			);
			expect(managed(answer)).toEqual(FULL);
			expect(answer.get("X-Listener")).toEqual(["1"]);
		});

		test("cannot change what is locked, in any way", async () => {
			const changes: readonly ((res: ServerResponse) => void)[] = [
				(res) => void res.setHeader("X-Content-Type-Options", "sniff"),
				(res) => void res.setHeader("x-frame-options", ["SAMEORIGIN", "ALLOWALL"]),
				(res) => void res.appendHeader("X-Frame-Options", "SAMEORIGIN"),
				(res) => void res.removeHeader("X-FRAME-OPTIONS"),
				(res) => void res.setHeader("X-Frame-Options", ""),
				(res) => void res.setHeader("X-Powered-By", "me"),
			];
			for (const change of changes) {
				const { answer } = await withListener(stack, change, { headerBlock, lock: ["xFrameOptions"] });
				expect([answer.get("X-Content-Type-Options"), answer.get("X-Frame-Options"), answer.get("X-Powered-By")]).toEqual([["nosniff"], ["DENY"], []]);
			}
		});

		test("may set what is not locked, which is an event where it protects less", async () => {
			const { answer, events } = await withListener(stack, (res) => void res.setHeader("X-Frame-Options", "SAMEORIGIN"), { headerBlock });
			expect([answer.get("X-Frame-Options"), events]).toEqual([["SAMEORIGIN"], ["override/weaker X-Frame-Options"]]);
		});

		test("cannot make a page with a nonce cacheable for everybody in silence", async () => {
			const page = (res: ServerResponse): void => void res.end(getNonce(res));
			const wiped = await withListener(stack, (res) => void res.removeHeader("Cache-Control"), { headerBlock }, page);
			expect(wiped.answer.get("Cache-Control")).toEqual(["private"]);
			const opened = await withListener(stack, (res) => void res.setHeader("Cache-Control", "public"), { headerBlock }, page);
			expect([opened.answer.get("Cache-Control"), opened.events]).toEqual([["public"], ["nonce/shared-cacheable Cache-Control"]]);
		});

		test("leaves the response's own methods as they were", async () => {
			let after: readonly string[] = [];
			await withListener(
				stack,
				() => {},
				{ headerBlock },
				(res) => {
					res.end("x");
					after = ["setHeader", "removeHeader", "appendHeader"].filter((name) => Object.hasOwn(res, name));
				},
			);
			expect(after).toEqual([]);
		});
	},
);
