import { shapesOf } from "./shape.ts";

const site = (...lines: readonly string[]): string => `http://app.example:LISTEN {\n${lines.map((line) => `\t${line}\n`).join("")}}\n`;
const PROXY = "reverse_proxy 127.0.0.1:APP";
const DOWN = ["reverse_proxy 127.0.0.1:APP {", "\theader_down -X-Frame-Options", "}"];
const DEAD = ["handle /dead {", "\treverse_proxy 127.0.0.1:DEAD {", "\t\theader_down -X-Frame-Options", "\t}", "}"];
const SET = "header X-Frame-Options DENY";

export const CADDY = shapesOf("caddy", [
	["set, and taken off the application's", site(SET, ...DEAD, "handle {", ...DOWN, "}"), [], { "/": 1, "/missing": 1, "/dead": 1 }],
	["set, and not taken off", site(SET, PROXY), ["edge/caddy-no-hide 3"], { "/": 2, "/missing": 2 }],
	[
		"a block that removes another header runs late",
		site("header {", "\tX-Frame-Options DENY", "\t-Server", "}", ...DEAD, "handle {", `\t${PROXY}`, "}"),
		["edge/caddy-deferred 4"],
		{ "/": 1, "/missing": 1, "/dead": 0 },
	],
	[
		"a block that is told to wait",
		site("header {", "\tX-Frame-Options DENY", "\tdefer", "}", ...DEAD, "handle {", `\t${PROXY}`, "}"),
		["edge/caddy-deferred 4"],
		{ "/": 1, "/dead": 0 },
	],
	["a block that removes, and one that sets", site("header -Server", SET, ...DEAD, "handle {", ...DOWN, "}"), [], { "/": 1, "/dead": 1 }],
	[
		"a late block, and errors with the header",
		site("header {", "\tX-Frame-Options DENY", "\t-Server", "}", ...DEAD, "handle {", `\t${PROXY}`, "}", "handle_errors {", `\t${SET}`, "}"),
		[],
		{ "/": 1, "/dead": 1 },
	],
	["deleted and set in one block", site("header {", "\t-X-Frame-Options", "\tX-Frame-Options DENY", "}", PROXY), ["edge/caddy-deferred 3"], { "/": 0 }],
	["deleted in one line and set in another", site("header -X-Frame-Options", SET, PROXY), ["edge/caddy-deferred 2"], { "/": 0 }],
	["set late with a bracket", site("header >X-Frame-Options DENY", ...DEAD, "handle {", `\t${PROXY}`, "}"), ["edge/caddy-deferred 2"], { "/": 1, "/dead": 0 }],
	["set where it is absent", site("header ?X-Frame-Options DENY", ...DEAD, "handle {", `\t${PROXY}`, "}"), ["edge/caddy-deferred 2"], { "/": 1, "/dead": 0 }],
	[
		"set where it is absent, beside one that is set",
		site("header {", "\tX-Frame-Options DENY", "\t?X-Own 1", "}", ...DEAD, "handle {", ...DOWN, "}"),
		[],
		{ "/": 1, "/dead": 1 },
	],
	["added", site("header +X-Frame-Options DENY", PROXY), ["edge/caddy-no-hide 3"], { "/": 2 }],
	["added late", site("header {", "\t+X-Frame-Options DENY", "\tdefer", "}", PROXY), ["edge/caddy-deferred 4", "edge/caddy-no-hide 6"], { "/": 2 }],
	[
		"another header is replaced in the block, which runs late in some versions",
		site("header {", "\tX-Frame-Options DENY", "\tX-Own a b", "}", ...DEAD, "handle {", ...DOWN, "}"),
		[],
		{ "/": 1, "/dead": 1 },
	],
	["all names that begin alike are taken off", site(SET, "reverse_proxy 127.0.0.1:APP {", "\theader_down -X-*", "}"), [], { "/": 1 }],
	["set by the proxy itself", site("reverse_proxy 127.0.0.1:APP {", "\theader_down X-Frame-Options DENY", "}"), [], { "/": 1 }],
	[
		"set by the proxy and by the site",
		site(SET, "reverse_proxy 127.0.0.1:APP {", "\theader_down X-Frame-Options DENY", "}"),
		["edge/caddy-no-hide 2"],
		{ "/": 2 },
	],
	["two sites, one of which passes on", `http://a.example:LISTEN {\n\t${SET}\n\trespond ok\n}\n${site(PROXY)}`, [], { "a.example/": 1, "/": 1 }],
	[
		"two sites, one of which takes it off",
		`http://a.example:LISTEN {\n\t${SET}\n\t${PROXY}\n}\n${site(SET, ...DOWN)}`,
		["edge/caddy-no-hide 3"],
		{ "a.example/": 2, "/": 1 },
	],
	[
		"set for a path, another is passed on",
		site("header /static/* X-Frame-Options DENY", "handle /api/* {", `\t${PROXY}`, "}", "handle {", "\trespond ok", "}"),
		[],
		{ "/api/": 1, "/static/": 1 },
	],
	["set for a path that is passed on", site("header /api/* X-Frame-Options DENY", PROXY), ["edge/caddy-no-hide 3"], { "/": 1, "/api/": 2 }],
	[
		"set for a path that another handle has",
		site("header /static/* X-Frame-Options DENY", "handle /static/* {", "\trespond ok", "}", "handle {", `\t${PROXY}`, "}"),
		[],
		{ "/": 1, "/static/": 1 },
	],
	["set in the handle beside", site("handle /static/* {", `\t${SET}`, "\trespond ok", "}", "handle {", `\t${PROXY}`, "}"), [], { "/": 1, "/static/": 1 }],
	[
		"a named matcher",
		site("@framed path /api/* /v2/*", "header @framed X-Frame-Options DENY", "handle /v2/* {", `\t${PROXY}`, "}", "handle {", "\trespond ok", "}"),
		["edge/caddy-no-hide 5"],
		{ "/v2/": 2, "/api/": 1 },
	],
	[
		"a matcher of everything else",
		site("@other not path /api/*", "header @other X-Frame-Options DENY", "handle /api/* {", `\t${PROXY}`, "}", "handle {", "\trespond ok", "}"),
		[],
		{ "/api/": 1, "/": 1 },
	],
	["after the answer in a route", site("route {", `\t${PROXY}`, `\t${SET}`, "}"), [], { "/": 1 }],
	["before the answer in a route", site("route {", `\t${SET}`, `\t${PROXY}`, "}"), ["edge/caddy-no-hide 4"], { "/": 2 }],
	["an imported snippet", `(headers) {\n\t${SET}\n}\n${site("import headers", PROXY)}`, ["edge/caddy-no-hide 6"], { "/": 2 }],
	["an imported snippet with an argument", `(headers) {\n\theader X-Frame-Options {args.0}\n}\n${site("import headers DENY", ...DOWN)}`, [], { "/": 1 }],
	[
		"an imported file",
		site("import parts/headers", ...DOWN),
		["edge/caddy-deferred parts/headers:3"],
		{ "/": 1 },
		{ files: { "parts/headers": "header {\n\tX-Frame-Options DENY\n\t-Server\n}\n" } },
	],
	["a file that is missing", site("import parts/gone", SET, PROXY), ["edge/unread 2", "edge/caddy-no-hide? 4"], {}, { notRun: "Caddy does not start" }],
	["a late block in front of answers that cannot fail", site("header {", "\tX-Frame-Options DENY", "\t-Server", "}", "respond ok"), [], { "/": 1 }],
	[
		"a late block in front of files",
		site("header {", "\tX-Frame-Options DENY", "\t-Server", "}", "root * FOLDER/www", "file_server"),
		["edge/caddy-deferred 4"],
		{ "/": 1, "/none": 0 },
	],
	[
		"FastCGI",
		site("root * FOLDER/www", SET, "php_fastcgi 127.0.0.1:FCGI {", "\ttry_files index.html", "\tsplit .html", "}"),
		["edge/caddy-no-hide 4"],
		{ "/": 2 },
	],
	[
		"a comment, quotes, and a colon after the name",
		site("# header X-Own 1", "header {", '\tX-Frame-Options: "DENY"', "\tX-Own `a # b { }`", "}", ...DOWN),
		[],
		{ "/": 1 },
	],
]);
