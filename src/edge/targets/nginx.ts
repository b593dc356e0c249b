import { CSP, NOSNIFF } from "../marks.ts";
import type { EdgeHeader, EdgePlan } from "../plan.ts";
import { banner, type EdgeFile, type Site, type Target } from "../target.ts";

/** nginx reads parameters of at most 4096 bytes. */
const LONGEST_PIECE = 3500;
const DOLLAR = "headguard_dollar";

/** In double quotes, where `\` and `"` are escaped. A dollar sign begins a variable and cannot be escaped, so a variable holds it. */
function quote(value: string): string {
	return `"${value.replace(/[\\"]/g, "\\$&").replaceAll("$", `\${${DOLLAR}}`)}"`;
}

function variableOf(name: string): string {
	return `headguard_${name.toLowerCase().replaceAll("-", "_")}`;
}

/** Splits a value that is too long for one parameter into variables: their declarations for http{}, and the text that uses them. */
function long(name: string, value: string): { readonly declared: string; readonly text: string } {
	if (value.length <= LONGEST_PIECE) return { declared: "", text: quote(value) };
	const pieces = value.match(new RegExp(`.{1,${LONGEST_PIECE}}`, "g")) ?? [];
	const names = pieces.map((_piece, i) => `${variableOf(name)}_${i}`);
	// nginx does not expand variables in a value of geo, so a dollar sign is literal there.
	const declared = pieces.map((piece, i) => `geo $${names[i]} { default "${piece.replace(/[\\"]/g, "\\$&")}"; }\n`).join("");
	return { declared, text: `"${names.map((one) => `\${${one}}`).join("")}"` };
}

interface Written {
	/** The lines for http{}. */
	readonly http: string;
	/** The parameter of `add_header` for each header. */
	readonly values: readonly (readonly [name: string, text: string])[];
}

/** The variable that holds a header of the application, or of the response so far. */
function received(from: "upstream" | "sent", name: string): string {
	return `$${from}_http_${name.toLowerCase().replaceAll("-", "_")}`;
}

function map(source: string, to: string, entries: readonly (readonly [value: string, text: string])[]): string {
	return `map ${source} ${to} {\n${entries.map(([value, text]) => `\t${value} ${text};\n`).join("")}}\n`;
}

const FILL = "$headguard_fill";
const FILL_VARYING = "$headguard_fill_varying";

/**
 * Two variables that are 1 where nginx fills headers in. A mark counts when the application sent it and the response still has it:
 * nginx can replace the application's response with its own error page, or by X-Accel-Redirect.
 */
function decisions({ headers, marks }: EdgePlan): readonly string[] {
	const lines: string[] = [];
	if (marks !== undefined) {
		const nosniff = marks.frameworkPolicy === undefined ? undefined : "$headguard_nosniff";
		if (nosniff !== undefined)
			lines.push(
				map(received("upstream", CSP), nosniff, [
					[`"${marks.frameworkPolicy}"`, '""'],
					["default", received("upstream", NOSNIFF)],
				]),
			);
		const of = (from: "upstream" | "sent") =>
			`"${marks.names.map((name) => (from === "upstream" && name === NOSNIFF ? nosniff : undefined) ?? received(from, name)).join("")}"`;
		lines.push(
			map(of("upstream"), "$headguard_marks", [
				['""', '""'],
				["default", of("sent")],
			]),
		);
		lines.push(
			map("$headguard_marks", "$headguard_unmarked", [
				['""', "1"],
				["default", '""'],
			]),
		);
	}
	lines.push(
		map("$status", FILL, [
			["~^1", '""'],
			["default", marks === undefined ? "1" : "$headguard_unmarked"],
		]),
	);
	if (headers.some(({ varies }) => varies === true))
		lines.push(
			map("$status", FILL_VARYING, [
				["304", '""'],
				["default", FILL],
			]),
		);
	return lines;
}

function write(plan: EdgePlan, absent: (header: EdgeHeader) => string): Written {
	const { headers, mode } = plan;
	const http: string[] = mode === "fill" ? [...decisions(plan)] : [];
	const values = headers.map((header): readonly [string, string] => {
		const { name, overHttp } = header;
		const textOf = (own: string, { value, nonced }: Pick<EdgeHeader, "value" | "nonced">): string => {
			// $request_id is 128 random bits in hexadecimal, new for each request.
			if (nonced !== undefined) return `"${nonced.map((piece) => quote(piece).slice(1, -1)).join("$request_id")}"`;
			const { declared, text } = long(own, value);
			http.push(declared);
			return text;
		};
		const text = textOf(name, header);
		const isPlain = mode === "override";
		if (isPlain && overHttp === undefined) return [name, text];
		const fill = header.varies === true ? FILL_VARYING : FILL;
		// $https is "on" where nginx ends TLS.
		const parts = [
			...(overHttp === undefined ? [] : [["$https", "on", ""]]),
			...(isPlain
				? []
				: [
						[fill, "1", "1"],
						[received("sent", name), "", ""],
					]),
		];
		const joined = (i: number): string => `"${parts.map((part) => part[i]).join(":")}"`;
		http.push(
			map(joined(0), `$${variableOf(name)}`, [
				[joined(1), text],
				...(overHttp === undefined || overHttp.value === "" ? [] : [[joined(2), textOf(`${name}-over-http`, overHttp)] as const]),
				["default", isPlain ? '""' : absent(header)],
			]),
		);
		return [name, `$${variableOf(name)}`];
	});
	const text = http.join("");
	const needsDollar = text.includes(`{${DOLLAR}}`) || values.some(([, value]) => value.includes(`{${DOLLAR}}`));
	return { http: `${needsDollar ? `geo $${DOLLAR} { default "$"; }\n` : ""}${text}`, values };
}

/** `sub_filter` writes the nonce into pages, and can read them only uncompressed. */
function slotLines(slot: string | undefined): string {
	return slot === undefined ? "" : `sub_filter_once off;\nsub_filter ${slot} $request_id;\nproxy_set_header Accept-Encoding "";\n`;
}

function files(plan: EdgePlan, http: string, headers: string, site: Site | undefined): readonly EdgeFile[] {
	const own: EdgeFile[] = [{ path: "headguard-headers.conf", text: headers }];
	const httpFile = { path: "headguard-http.conf", text: `${banner("#", "Include this file once, inside http{}.")}${http}` };
	if (http !== "") own.push(httpFile);
	if (site === undefined) return own;
	return [...own, { path: "headguard-site.conf", text: siteText(plan, http !== "", site) }];
}

const CONNECTION = "$headguard_connection";

function siteText({ nonceSlot }: EdgePlan, hasHttp: boolean, { upstream, host, port }: Site): string {
	const encoding = nonceSlot === undefined ? "" : '\t\tproxy_set_header Accept-Encoding "";\n';
	return `${banner("#", "A complete server. Include this file inside http{}, for example from /etc/nginx/conf.d or sites-enabled.")}${hasHttp ? "include headguard-http.conf;\n" : ""}${map(
		"$http_upgrade",
		CONNECTION,
		[
			['""', '""'],
			["default", "upgrade"],
		],
	)}
server {
	listen ${port};
	server_name ${host};
	include headguard-headers.conf;

	location / {
		proxy_pass ${upstream};
		# WebSockets: nginx passes on Upgrade and Connection only when it is told to.
		# It ends a WebSocket on which nothing is sent for 60 seconds. Let the application ping, or raise proxy_read_timeout here.
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection ${CONNECTION};
		proxy_set_header Host $host;
		proxy_set_header X-Forwarded-Proto $scheme;
		proxy_set_header X-Forwarded-Host $host;
		proxy_set_header X-Forwarded-For $remote_addr;
${encoding}		# By default nginx reads only 4k of headers. The application can send more.
		proxy_buffer_size 16k;
		proxy_buffers 8 16k;
	}
}
`;
}

function stepsFor(includes: string): string {
	return `Put the files next to nginx.conf. Include ${includes}. Test it: nginx -t, then nginx -s reload.`;
}

const NESTED = "Include this file inside server{}, and again in every location that has its own add_header or proxy_hide_header:";
const hidden = ({ headers, remove }: EdgePlan): readonly string[] => [...headers.map(({ name }: EdgeHeader) => name), ...remove];

export const nginx: Target = {
	name: "nginx",
	modes: ["override", "fill"],
	canNonce: true,
	howTo: stepsFor("headguard-site.conf inside http{}; or headguard-http.conf (if there is one) inside http{}, and headguard-headers.conf inside your server{}"),
	howToFor(paths) {
		if (paths.includes("headguard-site.conf")) return stepsFor("headguard-site.conf inside http{}");
		return stepsFor(`${paths.includes("headguard-http.conf") ? "headguard-http.conf inside http{}, and " : ""}headguard-headers.conf inside your server{}`);
	},
	files(plan, site) {
		// add_header sends nothing for an empty value.
		const { http, values } = write(plan, () => '""');
		const hide = plan.mode === "override" ? hidden(plan) : plan.remove;
		const lines = [
			...hide.map((name) => `proxy_hide_header ${name};\n`),
			...values.map(([name, value]) => `add_header ${name} ${value} always;\n`),
			slotLines(plan.nonceSlot),
		];
		return files(plan, http, `${banner("#", NESTED, "there, nginx replaces the inherited lists instead of merging them.")}${lines.join("")}`, site);
	},
};

export const nginxHeadersMore: Target = {
	name: "nginx-headers-more",
	modes: ["override", "fill"],
	canNonce: true,
	howTo: "The files need the module ngx_headers_more (Debian: libnginx-mod-http-headers-more-filter). Test it: nginx -t, then nginx -s reload.",
	files(plan, site) {
		// A variable holds only one of several lines. So a header that can have several is added where it is absent, and never set.
		const added = new Set(plan.headers.filter(({ isList }) => plan.mode === "fill" && isList === true).map(({ name }) => name));
		const { http, values } = write(plan, ({ name }) => (added.has(name) ? '""' : received("sent", name)));
		const lines = [
			...plan.remove.map((name) => `more_clear_headers ${name};\n`),
			...values.map(([name, value]) => (added.has(name) ? `add_header ${name} ${value} always;\n` : `more_set_headers ${withName(name, value)};\n`)),
			slotLines(plan.nonceSlot),
		];
		return files(
			plan,
			http,
			`${banner("#", "Include this file inside server{}. Locations with their own add_header keep these headers.", ...(added.size === 0 ? [] : [ADDED]))}${lines.join("")}`,
			site,
		);
	},
};

const ADDED = "Include it again in a location that has its own add_header: the location does not inherit the add_header lines below.";

/** more_set_headers reads the name and the value as one parameter. */
function withName(name: string, value: string): string {
	return value.startsWith('"') ? `"${name}: ${value.slice(1)}` : `"${name}: ${value}"`;
}
