import ejs from "ejs";
import { Eta } from "eta";
import Handlebars from "handlebars";
import nunjucks from "nunjucks";
import pug from "pug";
import { describe, expect, test } from "vitest";
import { tagsIn } from "../../src/audit/html.ts";
import { type Language, readTemplate, withNonces } from "../../src/templates/index.ts";

/* The engines themselves render each template before and after. */

const NONCE = "r4nd0mN0nce";
const data = { cspNonce: NONCE, title: "<T>", items: ["a", "b"], yes: true, no: false, user: { name: "x" }, attributes: ' id="i"', code: "run()" };

const eta = new Eta();
const handlebars = Handlebars.create();
handlebars.registerHelper("raw", function (this: unknown, options: { fn(context: unknown): string }) {
	return options.fn(this);
});
handlebars.registerPartial("row", '<script nonce="{{@root.cspNonce}}">row({{this}})</script>');

const render: Readonly<Record<string, (text: string) => string>> = {
	ejs: (text) => ejs.render(text, data),
	eta: (text) => eta.renderString(text, data),
	handlebars: (text) => handlebars.compile(text)(data),
	nunjucks: (text) => nunjucks.renderString(text, data),
	pug: (text) => pug.render(text, data),
};

const TEMPLATES: readonly (readonly [Language, string])[] = [
	["ejs", "<!doctype html>\n<title><%= title %></title>\n<style>h1 { color: green }</style>\n<script>a()</script>"],
	[
		"ejs",
		"<% items.forEach((item) => { %>\r\n<script type=module data-x='>'>go(<%- JSON.stringify(item) %>, 1 > 0)</script><% }) -%>\n<style media=\"print\">p{}</style>",
	],
	["ejs", '<%# <script>no</script> %><p title="<%= "<script>" %>">x</p><script <% if (yes) { %>defer<% } %>>b()</script><%% <script>c()</script>'],
	["ejs", '<script nonce="<%= cspNonce %>">a()</script><script\n  type="text/javascript"\n>b()</script><script type="application/json">{}</script>'],
	["eta", "<title><%= it.title %></title><style>h1{}</style><% it.items.forEach((item) => { %><script>a('%' + \"<%= item %>\")</script><% }) %>"],
	["eta", '<%/* <script>no()</script> */%><%= "%>" %><script async>b()</script>'],
	[
		"handlebars",
		"<title>{{title}}</title>{{#each items}}<script>a('{{this}}')</script>{{/each}}<style>{{!-- }} --}}h1{}</style>{{#if yes}}<script>b()</script>{{else}}<script>c()</script>{{/if}}",
	],
	[
		"handlebars",
		"{{#with user}}<style>p{ {{~name~}} }</style>{{#if ../yes}}<script>d()</script>{{/if}}{{/with}}{{#each items}}{{> row}}{{/each}}<script>e({{{json}}})</script>\\{{title}}",
	],
	["handlebars", "<SCRIPT\tdefer>f()</SCRIPT>{{^no}}<script>g()</script>{{/no}}{{#user}}<script>h()</script>{{/user}}"],
	[
		"nunjucks",
		"{# <script>no()</script> #}<title>{{ title }}</title><style>h1{}</style>{% for item in items %}<script>a({{ item | dump | safe }})</script>{% endfor %}",
	],
	[
		"nunjucks",
		"<script {% if yes %}defer{% endif %}>b('%}')</script>{{ '}}' }}{%- if yes -%} <script>c()</script> {%- endif -%}{% block x %}<style>q{}</style>{% endblock %}",
	],
	[
		"pug",
		"doctype html\nhtml\n  head\n    title= title\n    style.\n      h1 { color: green }\n  body\n    script.\n      a()\n\n      b()\n    script(type='module') c()\n",
	],
	[
		"pug",
		"mixin row(x)\n  script(data-x=x).\n    a(#{x})\neach item in items\n  +row(item)\nif yes\n  script#i.c(\n    async\n    data-y=yes ? 'a' : 'b' data-z=[1, 2]\n  ).\n    b()\nscript\n  | c()\nscript() d()",
	],
	[
		"pug",
		"//- script.\n  no()\n:cdata\n  script.\n    no()\ncase title\n  when 'a: b': script a()\n  default: script(type='text/javascript'): | b()\np: style.\n  p{}\ndiv\n  style(nonce=cspNonce) q{}\r\n\tscript.\r\n\t  c()"
			.replace(":cdata\n  script.\n    no()\n", "")
			.replace("\r\n\tscript.\r\n\t  c()", "\r\n  script.\r\n    c()\r\n"),
	],
	[
		"pug",
		"\uFEFFscript.\n  a('\\#{x}')\n- const f = () => {}\nstyle.\n  b{}\n  \n    c{}\nimg(src=title , alt='x' + title)\nscript(src='/a.js')\nscript(type='application/json')!= JSON.stringify(items)",
	],
];

/** The inline scripts and styles of a page, and the nonces that they have. */
const noncesIn = (page: string) =>
	tagsIn(page).flatMap(({ name, attributes, text }) => {
		const isInline = name === "style" || (name === "script" && !attributes.has("src") && attributes.get("type") !== "application/json" && text !== "");
		return isInline ? [attributes.get("nonce")] : [];
	});

describe("the rendered page", () => {
	test.each(TEMPLATES)("%s: %j", (language, text) => {
		const { text: written, marked, left } = withNonces(text, language);
		expect(left).toEqual([]);
		expect(marked.length).toBeGreaterThan(0);
		const [before, after] = [render[language]?.(text) ?? "", render[language]?.(written) ?? ""];
		expect(noncesIn(before).some((nonce) => nonce !== NONCE)).toBe(true);
		expect(noncesIn(after).filter((nonce) => nonce !== NONCE)).toEqual([]);
		const removed = ` nonce="${NONCE}"`;
		expect(after.replaceAll(removed, "")).toBe(before.replaceAll(removed, ""));
		expect(withNonces(written, language)).toMatchObject({ text: written, marked: [], left: [] });
	});
});

describe("the code of an element is what the engine prints", () => {
	test.each<[Language, string]>([
		["ejs", "<script>\na()\n\n</script><style> b{}</style>"],
		["nunjucks", "<script>a('{')</script>"],
		["pug", "script.\n  a()\n\n    b()\n  c()\np x"],
		["pug", "script.\n    a()\n  b()\n\n\np x"],
		["pug", "div\n  script.\r\n    a()\r\n\r\n    b()\r\n\r\n"],
		["pug", "script a()  "],
		["pug", "style(media='print').\n\ta{}\n\t\tb{}\n"],
	])("%s: %j", (language, text) => {
		const texts = readTemplate(text, language).map((piece) => piece.text);
		expect(texts).toEqual(tagsIn(render[language]?.(text) ?? "").flatMap((tag) => (tag.name === "script" || tag.name === "style" ? [tag.text] : [])));
	});
});
