import type { IncomingMessage, ServerResponse } from "node:http";
import connect from "connect";
import express5 from "express";
import express4 from "express4";
import { describe, expect, test } from "vitest";
import { covers, handlersOf, type Mounted, placeOf } from "../../src/cli/deploy/application.ts";
import { closureVariable } from "../../src/cli/deploy/closure.ts";

const placesIn = (app: unknown): readonly string[] => handlersOf(app as never).map(placeOf);
const pass = (_req: IncomingMessage, _res: ServerResponse, next: () => void): void => next();

describe.each([
	["Express 5", express5, ["/docs/*rest", "/{*any}", "/files{/:name}"]],
	["Express 4", express4 as unknown as typeof express5, ["/docs/*", "*", "/files/:name?"]],
] as const)("where handlers of %s are", (_name, express, [below, all, optional]) => {
	const own = (app: ReturnType<typeof express>): readonly string[] =>
		handlersOf(app as never)
			.filter(({ handle }) => handle === pass)
			.map(placeOf);

	test("paths are those that were written", () => {
		const app = express();
		for (const path of ["/", "/api", "/api/", "/:id", "/a/:b/c", "/x.y-z", ["/one", ["/two/:id"]], /^\/re(gex)?\/$/i, below, optional] as string[])
			app.use(path, pass);
		expect(own(app)).toEqual([
			"every path",
			"everything under /api",
			"everything under /api",
			"everything under /:id",
			"everything under /a/:b/c",
			"everything under /x.y-z",
			"everything under /one",
			"everything under /two/:id",
			"everything under /^\\/re(gex)?\\/$/i",
			`everything under ${below}`,
			`everything under ${optional}`,
		]);
	});

	test("what matches every path is recognized in each spelling", () => {
		const app = express();
		app.use(pass);
		app.use("/", pass);
		app.use(/.*/, pass);
		app.use(all, pass);
		app.use(below, pass);
		expect(handlersOf(app as never).flatMap(({ handle, isEverywhere }) => (handle === pass ? [isEverywhere] : []))).toEqual([true, true, true, true, false]);
	});

	test("routers and applications are read at each of their places, once", () => {
		const inner = express.Router();
		inner.get("/", pass);
		inner.use(inner);
		const mounted = express();
		mounted.use("/v1", inner);
		mounted.delete(["/x", "/y"], pass);
		const app = express();
		app.use(["/a", "/b"], mounted);
		app.use(mounted);
		expect(own(app)).toEqual(["GET /a/v1", "DELETE /a/x", "DELETE /a/y", "GET /b/v1", "DELETE /b/x", "DELETE /b/y", "GET /v1", "DELETE /x", "DELETE /y"]);
	});

	test("paths with unusual characters stay what they are", () => {
		const app = express();
		for (const path of ["/__proto__/constructor", "/ä/ö", "/a b", "/a%20b"]) app.get(path, pass);
		expect(own(app)).toEqual(["GET /__proto__/constructor", "GET /ä/ö", "GET /a b", "GET /a%20b"]);
	});

	test("an application without handlers has none", () => {
		expect(own(express())).toEqual([]);
	});
});

test("routers that do not tell their paths are read all the same", () => {
	const app = express5();
	for (const path of ["/api", "/api/:id/x", ["/a", "/b"], /^\/re(gex)?/] as string[]) app.use(path, pass as never);
	// As before router 2.3.
	for (const layer of app.router.stack) Reflect.deleteProperty(layer, "rawPath");
	expect(placesIn(app)).toEqual([
		"everything under /api",
		"everything under /api/:id/x",
		"everything under /a",
		"everything under /b",
		"everything under /^\\/re(gex)?/",
	]);
});

test("where handlers of Connect are, also in mounted applications", () => {
	const inner = connect();
	inner.use("/in", pass);
	const app = connect();
	app.use(pass);
	app.use("/out/", inner);
	expect(placesIn(app)).toEqual(["every path", "everything under /out/in"]);
});

test("what is no application has no handlers", () => {
	for (const value of [{}, () => {}, { stack: 1 }, Object.assign(() => {}, { stack: [] })]) expect(placesIn(value)).toEqual([]);
});

describe("which requests pass which handler", () => {
	const at = (path: string, more: Partial<Mounted> = {}): Mounted => ({
		index: 0,
		handle: pass,
		path,
		methods: [],
		isRoute: false,
		isEverywhere: path === "",
		...more,
	});
	const route = (path: string, ...methods: string[]): Mounted => at(path, { isRoute: true, isEverywhere: false, methods });

	test.each<[string, Mounted, Mounted, boolean]>([
		["everything", at(""), route("/api/x", "GET"), true],
		["the same path", at("/api"), at("/API"), true],
		["what is below a path", at("/api"), route("/api/x", "GET"), true],
		["what only starts alike", at("/api"), route("/apiary", "GET"), false],
		["what is above a path", at("/api/x"), at("/api"), false],
		["an expression below a path", at("/api"), at("/api /^x/"), true],
		["a route and its own methods", route("/a", "GET", "POST"), route("/a", "POST"), true],
		["a route and another method", route("/a", "GET"), route("/a", "POST"), false],
		["all methods of a route", route("/a"), route("/a", "POST"), true],
		["a route and what is below it", route("/a"), route("/a/b"), false],
		["a route and middleware of its path", route("/a"), at("/a"), false],
	])("%s", (_what, other, handler, is) => {
		expect(covers(other, handler)).toBe(is);
	});
});

test("variables of functions are read, and nothing is left behind", () => {
	const outer = { value: 1 };
	const text = "text";
	const closure = (): unknown => [outer, text];
	const before = Reflect.ownKeys(globalThis).length;
	expect(closureVariable(closure, "outer")).toBe(outer);
	expect(closureVariable(closure, "text")).toBe("text");
	expect(closureVariable(closure, "absent")).toBeUndefined();
	for (const value of [undefined, null, 1, "x", {}, Math.max]) expect(closureVariable(value, "outer")).toBeUndefined();
	expect(Reflect.ownKeys(globalThis).length).toBe(before);
});
