import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import ejs from "ejs";
import { Eta } from "eta";
import express5, { type Express, type Response } from "express";
import express4 from "express4";
import handlebars from "handlebars";
import nunjucks from "nunjucks";
import pug from "pug";
import { createElement } from "react";
import { renderToStaticMarkup, renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { getNonce, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { exceptUntyped } from "../support/events.ts";
import { listen } from "../support/stacks.ts";

const NONCE = /^[\w-]{22}$/;
const slotsOf = (policy: readonly string[]): readonly string[] => [...policy.join().matchAll(/'nonce-([^']*)'/g)].map(([, nonce]) => nonce ?? "");

const STACKS: readonly (readonly [string, typeof express5])[] = [
	["express 5", express5],
	["express 4", express4 as unknown as typeof express5],
];

/** The answer of an app of one handler, with the events that it caused. */
async function answerOf(create: typeof express5, handler: (res: Response, app: Express) => void, options: SecureHeadersOptions = {}) {
	const events: string[] = [];
	const app = create();
	app.use(secureHeaders({ ...options, onEvent: exceptUntyped(({ code }) => events.push(code)) }));
	app.get("/", (_req, res) => handler(res, app));
	const running = await listen(app as never);
	const answer = await running.ask();
	await running.close();
	return { events, body: answer.body, slots: slotsOf(answer.get("Content-Security-Policy")), cache: answer.get("Cache-Control"), status: answer.status };
}

/** Engines that print a value, and one that has it and does not. */
const ENGINES: readonly (readonly [string, (locals: object) => string, (locals: object) => string])[] = [
	["ejs", (locals) => ejs.render("<%= cspNonce %>", locals), (locals) => ejs.render("<%= user %>", locals)],
	["pug", (locals) => /"([^"]*)"/.exec(pug.render("script(nonce=cspNonce)", locals))?.[1] ?? "", (locals) => pug.render("p= user", locals)],
	[
		"handlebars",
		(locals) => handlebars.compile("{{#if cspNonce}}{{cspNonce}}{{/if}}")({ ...locals }),
		(locals) => handlebars.compile("{{user}}")({ ...locals }),
	],
	["nunjucks", (locals) => nunjucks.renderString("{{ cspNonce }}", locals), (locals) => nunjucks.renderString("{{ user }}", locals)],
	["eta", (locals) => new Eta().renderString("<%= it.cspNonce %>", locals), (locals) => new Eta().renderString("<%= it.user %>", locals)],
	[
		"react",
		(locals) =>
			/nonce="([^"]*)"/.exec(
				renderToStaticMarkup(createElement("script", { nonce: Reflect.get(locals, "cspNonce") as string, async: true, src: "/a.js" })),
			)?.[1] ?? "",
		(locals) => renderToString(createElement("p", null, Reflect.get(locals, "user") as string)),
	],
];

describe.each(STACKS)("the nonce in res.locals, on %s", (_name, create) => {
	test.each(ENGINES)("%s: printed, it is that of the policy", async (_engine, print) => {
		const { body, slots, cache, events } = await answerOf(create, (res) => void res.end(print({ ...res.locals })));
		expect(body).toMatch(NONCE);
		expect(slots).toEqual([body, body]);
		expect(cache).toEqual(["private"]);
		expect(events).toEqual([]);
	});

	test.each(ENGINES)("%s: a page that does not print it has none, and any cache may keep it", async (_engine, _print, ignore) => {
		const { body, slots, cache, events } = await answerOf(create, (res) => {
			res.set("Cache-Control", "public, s-maxage=60");
			res.locals["user"] = "bob";
			res.end(ignore({ ...res.locals }));
		});
		expect(body).toContain("bob");
		expect(slots).toEqual([]);
		expect(cache).toEqual(["public, s-maxage=60"]);
		expect(events).toEqual([]);
	});

	test("res.render copies the locals and makes none; the view of another page prints it; a missing view is a 500 without one", async () => {
		const views = await mkdtemp(join(tmpdir(), "views-"));
		writeFileSync(join(views, "plain.ejs"), "plain");
		writeFileSync(join(views, "nonced.ejs"), "<%= cspNonce %>");
		const answers = [];
		for (const view of ["plain", "nonced", "missing"]) {
			answers.push(
				await answerOf(create, (res, app) => {
					app.set("views", views).set("view engine", "ejs").set("env", "test");
					app.engine("ejs", (path, data, done) => done(null, ejs.render(readFileSync(path, "utf8"), data as ejs.Data)));
					res.render(view);
				}),
			);
		}
		const [plain, nonced, missing] = answers;
		expect([plain?.body, plain?.slots, plain?.cache]).toEqual(["plain", [], []]);
		expect([nonced?.slots, nonced?.cache]).toEqual([[nonced?.body, nonced?.body], ["private"]]);
		expect([missing?.status, missing?.slots, missing?.cache]).toEqual([500, [], []]);
		expect(answers.flatMap(({ events }) => events)).toEqual([]);
	});

	test("a rendered page whose policy has no slot is no mistake", async () => {
		const options = { contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"] } } };
		const spread = await answerOf(create, (res) => void res.end(String(Object.keys({ ...res.locals }).length)), options);
		expect(spread.events).toEqual([]);
		const printed = await answerOf(create, (res) => void res.end(`${res.locals["cspNonce"]}`), options);
		expect(printed.events, "(control) one that prints it is told").toEqual(["nonce/no-slot"]);
	});

	test("without a policy for content nothing is blocked, so nothing is told", async () => {
		const { events, body } = await answerOf(create, (res) => void res.end(`${res.locals["cspNonce"]}`), { contentSecurityPolicy: false });
		expect([events, body]).toEqual([[], expect.stringMatching(NONCE)]);
	});
});

describe("what is done to strings", () => {
	type Use = (value: string) => unknown;
	const same: readonly (readonly [string, Use])[] = [
		["a template literal", (value) => `${value}`],
		["concatenation", (value) => `${value}`.concat("")],
		// biome-ignore lint/style/useTemplate: what an application may write.
		["+", (value) => "" + value],
		["String()", (value) => String(value)],
		["toString()", (value) => value.toString()],
		["valueOf()", (value) => value.valueOf()],
		["trim()", (value) => value.trim()],
		["slice(0)", (value) => value.slice(0)],
		["replace()", (value) => value.replace(/[<>]/g, "")],
		["as a replacement", (value) => "X".replace("X", value)],
		["in replaceAll", (value) => "X".replaceAll("X", value)],
		["[...value].join('')", (value) => [...value].join("")],
		["split and join", (value) => value.split("").join("")],
		["join of a list", (value) => [value].join()],
		["JSON", (value) => JSON.parse(JSON.stringify({ value })).value],
		["encodeURIComponent", (value) => encodeURIComponent(value)],
		["Buffer.from", (value) => Buffer.from(value).toString()],
		["a key of an object", (value) => Object.keys({ [value]: 1 })[0]],
		["React's nonce for scripts", (value) => Reflect.get(Object(value), "script")],
		["React's nonce for styles", (value) => Reflect.get(Object(value), "style")],
	];

	test.each(same)("%s gives the nonce", async (_title, use) => {
		const { body, slots } = await answerOf(express5, (res) => void res.end(JSON.stringify([use(res.locals["cspNonce"]), getNonce(res)])));
		const [used, nonce] = JSON.parse(body);
		expect(used).toBe(nonce);
		expect(slots).toEqual([nonce, nonce]);
	});

	test("==, length, comparison and every method of strings", async () => {
		await answerOf(express5, (res) => {
			const value = res.locals["cspNonce"];
			const text = getNonce(res);
			// biome-ignore lint/suspicious/noDoubleEquals: what an application may write.
			expect([value == text, value.length, value < "~", value.includes(text.slice(3))]).toEqual([true, 22, true, true]);
			for (const name of Object.getOwnPropertyNames(String.prototype)) {
				if (typeof Reflect.get(String.prototype, name) !== "function" || name === "constructor") continue;
				expect(typeof value[name], name).toBe("function");
			}
			expect(value.at(-1) + value.charAt(0) + value.toUpperCase()).toBe((text.at(-1) ?? "") + text.charAt(0) + text.toUpperCase());
			res.end();
		});
	});

	test.each<[string, (value: unknown, locals: object) => unknown]>([
		["copies it", (_value, locals) => ({ ...locals, ...Object.assign({}, locals) })],
		["lists its keys", (value, locals) => [Object.keys(locals), Object.keys(Object(value))]],
		["asks for its type", (value) => typeof value],
		["asks whether it is there", (value) => Boolean(value) && value !== undefined && value !== null],
		["compares it by ===", (value) => value === "x"],
		["logs it", (value, locals) => [inspect(value), inspect(locals)]],
		["clones the list around it", (value) => [value].slice()],
	])("who %s makes none", async (_title, look) => {
		const { slots, cache } = await answerOf(express5, (res) => {
			look(res.locals["cspNonce"], res.locals);
			res.end();
		});
		expect([slots, cache]).toEqual([[], []]);
	});

	test("its type is object, and it is one value for the whole response", async () => {
		await answerOf(express5, (res) => {
			expect(typeof res.locals["cspNonce"]).toBe("object");
			expect(res.locals["cspNonce"]).toBe(res.locals["cspNonce"]);
			expect(inspect(res.locals["cspNonce"])).toBe("[nonce, made when it is printed]");
			expect(inspect(res.locals["cspNonce"])).not.toBe(getNonce(res));
			expect(inspect(res.locals["cspNonce"])).toBe(getNonce(res));
			res.end();
		});
	});

	test("after the head was written a string of it throws, and JSON of all locals leaves it out", async () => {
		const { body } = await answerOf(express5, (res) => {
			res.write("");
			expect(() => `${res.locals["cspNonce"]}`).toThrow("nonce/too-late");
			res.end(JSON.stringify({ ...res.locals, user: "bob" }));
		});
		expect(body).toContain('{"user":"bob"}');
	});

	test("a polluted prototype makes nobody's nonce", async () => {
		Object.defineProperty(Object.prototype, "cspNonce", { configurable: true, get: () => "A".repeat(22), set: () => {} });
		try {
			const { slots, body } = await answerOf(express5, (res) => {
				res.locals = { user: "x" };
				res.end(`${res.locals["cspNonce"]}`);
			});
			expect(body).toMatch(NONCE);
			expect(body).not.toBe("A".repeat(22));
			expect(slots).toEqual([body, body]);
		} finally {
			Reflect.deleteProperty(Object.prototype, "cspNonce");
		}
	});
});

describe.each(STACKS)("a file that a browser has stored, on %s", (_name, create) => {
	test("its 304 has the policy of today; that of a page has none", async () => {
		const folder = await mkdtemp(join(tmpdir(), "files-"));
		writeFileSync(join(folder, "page.html"), "<title>file</title>");
		for (const headerBlock of ["auto", false] as const) {
			const app = create().use(secureHeaders({ headerBlock, contentSecurityPolicy: { directives: { imgSrc: ["https://v2.example"] } } }));
			app.get("/sent", (_req, res) => res.sendFile(join(folder, "page.html")));
			app.get("/page", (_req, res) => void res.send("<title>page</title>"));
			app.get("/nonced", (_req, res) => void res.set("ETag", '"1"').end(`${res.locals["cspNonce"]}`));
			app.use(express5.static(folder));
			const running = await listen(app as never);
			const revalidated = async (path: string) => {
				const first = await running.ask({ path });
				return running.ask({ path, headers: { "If-None-Match": first.get("ETag")[0] ?? "" } });
			};
			for (const path of ["/page.html", "/sent"]) {
				const answer = await revalidated(path);
				expect([path, answer.status]).toEqual([path, 304]);
				expect(answer.get("Content-Security-Policy").join(), path).toContain("img-src https://v2.example");
				expect(slotsOf(answer.get("Content-Security-Policy"))).toEqual([]);
			}
			const page = await revalidated("/page");
			expect([page.status, page.get("Content-Security-Policy")]).toEqual([304, []]);
			await running.close();
		}
	});
});

describe("the 304 of a file, beside other features", () => {
	const withNonce = { directives: { scriptSrc: ["'self'", (_req: unknown, res: unknown) => `'nonce-${getNonce(res as never)}'`] } };

	test.each<[string, (app: Express, serve: express5.Handler) => void, string, string]>([
		[
			"locked",
			(app, serve) =>
				app
					.use(secureHeaders({ lock: ["contentSecurityPolicy"] }))
					.use((_req, res, next) => {
						res.set("Content-Security-Policy", "default-src *");
						next();
					})
					.use(serve),
			"Content-Security-Policy",
			"script-src 'self'; style-src 'self'",
		],
		[
			"the report-only twin",
			(app, serve) => app.use(secureHeaders({ contentSecurityPolicyReportOnly: { directives: { reportUri: "/r" } } })).use(serve),
			"Content-Security-Policy-Report-Only",
			"report-uri /r",
		],
		[
			"an override",
			(app, serve) => {
				const headers = secureHeaders();
				app.use(headers, headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://v2.example"] } } })).use(serve);
			},
			"Content-Security-Policy",
			"https://v2.example",
		],
		[
			"a stricter policy of the application",
			(app, serve) =>
				app
					.use(secureHeaders())
					.use((_req, res, next) => {
						res.set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
						next();
					})
					.use(serve),
			"Content-Security-Policy",
			"default-src 'none'; base-uri 'none'",
		],
	])("%s", async (_title, mount, name, expected) => {
		const folder = await mkdtemp(join(tmpdir(), "files-"));
		writeFileSync(join(folder, "page.html"), "<title>file</title>");
		const app = express5();
		mount(app, express5.static(folder));
		const running = await listen(app);
		const first = await running.ask({ path: "/page.html" });
		const answer = await running.ask({ path: "/page.html", headers: { "If-None-Match": first.get("ETag")[0] ?? "" } });
		await running.close();
		expect(answer.status).toBe(304);
		expect(answer.get(name)).toEqual(first.get(name));
		expect(answer.get(name)).toEqual([expect.stringContaining(expected)]);
		expect(slotsOf(answer.get(name))).toEqual([]);
	});

	test("a nonce that a function of the policy made is no file's: nothing is sent", async () => {
		const folder = await mkdtemp(join(tmpdir(), "files-"));
		writeFileSync(join(folder, "page.html"), "<title>file</title>");
		const running = await listen(
			express5()
				.use(secureHeaders({ contentSecurityPolicy: withNonce }))
				.use(express5.static(folder)),
		);
		const first = await running.ask({ path: "/page.html" });
		const answer = await running.ask({ path: "/page.html", headers: { "If-None-Match": first.get("ETag")[0] ?? "" } });
		await running.close();
		expect([slotsOf(first.get("Content-Security-Policy")).length > 0, answer.status, answer.get("Content-Security-Policy")]).toEqual([true, 304, []]);
	});
});
