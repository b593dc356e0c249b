import { shapesOf } from "./shape.ts";

const front = (...rules: readonly string[]): string =>
	`frontend web\n\tbind 127.0.0.1:LISTEN\n${rules.map((rule) => `\t${rule}\n`).join("")}\tuse_backend dead if { path /dead }\n\tdefault_backend app\n`;
const back = (...rules: readonly string[]): string =>
	`backend app\n${rules.map((rule) => `\t${rule}\n`).join("")}\tserver a 127.0.0.1:APP\nbackend dead\n\tserver d 127.0.0.1:DEAD\n`;
const SET = "set-header X-Frame-Options DENY";

export const HAPROXY = shapesOf("haproxy", [
	["set on all responses", `${front(`http-after-response ${SET}`)}${back()}`, [], { "/": 1, "/missing": 1, "/dead": 1 }],
	["set on the application's responses", `${front(`http-response ${SET}`)}${back()}`, ["edge/haproxy-response 3"], { "/": 1, "/missing": 1, "/dead": 0 }],
	["set in both phases", `${front(`http-response ${SET}`, `http-after-response ${SET}`)}${back()}`, [], { "/": 1, "/dead": 1 }],
	["added on all responses", `${front("http-after-response add-header X-Frame-Options DENY")}${back()}`, ["edge/haproxy-add 3"], { "/": 2, "/dead": 1 }],
	[
		"removed, then added",
		`${front("http-after-response del-header X-Frame-Options", "http-after-response add-header X-Frame-Options DENY")}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"removed in the first phase, added in the second",
		`${front("http-response del-header X-Frame-Options", "http-after-response add-header X-Frame-Options DENY")}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"added, then removed",
		`${front("http-after-response add-header X-Frame-Options DENY", "http-after-response del-header X-Frame-Options", `http-after-response ${SET}`)}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"added where it is absent",
		`${front("http-after-response add-header X-Frame-Options DENY unless { res.hdr(X-Frame-Options) -m found }")}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"added where it is absent, by an exclamation mark",
		`${front("http-after-response add-header X-Frame-Options DENY if !{ res.fhdr(x-frame-options) -m found }")}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"added where it is absent, by the name of a condition",
		`${front("acl framed res.hdr(X-Frame-Options) -m found", "http-after-response add-header X-Frame-Options DENY unless framed")}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"added where it is absent, by its count",
		`${front("http-after-response add-header X-Frame-Options DENY unless { res.hdr_cnt(X-Frame-Options) gt 0 }")}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"added where it is present",
		`${front("http-after-response add-header X-Frame-Options DENY if { res.hdr(X-Frame-Options) -m found }")}${back()}`,
		["edge/haproxy-add 3"],
		{ "/": 2 },
	],
	[
		"added where another header is absent",
		`${front("http-after-response add-header X-Frame-Options DENY unless { res.hdr(X-Own) -m found }")}${back()}`,
		["edge/haproxy-add 3"],
		{ "/": 2 },
	],
	[
		"added under a condition",
		`${front("http-after-response add-header X-Frame-Options DENY if { status 404 }")}${back()}`,
		["edge/haproxy-add 3"],
		{ "/": 1, "/missing": 2 },
	],
	[
		"set on the application's responses where it is absent",
		`${front(`http-response ${SET} unless { res.hdr(X-Frame-Options) -m found }`)}${back()}`,
		["edge/haproxy-response 3"],
		{ "/": 1, "/dead": 0 },
	],
	[
		"set in the backend, and on all responses in the frontend",
		`${front(`http-after-response ${SET}`)}${back(`http-response ${SET}`)}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"added in the backend, and in the frontend",
		`${front("http-after-response add-header X-Frame-Options DENY")}${back("http-response add-header X-Frame-Options DENY", "http-response del-header X-Own")}`,
		["edge/haproxy-add 3", "edge/haproxy-add 3"],
		{ "/": 3 },
	],
	[
		"removed in the backend, added in the frontend",
		`${front("http-after-response add-header X-Frame-Options DENY")}backend app\n\thttp-response del-header X-Frame-Options\n\tserver a 127.0.0.1:APP\nbackend dead\n\thttp-after-response del-header X-Frame-Options\n\tserver d 127.0.0.1:DEAD\n`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"one section that listens",
		`listen web\n\tbind 127.0.0.1:LISTEN\n\thttp-response ${SET}\n\tserver a 127.0.0.1:DEAD\n`,
		["edge/haproxy-response 3"],
		{ "/": 0 },
	],
	[
		"inherited from defaults",
		`defaults secure\n\tmode http\n\tretries 0\n\ttimeout connect 5s\n\ttimeout client 10s\n\ttimeout server 10s\n\thttp-after-response ${SET}\nfrontend web from secure\n\tbind 127.0.0.1:LISTEN\n\tdefault_backend app\ndefaults\n\tmode http\n\tretries 0\n\ttimeout connect 5s\n\ttimeout client 10s\n\ttimeout server 10s\n${back()}`,
		[],
		{ "/": 1, "/missing": 1 },
	],
	[
		"a comment, quotes, and a comment in a value",
		`${front("# http-response add-header X-Frame-Options DENY", `http-after-response set-header X-Own "a \\" if b"`, `http-after-response set-header X-Frame-Options 'DENY' # if`)}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	["replaced", `${front("http-response replace-header X-Frame-Options .* DENY")}${back()}`, [], { "/": 1 }],
	[
		"set in both phases, only one of which is for errors",
		`${front(`http-response add-header X-Frame-Options DENY`, `http-after-response ${SET}`)}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"added in both phases",
		`${front("http-response del-header X-Frame-Options", "http-response add-header X-Frame-Options DENY", "http-after-response add-header X-Frame-Options DENY")}${back()}`,
		["edge/haproxy-add 5"],
		{ "/": 2, "/dead": 1 },
	],
	[
		"set on all responses under one of two conditions",
		`${front(`http-after-response ${SET} if { status ge 400 }`, `http-after-response ${SET} unless { status ge 400 }`)}${back()}`,
		[],
		{ "/": 1, "/missing": 1, "/dead": 1 },
	],
	[
		"removed by a pattern",
		`${front("http-after-response del-header x-frame -m beg", "http-after-response add-header X-Frame-Options DENY")}${back()}`,
		[],
		{ "/": 1, "/dead": 1 },
	],
	[
		"a backend that no frontend here uses",
		`${front(`http-after-response ${SET}`)}${back()}backend other\n\thttp-response ${SET}\n\tserver o 127.0.0.1:BARE\n`,
		["edge/haproxy-response 11"],
		{ "/": 1, "/dead": 1 },
	],
	["a name with an asterisk is a name", `${front("http-after-response set-header X-Own 1", `http-after-response ${SET}`)}${back()}`, [], { "/": 1 }],
	[
		"removed by a pattern of other names",
		`${front("http-after-response del-header x-own -m beg", "http-after-response add-header X-Frame-Options DENY")}${back()}`,
		["edge/haproxy-add 4"],
		{ "/": 2 },
	],
	[
		"removed by an expression",
		`${front("http-after-response del-header ^x-f.*s$ -m reg", "http-after-response add-header X-Frame-Options DENY")}${back()}`,
		[],
		{ "/": 1 },
	],
]);
