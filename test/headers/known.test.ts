import { describe, expect, test } from "vitest";
import { keysOf, partOf, versionsOf } from "../../scripts/compat.ts";
import { EXCEPTIONS } from "../../scripts/known-exceptions.ts";
import { ageOf, type CspSnapshot, type FeatureSnapshot, readSnapshot, SNAPSHOTS, type StructuredSnapshot } from "../../scripts/snapshots.ts";
import { DIRECTIVES, RETIRED, TOKENS } from "../../src/csp/directives.ts";
import { KEYWORD_NAMES, RETIRED_KEYWORDS } from "../../src/csp/keywords.ts";
import { HEADER_FACTS, NAMES } from "../../src/headers/facts.ts";
import { FEATURES } from "../../src/headers/permissions-policy/features.ts";
import { RETIRED_FEATURES } from "../../src/headers/permissions-policy/retired.ts";
import {
	CLEARED_TYPES,
	EMBEDDER_TOKENS,
	FRAME_TOKENS,
	INTEGRITY_DESTINATIONS,
	ISOLATION_TOKENS,
	OPENER_TOKENS,
	REFERRER_TOKENS,
} from "../../src/headers/tokens.ts";

const CSP = NAMES.contentSecurityPolicy;
const csp = readSnapshot<CspSnapshot>("chromium-csp.json");
const structured = readSnapshot<StructuredSnapshot>("chromium-structured-headers.json");
const features = readSnapshot<FeatureSnapshot>("chromium-permissions-policy.json");

const directives: ReadonlySet<string> = new Set([...DIRECTIVES.keys(), ...RETIRED.keys()]);
const keywords: ReadonlySet<string> = new Set([...KEYWORD_NAMES.keys(), ...RETIRED_KEYWORDS.keys()]);
const destinations = INTEGRITY_DESTINATIONS.map((one) => `blocked-destinations_${one}`);

/** The parts of each header in the data, with those that we know. */
const PARTS: readonly (readonly [header: string, known: readonly string[], below?: string])[] = [
	[CSP, [...directives, ...[...keywords].map((word) => word.slice(1, -1))]],
	[CSP, [...keywords].map((word) => word.slice(1, -1)), "script-src"],
	...[...DIRECTIVES.keys()].filter((name) => name !== "script-src").map((name) => [CSP, [], name] as const),
	[NAMES.permissionsPolicy, [...FEATURES, ...RETIRED_FEATURES.keys()]],
	[NAMES.crossOriginOpenerPolicy, OPENER_TOKENS],
	[NAMES.crossOriginEmbedderPolicy, EMBEDDER_TOKENS],
	[NAMES.documentIsolationPolicy, ISOLATION_TOKENS],
	[NAMES.integrityPolicy, destinations],
	[NAMES.integrityPolicyReportOnly, destinations],
	[NAMES.referrerPolicy, REFERRER_TOKENS],
	[NAMES.xFrameOptions, FRAME_TOKENS],
	["Clear-Site-Data", CLEARED_TYPES],
];
const LISTED = new Set(PARTS.map(([header]) => header));
const ALL: typeof PARTS = [...PARTS, ...HEADER_FACTS.filter(({ name }) => !LISTED.has(name)).map(({ name }) => [name, []] as const)];

function missing(header: string, known: readonly string[], below?: string): readonly string[] {
	const place = below === undefined ? header : `${header} ${below}`;
	return keysOf(header, below)
		.filter((key) => !known.includes(key))
		.map((key) => `${place} ${key}`);
}

describe("the lists are as young as the browsers", () => {
	test.each(SNAPSHOTS)("%s is not older than the compatibility data", (name) => {
		expect(ageOf(name)).toBeUndefined();
	});

	test("a snapshot that is older is named, with what to run", () => {
		expect(ageOf("chromium-csp.json", "2000-01-01")).toMatch(
			/^chromium-csp\.json \(Chromium [\d.]+, 2000-01-01\) is older than @mdn\/browser-compat-data [\d.]+\. Run npm run features -- --snapshot\.$/,
		);
	});

	test.each(ALL.map(([header, known, below]) => [below === undefined ? header : `${header} ${below}`, header, known, below] as const))(
		"we know what the data has of %s, or say why not",
		(_title, header, known, below) => {
			expect(missing(header, known, below).filter((one) => !EXCEPTIONS.has(one))).toEqual([]);
		},
	);

	test("each exception is needed, and has its reason", () => {
		const needed = ALL.flatMap(([header, known, below]) => missing(header, known, below));
		expect([...EXCEPTIONS.keys()].filter((one) => !needed.includes(one))).toEqual([]);
		for (const reason of EXCEPTIONS.values()) expect(reason).toMatch(/^[A-Z].*\.$/);
	});

	test("we know each directive, keyword, token and feature that Chromium parses", () => {
		expect(csp.directives.filter((name) => !directives.has(name))).toEqual([]);
		expect(csp.keywords.filter((word) => !keywords.has(word) && TOKENS.get("require-trusted-types-for")?.includes(word) !== true)).toEqual([]);
		expect(csp.sandbox.filter((word) => TOKENS.get("sandbox")?.includes(word) !== true)).toEqual([]);
		expect(Object.keys(features.features).filter((name) => !(FEATURES as readonly string[]).includes(name) && !RETIRED_FEATURES.has(name))).toEqual([]);
	});

	test("Chromium parses each directive, token and keyword of ours, and none that was removed", () => {
		expect([...DIRECTIVES.keys()].filter((name) => !csp.directives.includes(name))).toEqual([]);
		expect([...RETIRED.keys()].filter((name) => csp.directives.includes(name))).toEqual(["block-all-mixed-content"]);
		expect(TOKENS.get("sandbox")?.filter((word) => !csp.sandbox.includes(word))).toEqual([]);
		// These two are words of the directives of Trusted Types.
		expect([...KEYWORD_NAMES.keys()].filter((word) => !csp.keywords.includes(word))).toEqual(["'script'", "'allow-duplicates'"]);
		expect([...RETIRED_KEYWORDS.keys()].filter((word) => csp.keywords.includes(word))).toEqual(["'wasm-eval'"]);
	});

	test("each word of ours for a structured header has another effect in Chromium than a word that does not exist, or the reason is here", () => {
		const same = Object.entries(structured.headers).flatMap(([header, said]) => {
			const [, nothing = []] = Object.entries(said).find(([value]) => value.includes("made-up")) ?? [];
			return Object.entries(said).flatMap(([value, found]) => (!value.includes("made-up") && found.join() === nothing.join() ? [`${header}: ${value}`] : []));
		});
		expect(same).toEqual(SAME);
	});
});

/** What a page cannot see in itself, or what is the default. */
const SAME: readonly string[] = [
	"Cross-Origin-Opener-Policy: same-origin-allow-popups",
	"Cross-Origin-Opener-Policy: noopener-allow-popups",
	"Cross-Origin-Opener-Policy: unsafe-none",
	"Cross-Origin-Embedder-Policy: unsafe-none",
	"Document-Isolation-Policy: none",
	'Reporting-Endpoints: default="/r"',
	'Connection-Allowlist: ("https://a.example/*")',
	"Origin-Agent-Cluster: ?1",
];

test("the pages show the support of each directive that the data has", () => {
	expect(versionsOf(partOf(CSP, "script-src"))).toHaveLength(6);
	expect([...DIRECTIVES.keys()].filter((name) => versionsOf(partOf(CSP, name)) === undefined)).toEqual([]);
});
