import { CSP, type Marks, NOSNIFF } from "../marks.ts";
import type { EdgeHeader, EdgePlan } from "../plan.ts";
import { banner, quoted, type Site, type Target } from "../target.ts";

const DOLLAR = "HEADGUARD_DOLLAR";

/** In double quotes. Apache reads the value twice: as configuration, then as a format. */
function quote(value: string): string {
	return `"${value.replaceAll("\\", "\\\\\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("${", `\${${DOLLAR}}{`)}"`;
}

/** .htaccess has no Define, so no variable can hold the dollar sign there. */
function quoteInFolder(value: string): string | { readonly refused: string } {
	return value.includes("${")
		? { refused: `\${ begins a variable, and .htaccess cannot escape it. Use a VirtualHost (target apache), or remove \${.` }
		: quote(value);
}

/** Apache has one table of headers for successful responses and one for all responses. It sends a header that is in both twice. */
function lines(plan: EdgePlan, values: ReadonlyMap<string, string>): string {
	const { headers, remove, mode } = plan;
	const gone = mode === "override" ? [...headers.map(({ name }) => name), ...remove] : remove;
	const taken = gone.map((name) => `Header onsuccess unset ${name}\nHeader always unset ${name}\n`);
	const set =
		mode === "override"
			? headers.flatMap(({ name, overHttp }) => [
					`Header always set ${name} ${values.get(name)}${overHttp === undefined ? "" : ` "expr=${HTTPS}"`}\n`,
					...(overHttp === undefined || overHttp.value === "" ? [] : [`Header always set ${name} ${quote(overHttp.value)} "expr=${HTTP}"\n`]),
				])
			: fillLines(plan, values);
	return [...taken, ...set].join("");
}

/** A header that is present while Apache fills in the others. */
const FILL = "X-Headguard-Fill";

function fillLines({ headers, marks }: EdgePlan, values: ReadonlyMap<string, string>): readonly string[] {
	const isUnmarked = marks === undefined ? "" : ` && ${unmarked(marks)}`;
	return [
		`Header always set ${FILL} 1 "expr=%{REQUEST_STATUS} -ge 200${isUnmarked}"\n`,
		...headers.flatMap((header) => [
			`Header always set ${header.name} ${values.get(header.name)} "expr=${condition(header, header.overHttp && HTTPS)}"\n`,
			...(header.overHttp === undefined || header.overHttp.value === ""
				? []
				: [`Header always set ${header.name} ${quote(header.overHttp.value)} "expr=${condition(header, HTTP)}"\n`]),
		]),
		// An empty header of the application would be sent next to ours. Lines with onsuccess run after all others.
		...headers.map(({ name }) => `Header onsuccess unset ${name} "expr=-z %{resp:${name}}"\n`),
		`Header always unset ${FILL}\n`,
	];
}

const HTTPS = "%{HTTPS} == 'on'";
const HTTP = "%{HTTPS} != 'on'";

function condition({ name, varies }: EdgeHeader, transport: string | undefined): string {
	const isFinal = varies === true ? " && %{REQUEST_STATUS} -ne 304" : "";
	return `-n %{resp:${FILL}}${isFinal}${transport === undefined ? "" : ` && ${transport}`} && -z %{resp:${name}}`;
}

function unmarked({ names, frameworkPolicy }: Marks): string {
	return names
		.map((name) =>
			name === NOSNIFF && frameworkPolicy !== undefined ? `(-z %{resp:${name}} || %{resp:${CSP}} == \\"${frameworkPolicy}\\")` : `-z %{resp:${name}}`,
		)
		.join(" && ");
}

function siteText({ upstream, host, port }: Site): string {
	const address = upstream.replace(/\/?$/, "/");
	// A second Listen for the same port would keep Apache from starting, so the file has none.
	const listen = port === 80 ? [] : [`Apache listens on this port only where its configuration says: Listen ${port}`];
	return `${banner("#", "A complete VirtualHost. Run a2enmod headers proxy proxy_http, then include this file.", ...listen)}<VirtualHost *:${port}>
	ServerName ${host}
	Include headguard-headers.conf
	RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}
	RequestHeader unset X-Forwarded-Host
	ProxyPreserveHost On
	# WebSockets need Apache 2.4.47 or later.
	ProxyPass / ${address} upgrade=websocket
	ProxyPassReverse / ${address}
</VirtualHost>
`;
}

export const apache: Target = {
	name: "apache",
	modes: ["override", "fill"],
	limits: [
		{ what: "value", most: 8000, remedy: "Apache reads lines of at most 8190 bytes. Use hashes or 'strict-dynamic' instead of long lists.", isFatal: true },
	],
	howTo: "The file needs mod_headers: a2enmod headers. Test it: apachectl configtest, then apachectl graceful.",
	howToFor: (paths) =>
		paths.includes("headguard-site.conf")
			? "Put the files into the folder of ServerRoot, and include headguard-site.conf in the main file. It needs mod_headers and mod_proxy_http: a2enmod headers proxy proxy_http. Apache also needs a Listen line for its port. Test it: apachectl configtest, then apachectl graceful."
			: apache.howTo,
	files(plan, site) {
		const values = quoted(plan.headers, quote);
		const isDefined = [...values.values()].some((value) => value.includes(`\${${DOLLAR}}`));
		const text = `${banner("#", "Include this file inside VirtualHost, or for the whole server.")}${isDefined ? `Define ${DOLLAR} $\n` : ""}${lines(plan, values)}`;
		return [{ path: "headguard-headers.conf", text }, ...(site === undefined ? [] : [{ path: "headguard-site.conf", text: siteText(site) }])];
	},
};

export const htaccess: Target = {
	name: "apache-htaccess",
	modes: ["override", "fill"],
	limits: apache.limits ?? [],
	howTo: "The file needs mod_headers and AllowOverride FileInfo. It does not cover errors that Apache generates outside the folder, such as 502.",
	files: (plan) => [{ path: ".htaccess", text: `${banner("#")}${lines(plan, quoted(plan.headers, quoteInFolder))}` }],
};
