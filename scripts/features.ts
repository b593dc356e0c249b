/**
 * Writes src/headers/permissions-policy/features.ts: the feature names of @mdn/browser-compat-data
 * together with those that a real Chromium reports (chromium-permissions-policy.json beside this file, which
 * `npm run features -- --snapshot` takes anew), less the retired ones.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { RETIRED_FEATURES } from "../src/headers/permissions-policy/retired.ts";

const SNAPSHOT = new URL("./chromium-permissions-policy.json", import.meta.url);
const OUTPUT = new URL("../src/headers/permissions-policy/features.ts", import.meta.url);
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

async function takeSnapshot(): Promise<Snapshot> {
	const { chromium } = await import("playwright-core");
	const server = createServer((_req, res) => res.setHeader("Content-Type", "text/html").end("<title>features</title>"));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
	const page = await browser.newPage();
	await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
	// Text, not a function: the page's types are not this program's.
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
}
