import { hostName } from "../../core/address.ts";
import { forLog, jsonForLog } from "../../core/log.ts";
import { isHost } from "../../csp/grammar.ts";
import { CSP_KEYS } from "../../headers/facts.ts";
import type { CheckedPolicy } from "../../policy/create.ts";
import { LEAST, type Suggested, type Suggestion, type SuggestOptions, suggest } from "../../reports/suggest/index.ts";
import { hostIn } from "../../reports/suggest/lookalike.ts";
import { RISKS, type Risk } from "../../reports/suggest/risk.ts";
import * as vendors from "../../vendors.ts";
import { type Args, type Command, UsageError } from "../args.ts";
import { CONFIG_FLAG, readConfig } from "../config.ts";
import { complain, writeText } from "../output.ts";
import { loadPolicy } from "../policy.ts";
import { follow } from "./follow.ts";
import { STORE_FLAGS, storedReports } from "./stored.ts";
import { counted } from "./summary.ts";

export const suggestCommand: Command = {
	summary: "Proposes changes to the policy from what browsers have reported, and says which reports would remain.",
	usage: "<file> --policy <module> [flags]",
	flags: {
		policy: { type: "string", value: "<module>", summary: "module that exports the middleware (as headers or default) or its options (as options)" },
		risk: { type: "string", value: "<risk>", summary: "highest risk that goes into the patch", byDefault: "low", oneOf: RISKS },
		least: {
			type: "string",
			value: "<reports>",
			summary: "fewest reports that a proposal needs; use 1 for a trial of your own",
			byDefault: String(LEAST),
		},
		follow: { type: "string", value: "<origin>", summary: "request addresses of this origin to see where they redirect; can be repeated" },
		host: { type: "string", value: "<name>", summary: "use only reports of pages on this host; can be repeated" },
		format: { type: "string", value: "<format>", summary: "output format", byDefault: "text", oneOf: ["text", "json"] },
		...STORE_FLAGS,
		config: CONFIG_FLAG,
	},
	notes: `<file> is the file that fileStore("reports.jsonl") of headguard/reports writes. Anyone can send reports, so read each proposal before you
use it. The command never proposes 'unsafe-inline', 'unsafe-eval', wildcards or hosts that are known to run anyone's code.
Browsers report the address before a redirect. --follow finds the address after it: it sends a GET without cookies to the origins that
you name, and to no others. Exit code 0: the proposals are shown, or there are none, 1: the policy is not valid, 2: the reports or the
policy cannot be read.

  headguard suggest reports.jsonl --policy ./headers.js
  headguard suggest reports.jsonl --policy ./headers.js --follow https://www.example.com
  headguard suggest reports.jsonl --policy ./headers.js --risk high --format json --out patch.json`,
	async run(args) {
		const hosts = args.all("host").map(hostOf);
		const origins = args.all("follow").map(originOf);
		const least = leastOf(args.text("least") ?? String(LEAST));
		const stored = await storedReports(args, "suggest");
		const policy = await policyOf(args);
		if (policy === undefined) return 1;
		if (!CSP_KEYS.some((key) => policy.models.has(key)))
			throw new UsageError(
				"the policy has no contentSecurityPolicy, so there is nothing to change. Add contentSecurityPolicy or contentSecurityPolicyReportOnly.",
			);
		const options: SuggestOptions = {
			risk: (args.text("risk") ?? "low") as Risk,
			hosts: hosts.length === 0 ? undefined : hosts,
			least,
			vendors: VENDORS,
		};
		const first = suggest(policy, stored, options);
		const { ways, silent } = await follow(first.redirected, origins);
		const suggested = ways.size === 0 ? first : suggest(policy, stored, { ...options, ways });
		for (const line of silent) complain(`${line}\n`);
		writeText(args.text("format") === "json" ? jsonOf(suggested) : forLog(textOf(suggested)), args.text("out"));
		return 0;
	},
};

async function policyOf(args: Args): Promise<CheckedPolicy | undefined> {
	const { policy } = await readConfig(args.text("config"));
	const file = args.text("policy") ?? policy;
	if (file === undefined) throw new UsageError("--policy is needed. Run headguard suggest reports.jsonl --policy ./headers.js.");
	try {
		return (await loadPolicy(file)).compiled.policy;
	} catch (error) {
		// The application may use another copy of the library, with another class.
		if (!(error instanceof Error) || error.name !== "PolicyError") throw error;
		complain(`${error.message}\n`);
		return undefined;
	}
}

function hostOf(text: string): string {
	const name = hostName(text);
	if (name === undefined)
		throw new UsageError(`--host: received ${JSON.stringify(text)}. Use a name such as www.example.com, without a scheme, a port or a wildcard.`);
	return name;
}

function originOf(text: string): string {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
		throw new UsageError(`--follow: received ${JSON.stringify(text)}. Use an origin such as https://www.example.com, without a path.`);
	return url.origin;
}

function leastOf(text: string): number {
	if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--least: received ${JSON.stringify(text)}. Use a whole number above 0.`);
	return Number(text);
}

/** Hosts of the ready-made vendor additions, whose names others copy. */
const VENDORS: readonly string[] = Object.values(vendors).flatMap((value) => (typeof value === "function" ? [] : hostsOf(value)));

function hostsOf(value: unknown): readonly string[] {
	if (typeof value === "string") return isHost(value) ? [hostIn(value)] : [];
	return typeof value === "object" && value !== null ? Object.values(value).flatMap(hostsOf) : [];
}

function jsonOf({ suggestions, more, patch, replay, redirected, noise }: Suggested): string {
	return `${jsonForLog({ patch, replay, suggestions, more, redirected, noise: Object.fromEntries(noise) })}\n`;
}

/** The sections of the text, in order. */
const SECTIONS: readonly (readonly [string, (one: Suggestion) => boolean])[] = [
	["Add to the policy", (one) => one.isApplied],
	[
		"Add to the policy, if the risk is worth it (--risk high adds it to the patch)",
		({ kind, isApplied }) => !isApplied && (kind === "source" || kind === "hash"),
	],
	["Redirected: find out where to", ({ kind }) => kind === "redirect"],
	["Change in the pages", ({ kind }) => kind === "nonce" || kind === "code"],
	["Leave as it is", ({ kind }) => kind === "nothing"],
];

function textOf({ suggestions, more, patch, replay, noise }: Suggested): string {
	const sections = SECTIONS.flatMap(([title, is]) => {
		const list = suggestions.filter(is);
		return list.length === 0 ? [] : [`${title}:`, ...list.map(entryOf), ""];
	});
	const left = noise.size === 0 ? [] : [`Left out: ${[...noise].map(([id, count]) => `${id} ${count}`).join(", ")}.`];
	const rest = more === 0 ? [] : [`… and ${more} more, each for fewer page views.`, ""];
	return [...sections, ...rest, ...codeOf(patch), ...replayOf(replay, isEmpty(patch)), ...left, ""].join("\n");
}

function entryOf({ directive, source, risk, advice, route, pageViews, reports, documents, kind }: Suggestion): string {
	const [first = "?", ...others] = documents;
	const where = route === undefined ? `${first || "?"}${others.length === 0 ? "" : ` and ${counted(others.length, "more page")}`}` : `only on ${route}`;
	const marked = kind === "source" || kind === "hash" ? ` [${risk} risk]` : "";
	return `  ${directive}${source === undefined ? "" : ` ${source}`}${marked}: about ${counted(pageViews, "page view")}, ${counted(reports, "report")}, ${where}\n      ${advice}`;
}

/** The patch as code of an application. */
function codeOf({ extend, routes }: Suggested["patch"]): readonly string[] {
	const site = Object.keys(extend).length === 0 ? [] : [`app.use(headers.extend(${literal(extend)}));`];
	const lines = [...site, ...routes.map(({ path, extend: more }) => `app.all(${JSON.stringify(path)}, headers.extend(${literal(more)}));`)];
	return lines.length === 0 ? [] : ["In code, after app.use(headers):", ...lines.map((line) => `  ${line}`), ""];
}

function literal(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
	if (typeof value !== "object" || value === null) return JSON.stringify(value);
	return `{ ${Object.entries(value)
		.map(([key, one]) => `${key}: ${literal(one)}`)
		.join(", ")} }`;
}

function isEmpty({ extend, routes }: Suggested["patch"]): boolean {
	return Object.keys(extend).length === 0 && routes.length === 0;
}

function replayOf({ recorded, before, after, unclear }: Suggested["replay"], isWithoutPatch: boolean): readonly string[] {
	if (recorded === 0) return ["No violations of the policy were recorded."];
	return [
		`Replay: of ${counted(recorded, "recorded violation")}, the policy would still report ${before}.${isWithoutPatch ? "" : ` With the patch, it would report ${after}.`}`,
		...(after === 0 ? [] : ["Anything that no report can tell counts as still reported, such as whether a tag has a nonce by now."]),
		...(unclear === undefined
			? []
			: [
					`The policy now allows ${counted(unclear, "more violation")}, but no report tells whether ${unclear === 1 ? "it was" : "they were"} redirected: the reports have no policy. After the change, check new reports with --since.`,
				]),
	];
}
