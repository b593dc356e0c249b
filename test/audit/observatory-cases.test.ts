import { getDomain } from "tldts";
import { expect, test } from "vitest";
import { estimatesOf } from "../../src/audit/estimates/index.ts";
import { registrableOf } from "../../src/audit/estimates/suffixes.ts";
import type { Exchange } from "../../src/audit/types.ts";

const STRICT: Exchange["fields"] = [
	["Content-Type", "text/html; charset=utf-8"],
	["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"],
	["Cross-Origin-Embedder-Policy", "require-corp"],
	["Cross-Origin-Opener-Policy", "same-origin"],
	["Cross-Origin-Resource-Policy", "same-origin"],
	["Referrer-Policy", "no-referrer"],
	["Strict-Transport-Security", "max-age=31536000"],
	["X-Content-Type-Options", "nosniff"],
	["X-Frame-Options", "DENY"],
];

interface Change {
	readonly headers?: Readonly<Record<string, string>>;
	readonly cookies?: readonly string[];
	readonly body?: string;
	readonly host?: string;
	/** The target of http://host/, where there is one. */
	readonly http?: string;
}

function scores({ headers = {}, cookies = [], body = "", host = "www.example.com", http }: Change): readonly (number | undefined)[] {
	const kept = STRICT.filter(([name]) => headers[name] === undefined);
	const fields = [...kept, ...Object.entries(headers), ...cookies.map((line) => ["Set-Cookie", line] as const)];
	const page: Exchange = { probe: "page", method: "GET", url: `https://${host}/`, status: 200, fields, body, secure: true };
	const plain: Exchange = { ...page, probe: "plain-http", url: `http://${host}/`, status: 301, fields: [["Location", http ?? ""]], secure: false };
	return estimatesOf(http === undefined ? [page] : [page, plain])
		.slice(0, 2)
		.map(({ score }) => score);
}

const policy = (text: string): Change => ({ headers: { "Content-Security-Policy": text } });
const GOOD = "__Host-id=1; Path=/; Secure; HttpOnly; SameSite=Lax";

/** As the genuine scanner scores them: algorithm 4, then 6. */
const CASES: readonly (readonly [what: string, change: Change, four: number, six: number])[] = [
	["the strict page itself", {}, 130, 150],
	["a COOP with a parameter", { headers: { "Cross-Origin-Opener-Policy": 'same-origin; report-to="x"' } }, 130, 150],
	["a COOP in capitals, which is not the word", { headers: { "Cross-Origin-Opener-Policy": "Same-Origin" } }, 130, 135],
	["a COEP with a parameter", { headers: { "Cross-Origin-Embedder-Policy": 'credentialless;report-to="x"' } }, 130, 150],
	["an empty COEP, which is none", { headers: { "Cross-Origin-Embedder-Policy": "" } }, 130, 140],
	["a CORP in capitals", { headers: { "Cross-Origin-Resource-Policy": "Same-Origin" } }, 130, 150],
	["a CORP with a parameter, which it does not read", { headers: { "Cross-Origin-Resource-Policy": "same-origin; x=y" } }, 115, 135],
	["the referrer policy of a meta element", { body: '<meta name="Referrer" content="origin">' }, 120, 140],
	["a meta element inside noscript", { body: '<noscript><meta name="referrer" content="origin"></noscript>' }, 120, 140],
	["a meta element inside a comment", { body: '<!-- <meta name="referrer" content="origin"> -->' }, 130, 150],
	["two endpoints for reports", policy("default-src 'none'; frame-ancestors 'none'; report-uri /a; report-uri /b"), 120, 140],
	["two endpoints and images over http", policy("default-src 'none'; frame-ancestors 'none'; img-src http:; report-uri /a; report-uri /b"), 120, 140],
	["images over http", policy("default-src 'none'; frame-ancestors 'none'; img-src http:"), 110, 130],
	["a directive twice", policy("default-src 'none'; img-src 'self'; img-src data:; frame-ancestors 'none'"), 75, 75],
	["two policies in one line", policy("default-src 'none'; frame-ancestors 'none', default-src 'none'"), 130, 150],
	["a list with a comma", policy("default-src 'none'; frame-ancestors 'none', img-src 'self'"), 130, 150],
	["a broken escape in two policies", policy("default-src 'none'; img-src a.example/%zz, img-src a.example/%zz"), 125, 75],
	["'strict-dynamic' in default-src also hides its schemes from images", policy("default-src 'nonce-a' 'strict-dynamic' http:; object-src 'none'"), 120, 145],
	["a foreign script with integrity", { body: '<script src="https://a.example/a.js" integrity="sha384-x"></script>' }, 135, 155],
	["a foreign script with an empty integrity", { body: '<script src="https://a.example/a.js" integrity=""></script>' }, 125, 145],
	["a script without a scheme, of the own host", { body: '<script src="//www.example.com/a.js"></script>' }, 50, 50],
	["a script of another domain under co.uk", { host: "www.example.co.uk", body: '<script src="https://other.co.uk/a.js"></script>' }, 125, 145],
	["a script of the own domain under co.uk", { host: "www.example.co.uk", body: '<script src="https://cdn.example.co.uk/a.js"></script>' }, 130, 150],
	["a script of another project on github.io", { host: "a.github.io", body: '<script src="https://b.github.io/a.js"></script>' }, 130, 150],
	["a script in a template", { body: '<template><script src="https://a.example/a.js"></script></template>' }, 130, 145],
	["a base element elsewhere", { body: '<base href="https://a.example/"><script src="/a.js"></script>' }, 125, 150],
	["a page whose type is written in capitals", { headers: { "Content-Type": "Text/HTML" }, body: '<script src="//a.example/a.js"></script>' }, 130, 150],
	["a good cookie", { cookies: [GOOD] }, 135, 155],
	["a cookie that is cleared and then set", { cookies: ["id=; Path=/", "id=1; Path=/; Secure; HttpOnly; SameSite=Lax"] }, 135, 155],
	["a cookie that is only cleared", { cookies: ["id=; Path=/; Max-Age=0"] }, 125, 145],
	["two cookies of one name and two paths", { cookies: ["id=; Path=/a", "id=1; Path=/; Secure; HttpOnly; SameSite=Lax"] }, 125, 145],
	["__Host- with a Domain, which is not kept", { cookies: ["__Host-sess=1; Path=/; Secure; Domain=www.example.com"] }, 130, 150],
	["__Secure- without Secure, which is not kept", { cookies: ["__Secure-sess=1; Path=/"] }, 130, 150],
	["a Domain of others, which is not kept", { cookies: ["sess=1; Domain=other.example"] }, 130, 150],
	["a Domain of everybody, which is not kept", { host: "www.example.co.uk", cookies: ["sess=1; Domain=co.uk"] }, 130, 150],
	["a Domain of its own", { cookies: ["sess=1; Domain=.example.com; HttpOnly; SameSite=Lax; Secure=true"] }, 135, 155],
	["a cookie without a name, which is not kept", { cookies: ["sess"] }, 130, 150],
	["an empty SameSite", { cookies: ["id=1; Secure; SameSite="] }, 80, 80],
	["a top-level domain of the preload list", { host: "www.example.dev", headers: { "Strict-Transport-Security": "max-age=0" } }, 135, 155],
	["a max-age twice, of which the last counts", { headers: { "Strict-Transport-Security": "max-age=60; max-age=31536000" } }, 130, 150],
	["http that leads to https", { http: "https://www.example.com/" }, 130, 150],
	["http that leads to https elsewhere", { http: "https://example.com/" }, 125, 145],
	["http that leads to http first", { http: "http://example.com/" }, 120, 140],
	["http that leads nowhere", { http: "http://www.example.com/" }, 80, 80],
];

test.each(CASES)("%s has the score of the scanner", (_what, change, four, six) => {
	expect(scores(change)).toEqual([four, six]);
});

test("a top-level domain of the preload list is known to be on it", () => {
	const notesOf = (host: string): readonly string[] =>
		estimatesOf([{ probe: "page", method: "GET", url: `https://${host}/`, status: 200, fields: STRICT, body: "", secure: true }])[0]?.notes ?? [];
	expect(notesOf("a.example.com").at(-1)).toBe("not on the preload list, as far as we know");
	expect(notesOf("a.example.app").at(-1)).toBe("Cross-Origin-Resource-Policy +10");
});

const LABELS = "ac biz co com edu go gob gouv gov id info ltd me mil ne net nom or org plc sch web".split(" ");
const COUNTRIES = Array.from({ length: 26 * 26 }, (_, i) => String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26)));

test("the registrable domain is that of the public suffix list, for what is registered under a country", () => {
	const names = COUNTRIES.flatMap((country) => LABELS.map((label) => `www.example.${label}.${country}`));
	const wrong = names.filter((name) => getDomain(name) !== registrableOf(name));
	// There, the third label is a suffix too: nobody registers under them directly.
	expect(wrong).toEqual(["www.example.nom.br", "www.example.sch.uk"]);
	expect(names).toHaveLength(22 * 676);
});

test.each([
	["www.example.com", "example.com"],
	["example.com.", "example.com"],
	["a.github.io", "github.io"],
	["co.uk", undefined],
	["localhost", undefined],
	["127.0.0.1", undefined],
	["[::1]", undefined],
	["", undefined],
	["constructor.uk", "constructor.uk"],
	["a.__proto__.uk", "__proto__.uk"],
])("the registrable domain of %j is %j", (host, domain) => {
	expect(registrableOf(host)).toBe(domain);
});
