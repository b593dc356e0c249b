import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { CompiledModule } from "../../src/compiled/format.ts";
import { type Mounted, type SecuredBy, securedBy } from "../../src/compiled/index.ts";
import { type SecureHeaders, secureHeaders } from "../../src/index.ts";
import { compiledModule } from "../support/compiled.ts";
import { type Answer, listen } from "../support/stacks.ts";

const headers = secureHeaders({ onEvent: () => {} });
const ALL = {
	pay: headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: ["https://pay.example"] } } }),
	map: headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://map.example"] } } }),
	embed: headers.replace({ xFrameOptions: false, contentSecurityPolicy: { directives: { defaultSrc: ["'self'"], frameAncestors: ["https://p.example"] } } }),
	api: secureHeaders({ preset: "api", onEvent: () => {} }),
	off: headers.replace({ contentSecurityPolicy: false }),
};
type Name = keyof typeof ALL;

interface Seen {
	readonly lines: readonly string[];
	readonly events: readonly string[];
}

async function through(mounted: readonly Mounted[], events: string[]): Promise<Seen> {
	const running = await listen((req: IncomingMessage, res: ServerResponse) => {
		for (const one of mounted) one(req, res);
		res.setHeader("Content-Type", "text/html");
		res.end("x");
	});
	const answer: Answer = await running.ask();
	await running.close();
	return { lines: answer.lines.filter(([name]) => !["Date", "Connection"].includes(name)).map((line) => line.join(": ")), events };
}

const live = (names: readonly Name[], base: SecureHeaders = headers) => through([base, ...names.map((name) => ALL[name])], []);
function compiled(names: readonly Name[], module: CompiledModule = compiledModule(headers, ALL, 3)): Promise<Seen> {
	const events: string[] = [];
	const made: SecuredBy<Name> = securedBy<Name>(module as CompiledModule<Name>, { onEvent: ({ code, detail }) => events.push(`${code} ${detail}`) });
	return through([made, ...names.map((name) => made.overrides[name])], events);
}

describe("overrides of a compiled module", () => {
	const stacks: readonly (readonly Name[])[] = [
		[],
		["pay"],
		["map"],
		["embed"],
		["api"],
		["off"],
		["pay", "map"],
		["map", "pay"],
		["pay", "pay"],
		["api", "map"],
		["off", "pay"],
		["embed", "pay"],
		["pay", "api", "map"],
		["pay", "map", "embed"],
	];
	test.each(stacks.map((names) => ({ names })))("$names are what the same overrides of secureHeaders() are", async ({ names }) => {
		expect((await compiled(names)).lines).toEqual((await live(names)).lines);
	});

	test("an override that does not fit keeps the policy, with an event", async () => {
		const { lines, events } = await compiled(["off", "pay"]);
		expect(lines).toEqual((await live(["off"])).lines);
		expect(events).toEqual([expect.stringContaining("override/failed the override does not fit the policy of this response, so the policy stays as it was")]);
	});

	test("more overrides than were compiled on top of each other keep the policy, with an event that says what to do", async () => {
		const { lines, events } = await compiled(["pay", "map"], compiledModule(headers, ALL, 1));
		expect(lines).toEqual((await live(["pay"])).lines);
		expect(events).toEqual([expect.stringContaining('no policy for "map" on top of "pay". Compile it with more --stacks')]);
		expect((await compiled(["pay", "map"])).events, "(control)").toEqual([]);
	});

	test("alone, an override is the whole policy", async () => {
		const { overrides } = securedBy<Name>(compiledModule(headers, ALL) as CompiledModule<Name>, { onEvent: false });
		expect((await through([overrides.pay], [])).lines).toEqual((await through([ALL.pay], [])).lines);
	});

	test("an override of another module replaces the policy", async () => {
		const other = securedBy<Name>(compiledModule(headers, ALL) as CompiledModule<Name>, { onEvent: false });
		const { lines } = await through([securedBy(compiledModule(secureHeaders({ preset: "api" }))), other.overrides.pay], []);
		expect(lines.toSorted()).toEqual((await live(["pay"])).lines.toSorted());
	});

	test("the names are those of the exports, and none is inherited", () => {
		const { overrides } = securedBy(compiledModule(headers, ALL), { onEvent: false });
		expect(Object.keys(overrides).sort()).toEqual(["api", "embed", "map", "off", "pay"]);
	});
});

test("the data of a policy is the same each time it is compiled, whatever the order of the exports", () => {
	const backwards = Object.fromEntries(Object.entries(ALL).reverse());
	expect(compiledModule(headers, backwards)).toEqual(compiledModule(headers, ALL));
	expect(compiledModule(headers, ALL).checksum).toBe(compiledModule(headers, backwards).checksum);
	expect(compiledModule(secureHeaders({ xFrameOptions: "SAMEORIGIN" })).checksum).not.toBe(compiledModule(secureHeaders()).checksum);
});
