import { describe, expect, test } from "vitest";
import { codeOf, createEvidence } from "../../../src/cli/learn/evidence.ts";
import { learn } from "../../../src/cli/learn/learn.ts";
import { moduleOf } from "../../../src/cli/learn/module.ts";
import { linesOf, policiesOf, policyFor, reportingTo } from "../../../src/cli/learn/policies.ts";
import { createQueue } from "../../../src/cli/learn/queue.ts";
import type { Findings, Learned } from "../../../src/cli/learn/types.ts";
import { csp } from "../../../src/csp/index.ts";

const ORIGIN = "http://localhost:3000";

type Seen = readonly [
	page: string,
	directive: string,
	blocked: string,
	more?: { readonly code?: string; readonly attribute?: string; readonly hasNonce?: boolean; readonly rounds?: readonly number[]; readonly visited?: string },
];

function findings(seen: readonly Seen[], changes: Partial<Findings> = {}): Findings {
	const evidence = createEvidence(ORIGIN);
	for (const [page, effectiveDirective, blockedURL, { code, attribute, hasNonce = false, rounds = [0, 1], visited = page } = {}] of seen)
		for (const round of rounds)
			evidence.add(
				{ type: "csp-violation", url: "", body: { effectiveDirective, blockedURL, documentURL: `${ORIGIN}${page}` } },
				{ visited: `${ORIGIN}${visited}`, round },
				code === undefined ? undefined : codeOf(code, attribute, hasNonce),
			);
	const nothing = { ways: new Map(), framed: new Set<string>(), actions: [], javascript: [], markup: new Map(), rounds: 2 };
	return { origin: ORIGIN, violations: evidence.violations, ...nothing, ...changes };
}

const markupOf = (...codes: readonly string[]): Findings["markup"] =>
	new Map(codes.map((code, i) => [csp.hash("sha256", code), { line: i + 1, holder: "<script>" }]));

/** The policy of a page as it is sent. */
function sent(learned: Learned, path: string, nonce = "NONCE"): string {
	return linesOf(policyFor(policiesOf(learned), path), false, nonce).find(([name]) => name === "Content-Security-Policy")?.[1] ?? "";
}

const CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const hash = (code: string): string => csp.hash("sha256", code);

describe("a policy from violations", () => {
	test("without any, it allows nothing", () => {
		expect(sent(learn(findings([])), "/")).toBe(CLOSED);
	});

	test("the site itself is allowed for all pages, and another host for the page that alone needs it", () => {
		const learned = learn(
			findings([
				["/", "img-src", `${ORIGIN}/a.png`],
				["/", "img-src", "https://img.example/a.png"],
				["/about", "style-src-elem", `${ORIGIN}/a.css`],
			]),
		);
		expect(sent(learned, "/about")).toBe(`${CLOSED}; img-src 'self'; style-src 'self'`);
		expect(sent(learned, "/")).toBe(`${CLOSED}; img-src 'self' https://img.example; style-src 'self'`);
		expect([...learned.routes.keys()]).toEqual(["/"]);
	});

	test("with one page, nothing is left to a route", () => {
		const learned = learn(findings([["/", "img-src", "https://img.example/a.png"]]));
		expect([sent(learned, "/"), learned.routes.size]).toEqual([`${CLOSED}; img-src https://img.example`, 0]);
	});

	test.each<[seen: Seen, policy: string]>([
		[["/", "script-src-elem", "https://cdn.jsdelivr.net/npm/vue@3/vue.js"], "script-src https://cdn.jsdelivr.net/npm/vue@3/vue.js"],
		[["/", "connect-src", "wss://live.example/s"], "connect-src wss://live.example"],
		[["/", "connect-src", "data"], "connect-src data:"],
		[["/", "worker-src", "blob"], "worker-src blob:"],
		[["/", "script-src-elem", "blob"], "script-src blob:"],
		[["/", "frame-src", "data"], "frame-src data:"],
		[["/", "script-src", "wasm-eval"], "script-src 'wasm-unsafe-eval'"],
		[["/", "script-src", "eval"], "script-src 'unsafe-eval'"],
		[["/", "object-src", `${ORIGIN}/a.svg`], "object-src 'self'"],
		[["/", "media-src", "http://10.0.0.5:8080/a.mp4"], "media-src http://10.0.0.5:8080"],
	])("%j gives %j", (seen, policy) => {
		expect(sent(learn(findings([seen])), "/")).toBe(
			[...CLOSED.split("; "), policy].sort((a, b) => (a.startsWith("default-src") ? -1 : b.startsWith("default-src") ? 1 : a < b ? -1 : 1)).join("; "),
		);
	});

	test.each<readonly [page: string, directive: string, blocked: string]>([
		["/", "script-src-elem", "data"],
		["/", "worker-src", "data"],
		["/", "img-src", "http://[::1]:80/a.png"],
		["/", "img-src", "https://*/a.png"],
		["/", "connect-src", "https://a.example;script-src/*"],
		["/", "made-up-src", "https://a.example/"],
	])("%j adds nothing", (page, directive, blocked) => {
		expect(sent(learn(findings([[page, directive, blocked]])), "/")).toBe(CLOSED);
	});

	test("a page that loads from thousands of hosts gets some of them, in a header that can be sent", () => {
		const many = Array.from({ length: 5000 }, (_, i): Seen => ["/", "img-src", `https://img${i}.example/a.png`, { rounds: [0] }]);
		const learned = learn(findings(many));
		expect(sent(learned, "/").match(/https:/g)?.length).toBe(50);
		expect(learned.refused).toEqual(["img-src has as many sources as fit into a header. The others are left out."]);
	});

	test("what is not allowed is said", () => {
		expect(learn(findings([["/a", "script-src-elem", "data"]])).refused).toEqual([
			"script-src-elem data on /a: Do not load this from data:: anyone who can write such an address can write its content.",
		]);
	});

	test("a prefetch is not worth a word", () => {
		expect(learn(findings([["/", "default-src", "https://a.example/"]]))).toMatchObject({ refused: [], changes: [] });
	});

	test("the target of a redirect is allowed as well", () => {
		const ways = new Map([[`${ORIGIN}/logo`, new Set(["https://img.example/logo.png"])]]);
		expect(sent(learn(findings([["/", "img-src", `${ORIGIN}/logo`]], { ways })), "/")).toBe(`${CLOSED}; img-src 'self' https://img.example`);
	});

	test("a form is allowed where it submits to, without a submission", () => {
		const actions = [{ page: new URL(`${ORIGIN}/`), action: new URL("https://mail.example/subscribe?list=1") }];
		expect(sent(learn(findings([], { actions })), "/")).toBe("default-src 'none'; base-uri 'none'; form-action https://mail.example; frame-ancestors 'none'");
	});

	test("a page that another page shows in a frame allows that, and no other page does", () => {
		const learned = learn(
			findings(
				[
					["/", "frame-src", `${ORIGIN}/part`],
					["/part", "img-src", `${ORIGIN}/a.png`],
				],
				{ framed: new Set([`${ORIGIN}/part`]) },
			),
		);
		expect(sent(learned, "/part")).toContain("frame-ancestors 'self'");
		expect(sent(learned, "/")).toContain("frame-ancestors 'none'");
	});

	test("pages with identifiers in their addresses are one route", () => {
		const learned = learn(
			findings([
				["/users/1", "img-src", "https://img.example/1.png"],
				["/users/2", "img-src", "https://img.example/2.png"],
				["/", "img-src", `${ORIGIN}/a.png`],
			]),
		);
		expect([...learned.routes.keys()]).toEqual(["/users/:id"]);
		expect(sent(learned, "/users/77")).toContain("https://img.example");
		expect(sent(learned, "/users/77/edit")).not.toContain("https://img.example");
	});

	test("a vendor is added by its name", () => {
		const learned = learn(
			findings([
				["/pay", "script-src-elem", "https://js.stripe.com/v3/"],
				["/pay", "frame-src", "https://js.stripe.com/v3/controller.html"],
				["/", "script-src-elem", "https://accounts.google.com/gsi/client"],
				["/pay", "script-src-elem", "https://accounts.google.com/gsi/client"],
			]),
		);
		expect([learned.vendors, learned.routes.get("/pay")?.vendors]).toEqual([["googleIdentity"], ["stripe"]]);
		expect(sent(learned, "/")).toBe(
			`default-src 'none'; base-uri 'none'; connect-src https://accounts.google.com/gsi/; form-action 'none'; frame-ancestors 'none'; frame-src https://accounts.google.com/gsi/; script-src https://accounts.google.com/gsi/client; style-src https://accounts.google.com/gsi/style`,
		);
		expect(sent(learned, "/pay")).toContain("https://api.stripe.com");
	});
});

describe("inline code", () => {
	const inline = (code: string, more: Seen[3] = {}): Seen => ["/", "script-src-elem", "inline", { code, ...more }];

	test("that is the same each time gets its hash", () => {
		expect(sent(learn(findings([inline("go()")])), "/")).toBe(`${CLOSED}; script-src ${hash("go()")}`);
	});

	test("that differs each time needs the nonce, and the page must write it", () => {
		const [a, b] = ["at(1)", "at(2)"];
		const { changes, ...learned } = learn(findings([inline(a, { rounds: [0] }), inline(b, { rounds: [1] })], { markup: markupOf(a, b) }));
		expect(sent({ ...learned, changes }, "/")).toBe(`${CLOSED}; script-src 'nonce-NONCE'`);
		expect(changes.map(({ kind, isKept }) => [kind, isKept])).toEqual([
			["nonce", true],
			["nonce", true],
		]);
	});

	test("with a nonce on its tag needs no change", () => {
		const learned = learn(findings([inline("at(1)", { rounds: [0], hasNonce: true }), inline("at(2)", { rounds: [1], hasNonce: true })]));
		expect([sent(learned, "/"), learned.changes]).toEqual([`${CLOSED}; script-src 'nonce-NONCE'`, []]);
	});

	test("that differs between the pages of a route is not static", () => {
		const [a, b] = ["user(1)", "user(2)"];
		const seen: Seen[] = [
			["/users/1", "script-src-elem", "inline", { code: a }],
			["/users/2", "script-src-elem", "inline", { code: b }],
			["/users/1", "script-src-elem", "inline", { code: "go()" }],
			["/users/2", "script-src-elem", "inline", { code: "go()" }],
		];
		expect(sent(learn(findings(seen, { markup: markupOf(a, b) })), "/users/1")).toBe(`${CLOSED}; script-src 'nonce-NONCE' ${hash("go()")}`);
	});

	test("that a script inserts, and that differs, is blocked, because no script gets 'unsafe-inline'", () => {
		const learned = learn(findings([inline("at(1)", { rounds: [0] }), inline("at(2)", { rounds: [1] })]));
		expect(sent(learned, "/")).toBe(CLOSED);
		expect(learned.changes.every(({ kind, isKept }) => kind === "code" && !isKept)).toBe(true);
	});

	test("of event handlers gets 'unsafe-hashes' for attributes only", () => {
		const learned = learn(
			findings([
				["/", "script-src-attr", "inline", { code: "go()", attribute: "onclick" }],
				["/", "script-src-elem", `${ORIGIN}/a.js`],
			]),
		);
		expect(sent(learned, "/")).toBe(`${CLOSED}; script-src 'self'; script-src-attr 'unsafe-hashes' ${hash("go()")}`);
		expect(learned.changes.map(({ kind, what, isKept }) => [kind, what, isKept])).toEqual([["handler", 'onclick "go()"', true]]);
	});

	test.each(["script-src-attr", "script-src-elem"])("never gives %s 'unsafe-inline', however much there is", (directive) => {
		const many = Array.from({ length: 60 }, (_, i): Seen => ["/", directive, "inline", { code: `go(${i})`, attribute: "onclick" }]);
		const policy = sent(learn(findings(many)), "/");
		expect(policy).not.toContain("'unsafe-inline'");
		expect(policy.length).toBeLessThan(2000);
	});

	test("of styles gets 'unsafe-inline' only if scripts write them anew", () => {
		const style = (code: string, rounds: readonly number[]): Seen => ["/", "style-src-elem", "inline", { code, rounds }];
		expect(sent(learn(findings([style("a{}", [0, 1])])), "/")).toBe(`${CLOSED}; style-src ${hash("a{}")}`);
		expect(sent(learn(findings([style("a{}", [0, 1]), style("b{}", [0]), style("c{}", [1])])), "/")).toBe(`${CLOSED}; style-src 'unsafe-inline'`);
		const written = findings([style("b{}", [0]), style("c{}", [1])], { markup: markupOf("b{}", "c{}") });
		expect(sent(learn(written), "/")).toBe(`${CLOSED}; style-src 'nonce-NONCE'`);
	});

	test("of javascript: URLs must change", () => {
		const javascript = [{ page: new URL(`${ORIGIN}/`), holder: "href of <a>", code: "javascript:go()" }];
		expect(learn(findings([], { javascript })).changes.map(({ kind, what, isKept }) => [kind, what, isKept])).toEqual([
			["javascript", 'href of <a> "javascript:go()"', false],
		]);
	});
});

describe("the module", () => {
	const HOSTILE = [
		'</script>\u001b[31m");process.exit(1);//',
		"*/ process.exit(1) /*",
		"\u2028process.exit(1)",
		"`$".concat("{process.exit(1)}`"),
		"\r\nprocess.exit(1)",
	];

	test("has nothing in it that a page wrote but sources and comments", () => {
		const seen = HOSTILE.flatMap((code): Seen[] => [
			["/", "script-src-attr", "inline", { code, attribute: 'onclick"\nprocess.exit(1)//' }],
			[`/${encodeURIComponent(code)}`, "img-src", `https://img.example/${code}`],
			[`/x${code}`, "script-src-elem", "inline", { code: `${code} `, rounds: [0] }],
			["/", "connect-src", `https://a.example"]}});process.exit(1)//${code}`],
		]);
		const javascript = HOSTILE.map((code) => ({ page: new URL(`${ORIGIN}/`), holder: `href of <a>${code}`, code: `javascript:${code}` }));
		const text = moduleOf(learn(findings(seen, { javascript })), ORIGIN, undefined);
		const code = text.replace(/^\/\/.*\n/gm, "");
		expect(code).not.toMatch(/process|exit|\u001b|\u2028/);
		expect(text).not.toMatch(/[\u001b\u2028\r]/);
		expect(
			text
				.split("\n")
				.filter((line) => line.includes("process.exit"))
				.every((line) => line.startsWith("//   ")),
		).toBe(true);
	});

	test("is CommonJS if its name says so", () => {
		const text = moduleOf(learn(findings([["/", "script-src-elem", "https://js.stripe.com/v3/"]])), ORIGIN, "headers.cjs");
		expect(text).toContain('const { stripe } = require("headguard/vendors");\n');
		expect(text).toContain("\nmodule.exports = { headers };\n");
		expect(text).not.toMatch(/^(?:import|export)/m);
	});

	test("of one and the same crawl is the same", () => {
		const seen: Seen[] = [
			["/", "img-src", "https://b.example/"],
			["/", "img-src", "https://a.example/"],
			["/b", "img-src", `${ORIGIN}/`],
		];
		expect(moduleOf(learn(findings(seen)), ORIGIN, undefined)).toBe(moduleOf(learn(findings(seen.toReversed())), ORIGIN, undefined));
	});
});

test.each([
	["/", "/", true],
	["/", "/a", false],
	["/users/:id", "/users/7", true],
	["/users/:id", "/USERS/7/", true],
	["/users/:id", "/users/7/edit", false],
	["/a.b", "/axb", false],
])("the policy of %s is that of %s: %s", (pattern, path, is) => {
	const { site } = policiesOf(learn(findings([])));
	const more = policiesOf(learn(findings([["/", "img-src", `${ORIGIN}/a.png`]]))).site;
	expect(policyFor({ site, routes: [[pattern, more]] }, path) === more).toBe(is);
});

test("reports go to one place, with samples", () => {
	expect(reportingTo("default-src 'none'; script-src 'self'; report-to main; report-uri /r", "http://127.0.0.1:1/x")).toBe(
		"default-src 'none'; script-src 'self' 'report-sample'; report-uri http://127.0.0.1:1/x",
	);
});

test("a calendar without end is visited a few times", () => {
	const queue = createQueue(new URL(ORIGIN), { depth: 100, pages: 1000 });
	let visits = 0;
	for (let entry = queue.next(); entry !== undefined; entry = queue.next()) {
		visits++;
		queue.add([new URL(`/day/${visits}`, ORIGIN), new URL(`/list?page=${visits}`, ORIGIN)], entry.depth + 1);
	}
	expect(visits).toBe(1 + 5 + 3);
	expect(queue.skipped).toBeGreaterThan(0);
});

test("neither the depth nor the number of pages is exceeded", () => {
	const names = (count: number): URL[] => Array.from({ length: count }, (_, i) => new URL(`/page-${"abcdefghij"[i]}`, ORIGIN));
	const queue = createQueue(new URL(ORIGIN), { depth: 1, pages: 4 });
	queue.next();
	queue.add(names(10), 1);
	queue.add([new URL("/deep", ORIGIN)], 2);
	expect([queue.waiting, queue.skipped]).toEqual([3, 8]);
});
