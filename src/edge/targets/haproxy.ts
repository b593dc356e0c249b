import { CSP, type Marks, NOSNIFF } from "../marks.ts";
import type { EdgeHeader, EdgePlan } from "../plan.ts";
import { banner, type Target } from "../target.ts";

/** In single quotes, where only the single quote is special. HAProxy then reads the value as a format, where the percent sign is special. */
function quote(value: string): string {
	return `'${value.replaceAll("%", "%%").replaceAll("'", "'\\''")}'`;
}

/** The variable that holds the decision to fill in, taken before the first header is set. */
const FILL = "txn.headguard_fill";

function lines({ headers, remove, mode, marks }: EdgePlan): readonly string[] {
	const decided =
		mode === "fill" ? [`http-after-response set-var(${FILL}) bool(true) if { status ge 200 }`, ...(marks === undefined ? [] : markLines(marks))] : [];
	return [...remove.map((name) => `http-after-response del-header ${name}`), ...decided, ...headers.flatMap((header) => setLines(header, mode))];
}

function setLines(header: EdgeHeader, mode: EdgePlan["mode"]): readonly string[] {
	const { name, value, overHttp } = header;
	const line = (text: string, transport: string): string => {
		const conditions = [mode === "fill" ? condition(header) : "", transport].filter((one) => one !== "");
		return `http-after-response set-header ${name} ${quote(text)}${conditions.length === 0 ? "" : ` if ${conditions.join(" ")}`}`;
	};
	if (overHttp === undefined) return [line(value, "")];
	return [
		...(mode === "override" ? [`http-after-response del-header ${name}`] : []),
		line(value, "{ ssl_fc }"),
		...(overHttp.value === "" ? [] : [line(overHttp.value, "!{ ssl_fc }")]),
	];
}

function condition({ name, varies }: EdgeHeader): string {
	return `{ var(${FILL}) -m bool }${varies === true ? " !{ status 304 }" : ""} !${has(name)}`;
}

function markLines({ names, frameworkPolicy }: Marks): readonly string[] {
	return names.map((name) => {
		const isFrameworks = name === NOSNIFF && frameworkPolicy !== undefined ? ` !{ res.fhdr(${CSP}) -m str ${quote(frameworkPolicy)} }` : "";
		return `http-after-response set-var(${FILL}) bool(false) if ${has(name)}${isFrameworks}`;
	});
}

/** An empty header protects nothing, so it does not count. */
function has(name: string): string {
	return `{ res.fhdr(${name}) -m len gt 0 }`;
}

export const haproxy: Target = {
	name: "haproxy",
	modes: ["override", "fill"],
	limits: [
		{
			what: "total",
			most: 900,
			remedy: "Set tune.maxrewrite 8192 in global, as the file does. Without it, HAProxy responds with 500 in place of large responses.",
			isFatal: false,
		},
	],
	howTo: "Let the frontend inherit the rules: frontend web from headguard. Test it: haproxy -c -f headguard.cfg -f haproxy.cfg.",
	files(plan, site) {
		const rules = lines(plan)
			.map((line) => `\t${line}\n`)
			.join("");
		const timeouts =
			"\tmode http\n\ttimeout connect 5s\n\ttimeout client 60s\n\ttimeout server 60s\n\t# WebSockets, which may be idle for longer.\n\ttimeout tunnel 1h\n";
		const text = `${banner("#", "Load this file before your own, and write: frontend web from headguard", "http-after-response also covers responses that HAProxy generates. http-response does not.")}
global
	# The default of 1024 bytes is too little for these headers.
	tune.maxrewrite 8192

defaults headguard
${timeouts}${rules}
# For backends, which must not inherit the rules.
defaults
${timeouts}`;
		const own = { path: "headguard.cfg", text };
		if (site === undefined) return [own];
		return [
			own,
			{
				path: "haproxy.cfg",
				text: `${banner("#", "Start HAProxy: haproxy -f headguard.cfg -f haproxy.cfg")}
frontend web from headguard
	bind :${site.port}
	http-request set-header X-Forwarded-Proto https if { ssl_fc }
	http-request set-header X-Forwarded-Proto http unless { ssl_fc }
	http-request del-header X-Forwarded-Host
	default_backend app

backend app
	server app1 ${new URL(site.upstream).host}
`,
			},
		];
	},
};
