/**
 * Generates src/headers/permissions-policy/features.ts: the feature names of @mdn/browser-compat-data and of a real Chromium, without the retired
 * ones. `npm run features -- --snapshot` first takes all snapshots of the installed Chromium.
 */
import { writeFileSync } from "node:fs";
import { camel } from "../src/core/text.ts";
import { DENIED } from "../src/headers/permissions-policy/denied.ts";
import { RETIRED_FEATURES } from "../src/headers/permissions-policy/retired.ts";
import { compatOf, keysOf, partOf } from "./compat.ts";
import { FEATURE_PROSE } from "./feature-prose.ts";
import { type FeatureSnapshot, readSnapshot, takeSnapshots } from "./snapshots.ts";

const OUTPUT = new URL("../src/headers/permissions-policy/features.ts", import.meta.url);
const OPTIONS = new URL("../src/headers/permissions-policy/feature-options.ts", import.meta.url);
const PAGE = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy";
/** Sub-features of the compatibility data that describe syntax, not a feature. */
export const NOT_FEATURES: ReadonlySet<string> = new Set(["wildcards"]);

export function generate(): string {
	const snapshot = readSnapshot<FeatureSnapshot>("chromium-permissions-policy.json");
	const documented = keysOf("Permissions-Policy").filter((name) => !NOT_FEATURES.has(name));
	const names = [...new Set([...documented, ...Object.keys(snapshot.features)])].filter((name) => !RETIRED_FEATURES.has(name)).sort();
	return [
		`// Written by scripts/features.ts from @mdn/browser-compat-data ${compatOf().__meta.version} and ${snapshot.browser}. Do not edit.`,
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
	const members = Object.entries(FEATURE_PROSE).map(([name, sentence]) => {
		const isDenied = (DENIED as readonly string[]).includes(name);
		return [
			"\t/**",
			`\t * ${sentence}`,
			`\t * @defaultValue ${isDenied ? "[]" : "the browser's own"}`,
			`\t * @example ["self", "https://partner.example"]`,
			`\t * @see {@link ${partOf("Permissions-Policy", name)?.__compat?.mdn_url ?? PAGE}}`,
			"\t */",
			`\treadonly ${camel(name)}?: PermissionsPolicyAllowlist | null | undefined;`,
		].join("\n");
	});
	return [
		`// Written by scripts/features.ts from @mdn/browser-compat-data ${compatOf().__meta.version} and scripts/feature-prose.ts. Do not edit.`,
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

if (process.argv[1] !== undefined && import.meta.url.endsWith(process.argv[1].replaceAll("\\", "/").split("/").pop() ?? "")) {
	if (process.argv.includes("--snapshot")) await takeSnapshots();
	writeFileSync(OUTPUT, generate());
	writeFileSync(OPTIONS, generateOptions());
}
