import { shapesOf } from "./shape.ts";

const vcl = (...lines: readonly string[]): string =>
	`vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "APP"; }\nsub vcl_recv { if (req.url == "/own") { return (synth(404)); } return (pass); }\n${lines.map((line) => `${line}\n`).join("")}`;
const SET = 'set resp.http.X-Frame-Options = "DENY";';

export const VARNISH = shapesOf("varnish", [
	["set on all responses", vcl(`sub vcl_deliver { ${SET} }`, `sub vcl_synth { ${SET} }`), [], { "/": 1, "/missing": 1, "/own": 1 }],
	["set on delivered responses alone", vcl("sub vcl_deliver {", `\t${SET}`, "}"), ["edge/varnish-synth 5"], { "/": 1, "/own": 0 }],
	[
		"set on the application's responses alone",
		vcl("sub vcl_backend_response {", '\tset beresp.http.x-frame-options = "DENY";', "}"),
		["edge/varnish-synth 5"],
		{ "/": 1, "/own": 0 },
	],
	[
		"set by a subroutine of both",
		vcl(`sub headers { ${SET} }`, "sub vcl_deliver { call headers; }", "sub vcl_synth { call headers; }"),
		[],
		{ "/": 1, "/own": 1 },
	],
	["set by a subroutine of one", vcl(`sub headers { ${SET} }`, "sub vcl_deliver { call headers; }"), ["edge/varnish-synth 4"], { "/": 1, "/own": 0 }],
	[
		"filled in",
		vcl(
			"sub headers {",
			"\tif (!resp.http.X-Frame-Options) {",
			`\t\t${SET}`,
			"\t}",
			"}",
			"sub vcl_deliver { call headers; }",
			"sub vcl_synth { call headers; }",
		),
		[],
		{ "/": 1, "/own": 1 },
	],
	[
		"subroutines of one name",
		vcl("sub vcl_deliver { unset resp.http.Via; }", `sub vcl_deliver { ${SET} }`, `sub vcl_synth { ${SET} }`),
		[],
		{ "/": 1, "/own": 1 },
	],
	[
		"an included file",
		vcl('include "FOLDER/headers.vcl";'),
		["edge/varnish-synth headers.vcl:1"],
		{ "/": 1, "/own": 0 },
		{ files: { "headers.vcl": `sub vcl_deliver { ${SET} }\n` } },
	],
	[
		"comments and long strings",
		vcl(
			`# sub vcl_deliver { ${SET} }`,
			`/* ${SET} */`,
			'sub vcl_deliver { set resp.http.X-Own = {"} ; sub "} + "x"; }',
			`sub vcl_deliver { ${SET} } // x`,
			`sub vcl_synth { ${SET} }`,
		),
		[],
		{ "/": 1, "/own": 1 },
	],
	["a header of others", vcl("sub vcl_deliver { set resp.http.X-Own = 1; unset resp.http.X-Varnish; }"), [], { "/": 1 }],
]);
