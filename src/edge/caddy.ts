import type { EdgePlan } from "./plan.ts";
import { banner, quoted, type Target } from "./target.ts";

/**
 * Backticks; braces are escaped, for they begin placeholders: three times, because each of the two imports
 * (of this file, and of the block in it) takes one backslash away. Double quotes where the value holds a backtick.
 */
function quote(value: string): string | { readonly refused: string } {
	if (value.includes("{$")) return { refused: "{$ begins a variable of the environment, and cannot be escaped. Take it out." };
	const text = value.replace(/[{}]/g, "\\\\\\$&");
	if (!text.includes("`")) return `\`${text}\``;
	// Inside double quotes a backslash escapes nothing but a quote, so one before a quote would be lost.
	return text.includes('\\"') ? { refused: 'a backtick beside \\" cannot be written. Take one of them out.' } : `"${text.replaceAll('"', '\\"')}"`;
}

function block(name: string, lines: readonly string[]): string {
	return lines.length === 0 ? `(${name}) {\n}\n` : `(${name}) {\n${lines.map((line) => `\t${line}\n`).join("")}}\n`;
}

function snippets({ headers, remove, mode }: EdgePlan, values: ReadonlyMap<string, string>): string {
	const sets = headers.map(({ name }) => `\t${name} ${values.get(name)}`);
	const all = ["header {", ...sets, "}"];
	const gone = (mode === "override" ? [...headers.map(({ name }) => name), ...remove] : remove).map((name) => `header_down -${name}`);
	// A block that takes off, or fills in, is run late, and Caddy's own errors go out before: so it only sets.
	const site = mode === "override" ? all : headers.map(({ name }) => `header ?${name} ${values.get(name)}`);
	return [block("headguard", site), block("headguard_proxy", gone), block("headguard_errors", mode === "fill" ? all : [])].join("\n");
}

export const caddy: Target = {
	name: "caddy",
	modes: ["override", "fill"],
	howTo: "Import headguard in the site, headguard_proxy in each reverse_proxy, headguard_errors in handle_errors. Try it: caddy validate, then caddy reload.",
	files(plan, site) {
		const text = `${banner("#", "Import this file at the top of the Caddyfile.")}${snippets(plan, quoted(plan.headers, quote))}`;
		const own = { path: "headguard.caddy", text };
		if (site === undefined) return [own];
		const errors = plan.mode === "fill" ? "\thandle_errors {\n\t\timport headguard_errors\n\t}\n" : "";
		const address = `${site.port === 443 ? "" : "http://"}${site.host}${[80, 443].includes(site.port) ? "" : `:${site.port}`}`;
		return [
			own,
			{
				path: "Caddyfile",
				text: `${banner("#")}import headguard.caddy\n\n${address} {\n\timport headguard\n\treverse_proxy ${site.upstream.replace(/\/$/, "")} {\n\t\timport headguard_proxy\n\t}\n${errors}}\n`,
			},
		];
	},
};
