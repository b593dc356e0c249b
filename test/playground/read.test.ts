import { describe, expect, test } from "vitest";
import { judgeInput } from "../../site/playground/judge.ts";
import { readInput, Unreadable } from "../../site/playground/read.ts";
import { csp } from "../../src/csp/index.ts";

const optionsOf = (text: string): unknown => {
	const input = readInput(text);
	return input.kind === "options" ? input.options : input;
};

describe("what was pasted is read", () => {
	test.each<[string, unknown]>([
		["secureHeaders()", {}],
		["app.use(secureHeaders({ xFrameOptions: 'DENY' }));", { xFrameOptions: "DENY" }],
		[
			"import { csp } from 'headguard';\nexport const headers = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [csp.self, csp.nonce, csp.raw(\"'new'\")] } } });",
			{ contentSecurityPolicy: { directives: { imgSrc: ["'self'", csp.nonce, csp.raw("'new'")] } } },
		],
		['{ "strictTransportSecurity": { "maxAge": 300 } }', { strictTransportSecurity: { maxAge: 300 } }],
		["{ strictTransportSecurity: { maxAge: 60 * 5 } } // five minutes", { strictTransportSecurity: { maxAge: 300 } }],
		["strictTransportSecurity: false,\nreferrerPolicy: `no-referrer`,", { strictTransportSecurity: false, referrerPolicy: "no-referrer" }],
	])("options: %j", (text, options) => {
		expect(optionsOf(text)).toEqual(options);
	});

	test("a call of helmet, as migrate would write it", () => {
		const input = readInput('const app = express();\napp.use(helmet({ referrerPolicy: { policy: "origin" } }));');
		expect(input).toMatchObject({ kind: "options", options: { referrerPolicy: "origin" }, code: expect.stringContaining('referrerPolicy: "origin"') });
		expect(readInput("helmet()")).toMatchObject({ kind: "options", options: { contentSecurityPolicy: { useDefaults: false } } });
	});

	test("a call of helmet as one of the version that is chosen, and of the newest by default", () => {
		const helmetOf = (text: string, major?: number) => {
			const input = readInput(text, major);
			if (input.kind !== "options" || input.helmet === undefined) throw new Error("is no call of helmet");
			return { ...input, ...input.helmet };
		};
		const maxAge = (major?: number) => helmetOf("helmet()", major).options["strictTransportSecurity"];
		expect([3, 4, 5, 6, 7, 8, undefined].map(maxAge)).toEqual([...Array<unknown>(5).fill({ maxAge: 15_552_000 }), undefined, undefined]);
		const five = helmetOf("helmet()", 5);
		expect(five.options).toMatchObject({ crossOriginEmbedderPolicy: "require-corp" });
		expect(five.notes).toContain("expectCt: Expect-CT is no longer sent, because current browsers ignore it.");
		expect(five.changes[0]?.headers).toContainEqual({ name: "expect-ct", before: "max-age=0", after: undefined });
		expect(five.changes[0]?.headers.map(({ name }) => name)).not.toContain("strict-transport-security");
		expect(helmetOf("helmet()").version).toBe(8);
	});

	test.each<[string, number, string]>([
		["helmet({ expectCt: false })", 6, "expectCt"],
		["helmet({ hpkp: false, xssFilter: true, expectCt: false })", 3, "hpkp and expectCt"],
		["app.use(helmet()); app.use(helmet.expectCt());", 6, "expectCt"],
		["app.use(helmet.hsts()); app.use(helmet.featurePolicy({ features: {} }))", 3, "featurePolicy"],
	])("%s has an option that newer versions removed", (text, version, removed) => {
		const input = readInput(text);
		expect(input).toMatchObject({ helmet: { version } });
		expect(input).toMatchObject({
			notes: expect.arrayContaining([`The call is read as one of helmet ${version}, the newest version that has ${removed}.`]),
		});
		const [removedFirst = ""] = removed.split(" ");
		if (text.startsWith("helmet("))
			expect(readInput(text, 8)).toMatchObject({ notes: expect.arrayContaining([`${removedFirst}: helmet ignored this option. It is left out.`]) });
		else expect(() => readInput(text, 8)).toThrow(`The call of helmet cannot be translated: helmet 8 has no ${removedFirst}.`);
	});

	test("single middlewares of helmet, alone and beside the whole", () => {
		expect(readInput("app.use(helmet.frameguard({ action: 'deny' })); app.use(helmet.hsts());")).toMatchObject({
			options: { xFrameOptions: "DENY", contentSecurityPolicy: false, referrerPolicy: false },
			helmet: { version: 8, changes: [{ headers: [] }] },
		});
		expect(readInput("app.use(helmet.referrerPolicy({ policy: 'origin' })); app.use(helmet());")).toMatchObject({
			options: { referrerPolicy: "origin", contentSecurityPolicy: { useDefaults: false } },
		});
		expect(() => readInput("app.use(helmet.constructor())")).toThrow("helmet 8 has no constructor");
		expect(() => readInput("app.use(helmet.__proto__())")).toThrow("helmet 8 has no __proto__");
	});

	test.each([
		["default-src 'self'; img-src *", [["Content-Security-Policy", "default-src 'self'; img-src *"]]],
		[
			"HTTP/2 200 \r\nx-frame-options: DENY\r\nserver: nginx\r\n",
			[
				["x-frame-options", "DENY"],
				["server", "nginx"],
			],
		],
		[
			"< content-security-policy: default-src 'none'\n< x-a: b",
			[
				["content-security-policy", "default-src 'none'"],
				["x-a", "b"],
			],
		],
	])("headers: %j", (text, fields) => {
		expect(readInput(text)).toEqual({ kind: "headers", answers: [{ url: "", fields }] });
	});

	test("the pages of a HAR file", () => {
		const entry = (url: string, type: string) => ({ request: { url }, response: { headers: [{ name: "Content-Type", value: type }, { name: 5 }] } });
		const har = JSON.stringify({ log: { entries: [entry("https://a.example/x.js", "text/javascript"), entry("https://a.example/", "text/html"), {}, null] } });
		expect(readInput(har)).toEqual({ kind: "headers", answers: [{ url: "https://a.example/", fields: [["Content-Type", "text/html"]] }] });
	});

	test("what only an application knows is left out, with a note", () => {
		const input = readInput(
			"secureHeaders({ lock: [name], contentSecurityPolicy: { directives: { scriptSrc: [csp.self, (req) => hosts(req), csp.hash('sha256', x), csp.raw(word)] } }, xPoweredBy: process.env.X })",
		);
		expect(input).toEqual({
			kind: "options",
			options: { lock: [], contentSecurityPolicy: { directives: { scriptSrc: ["'self'"] } } },
			notes: ["name", "(req) => hosts(req)", "csp.hash('sha256', x)", "csp.raw(word)", "process.env.X"].map(
				(code) => `${code}: left out, because only your application knows its value.`,
			),
		});
	});
});

describe("hostile text does nothing", () => {
	test.each([
		"alert(1)",
		"(() => { globalThis.hacked = true })()",
		"secureHeaders({ get xFrameOptions() { globalThis.hacked = true; return 'DENY'; } })",
		"secureHeaders({ [(globalThis.hacked = true, 'a')]: 1 })",
		"secureHeaders({ lock: [globalThis.hacked = true] })",
		"secureHeaders(`$" + "{globalThis.hacked = true}`)",
		"import('data:text/javascript,globalThis.hacked=true')",
		"{ toString() { globalThis.hacked = true } }",
		"helmet({ contentSecurityPolicy: { directives: { scriptSrc: [(req, res) => { globalThis.hacked = true }] } } })",
		'{"__proto__": {"hacked": true}, "constructor": {"prototype": {"hacked": true}}}',
		"secureHeaders({ __proto__: { hacked: true } })",
	])("%s", (text) => {
		try {
			judgeInput(readInput(text));
		} catch (error) {
			expect(error).toBeInstanceOf(Unreadable);
		}
		expect(Reflect.get(globalThis, "hacked")).toBeUndefined();
		expect(Reflect.get({}, "hacked")).toBeUndefined();
	});

	test.each(["", "   ", "hello", "{", "5", "[1]", "\u0000", "a".repeat(2_000_001), `${"(".repeat(5000)}`, `{a:${"[".repeat(3000)}${"]".repeat(3000)}}`])(
		"is refused in a sentence: %.20s",
		(text) => {
			expect(() => readInput(text)).toThrow(Unreadable);
		},
	);
});
