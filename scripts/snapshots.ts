/**
 * What an installed Chromium knows: it writes to the console what it does not. `npm run features -- --snapshot` writes the files beside this one.
 */
import { readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { DIRECTIVES, RETIRED, TOKENS } from "../src/csp/directives.ts";
import { KEYWORD_NAMES, RETIRED_KEYWORDS } from "../src/csp/keywords.ts";
import { NAMES } from "../src/headers/facts.ts";
import { CONNECTION_SWITCHES, EMBEDDER_TOKENS, INTEGRITY_DESTINATIONS, ISOLATION_TOKENS, OPENER_TOKENS, RESPONSE_ORIGIN } from "../src/headers/tokens.ts";
import { compatOf, keysOf } from "./compat.ts";

/** The day on which a snapshot was taken, and the browser. */
export interface Taken {
	readonly browser: string;
	readonly taken: string;
}

export interface FeatureSnapshot extends Taken {
	readonly features: Readonly<Record<string, "self" | "*">>;
}

/** What Chromium parses without saying in the console that it does not know it, or no longer does. */
export interface CspSnapshot extends Taken {
	readonly directives: readonly string[];
	readonly keywords: readonly string[];
	readonly sandbox: readonly string[];
}

/** Header → value → what the console says of it, and what the page can and cannot do with it. */
export interface StructuredSnapshot extends Taken {
	readonly headers: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export const SNAPSHOTS = ["chromium-permissions-policy.json", "chromium-csp.json", "chromium-structured-headers.json"] as const;

export function readSnapshot<Snapshot extends Taken>(name: (typeof SNAPSHOTS)[number]): Snapshot {
	return JSON.parse(readFileSync(fileOf(name), "utf8"));
}

/** Takes all snapshots from one browser, so that they are of one age. */
export async function takeSnapshots(): Promise<void> {
	const { chromium } = await import("playwright-core");
	let headers: readonly (readonly [string, string])[] = [];
	const server = createServer((_req, res) => {
		for (const [name, value] of headers) res.setHeader(name, value);
		res.setHeader("Content-Type", "text/html").end("<!doctype html><title>features</title>");
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
	const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
	const origin = `http://localhost:${(server.address() as AddressInfo).port}/`;
	const answer: Answer = async (sent, expression) => {
		headers = sent;
		return saidOn(browser, origin, expression);
	};
	const about: Taken = { browser: `Chromium ${browser.version()}`, taken: new Date().toISOString().slice(0, 10) };
	try {
		headers = [];
		write("chromium-permissions-policy.json", { ...about, features: await featuresOf(browser, origin) });
		write("chromium-csp.json", { ...about, ...(await cspOf(answer, wordsIn(executablePath))) });
		write("chromium-structured-headers.json", { ...about, headers: await structuredOf(answer) });
	} finally {
		await browser.close();
		server.close();
	}
}

/** What the console says when these headers are sent, and what an expression finds on the page. */
type Answer = (headers: readonly (readonly [string, string])[], expression?: string) => Promise<readonly string[]>;

function fileOf(name: string): URL {
	return new URL(`./${name}`, import.meta.url);
}

function write<Snapshot extends Taken>(name: (typeof SNAPSHOTS)[number], snapshot: Snapshot): void {
	writeFileSync(fileOf(name), `${JSON.stringify(snapshot, undefined, "\t")}\n`);
}

async function saidOn(browser: Browser, url: string, expression = "[]"): Promise<readonly string[]> {
	const page = await browser.newPage();
	const lines: string[] = [];
	page.on("console", (message) => void lines.push(message.text()));
	await page.goto(url, { waitUntil: "load" });
	const found = await page.evaluate<readonly string[]>(expression);
	// Messages of the network are written after the page has loaded.
	await page.waitForTimeout(300);
	await page.close();
	// Of the icon, which some headers block.
	return [...lines.filter((line) => !line.startsWith("Failed to load resource")), ...found];
}

async function featuresOf(browser: Browser, url: string): Promise<FeatureSnapshot["features"]> {
	const page = await browser.newPage();
	await page.goto(url);
	// A string and not a function, because the types of the page are not those of this program.
	return page.evaluate(`(() => {
		const policy = document.permissionsPolicy ?? document.featurePolicy;
		return Object.fromEntries(policy.features().sort().map((name) => [name, policy.getAllowlistForFeature(name).includes("*") ? "*" : "self"]));
	})()`);
}

/** Words in the program that look like those of a policy: what neither we nor the data know is among them. */
function wordsIn(executable: string): readonly string[] {
	const path = [realpathSync(executable), "/usr/lib/chromium/chromium"].find((one) => (statSync(one, { throwIfNoEntry: false })?.size ?? 0) > 10_000_000);
	if (path === undefined) return [];
	const text = readFileSync(path).toString("latin1");
	return [
		...new Set(
			text.match(
				/(?<=\0)(?:'[a-z][a-z0-9-]{2,40}'|allow-[a-z-]{3,50}|[a-z]{2,20}(?:-[a-z]{2,20}){0,3}-(?:src|elem|attr|uri|to|types|for|action|ancestors))(?=\0)/g,
			),
		),
	];
}

async function cspOf(answer: Answer, found: readonly string[]): Promise<Omit<CspSnapshot, keyof Taken>> {
	const data = keysOf(NAMES.contentSecurityPolicy).map((key) => key.replaceAll("_", "-"));
	const isQuoted = (word: string): boolean => word.startsWith("'");
	const isToken = (word: string): boolean => word.startsWith("allow-");
	const known = async (candidates: readonly string[], text: (all: readonly string[]) => string, refusal: RegExp): Promise<readonly string[]> => {
		const all = [...new Set([...candidates, ...found])].sort();
		const unknown = (await answer([[NAMES.contentSecurityPolicy, text(all)]])).flatMap((line) => refusal.exec(line)?.[1] ?? []);
		return all.filter((word) => !unknown.includes(word));
	};
	const only = (words: readonly string[], isOne: (word: string) => boolean): readonly string[] => words.filter(isOne);
	const directives = [...DIRECTIVES.keys(), ...RETIRED.keys(), ...data];
	const keywords = [
		...KEYWORD_NAMES.keys(),
		...RETIRED_KEYWORDS.keys(),
		...[...data, ...keysOf(NAMES.contentSecurityPolicy, "script-src")].map((key) => `'${key}'`),
	];
	return {
		directives: only(
			await known(
				directives,
				(all) => only(all, (word) => !isQuoted(word) && !isToken(word)).join("; "),
				/^(?:Unrecognized Content-Security-Policy directive|The(?: Content-Security-Policy directive)?) '([a-z-]+)'(?:\.| (?:directive )?has been removed)/,
			),
			(word) => !isQuoted(word) && !isToken(word),
		),
		keywords: only(await known(keywords, (all) => `script-src ${only(all, isQuoted).join(" ")}`, /contains an invalid source: '('[^']+')'/), isQuoted),
		sandbox: only(await sandboxOf(answer, [...new Set([...(TOKENS.get("sandbox") ?? []), ...found])].sort()), isToken),
	};
}

/** One message names all flags that are not known. */
async function sandboxOf(answer: Answer, all: readonly string[]): Promise<readonly string[]> {
	const lines = await answer([[NAMES.contentSecurityPolicy, `sandbox ${all.filter((word) => word.startsWith("allow-")).join(" ")}`]]);
	const unknown = lines.filter((line) => line.includes("sandbox")).flatMap((line) => [...line.matchAll(/'(allow-[a-z-]+)'/g)].map(([, word]) => word));
	return all.filter((word) => !unknown.includes(word));
}

const dataTokens = (header: string): readonly string[] => keysOf(header).filter((key) => /^[a-z-]+$/.test(key));
const values = (...lists: readonly (readonly string[])[]): readonly string[] => [...new Set([...lists.flat(), "made-up"])];

/** Values of each header: what we and the data know, and one that no browser knows. Each with what has to be sent beside it for an effect. */
const STRUCTURED: readonly (readonly [name: string, values: readonly string[], beside?: readonly [string, string]])[] = [
	[NAMES.crossOriginOpenerPolicy, values(OPENER_TOKENS, dataTokens(NAMES.crossOriginOpenerPolicy)), [NAMES.crossOriginEmbedderPolicy, "require-corp"]],
	[NAMES.crossOriginEmbedderPolicy, values(EMBEDDER_TOKENS, dataTokens(NAMES.crossOriginEmbedderPolicy)), [NAMES.crossOriginOpenerPolicy, "same-origin"]],
	[NAMES.documentIsolationPolicy, values(ISOLATION_TOKENS, dataTokens(NAMES.documentIsolationPolicy))],
	[NAMES.integrityPolicy, [...INTEGRITY_DESTINATIONS, "made-up"].map((one) => `blocked-destinations=(${one})`).concat("made-up=(script)")],
	[NAMES.reportingEndpoints, ['default="/r"', "default=made-up"]],
	[
		NAMES.connectionAllowlist,
		[`(${RESPONSE_ORIGIN})`, ...CONNECTION_SWITCHES.map((name) => `(${RESPONSE_ORIGIN}); ${name}=allow`), '("https://a.example/*")', "(made-up)"],
	],
	[NAMES.originAgentCluster, ["?1", "?0", "made-up"]],
	[NAMES.permissionsPolicy, ["camera=()", "camera=(self)", "camera=*", "made-up=()"]],
];

/** What a page can tell of its headers. */
const EFFECTS = `(async () => [
	...(crossOriginIsolated ? ["isolated from other origins"] : []),
	...(originAgentCluster ? [] : ["in one agent cluster with its site"]),
	...(await fetch("/").then(() => [], () => ["no connection to its own origin"])),
	...(document.featurePolicy.allowsFeature("camera") ? [] : ["no camera"]),
])()`;

async function structuredOf(answer: Answer): Promise<StructuredSnapshot["headers"]> {
	const headers: Record<string, Record<string, readonly string[]>> = {};
	for (const [name, list, beside] of STRUCTURED) {
		const said: Record<string, readonly string[]> = {};
		for (const value of list) said[value] = await answer([[name, value], ...(beside === undefined ? [] : [beside])], EFFECTS);
		headers[name] = said;
	}
	return headers;
}

/** What to say of a snapshot that is older than the data. Undefined if it is not. */
export function ageOf(name: (typeof SNAPSHOTS)[number], day?: string): string | undefined {
	const snapshot = readSnapshot<Taken>(name);
	const taken = day ?? snapshot.taken;
	const { timestamp, version } = compatOf().__meta;
	if (taken >= timestamp.slice(0, 10)) return undefined;
	return `${name} (${snapshot.browser}, ${taken}) is older than @mdn/browser-compat-data ${version}. Run npm run features -- --snapshot.`;
}
