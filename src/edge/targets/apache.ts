import { CSP, type Marks, NOSNIFF } from "../marks.ts";
import type { EdgeHeader, EdgePlan } from "../plan.ts";
import { banner, quoted, type Site, type Target } from "../target.ts";

const DOLLAR = "HEADGUARD_DOLLAR";

/** Double quotes, read twice: once by the configuration, once as a format. */
function quote(value: string): string {
	return `"${value.replaceAll("\\", "\\\\\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("${", `\${${DOLLAR}}{`)}"`;
}

/** .htaccess has no Define, so nothing can stand for a dollar sign there. */
function quoteInFolder(value: string): string | { readonly refused: string } {
	return value.includes("${")
		? { refused: `\${ begins a variable, and .htaccess has no way around it. Use the VirtualHost (target apache), or take it out.` }
		: quote(value);
}

/** Apache has a table of headers for success and one for everything; a header that is in both goes out twice. */
function lines(plan: EdgePlan, values: ReadonlyMap<string, string>): string {
	const { headers, remove, mode } = plan;
	const gone = mode === "override" ? [...headers.map(({ name }) => name), ...remove] : remove;
	const taken = gone.map((name) => `Header onsuccess unset ${name}\nHeader always unset ${name}\n`);
	const set = mode === "override" ? headers.map(({ name }) => `Header always set ${name} ${values.get(name)}\n`) : fillLines(plan, values);
	return [...taken, ...set].join("");
}

/** Says that headers are filled in, from before the first of them is set until after the last. */
const FILL = "X-Headguard-Fill";

function fillLines({ headers, marks }: EdgePlan, values: ReadonlyMap<string, string>): readonly string[] {
	const isUnmarked = marks === undefined ? "" : ` && ${unmarked(marks)}`;
	return [
		`Header always set ${FILL} 1 "expr=%{REQUEST_STATUS} -ge 200${isUnmarked}"\n`,
		...headers.map((header) => `Header always set ${header.name} ${values.get(header.name)} "expr=${condition(header)}"\n`),
		// One that is there and empty would stand beside ours. Lines with onsuccess run after all others.
		...headers.map(({ name }) => `Header onsuccess unset ${name} "expr=-z %{resp:${name}}"\n`),
		`Header always unset ${FILL}\n`,
	];
}

function condition({ name, varies }: EdgeHeader): string {
	const isFinal = varies === true ? " && %{REQUEST_STATUS} -ne 304" : "";
	return `-n %{resp:${FILL}}${isFinal} && -z %{resp:${name}}`;
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
	return `${banner("#", "A whole VirtualHost: a2enmod headers proxy proxy_http, then include it.")}<VirtualHost *:${port}>
	ServerName ${host}
	Include headguard-headers.conf
	RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}
	RequestHeader unset X-Forwarded-Host
	ProxyPreserveHost On
	ProxyPass / ${address}
	ProxyPassReverse / ${address}
</VirtualHost>
`;
}

export const apache: Target = {
	name: "apache",
	modes: ["override", "fill"],
	limits: [
		{ what: "value", most: 8000, remedy: "Apache's own lines end at 8190 bytes. Use hashes or 'strict-dynamic' in place of long lists.", isFatal: true },
	],
	howTo: "Needs mod_headers: a2enmod headers. Try it: apachectl configtest, then apachectl graceful.",
	files(plan, site) {
		const values = quoted(plan.headers, quote);
		const isDefined = [...values.values()].some((value) => value.includes(`\${${DOLLAR}}`));
		const text = `${banner("#", "Include it inside VirtualHost, or for the whole server.")}${isDefined ? `Define ${DOLLAR} $\n` : ""}${lines(plan, values)}`;
		return [{ path: "headguard-headers.conf", text }, ...(site === undefined ? [] : [{ path: "headguard-site.conf", text: siteText(site) }])];
	},
};

export const htaccess: Target = {
	name: "apache-htaccess",
	modes: ["override", "fill"],
	limits: apache.limits ?? [],
	howTo: "Needs mod_headers and AllowOverride FileInfo. Errors that Apache makes outside the folder, such as 502, are not reached from here.",
	files: (plan) => [{ path: ".htaccess", text: `${banner("#")}${lines(plan, quoted(plan.headers, quoteInFolder))}` }],
};
