import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csp } from "../../src/index.ts";
import { blockFor, type CompiledPolicy, compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import type { SecureHeadersOptions } from "../../src/policy/options.ts";
import { patched } from "../../src/policy/overlay.ts";
import { overridePolicy, type PatchMode, type PolicyPatch } from "../../src/policy/override.ts";
import { accepted } from "../support/accepted.ts";
import { runs } from "../support/runs.ts";

const asked = (): string => "https://asked.example";
/** `default` is what `reporting` defines; `own` is defined by the user, or by nobody. */
const NAMES = ["default", "own"] as const;

const sources = fc.uniqueArray(fc.constantFrom<unknown>(csp.self, csp.nonce, "https://a.example", csp.strictDynamic, asked), { minLength: 1, maxLength: 3 });
const directives = {
	defaultSrc: sources,
	imgSrc: fc.oneof(sources, fc.constant(null)),
	frameAncestors: fc.constantFrom<unknown>([csp.self], ["https://partner.example"], null),
	reportTo: fc.constantFrom<unknown>(...NAMES, null),
	reportUri: fc.constantFrom<unknown>(["/_reports"], ["/own"], ["/own", "/_reports"], null),
};
const policy = some(directives, 3).map((chosen) => ({ directives: chosen }));
const word = (policy: string) => fc.oneof(fc.constant(policy), fc.record({ policy: fc.constant(policy), reportTo: fc.constantFrom(...NAMES) }));
const header = (option: fc.Arbitrary<unknown>) =>
	fc.oneof({ weight: 5, arbitrary: option }, { weight: 1, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
const headers = {
	contentSecurityPolicy: header(policy),
	contentSecurityPolicyReportOnly: header(policy),
	crossOriginOpenerPolicy: header(word("same-origin")),
	crossOriginEmbedderPolicy: header(word("require-corp")),
	documentIsolationPolicy: header(word("isolate-and-require-corp")),
	permissionsPolicy: header(fc.record({ reportTo: fc.constantFrom(...NAMES) })),
	integrityPolicy: header(fc.constantFrom({ blockedDestinations: ["script"] }, { blockedDestinations: ["script"], endpoints: ["own"] })),
	reportingEndpoints: fc.constantFrom<unknown>({ own: "/own" }, { default: "/other" }, { own: "/own", default: "/_reports" }, false),
	xFrameOptions: header(fc.constant("DENY")),
};
const general = { preset: fc.constantFrom("ssr", "strict", "api", "spa"), lock: fc.constant(["contentSecurityPolicy"]), owner: fc.constantFrom("app", "edge") };
const options = fc.tuple(some(headers, 4), some(general, 1)).map(([chosen, more]) => ({ ...chosen, ...more }) as SecureHeadersOptions);
const steps = fc.array(fc.record({ patch: some(headers, 2), mode: fc.constantFrom("extend", "extend", "replace"), inRequest: fc.boolean() }), { maxLength: 3 });

interface Step {
	readonly patch: PolicyPatch;
	readonly mode: PatchMode;
	readonly inRequest: boolean;
}

/** A few of them, each with a value of its own. */
function some(members: Readonly<Record<string, fc.Arbitrary<unknown>>>, most: number): fc.Arbitrary<Record<string, unknown>> {
	return fc
		.subarray(Object.keys(members), { maxLength: most })
		.chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, members[name] as fc.Arbitrary<unknown>]))));
}

function made(options: SecureHeadersOptions, reporting: SecureHeadersOptions["reporting"]): CompiledPolicy | undefined {
	return accepted(() => compile(createPolicy({ ...options, reporting })));
}

function overridden(below: CompiledPolicy | undefined, { patch, mode, inRequest }: Step): CompiledPolicy | undefined {
	if (below === undefined) return undefined;
	return accepted(() => (inRequest ? patched(below, patch, mode) : compile(overridePolicy(below.policy, patch, mode))));
}

/** Everything that goes out, on each kind of transport. */
function sent(compiled: CompiledPolicy, reports: boolean): readonly unknown[] {
	return [true, false].flatMap((secure) =>
		[true, false].map((hstsAllowed) =>
			blockFor(compiled, secure, hstsAllowed, reports).headers.map(({ name, text, nonced, complete, locked }) => ({
				name,
				text,
				nonced,
				completed: complete?.("default-src 'none'", 404, undefined),
				locked,
			})),
		),
	);
}

describe("where a share of the responses asks for reports", () => {
	test("a response that does not has exactly the headers of the policy without `reporting`, whatever lies on it", () => {
		const counts = { differ: 0, overridden: 0, all: 0, refused: 0 };
		fc.assert(
			fc.property(options, steps, (given, changes) => {
				let shared = made(given, { endpoint: "/_reports", fraction: 0.5 });
				let always = made(given, { endpoint: "/_reports" });
				let never = made(given, false);
				// Both have to stand on their own.
				expect(shared === undefined).toBe(always === undefined || never === undefined);
				if (shared === undefined || always === undefined) {
					counts.refused++;
					return;
				}
				expect([sent(shared, true), sent(shared, false)]).toEqual([sent(always, true), sent(never as CompiledPolicy, true)]);
				for (const step of changes as readonly Step[]) {
					const next: CompiledPolicy | undefined = overridden(shared, step);
					const nextAlways: CompiledPolicy | undefined = overridden(always, step);
					expect(next === undefined).toBe(nextAlways === undefined);
					// Refused, as without a share: the policy stays as it was.
					if (next === undefined || nextAlways === undefined) continue;
					[shared, always, never] = [next, nextAlways, overridden(never, step)];
					// What cannot go without reports goes with them on every response.
					expect([sent(shared, true), sent(shared, false)]).toEqual([sent(always, true), sent(never ?? always, true)]);
					expect(shared.reportFraction).toBe(never === undefined ? 1 : 0.5);
					counts.overridden++;
					if (never === undefined) counts.all++;
				}
				if (JSON.stringify(sent(shared, true)) !== JSON.stringify(sent(shared, false))) counts.differ++;
			}),
			{ numRuns: runs(1500), seed: 20_261 },
		);
		for (const [what, count] of Object.entries(counts)) expect([what, count > runs(1500) / 20]).toEqual([what, true]);
	});

	test("a policy of which every response asks has one set of headers", () => {
		for (const reporting of [false, { endpoint: "/_reports" }, { endpoint: "/_reports", fraction: 1 }] as const) {
			const compiled = compile(createPolicy({ reporting }));
			expect(blockFor(compiled, true, true, false)).toBe(blockFor(compiled, true, true, true));
		}
		const shared = compile(createPolicy({ reporting: { endpoint: "/_reports", fraction: 0.5 } }));
		expect(blockFor(shared, true, true, false)).not.toBe(blockFor(shared, true, true, true));
	});
});
