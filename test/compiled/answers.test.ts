import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeEach, describe, expect, test } from "vitest";
import { type Mounted, securedBy } from "../../src/compiled/index.ts";
import { csp, getNonce, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { compiledModule } from "../support/compiled.ts";
import { ownMinutes } from "../support/own-minutes.ts";
import { type Answer, listen } from "../support/stacks.ts";

beforeEach(ownMinutes);

const { self, nonce, none } = csp;
const OWN = "AAAAAAAAAAAAAAAAAAAAAA";

interface Seen {
	readonly csp: readonly string[];
	readonly frames: readonly string[];
	readonly body: string;
}

async function ask(mounted: readonly Mounted[], path = "/"): Promise<Seen> {
	const running = await listen((req: IncomingMessage, res: ServerResponse) => {
		res.setHeader("Content-Type", "text/plain");
		const take = ([one, ...rest]: readonly Mounted[]): void => {
			if (one === undefined) res.end(req.url === "/nonce" ? getNonce(res) : "page");
			else one(req, res, (error) => (error === undefined ? take(rest) : res.end(String(error))));
		};
		take(mounted);
	});
	const answer: Answer = await running.ask({ path });
	await running.close();
	const clean = (text: string): string => text.replaceAll(/nonce-[\w-]{22}/g, "nonce-N");
	const body = answer.body.length === 22 ? "a nonce" : answer.body;
	return { csp: answer.get("Content-Security-Policy").map(clean), frames: answer.get("X-Frame-Options"), body };
}

let returned: unknown;
const tenant = (): never => returned as never;
const BASES: Readonly<Record<string, SecureHeadersOptions>> = {
	images: { contentSecurityPolicy: { directives: { imgSrc: [self, tenant] } } },
	"a list that falls back": { contentSecurityPolicy: { directives: { connectSrc: [tenant] } } },
	scripts: { contentSecurityPolicy: { directives: { scriptSrc: [self, tenant], styleSrc: [self] } } },
	"scripts with a slot": { contentSecurityPolicy: { directives: { scriptSrc: [self, nonce, tenant] } } },
	"three lists": { contentSecurityPolicy: { directives: { scriptSrc: [self, tenant], imgSrc: [tenant], frameSrc: [none, tenant].slice(1) } } },
	frames: { contentSecurityPolicy: { directives: { frameAncestors: [self, tenant] } } },
	"reports only": { contentSecurityPolicyReportOnly: { directives: { defaultSrc: [self], imgSrc: [tenant], reportUri: ["/r"] } } },
	"more policies": { contentSecurityPolicy: { directives: { scriptSrc: [self, tenant] }, also: [{ scriptSrc: ["https:"] }] } },
};
const ANSWERS: readonly unknown[] = [
	"https://a.example",
	["https://b.example", "https://a.example:8443/x/", "*.c.example"],
	new Set(["data:", "BLOB:"]),
	"'none'",
	[],
	`'nonce-${OWN}'`,
	["https://a.example", `'nonce-${OWN}'`],
	["https://a.example", "https://a.example"],
	Promise.resolve("https://later.example"),
];

describe.each(Object.entries(BASES))("what functions return, for %s", (_title, options) => {
	const live = secureHeaders(options);
	const compiled = securedBy(compiledModule(live), { sources: { tenant } });

	test.each(ANSWERS.map((given, i) => ({ given, i })))("$given, answer $i, gives the same policy as with secureHeaders()", async ({ given }) => {
		returned = given;
		for (const path of ["/", "/nonce"]) {
			// An application makes a new nonce for each response.
			const fresh = (): void => {
				if (JSON.stringify(given)?.includes("nonce-"))
					returned = JSON.parse(JSON.stringify(given).replaceAll(OWN, `${Math.random().toString(36).slice(2)}${OWN}`.slice(0, 22)));
			};
			fresh();
			const expected = await ask([live], path);
			fresh();
			const seen = await ask([compiled], path);
			// The compiler says more about what it refuses.
			const clean = ({ body, ...rest }: Seen): Seen => ({ ...rest, body: body.startsWith("PolicyError") ? "refused" : body });
			expect(clean(seen)).toEqual(clean(expected));
		}
	});
});

describe("what only the compiler could add is refused, and the policy stays as it was", () => {
	const live = secureHeaders(BASES["scripts with a slot"]);
	const events: string[] = [];
	const compiled = securedBy(compiledModule(live), { sources: { tenant }, onEvent: ({ code }) => events.push(code) });
	const fixed = (): Promise<Seen> => {
		returned = [];
		return ask([compiled]);
	};

	test.each<[unknown]>([
		["'unsafe-inline'"],
		["'self'"],
		["'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
		["unsafe-inline"],
		["self"],
		["data"],
		["https://a.example; script-src *"],
		["https://a.example, default-src *"],
		["https://a.example https://b.example"],
		["https://a.example\r\nSet-Cookie: a=b"],
		["https://a.example?x"],
		["https://a.example#x"],
		["https://ä.example"],
		['https://a.example"'],
		["https://a.example/'unsafe-inline'"],
		["javascript:"],
		["https://a.example:99999"],
		[""],
		["'nonce-short'"],
		["x".repeat(100_000)],
		[5],
		[null],
		[undefined],
		[{ toString: () => "https://a.example" }],
		[["https://a.example", "'unsafe-eval'"]],
		[Array.from({ length: 2000 }, (_, i) => `https://host${i}.example`)],
	])("%o", async (given) => {
		const before = await fixed();
		returned = given;
		const { csp, body } = await ask([compiled]);
		expect(csp).toEqual(before.csp);
		expect(body).toContain("[compiled/answer]");
		expect(before.body, "(control)").toBe("page");
	});

	test("an event says that a function failed", () => {
		expect(new Set(events)).toEqual(new Set(["override/failed"]));
	});

	test.each([["throws"], ["rejects"]])("a function that %s: the error goes on, and the policy stays", async (how) => {
		const before = await fixed();
		const failing = securedBy(compiledModule(live), {
			sources: {
				tenant: () => {
					if (how === "rejects") return Promise.reject(new Error("no tenant"));
					throw new Error("no tenant");
				},
			},
		});
		expect(await ask([failing])).toEqual({ ...before, body: "Error: no tenant" });
	});
});

test("an override that is mounted after the functions were called keeps what they returned, and does not call them again", async () => {
	let calls = 0;
	const counted = (): string => {
		calls++;
		return "https://a.example";
	};
	const live = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [self, counted] } } });
	const pay = live.extend({ contentSecurityPolicy: { directives: { scriptSrc: ["https://pay.example"] } } });
	const compiled = securedBy(compiledModule(live, { pay }), { sources: { counted } });
	const expected = await ask([live, pay]);
	const before = calls;
	expect(await ask([compiled, compiled.overrides["pay"] as Mounted])).toEqual(expected);
	expect([before, calls]).toEqual([1, 2]);
	expect(expected.csp[0]).toContain("img-src 'self' https://a.example");
});

test("answers of many tenants do not fill the memory, and each gets its own", async () => {
	const live = secureHeaders(BASES["images"]);
	const compiled = securedBy(compiledModule(live), { sources: { tenant } });
	for (let i = 0; i < 600; i += 97) {
		returned = `https://t${i}.example`;
		expect((await ask([compiled])).csp[0]).toContain(`img-src 'self' https://t${i}.example;`);
	}
});
