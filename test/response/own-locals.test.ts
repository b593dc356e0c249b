import type { ServerResponse } from "node:http";
import express from "express";
import { describe, expect, test } from "vitest";
import { getNonce, type HeadguardEvent, secureHeaders } from "../../src/index.ts";
import { exceptUntyped } from "../support/events.ts";
import { listen } from "../support/stacks.ts";

type WithLocals = ServerResponse & { locals?: unknown };

/** What a handler of node:http sees, whose response somebody has given locals. */
async function onPlain(locals: unknown, look: (res: WithLocals, headers: ReturnType<typeof secureHeaders>) => unknown): Promise<unknown> {
	const events: string[] = [];
	const headers = secureHeaders({ onEvent: exceptUntyped(({ code }: HeadguardEvent) => events.push(code)) });
	let seen: unknown;
	const running = await listen((req, res: WithLocals) => {
		res.locals = locals;
		headers(req, res);
		seen = look(res, headers);
		res.end("x");
	});
	const answer = await running.ask();
	await running.close();
	expect([answer.status, events]).toEqual([200, []]);
	return seen;
}
const nonceIn = (locals: unknown): string => String(Reflect.get(locals as object, "cspNonce"));

describe("locals without Express", () => {
	test("stay the object that they are, also when a second policy comes", async () => {
		const mine = { user: "x" };
		const seen = await onPlain(mine, (res, headers) => {
			headers(res.req, res);
			return [res.locals === mine, nonceIn(mine) === getNonce(res), Object.getOwnPropertyDescriptor(mine, "cspNonce")];
		});
		expect(seen).toEqual([true, true, { configurable: true, enumerable: true, writable: true, value: expect.anything() }]);
	});

	test("that are frozen are replaced by a copy of what can be listed, which can be changed", async () => {
		const frozen = Object.freeze(Object.defineProperty(Object.create({ inherited: 1 }, { shown: { enumerable: true, value: 2 } }), "hidden", { value: 3 }));
		const seen = await onPlain(frozen, (res) => {
			const copy = res.locals as Record<string, unknown>;
			const descriptor = Object.getOwnPropertyDescriptor(copy, "shown");
			return [copy === frozen, nonceIn(copy) === getNonce(res), Object.keys(copy).sort(), copy["inherited"], Object.hasOwn(copy, "hidden"), descriptor];
		});
		expect(seen).toEqual([false, true, ["cspNonce", "shown"], 1, false, { configurable: true, enumerable: true, writable: true, value: 2 }]);
	});

	test("that inherit a nonce which nobody may write get their own", async () => {
		const mine = Object.create(Object.freeze({ cspNonce: undefined }));
		const seen = await onPlain(mine, (res) => [res.locals === mine, nonceIn(mine) === getNonce(res), Object.getOwnPropertyDescriptor(mine, "cspNonce")]);
		expect(seen).toEqual([true, true, { configurable: true, enumerable: true, writable: true, value: expect.anything() }]);
	});

	test.each([[undefined], [null], ["text"], [5], [false]])("that are %j are left alone", async (locals) => {
		expect(await onPlain(locals, (res) => [res.locals, getNonce(res).length])).toEqual([locals, 22]);
	});

	test("a function is no locals", async () => {
		const mine = () => {};
		expect(await onPlain(mine, (res) => [res.locals === mine, Object.keys(mine)])).toEqual([true, []]);
	});
});

describe("locals under Express", () => {
	async function page(act: (res: express.Response, app: express.Express) => unknown, configure: (app: express.Express) => void = () => {}) {
		const events: string[] = [];
		const seen: unknown[] = [];
		const app = express();
		configure(app);
		app.use(secureHeaders({ onEvent: exceptUntyped(({ code }) => events.push(code)) }));
		app.get("/", (_req, res) => {
			seen.push(act(res, app));
			res.end("x");
		});
		const running = await listen(app as never);
		// The accessor is put there for the first.
		for (let i = 0; i < 2; i++) await running.ask();
		await running.close();
		expect(events).toEqual([]);
		return seen;
	}

	test.each([[null], ["text"], [5], [undefined]])("that the application makes %j are what it says", async (value) => {
		const seen = await page((res) => {
			res.locals = value as never;
			return [res.locals, getNonce(res).length];
		});
		expect(seen).toEqual(Array(2).fill([value, 22]));
	});

	test("are one object for one response, whoever reads them and how often", async () => {
		const seen = await page((res) => [new Set([res.locals, res.locals]).size === 1, Object.hasOwn(res, "locals"), nonceIn(res.locals) === getNonce(res)]);
		expect(seen).toEqual(Array(2).fill([true, false, true]));
	});

	test("the accessor stands on the app's own response object, where everybody can see and replace it", async () => {
		const [first, second] = await page((_res, app) => Object.getOwnPropertyDescriptor(app.response, "locals"));
		expect(first).toEqual({ configurable: true, enumerable: true, get: expect.any(Function), set: expect.any(Function) });
		expect(second, "put there once").toEqual(first);
	});

	test("an app that is its own parent does not hold anybody", async () => {
		const seen = await page(
			(res) => getNonce(res).length,
			(app) => Object.assign(app, { parent: app }),
		);
		expect(seen).toEqual([22, 22]);
	});
});
