/**
 * Generates src/headers/permissions-policy/features.ts: the feature names of @mdn/browser-compat-data and of a real Chromium, without the retired
 * ones. `npm run features -- --snapshot` updates chromium-permissions-policy.json beside this file.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { camel } from "../src/core/text.ts";
import { DENIED } from "../src/headers/permissions-policy/denied.ts";
import { RETIRED_FEATURES } from "../src/headers/permissions-policy/retired.ts";
import { FEATURE_PROSE } from "./feature-prose.ts";

const SNAPSHOT = new URL("./chromium-permissions-policy.json", import.meta.url);
const OUTPUT = new URL("../src/headers/permissions-policy/features.ts", import.meta.url);
const OPTIONS = new URL("../src/headers/permissions-policy/feature-options.ts", import.meta.url);
const PAGE = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy";
/** Sub-features of the compatibility data that describe syntax, not a feature. */
const NOT_FEATURES = new Set(["__compat", "wildcards"]);

interface CompatData {
	readonly __meta: { readonly version: string };
	readonly http: { readonly headers: Readonly<Record<string, object>> };
}

interface Snapshot {
	readonly browser: string;
	readonly features: Readonly<Record<string, "self" | "*">>;
}

export function generate(): string {
	const snapshot = JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Snapshot;
	const bcd = createRequire(import.meta.url)("@mdn/browser-compat-data") as CompatData;
	const documented = Object.keys(bcd.http.headers["Permissions-Policy"] ?? {}).filter((name) => !NOT_FEATURES.has(name));
	const names = [...new Set([...documented, ...Object.keys(snapshot.features)])].filter((name) => !RETIRED_FEATURES.has(name)).sort();
	return [
		`// Written by scripts/features.ts from @mdn/browser-compat-data ${bcd.__meta.version} and ${snapshot.browser}. Do not edit.`,
		"",
		"/** The features that browsers can be told to deny. */",
		"export type PermissionsPolicyFeature =",
		`${names.map((name) => `\t| "${name}"`).join("\n")};`,
		"",
		"/** Every known feature; each is `satisfies`-checked against the type by being listed there. */",
		"export const FEATURES: readonly PermissionsPolicyFeature[] = [",
		...names.map((name) => `\t"${name}",`),
		"];",
		"",
	].join("\n");
}

/** The options of the features, with the documentation that editors show. */
export function generateOptions(): string {
	const bcd = createRequire(import.meta.url)("@mdn/browser-compat-data") as CompatData;
	const data = bcd.http.headers["Permissions-Policy"] as Readonly<Record<string, { readonly __compat?: { readonly mdn_url?: string } }>>;
	const members = Object.entries(FEATURE_PROSE).map(([name, sentence]) => {
		const isDenied = (DENIED as readonly string[]).includes(name);
		return [
			"\t/**",
			`\t * ${sentence}`,
			`\t * @defaultValue ${isDenied ? "[]" : "the browser's own"}`,
			`\t * @example ["self", "https://partner.example"]`,
			`\t * @see {@link ${data[name]?.__compat?.mdn_url ?? PAGE}}`,
			"\t */",
			`\treadonly ${camel(name)}?: PermissionsPolicyAllowlist | null | undefined;`,
		].join("\n");
	});
	return [
		`// Written by scripts/features.ts from @mdn/browser-compat-data ${bcd.__meta.version} and scripts/feature-prose.ts. Do not edit.`,
		"",
		'import type { PermissionsPolicyFeature } from "./features.ts";',
		"",
		'/** Who may use a feature: no one (`[]`), the page itself (`"self"`), origins, or everyone (`"*"`). */',
		'export type PermissionsPolicyAllowlist = "*" | "self" | readonly string[];',
		"",
		"/** Features by name, camelCase or kebab-case. `null` leaves a feature to the browser's default. */",
		"export type PermissionsPolicyFeatures = CamelCaseFeatures & {",
		"\treadonly [Name in PermissionsPolicyFeature]?: PermissionsPolicyAllowlist | null | undefined;",
		"};",
		"",
		"interface CamelCaseFeatures {",
		members.join("\n"),
		"}",
		"",
	].join("\n");
}

async function takeSnapshot(): Promise<Snapshot> {
	const { chromium } = await import("playwright-core");
	const server = createServer((_req, res) => res.setHeader("Content-Type", "text/html").end("<title>features</title>"));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
	const page = await browser.newPage();
	await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
	// A string and not a function, because the types of the page are not those of this program.
	const features = (await page.evaluate(`(() => {
		const policy = document.permissionsPolicy ?? document.featurePolicy;
		return Object.fromEntries(policy.features().sort().map((name) => [name, policy.getAllowlistForFeature(name).includes("*") ? "*" : "self"]));
	})()`)) as Snapshot["features"];
	const version = browser.version();
	await browser.close();
	server.close();
	return { browser: `Chromium ${version}`, features };
}

if (process.argv[1] !== undefined && import.meta.url.endsWith(process.argv[1].replaceAll("\\", "/").split("/").pop() ?? "")) {
	if (process.argv.includes("--snapshot")) writeFileSync(SNAPSHOT, `${JSON.stringify(await takeSnapshot(), undefined, "\t")}\n`);
	writeFileSync(OUTPUT, generate());
	writeFileSync(OPTIONS, generateOptions());
}
