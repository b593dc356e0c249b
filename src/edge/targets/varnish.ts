import { CSP, type Marks, NOSNIFF } from "../marks.ts";
import type { EdgeHeader, EdgePlan } from "../plan.ts";
import { banner, type Target } from "../target.ts";

/** As a long string, which ends only at `"}`. A value that contains `"}` is split there. */
function quote(value: string): string {
	return value
		.split('"}')
		.map((piece, i, all) => `{"${i > 0 ? "}" : ""}${piece}${i < all.length - 1 ? '"' : ""}"}`)
		.join(" + ");
}

function lines({ headers, remove, mode, marks }: EdgePlan): string {
	const set = (name: string, value: string): string => `set resp.http.${name} = ${quote(value)};`;
	const taken = remove.map((name) => `\tunset resp.http.${name};\n`);
	const sets =
		mode === "override"
			? headers.map(({ name, value, overHttp }) => {
					if (overHttp === undefined) return `\t${set(name, value)}\n`;
					const plain = overHttp.value === "" ? "" : ` else { ${set(name, overHttp.value)} }`;
					return `\tunset resp.http.${name};\n\tif (${HTTPS}) { ${set(name, value)} }${plain}\n`;
				})
			: [
					`\tif (${["resp.status >= 200", ...(marks === undefined ? [] : [unmarked(marks)])].join(" && ")}) {\n`,
					...headers.flatMap((header) => {
						const { name, value, overHttp } = header;
						const line = (text: string, transport: string): string => `\t\tif (${condition(header, transport)}) { ${set(name, text)} }\n`;
						if (overHttp === undefined) return line(value, "");
						return [line(value, `${HTTPS} && `), ...(overHttp.value === "" ? [] : [line(overHttp.value, `!(${HTTPS}) && `)])];
					}),
					"\t}\n",
				];
	return [...taken, ...sets].join("");
}

/** Varnish does not end TLS. The server in front of it does, and sends this header. */
const HTTPS = 'req.http.X-Forwarded-Proto ~ "(?i)^https$"';

function condition({ name, varies }: EdgeHeader, transport: string): string {
	return `${varies === true ? "resp.status != 304 && " : ""}${transport}${lacks(name)}`;
}

function unmarked({ names, frameworkPolicy }: Marks): string {
	return names
		.map((name) => (name === NOSNIFF && frameworkPolicy !== undefined ? `(${lacks(name)} || resp.http.${CSP} == ${quote(frameworkPolicy)})` : lacks(name)))
		.join(" && ");
}

/** An empty header protects nothing, so it counts as absent. */
function lacks(name: string): string {
	return `resp.http.${name} !~ "."`;
}

/** Varnish removes both headers from a request, unless it passes on the connection itself. */
const WEBSOCKETS = `# Varnish ends a WebSocket on which nothing is sent for 60 seconds. Let the application ping, or raise it: varnishd -p pipe_timeout=3600
sub vcl_recv {
	if (req.http.Upgrade ~ "(?i)websocket") { return (pipe); }
}
sub vcl_pipe {
	if (req.http.Upgrade) {
		set bereq.http.Upgrade = req.http.Upgrade;
		set bereq.http.Connection = req.http.Connection;
	}
}
`;

export const varnish: Target = {
	name: "varnish",
	modes: ["override", "fill"],
	limits: [
		{
			what: "value",
			most: 8000,
			remedy: "Varnish limits lines to http_resp_hdr_len, 8k by default. Use hashes or 'strict-dynamic' instead of long lists.",
			isFatal: true,
		},
	],
	howTo: 'Write include "headguard.vcl"; after the backends. Varnish joins its vcl_deliver and vcl_synth with yours. Test it: varnishd -C -f default.vcl.',
	files(plan, site) {
		const text = `${banner("#", "Responses that Varnish generates go through vcl_synth, and all others through vcl_deliver.")}sub headguard {
${lines(plan)}}
sub vcl_deliver { call headguard; }
sub vcl_synth { call headguard; }
`;
		const own = { path: "headguard.vcl", text };
		if (site === undefined) return [own];
		const { hostname, port } = new URL(site.upstream);
		const backend = `backend app { .host = "${hostname.replace(/[[\]]/g, "")}"; .port = "${port || "80"}"; }`;
		return [
			own,
			{
				path: "default.vcl",
				text: `vcl 4.1;\n${banner("#", `Start Varnish: varnishd -a :${site.port} -f default.vcl`)}${backend}\ninclude "headguard.vcl";\n${WEBSOCKETS}`,
			},
		];
	},
};
