import { describe, expect, test } from "vitest";
import type { HeadguardEvent } from "../../src/core/event.ts";
import { compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import type { SecureHeadersOptions } from "../../src/policy/options.ts";
import { createState } from "../../src/response/attach.ts";
import { defaultCacheControl, sealCaching } from "../../src/response/caching.ts";
import type { HeaderStore, ResponseState } from "../../src/response/state.ts";
import { blockFor } from "../../src/response/wire.ts";

const NONCE = "A".repeat(22);
const ERROR: Partial<ResponseState> = { errorHeaders: new Map() };
const READ: Partial<ResponseState> = { nonce: NONCE };
const NO_SLOT: SecureHeadersOptions = { contentSecurityPolicy: false };

function stateOf(options: SecureHeadersOptions, known: Partial<ResponseState>): ResponseState {
	const compiled = compile(createPolicy(options));
	return { ...createState({ headers: {} } as never, compiled, blockFor(compiled, true, true), undefined, "headers", "middleware"), ...known };
}

describe("what a response gets that has no Cache-Control", () => {
	test.each<[string, SecureHeadersOptions, Partial<ResponseState>, number, string | undefined]>([
		["an ordinary one", {}, {}, 200, undefined],
		["a nonce", {}, READ, 200, "private"],
		["a nonce that nothing names", NO_SLOT, READ, 200, undefined],
		["an error page", {}, ERROR, 400, "no-store"],
		["an error page with a nonce", {}, { ...ERROR, ...READ }, 500, "no-store"],
		["a redirect of an error handler", {}, ERROR, 399, undefined],
		["a redirect of an error handler, with a nonce", {}, { ...ERROR, ...READ }, 302, "private"],
		["an answer of 404 without an error", {}, {}, 404, undefined],
		["the preset of an API", { preset: "api" }, {}, 200, "no-store"],
	])("%s", (_title, options, known, status, expected) => {
		expect(defaultCacheControl(stateOf(options, known), status)).toBe(expected);
	});
});

/** The headers and events of a response, after the seal. */
function sealed(options: SecureHeadersOptions, known: Partial<ResponseState>, headers: Readonly<Record<string, unknown>>, status = 200) {
	const events: HeadguardEvent[] = [];
	const values = new Map(Object.entries(headers));
	const store: HeaderStore = {
		getHeader: (name) => values.get(name.toLowerCase()),
		setHeader: (name, value) => values.set(name.toLowerCase(), value),
		removeHeader: (name) => void values.delete(name.toLowerCase()),
	};
	sealCaching(stateOf({ ...options, onEvent: (event) => events.push(event) }, known), store, status);
	return { headers: Object.fromEntries(values), codes: events.map(({ code, header }) => `${code} ${header}`) };
}

describe("Cache-Control of a response with a nonce", () => {
	test.each<[unknown]>([
		["private"],
		["no-store"],
		["max-age=5, private"],
		["max-age=5,\tPRIVATE , x"],
		["no-store,x"],
		[["public", "private"]],
		["x,no-store"],
	])("%j keeps it from shared caches", (value) => {
		expect(sealed({}, READ, { "cache-control": value })).toEqual({ headers: { "cache-control": value }, codes: [] });
	});

	test.each<[unknown]>([
		["public"],
		['private="set-cookie"'],
		["x-private"],
		["private-ish"],
		["no-storex"],
		["max-age=0 private"],
		["private x"],
		[["public", "max-age=1"]],
		["- private"],
	])("%j does not, and stays, with an event", (value) => {
		expect(sealed({}, READ, { "cache-control": value })).toEqual({
			headers: { "cache-control": value },
			codes: ["nonce/shared-cacheable Cache-Control"],
		});
		expect(sealed(NO_SLOT, READ, { "cache-control": value }), "no policy names the nonce").toEqual({ headers: { "cache-control": value }, codes: [] });
		expect(sealed({ preset: "api" }, {}, { "cache-control": value }), "no nonce").toEqual({ headers: { "cache-control": value }, codes: [] });
		expect(sealed({}, ERROR, { "cache-control": value }, 500), "an error page without a nonce").toEqual({ headers: { "cache-control": value }, codes: [] });
	});

	test.each<[unknown]>([[undefined], [""], [" "], [","], [" ,\t, "], [[]], [["", " "]]])("%j is none", (value) => {
		expect(sealed({}, READ, { "cache-control": value })).toEqual({ headers: { "cache-control": "private" }, codes: [] });
		expect(sealed({}, {}, { "cache-control": value }), "nothing to add").toEqual({ headers: { "cache-control": value }, codes: [] });
	});

	test.each([["x"], [", x"], ["x ,"]])("%j is one, though not much of one", (value) => {
		expect(sealed({ preset: "api" }, {}, { "cache-control": value }).headers).toEqual({ "cache-control": value });
	});
});

test("Vary is written only where the policy depends on a request", () => {
	expect(sealed({}, {}, { vary: "accept" }).headers).toEqual({ vary: "accept" });
	expect(sealed({}, {}, {}).headers).toEqual({});
	expect(sealed({ vary: ["Host"] }, {}, { vary: "accept" }).headers).toEqual({ vary: "accept, Host" });
	expect(sealed({ vary: ["Host"] }, {}, {}).headers).toEqual({ vary: "Host" });
});
