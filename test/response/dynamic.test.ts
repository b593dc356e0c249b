import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { csp, getNonce, type HeadguardEvent, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { stateOf } from "../../src/response/state.ts";
import { exceptUntyped } from "../support/events.ts";
import { headersOf } from "../support/policy.ts";
import { type Answer, type AnyApp, listen, STACKS } from "../support/stacks.ts";

const A = "https://a.example";
const B = "https://b.example";
const { self, none } = csp;

// Events are limited to ten a minute for each code: each test has its own minute.
let minute = 0;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: ++minute * 60_000 }));
afterAll(() => void vi.useRealTimers());

/** A policy with these directives alone, so that the whole text can be compared. */
const only = (directives: object): SecureHeadersOptions => ({ contentSecurityPolicy: { useDefaults: false, directives } });
const policyOf = (answer: Answer): string | undefined => answer.get("Content-Security-Policy").join(" | ");

describe.each(STACKS.filter(({ framework }) => framework !== undefined))("functions as sources on $name", ({ create, http2 }) => {
	async function serve(directives: object) {
		const app: AnyApp = create();
		const events: HeadguardEvent[] = [];
		app.use(secureHeaders({ ...only(directives), onEvent: exceptUntyped((event) => events.push(event)) }) as never);
		app.use("/ok", ((_req: unknown, res: ServerResponse) => res.end("ok")) as never);
		app.use(((error: Error, _req: unknown, res: ServerResponse, _next: unknown) => {
			res.statusCode = 500;
			res.end(String(error.message));
		}) as never);
		const running = await listen(app as never, http2);
		return { ...running, events };
	}

	const host = (req: IncomingMessage): string => String(req.headers["x-partner"]);

	test.each<[string, object, string]>([
		["one source", { imgSrc: [self, host] }, `img-src 'self' ${A}`],
		["a list", { imgSrc: [self, () => [B, A]] }, `img-src 'self' ${A} ${B}`],
		["a list, later", { imgSrc: [self, async () => [A]] }, `img-src 'self' ${A}`],
		["a list of functions alone", { imgSrc: [host, async () => B] }, `img-src ${A} ${B}`],
		["a function without a list", { imgSrc: host }, `img-src ${A}`],
		["frame ancestors", { frameAncestors: [host] }, `frame-ancestors ${A}`],
		["nothing", { imgSrc: [self, () => []] }, "img-src 'self'"],
		["'none'", { imgSrc: [() => none], fontSrc: [self, () => none] }, "font-src 'self'; img-src 'none'"],
		["what stands there", { imgSrc: [self, () => self] }, "img-src 'self'"],
	])("%s", async (_title, directives, text) => {
		const running = await serve(directives);
		const answer = await running.ask({ path: "/ok", headers: { "X-Partner": A } });
		expect([answer.body, policyOf(answer)]).toEqual(["ok", text]);
		expect(running.events).toEqual([]);
		await running.close();
	});

	test.each<[string, unknown]>([
		[
			"throws",
			() => {
				throw new Error("database down");
			},
		],
		["rejects", async () => Promise.reject(new Error("database down"))],
		["gives a list with a semicolon in it", () => `${A}; script-src *`],
		["gives a line break", () => `${A}\r\nX-Injected: 1`],
		["gives a comma", () => `${A},default-src *`],
		["gives nothing", () => undefined],
		["gives a number", async () => 5],
		["gives a function", () => () => A],
		["throws nothing at all", () => Promise.reject()],
		["throws a word that Express takes for a direction", () => Promise.reject("route")],
		["throws what cannot be read", () => Promise.reject(Object.create(null))],
		[
			"gives what cannot be asked",
			() =>
				Object.defineProperty({}, ["th", "en"].join(""), {
					get() {
						throw new Error("no");
					},
				}),
		],
		["gives an unquoted keyword", () => "unsafe-inline"],
		["gives a nonce of its own", () => "'nonce-c2VjcmV0c2VjcmV0c2VjcmV0'"],
	])("one that %s leaves the rest in force, and the error goes on", async (_title, source) => {
		const running = await serve({ imgSrc: [self, source], frameAncestors: [source, () => A] });
		const answer = await running.ask({ path: "/ok" });
		expect([answer.status, policyOf(answer)]).toEqual([500, "frame-ancestors 'none'; img-src 'self'"]);
		expect(answer.get("X-Injected")).toEqual([]);
		expect(running.events.map(({ code }) => code)).toEqual(["override/failed"]);
		expect(JSON.stringify(running.events)).not.toContain("c2VjcmV0");
		await running.close();
	});
});

async function serveMounts(...mounts: ReturnType<typeof secureHeaders>[]) {
	const app = STACKS[0]?.create() as AnyApp;
	for (const mount of mounts) app.use(mount as never);
	app.use(((_req: unknown, res: ServerResponse) => res.end(getNonce(res))) as never);
	return listen(app as never);
}

test("the text without a request is that of the other sources, and X-Frame-Options follows it", () => {
	const texts = headersOf({ contentSecurityPolicy: { directives: { frameAncestors: [() => A], imgSrc: [self, () => A] } } });
	expect(texts["Content-Security-Policy"]).toContain("frame-ancestors 'none'; img-src 'self';");
	expect(texts["X-Frame-Options"]).toBe("DENY");
});

test("X-Frame-Options goes when a function lets a partner frame the page", async () => {
	const running = await serveMounts(secureHeaders({ contentSecurityPolicy: { directives: { frameAncestors: [() => A] } } }));
	const answer = await running.ask();
	expect(policyOf(answer)).toContain(`frame-ancestors ${A};`);
	expect(answer.get("X-Frame-Options")).toEqual([]);
	await running.close();
});

test("a function is asked once in a request, whatever number of lists it stands in", async () => {
	const asked = vi.fn(() => A);
	const running = await serveMounts(secureHeaders(only({ imgSrc: [asked], fontSrc: [self, asked] })));
	expect(policyOf(await running.ask())).toBe(`font-src 'self' ${A}; img-src ${A}`);
	expect(asked).toHaveBeenCalledTimes(1);
	await running.close();
});

test("an addition keeps what was asked, and what it asks itself; replace asks no more", async () => {
	const asked = vi.fn(() => A);
	const headers = secureHeaders(only({ imgSrc: [self, asked] }));
	const patch = { contentSecurityPolicy: { directives: { imgSrc: [async () => B] } } };
	for (const [mounts, text, times] of [
		[[headers, headers.extend(patch)], `img-src 'self' ${A} ${B}`, 1],
		[[headers.extend(patch)], `img-src 'self' ${A} ${B}`, 1],
		[
			[headers.extend(() => ({ contentSecurityPolicy: { directives: { imgSrc: ["https://c.example"] } } })).extend(patch)],
			`img-src 'self' ${A} ${B} https://c.example`,
			1,
		],
		[[headers.replace({ contentSecurityPolicy: { directives: { imgSrc: [B] } } })], `img-src ${B}`, 0],
	] as const) {
		asked.mockClear();
		const running = await serveMounts(...mounts);
		expect(policyOf(await running.ask())).toBe(text);
		expect(asked).toHaveBeenCalledTimes(times);
		await running.close();
	}
});

test("a list that is taken over from a fallback brings its functions along", async () => {
	const headers = secureHeaders(only({ defaultSrc: [self, () => A] }));
	const running = await serveMounts(headers.extend({ contentSecurityPolicy: { directives: { imgSrc: [B] } } }));
	expect(policyOf(await running.ask())).toBe(`default-src 'self' ${A}; img-src 'self' ${A} ${B}`);
	await running.close();
});

test("the nonce of the response written out is the slot", async () => {
	const nonced = (_req: unknown, res: ServerResponse): string => `'nonce-${getNonce(res)}'`;
	const running = await serveMounts(secureHeaders(only({ scriptSrc: [self, nonced as never] })));
	for (let i = 0; i < 2; i++) {
		const answer = await running.ask();
		expect(policyOf(answer)).toBe(`script-src 'self' 'nonce-${answer.body}'`);
	}
	await running.close();
});

describe("a nonce that the application makes itself", () => {
	const serveOwn = (nonces: readonly string[]) => {
		let count = 0;
		const own = (): string => `'nonce-${nonces[count++ % nonces.length]}'`;
		return serveMounts(secureHeaders(only({ scriptSrc: [self, own], styleSrc: [csp.nonce] })));
	};

	test.each([
		["22 characters of base64url", "c2VjcmV0c2VjcmV0c2VjcA", "b3RoZXJvdGhlcm90aGVyb-"],
		["base64 with its padding", "c2VjcmV0c2VjcmV0c2VjcA==", "b3RoZXJv+Ghlcm90aGVy/w=="],
		["hexadecimal", "0123456789abcdef0123456789abcdef", "f123456789abcdef0123456789abcdef"],
		["a UUID", "3b241101-e2bb-4255-8caf-4136c566a962", "3b241101-e2bb-4255-8caf-4136c566a963"],
	])("%s: becomes that of the response, in all its lists", async (_form, ...nonces) => {
		const running = await serveOwn(nonces);
		for (const nonce of nonces) {
			const answer = await running.ask();
			expect(answer.body).toBe(nonce);
			expect(policyOf(answer)).toBe(`script-src 'self' 'nonce-${nonce}'; style-src 'nonce-${nonce}'`);
			expect(answer.get("Cache-Control")).toEqual(["private"]);
		}
		await running.close();
	});

	test("one that is too short, or the same as in the response before, is refused, and the rest stays in force", async () => {
		for (const [nonce, statuses] of [
			["abc", [500, 500]],
			["c2VjcmV0c2VjcmV0c2VjcB", [200, 500]],
		] as const) {
			const running = await serveOwn([nonce]);
			for (const status of statuses) {
				const answer = await running.ask();
				expect(answer.status).toBe(status);
				if (status === 500) expect(answer.get("Content-Security-Policy").join()).not.toContain(nonce);
			}
			await running.close();
		}
	});

	test("two different ones in one response are refused", async () => {
		const running = await serveMounts(
			secureHeaders(only({ scriptSrc: [() => "'nonce-c2VjcmV0c2VjcmV0c2VjcC'"], styleSrc: [() => "'nonce-c2VjcmV0c2VjcmV0c2VjcD'"] })),
		);
		expect((await running.ask()).status).toBe(500);
		await running.close();
	});

	test("equal answers but for the nonce are compiled once", async () => {
		let count = 0;
		const headers = secureHeaders(only({ scriptSrc: [() => [A, `'nonce-c2VjcmV0c2VjcmV0c2Vj-${count++}'`]] }));
		const compiled = new Set<unknown>();
		const app = STACKS[0]?.create() as AnyApp;
		app.use(
			headers as never,
			((_req: unknown, res: ServerResponse) => {
				compiled.add(stateOf(res)?.compiled);
				res.end();
			}) as never,
		);
		const running = await listen(app as never);
		for (let i = 0; i < 3; i++) await running.ask();
		expect(compiled.size).toBe(1);
		await running.close();
	});
});

test("a report-only policy asks on its own", async () => {
	const running = await serveMounts(
		secureHeaders({ ...only({ imgSrc: [self] }), contentSecurityPolicyReportOnly: { useDefaults: false, directives: { imgSrc: [() => A], reportUri: "/r" } } }),
	);
	const answer = await running.ask();
	expect([policyOf(answer), ...answer.get("Content-Security-Policy-Report-Only")]).toEqual(["img-src 'self'", `img-src ${A}; report-uri /r`]);
	await running.close();
});

test("a promise that was begun before another function threw is looked after", async () => {
	const running = await serveMounts(
		secureHeaders(
			only({
				imgSrc: [
					async () => Promise.reject(new Error("first")),
					() => {
						throw new Error("second");
					},
				],
			}),
		),
	);
	const answer = await running.ask();
	expect([answer.status, answer.get("Content-Security-Policy")]).toEqual([500, ["default-src 'none'"]]);
	await running.close();
});

test("an answer that comes after the response was sent is an event, and nothing breaks", async () => {
	const events: HeadguardEvent[] = [];
	let release = (): void => {};
	const waiting = new Promise<string>((resolve) => {
		release = () => resolve(A);
	});
	const headers = secureHeaders({ ...only({ imgSrc: [self, () => waiting] }), onEvent: exceptUntyped((event) => events.push(event)) });
	const running = await listen((req, res) => {
		headers(req, res);
		res.end("sent");
	});
	const answer = await running.ask();
	release();
	await vi.waitFor(() => expect(events.map(({ code }) => code)).toEqual(["override/too-late", "override/failed"]));
	expect(policyOf(answer)).toBe("img-src 'self'");
	await running.close();
});

describe("'unsafe-inline' beside a function, which may give the nonce that switches it off", () => {
	const policyWith = async (source: () => unknown, path = "/") => {
		const headers = secureHeaders(only({ scriptSrc: [self, csp.unsafeInline, source] }));
		const running = await listen((req, res) => headers(req, res, () => res.end("x")));
		const answer = await running.ask({ path });
		await running.close();
		return policyOf(answer);
	};
	const made = (): string => `'nonce-${Math.random().toString(16).slice(2).padEnd(22, "0")}'`;

	test("is not in force while nothing was answered, nor when the function fails", async () => {
		expect(headersOf(only({ scriptSrc: [self, csp.unsafeInline, made] }))["Content-Security-Policy"]).toBe("script-src 'self'");
		expect(headersOf(only({ scriptSrc: [csp.unsafeInline, made] }))["Content-Security-Policy"]).toBe("script-src 'none'");
		expect(await policyWith(() => Promise.reject(new Error("down")))).toBe("script-src 'self'");
	});

	test("stands with the answer, whatever it is", async () => {
		expect(await policyWith(() => A)).toBe(`script-src 'self' 'unsafe-inline' ${A}`);
		expect(await policyWith(() => [])).toBe("script-src 'self' 'unsafe-inline'");
		expect(await policyWith(made)).toMatch(/^script-src 'self' 'nonce-[0-9a-f]{22,}' 'unsafe-inline'$/);
	});

	test("cannot be taken over into a list of handlers, where the answer has no effect", () => {
		const headers = secureHeaders(only({ scriptSrc: [self, csp.unsafeInline, made] }));
		expect(() => headers.extend({ contentSecurityPolicy: { directives: { scriptSrcAttr: [csp.reportSample] } } })).toThrow("override/restricts");
		const closed = secureHeaders(only({ scriptSrc: [self, made] })).extend({ contentSecurityPolicy: { directives: { scriptSrcAttr: [csp.reportSample] } } });
		expect(closed.policy.warnings).toEqual(expect.any(Array));
	});
});

describe.each(STACKS.filter(({ framework, http2 }) => framework !== undefined && !http2))("a source that answers late on $name", ({ create }) => {
	const first = "GET /first HTTP/1.1\r\nHost: app.example\r\n\r\n";
	const second = "GET /second HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n";

	/** Two requests of one connection; while a source of the first is waited for, `meanwhile` does something to its response. */
	async function serve(meanwhile: (res: ServerResponse) => void, answer: () => Promise<string>, mount: (headers: ReturnType<typeof secureHeaders>) => never) {
		const app: AnyApp = create();
		if (typeof app.set === "function") app.set("env", "test");
		const codes: string[] = [];
		const handled: (string | undefined)[] = [];
		app.use(((req: IncomingMessage, res: ServerResponse, next: () => void) => {
			if (req.url === "/first") setTimeout(() => meanwhile(res), 5);
			next();
		}) as never);
		const source = (req: IncomingMessage) => (req.url === "/first" ? new Promise((resolve) => setTimeout(resolve, 40)).then(answer) : A);
		app.use(mount(secureHeaders({ ...only({ imgSrc: [self, source] }), onEvent: exceptUntyped(({ code }) => codes.push(code)) })));
		app.use(((req: IncomingMessage, res: ServerResponse) => {
			handled.push(req.url);
			// Later than the source, so that a connection that was cut off shows.
			setTimeout(() => res.end(" by the handler"), req.url === "/second" ? 80 : 0);
		}) as never);
		const running = await listen(app as never);
		const answers = await running.wire(first + second);
		await running.close();
		return { codes, handled: handled.toSorted(), bodies: answers.map(({ body }) => body) };
	}
	const mounts = [
		(headers: ReturnType<typeof secureHeaders>) => headers as never,
		(headers: ReturnType<typeof secureHeaders>) => headers.extend(() => ({})) as never,
	];

	test.each<[string, () => Promise<string>, string[]]>([
		["and fits", async () => B, ["override/too-late", "override/failed"]],
		["and fails", async () => Promise.reject(new Error("database down")), ["override/failed"]],
		["and is refused", async () => "no source;", ["override/too-late", "override/failed"]],
	])("after the response was sent, %s: the connection lives on, and no handler runs", async (_title, answer, codes) => {
		for (const mount of mounts) {
			const seen = await serve((res) => res.end("meanwhile"), answer, mount);
			expect(seen).toEqual({ codes, handled: ["/second"], bodies: ["meanwhile", " by the handler"] });
			minute += 2;
			vi.setSystemTime(minute * 60_000);
		}
	});

	test.each<[string, () => Promise<string>]>([
		["and fits", async () => B],
		["and fails", async () => Promise.reject(new Error("database down"))],
	])("while a response is being sent, %s: whoever began it ends it", async (_title, answer) => {
		const stream = (res: ServerResponse): void => {
			res.write("begun");
			setTimeout(() => res.end(", ended"), 60);
		};
		const seen = await serve(stream, answer, mounts[0] as never);
		expect(seen.handled).toEqual(["/second"]);
		expect(seen.bodies[0]).toMatch(/begun[\s\S]*, ended/);
		expect(seen.bodies[1]).toBe(" by the handler");
	});

	test("(control) in time it reaches the error page", async () => {
		const seen = await serve(
			() => {},
			async () => Promise.reject(new Error("database down")),
			mounts[0] as never,
		);
		expect([seen.codes, seen.handled, seen.bodies.length]).toEqual([["override/failed"], ["/second"], 2]);
	});
});

test("what is remembered of a patch is what was compiled, however often it can be read", async () => {
	const answers: string[] = [];
	const headers = secureHeaders(only({ frameAncestors: [none] }));
	let reads = 0;
	const odd = {
		get frameAncestors() {
			reads++;
			return [reads < 2 ? A : B];
		},
	};
	for (const directives of [odd, { frameAncestors: [A] }]) {
		const running = await listen((req, res) => {
			headers(req, res);
			headers.override(res, { contentSecurityPolicy: { directives } });
			res.end();
		});
		answers.push(String(policyOf(await running.ask())));
		await running.close();
	}
	expect(answers).toEqual([`frame-ancestors ${A}`, `frame-ancestors ${A}`]);
});

describe("several policies", () => {
	const framing = { frameAncestors: [none], reportUri: "/framing" };

	test.each<[object, string]>([
		[{ useDefaults: false, directives: { imgSrc: [self] }, also: [framing] }, "img-src 'self', frame-ancestors 'none'; report-uri /framing"],
		[
			{ useDefaults: false, directives: { scriptSrc: [self, csp.nonce] }, also: [{ scriptSrc: [csp.nonce] }, { imgSrc: [A] }] },
			`script-src 'self' 'nonce-NONCE', script-src 'nonce-NONCE', img-src ${A}`,
		],
		[{ useDefaults: false, directives: { imgSrc: [self] }, also: [] }, "img-src 'self'"],
	])("%j", (contentSecurityPolicy, text) => {
		expect(headersOf({ contentSecurityPolicy })["Content-Security-Policy"]).toBe(text);
	});

	test("reporting fills each of them in, framing through report-uri alone", () => {
		const options = {
			reporting: { endpoint: "/r" },
			contentSecurityPolicy: { useDefaults: false, directives: { imgSrc: [self] }, also: [{ frameAncestors: [none] }] },
		};
		expect(headersOf(options)["Content-Security-Policy"]).toBe("img-src 'self'; report-to default; report-uri /r, frame-ancestors 'none'; report-uri /r");
		expect(headersOf(options, { secure: false })["Content-Security-Policy"]).toBe("img-src 'self'; report-uri /r, frame-ancestors 'none'; report-uri /r");
	});

	test("upgrade-insecure-requests alone leaves no empty policy off https", () => {
		const options = { contentSecurityPolicy: { useDefaults: false, directives: { imgSrc: [self] }, also: [{ upgradeInsecureRequests: true }] } };
		expect(headersOf(options)["Content-Security-Policy"]).toBe("img-src 'self', upgrade-insecure-requests");
		expect(headersOf(options, { secure: false })["Content-Security-Policy"]).toBe("img-src 'self'");
	});

	test("X-Frame-Options follows the strictest of them", () => {
		const frame = (...lists: string[][]) => {
			const [frameAncestors, ...also] = lists;
			return headersOf({ contentSecurityPolicy: { directives: { frameAncestors }, also: also.map((list) => ({ frameAncestors: list })) } })["X-Frame-Options"];
		};
		expect(frame([A], [none])).toBe("DENY");
		expect(frame([A], [self])).toBe("SAMEORIGIN");
		expect(frame([self], [none])).toBe("DENY");
		expect(frame([A], [A, B])).toBe(undefined);
	});

	test("what is added is allowed by each policy that limits it", async () => {
		const headers = secureHeaders({ contentSecurityPolicy: { useDefaults: false, directives: { imgSrc: [self] }, also: [framing, { imgSrc: [A] }] } });
		const running = await serveMounts(headers, headers.extend({ contentSecurityPolicy: { directives: { imgSrc: [B], frameAncestors: [A] } } }));
		const answer = await running.ask();
		expect(policyOf(answer)).toBe(`img-src 'self' ${B}, frame-ancestors ${A}; report-uri /framing, img-src ${A} ${B}`);
		expect(answer.lines.filter(([name]) => name === "Content-Security-Policy")).toHaveLength(1);
		await running.close();
		expect(() => headers.extend({ contentSecurityPolicy: { also: [framing] } })).toThrow("override/restricts");
		expect(() => headers.extend({ contentSecurityPolicy: { directives: { fontSrc: [A] } } })).toThrow("nothing limits font-src");
		const { warnings } = headers.extend({ contentSecurityPolicy: { directives: { imgSrc: null } } }).policy;
		expect(warnings.map(({ message }) => message)).toContain('img-src is now limited only by the policies of the option "also".');
	});

	test("an error page of the framework is completed by all of them", async () => {
		const app = STACKS[0]?.create() as AnyApp;
		app.use(secureHeaders({ contentSecurityPolicy: { also: [framing] } }) as never);
		const running = await listen(app as never);
		const answer = await running.ask({ path: "/missing" });
		expect(policyOf(answer)).toBe(
			"default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none', frame-ancestors 'none'; report-uri /framing",
		);
		await running.close();
	});

	test("an application's policy is weaker when all of its parts are weaker than one of ours", async () => {
		const events: string[] = [];
		const running = await listen((req, res) => {
			secureHeaders({
				contentSecurityPolicy: { useDefaults: false, directives: { imgSrc: [self] }, also: [{ fontSrc: [self] }], onOther: "keep" },
				onEvent: exceptUntyped(({ code }) => events.push(code)),
			})(req, res);
			res.setHeader("Content-Security-Policy", String(req.headers["x-policy"]));
			res.end();
		});
		await running.ask({ headers: { "X-Policy": "font-src 'self', img-src 'self'" } });
		expect(events).toEqual([]);
		await running.ask({ headers: { "X-Policy": "img-src 'self', img-src *" } });
		expect(events).toEqual(["override/weaker"]);
		await running.close();
	});
});
