import type { EdgeHeader, EdgePlan } from "./plan.ts";
import { banner, type EdgeFile, type Site, type Target } from "./target.ts";

/** A parameter has at most 4096 bytes. */
const LONGEST_PIECE = 3500;
const DOLLAR = "headguard_dollar";

/** Double quotes; `\` and `"` are escaped. A dollar sign begins a variable and cannot be escaped, so it comes from one. */
function quote(value: string): string {
	return `"${value.replace(/[\\"]/g, "\\$&").replaceAll("$", `\${${DOLLAR}}`)}"`;
}

function variableOf(name: string): string {
	return `headguard_${name.toLowerCase().replaceAll("-", "_")}`;
}

/** A value that is too long for one parameter, as variables: declarations for http{}, and what stands in its place. */
function long(name: string, value: string): { readonly declared: string; readonly text: string } {
	if (value.length <= LONGEST_PIECE) return { declared: "", text: quote(value) };
	const pieces = value.match(new RegExp(`.{1,${LONGEST_PIECE}}`, "g")) ?? [];
	const names = pieces.map((_piece, i) => `${variableOf(name)}_${i}`);
	// A value of geo is no place for variables: a dollar sign is one there.
	const declared = pieces.map((piece, i) => `geo $${names[i]} { default "${piece.replace(/[\\"]/g, "\\$&")}"; }\n`).join("");
	return { declared, text: `"${names.map((one) => `\${${one}}`).join("")}"` };
}

interface Written {
	/** For http{}. */
	readonly http: string;
	/** Header → what stands in `add_header`. */
	readonly values: readonly (readonly [name: string, text: string])[];
}

function write({ headers, mode }: EdgePlan, absent: (name: string) => string): Written {
	const http: string[] = [];
	const values = headers.map(({ name, value, nonced }): readonly [string, string] => {
		// nginx's own random number of the request, in hexadecimal: 128 bits.
		if (nonced !== undefined) return [name, `"${nonced.map((piece) => quote(piece).slice(1, -1)).join("$request_id")}"`];
		const { declared, text } = long(name, value);
		http.push(declared);
		if (mode === "override") return [name, text];
		const upstream = `$upstream_http_${name.toLowerCase().replaceAll("-", "_")}`;
		http.push(`map ${upstream} $${variableOf(name)} {\n\t"" ${text};\n\tdefault ${absent(upstream)};\n}\n`);
		return [name, `$${variableOf(name)}`];
	});
	const text = http.join("");
	const needsDollar = text.includes(`{${DOLLAR}}`) || values.some(([, value]) => value.includes(`{${DOLLAR}}`));
	return { http: `${needsDollar ? `geo $${DOLLAR} { default "$"; }\n` : ""}${text}`, values };
}

/** `sub_filter` writes the nonce into pages, which must come uncompressed. */
function slotLines(slot: string | undefined): string {
	return slot === undefined ? "" : `sub_filter_once off;\nsub_filter ${slot} $request_id;\nproxy_set_header Accept-Encoding "";\n`;
}

function files(plan: EdgePlan, http: string, headers: string, site: Site | undefined): readonly EdgeFile[] {
	const own: EdgeFile[] = [{ path: "headguard-headers.conf", text: headers }];
	const httpFile = { path: "headguard-http.conf", text: `${banner("#", "Include it once, inside http{}.")}${http}` };
	if (http !== "") own.push(httpFile);
	if (site === undefined) return own;
	return [...own, { path: "headguard-site.conf", text: siteText(plan, http !== "", site) }];
}

function siteText({ nonceSlot }: EdgePlan, hasHttp: boolean, { upstream, host, port }: Site): string {
	const encoding = nonceSlot === undefined ? "" : '\t\tproxy_set_header Accept-Encoding "";\n';
	return `${banner("#", "A whole server: include it inside http{}, as from /etc/nginx/conf.d or sites-enabled.")}${hasHttp ? "include headguard-http.conf;\n" : ""}
server {
	listen ${port};
	server_name ${host};
	include headguard-headers.conf;

	location / {
		proxy_pass ${upstream};
		proxy_set_header Host $host;
		proxy_set_header X-Forwarded-Proto $scheme;
		proxy_set_header X-Forwarded-Host $host;
		proxy_set_header X-Forwarded-For $remote_addr;
${encoding}		# The headers of the application are larger than the 4k that nginx reads by default.
		proxy_buffer_size 16k;
		proxy_buffers 8 16k;
	}
}
`;
}

const NESTED = "Include it inside server{}, and again in every location that has an add_header or a proxy_hide_header of its own:";
const hidden = ({ headers, remove }: EdgePlan): readonly string[] => [...headers.map(({ name }: EdgeHeader) => name), ...remove];

export const nginx: Target = {
	name: "nginx",
	modes: ["override", "fill"],
	canNonce: true,
	howTo:
		"Put the files beside nginx.conf, and include headguard-site.conf inside http{}; or headguard-http.conf there, if there is one, and headguard-headers.conf inside your server{}. Try it: nginx -t, then nginx -s reload.",
	files(plan, site) {
		// An empty value makes add_header send nothing.
		const { http, values } = write(plan, () => '""');
		const hide = plan.mode === "override" ? hidden(plan) : plan.remove;
		const lines = [
			...hide.map((name) => `proxy_hide_header ${name};\n`),
			...values.map(([name, value]) => `add_header ${name} ${value} always;\n`),
			slotLines(plan.nonceSlot),
		];
		return files(plan, http, `${banner("#", NESTED, "nginx replaces these lists there, it does not merge them.")}${lines.join("")}`, site);
	},
};

export const nginxHeadersMore: Target = {
	name: "nginx-headers-more",
	modes: ["override", "fill"],
	canNonce: true,
	howTo: "Needs the module ngx_headers_more (Debian: libnginx-mod-http-headers-more-filter). Try it: nginx -t, then nginx -s reload.",
	files(plan, site) {
		const { http, values } = write(plan, (upstream) => upstream);
		const lines = [
			...plan.remove.map((name) => `more_clear_headers ${name};\n`),
			...values.map(([name, value]) => `more_set_headers ${withName(name, value)};\n`),
			slotLines(plan.nonceSlot),
		];
		return files(plan, http, `${banner("#", "Include it inside server{}. Locations with an add_header of their own keep it.")}${lines.join("")}`, site);
	},
};

/** Name and value are one parameter there. */
function withName(name: string, value: string): string {
	return value.startsWith('"') ? `"${name}: ${value.slice(1)}` : `"${name}: ${value}"`;
}
