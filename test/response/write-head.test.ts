import type { ServerResponse } from "node:http";
import express5 from "express";
import express4 from "express4";
import { describe, expect, test } from "vitest";
import helmetExact from "../../src/helmet/exact.ts";
import helmet from "../../src/helmet/index.ts";
import { secureHeaders } from "../../src/index.ts";
import { headersOf } from "../support/policy.ts";
import { type Answer, listen } from "../support/stacks.ts";

/** What the middlewares set or remove; the rest is the application's. */
const MANAGED = new Set(
	[
		...Object.keys(headersOf({})),
		"Date",
		"X-Powered-By",
		"X-DNS-Prefetch-Control",
		"X-Download-Options",
		"X-Permitted-Cross-Domain-Policies",
		"X-XSS-Protection",
	].map((name) => name.toLowerCase()),
);

type Args = readonly unknown[];
type Middleware = (req: never, res: never, next: () => void) => void;

const MIDDLEWARES: readonly (readonly [string, () => Middleware])[] = [
	["the block", () => secureHeaders() as Middleware],
	["public API alone", () => secureHeaders({ headerBlock: false }) as Middleware],
	["headguard/helmet", () => helmet() as unknown as Middleware],
	["headguard/helmet/exact", () => helmetExact() as unknown as Middleware],
];

const NAMES: readonly (readonly [string, string])[] = [
	["content-length", "Content-Length"],
	["content-type", "Content-Type"],
	["access-control-allow-origin", "Access-Control-Allow-Origin"],
	["location", "Location"],
	["etag", "ETag"],
	["x-own", "X-Own"],
	["Set-Cookie", "set-cookie"],
	["Link", "Link"],
];

const VALUES: readonly (readonly [unknown, unknown])[] = [
	["3", "4"],
	["3", "3"],
	[["3"], 4],
	[
		["3", "4"],
		["5", "6"],
	],
];

function formsOf([one, two]: readonly [string, string], [a, b]: readonly [unknown, unknown]): readonly (readonly [string, Args])[] {
	return [
		["an object", [200, { [one]: a, "X-Between": "1", [two]: b }]],
		["a reason and an object", [201, "Made", { [one]: a, [two]: b }]],
		["undefined and an object", [200, undefined, { [one]: a, [two]: b }]],
		["a flat array", [200, [one, a, "X-Between", "1", two, b]]],
		["a reason and a flat array", [200, "Fine", [one, a, two, b]]],
		["an object with an empty name", [200, { "": "1", [one]: a }]],
		["an odd array", [200, [one, a, two]]],
		["an empty array", [200, []]],
	];
}

/** Every form of writeHead with every pair of names and values. */
const CALLS: readonly (readonly [string, Args])[] = NAMES.flatMap((names) =>
	VALUES.flatMap((values) => formsOf(names, values).map(([form, args]) => [`${form}: ${names.join(", ")} ${JSON.stringify(values)}`, args] as const)),
);

/** What a client sees of the application's doing for each call, or what was thrown. All of them over one connection. */
async function outcomes(middleware: Middleware | undefined, create: (() => ReturnType<typeof express5>) | undefined, before: (res: ServerResponse) => void) {
	const answerTo = (url: string | undefined, res: ServerResponse): void => {
		before(res);
		try {
			Reflect.apply(res.writeHead, res, structuredClone(CALLS[Number(url?.slice(1))]?.[1]) as never);
		} catch (error) {
			for (const name of res.getHeaderNames()) if (!MANAGED.has(name)) res.removeHeader(name);
			res.writeHead(500, "Failed", { "X-Thrown": String((error as { code?: string }).code) });
		}
		res.end();
	};
	const app = create?.();
	if (middleware !== undefined) app?.use(middleware as never);
	app?.use((req, res) => answerTo(req.url, res));
	const running = await listen(
		app ??
			((req, res) => {
				middleware?.(req as never, res as never, () => {});
				answerTo(req.url, res);
			}),
	);
	const requests = CALLS.map((_, i) => `HEAD /${i} HTTP/1.1\r\nHost: app.example\r\n${i === CALLS.length - 1 ? "Connection: close\r\n" : ""}\r\n`);
	const answers = await running.wire(requests.join(""));
	await running.close();
	expect(answers).toHaveLength(CALLS.length);
	return Object.fromEntries(CALLS.map(([title], i) => [title, shown(answers[i] as Answer)]));
}

function shown({ status, reason, lines }: Answer): string {
	const own = lines.filter(([name]) => !MANAGED.has(name.toLowerCase())).map(([name, value]) => `${name}: ${value}`);
	return [status, reason, ...own.toSorted()].join("\n");
}

describe("one name in two spellings is what Node makes of it on a response that has headers", () => {
	const before = (res: ServerResponse): void => void res.setHeader("X-Before", "1");
	const stacks = [
		["express 5", express5],
		["express 4", express4 as unknown as typeof express5],
		["node:http", undefined],
	] as const;
	describe.each(stacks)("%s", (_stack, create) => {
		test.each(MIDDLEWARES)("%s", async (_name, make) => {
			expect(await outcomes(make(), create, before)).toEqual(await outcomes(undefined, create, before));
		});
	});

	test("Express, which has set X-Powered-By, without anything of the application's before", async () => {
		for (const [, make] of MIDDLEWARES) expect(await outcomes(make(), express5, () => {})).toEqual(await outcomes(undefined, express5, () => {}));
	});
});

describe("on a response that nobody has set a header on", () => {
	const call = async (middleware: Middleware, args: Args): Promise<Answer> => {
		const running = await listen((req, res) => {
			middleware(req as never, res as never, () => {});
			Reflect.apply(res.writeHead, res, args as never);
			res.end();
		});
		const answer = await running.ask({ method: "HEAD" });
		await running.close();
		return answer;
	};

	test.each(MIDDLEWARES)("an object gives one line of each name: %s", async (_name, make) => {
		const answer = await call(make(), [200, { "content-length": "9", "Content-Length": "3", "x-own": "1", "X-OWN": "2" }]);
		expect([answer.get("Content-Length"), answer.get("X-Own")]).toEqual([["3"], ["2"]]);
	});

	// To the letter means as helmet, which sets headers before.
	test.each(MIDDLEWARES.slice(0, 3))("arrays keep each line of a list, as Node does there: %s", async (_name, make) => {
		for (const fields of [
			["Set-Cookie", "a=1", "Link", "<a>", "set-cookie", "b=2", "Link", "<b>"],
			[
				["Set-Cookie", "a=1"],
				["Link", "<a>"],
				["set-cookie", "b=2"],
				["Link", "<b>"],
			],
		]) {
			const answer = await call(make(), [200, fields]);
			expect([answer.get("Set-Cookie"), answer.get("Link")]).toEqual([
				["a=1", "b=2"],
				["<a>", "<b>"],
			]);
		}
	});
});

test("a refused header leaves the reason that Node leaves, for whoever answers then", async () => {
	const reasons: string[] = [];
	for (const middleware of [undefined, ...MIDDLEWARES.map(([, make]) => make())]) {
		const running = await listen((req, res) => {
			middleware?.(req as never, res as never, () => {});
			res.setHeader("X-Before", "1");
			try {
				res.writeHead(404, { "X-Bad": "a\nb" });
			} catch {
				res.writeHead(200).end();
			}
		});
		reasons.push((await running.ask()).reason);
		await running.close();
	}
	expect(new Set(reasons)).toEqual(new Set(["Not Found"]));
});

test.each(MIDDLEWARES.slice(0, 3))("an array that the application keeps is never added to: %s", async (_name, make) => {
	const kept = ["theme=dark"];
	const middleware = make();
	let user = 0;
	for (const form of [
		(id: string) => ["Set-Cookie", kept, "Set-Cookie", id],
		(id: string) => [
			["Set-Cookie", kept],
			["set-cookie", id],
		],
	]) {
		const running = await listen((req, res) => {
			middleware(req as never, res as never, () => {});
			res.writeHead(200, form(`sid=${++user}`) as never).end();
		});
		for (let i = 0; i < 2; i++) expect((await running.ask()).get("Set-Cookie")).toEqual(["theme=dark", `sid=${user}`]);
		await running.close();
	}
	expect(kept).toEqual(["theme=dark"]);
});

test.each([() => secureHeaders(), () => secureHeaders({ headerBlock: false })])(
	"a function with properties is taken for an object, as Node takes it",
	async (make) => {
		const running = await listen((req, res) => {
			make()(req, res);
			res.writeHead(200, Object.assign(() => {}, { "X-Content-Type-Options": "bad", "X-Own": "1" }) as never).end();
		});
		const answer = await running.ask();
		expect([answer.get("X-Content-Type-Options"), answer.get("X-Own")]).toEqual([["nosniff"], ["1"]]);
		await running.close();
	},
);
