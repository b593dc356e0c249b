import { isIP } from "node:net";
import type { Ignore } from "../audit/ignore.ts";
import { type AuditOptions, type AuditReport, audit, type DomainOptions, Unreachable } from "../audit/index.ts";
import { type Args, type Command, UsageError } from "./args.ts";
import { type Config, readConfig } from "./config.ts";
import { loadPolicy } from "./policy.ts";
import { explained, ignoresOf, REPORT_FLAGS, writeReport } from "./report.ts";

export const auditCommand: Command = {
	summary: "Checks a running site as browsers and attackers see it: pages, errors, preflights, redirects.",
	usage: "<url> [flags]",
	flags: {
		...REPORT_FLAGS,
		path: { type: "string", value: "<path>", summary: "another page; can be repeated" },
		"fail-path": { type: "string", value: "<path>", summary: "a route that responds with 500" },
		"static-path": { type: "string", value: "<path>", summary: "a static file", byDefault: "one that the page loads" },
		"api-path": { type: "string", value: "<path>", summary: "a route that returns data" },
		"logout-path": { type: "string", value: "<path>", summary: "a route that signs out; the audit requests it" },
		"upload-path": { type: "string", value: "<path>", summary: "a file that a visitor uploaded" },
		"allowed-origin": { type: "string", value: "<origin>", summary: "an origin that CORS allows, to try its lookalikes" },
		expect: { type: "string", value: "<module>", summary: "the policy, to compare responses with it byte for byte" },
		origin: { type: "string", value: "<url>", summary: "the application behind the proxy, to see which of the two sends what" },
		edge: { type: "string", value: "<url>", summary: "the address of the proxy, beside --origin; the same as <url>" },
		preload: { type: "boolean", summary: "check what preload lists require from the domain" },
		"preload-removal": { type: "boolean", summary: "check what they require for removal" },
		active: {
			type: "boolean",
			summary: "also send what may cause alerts: TRACE, broken and oversized bodies, malformed requests, a report, a form of another site",
		},
		header: {
			type: "string",
			value: '"Name: value"',
			summary: "sent to the origin of <url> and to --origin, never elsewhere, and never shown; can be repeated",
		},
		resolve: {
			type: "string",
			value: "<host:port:address>",
			summary: "connect to this address, perhaps with a port, instead of resolving the name; can be repeated",
		},
		timeout: { type: "string", value: "<seconds>", summary: "for each request", byDefault: "10" },
		"max-time": { type: "string", value: "<seconds>", summary: "for all requests together", byDefault: "60" },
		"assume-tls": { type: "boolean", summary: "judge http as if it were behind a TLS proxy" },
		insecure: { type: "boolean", summary: "accept a self-signed certificate" },
	},
	notes: `The command requests the page in several ways: twice with GET, with HEAD, conditionally, compressed, from another origin, from the
origin null, and as a preflight. It also requests a page that does not exist, a malformed address, a static file, and plain http. Only
--logout-path and --active can change anything on the server. It sends malformed requests only to this machine, or with --active. Exit code 0: passed, 1: failed, 2: no response.

  headguard audit https://www.example.com --path /login --fail-on warning
  headguard audit --origin http://10.0.0.5:3000 --edge https://www.example.com`,
	async run(args) {
		if (explained(args)) return 0;
		const config = await readConfig(args.text("config"));
		const [first, ...more] = args.positionals;
		const edge = args.text("edge");
		if (first !== undefined && edge !== undefined) throw new UsageError(`two addresses: ${JSON.stringify(first)} and --edge ${edge}. Use one of them.`);
		if (more.length > 0) throw new UsageError(`${more.length + 1} addresses. Use one, and --path for more pages of it.`);
		const address = first ?? edge ?? config.url;
		if (address === undefined)
			throw new UsageError(
				args.has("origin")
					? "--origin is the application behind a proxy. Use --edge https://www.example.com as well."
					: "one address is needed. Run headguard audit https://www.example.com.",
			);
		const report = await auditSite(addressOf(address), args, config, ignoresOf(args, config));
		return writeReport(report, args.text("expect") ?? config.file ?? "package.json", "audit", args, config);
	},
};

async function auditSite(address: URL, args: Args, config: Config, ignore: readonly Ignore[]): Promise<AuditReport> {
	const path = (flag: string, written: string | undefined): string | undefined => pathOf(args.text(flag) ?? written);
	const origin = args.text("origin");
	const expected = args.text("expect");
	const options: AuditOptions = {
		ignore,
		paths: [...args.all("path"), ...config.paths].flatMap((text) => pathOf(text) ?? []),
		failingPath: path("fail-path", config.failPath),
		staticPath: path("static-path", config.staticPath),
		dataPath: path("api-path", config.apiPath),
		logoutPath: path("logout-path", config.logoutPath),
		uploadPath: path("upload-path", config.uploadPath),
		allowedOrigin: originOf(args.text("allowed-origin") ?? config.allowedOrigin),
		headers: Object.fromEntries(args.all("header").map(headerOf)),
		resolve: Object.fromEntries(args.all("resolve").map(resolveOf)),
		timeout: secondsOf(args, "timeout"),
		maxTime: secondsOf(args, "max-time"),
		insecure: args.has("insecure"),
		assumeTls: args.has("assume-tls"),
		active: args.has("active"),
		direct: origin === undefined ? undefined : addressOf(origin),
		expect: expected === undefined ? undefined : (await loadPolicy(expected)).source,
		preload: await preloadOf(args),
	};
	const progress = progressOn(process.stderr);
	try {
		return await audit(address, { ...options, onProgress: progress.show });
	} catch (error) {
		if (error instanceof Unreachable) throw new UsageError(`${error.message}.`);
		throw error;
	} finally {
		progress.clear();
	}
}

/** Shows the current request on a line that disappears. */
function progressOn(stream: NodeJS.WriteStream): { show(probe: string): void; clear(): void } {
	const isShown = stream.isTTY === true && !process.env["CI"];
	const write = (text: string): void => void (isShown && stream.write(`\r\u001b[K${text}`));
	return { show: (probe) => write(`requesting: ${probe} …`), clear: () => write("") };
}

async function preloadOf(args: Args): Promise<DomainOptions | undefined> {
	const wants = args.has("preload-removal") ? "removal" : args.has("preload") ? "listing" : undefined;
	if (wants === undefined) return undefined;
	// The list of public suffixes is large.
	const { getDomain } = await import("tldts");
	// Under a name that a provider rents out, each host is its own domain.
	return { wants, registrable: (host) => getDomain(host, { allowPrivateDomains: true }) ?? undefined };
}

function addressOf(text: string): URL {
	const address = URL.canParse(text) ? new URL(text) : undefined;
	if (address === undefined || !/^https?:$/.test(address.protocol)) throw new UsageError(`${JSON.stringify(text)} is not a URL. ${adviceFor(text)}`);
	return address;
}

function adviceFor(text: string): string {
	if (/^\.{0,2}\/|\.[cm]?[jt]s$/.test(text)) return `For a module, write headguard check ${text}.`;
	const rest = text.replace(/^(?:[a-z][\w+.-]*:)?\/+/i, "") || "www.example.com";
	return `Write ${/^(?:localhost|127\.)/.test(rest) ? "http" : "https"}://${rest}.`;
}

function pathOf(text: string | undefined): string | undefined {
	if (text !== undefined && !/^\/[\x21-\x7e]*$/.test(text))
		throw new UsageError(
			`${JSON.stringify(text)} is not a path. Write ${URL.canParse(text) ? new URL(text).pathname : `/${text.replace(/^\/+/, "").replace(/[^\x21-\x7e]/g, "")}`}.`,
		);
	return text;
}

function originOf(text: string | undefined): string | undefined {
	if (text === undefined) return undefined;
	const { origin } = addressOf(text);
	if (origin !== text) throw new UsageError(`--allowed-origin: received ${JSON.stringify(text)}. Write ${origin}.`);
	return origin;
}

function headerOf(text: string): readonly [string, string] {
	const match = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\x20-\x7e]*)$/.exec(text);
	if (match === null) throw new UsageError('--header: write "Name: value", in visible ASCII.');
	return [match[1] ?? "", match[2] ?? ""];
}

/** As in curl; an IPv6 address may be in brackets. */
function resolveOf(text: string): readonly [string, string] {
	const match = /^([^:]+|\[[^\]]+\]):(\d{1,5}):(.+)$/.exec(text);
	const address = match?.[3]?.replace(/^\[([^\]]*)\]$/, "$1") ?? "";
	const [, v4, v6] = /^(?:([\d.]+)|\[([\da-f:.]+)\]):\d{1,5}$/i.exec(address) ?? [];
	if (match === null || isIP(v4 ?? v6 ?? address) === 0)
		throw new UsageError(`--resolve: received ${JSON.stringify(text)}. Write www.example.com:443:10.0.0.5.`);
	return [`${match[1]}:${match[2]}`, address];
}

function secondsOf(args: Args, flag: string): number | undefined {
	const text = args.text(flag);
	if (text === undefined) return undefined;
	const seconds = Number(text);
	if (!(seconds > 0 && seconds <= 600)) throw new UsageError(`--${flag}: received ${JSON.stringify(text)}. Use seconds, up to 600.`);
	return seconds * 1000;
}
