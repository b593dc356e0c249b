import { describe, expect, test } from "vitest";
import { blockedBy } from "../../src/audit/blocked.ts";
import { tagsIn } from "../../src/audit/html.ts";
import { judge } from "../../src/audit/judge.ts";
import type { Exchange } from "../../src/audit/types.ts";
import { parse } from "../../src/csp/serialize.ts";

const PAGE = "https://a.example/dir/page";
const blocked = (policy: string, html: string): readonly string[] =>
	blockedBy(parse(policy), tagsIn(html), PAGE).map(({ what, directive }) => `${directive} ${what}`);

describe("what a policy blocks on a page", () => {
	test.each<[policy: string, html: string, ...blocked: string[]]>([
		[
			"script-src 'self'",
			'<script src="https://cdn.example/a.js"></script><script src="/b.js"></script>',
			'script-src-elem <script src="https://cdn.example/a.js">',
		],
		[
			"script-src 'nonce-abc'",
			'<script nonce="abc" src="https://x.example/a.js"></script><script nonce="" src="/a.js"></script>',
			'script-src-elem <script src="/a.js">',
		],
		[
			"script-src 'strict-dynamic' 'nonce-abc' https:",
			'<script src="https://x.example/a.js"></script>',
			'script-src-elem <script src="https://x.example/a.js">',
		],
		[
			"script-src 'sha256-abc='",
			'<script integrity="sha256-abc=" src="/a.js"></script><script integrity="sha256-x=" src="/b.js"></script>',
			'script-src-elem <script src="/b.js">',
		],
		["script-src 'self'", '<script type="application/json" src="https://x.example/a.json"></script>'],
		[
			"img-src 'self'",
			'<img srcset="/a.png 1x, https://x.example/b.png 2x"><input type=image src="https://x.example/c.png"><input src="https://x.example/d.png">',
			'img-src <img srcset="https://x.example/b.png">',
			'img-src <input src="https://x.example/c.png">',
		],
		[
			"form-action 'self'; font-src 'self'",
			'<button formaction="https://x.example/"></button><input formaction="/"><link rel=preload as=font href="https://x.example/f.woff2"><link rel=prefetch href="https://x.example/">',
			'form-action <button formaction="https://x.example/">',
			'font-src <link href="https://x.example/f.woff2">',
		],
		["script-src 'self'", "<script>a()</script>", "script-src-elem an inline <script>"],
		["script-src 'self'", '<script type="application/ld+json">{}</script>'],
		[
			"style-src 'self'",
			'<link rel="stylesheet" href="https://x.example/a.css"><style>a{}</style><p style="b:c">',
			'style-src-elem <link href="https://x.example/a.css">',
			"style-src-elem a <style> element",
			'style-src-attr style="…" on <p>',
		],
		["style-src 'self'", '<link rel="alternate stylesheet" href="https://x.example/a.css"><link rel="canonical" href="https://x.example/">'],
		[
			"img-src 'self' data:",
			'<img src="a.png"><img src="data:image/png;base64,AA"><img src="https://i.example/a.png"><video poster="//i.example/p.png">',
			'img-src <img src="https://i.example/a.png">',
			'img-src <video poster="//i.example/p.png">',
		],
		["img-src 'self'", '<link rel="shortcut icon" href="https://i.example/i.ico">', 'img-src <link href="https://i.example/i.ico">'],
		[
			"media-src 'none'",
			'<audio src="/a.mp3"></audio><video><source src="/b.mp4"><track src="/c.vtt"></video>',
			'media-src <audio src="/a.mp3">',
			'media-src <source src="/b.mp4">',
			'media-src <track src="/c.vtt">',
		],
		[
			"default-src 'self'",
			'<iframe src="https://f.example/"></iframe><object data="https://o.example/x"></object>',
			'frame-src <iframe src="https://f.example/">',
			'object-src <object data="https://o.example/x">',
		],
		["child-src https://f.example", '<iframe src="https://f.example/"></iframe><iframe src="about:blank"></iframe><iframe srcdoc="x"></iframe>'],
		[
			"form-action 'self'",
			'<form action="https://pay.example/"></form><form></form><form action=""></form>',
			'form-action <form action="https://pay.example/">',
		],
		["default-src 'none'", '<form action="https://pay.example/"></form>'],
		["base-uri 'none'", '<base href="/x/">', 'base-uri <base href="/x/">'],
		["img-src https://cdn.example", '<base href="https://cdn.example/"><img src="a.png">'],
		[
			"script-src 'self'",
			'<a href="javascript:x()">a</a><p onclick="y()">',
			'script-src-elem href="javascript:…" on <a>',
			'script-src-attr onclick="…" on <p>',
		],
		["script-src 'unsafe-inline'", '<a href="javascript:x()">a</a><p onclick="y()"><script>z()</script>'],
		["img-src https://i.example; upgrade-insecure-requests", '<img src="http://i.example/a.png">'],
		["img-src https://i.example", '<img src="http://i.example/a.png">', 'img-src <img src="http://i.example/a.png">'],
		["img-src 'none'", '<noscript><img src="/a.png"></noscript><template><img src="/b.png"></template><!-- <img src="/c.png"> -->'],
		["manifest-src 'none'", '<link rel="manifest" href="/m.json">', 'manifest-src <link href="/m.json">'],
		["script-src 'sha256-'", "<script>a()</script>", "script-src-elem an inline <script>"],
		["script-src 'sha256-<%= hash %>'", "<script>a()</script>", "script-src-elem an inline <script>"],
		["script-src 'sha256-abc='", "<script>a()</script>"],
		["script-src 'SHA256-abc='", '<script>a()</script><p onclick="b()">', 'script-src-attr onclick="…" on <p>'],
		["script-src 'unsafe-hashes' 'sha256-abc='", '<p onclick="b()">'],
		["style-src 'sha256-abc='", '<p style="a:b">', 'style-src-attr style="…" on <p>'],
		["script-src 'sha256-aBc='", '<script integrity="sha256-abc=" src="/a.js"></script>', 'script-src-elem <script src="/a.js">'],
		["script-src 'SHA256-a_c='", '<script integrity="md5-x sha256-a/c=?v" src="/a.js"></script>'],
		["script-src 'sha256-!'", '<script integrity="sha256-!" src="/a.js"></script>', 'script-src-elem <script src="/a.js">'],
		[
			"style-src 'self'",
			'<link rel="alternate stylesheet" title="dark" href="https://x.example/a.css">',
			'style-src-elem <link href="https://x.example/a.css">',
		],
		["script-src 'none'", '<img src="https://i.example/a.png"><img src="http://[bad"><constructor src="https://x.example">'],
	])("%s: %s", (policy, html, ...expected) => {
		expect(blocked(policy, html)).toEqual(expected);
	});

	test("lines are those of the page", () => {
		const html = "<!doctype html>\n<title>\n\n</title>\n<img src='https://i.example/a.png'>\n<p>\n<img\n src='https://i.example/b.png'>";
		expect(blockedBy(parse("img-src 'self'"), tagsIn(html), PAGE).map(({ tag }) => tag.line)).toEqual([5, 7]);
	});
});

/** The messages of one rule for a page. */
function messages(id: string, fields: readonly (readonly [string, string])[], body: string): readonly string[] {
	const exchange = {
		probe: "page",
		method: "GET",
		url: PAGE,
		status: 200,
		secure: true,
		fields: [["Content-Type", "text/html; charset=utf-8"], ...fields],
		body,
	};
	return judge([exchange as unknown as Exchange])
		.filter((finding) => finding.id === id)
		.map(({ message }) => message);
}

const header = (policy: string): readonly (readonly [string, string])[] => [["Content-Security-Policy", policy]];

test("each blocked thing is named with its line, up to five", () => {
	const images = Array.from({ length: 7 }, (_, i) => `<img src="https://i.example/${i}.png">`).join("\n");
	expect(messages("csp/address-blocked", header("img-src 'self'"), images)).toEqual([
		`the policy blocks ${[0, 1, 2, 3, 4].map((i) => `<img src="https://i.example/${i}.png"> (line ${i + 1})`).join(", ")} and 2 more. Add https://i.example to img-src, or remove it.`,
	]);
	expect(messages("csp/inline-blocked", header("script-src 'self'"), "<script>a()</script>\n<script>b()</script>\n<p onclick='c()'>")).toEqual([
		'the policy blocks an inline <script> (line 1), an inline <script> (line 2), onclick="…" on <p> (line 3). Add the nonce or a hash, or move it to a file.',
	]);
});

test("a script that the policy blocks needs no integrity, and one that loads does", () => {
	const page = '<script src="https://cdn.example/a.js"></script>';
	expect(messages("sri/external-missing", header("script-src 'self'"), page)).toEqual([]);
	expect(messages("sri/external-missing", header("script-src https://cdn.example"), page)).toHaveLength(1);
});

test("policies in meta elements count, without what browsers ignore there", () => {
	const meta = (policy: string): string => `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
	expect(messages("csp/address-blocked", [], `${meta("img-src 'self'")}<img src="https://i.example/a.png">`)).toHaveLength(1);
	expect(
		messages(
			"nonce/html-only",
			header("default-src 'self'"),
			`${meta("script-src 'nonce-abcdefghijklmnopqrstuv'")}<script nonce="abcdefghijklmnopqrstuv">a()</script>`,
		),
	).toEqual([]);
	expect(messages("nonce/html-only", header("default-src 'self'"), '<script nonce="abcdefghijklmnopqrstuv">a()</script>')).toHaveLength(1);
});

test("base-uri matters beside hashes only where a script that matches may load others", () => {
	const rest = "; form-action 'self'; frame-ancestors 'self'; object-src 'none'";
	const hash = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
	expect(messages("csp/no-base-uri-with-nonce", header(`script-src ${hash}${rest}`), "")).toEqual([]);
	expect(messages("csp/no-base-uri", header(`script-src ${hash}${rest}`), "")).toHaveLength(1);
	expect(messages("csp/no-base-uri-with-nonce", header(`script-src ${hash} 'strict-dynamic'${rest}`), "")).toHaveLength(1);
	expect(messages("csp/no-base-uri-with-nonce", header(`script-src 'nonce-abcdefghijklmnopqrstuv'${rest}`), "")).toHaveLength(1);
});

test.each([
	["<img src='http://i.example/a.png'>", '<img> uses "http://i.example/a.png". Use https.'],
	["<video src='/a.mp4' poster='http://i.example/p.png'></video>", '<video> uses "http://i.example/p.png". Use https.'],
	["<frame src=' http://f.example/'>", '<frame> uses " http://f.example/". Use https.'],
	["<link rel='icon' href='http://i.example/i.ico'>", '<link> uses "http://i.example/i.ico". Use https.'],
	["<link rel='manifest' href='http://i.example/m.json'>", '<link> uses "http://i.example/m.json". Use https.'],
	["<form action='http://f.example/'>", '<form> uses "http://f.example/". Use https.'],
	["<base href='http://b.example/'><a href='http://a.example/'><link rel='canonical' href='http://a.example/'>", undefined],
	["<script src='http://s.example/a.js'></script><link rel='stylesheet' href='http://s.example/a.css'>", undefined],
])("over plain http: %s", (page, message) => {
	expect(messages("mixed/content", [], page)).toEqual(message === undefined ? [] : [message]);
});
