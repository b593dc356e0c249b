import { type AuditReport, audit, Unreachable } from "../audit/index.ts";
import { type Args, type Command, UsageError } from "./args.ts";
import { explained, ignoredIds, REPORT_FLAGS, writeReport } from "./report.ts";

export const auditCommand: Command = {
	summary: "Looks at a running site as browsers and attackers see it: pages, errors, preflights, redirects.",
	usage: "<url> [flags]",
	flags: {
		...REPORT_FLAGS,
		path: { type: "string", value: "<path>", summary: "one more page; may be repeated" },
		"fail-path": { type: "string", value: "<path>", summary: "a route that answers 500" },
		header: { type: "string", value: '"Name: value"', summary: "sent with each request, never shown; may be repeated" },
		timeout: { type: "string", value: "<seconds>", summary: "for each request: 10 unless you say otherwise" },
		"assume-tls": { type: "boolean", summary: "judge http as if a proxy put https in front" },
		insecure: { type: "boolean", summary: "accept a certificate that nobody signed" },
	},
	notes: `The page is asked for twice, with HEAD, conditionally, from a foreign origin, with a preflight; then an address that does
not exist, a malformed one, and plain http. Nothing is changed on the server. Exit code 0: passed, 1: failed, 2: no answer.

  headguard audit https://www.example.com --path /login --fail-on warning`,
	async run(args) {
		if (explained(args)) return 0;
		const [address, ...more] = args.positionals;
		if (address === undefined || more.length > 0) throw new UsageError("one address is needed. Write headguard audit https://www.example.com.");
		return writeReport(await look(addressOf(address), args), args);
	},
};

async function look(address: URL, args: Args): Promise<AuditReport> {
	try {
		return await audit(address, {
			ignore: ignoredIds(args),
			paths: args.all("path").map(pathOf),
			failingPath: args.all("fail-path").map(pathOf).at(-1),
			headers: Object.fromEntries(args.all("header").map(headerOf)),
			timeout: timeoutOf(args.text("timeout")),
			insecure: args.has("insecure"),
			assumeTls: args.has("assume-tls"),
		});
	} catch (error) {
		if (error instanceof Unreachable) throw new UsageError(`${error.message}.`);
		throw error;
	}
}

function addressOf(text: string): URL {
	const address = URL.canParse(text) ? new URL(text) : undefined;
	if (address === undefined || !/^https?:$/.test(address.protocol))
		throw new UsageError(`${JSON.stringify(text)} is no address. Write https://${text.replace(/^(?:[a-z][\w+.-]*:)?\/+/i, "") || "www.example.com"}.`);
	return address;
}

function pathOf(text: string): string {
	if (!/^\/[\x21-\x7e]*$/.test(text))
		throw new UsageError(`${JSON.stringify(text)} is no path. Write /${text.replace(/^\/+/, "").replace(/[^\x21-\x7e]/g, "")}.`);
	return text;
}

function headerOf(text: string): readonly [string, string] {
	const match = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\x20-\x7e]*)$/.exec(text);
	if (match === null) throw new UsageError('--header: write "Name: value", in visible ASCII.');
	return [match[1] ?? "", match[2] ?? ""];
}

function timeoutOf(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const seconds = Number(text);
	if (!(seconds > 0 && seconds <= 600)) throw new UsageError(`--timeout: received ${JSON.stringify(text)}. Write seconds, up to 600.`);
	return seconds * 1000;
}
