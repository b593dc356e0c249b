import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HeadguardEvent } from "../../../src/core/event.ts";
import { checkWritten, isBypassed, isNode, noteWritten, watchFirst } from "../../../src/response/fast-path/proof.ts";
import { type ResponseState, setState, shared } from "../../../src/response/state.ts";

/* proof.test.ts has the real thing, each in a process of its own. Here: when there is a word of it, and when none. */

/** What all copies of the library share. */
const PROOF = shared("headguard.proof/1", () => ({ isProven: false, isBroken: false }));
const before = { ...PROOF };
beforeEach(() => void Object.assign(PROOF, { isProven: false, isBroken: false }));
afterEach(() => void Object.assign(PROOF, before));

let events: string[] = [];
beforeEach(() => {
	events = [];
});

function stateWith(known: Partial<ResponseState>): ResponseState {
	const onEvent = ({ code, header, path }: HeadguardEvent) => void events.push(`${code} ${header} ${path}`);
	return { compiled: { onEvent }, req: { url: "/p?q" }, mode: "block", isWritten: false, ...known } as never;
}
const response = (headersSent: boolean) => Object.assign(new EventEmitter(), { headersSent }) as never;

describe("after a call of writeHead", () => {
	test.each<[string, Partial<ResponseState> | undefined, boolean, boolean]>([
		["a head that our function did not write", {}, true, true],
		["the same, after somebody has looked at the headers", { mode: "shown" }, true, true],
		["a head that our function wrote", { isWritten: true }, true, false],
		["no head yet", {}, false, false],
		["headers that were set one by one", { mode: "headers" }, true, false],
		["a response without a policy", undefined, true, false],
	])("%s", (_title, known, headersSent, isNoticed) => {
		const res = response(headersSent);
		if (known !== undefined) setState(res, stateWith(known));
		checkWritten(res);
		expect([isBypassed(), events]).toEqual(isNoticed ? [true, ["attach/bypassed undefined /p"]] : [false, []]);
		checkWritten(res);
		expect(events, "told once").toHaveLength(isNoticed ? 1 : 0);
	});
});

describe("the first responses", () => {
	test("one that ends before our function has written any head is a sign", () => {
		const res = response(true) as EventEmitter;
		watchFirst(stateWith({}), res as never);
		expect([isBypassed(), events]).toEqual([false, []]);
		res.emit("finish");
		res.emit("finish");
		expect([isBypassed(), events]).toEqual([true, ["attach/bypassed undefined /p"]]);
	});

	test("one that ends after it has is none, and the next are not watched", () => {
		const [first, later] = [response(true), response(true)] as EventEmitter[];
		const state = stateWith({});
		watchFirst(state, first as never);
		noteWritten(state);
		expect(state.isWritten).toBe(true);
		first?.emit("finish");
		watchFirst(stateWith({}), later as never);
		expect([later?.listenerCount("finish"), isBypassed(), events]).toEqual([0, false, []]);
	});
});

describe("the runtime", () => {
	test("is Node", () => {
		expect(isNode()).toBe(true);
	});

	test.each(["bun", "deno"])("is not Node where it says %s", (name) => {
		Object.defineProperty(process.versions, name, { configurable: true, value: "1.0.0" });
		expect(isNode()).toBe(false);
		Reflect.deleteProperty(process.versions, name);
		expect(isNode()).toBe(true);
	});

	test("is not Node where the release has another name", () => {
		const release = Object.getOwnPropertyDescriptor(process, "release") as PropertyDescriptor;
		Object.defineProperty(process, "release", { ...release, value: { name: "other" } });
		expect(isNode()).toBe(false);
		Object.defineProperty(process, "release", release);
	});
});
