import { describe, expect, test } from "vitest";
import { type Language, languageOf, nonceFor, type Piece, readTemplate } from "../../src/templates/index.ts";

/** The inline code: its place, its holder, its text (or where the template computes it), and whether it has a nonce. */
const code = (text: string, language: Language) =>
	readTemplate(text, language)
		.filter(({ kind }) => kind !== "address")
		.map(({ line, column, holder, text, start, hasNonce }) => [`${line}:${column}`, holder, text ?? `${start}…`, hasNonce]);

const addresses = (text: string, language: Language) =>
	readTemplate(text, language).flatMap(({ kind, directive, holder, text, start }) => (kind === "address" ? [[directive, holder, text ?? `${start}…`]] : []));

const only = (text: string, language: Language): Piece => {
	const [piece, ...more] = readTemplate(text, language);
	expect(more).toEqual([]);
	return piece as Piece;
};

test.each([
	["home.ejs", "ejs"],
	["views/home.ETA", "eta"],
	["home.pug", "pug"],
	["home.jade", "pug"],
	["home.hbs", "handlebars"],
	["home.handlebars", "handlebars"],
	["home.mustache", "mustache"],
	["home.njk", "nunjucks"],
	["home.html.twig", "nunjucks"],
	["index.html", "html"],
	["index.htm", "html"],
	["home.vue", undefined],
	["home.svelte", undefined],
	["readme.md", undefined],
	["ejs", undefined],
	["__proto__", undefined],
])("the language of %s is %s", (file, language) => {
	expect(languageOf(file)).toBe(language);
});

test("the page of SvelteKit is known by its placeholder", () => {
	expect(languageOf("src/app.html", "<head>%sveltekit.head%</head>")).toBe("sveltekit");
	expect(languageOf("src/app.html", "<head></head>")).toBe("html");
});

test.each<[Language, string | undefined]>([
	["ejs", 'nonce="<%= cspNonce %>"'],
	["eta", 'nonce="<%= it.cspNonce %>"'],
	["pug", "nonce=cspNonce"],
	["handlebars", 'nonce="{{cspNonce}}"'],
	["mustache", 'nonce="{{cspNonce}}"'],
	["nunjucks", 'nonce="{{ cspNonce }}"'],
	["sveltekit", 'nonce="%sveltekit.nonce%"'],
	["html", undefined],
])("the nonce of %s is %s", (language, attribute) => {
	expect(nonceFor(language)).toBe(attribute);
});

describe("markup", () => {
	test.each<[string, ReturnType<typeof code>]>([
		[
			"<script>a</script>\n<SCRIPT type=module>b</SCRIPT>",
			[
				["1:1", "<script>", "a", false],
				["2:1", "<script>", "b", false],
			],
		],
		["<script src=/a.js>ignored</script><script type=application/json>{}</script><script type=text/template><b onclick=x></script><script>\n</script>", []],
		[
			"<script type=importmap>{}</script><script type=' speculationrules'>{}</script>",
			[
				["1:1", "<script>", "{}", false],
				["1:35", "<script>", "{}", false],
			],
		],
		[
			"<style>a{}</style><style></style>",
			[
				["1:1", "<style>", "a{}", false],
				["1:19", "<style>", "", false],
			],
		],
		[
			"<p style='a: b' onclick='x(&quot;y&quot;)' once=1 data-onclick=2>",
			[
				["1:4", "style of <p>", "a: b", false],
				["1:17", "onclick of <p>", 'x("y")', false],
			],
		],
		[
			"<a href=' java\nscript&colon;x()'><form action=JavaScript:y()>",
			[
				["1:4", "href of <a>", " java\nscript:x()", false],
				["2:25", "action of <form>", "JavaScript:y()", false],
			],
		],
		[
			"<template><script>a</script></template><noscript><style>b{}</style></noscript>",
			[
				["1:11", "<script>", "a", false],
				["1:50", "<style>", "b{}", false],
			],
		],
		[
			"<iframe srcdoc='<script>a</script><b onclick=&quot;x&quot;>'></iframe>",
			[
				["1:9", "<script> in srcdoc", "a", false],
				["1:9", "onclick of <b> in srcdoc", "x", false],
			],
		],
		[
			"<svg><style/><script>a</script><title><b onclick=c></title></svg>",
			[
				["1:14", "<script>", "a", false],
				["1:42", "onclick of <b>", "c", false],
			],
		],
		["<!-- <script>a</script> --><textarea><script>b</script></textarea><title><p style=x></title>", []],
		[
			"<script><!-- <script>c</script> --></script><i style=d>",
			[
				["1:1", "<script>", "<!-- <script>c</script> -->", false],
				["1:48", "style of <i>", "d", false],
			],
		],
		[
			"<p style=a style=b><p title='<script>' a=\"'\" style=c>",
			[
				["1:4", "style of <p>", "a", false],
				["1:46", "style of <p>", "c", false],
			],
		],
		["<!doctype html><?xml x?></p><p/style=a><p =style=b>", [["1:32", "style of <p>", "a", false]]],
		[
			"<script nonce=a>b</script><script nonce=''>c</script>",
			[
				["1:1", "<script>", "b", true],
				["1:27", "<script>", "c", false],
			],
		],
		["<p style=a\r\n\r\n onclick=b\r style=c", []],
		["", []],
	])("%j", (text, found) => {
		expect(code(text, "html")).toEqual(found);
	});

	test("an address is told with the directive that governs it", () => {
		const text = `<script src="/a.js"></script><link rel="stylesheet" href="a.css"><link rel=icon href=i.png><link rel=preload as=font href=f.woff2>
<link rel=canonical href=/><img src=a.png srcset="b.png 1x, data:image/png,x 2x,"><iframe src="https://frame.example/?a&amp;b"></iframe><form action=/go><button formaction=/other></form>
<input type=image src=c.png><input type=text src=d.png><video src=v.mp4 poster=p.png><base href=/base><object data=o.swf></object><a href=/away>`;
		expect(addresses(text, "html")).toEqual([
			["script-src-elem", "src of <script>", "/a.js"],
			["style-src-elem", "href of <link>", "a.css"],
			["img-src", "href of <link>", "i.png"],
			["font-src", "href of <link>", "f.woff2"],
			["img-src", "src of <img>", "a.png"],
			["img-src", "srcset of <img>", "b.png"],
			["img-src", "srcset of <img>", "data:image/png,x"],
			["frame-src", "src of <iframe>", "https://frame.example/?a&b"],
			["form-action", "action of <form>", "/go"],
			["form-action", "formaction of <button>", "/other"],
			["img-src", "src of <input>", "c.png"],
			["media-src", "src of <video>", "v.mp4"],
			["img-src", "poster of <video>", "p.png"],
			["base-uri", "href of <base>", "/base"],
			["object-src", "data of <object>", "o.swf"],
		]);
	});
});

describe("tags of a template language", () => {
	test.each<[Language, string, ReturnType<typeof code>]>([
		[
			"ejs",
			'<script nonce="<%= cspNonce %>">a</script><script>b(<%- x %>)</script>',
			[
				["1:1", "<script>", "a", true],
				["1:43", "<script>", "b(…", false],
			],
		],
		[
			"ejs",
			"<script <%- attrs %>>a</script><script <%- nonceAttribute %>>b</script>",
			[
				["1:1", "<script>", "a", undefined],
				["1:32", "<script>", "b", true],
			],
		],
		["ejs", '<p title="<%= "\'>" %>" style="<%= s %>">', [["1:24", "style of <p>", "…", false]]],
		[
			"ejs",
			"<%# <script>a</script> %><% if (a > b) { %><i style=c><% } %><%% <u style=d> %>",
			[
				["1:47", "style of <i>", "c", false],
				["1:69", "style of <u>", "d", false],
			],
		],
		[
			"ejs",
			'<script <% if (x) { %>nonce="<%= cspNonce %>"<% } %>>a</script><script <% if (x) { %>nonce="b"<% } %>>c</script>',
			[
				["1:1", "<script>", "a", true],
				["1:64", "<script>", "c", undefined],
			],
		],
		["ejs", "<script>a = <% if (x) { %>'</script>'<% } %>", [["1:1", "<script>", "a = …", false]]],
		["ejs", "<<%= tag %> onclick=a>", [["1:13", "onclick of an element", "a", false]]],
		["ejs", "<script>a</script><% unclosed <script>b</script>", [["1:1", "<script>", "a", false]]],
		[
			"eta",
			'<%= "%>" %><script nonce="<%= it.nonce %>">a</script><%/* <script>b</script> */%><i style=c>',
			[
				["1:12", "<script>", "a", true],
				["1:85", "style of <i>", "c", false],
			],
		],
		["eta", "<% // it's %><i style=a>", [["1:17", "style of <i>", "a", false]]],
		["handlebars", "{{!-- }} <script>a</script> --}}{{! <i> }}<script {{#if x}}defer{{/if}}>b({{{c}}})</script>", [["1:43", "<script>", "b(…", false]]],
		[
			"handlebars",
			'{{x "}}<i style=a>"}}\\{{ <b style=c> {{{{raw}}}}<u style=d>{{ {{{{/raw}}}}<s style=e>',
			[
				["1:29", "style of <b>", "c", false],
				["1:52", "style of <u>", "d", false],
				["1:78", "style of <s>", "e", false],
			],
		],
		[
			"handlebars",
			"<a href='{{url}}' onclick='{{do}}'>{{~#if x~}}<b style=c>{{~/if~}}",
			[
				["1:19", "onclick of <a>", "…", false],
				["1:50", "style of <b>", "c", false],
			],
		],
		["mustache", "{{#a}}<script>x</script>{{/a}}{{&b}}{{{c}}}", [["1:7", "<script>", "x", false]]],
		[
			"nunjucks",
			"{# <i style=a> #}{% raw %}{{ <i style=b> {% endraw %}{{ '}}' }}<i style=c>{%- if x -%}<i style=d>{%- endif -%}",
			[
				["1:33", "style of <i>", "b", false],
				["1:67", "style of <i>", "c", false],
				["1:90", "style of <i>", "d", false],
			],
		],
		["nunjucks", "{% comment %}<i style=a>{% endcomment %}<i style=b>", [["1:44", "style of <i>", "b", false]]],
		["nunjucks", '<a href="{{ url }}" onclick="a({{ x | safe }})">', [["1:21", "onclick of <a>", "a(…", false]]],
		["html", "<p>{{ x }}<i style='{{ y }}'>", [["1:14", "style of <i>", "…", false]]],
		[
			"sveltekit",
			'<script nonce="%sveltekit.nonce%">a</script>%sveltekit.head%<script>b</script>',
			[
				["1:1", "<script>", "a", true],
				["1:61", "<script>", "b", false],
			],
		],
	])("%s: %j", (language, text, found) => {
		expect(code(text, language)).toEqual(found);
	});

	test("an address that the template computes has the text before it", () => {
		expect(addresses('<script src="https://cdn.example/<%= v %>/a.js"></script><img src="<%= i %>">', "ejs")).toEqual([
			["script-src-elem", "src of <script>", "https://cdn.example/…"],
			["img-src", "src of <img>", "…"],
		]);
	});

	test("what the template prints in code is told", () => {
		expect(only("<script>a(<%= x %>, <%- JSON.stringify(y) %>)<% z %></script>", "ejs").prints).toEqual(["x", "JSON.stringify(y)"]);
		expect(only("<script>a({{{x}}}, {{~y~}})</script>", "handlebars").prints).toEqual(["x", "y"]);
		expect(only("<script>a({{ x | dump | safe }}){# b #}</script>", "nunjucks").prints).toEqual(["x | dump | safe"]);
	});

	test("an element says where its nonce goes, or why it gets none", () => {
		const nonceAt = { offset: 7, before: " ", after: "", fromRoot: false };
		expect(only("<script>a</script>", "ejs")).toEqual({
			kind: "script",
			directive: "script-src-elem",
			line: 1,
			column: 1,
			offset: 0,
			text: "a",
			start: "a",
			prints: [],
			holder: "<script>",
			hasNonce: false,
			element: { name: "script", attributes: new Map() },
			attribute: undefined,
			nonceAt,
			obstacle: undefined,
		});
		expect(only("{{#each a}}{{#if b}}<style>c</style>{{/if}}{{/each}}", "handlebars").nonceAt).toEqual({ ...nonceAt, offset: 26, fromRoot: true });
		expect(only("{{#if a}}<style>c</style>{{/if}}{{#each b}}{{/each}}", "handlebars").nonceAt).toEqual({ ...nonceAt, offset: 15 });
		for (const [language, text, obstacle] of [
			["html", "<script>a</script>", /^Nothing fills in a nonce/],
			["ejs", '<script nonce="">a</script>', /empty/],
			["ejs", "<script <%- a %>>b</script>", /adds attributes/],
			["ejs", "<script><%- a %></script>", /printed by the template/],
			["ejs", '<script type="<%= t %>">a</script>', /computes its type/],
			["nunjucks", "{% macro a() %}<script>b</script>{% endmacro %}", /macro/],
			["nunjucks", "{% raw %}<script>b</script>{% endraw %}", /as it is/],
			["handlebars", "{{#if a}}<script>{{else}}<script defer>{{/if}}b</script>", /more than one way/],
		] as const) {
			const { nonceAt, obstacle: said } = only(text, language);
			expect([text, nonceAt, said]).toEqual([text, undefined, expect.stringMatching(obstacle)]);
		}
	});
});
