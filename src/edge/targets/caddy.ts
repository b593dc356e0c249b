import { CSP, type Marks, NOSNIFF } from "../marks.ts";
import type { EdgePlan } from "../plan.ts";
import { banner, quoted, type Target } from "../target.ts";

/**
 * In backticks. Braces begin placeholders, so each is escaped, with three backslashes: each of the two imports (of this file, and of the
 * block in it) removes one. Caddy looks for them only in a value that has an opening brace. A value with a backtick is in double quotes.
 */
function quote(value: string): string | { readonly refused: string } {
	if (value.includes("{$")) return { refused: "{$ begins an environment variable, and Caddy cannot escape it. Remove {$." };
	const text = value.includes("{") ? value.replace(/[{}]/g, "\\\\\\$&") : value;
	if (!text.includes("`")) return `\`${text}\``;
	// Inside double quotes a backslash escapes only a quote, so a backslash before a quote would be lost.
	if (text.endsWith("\\")) return { refused: "Caddy cannot express a value that has a backtick and ends in a backslash. Remove one of them." };
	return text.includes('\\"')
		? { refused: 'Caddy cannot express a value that has both a backtick and \\". Remove one of them.' }
		: `"${text.replaceAll('"', '\\"')}"`;
}

function block(name: string, lines: readonly string[]): string {
	return lines.length === 0 ? `(${name}) {\n}\n` : `(${name}) {\n${lines.map((line) => `\t${line}\n`).join("")}}\n`;
}

function snippets(plan: EdgePlan, values: ReadonlyMap<string, string>): string {
	const { headers, remove, mode } = plan;
	const sets = headers.map(({ name }) => `\t${name} ${values.get(name)}`);
	const all = ["header {", ...sets, "}"];
	const gone = (mode === "override" ? [...headers.map(({ name }) => name), ...remove] : remove).map((name) => `header_down -${name}`);
	// Caddy runs a block that removes headers or fills them in late, after it has sent its own errors. So this block only sets.
	const site = mode === "override" ? all : fillLines(plan, values);
	const proxy = mode === "fill" && headers.some(({ varies }) => varies === true) ? [...gone, ...NOT_MODIFIED] : gone;
	return [block("headguard", site), block("headguard_proxy", proxy), block("headguard_errors", mode === "fill" ? all : [])].join("\n");
}

/** Internal headers, removed before Caddy sends the response: the decision, whether it is a 304, and headers that are not to be sent. */
const STATE = "X-Headguard";
const IS_304 = "X-Headguard-304";
const IN_VAIN = "X-Headguard-Kept";

/**
 * The only condition that a header block supports is the absence of its own headers. The names of headers can be variables, though, and
 * Caddy looks up a map when a late block runs. A header that is not to be sent gets a name that is removed again.
 * Late blocks run from the last to the first.
 */
function fillLines({ headers, marks }: EdgePlan, values: ReadonlyMap<string, string>): readonly string[] {
	return [
		...decision(marks),
		...headers.flatMap(({ name, varies }) => {
			const source = [received(STATE), ...(varies === true ? [received(IS_304)] : []), received(name)].join("|");
			return map(source, variableOf(name), [[varies === true ? "fill||" : "fill|", name]]);
		}),
		"header {",
		...[STATE, IS_304, IN_VAIN].map((name) => `\t-${name}`),
		"}",
		...late(headers.map(({ name }) => `${variableOf(name)} ${values.get(name)}`)),
		...late([`${STATE} {headguard_state}`]),
	];
}

/** A reverse proxy knows the latency only once the final response has arrived. An informational response passes before that. */
const FINAL = "[|](>|[^|]+>[^|]+)[|]";

function decision(marks: Marks | undefined): readonly string[] {
	const { names, frameworkPolicy } = marks ?? { names: [] };
	const isSplit = frameworkPolicy !== undefined;
	const nosniff = isSplit ? received(NOSNIFF) : "";
	const others = names.filter((name) => !isSplit || name !== NOSNIFF).map(received);
	const source = [
		nosniff,
		others.join(""),
		received("Upgrade"),
		"{http.reverse_proxy.upstream.hostport}>{http.reverse_proxy.upstream.latency}",
		isSplit ? received(CSP) : "",
	].join("|");
	return map(source, "{headguard_state}", [[`~^[|][|]${FINAL}`, "fill"], ...(isSplit ? [[`~^[^|]*[|][|]${FINAL}${frameworkPolicy}$`, "fill"] as const] : [])]);
}

/** A reverse proxy can read the status inside handle_response. Late blocks cannot. */
const NOT_MODIFIED = ["@headguard_304 status 304", "handle_response @headguard_304 {", `\theader ${IS_304} 1`, "\tcopy_response", "}"];

function late(lines: readonly string[]): readonly string[] {
	return ["header {", ...lines.map((line) => `\t${line}`), "\tdefer", "}"];
}

function map(source: string, to: string, entries: readonly (readonly [value: string, text: string])[]): readonly string[] {
	return [`map "${source}" ${to} {`, ...entries.map(([value, text]) => `\t"${value}" ${text}`), `\tdefault ${IN_VAIN}`, "}"];
}

function received(name: string): string {
	return `{http.response.header.${name}}`;
}

function variableOf(name: string): string {
	return `{headguard_${name.toLowerCase().replaceAll("-", "_")}}`;
}

function overHttp({ headers, remove, ...plan }: EdgePlan): EdgePlan {
	const plain = headers.map((header) => ({ ...header, ...header.overHttp }));
	const gone = plan.mode === "override" ? plain.filter(({ value }) => value === "").map(({ name }) => name) : [];
	return { ...plan, headers: plain.filter(({ value }) => value !== ""), remove: [...remove, ...gone] };
}

export const caddy: Target = {
	name: "caddy",
	modes: ["override", "fill"],
	howTo:
		"Import headguard in the site, headguard_proxy in each reverse_proxy, and headguard_errors in handle_errors. Test it: caddy validate, then caddy reload.",
	files(given, site) {
		// A site on another port is one over http.
		const plan = site !== undefined && site.port !== 443 ? overHttp(given) : given;
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
