import { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { HeadguardEvent } from "../../src/core/event.ts";
import { emitEvent, entryOf, isInBlock, isShown, moveEntry, type ResponseState, setState, shared, stateOf } from "../../src/response/state.ts";

const STATE = { mode: "headers" } as ResponseState;

describe("where the headers stand", () => {
	test.each<[ResponseState["mode"], boolean, boolean]>([
		["block", false, true],
		["shown", true, true],
		["headers", true, false],
		["stream", false, false],
	])("%s: one by one %s, in a block %s", (mode, isOne, isBlock) => {
		expect([isShown({ mode } as ResponseState), isInBlock({ mode } as ResponseState)]).toEqual([isOne, isBlock]);
	});
});

describe("the path that an event tells", () => {
	// Ten events of a code pass in a minute: each test has its own.
	let minute = 0;
	beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: ++minute * 60_000 }));
	afterEach(() => void vi.useRealTimers());

	const pathOf = (req: object | undefined): string | undefined => {
		const events: HeadguardEvent[] = [];
		emitEvent({ onEvent: (event) => events.push(event) }, req as never, "attach/failed", "X-A", "detail");
		expect(events).toMatchObject([{ code: "attach/failed", header: "X-A", detail: "detail" }]);
		return events[0]?.path;
	};

	test.each([
		["/a/b?token=1", "/a/b"],
		["/a#b", "/a"],
		["/a?b#c?d", "/a"],
		["?x", ""],
		["*", "*"],
		["http://user:secret@host/p/x?q#f", "/p/x"],
		["HTTPS://Host/p", "/p"],
		["http://host", ""],
		["a+b.c-1://host/p", "/p"],
		["/http://host/p", "/http://host/p"],
		["1a://host/p", "1a://host/p"],
		["//host/p", "//host/p"],
		["http:/host/p", "http:/host/p"],
	])("%s is %s", (url, path) => {
		expect(pathOf({ url })).toBe(path);
		expect(pathOf({ originalUrl: url, url: "/mounted" }), "what the client asked for").toBe(path);
	});

	test("is not known without a request, or where it is no text", () => {
		expect([pathOf(undefined), pathOf({}), pathOf({ url: 5 }), pathOf({ originalUrl: null, url: "/x" })]).toEqual([undefined, undefined, undefined, "/x"]);
	});
});

describe("what is known of a response", () => {
	test("is found through what inherits from it, and through the request of what stands for it", () => {
		const res = { name: "res" };
		setState(res, STATE);
		expect(stateOf(res)).toBe(STATE);
		expect(stateOf(Object.create(Object.create(res)))).toBe(STATE);
		expect(stateOf({ req: { res } })).toBe(STATE);
		expect([stateOf({}), stateOf({ req: {} }), stateOf({ req: { res: null } }), stateOf({ req: { res: "x" } }), stateOf({ req: { res: {} } })]).toEqual(
			Array(5).fill(undefined),
		);
	});

	test("is one entry, whichever comes first, the locals or the policy", () => {
		const [first, second] = [{}, {}];
		const entry = entryOf(first);
		expect(entry).toStrictEqual({ state: undefined, locals: undefined, bound: undefined });
		setState(first, STATE);
		expect([entryOf(first), entry.state]).toEqual([entry, STATE]);
		setState(second, STATE);
		entryOf(second).locals = "x";
		expect([entryOf(second), entryOf({})]).toStrictEqual([
			{ state: STATE, locals: "x", bound: undefined },
			{ state: undefined, locals: undefined, bound: undefined },
		]);
	});

	test("a genuine response is not looked for behind its request", () => {
		const other = {};
		setState(other, STATE);
		const res = new ServerResponse({ method: "GET", httpVersionMajor: 1, httpVersionMinor: 1, res: other } as never);
		expect(stateOf(res)).toBeUndefined();
		expect(stateOf({ req: { res: other } })).toBe(STATE);
	});

	test("stays when what it stands on is replaced, and nothing comes from nothing", () => {
		const res = {};
		setState(res, STATE);
		moveEntry(res, () => {});
		expect(stateOf(res)).toBe(STATE);
		const bare = {};
		moveEntry(bare, () => {});
		expect(stateOf(bare)).toBeUndefined();
	});
});

test("what all copies of the library share is made once, in a property that nobody lists or replaces", () => {
	let times = 0;
	const create = (): object => ({ times: ++times });
	const name = `headguard.test.${process.pid}.${performance.now()}`;
	expect(shared(name, create)).toBe(shared(name, create));
	const key = Symbol.for("headguard.shared/1");
	const property = Object.getOwnPropertyDescriptor(globalThis, key);
	expect([times, property?.enumerable, property?.writable, property?.configurable]).toEqual([1, false, false, false]);
	expect((Reflect.get(globalThis, key) as Map<string, unknown>).get(name)).toEqual({ times: 1 });
});
