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
			"import { csp } from 'headguard';\nexport const headers = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [csp.self, csp.nonce] } } });",
			{ contentSecurityPolicy: { directives: { imgSrc: ["'self'", csp.nonce] } } },
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
			"secureHeaders({ lock: [name], contentSecurityPolicy: { directives: { scriptSrc: [csp.self, (req) => hosts(req), csp.hash('sha256', x)] } }, xPoweredBy: process.env.X })",
		);
		expect(input).toEqual({
			kind: "options",
			options: { lock: [], contentSecurityPolicy: { directives: { scriptSrc: ["'self'"] } } },
			notes: ["name", "(req) => hosts(req)", "csp.hash('sha256', x)", "process.env.X"].map(
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
		"secureHeaders(`${globalThis.hacked = true}`)",
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
