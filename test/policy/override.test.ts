import type { ServerResponse } from "node:http";
import express from "express";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { effective } from "../../src/csp/model.ts";
import { parse } from "../../src/csp/serialize.ts";
import {
	csp,
	getNonce,
	type HeadguardEvent,
	PolicyError,
	type PolicyPatch,
	type SecureHeaders,
	type SecureHeadersOptions,
	secureHeaders,
} from "../../src/index.ts";
import { compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import { overridePolicy } from "../../src/policy/override.ts";
import { blockFor } from "../../src/response/wire.ts";
import { runs } from "../support/runs.ts";
import { type Answer, listen } from "../support/stacks.ts";

const HTTPS = 3;
const textsOf = (policy: ReturnType<typeof createPolicy>): Record<string, string> =>
	Object.fromEntries(compile(policy).blocks[HTTPS]?.headers.map(({ name, text, nonced }) => [name, nonced?.join("N") ?? text]) ?? []);

/** A policy with only these directives, changed by a patch of directives. */
const changed = (base: object, mode: "extend" | "replace", directives: object) =>
	textsOf(overridePolicy(createPolicy({ contentSecurityPolicy: { useDefaults: false, directives: base } }), { contentSecurityPolicy: { directives } }, mode))[
		"Content-Security-Policy"
	];

const refusal = (act: () => unknown): readonly string[] => {
	try {
		act();
	} catch (error) {
		if (error instanceof PolicyError) return error.issues.map(({ path, code }) => `${path} ${code}`);
		throw error;
	}
	return [];
};

const A = "https://a.example";
const B = "https://b.example";
const { self, none, nonce, strictDynamic, unsafeInline } = csp;

describe("extend adds", () => {
	test.each<[base: object, added: object, text: string]>([
		[{ imgSrc: [self] }, { imgSrc: [A] }, `img-src 'self' ${A}`],
		[{ imgSrc: [self] }, { "img-src": A }, `img-src 'self' ${A}`],
		[{ imgSrc: [none] }, { imgSrc: [A] }, `img-src ${A}`],
		[{ defaultSrc: [self] }, { imgSrc: [A] }, `default-src 'self'; img-src 'self' ${A}`],
		[{ defaultSrc: [none] }, { imgSrc: [A] }, `default-src 'none'; img-src ${A}`],
		[
			{ defaultSrc: [self], scriptSrc: [B, nonce] },
			{ scriptSrcElem: [A] },
			`default-src 'self'; script-src ${B} 'nonce-N'; script-src-elem 'nonce-N' ${A} ${B}`,
		],
		[
			{ defaultSrc: [self], scriptSrc: [B, nonce] },
			{ scriptSrcAttr: [csp.unsafeHashes] },
			`default-src 'self'; script-src ${B} 'nonce-N'; script-src-attr 'unsafe-hashes'`,
		],
		[{ scriptSrc: [B], childSrc: [self] }, { workerSrc: [A] }, `child-src 'self'; script-src ${B}; worker-src 'self' ${A}`],
		[{ scriptSrc: [B] }, { workerSrc: ["blob:"] }, `script-src ${B}; worker-src blob: ${B}`],
		// child-src would come between workers and script-src: what workers may load now is written out.
		[{ defaultSrc: [self], scriptSrc: ["blob:"] }, { childSrc: [A] }, `default-src 'self'; child-src 'self' ${A}; script-src blob:; worker-src blob:`],
		[{ childSrc: [self] }, { frameSrc: [A] }, `child-src 'self'; frame-src 'self' ${A}`],
		[{ frameAncestors: [none] }, { frameAncestors: [A] }, `frame-ancestors ${A}`],
		[{ frameAncestors: [self] }, { frameAncestors: [A] }, `frame-ancestors 'self' ${A}`],
		[{ scriptSrc: [nonce, strictDynamic] }, { scriptSrc: [A] }, `script-src 'nonce-N' 'strict-dynamic' ${A}`],
		[{ scriptSrc: [nonce] }, { scriptSrc: [strictDynamic] }, "script-src 'nonce-N' 'strict-dynamic'"],
		[{ scriptSrc: [self] }, { scriptSrc: [nonce] }, "script-src 'self' 'nonce-N'"],
		[{ imgSrc: [self], reportUri: ["/a"] }, { reportUri: ["/b"] }, "img-src 'self'; report-uri /a /b"],
		[{ imgSrc: [self] }, { reportUri: ["/b"] }, "img-src 'self'; report-uri /b"],
		[{ imgSrc: [self] }, { upgradeInsecureRequests: true }, "img-src 'self'; upgrade-insecure-requests"],
		[{ imgSrc: [self], fontSrc: [self] }, { fontSrc: null }, "img-src 'self'"],
		[{ sandbox: ["allow-scripts"] }, { sandbox: ["allow-forms"] }, "sandbox allow-forms allow-scripts"],
		[{ imgSrc: [self] }, {}, "img-src 'self'"],
	])("%j and %j is %s", (base, added, text) => {
		expect(changed(base, "extend", added)).toBe(text);
	});

	test.each<[base: object, added: object, ...refused: string[]]>([
		[{ imgSrc: [self] }, { imgSrc: [none] }, "imgSrc override/restricts"],
		[{ imgSrc: [self] }, { fontSrc: [A] }, "fontSrc override/restricts"],
		[{ imgSrc: [self] }, { frameAncestors: [A] }, "frameAncestors override/restricts"],
		[{ imgSrc: [self] }, { baseUri: [A], formAction: [A] }, "baseUri override/restricts", "formAction override/restricts"],
		[{ imgSrc: [self] }, { sandbox: ["allow-forms"] }, "sandbox override/restricts"],
		[{ imgSrc: [self] }, { requireTrustedTypesFor: [csp.script] }, "requireTrustedTypesFor override/restricts"],
		[{ scriptSrc: [self, A] }, { scriptSrc: [strictDynamic, nonce] }, "scriptSrc override/restricts"],
		[{ styleSrc: [self, unsafeInline] }, { styleSrc: [nonce] }, "styleSrc override/restricts"],
		[{ scriptSrc: [self, csp.inlineSpeculationRules] }, { scriptSrc: [nonce] }, "scriptSrc override/restricts"],
		[{ styleSrc: [self, nonce] }, { styleSrc: [unsafeInline] }, "styleSrc override/no-effect"],
		[{ styleSrc: [self, csp.hash("sha256", "x")] }, { styleSrcElem: [unsafeInline] }, "styleSrcElem override/no-effect"],
		[{ imgSrc: [self] }, { imgSrc: ["self"] }, "imgSrc[0] csp/unquoted-keyword"],
		[{ imgSrc: [self] }, { imgSrc: ["a; script-src *"] }, "imgSrc[0] csp/separator"],
		[{ imgSrc: [self] }, { imageSrc: [A] }, "imageSrc csp/unknown-directive"],
		[{ imgSrc: [self] }, { imgSrc: [] }, "imgSrc csp/empty-directive"],
	])("%j and %j is refused", (base, added, ...refused) => {
		expect([...refusal(() => changed(base, "extend", added))].sort()).toEqual(refused.map((line) => `extend.contentSecurityPolicy.directives.${line}`));
	});

	test("other headers: one value takes the new one, lists grow, true and false switch", () => {
		const base = createPolicy({ reportingEndpoints: { a: "/a" } });
		const patch: PolicyPatch = {
			crossOriginOpenerPolicy: "same-origin-allow-popups",
			strictTransportSecurity: { preload: true },
			permissionsPolicy: { features: { camera: ["self", A], usb: null } },
			reportingEndpoints: { b: "/b" },
			originAgentCluster: false,
			crossOriginEmbedderPolicy: true,
		};
		const texts = textsOf(overridePolicy(base, patch, "extend"));
		expect(texts["Cross-Origin-Opener-Policy"]).toBe("same-origin-allow-popups");
		expect(texts["Strict-Transport-Security"]).toBe("max-age=31536000; includeSubDomains; preload");
		expect(texts["Permissions-Policy"]).toContain(`camera=(self "${A}"), `);
		expect(texts["Permissions-Policy"]).not.toContain("usb");
		expect(texts["Permissions-Policy"]).toContain("geolocation=()");
		expect(texts["Reporting-Endpoints"]).toBe('a="/a", b="/b"');
		expect(texts["Origin-Agent-Cluster"]).toBeUndefined();
		expect(texts["Cross-Origin-Embedder-Policy"]).toBe("require-corp");
		expect(textsOf(overridePolicy(overridePolicy(base, { referrerPolicy: false }, "extend"), { referrerPolicy: true }, "extend"))["Referrer-Policy"]).toBe(
			"strict-origin-when-cross-origin",
		);
	});

	test.each<[PolicyPatch, string]>([
		[{ permissionsPolicy: { features: { fullscreen: ["self"] } } }, "extend.permissionsPolicy.features.fullscreen override/restricts"],
		[{ permissionsPolicy: { features: { camera: [] } } }, "extend.permissionsPolicy.features.camera override/restricts"],
		[{ contentSecurityPolicyReportOnly: { directives: { imgSrc: [A] } } }, "extend.contentSecurityPolicyReportOnly override/header-off"],
		[{ reportingEndpoints: { a: "/r" } }, "extend.reportingEndpoints override/header-off"],
		[{ hsts: false } as PolicyPatch, "extend.hsts option/alias"],
		[{ secure: true } as PolicyPatch, "extend.secure option/unknown"],
		[{ referrerPolicy: null } as never, "extend.referrerPolicy option/type"],
		[{ contentSecurityPolicy: { directives: { reportTo: "x" } } }, "extend.contentSecurityPolicy report/endpoint-undefined"],
		[{ contentSecurityPolicy: { useDefaults: false } }, "extend.contentSecurityPolicy.useDefaults option/unknown"],
		["x" as never, "extend option/type"],
	])("%j is refused", (patch, refused) => {
		expect(refusal(() => secureHeaders().extend(patch))).toEqual([refused]);
	});

	test("a deleted directive is warned of, with what governs it now", () => {
		const { warnings } = overridePolicy(createPolicy(), { contentSecurityPolicy: { directives: { imgSrc: null, formAction: null } } }, "extend");
		expect(warnings.filter(({ code }) => code === "override/deleted").map(({ message }) => message)).toEqual([
			"default-src governs img-src now.",
			"nothing limits form-action any more.",
		]);
	});
});

describe("replace takes the place of what it names", () => {
	test("a CSP starts from nothing, the other headers stay", () => {
		const texts = textsOf(overridePolicy(createPolicy(), { contentSecurityPolicy: { directives: { defaultSrc: [self], frameAncestors: [A] } } }, "replace"));
		expect(texts["Content-Security-Policy"]).toBe(`default-src 'self'; frame-ancestors ${A}`);
		expect(texts["X-Frame-Options"]).toBeUndefined();
		expect(texts["Referrer-Policy"]).toBe("strict-origin-when-cross-origin");
	});

	test("so does everything else", () => {
		const base = createPolicy({ strictTransportSecurity: { maxAge: 1, includeSubDomains: false } });
		const texts = textsOf(overridePolicy(base, { strictTransportSecurity: {}, permissionsPolicy: { features: { camera: [] } } }, "replace"));
		expect(texts["Strict-Transport-Security"]).toBe("max-age=31536000; includeSubDomains");
		expect(texts["Permissions-Policy"]).toBe("camera=()");
	});
});

test.each<[string[], string | undefined]>([
	[["'self'"], "SAMEORIGIN"],
	[["'none'"], "DENY"],
	[[A], undefined],
])("X-Frame-Options follows the frame-ancestors %j of an override", (frameAncestors, text) => {
	const patch: PolicyPatch = { contentSecurityPolicy: { directives: { frameAncestors } } };
	expect(textsOf(overridePolicy(createPolicy(), patch, "replace"))["X-Frame-Options"]).toBe(text);
	expect(textsOf(overridePolicy(createPolicy({ xFrameOptions: "DENY" }), patch, "replace"))["X-Frame-Options"]).toBe("DENY");
	expect(textsOf(overridePolicy(createPolicy({ xFrameOptions: "SAMEORIGIN" }), { ...patch, xFrameOptions: true }, "replace"))["X-Frame-Options"]).toBe(text);
});

describe("properties of extend", () => {
	const source = fc.constantFrom(self, A, B, "https://c.example", "data:", "blob:", "*.d.example");
	const directive = fc.constantFrom(
		"default-src",
		"script-src",
		"script-src-elem",
		"style-src",
		"img-src",
		"worker-src",
		"child-src",
		"frame-src",
		"frame-ancestors",
		"connect-src",
	);
	const patch = fc.dictionary(directive, fc.uniqueArray(source, { minLength: 1, maxLength: 3 }), { minKeys: 1, maxKeys: 3 });
	const base = fc
		.dictionary(directive, fc.oneof(fc.constant([none]), fc.uniqueArray(source, { minLength: 1, maxLength: 3 })), { maxKeys: 5 })
		.map((given) => ({ "default-src": [self], "frame-ancestors": [self], ...given }));
	const policyOf = (directives: object) => createPolicy({ contentSecurityPolicy: { useDefaults: false, directives } } as SecureHeadersOptions);
	const add = (policy: ReturnType<typeof createPolicy>, ...patches: object[]) =>
		patches.reduce<ReturnType<typeof createPolicy>>(
			(before, directives) => overridePolicy(before, { contentSecurityPolicy: { directives } } as PolicyPatch, "extend"),
			policy,
		);
	const text = (policy: ReturnType<typeof createPolicy>) => textsOf(policy)["Content-Security-Policy"] ?? "";

	test("additions commute, byte for byte", () => {
		fc.assert(
			fc.property(base, patch, patch, patch, (start, a, b, c) => void expect(text(add(policyOf(start), a, b, c))).toBe(text(add(policyOf(start), c, a, b)))),
			{ numRuns: runs(500) },
		);
	});

	test("the same addition twice is the same as once", () => {
		fc.assert(
			fc.property(base, patch, (start, a) => void expect(text(add(policyOf(start), a, a))).toBe(text(add(policyOf(start), a)))),
			{ numRuns: runs(300) },
		);
	});

	test("nothing is lost, and nothing comes in that nobody named", () => {
		fc.assert(
			fc.property(base, patch, (start, added) => {
				const before = parse(text(policyOf(start)));
				const after = parse(text(add(policyOf(start), added)));
				const named = new Set<string>(Object.values(added).flat());
				for (const name of new Set([...before.keys(), ...after.keys()]) as Set<"img-src">) {
					const old = effective(before, name)?.filter((one) => one !== none) ?? [];
					const now = effective(after, name) ?? [];
					expect(now).toEqual(expect.arrayContaining([...old]));
					for (const one of now) expect(old.includes(one) || named.has(String(one)) || one === none).toBe(true);
				}
			}),
			{ numRuns: runs(500) },
		);
	});
});

describe("in an app", () => {
	const scriptSrc = (...sources: string[]): PolicyPatch => ({ contentSecurityPolicy: { directives: { scriptSrc: sources } } });
	const scripts = (answer: Answer) => parse(answer.get("Content-Security-Policy")[0] ?? "").get("script-src");
	const page = (_req: unknown, res: express.Response) => void res.send(getNonce(res));

	async function serve(
		configure: (app: express.Express, headers: SecureHeaders, onEvent: (event: HeadguardEvent) => void) => void,
		options: SecureHeadersOptions = {},
	) {
		const events: HeadguardEvent[] = [];
		const onEvent = (event: HeadguardEvent) => void events.push(event);
		const headers = secureHeaders({ ...options, onEvent });
		const app = express();
		app.set("env", "test");
		app.use(headers);
		configure(app, headers, onEvent);
		const running = await listen(app as never);
		return { ...running, codes: () => events.map(({ code }) => code) };
	}

	test("app, outer router, inner router and route add up in the order of mounting, nonce and all", async () => {
		const running = await serve((app, headers) => {
			const inner = express.Router().use(headers.extend(scriptSrc(B)));
			inner.get("/route", headers.extend(scriptSrc("https://c.example")), page);
			inner.get("/replaced", headers.replace({ contentSecurityPolicy: { directives: { scriptSrc: [nonce] } } }), headers.extend(scriptSrc(A)), page);
			app.use("/outer", headers.extend(scriptSrc(A)), inner);
			app.get("/base", page);
		});
		const route = await running.ask({ path: "/outer/route" });
		expect(scripts(route)).toEqual(["'self'", `'nonce-${route.body}'`, A, B, "https://c.example"]);
		expect(route.get("Content-Security-Policy")).toHaveLength(1);
		const replaced = await running.ask({ path: "/outer/replaced" });
		expect(scripts(replaced)).toEqual([`'nonce-${replaced.body}'`, A]);
		const base = await running.ask({ path: "/base" });
		expect(scripts(base)).toEqual(["'self'", `'nonce-${base.body}'`]);
		expect(running.codes()).toEqual([]);
		await running.close();
	});

	test("what is weak in an override is told once, with its place; what the policy warned of is not told again", async () => {
		const told: HeadguardEvent[] = [];
		const weak = { contentSecurityPolicy: { directives: { connectSrc: ["*"] } } };
		const headers = secureHeaders({ ...weak, onEvent: (event) => told.push(event) });
		const app = express();
		app.use(headers, (req, res) => {
			headers.override(res, { contentSecurityPolicy: { directives: { frameAncestors: [req.path === "/open" ? "https://*" : A] } }, xFrameOptions: false });
			res.send("x");
		});
		const running = await listen(app as never);
		await running.ask({ path: "/named" });
		expect(told).toEqual([]);
		for (let i = 0; i < 3; i++) await running.ask({ path: "/open" });
		expect(told.map(({ code, detail }) => [code, detail])).toEqual([
			[
				"csp/frame-ancestors-wildcard",
				'the policy of this response has extend.contentSecurityPolicy.directives.frameAncestors: received "https://*", which allows any host. Write the hosts.',
			],
		]);
		await running.close();
	});

	test("chains and stands alone", async () => {
		const alone = secureHeaders().extend(scriptSrc(A)).replace({ referrerPolicy: "no-referrer" }).extend(scriptSrc(B));
		const running = await listen((req, res) => {
			alone(req, res);
			res.end(getNonce(res));
		});
		const answer = await running.ask();
		expect(scripts(answer)).toEqual(["'self'", `'nonce-${answer.body}'`, A, B]);
		expect(answer.get("Referrer-Policy")).toEqual(["no-referrer"]);
		await running.close();
	});

	test("a patch that is changed afterwards has no effect", async () => {
		const sources = [A];
		const running = await serve((app, headers) => {
			const extended = headers.extend(scriptSrc(...sources)).extend({ contentSecurityPolicy: { directives: { imgSrc: sources } } });
			sources.push("*");
			app.use(headers.extend(scriptSrc(B)), extended, page);
		});
		const policy = parse((await running.ask()).get("Content-Security-Policy")[0] ?? "");
		expect(policy.get("img-src")).toEqual(["'self'", "data:", A]);
		await running.close();
	});

	test("override in a handler adds what only the request tells", async () => {
		const running = await serve((app, headers) => {
			app.get("/:tenant", (req, res) => {
				headers.override(res, { contentSecurityPolicy: { directives: { frameAncestors: [`https://${req.params["tenant"]}.example`] } } });
				res.send("x");
			});
		});
		const answer = await running.ask({ path: "/t1" });
		expect(answer.get("Content-Security-Policy")[0]).toContain("frame-ancestors https://t1.example;");
		expect(answer.get("X-Frame-Options")).toEqual([]);
		await running.close();
	});

	test("a bad override throws a typed error, and the policy stays", async () => {
		const running = await serve((app, headers) => {
			app.get("/bad", (_req, res) => {
				const codes = refusal(() => headers.override(res, { contentSecurityPolicy: { directives: { frameAncestors: ["https://a.example; script-src *"] } } }));
				res.json(codes);
			});
			app.get("/late", (_req, res) => {
				res.write("x");
				res.end(JSON.stringify(refusal(() => headers.override(res, { referrerPolicy: "no-referrer" }))));
			});
		});
		const bad = await running.ask({ path: "/bad" });
		expect(JSON.parse(bad.body)).toEqual(["extend.contentSecurityPolicy.directives.frameAncestors[0] csp/separator"]);
		expect(bad.get("Content-Security-Policy")[0]).toContain("frame-ancestors 'none'");
		expect((await running.ask({ path: "/late" })).body).toContain("override/too-late");
		expect(refusal(() => secureHeaders().override({} as ServerResponse, {}))).toEqual(["override override/not-mounted"]);
		await running.close();
	});

	test("a function, sync or async, is asked in each request; a thousand tenants are compiled once each", async () => {
		let asked = 0;
		const running = await serve((app, headers) => {
			const tenant = (req: { url?: string | undefined }): PolicyPatch => {
				asked++;
				return { contentSecurityPolicy: { directives: { frameAncestors: [`https://${new URL(req.url ?? "/", "http://x").searchParams.get("t")}.example`] } } };
			};
			app.get("/sync", headers.extend(tenant), page);
			app.get(
				"/async",
				headers.extend(async (req) => tenant(req)),
				page,
			);
			app.get(
				"/both",
				headers.extend(tenant).extend(async () => scriptSrc(A)),
				page,
			);
		});
		for (const path of ["/sync", "/async", "/both"]) {
			const answer = await running.ask({ path: `${path}?t=one` });
			expect(answer.get("Content-Security-Policy")[0]).toContain("frame-ancestors https://one.example;");
			expect(answer.get("Content-Security-Policy")[0]).toContain(`'nonce-${answer.body}'`);
		}
		expect(scripts(await running.ask({ path: "/both?t=two" }))).toContain(A);
		expect(asked).toBe(4);
		await running.close();
	});

	test.each<[string, () => unknown]>([
		[
			"throws",
			() => {
				throw new Error("database down");
			},
		],
		["rejects", () => Promise.reject(new Error("database down"))],
		[
			"gives a tenant's list with a semicolon in it",
			() => ({ contentSecurityPolicy: { directives: { frameAncestors: ["https://a.example; script-src *"] } } }),
		],
		["gives nothing", () => undefined],
	])("a function that %s leaves the policy in force, and the error goes on", async (_title, dynamic) => {
		const running = await serve((app, headers) => {
			app.get("/", headers.extend(dynamic as never), page);
			app.use(((error: Error, _req: unknown, res: express.Response, _next: unknown) => void res.status(500).send(error.message)) as never);
		});
		const answer = await running.ask();
		expect(answer.status).toBe(500);
		expect(answer.get("Content-Security-Policy")[0]).toContain("frame-ancestors 'none'");
		expect(running.codes()).toEqual(["override/failed"]);
		await running.close();
	});

	test("an override that does not fit what other mounts made keeps their policy, with an event", async () => {
		const running = await serve((app, headers, onEvent) => {
			const fits = headers.extend({ contentSecurityPolicy: { directives: { imgSrc: [A] } } });
			app.use(secureHeaders({ contentSecurityPolicy: false, onEvent }), fits, (_req, res) => void res.send("x"));
		});
		const answer = await running.ask();
		expect(answer.get("Content-Security-Policy")).toEqual([]);
		expect(answer.get("X-Frame-Options")).toEqual(["DENY"]);
		expect(running.codes()).toEqual(["override/failed"]);
		await running.close();
	});

	test("an override that drops the slot of a nonce that was read is an event", async () => {
		const running = await serve((app, headers) => {
			app.get("/", (_req, res) => {
				getNonce(res);
				headers.override(res, { contentSecurityPolicy: { directives: { defaultSrc: [self] } } }, "replace");
				res.send("x");
			});
		});
		expect((await running.ask()).get("Content-Security-Policy")).toEqual(["default-src 'self'"]);
		expect(running.codes()).toEqual(["nonce/no-slot"]);
		await running.close();
	});
});

test("two thousand results are remembered in all, and those of patches on patches count too", async () => {
	const { patched } = await import("../../src/policy/overlay.ts");
	const below = compile(createPolicy());
	const tenant = (i: number): PolicyPatch => ({ contentSecurityPolicy: { directives: { imgSrc: [`https://t${i}.example`] } } });
	const first = patched(below, tenant(0), "extend");
	expect(patched(below, tenant(0), "extend")).toBe(first);
	expect(patched(below, tenant(0), "replace")).not.toBe(first);
	for (let i = 1; i < 1500; i++) patched(below, tenant(i), "extend");
	expect(patched(below, tenant(0), "extend"), "used again, so it is not the oldest").toBe(first);
	for (let i = 2000; i < 3500; i++) patched(below, tenant(i), "extend");
	expect(patched(below, tenant(0), "extend")).toBe(first);
	// Each on top of the one before: another policy below each time.
	let stacked = first;
	for (let i = 4000; i < 6100; i++) stacked = patched(i % 100 === 0 ? first : stacked, tenant(i), "replace");
	expect(patched(below, tenant(0), "extend")).not.toBe(first);
}, 60_000);

test("what is remembered is bounded in bytes, and a block is made for the kind of response that needs it", async () => {
	const { patched } = await import("../../src/policy/overlay.ts");
	const below = compile(createPolicy({ reporting: { endpoint: "/r", fraction: 0.5 } }));
	const long = (kind: string, i: number): PolicyPatch => ({
		contentSecurityPolicy: { directives: { imgSrc: Array.from({ length: 150 }, (_, n) => `https://host${n}.${kind}${i}.example`) } },
	});
	const remembers = (kind: string, count: number, use: (made: ReturnType<typeof patched>) => unknown): boolean => {
		const first = patched(below, long(kind, 0), "extend");
		use(first);
		for (let i = 1; i < count; i++) use(patched(below, long(kind, i), "extend"));
		return patched(below, long(kind, 0), "extend") === first;
	};
	expect(remembers("a", 300, (made) => blockFor(made, true, true))).toBe(true);
	expect(remembers("b", 900, (made) => blockFor(made, true, true))).toBe(false);
	expect(
		remembers("c", 900, () => undefined),
		"without a block",
	).toBe(true);
	const made = patched(below, long("d", 0), "extend");
	expect(blockFor(made, true, true)).toBe(blockFor(made, true, true));
	const ours = blockFor(below, true, true).headers.find(({ name }) => name === "Permissions-Policy");
	expect(blockFor(made, true, true).headers, "what the patch does not touch is shared").toContain(ours);
	expect(blockFor(made, false, false, false).headers.map(({ name, text }) => `${name}: ${text}`)).toEqual(
		blockFor(compile(overridePolicy(below.policy, long("d", 0), "extend")), false, false, false).headers.map(({ name, text }) => `${name}: ${text}`),
	);
}, 60_000);

test("a patch is refused each time, whatever similar one was accepted before", () => {
	const headers = secureHeaders();
	const res = { headersSent: false, getHeader: () => undefined, setHeader: () => {}, removeHeader: () => {} } as unknown as ServerResponse;
	headers({ headers: {}, url: "/" } as never, res);
	const circular: Record<string, unknown> = {};
	circular["contentSecurityPolicy"] = circular;
	headers.override(res, { contentSecurityPolicy: { directives: { imgSrc: null } } });
	headers.override(res, { contentSecurityPolicy: { directives: {} } });
	for (const imgSrc of [Number.NaN, Number.POSITIVE_INFINITY, new Map(), new Date(0), undefined]) {
		const patch = { contentSecurityPolicy: { directives: { imgSrc: imgSrc ?? [undefined] } } };
		expect(() => headers.override(res, patch as never)).toThrow(PolicyError);
	}
	expect(() => headers.override(res, { contentSecurityPolicy: { directives: new Map([["imgSrc", [A]]]) } } as never)).toThrow(PolicyError);
	expect(() => headers.override(res, circular as never)).toThrow(PolicyError);
	expect(() => headers.extend(circular as never)).toThrow(PolicyError);
	expect(refusal(() => headers.override(res, {}, "Replace" as never))).toEqual(["mode option/unknown"]);
});

test("true restores what the preset says", () => {
	for (const preset of ["strict", "api"] as const) {
		const base = createPolicy({ preset });
		const off = overridePolicy(base, { contentSecurityPolicy: false, strictTransportSecurity: false }, "extend");
		const on = overridePolicy(off, { contentSecurityPolicy: true, strictTransportSecurity: true }, "extend");
		expect(textsOf(on)).toEqual(textsOf(base));
		expect(textsOf(off)["Content-Security-Policy"]).toBeUndefined();
	}
});

test("a function adds to what outer mounts made of the policy, and never brings the base back", async () => {
	const headers = secureHeaders();
	const strict = headers.replace({ contentSecurityPolicy: { directives: { defaultSrc: [none] } } });
	const dynamic = headers.extend(() => ({ contentSecurityPolicy: { directives: { imgSrc: [A] } } }));
	const running = await listen((req, res) => {
		headers(req, res);
		strict(req, res);
		dynamic(req, res, () => res.end());
	});
	expect((await running.ask()).get("Content-Security-Policy")).toEqual([`default-src 'none'; img-src ${A}`]);
	await running.close();
});

test("a replace after a function has the last word", async () => {
	const headers = secureHeaders();
	const chain = headers
		.extend(() => ({ contentSecurityPolicy: { directives: { scriptSrc: [A] } } }))
		.replace({ contentSecurityPolicy: { directives: { defaultSrc: [none] } } });
	const running = await listen((req, res) => {
		headers(req, res);
		chain(req, res, () => res.end());
	});
	expect((await running.ask()).get("Content-Security-Policy")).toEqual(["default-src 'none'"]);
	await running.close();
	expect(() => headers.extend(() => ({})).replace({ contentSecurityPolicy: { directives: { defaultSrc: ["none"] } } })).toThrow(PolicyError);
});

test("patches that JSON cannot tell apart are told apart", () => {
	const headers = secureHeaders();
	for (const source of [undefined, null, Symbol("x"), 5n]) {
		expect(() => headers.extend({ contentSecurityPolicy: { directives: { imgSrc: [source] } } } as never)).toThrow(PolicyError);
	}
	expect(headers.extend({ contentSecurityPolicy: { directives: { imgSrc: new Set([A]) } } }).policy.warnings).toEqual([]);
});
