import { describe, expect, test } from "vitest";
import { DIRECTIVES, RETIRED, TOKENS } from "../../src/csp/directives.ts";
import { KEYWORDS, NONCE } from "../../src/csp/keywords.ts";
import { parse } from "../../src/csp/serialize.ts";
import { directiveWords, governedBy, sourceWords } from "../../src/csp/words.ts";

const sentence = (name: string, text: string): string => directiveWords(name, parse(text)).sentence;

describe("a directive in one sentence", () => {
	test.each<[name: string, policy: string, sentence: string]>([
		["img-src", "img-src 'self' data:", "Images and icons: only from this site or from data: addresses."],
		["img-src", "img-src https://img.example *.cdn.example", "Images and icons: only from https://img.example or from any subdomain of cdn.example."],
		["img-src", "img-src https://*.cdn.example:8443", "Images and icons: only from any subdomain of https://cdn.example:8443."],
		["img-src", "img-src *", "Images and icons: from any site."],
		["img-src", "img-src", "Images and icons: not allowed."],
		["object-src", "object-src 'none'", "Plugins: not allowed."],
		["connect-src", "connect-src 'self' wss:", "Connections that scripts make: only to this site or to any WebSocket server over TLS."],
		["form-action", "form-action 'self'", "Submitting forms: only to this site."],
		["base-uri", "base-uri 'self'", "Changing the base address of links: only to this site."],
		["frame-ancestors", "frame-ancestors https://partner.example", "Showing this page in a frame: only on https://partner.example."],
		["frame-ancestors", "frame-ancestors 'none'", "Showing this page in a frame: not allowed."],
		["script-src", "script-src 'self' 'nonce-abcdefghijklmnopqrstuv' 'report-sample'", "Scripts: only from this site or with the nonce of the response."],
		[
			"script-src",
			"script-src 'nonce-abcdefghijklmnopqrstuv' 'strict-dynamic' https: 'unsafe-inline'",
			"Scripts: only with the nonce of the response or added by a script that is allowed.",
		],
		["script-src", "script-src 'unsafe-inline'", "Scripts: only written into the page, even by an attacker."],
		[
			"script-src",
			`script-src 'self' 'unsafe-eval' 'url-sha256-${"a".repeat(43)}=' 'eval-sha256-${"a".repeat(43)}='`,
			"Scripts: only from an address with a listed hash or made from a string with a listed hash.",
		],
		["style-src-attr", "style-src-attr 'nonce-abcdefghijklmnopqrstuv'", "Style attributes: not allowed."],
		["sandbox", "sandbox", "The page is sandboxed: scripts, forms, popups and its own origin are off."],
		["sandbox", "sandbox allow-forms", "The page is sandboxed. It can only do what is listed."],
		["trusted-types", "trusted-types", "Scripts cannot create Trusted Types policies."],
		["trusted-types", "trusted-types one", "Scripts can only create the listed Trusted Types policies."],
		["plugin-types", "plugin-types x/y", "Browsers no longer support this directive."],
		["img-scr", "img-scr 'self'", "Browsers do not know this directive."],
		["__proto__", "__proto__ x", "Browsers do not know this directive."],
	])("%s of %j", (name, policy, expected) => {
		expect(sentence(name, policy)).toBe(expected);
	});

	test("default-src names what it governs, and no longer what has a list of its own", () => {
		const some = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; connect-src 'self'; media-src 'self'";
		expect(sentence("default-src", some)).toBe("Everything else (fonts, app manifests, frames on the page): only from this site.");
		expect(sentence("default-src", `${some}; font-src 'self'`)).toBe("Everything else (app manifests, frames on the page): only from this site.");
		expect(governedBy("script-src", parse(some))).toEqual(["worker-src"]);
	});

	test("every directive has a title and a sentence, and no other text does", () => {
		for (const name of DIRECTIVES.keys()) {
			const { title, sentence: said } = directiveWords(name, parse(name));
			expect(title, name).not.toBe(name);
			expect(said, name).toMatch(/^[A-Z].*\.$/);
		}
		for (const name of RETIRED.keys())
			expect(directiveWords(name, parse(name))).toEqual({ title: name, sentence: "Browsers no longer support this directive.", sources: [] });
	});
});

describe("a source in plain words", () => {
	test.each<[name: string, source: string, list: readonly string[], ignored: string | undefined]>([
		["script-src", "'unsafe-inline'", [], undefined],
		["script-src", "'unsafe-inline'", ["'nonce-abcdefghijklmnopqrstuv'"], "Browsers ignore it next to a nonce or hash."],
		["script-src", "https:", ["'strict-dynamic'"], "Browsers ignore it next to 'strict-dynamic'."],
		["style-src", "https:", ["'strict-dynamic'"], undefined],
		["default-src", "https:", ["'strict-dynamic'"], undefined],
		["img-src", "'none'", [], undefined],
		["img-src", "'none'", ["data:"], "Browsers ignore it next to other sources."],
		["img-src", "'unsafe-eval'", [], "It has no effect in img-src."],
		["img-src", "'nonce-abcdefghijklmnopqrstuv'", [], "It has no effect in img-src."],
		["img-src", "self\u202e", [], "Browsers do not know it."],
		["script-src", "'unsafe-inlin'", [], "Browsers do not know it."],
	])("%s %s next to %j", (name, source, others, ignored) => {
		expect(sourceWords(source, name, [source, ...others]).ignored).toBe(ignored);
	});

	test("a nonce never appears, whether it is a slot or a value", () => {
		const expected = {
			text: "'nonce-…'",
			means: "Elements with the nonce of the response are allowed. The nonce is new in each response.",
			ignored: undefined,
		};
		expect(sourceWords(NONCE, "script-src")).toEqual(expected);
		expect(sourceWords("'nonce-abcdefghijklmnopqrstuv'", "script-src")).toEqual(expected);
	});

	test("a function of the request has words", () => {
		const ask = (): string => "https://img.example";
		expect(sourceWords(ask, "img-src").means).toBe("A function of the policy returns sources in each request.");
	});

	test("every keyword and every token has words, and a text that is neither has none", () => {
		const keywords = Object.values(KEYWORDS).filter((keyword) => typeof keyword === "string");
		for (const keyword of keywords) {
			const name = keyword === "'script'" ? "require-trusted-types-for" : keyword === "'allow-duplicates'" ? "trusted-types" : "script-src";
			expect(sourceWords(keyword, name).means, keyword).toMatch(/^[a-zA-Z].*\.$/);
		}
		for (const [name, tokens] of TOKENS) for (const token of tokens) expect(sourceWords(token, name).means, token).toMatch(/^[A-Z].*\.$/);
		expect(sourceWords("allow-everything", "sandbox")).toEqual({ text: "allow-everything", means: "", ignored: "Browsers do not know it." });
	});
});
