import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LANGUAGES, type Language, type NonceOptions, readTemplate, withNonces } from "../../src/templates/index.ts";

describe("the nonce is written in the language of the template", () => {
	test.each<[Language, string, string, NonceOptions?]>([
		["ejs", "<script>a</script>", '<script nonce="<%= cspNonce %>">a</script>'],
		[
			"ejs",
			'<SCRIPT\n\tdefer>a</SCRIPT>\r\n<style media="print">\r\n</style>',
			'<SCRIPT nonce="<%= cspNonce %>"\n\tdefer>a</SCRIPT>\r\n<style nonce="<%= cspNonce %>" media="print">\r\n</style>',
		],
		[
			"ejs",
			'<style nonce="<%= locals.nonce %>">a{}</style><script>b</script>',
			'<style nonce="<%= locals.nonce %>">a{}</style><script nonce="<%= locals.nonce %>">b</script>',
		],
		["ejs", "<script>a</script>", '<script nonce="<%= locals.n %>">a</script>', { name: "locals.n" }],
		["eta", "\uFEFF<script>a</script>", '\uFEFF<script nonce="<%= it.cspNonce %>">a</script>'],
		["eta", "<style nonce=<%= it.nonce %>>a{}</style><script>b</script>", '<style nonce=<%= it.nonce %>>a{}</style><script nonce="<%= it.nonce %>">b</script>'],
		["handlebars", "<script>a</script>", '<script nonce="{{cspNonce}}">a</script>'],
		[
			"handlebars",
			"{{#if b}}<script>a</script>{{/if}}{{#each c}}<script>d</script>{{/each}}",
			'{{#if b}}<script nonce="{{cspNonce}}">a</script>{{/if}}{{#each c}}<script nonce="{{@root.cspNonce}}">d</script>{{/each}}',
		],
		["handlebars", "<script>a</script>", '<script nonce="{{@root.cspNonce}}">a</script>', { isPartial: true }],
		["mustache", "{{#c}}<script>d</script>{{/c}}", '{{#c}}<script nonce="{{cspNonce}}">d</script>{{/c}}', { isPartial: true }],
		["nunjucks", "<script>a</script>", '<script nonce="{{ cspNonce }}">a</script>'],
		["sveltekit", "<script>a</script>%sveltekit.head%", '<script nonce="%sveltekit.nonce%">a</script>%sveltekit.head%'],
		[
			"pug",
			"script.\n  a\nscript(defer) b\nstyle#x.y c\nscript( ) d\nscript(\n  async\n) e",
			"script(nonce=cspNonce).\n  a\nscript(nonce=cspNonce, defer) b\nstyle#x.y(nonce=cspNonce) c\nscript(nonce=cspNonce ) d\nscript(nonce=cspNonce, \n  async\n) e",
		],
		["pug", "style(nonce=locals.nonce).\n  a{}\nscript.\n  b", "style(nonce=locals.nonce).\n  a{}\nscript(nonce=locals.nonce).\n  b"],
	])("%s: %j", (language, text, written, options) => {
		expect(withNonces(text, language, options)).toMatchObject({ text: written, left: [] });
	});
});

describe("what has no nonce afterwards is named", () => {
	test.each<[Language, string, ...[string, RegExp][]]>([
		["html", "<script>a</script>\n<style>b</style>", ["<script>", /headguard hash/], ["<style>", /headguard hash/]],
		[
			"ejs",
			'<p onclick="a" style="b"><a href="javascript:c">',
			["onclick of <p>", /event handlers/],
			["style of <p>", /style attributes/],
			["href of <a>", /javascript: URLs/],
		],
		["ejs", "<script <%- a %>>b</script><script><%- c %></script>", ["<script>", /perhaps a nonce/], ["<script>", /printed by the template/]],
		["ejs", '<script nonce="">a</script><script nonce="<%= cspNonce %>">b</script>', ["<script>", /empty/]],
		[
			"pug",
			"script(nonce=null) a\np\n  | <script>b</script> #[script c]\nscript&attributes(d) e",
			["<script>", /empty/],
			["<script>", /HTML in Pug/],
			["<script>", /in #\[…\]/],
			["<script>", /perhaps a nonce/],
		],
	])("%s: %j", (language, text, ...remarks) => {
		const { text: written, marked, left } = withNonces(text, language);
		expect([written, marked]).toEqual([text, []]);
		expect(left.map(({ piece, message }) => [piece.holder, message])).toEqual(remarks.map(([holder, message]) => [holder, expect.stringMatching(message)]));
	});
});

test("what a nonce also allows is noted, and a nonce that is a fixed text", () => {
	const notes = (text: string, language: Language) => withNonces(text, language).notes.map(({ message }) => message);
	expect(notes("<script>a(<%- user %>)</script>", "ejs")).toEqual([expect.stringContaining("what user prints")]);
	expect(notes('<script nonce="<%= cspNonce %>">a(<%= user %>)</script>', "ejs")).toEqual([expect.stringContaining("what user prints")]);
	expect(notes("script.\n  a(!{user})", "pug")).toEqual([expect.stringContaining("what user prints")]);
	expect(notes('<script nonce="abc">a()</script>', "ejs")).toEqual([expect.stringContaining("fixed text")]);
	expect(notes('<script>a()</script><style nonce="<%= cspNonce %>">b<%= c %>{}</style>', "ejs")).toEqual([]);
});

describe("in random templates", () => {
	const WORDS = [
		...[
			"<script>",
			"</script>",
			"<script ",
			"<style>",
			"</style>",
			"<p ",
			">",
			'"',
			"'",
			"`",
			"=",
			"onclick=",
			"style=",
			"nonce=",
			'nonce=""',
			"src=",
			"type=",
			"<!--",
			"-->",
			"</",
			"<",
			"/>",
			"<svg>",
			"<iframe srcdoc='",
			"javascript:",
		],
		...[
			"<%",
			"<%=",
			"<%-",
			"<%#",
			"<%%",
			"%>",
			"-%>",
			"{{",
			"}}",
			"{{{",
			"}}}",
			"{{{{",
			"}}}}",
			"{{!--",
			"--}}",
			"{{#each x}}",
			"{{/each}}",
			"{%",
			"%}",
			"{#",
			"#}",
			"{% raw %}",
			"{% endraw %}",
			"{% macro x() %}",
			"\\{{",
			"/*",
			"*/",
		],
		...[
			"\n",
			"\r\n",
			"\r",
			"  ",
			"\t",
			"script",
			"style",
			"script.",
			"script(",
			")",
			"(",
			"#[",
			"]",
			"#{",
			"}",
			"!{",
			"| ",
			"//- ",
			": ",
			"= ",
			"&attributes(",
			"+mixin(",
			".x",
			"#y",
			", ",
			"? ",
			"a",
			"\\",
			"\uE000",
			"\uFEFF",
			"é",
			"\0",
		],
	];
	const template = fc
		.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...WORDS) }, { weight: 1, arbitrary: fc.string() }), { maxLength: 40 })
		.map((words) => words.join(""));

	test("only nonce attributes are added, and a second run adds nothing", () => {
		fc.assert(
			fc.property(template, fc.constantFrom<Language>(...LANGUAGES, "sveltekit"), (text, language) => {
				const { text: written, marked } = withNonces(text, language);
				const added = [...marked].map(({ nonceAt }) => nonceAt?.offset ?? -1);
				expect(added).toEqual([...added].sort((a, b) => a - b));
				let rest = written;
				let original = "";
				let at = 0;
				for (const offset of added) {
					original += rest.slice(0, offset - at);
					rest = rest.slice(offset - at);
					const attribute = /^(?: nonce="[^"]*"|\(nonce=[\w.]+\)|nonce=[\w.]+(?:, )?)/.exec(rest)?.[0] ?? "none";
					rest = rest.slice(attribute.length);
					at = offset;
				}
				expect(original + rest).toBe(text);
				const again = withNonces(written, language);
				expect([again.text, again.marked]).toEqual([written, []]);
			}),
			{ numRuns: 3000 },
		);
	});

	test("each piece is where its place says", () => {
		fc.assert(
			fc.property(template, fc.constantFrom<Language>(...LANGUAGES), (text, language) => {
				const lines = text.split(/\r\n?|\n/);
				for (const { line, column, offset } of readTemplate(text, language)) {
					expect(lines[line - 1]?.slice(column - 1, column + 3)).toBe(text.slice(offset, offset + 4).split(/[\r\n]/, 1)[0]);
				}
			}),
			{ numRuns: 1000 },
		);
	});

	test.each<[Language, ...string[]]>([
		["ejs", "<script", "<script>", "<p a", "<p a='", "<p>", "<!--", "<%", "<%= a %> ", "<script></style>", "<style><% a %>", "<iframe srcdoc='"],
		["eta", "<% ' ", "<% /*", "<% \\'", "<%= a %>"],
		["handlebars", "{{", "{{'", "{{ \\'", "{{{{", "{{!--", "{{#a}}", "<style>{{#a}}"],
		["nunjucks", "{{'", "{%", "{#", "{% raw %}", "{% macro a() %}<script>b"],
		["pug", "a(", "a(\n", "a: ", "#[a(", "a(b=c ", "a(b=c ? ", "script\n", "script.\n", "when a", "#{", "\n", "a(b\n)\n"],
	])("a hostile one in %s takes no longer than its length", (language, ...parts) => {
		for (const part of parts) {
			const start = process.cpuUsage();
			withNonces(part.repeat(20_000), language);
			const spent = process.cpuUsage(start).user / 1000;
			expect([part, spent < 2000]).toEqual([part, true]);
		}
	});
});
