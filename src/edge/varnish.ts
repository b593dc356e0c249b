import type { EdgePlan } from "./plan.ts";
import { banner, type Target } from "./target.ts";

/** Long strings, which end at `"}` alone; there they are split. */
function quote(value: string): string {
	return value
		.split('"}')
		.map((piece, i, all) => `{"${i > 0 ? "}" : ""}${piece}${i < all.length - 1 ? '"' : ""}"}`)
		.join(" + ");
}

function lines({ headers, remove, mode }: EdgePlan): string {
	return [
		...remove.map((name) => `\tunset resp.http.${name};\n`),
		...headers.map(({ name, value }) => {
			const set = `set resp.http.${name} = ${quote(value)};`;
			return mode === "fill" ? `\tif (!resp.http.${name}) { ${set} }\n` : `\t${set}\n`;
		}),
	].join("");
}

export const varnish: Target = {
	name: "varnish",
	modes: ["override", "fill"],
	limits: [{ what: "value", most: 8000, remedy: "Varnish's lines end at http_resp_hdr_len, 8k by default. Raise it, or use hashes.", isFatal: true }],
	howTo: 'Write include "headguard.vcl"; after the backends: what it adds to vcl_deliver and vcl_synth joins yours. Try it: varnishd -C -f default.vcl.',
	files(plan, site) {
		const text = `${banner("#", "Answers that Varnish makes by itself go through vcl_synth, all others through vcl_deliver.")}sub headguard {
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
			{ path: "default.vcl", text: `vcl 4.1;\n${banner("#", `Start it: varnishd -a :${site.port} -f default.vcl`)}${backend}\ninclude "headguard.vcl";\n` },
		];
	},
};
