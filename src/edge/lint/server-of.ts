/** Servers whose configuration can be checked. */
export const LINTED = ["nginx", "apache", "caddy", "haproxy", "varnish"] as const;
export type Linted = (typeof LINTED)[number];

const BY_FILE: readonly (readonly [RegExp, Linted])[] = [
	[/^nginx(?:[.-].*)?\.conf(?:\..*)?$/i, "nginx"],
	[/^(?:apache2?|httpd)(?:[.-].*)?\.conf$|^\.htaccess$/i, "apache"],
	[/^Caddyfile(?:\..*)?$|\.(?:caddy|caddyfile)$/i, "caddy"],
	[/^haproxy(?:[.-].*)?\.cfg(?:\..*)?$/i, "haproxy"],
	[/\.vcl(?:\.[^.]*)?$/i, "varnish"],
];

const BY_FOLDER: ReadonlyMap<string, Linted> = new Map([
	["nginx", "nginx"],
	["openresty", "nginx"],
	["apache", "apache"],
	["apache2", "apache"],
	["httpd", "apache"],
	["caddy", "caddy"],
	["haproxy", "haproxy"],
	["varnish", "varnish"],
]);

/**
 * The server that a file is for, by its name, by what only one server writes, or by the folder around it; undefined when nothing shows it.
 * @param path the whole path of the file.
 */
export function serverOf(text: string, path = ""): Linted | undefined {
	const [name = "", ...folders] = path.split(/[\\/]/).reverse();
	const [, byFile] = BY_FILE.find(([pattern]) => pattern.test(name)) ?? [];
	return byFile ?? byContent(text) ?? folders.map((folder) => BY_FOLDER.get(folder.toLowerCase())).find((one) => one !== undefined);
}

/** Longer lines show nothing in their end. */
const LONGEST_LINE = 1000;

const BY_LINE: readonly (readonly [RegExp, Linted])[] = [
	[/^vcl \d\.\d;|^sub vcl_\w+/, "varnish"],
	[
		/^(?:global|defaults(?:\s+[\w.-]+)?|(?:frontend|backend|listen)\s+[\w.-]+(?:\s+[\w.:*-]+)?)(?:\s+from\s+[\w.-]+)?\s*(?:#.*)?$|^http-(?:after-)?(?:request|response)\s/,
		"haproxy",
	],
	[/^[a-z_]+\s[^#]*;\s*(?:#.*)?$|^(?:http|server|events|upstream\s+\S+|location\s[^#{]*)\s*\{/, "nginx"],
	[
		/^<\/?[A-Za-z]+(?:\s[^>]*)?>|^(?:ServerName|ServerRoot|DocumentRoot|LoadModule|RewriteRule|RewriteEngine|Proxy\w+|Include|IncludeOptional|RequestHeader)\s/,
		"apache",
	],
	[/^header\s+(?:(?:always|onsuccess)\s+)?(?:set|setifempty|unset|append|add|merge|edit\*?|echo)\s/i, "apache"],
	[/^(?:reverse_proxy|header|handle|handle_path|handle_errors|route|import|file_server|respond|redir|encode|php_fastcgi|tls)\b/, "caddy"],
	[/^[\w.:*,/\s{}$-]+\{$/, "caddy"],
];

/** The first kind of line that some line of the file is. */
function byContent(text: string): Linted | undefined {
	const lines = text.split("\n").map((line) => line.slice(0, LONGEST_LINE).trim());
	return BY_LINE.find(([pattern]) => lines.some((line) => line !== "" && pattern.test(line)))?.[1];
}
