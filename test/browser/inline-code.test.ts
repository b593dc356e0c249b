import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES, type Window } from "../support/engines.ts";
import { ENGINE_NAMES, type Engine, runsInline, runsInlineIn } from "../support/inline-code.ts";
import { PIECES, type Piece, ranUnder } from "../support/inline-frames.ts";

const ALL = Object.keys(PIECES) as readonly Piece[];
const SCRIPTS = ALL.filter((name) => !name.startsWith("style"));
const STYLES = ALL.filter((name) => name.startsWith("style"));

const hash = (text: string, algorithm = "sha256"): string => `'${algorithm}-${createHash(algorithm).update(text).digest("base64")}'`;
const A43 = "A".repeat(43);

/** What runs where `'unsafe-inline'` stands beside a source: engines part where the grammar of nonces and hashes is left. */
const BESIDE: readonly (readonly [source: string, ...runsIn: readonly Engine[]])[] = [
	["'nonce-abc'"],
	["'NONCE-abc'"],
	["'nonce-abc=='"],
	["'nonce-'", ...ENGINE_NAMES],
	["'nonce-abc$'", ...ENGINE_NAMES],
	["nonce-abc", ...ENGINE_NAMES],
	["'nonce-abc==='", "Chromium", "Firefox"],
	["'nonce-a=b'", "Chromium", "Firefox"],
	["'nonce-='", "Chromium", "Firefox"],
	[`'sha256-${A43}='`],
	[`'SHA256-${A43}'`],
	["'sha256-abc'"],
	["'sha384-ab_-'"],
	["'sha256-ab='"],
	["'sha256-'", ...ENGINE_NAMES],
	["'sha256-abc$'", ...ENGINE_NAMES],
	["'sha257-abc'", ...ENGINE_NAMES],
	["'sha1-abc='", ...ENGINE_NAMES],
	[`'sha256-${A43}==='`, ...ENGINE_NAMES],
	[`'sha256-${A43}=='`, "Chromium"],
	["'sha256-abcd='", "Chromium"],
	["'sha256-a'", "Chromium", "WebKit"],
	["'sha256-abcde'", "Chromium", "WebKit"],
	[`'sha512-${"A".repeat(88)}'`, "WebKit"],
	[`'sha-256-${A43}='`, "Firefox", "WebKit"],
	["'strict-dynamic'"],
	["'Strict-Dynamic'"],
	["'unsafe-hashes'", ...ENGINE_NAMES],
	["'report-sha256'", ...ENGINE_NAMES],
	["'none'", ...ENGINE_NAMES],
];

const KEYWORDS = ["'unsafe-inline'", "'UNSAFE-inline'", "'nonce-abc'", "'nonce-ABC'", "'strict-dynamic'", "'unsafe-hashes'", "'self'", "'none'", "*", "https:"];
const HASHES = Object.values(PIECES).flatMap(({ text }) => [hash(text), hash(text, "sha512")]);
const DIRECTIVES = ["default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr"];

const PICKED: readonly string[] = [
	"img-src 'none'",
	...BESIDE.map(([source]) => `script-src 'unsafe-inline' ${source}; style-src 'unsafe-inline' ${source}`),
	...DIRECTIVES.flatMap((name) => [name, `${name} 'unsafe-inline'`, `${name} 'unsafe-inline' 'strict-dynamic'`, `${name} 'nonce-abc'`]),
	...DIRECTIVES.flatMap((name) => [`${name} ${HASHES.join(" ")}`, `${name} 'unsafe-hashes' ${HASHES.join(" ")}`]),
	"default-src 'none'; script-src 'unsafe-inline'",
	"script-src 'none'; script-src-elem 'unsafe-inline'",
	"script-src 'none'; script-src-attr 'unsafe-inline'",
	"SCRIPT-SRC\t'unsafe-inline';; default-src 'none'",
	"script-src 'none'; script-src 'unsafe-inline'",
	"script-srcx 'none'",
	"script-src 'unsafe-inline', script-src 'unsafe-inline' 'nonce-abc'",
	"script-src 'unsafe-inline', default-src 'unsafe-inline'",
	"script-src 'none' \u00e9",
	"script-src 'none' \u00e9; script-src 'nonce-abc'",
	"sandbox allow-same-origin",
	"sandbox allow-same-origin Allow-Scripts",
	"require-trusted-types-for 'script'",
	"require-trusted-types-for 'SCRIPT'",
];

const list = fc.array(fc.constantFrom("'unsafe-inline'", ...KEYWORDS, ...HASHES, ...BESIDE.map(([source]) => source)), { maxLength: 4 });
const directive = fc.record({ name: fc.constantFrom(...DIRECTIVES), sources: list });
const policy = fc.array(directive, { minLength: 1, maxLength: 4 }).map((all) => all.map(({ name, sources }) => [name, ...sources].join(" ")).join("; "));
const GENERATED: readonly string[] = fc.sample(fc.oneof({ weight: 4, arbitrary: policy }, fc.tuple(policy, policy).map(String)), { seed: 20_26, numRuns: 120 });

describe.each(ENGINES)("in $name", ({ name: engine, start }) => {
	let window: Window;
	beforeAll(async () => {
		window = await start();
	});
	afterAll(() => window?.close());

	test("picked policies let run what the model says", async () => {
		expect(await differences(window, engine, PICKED)).toEqual([]);
	});

	test("generated policies let run what the model says", async () => {
		expect(await differences(window, engine, GENERATED)).toEqual([]);
	});
});

test.each(BESIDE)("beside 'unsafe-inline', %s leaves a script running in the engines that do not take it", (source, ...engines) => {
	for (const directive of ["default-src", "script-src", "script-src-elem"]) {
		const policy = `${directive} 'self' 'unsafe-inline' ${source}`;
		expect(ENGINE_NAMES.filter((engine) => runsInlineIn(engine, policy, "script"))).toEqual(engines);
		expect(runsInline(policy, "script")).toBe(engines.length > 0);
	}
});

test.each<[policy: string | readonly string[], runs: readonly Piece[]]>([
	["", ALL],
	["default-src 'self'", []],
	["script-src 'self'", STYLES],
	["default-src 'self'; style-src 'unsafe-inline'", STYLES],
	["default-src 'self'; script-src 'self' 'nonce-abc'; style-src 'self' 'nonce-abc'", ["script with the nonce", "style with the nonce"]],
	["default-src 'nonce-abc'; script-src-attr 'unsafe-inline'", ["script with the nonce", "handler", "style with the nonce"]],
	["script-src 'self' 'nonce-abc', default-src 'unsafe-inline'", ["script with the nonce", ...STYLES]],
	[["script-src 'self' 'nonce-abc'", "style-src 'none'"], ["script with the nonce"]],
	[`default-src ${hash(PIECES.script.text)} ${hash(PIECES.handler.text)}`, ["script"]],
	[`default-src 'unsafe-hashes' ${hash(PIECES.script.text)} ${hash(PIECES.handler.text)}`, ["script", "handler"]],
	["sandbox", STYLES],
	["require-trusted-types-for 'script'", ALL.filter((name) => name !== "javascript: URL")],
	["style-src 'unsafe-inline' 'strict-dynamic'; script-src 'unsafe-inline' 'strict-dynamic'", STYLES],
	["img-src 'none'; style-src 'none'", SCRIPTS],
])("under %j the model lets run %j", (policy, runs) => {
	expect(ALL.filter((name) => runsInline(policy, PIECES[name].kind, PIECES[name]))).toEqual(runs);
});

/** Where the engine and the model part. The sample must show each piece both running and blocked. */
async function differences(window: Window, engine: Engine, policies: readonly string[]): Promise<readonly string[]> {
	const ran = await ranUnder(window, policies);
	for (const name of ALL) {
		expect(new Set(ran.map((names) => names.includes(name))).size, name).toBe(2);
	}
	return policies.flatMap((policy, index) =>
		ALL.filter((name) => runsInlineIn(engine, policy, PIECES[name].kind, PIECES[name]) !== ran[index]?.includes(name)).map(
			(name) => `${policy}: the ${name} ${ran[index]?.includes(name) ? "ran" : "did not run"}`,
		),
	);
}
