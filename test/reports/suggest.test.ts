import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BYPASS_HOSTS } from "../../src/csp/bypass-hosts.ts";
import { matches } from "../../src/csp/match.ts";
import { parse } from "../../src/csp/serialize.ts";
import { csp, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { createPolicy } from "../../src/policy/create.ts";
import type { ReportCluster } from "../../src/reports/index.ts";
import { type Suggested, type Suggestion, type SuggestOptions, suggest } from "../../src/reports/suggest/index.ts";
import { lookalike } from "../../src/reports/suggest/lookalike.ts";
import { hashOf, isReported } from "../../src/reports/suggest/replay.ts";
import { runs } from "../support/runs.ts";

const PAGE = "https://www.example.com/";

function seen(directive: string, blocked: string, changes: Partial<ReportCluster> = {}): ReportCluster {
	const fixed = { type: "csp-violation", disposition: "enforce", document: PAGE, source: "", line: 0, message: "", count: 10, first: 1, last: 2 } as const;
	return { ...fixed, directive, blocked, ...changes };
}

function suggested(clusters: readonly ReportCluster[], options: SecureHeadersOptions = {}, how: SuggestOptions = { risk: "high" }): Suggested {
	return suggest(createPolicy(options), { clusters, dropped: new Map() }, how);
}

function only(cluster: ReportCluster, options: SecureHeadersOptions = {}): Suggestion {
	const { suggestions } = suggested([cluster], options);
	expect(suggestions.length).toBe(1);
	return suggestions[0] as Suggestion;
}

const directives = (given: object): SecureHeadersOptions => ({ contentSecurityPolicy: { directives: given as never } });

describe("a source to add", () => {
	test.each<[string, string, string, string, string]>([
		["img-src", "https://img.example/a/b.png", "img-src", "https://img.example", "low"],
		["img-src", "https://img.example:8443/a.png", "img-src", "https://img.example:8443", "low"],
		["font-src", "https://fonts.example/x.woff2", "font-src", "https://fonts.example", "low"],
		["media-src", "blob", "media-src", "blob:", "low"],
		["media-src", "data", "media-src", "data:", "low"],
		["style-src-elem", "https://css.example/x.css", "style-src", "https://css.example", "medium"],
		["connect-src", "wss://live.example/socket", "connect-src", "wss://live.example", "medium"],
		["frame-src", "https://pay.example", "frame-src", "https://pay.example", "medium"],
		["worker-src", "blob", "worker-src", "blob:", "medium"],
		["form-action", "https://pay.example/start", "form-action", "https://pay.example", "high"],
		["script-src-elem", "https://js.example/x.js", "script-src", "https://js.example", "high"],
		["script-src", "wasm-eval", "script-src", "'wasm-unsafe-eval'", "medium"],
	])("%s, %s: %s %s, %s risk", (directive, blocked, target, source, risk) => {
		expect(only(seen(directive, blocked))).toMatchObject({ kind: "source", directive: target, source, risk, isApplied: true, route: undefined });
	});

	test("the site itself, where a policy leaves it out", () => {
		const options = directives({ imgSrc: [csp.none], scriptSrc: ["https://js.example", csp.nonce] });
		expect(only(seen("img-src", `${PAGE}a.png`), options)).toMatchObject({ source: "'self'", risk: "low" });
		expect(only(seen("script-src-elem", `${PAGE}a.js`), options)).toMatchObject({ source: "'self'", risk: "medium" });
	});

	test("goes where the policy keeps the list", () => {
		const elem = directives({ scriptSrcElem: [csp.self], scriptSrc: [csp.self] });
		expect(only(seen("script-src-elem", "https://js.example/x.js"), elem).directive).toBe("script-src-elem");
		expect(only(seen("frame-src", "https://a.example"), directives({ childSrc: [csp.self] })).directive).toBe("frame-src");
	});

	test("only what the risk allows goes into the patch; the rest is named", () => {
		const clusters = [seen("img-src", "https://img.example/"), seen("connect-src", "https://api.example/"), seen("script-src-elem", "https://js.example/x.js")];
		const patched = (risk: SuggestOptions["risk"]): unknown => suggested(clusters, {}, { risk }).patch.extend.contentSecurityPolicy;
		expect(patched("low")).toEqual({ directives: { imgSrc: ["https://img.example"] } });
		expect(patched("medium")).toEqual({ directives: { connectSrc: ["https://api.example"], imgSrc: ["https://img.example"] } });
		expect(patched("high")).toEqual({
			directives: { connectSrc: ["https://api.example"], imgSrc: ["https://img.example"], scriptSrc: ["https://js.example"] },
		});
		expect(
			suggested(clusters, {}, { risk: "low" })
				.suggestions.map(({ isApplied }) => isApplied)
				.sort(),
		).toEqual([false, false, true]);
	});
});

describe("what is left to the pages", () => {
	test.each<[string, string, Partial<ReportCluster>, string, string]>([
		["script-src-elem", "inline", { line: 12 }, "nonce", "The <script> on line 12 needs the nonce"],
		["script-src-elem", "inline", { sample: "a".repeat(40) }, "nonce", "A <script> needs the nonce"],
		["script-src-elem", "inline", { sample: "a…" }, "nonce", "A <script> needs the nonce"],
		["style-src-elem", "inline", {}, "nonce", "A <style> needs the nonce"],
		["script-src-attr", "inline", {}, "code", "addEventListener"],
		["style-src-attr", "inline", {}, "code", "Use a class"],
		["script-src", "eval", {}, "code", "The page ran a string as code"],
		["require-trusted-types-for", "trusted-types-sink", {}, "code", "textContent"],
	])("%s %s %j: %s", (directive, blocked, changes, kind, advice) => {
		const policy = { ...directives({ requireTrustedTypesFor: ["'script'"] }) };
		const suggestion = only(seen(directive, blocked, changes), policy);
		expect(suggestion).toMatchObject({ kind, isApplied: false });
		expect(suggestion.source).toBeUndefined();
		expect(suggestion.advice).toContain(advice);
	});

	test.each<[string, string, string]>([
		["img-src", "http://old.example/x.png", "over http"],
		["connect-src", "ws://old.example/x", "Write wss"],
		["img-src", "https://my_bucket.img.example/x.png", "browsers ignore a host with an underscore"],
		["script-src-elem", "data", "Do not load this from data:"],
		["script-src-elem", "blob", "Do not load this from blob:"],
		["img-src", "filesystem", "Do not load this from filesystem:"],
		["script-src-elem", "https://cdn.jsdelivr.net/npm/x.js", "put the nonce on the tag"],
	])("%s %s is a change in the pages, because the advice names one", (directive, blocked, advice) => {
		const suggestion = only(seen(directive, blocked));
		expect(suggestion).toMatchObject({ kind: "code", isApplied: false });
		expect(suggestion.source).toBeUndefined();
		expect(suggestion.advice).toContain(advice);
	});

	test("code that is known as a whole gets its hash, and the nonce beside 'strict-dynamic'", () => {
		const short = seen("script-src-elem", "inline", { sample: "boot()" });
		expect(only(short)).toMatchObject({ kind: "hash", directive: "script-src", source: hashOf("boot()"), risk: "high" });
		expect(hashOf("boot()")).toBe(csp.hash("sha256", "boot()"));
		expect(only(seen("style-src-elem", "inline", { sample: "p{}" }))).toMatchObject({ kind: "hash", directive: "style-src", risk: "low" });
		const strict = directives({ scriptSrc: [csp.nonce, csp.strictDynamic] });
		expect(only(seen("script-src-elem", "https://js.example/x.js"), strict)).toMatchObject({ kind: "nonce" });
	});

	test("where a list has no nonce yet, that is said", () => {
		expect(only(seen("script-src-elem", "inline"), directives({ scriptSrc: [csp.self] })).advice).toContain("Add csp.nonce to script-src as well.");
	});
});

describe("what is best left alone", () => {
	test.each<[string, string, string]>([
		["frame-ancestors", "https://evil.example/", "shows the page in a frame"],
		["base-uri", "https://evil.example/", "<base>"],
		["object-src", "https://a.example/x.swf", "plugin"],
		["img-src", "https://203.0.113.9/x.png", "bare IP address"],
		["made-up-src", "https://a.example/", "This is not a known directive."],
		["img-src", "https://*/", "does not name a valid host"],
		["script-src", "https://*.example/x.js", "does not name a valid host"],
		["img-src", "", "does not say what was blocked"],
		["img-src", "not an address", "does not say what was blocked"],
	])("%s %s", (directive, blocked, advice) => {
		const suggestion = only(seen(directive, blocked));
		expect(suggestion).toMatchObject({ kind: "nothing", isApplied: false });
		expect(suggestion.source).toBeUndefined();
		expect(suggestion.advice).toContain(advice);
	});

	test.each([
		["http://localhost:3000/", "http://[::1]:4000/x.png", "Write http://localhost:4000 in its address, and allow that."],
		["http://127.0.0.1:3000/", "ws://[::1]:4000/live", "Write ws://localhost:4000 in its address, and allow that."],
		["http://[::1]:3000/", "http://[::1]/x.png", "Write http://localhost in its address, and allow that."],
	])("an IPv6 address on this machine, which no source allows: %s loads %s", (document, blocked, advice) => {
		const suggestion = only(seen("connect-src", blocked, { document }));
		expect([suggestion.kind, suggestion.source]).toEqual(["code", undefined]);
		expect(suggestion.advice).toContain(`because browsers match no IPv6 address. ${advice}`);
		const named = blocked.replace("[::1]", "localhost");
		expect(only(seen("connect-src", named, { document }))).toMatchObject({ kind: "source", source: new URL(named).origin });
	});

	test("the site itself is 'self', also where it has no name", () => {
		for (const document of ["http://203.0.113.9:3000/", "http://[2001:db8::1]/", "http://[::1]:3000/"])
			expect(only(seen("img-src", `${document}a.png`, { document }), directives({ imgSrc: [csp.none] }))).toMatchObject({ source: "'self'", risk: "low" });
		expect(only(seen("img-src", "http://203.0.113.9:4000/a.png", { document: "http://203.0.113.9:3000/" })).advice).toContain("bare IP address");
	});

	test("what hardly any view of a busy page had", () => {
		const clusters = [seen("img-src", "https://img.example/", { count: 1000 }), seen("script-src-elem", "https://js.example/x.js", { count: 9 })];
		expect(suggested(clusters).suggestions.map(({ kind }) => kind)).toEqual(["source", "nothing"]);
		const busier = [clusters[0] as ReportCluster, seen("script-src-elem", "https://js.example/x.js", { count: 10 })];
		expect(suggested(busier).suggestions.map(({ kind }) => kind)).toEqual(["source", "source"]);
	});

	test("but not what is many places, or many addresses, of one page", () => {
		const clusters = [
			seen("img-src", "https://img.example/", { count: 1000 }),
			...Array.from({ length: 1000 }, (_, i) => seen("script-src-elem", "https://js.example/x.js", { count: 1, line: i, source: `${PAGE}${i}` })),
			...Array.from({ length: 1000 }, (_, i) => seen("font-src", `https://fonts.example/x${i}x.woff2`, { count: 1 })),
		];
		expect(suggested(clusters).suggestions.map(({ kind, source, pageViews, reports }) => [kind, source, pageViews, reports])).toEqual([
			["source", "https://img.example", 1000, 1000],
			["source", "https://js.example", 1000, 1000],
			["source", "https://fonts.example", 1, 1000],
		]);
	});

	test("noise, and pages of other hosts, by their ids", () => {
		const clusters = [
			seen("img-src", "moz-extension", { count: 3 }),
			seen("script-src", "eval", { source: "chrome-extension", count: 4 }),
			seen("img-src", "https://img.example/", { document: "https://other.example/", count: 5 }),
			seen("connect-src", "http://127.0.0.1:8080/", { count: 6 }),
		];
		const { suggestions, noise, replay } = suggest(
			createPolicy(),
			{ clusters, dropped: new Map([["extension", 1]]) },
			{ risk: "high", hosts: ["www.example.com"] },
		);
		expect([suggestions, Object.fromEntries(noise), replay.recorded]).toEqual([[], { extension: 8, "foreign-document": 5, "local-resource": 6 }, 0]);
	});

	test("what the policy does not take, with its own words", () => {
		const suggestion = only(seen("style-src-elem", "inline", { sample: "p{}", disposition: "report" }), {
			...directives({ styleSrc: [csp.self, csp.unsafeInline] }),
			contentSecurityPolicyReportOnly: { directives: { styleSrc: [csp.self] } },
			reporting: { endpoint: "/_reports" },
		});
		expect(suggestion).toMatchObject({ kind: "hash", header: "contentSecurityPolicyReportOnly" });
	});

	test("what no longer fits: of a flood of made-up hosts the policy takes what it has room for", () => {
		const name = "a-very-long-name-of-a-host-that-somebody-has-made-up-for-the-reports";
		const flood = Array.from({ length: 5000 }, (_, i) => seen("img-src", `https://${name}-${i}.example/x.png`, { count: 5000 - i }));
		const { suggestions, more, patch, replay } = suggested(flood, directives({ imgSrc: Array.from({ length: 50 }, (_, i) => `https://${name}.${i}.example`) }));
		expect([suggestions.length, more]).toEqual([200, 4800]);
		const refused = suggestions.filter(({ isApplied }) => !isApplied);
		expect(refused.length).toBeGreaterThan(0);
		expect(refused[0]).toMatchObject({
			kind: "nothing",
			source: undefined,
			advice: expect.stringContaining(" bytes long, but most servers and clients refuse more than 16384"),
		});
		expect(() =>
			secureHeaders(directives({ imgSrc: Array.from({ length: 50 }, (_, i) => `https://${name}.${i}.example`) })).extend(patch.extend),
		).not.toThrow();
		expect(replay.after).toBe(replay.before - suggestions.filter(({ isApplied }) => isApplied).reduce((sum, { reports }) => sum + reports, 0));
	});
});

describe("reports that an attacker makes up", () => {
	/** Each of them more often than any real one. */
	const POISON: readonly (readonly [string, string])[] = [
		["connect-src", "https://evil.example/x"],
		["connect-src", "wss://evil.example/x"],
		["style-src-elem", "https://evil.example/x.css"],
		["style-src", "https://evil.example/x.css"],
		["frame-src", "https://evil.example"],
		["child-src", "https://evil.example"],
		["fenced-frame-src", "https://evil.example"],
		["form-action", "https://evil.example/"],
		["worker-src", "https://evil.example/w.js"],
		["worker-src", "blob"],
		["script-src-elem", "https://evil.example/x.js"],
		["script-src", `${PAGE}upload/x.js`],
		["style-src-elem", `${PAGE}upload/x.css`],
		["form-action", `${PAGE}go`],
		["worker-src", `${PAGE}upload/x.js`],
		["script-src", "wasm-eval"],
		["script-src", "eval"],
		["script-src-elem", "inline"],
		["default-src", "https://evil.example/"],
		["default-src", "inline"],
		["report-uri", "https://evil.example/"],
		["report-to", "https://evil.example/"],
		["sandbox", "allow-scripts"],
		["upgrade-insecure-requests", "https://evil.example/"],
		["trusted-types", "https://evil.example/"],
		["frame-ancestors", "https://evil.example/"],
		["base-uri", "https://evil.example/"],
		["object-src", "https://evil.example/"],
		["img-src", "inline"],
		["img-src", "eval"],
		["connect-src", "wasm-eval"],
		["script-src-attr", "https://evil.example/"],
		["__proto__", "https://evil.example/"],
		["constructor", "inline"],
		["img-src", "http://evil.example/x.png"],
		["prefetch-src", "https://evil.example/"],
		["plugin-types", "application/x"],
		["navigate-to", "https://evil.example/"],
	];
	const strict = directives({
		defaultSrc: [csp.none],
		scriptSrc: [csp.nonce],
		styleSrc: [csp.nonce],
		connectSrc: [csp.none],
		formAction: [csp.none],
		workerSrc: [csp.none],
	});
	const flood = POISON.map(([directive, blocked], i) => seen(directive, blocked, { count: 1000 + i, first: 1, last: 1_000_000_000, sample: "evil()" }));
	const onHttp = flood.map((cluster) => ({ ...cluster, document: "http://www.example.com/" }));

	test.each([
		["on https", flood],
		["of pages of http", onHttp],
	])("%s: nothing of it goes in without asking, beside a real image that does", (_what, poison) => {
		const { patch } = suggested([...poison, seen("img-src", "https://img.example/a.png", { count: 5000, document: poison[0]?.document ?? "" })], strict, {
			risk: "low",
		});
		expect(patch).toEqual({ extend: { contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } }, routes: [] });
	});

	test("whatever the risk: only what browsers report, and lists of nonces get no hosts", () => {
		const { patch, suggestions } = suggested(flood, strict, { risk: "high" });
		const names = Object.keys((patch.extend.contentSecurityPolicy as { directives: object }).directives).sort();
		expect(names).toEqual(["connectSrc", "formAction", "frameSrc", "scriptSrc", "workerSrc"]);
		const added = suggestions.filter(({ isApplied }) => isApplied).map(({ directive, source }) => `${directive} ${source}`);
		expect(added.filter((text) => text.startsWith("script-src")).sort()).toEqual([`script-src '${hashOf("evil()").slice(1)}`, "script-src 'wasm-unsafe-eval'"]);
		expect(secureHeaders(strict).extend(patch.extend)).toBeTypeOf("function");
	});

	test("nor at medium risk do hosts of scripts, forms or workers", () => {
		const { suggestions } = suggested(flood, strict, { risk: "medium" });
		const applied = suggestions.filter(({ isApplied, source }) => isApplied && source?.includes("evil.example")).map(({ directive }) => directive);
		expect([...new Set(applied)].sort()).toEqual(["connect-src", "frame-src"]);
	});

	test("a nonce is asked for where a list has no hosts, and a host where it has some", () => {
		const cluster = seen("script-src-elem", "https://js.vendor.test/x.js");
		expect(only(cluster, strict).source).toBeUndefined();
		expect(only(cluster, strict)).toMatchObject({ kind: "nonce", advice: expect.stringContaining("The list has no hosts") });
		expect(only(cluster)).toMatchObject({ kind: "source", source: "https://js.vendor.test" });
		const byHash = directives({ scriptSrc: [csp.hash("sha256", "x")] });
		expect(only(cluster, byHash)).toMatchObject({ kind: "nonce" });
	});

	test("a flood of made-up image hosts gets no further than the first few", () => {
		const images = Array.from({ length: 150 }, (_, i) => seen("img-src", `https://h${i}x${i * 7919}.test/x.png`, { count: 500 - i }));
		const { suggestions } = suggested(images, {}, { risk: "low" });
		expect([suggestions.length, suggestions.filter(({ isApplied }) => isApplied).length]).toEqual([150, 20]);
		expect(suggested(images.slice(0, 20), {}, { risk: "low" }).suggestions.every(({ isApplied }) => isApplied)).toBe(true);
	});

	test.each<[number, number | undefined, string]>([
		[1, undefined, "nothing"],
		[2, undefined, "nothing"],
		[3, undefined, "source"],
		[1, 1, "source"],
		[9, 10, "nothing"],
	])("%i reports of a host, of at least %s: %s", (count, least, kind) => {
		const { suggestions, patch } = suggested([seen("img-src", "https://adware.test/x.png", { count })], {}, { risk: "high", least });
		expect([suggestions[0]?.kind, Object.keys(patch.extend).length]).toEqual([kind, kind === "source" ? 1 : 0]);
		if (kind === "nothing") expect(suggestions[0]?.advice).toMatch(/^Only (?:one report names|\d reports name) it, .* add https:\/\/adware\.test to imgSrc\.$/);
	});

	test("the same for inline code, and different days are counted", () => {
		const inline = (changes: Partial<ReportCluster>): Suggestion => only(seen("script-src-elem", "inline", changes));
		expect(inline({ count: 1 })).toMatchObject({ kind: "nothing" });
		expect(inline({ count: 1, sample: "a()" })).toMatchObject({ kind: "nothing" });
		expect(inline({ count: 3, first: 1, last: 200_000_000 })).toMatchObject({ kind: "nonce", days: 2 });
	});
});

describe("hosts that are not what they seem", () => {
	const options = directives({ imgSrc: [csp.self, "https://img.paypal.test", "https://*.shopify-cdn.test:8443/a/"] });
	const vendors = ["js.stripe.com", "www.google.com"];
	const judged = (host: string): readonly [string, boolean] => {
		const { suggestions } = suggested([seen("img-src", `https://${host}/x.png`)], options, { risk: "low", vendors, hosts: ["www.example.com"] });
		const [{ risk, advice, isApplied } = {} as Suggestion] = suggestions;
		expect([host, isApplied]).toEqual([host, risk === "low"]);
		return [risk, /looks like|letters that are not English/.test(advice)];
	};
	test.each([
		"img.paypa1.test",
		"img.paypai.test",
		"paypal.evil",
		"img.paypal.test.evil.test",
		"img-paypal-test.evil.test",
		"paypal-secure.test",
		"paypalsecure.test",
		"paypall.test",
		"pypal.test",
		"papyal.test",
		"rnypaypal.test",
		"shopify-cdm.test",
		"exarnple.com",
		"example.net",
		"example-cdn.com",
		"www.example.com.evil.test",
		"str1pe.com",
		"stripe-js.com",
		"stripe.network",
		"gooogle.com",
		"googie.com",
		"p\u0430ypal.test",
		"payp\u00e4l.test",
		"xn--80ak6aa92e.com",
		"b\u00fccher.test",
		"IMG.PAYPA1.test",
	])("%s is named as such, and is never low", (host) => {
		expect(judged(host)).toEqual(["high", true]);
	});

	test.each(["img.vendor.test", "static.paypal.test", "a.shopify-cdn.test", "img.example.com", "fonts.googleapis.com", "m.stripe.com", "cdn.unrelated.test"])(
		"%s is a host like any other",
		(host) => {
			expect(judged(host)).toEqual(["low", false]);
		},
	);

	test("the name that is copied, and the letters, are said", () => {
		const advice = (host: string): string => only(seen("img-src", `https://${host}/x.png`), options).advice;
		expect(advice("img.paypa1.test")).toContain("It looks like img.paypal.test, which is another site.");
		expect(advice("p\u0430ypal.test")).toContain(
			"The name has letters that are not English, and they can look the same as English ones. It looks like img.paypal.test.",
		);
		// The host of a page can be made up as well: it raises a doubt, and takes none away.
		expect(only(seen("img-src", "https://cdn.paypa1.test/x", { document: "https://www.paypa1.test/" }), options).advice).toContain("looks like");
	});

	test("any host is judged without a throw, and its own name is never a copy", () => {
		fc.assert(
			fc.property(fc.domain(), fc.domain(), (host, known) => {
				const around = { named: [known], vendors: [], pages: [host] };
				expect(lookalike(known, around)).toBeUndefined();
				expect(["string", "undefined"]).toContain(typeof lookalike(host, around));
			}),
			{ numRuns: runs(500) },
		);
	});
});

describe("what a policy allows and browsers report all the same", () => {
	const GO = `${PAGE}go/a`;
	const redirected = (directive: string, changes: Partial<ReportCluster> = {}): ReportCluster => seen(directive, GO, { policy: "allows", ...changes });

	test.each(["img-src", "script-src-elem", "form-action", "connect-src", "style-src-elem", "font-src", "media-src"])(
		"%s: is a redirect, still reported, and named with what to do",
		(directive) => {
			const { suggestions, replay, patch, redirected: addresses } = suggested([redirected(directive)]);
			expect(suggestions).toMatchObject([{ kind: "redirect", directive, isApplied: false }]);
			expect(suggestions[0]?.source).toBeUndefined();
			expect(suggestions[0]?.advice).toContain(`The policy allows ${GO}, but not the address that it redirects to.`);
			expect(suggestions[0]?.advice).toContain("--follow https://www.example.com");
			expect([replay, patch.extend, addresses]).toEqual([{ recorded: 10, before: 10, after: 10 }, {}, [GO]]);
			// The same address, which the policy itself blocked at that time, is allowed now.
			expect(suggested([redirected(directive, { policy: "blocks" })]).replay).toEqual({ recorded: 10, before: 0, after: 0 });
		},
	);

	test("is over where the directive lets anything in, or is gone", () => {
		expect(suggested([redirected("img-src")], directives({ imgSrc: ["*"] })).replay.before).toBe(0);
		expect(suggested([redirected("form-action")], directives({ formAction: null })).replay.before).toBe(0);
		expect(suggested([redirected("img-src")], directives({ imgSrc: [csp.none] })).suggestions).toMatchObject([{ kind: "source", source: "'self'" }]);
	});

	test("its target is proposed once it is known, and paths do not count after a redirect", () => {
		const ways = new Map([[GO, [GO, "https://cdn.vendor.test/b", "https://end.vendor.test/c"].map((text) => new URL(text))]]);
		const asked = (options: SecureHeadersOptions, directive = "img-src"): Suggested => suggested([redirected(directive)], options, { risk: "low", ways });
		const first = asked({});
		expect(first.suggestions).toMatchObject([{ kind: "source", directive: "img-src", source: "https://cdn.vendor.test", risk: "low", isApplied: true }]);
		expect(first.suggestions[0]?.advice).toContain(`${GO} redirects to https://cdn.vendor.test.`);
		// One after the other: each hop has to be let in.
		expect(first.replay).toEqual({ recorded: 10, before: 10, after: 10 });
		const second = asked(directives({ imgSrc: [csp.self, "https://cdn.vendor.test/other/"] }));
		expect(second.suggestions).toMatchObject([{ source: "https://end.vendor.test" }]);
		expect(second.replay).toEqual({ recorded: 10, before: 10, after: 0 });
		expect(asked(directives({ imgSrc: [csp.self, "https://*.vendor.test"] })).replay.before).toBe(0);
		// No less risky than any other host.
		expect(asked({}, "script-src-elem").suggestions).toMatchObject([{ risk: "high", isApplied: false }]);
	});

	test("where the policy of a report is not known, that is said", () => {
		const { replay } = suggested([redirected("img-src", { policy: "unknown" }), seen("img-src", "https://x.test/", { policy: "unknown", count: 4 })]);
		expect(replay).toEqual({ recorded: 14, before: 4, after: 0, unclear: 10 });
		expect(suggested([seen("img-src", "data", { policy: "unknown" })]).replay).toEqual({ recorded: 10, before: 0, after: 0 });
	});

	test("inline code whose hash the policy has, has white space around it", () => {
		const options = directives({ scriptSrc: [csp.self, csp.hash("sha256", "a()")] });
		const { suggestions, replay } = suggested([seen("script-src-elem", "inline", { sample: "a()", policy: "allows" })], options);
		expect(suggestions).toMatchObject([{ kind: "code", advice: expect.stringContaining("without the white space") }]);
		expect(replay).toEqual({ recorded: 10, before: 10, after: 10 });
	});

	test("with 'strict-dynamic', hosts do not count, so an allowed host is not a redirect", () => {
		const options = directives({ scriptSrc: [csp.nonce, csp.strictDynamic, "https://js.vendor.test"] });
		const { suggestions, replay } = suggested([seen("script-src-elem", "https://js.vendor.test/x.js", { policy: "blocks" })], options);
		expect(suggestions).toMatchObject([{ kind: "nonce", advice: expect.stringContaining("'strict-dynamic'") }]);
		expect(replay).toEqual({ recorded: 10, before: 10, after: 10 });
	});

	test("frame-ancestors names the page itself, which says nothing of who framed it", () => {
		const options = directives({ frameAncestors: [csp.self] });
		const { suggestions, replay } = suggested([seen("frame-ancestors", PAGE, { policy: "blocks" })], options);
		expect(suggestions).toMatchObject([{ kind: "nothing", advice: expect.stringContaining("shows the page in a frame") }]);
		expect(replay).toEqual({ recorded: 10, before: 10, after: 10 });
	});

	test("a second policy that blocks what the first lets in has no redirect", () => {
		const options = { contentSecurityPolicy: { directives: { imgSrc: ["https://img.vendor.test"] }, also: [{ imgSrc: [csp.self] }] } } as SecureHeadersOptions;
		const { suggestions } = suggested([seen("img-src", "https://img.vendor.test/a.png", { policy: "blocks" })], options);
		expect(suggestions).toMatchObject([{ kind: "source", source: "https://img.vendor.test" }]);
	});
});

describe("never", () => {
	test("a wildcard, 'unsafe-…' or a host that runs anyone's code, for any report", () => {
		const words = [
			"inline",
			"eval",
			"self",
			"data",
			"blob",
			"*",
			"https://*",
			"https://*.example",
			"'unsafe-inline'",
			"https:",
			"http:",
			"filesystem",
			"about",
		];
		const names = [
			"script-src",
			"script-src-elem",
			"script-src-attr",
			"style-src",
			"style-src-attr",
			"default-src",
			"img-src",
			"worker-src",
			"connect-src",
			"x",
		];
		const address = fc.oneof(
			fc.constantFrom(...words),
			fc.constantFrom(...BYPASS_HOSTS).map((host) => `https://${host}/x/y.js`),
			fc.webUrl(),
			fc.string(),
		);
		fc.assert(
			fc.property(fc.constantFrom(...names), address, fc.option(fc.string({ maxLength: 50 })), (directive, blocked, sample) => {
				const cluster = seen(directive, blocked, sample === null || sample === "" ? {} : { sample });
				for (const { source = "", directive: target, isApplied } of suggested([cluster]).suggestions) {
					expect(source).not.toMatch(/\*|unsafe-(?!eval)|'unsafe-eval'|^https?:$|^wss?:$|^'strict/);
					if (/^script|^default|^style/.test(target)) expect(source).not.toMatch(/^[a-z]+:$/);
					if (isApplied && target.startsWith("script")) expect(BYPASS_HOSTS.map((host) => `https://${host}`)).not.toContain(source);
				}
			}),
			{ numRuns: runs(3000) },
		);
	});
});

describe("the patch", () => {
	test("what one route alone needs is added there, as Express writes the route", () => {
		const clusters = [
			seen("img-src", "https://img.example/a.png", { count: 50 }),
			seen("img-src", "https://img.example/b.png", { document: `${PAGE}cart`, count: 5 }),
			seen("frame-src", "https://pay.example", { document: `${PAGE}orders/:id/items/:id`, count: 20 }),
			seen("connect-src", "https://api.example/", { document: `${PAGE}a(b)` }),
		];
		const { patch, suggestions } = suggested(clusters);
		expect(patch).toEqual({
			extend: { contentSecurityPolicy: { directives: { connectSrc: ["https://api.example"], imgSrc: ["https://img.example"] } } },
			routes: [{ path: "/orders/:id/items/:id2", extend: { contentSecurityPolicy: { directives: { frameSrc: ["https://pay.example"] } } } }],
		});
		// Most page views first; of several reports of one page the most frequent counts.
		expect(suggestions.map(({ source, pageViews, reports }) => [source, pageViews, reports])).toEqual([
			["https://img.example", 55, 55],
			["https://pay.example", 20, 20],
			["https://api.example", 10, 10],
		]);
	});

	test("several reports of one page view are one page view", () => {
		const clusters = ["a", "b", "c"].map((name) => seen("img-src", `https://img.example/${name}.png`, { count: 7 }));
		expect(suggested(clusters).suggestions[0]).toMatchObject({ pageViews: 7, reports: 21 });
	});

	test("a trial is changed in the trial, and what ended it in what is enforced", () => {
		const trial = seen("img-src", "https://img.example/", { disposition: "report" });
		const both: SecureHeadersOptions = { contentSecurityPolicyReportOnly: true, reporting: { endpoint: "/_reports" } };
		expect(Object.keys(suggested([trial], both).patch.extend)).toEqual(["contentSecurityPolicyReportOnly"]);
		expect(Object.keys(suggested([trial]).patch.extend)).toEqual(["contentSecurityPolicy"]);
		expect(Object.keys(suggested([seen("img-src", "https://img.example/")], { ...both, contentSecurityPolicy: false }).patch.extend)).toEqual([
			"contentSecurityPolicyReportOnly",
		]);
		expect(suggested([trial], { contentSecurityPolicy: false })).toMatchObject({ suggestions: [], replay: { before: 0 } });
	});

	test("each of several policies must let it in", () => {
		const options = { contentSecurityPolicy: { directives: {}, also: [{ imgSrc: [csp.self] }] } } as SecureHeadersOptions;
		const { patch, replay } = suggested([seen("img-src", "https://img.example/a.png")], options);
		expect(patch.extend).toEqual({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } });
		expect(replay).toEqual({ recorded: 10, before: 10, after: 0 });
	});
});

describe("the replay", () => {
	test("counts what was fixed before, what the patch fixes, and what stays", () => {
		const clusters = [
			seen("img-src", "data", { count: 100 }),
			seen("img-src", "https://img.example/a.png", { count: 20 }),
			seen("script-src-attr", "inline", { count: 3 }),
		];
		expect(suggested(clusters).replay).toEqual({ recorded: 123, before: 23, after: 3 });
	});

	test.each<[string, string, Partial<ReportCluster>, boolean]>([
		["script-src 'unsafe-inline'", "inline", {}, false],
		["script-src 'unsafe-inline' 'nonce-a'", "inline", {}, true],
		["script-src 'unsafe-inline' 'strict-dynamic'", "inline", {}, true],
		[`script-src ${hashOf("a()")}`, "inline", { sample: "a()" }, false],
		[`script-src ${hashOf("a()")}`, "inline", { sample: "b()" }, true],
		["default-src 'none'", "https://a.example/x.js", {}, true],
		["img-src 'none'", "https://a.example/x.js", {}, false],
		["script-src https://a.example", "https://a.example/x.js", {}, false],
		["script-src https://a.example 'strict-dynamic' 'nonce-a'", "https://a.example/x.js", {}, true],
	])("%s, %s %j: %s", (policy, blocked, changes, expected) => {
		expect(isReported(parse(policy), seen("script-src-elem", blocked, changes))).toBe(expected);
	});

	test.each<[string, string, string, boolean]>([
		["'self'", "https://www.example.com/x", "https://www.example.com/", true],
		["'self'", "wss://www.example.com/x", "https://www.example.com/", true],
		["'self'", "http://www.example.com/x", "https://www.example.com/", false],
		["'self'", "https://www.example.com/x", "http://www.example.com/", true],
		["img.example", "https://img.example/x", "https://www.example.com/", true],
		["img.example", "http://img.example/x", "https://www.example.com/", false],
		["*", "data:x", "https://www.example.com/", false],
		["constructor", "https://img.example/", "https://www.example.com/", false],
	])("%s and %s on %s: %s", (source, url, self, expected) => {
		expect(matches(source, new URL(url), new URL(self))).toBe(expected);
	});

	test("any report is judged without a throw", () => {
		fc.assert(
			fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (directive, blocked, document, sample) => {
				expect([true, false]).toContain(isReported(parse("default-src 'self'"), seen(directive, blocked, { document, sample })));
			}),
			{ numRuns: runs(2000) },
		);
	});
});
