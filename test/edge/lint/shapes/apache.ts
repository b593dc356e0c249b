import { shapesOf } from "./shape.ts";

const PROXY = "ProxyPass / http://127.0.0.1:APP/";
const DEAD = "ProxyPass /dead http://127.0.0.1:DEAD/";
const SET = "Header always set X-Frame-Options DENY";
const UNSET = "Header onsuccess unset X-Frame-Options";
const lines = (...all: readonly string[]): string => `${all.join("\n")}\n`;
const host = (name: string, ...all: readonly string[]): string => lines("<VirtualHost 127.0.0.1:LISTEN>", `ServerName ${name}`, ...all, "</VirtualHost>");

export const APACHE = shapesOf("apache", [
	["unset in both tables and set in one", lines(UNSET, "Header always unset X-Frame-Options", SET, DEAD, PROXY), [], { "/": 1, "/missing": 1, "/dead": 1 }],
	["always alone, in front of an application", lines(SET, DEAD, PROXY), ["edge/apache-tables 1"], { "/": 2, "/missing": 2, "/dead": 1 }],
	["always alone, for files", lines(SET), [], { "/index.html": 1, "/none": 1 }],
	[
		"set without always, in front of an application",
		lines("Header set X-Frame-Options DENY", DEAD, PROXY),
		["edge/apache-tables 1"],
		{ "/": 1, "/missing": 1, "/dead": 0 },
	],
	["set without always, for files", lines("Header set X-Frame-Options DENY"), ["edge/apache-tables 1"], { "/index.html": 1, "/none": 0 }],
	["in both tables", lines("Header set X-Frame-Options DENY", SET), ["edge/apache-tables 2"], { "/index.html": 2 }],
	["unset for success after it was set for all", lines(SET, "Header unset X-Frame-Options", PROXY), [], { "/": 1, "/missing": 1 }],
	["unset for all after it was set for all", lines(SET, "Header always unset X-Frame-Options", PROXY), [], { "/": 1 }],
	[
		"filled in where it is absent",
		lines('Header always set X-Frame-Options DENY "expr=-z %{resp:X-Frame-Options}"', DEAD, PROXY),
		[],
		{ "/": 1, "/missing": 1, "/dead": 1 },
	],
	["setifempty with always, in front of an application", lines("Header always setifempty X-Frame-Options DENY", PROXY), ["edge/apache-tables 1"], { "/": 2 }],
	["setifempty without always", lines("Header setifempty X-Frame-Options DENY", DEAD, PROXY), ["edge/apache-tables 1"], { "/": 1, "/dead": 0 }],
	["appended to that of the application", lines("Header append X-Frame-Options DENY", UNSET, "Header always set X-Frame-Options DENY", PROXY), [], { "/": 1 }],
	["added to that of the application", lines("Header add X-Frame-Options DENY", PROXY), ["edge/apache-tables 1"], { "/": 2 }],
	[
		"a variable of the environment decides",
		lines("SetEnvIf Request_URI ^/env framed", "Header always set X-Frame-Options DENY env=framed", PROXY),
		["edge/apache-tables 2"],
		{ "/": 1, "/env": 2 },
	],
	[
		"one of two variables decides",
		lines(
			"SetEnvIf Request_URI ^/env framed",
			UNSET,
			"Header always set X-Frame-Options DENY env=framed",
			"Header always set X-Frame-Options SAMEORIGIN env=!framed",
			PROXY,
		),
		[],
		{ "/": 1, "/env": 1 },
	],
	[
		"an expression decides on both lines",
		lines(
			`Header onsuccess unset X-Frame-Options "expr=%{REQUEST_URI} =~ m#^/a#"`,
			`Header always set X-Frame-Options DENY "expr=%{REQUEST_URI} =~ m#^/a#"`,
			PROXY,
		),
		[],
		{ "/": 1, "/a": 1 },
	],
	[
		"an expression decides",
		lines(`Header always set X-Frame-Options DENY "expr=%{REQUEST_URI} =~ m#^/a#"`, PROXY),
		["edge/apache-tables 1"],
		{ "/": 1, "/a": 2 },
	],
	["unset in the main server, set in the host", `${lines(UNSET)}${host("app.example", SET, PROXY)}`, [], { "/": 1 }],
	["unset in another host", `${host("app.example", SET, PROXY)}${host("b.example", UNSET, SET, PROXY)}`, ["edge/apache-tables 3"], { "/": 2, "b.example/": 1 }],
	["one host has files, the other passes on", `${host("app.example", SET)}${host("b.example", PROXY)}`, [], { "/index.html": 1, "b.example/": 1 }],
	["set in the main server, passed on in a host", `${lines(SET)}${host("app.example", PROXY)}`, ["edge/apache-tables 1"], { "/": 2 }],
	["passed on by a rule", lines("RewriteEngine on", SET, "RewriteRule ^/(.*)$ http://127.0.0.1:APP/$1 [P,L]"), ["edge/apache-tables 2"], { "/": 2 }],
	["a rule that does not pass on", lines("RewriteEngine on", SET, "RewriteRule ^/old$ /index.html [L]"), [], { "/index.html": 1, "/old": 1 }],
	[
		"passed on in a location",
		lines(SET, "<Location /app>", "ProxyPass http://127.0.0.1:APP/", "</Location>"),
		["edge/apache-tables 1"],
		{ "/app": 2, "/index.html": 1 },
	],
	[
		"unset in the location that passes on",
		lines(SET, "<Location /app>", UNSET, "ProxyPass http://127.0.0.1:APP/", "</Location>"),
		[],
		{ "/app": 1, "/index.html": 1 },
	],
	[
		"set in a location beside the one that passes on",
		lines("<Location /files>", SET, "</Location>", "ProxyPass /app http://127.0.0.1:APP/"),
		[],
		{ "/app": 1, "/files": 1 },
	],
	["set in a location that is left out", lines("<Location /static>", SET, "</Location>", "ProxyPass /static !", PROXY), [], { "/": 1, "/static": 1 }],
	["set in a location that is passed on", lines("<Location /static>", SET, "</Location>", PROXY), ["edge/apache-tables 2"], { "/": 1, "/static": 2 }],
	["set for a folder", lines("<Directory FOLDER/www>", SET, "</Directory>", "ProxyPass /app http://127.0.0.1:APP/"), [], { "/index.html": 1, "/app": 1 }],
	[
		"set for files of a kind, without always",
		lines('<FilesMatch "\\.html$">', "Header set X-Frame-Options DENY", "</FilesMatch>"),
		["edge/apache-tables 2"],
		{ "/index.html": 1, "/none.html": 0 },
	],
	["always, by FastCGI", lines(SET, "ProxyPass / fcgi://127.0.0.1:FCGI/"), [], { "/": 1, "/missing": 1 }],
	["without always, by FastCGI", lines("Header set X-Frame-Options DENY", "ProxyPass / fcgi://127.0.0.1:FCGI/"), ["edge/apache-tables 1"], { "/": 2 }],
	[
		"a handler that passes on",
		lines("Header set X-Frame-Options DENY", "<Location /php>", 'SetHandler "proxy:fcgi://127.0.0.1:FCGI"', "</Location>"),
		["edge/apache-tables 1", "edge/apache-tables 1"],
		{ "/php": 2 },
	],
	[
		"in a module's container, and over two lines",
		lines("<IfModule mod_headers.c>", "Header onsuccess unset \\", "  X-Frame-Options", SET, "</IfModule>", PROXY),
		[],
		{ "/": 1 },
	],
	[
		"an included file",
		lines("Include conf/headers.conf", PROXY),
		["edge/apache-tables conf/headers.conf:2"],
		{ "/": 2 },
		{ files: { "conf/headers.conf": `# headers\n${SET}\n` } },
	],
	[
		"included files, all in order",
		lines("IncludeOptional conf/*.conf", PROXY),
		[],
		{ "/": 1 },
		{ files: { "conf/a.conf": `${UNSET}\n`, "conf/b.conf": `${SET}\n` } },
	],
	["a file that is missing and may be", lines("IncludeOptional conf/gone.conf", UNSET, SET, PROXY), [], { "/": 1 }],
	["a file that is missing", lines("Include conf/gone.conf", SET, PROXY), ["edge/unread 1", "edge/apache-tables? 2"], {}, { notRun: "Apache does not start" }],
	["a name that is defined", lines("Define frames DENY", UNSET, `Header always set X-Frame-Options \${frames}`, PROXY), [], { "/": 1 }],
	["a condition in a container", lines(UNSET, `<If "%{REQUEST_URI} =~ m#^/a#">`, SET, "</If>", PROXY), [], { "/a": 1 }],
	[
		"a comment, a header of others, and an edited one",
		lines("# Header set X-Frame-Options DENY", "Header set X-Own 1", "Header edit Set-Cookie (.*) $1", PROXY),
		[],
		{ "/": 1 },
	],
]);
