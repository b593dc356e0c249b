import { lintApache } from "./apache.ts";
import { lintCaddy } from "./caddy.ts";
import { lintHaproxy } from "./haproxy.ts";
import { lintNginx } from "./nginx.ts";
import type { Lint, ReadFile, Wanted } from "./types.ts";

export type { Lint, ReadFile, Wanted };

/** Servers whose configuration can be checked. */
export const LINTED = ["nginx", "apache", "caddy", "haproxy"] as const;

/** The server that a file is for, recognized by directives that only that server has; undefined when nothing shows it. */
export function serverOf(text: string): (typeof LINTED)[number] | undefined {
	if (/^\s*(?:frontend|backend|listen|defaults|global)\b(?![^\n]*[{;])|^\s*http-(?:after-)?response\s/m.test(text)) return "haproxy";
	if (/^\s*(?:add_header|proxy_pass|proxy_hide_header|server_name|location|more_set_headers)\s[^\n]*[;{]/m.test(text)) return "nginx";
	if (/^\s*(?:<VirtualHost|<IfModule|<Location|ProxyPass\s|Header\s+(?:always|onsuccess|set|unset)\b|LoadModule\s)/im.test(text)) return "apache";
	return /^\s*(?:reverse_proxy|header|handle|import|file_server)\b/m.test(text) ? "caddy" : undefined;
}

/** Known mistakes in the configuration of a proxy, and values that differ from the policy. */
export function lintEdge(server: (typeof LINTED)[number], text: string, file: string, readFile: ReadFile, wanted?: Wanted): readonly Lint[] {
	if (server === "nginx") return lintNginx(text, file, readFile, wanted);
	if (server === "apache") return lintApache(text, file, readFile, wanted);
	return server === "caddy" ? lintCaddy(text, file, wanted) : lintHaproxy(text, file, wanted);
}
