import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { nonceHeader } from "../../src/frameworks/index.ts";
import { csp, getNonce, PolicyError, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { exceptUntyped } from "../support/events.ts";
import { type Ask, listen, STACKS } from "../support/stacks.ts";

let minute = 0;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: ++minute * 60_000 }));
afterAll(() => void vi.useRealTimers());

const CSP = "Content-Security-Policy";
const NONCE = /^[\w-]{22}$/;

type Act = (req: IncomingMessage, res: ServerResponse) => unknown;
type Mount = readonly string[];

const nonceIn = (policy: readonly string[]): string | undefined => /'nonce-([^']*)'/.exec(policy.join())?.[1];

describe.each(STACKS)("nonceHeader on $name", ({ create, framework, http2 }) => {
	/** What a handler returns goes out as the body. */
	async function served(names: Mount, act: Act, ask: Ask = {}, options: SecureHeadersOptions = {}) {
		const codes: string[] = [];
		const headers = secureHeaders({ ...options, onEvent: exceptUntyped(({ code }) => codes.push(code)) });
		const given = names.map((name) => nonceHeader(name));
		const handler = (req: IncomingMessage, res: ServerResponse): void => {
			if (framework === undefined) for (const middleware of [headers, ...given]) middleware(req as never, res as never);
			const body = act(req, res);
			if (!res.writableEnded) res.end(String(body));
		};
		const app = framework === undefined ? handler : create();
		if (framework !== undefined) for (const middleware of [headers, ...given, handler]) (app as ReturnType<typeof create>).use(middleware as never);
		const running = await listen(app as never, http2);
		const answer = await running.ask(ask);
		await running.close();
		return { answer, codes, nonce: nonceIn(answer.get(CSP)) };
	}

	test("the header is the nonce of the policy, and the same at each read", async () => {
		const { answer, nonce, codes } = await served(["x-nonce"], (req, res) =>
			[req.headers["x-nonce"], req.headers["x-nonce"], getNonce(res), typeof req.headers["x-nonce"]].join(" "),
		);
		expect(nonce).toMatch(NONCE);
		expect(answer.body).toBe(`${nonce} ${nonce} ${nonce} string`);
		expect(answer.get("Cache-Control")).toEqual(["private"]);
		expect(codes).toEqual([]);
	});

	test("a response whose request nobody read has no nonce, and may be stored", async () => {
		const { answer, nonce, codes } = await served(["x-nonce", "next"], (_req, res) => {
			res.setHeader("Cache-Control", "public, max-age=31536000, immutable");
			return "asset";
		});
		expect(nonce).toBeUndefined();
		expect(answer.get("Cache-Control")).toEqual(["public, max-age=31536000, immutable"]);
		expect(codes).toEqual([]);
	});

	test('"next" is a policy for Next, and the nonce alone for the code of the application', async () => {
		const { answer, nonce } = await served(["next"], (req) => `${req.headers["content-security-policy"]} ${req.headers["x-nonce"]}`);
		expect(answer.body).toBe(`script-src 'nonce-${nonce}' ${nonce}`);
		expect(nonce).toMatch(NONCE);
	});

	test.each<[string, Act, string]>([
		["spread", (req) => Object.hasOwn({ ...req.headers }, "x-nonce"), "false"],
		["Object.assign", (req) => Object.hasOwn(Object.assign({}, req.headers), "content-security-policy"), "false"],
		["Object.entries", (req) => Object.entries(req.headers).some(([name]) => /nonce|policy/.test(name)), "false"],
	])('a copy by %s leaves out the headers of "next", so a static page has no nonce', async (_, act, body) => {
		const { answer, nonce, codes } = await served(["next"], (req, res) => {
			res.setHeader("Cache-Control", "s-maxage=31536000");
			return act(req, res);
		});
		expect(answer.body).toBe(body);
		expect(nonce).toBeUndefined();
		expect(answer.get("Cache-Control")).toEqual(["s-maxage=31536000"]);
		expect(codes).toEqual([]);
	});

	test.each([
		["x-nonce", "next"],
		["next", "x-nonce"],
	])("with %s and %s, a copy has the nonce if the name was mounted last", async (first, last) => {
		const { answer, nonce } = await served([first, last], (req) => JSON.stringify({ ...req.headers }));
		expect(JSON.parse(answer.body)["x-nonce"]).toBe(last === "x-nonce" ? nonce : undefined);
		expect(nonce !== undefined).toBe(last === "x-nonce");
	});

	const SENT = {
		"X-Nonce": "c2VudEJ5VGhlQ2xpZW50MTIz",
		[CSP]: "script-src 'nonce-c2VudEJ5VGhlQ2xpZW50MTIz'",
		"Content-Security-Policy-Report-Only": "script-src 'nonce-c2VudEJ5VGhlQ2xpZW50MTIz'",
		"X-Other": "kept",
	};
	const everywhere: Act = (req) => JSON.stringify([req.headers, req.rawHeaders, (req as { headersDistinct?: object }).headersDistinct ?? {}]);

	test("what a client sends under these names is seen nowhere", async () => {
		const { answer } = await served(["next"], everywhere, { headers: SENT });
		expect(answer.body).not.toContain(SENT["X-Nonce"]);
		expect(answer.body.match(/kept/g)).toHaveLength(http2 ? 2 : 3);
		expect(JSON.parse(answer.body)[0]).not.toHaveProperty("content-security-policy-report-only");
	});

	test("without it they are seen, so the client does send them (control)", async () => {
		const { answer } = await served([], everywhere, { headers: SENT });
		expect(answer.body.split(SENT["X-Nonce"]).length - 1).toBe(http2 ? 6 : 9);
	});

	test("a name of your own hides no other header", async () => {
		const { answer } = await served(["X-CSP-Nonce"], (req) => [req.headers["x-nonce"], req.headers["x-csp-nonce"]].join(" "), { headers: SENT });
		expect(answer.body).toMatch(/^c2VudEJ5VGhlQ2xpZW50MTIz [\w-]{22}$/);
	});

	test.each<[string, Act]>([
		["spread", (req) => ({ ...req.headers })["x-nonce"]],
		["Object.entries", (req) => Object.fromEntries(Object.entries(req.headers))["x-nonce"]],
		["new Headers", (req) => new Headers(Object.entries(req.headers).filter(([name]) => !name.startsWith(":")) as never).get("x-nonce")],
		["for … in", (req) => Object.keys(req.headers).map((name) => (name === "x-nonce" ? req.headers[name] : ""))],
	])("a copy by %s has the nonce of the policy", async (_, act) => {
		const { answer, nonce } = await served(["x-nonce"], act);
		expect(answer.body.replaceAll(",", "")).toBe(nonce);
		expect(nonce).toMatch(NONCE);
	});

	test("a framework may set or delete the header", async () => {
		const { answer, nonce } = await served(["next"], (req) => {
			req.headers["x-nonce"] = "own";
			delete req.headers["content-security-policy"];
			return `${req.headers["x-nonce"]} ${"content-security-policy" in req.headers}`;
		});
		expect(answer.body).toBe("own false");
		expect(nonce).toBeUndefined();
	});

	test("mounted twice, it still gives one nonce", async () => {
		const { answer, nonce } = await served(["x-nonce", "x-nonce", "next"], (req) => req.headers["x-nonce"]);
		expect(answer.body).toBe(nonce);
	});

	test("an answer to HEAD and a 304 are as without it", async () => {
		const head = await served(["next"], (req) => req.headers["x-nonce"], { method: "HEAD" });
		expect(head.nonce).toMatch(NONCE);
		const unchanged = await served(["next"], (req, res) => {
			res.statusCode = 304;
			res.end(req.headers["x-nonce"] === "" ? "" : undefined);
		});
		expect(unchanged.answer.get(CSP)).toEqual([]);
	});

	test("after the headers were written there is none, and an event says so", async () => {
		const { answer, nonce, codes } = await served(["next"], (req, res) => {
			res.write("<body>");
			res.end(JSON.stringify([req.headers["x-nonce"], req.headers["content-security-policy"]]));
		});
		expect(answer.body).toContain('["",""]');
		expect(nonce).toBeUndefined();
		expect(codes).toEqual(["nonce/too-late", "nonce/too-late"]);
	});

	test("a logger that copies the headers of an ended response makes no nonce and no event", async () => {
		let logged: object = {};
		const { codes } = await served(["next", "x-nonce"], (req, res) => {
			res.end("asset");
			logged = { ...req.headers, "content-security-policy": req.headers["content-security-policy"] };
		});
		expect(logged).toMatchObject({ "x-nonce": "", "content-security-policy": "" });
		expect(codes).toEqual([]);
	});

	test("an addition and a replacement of the policy have the same nonce", async () => {
		const headers = secureHeaders();
		const { answer, nonce } = await served(["x-nonce"], (req, res) => {
			headers.override(res as never, { contentSecurityPolicy: { directives: { defaultSrc: [csp.none], scriptSrc: [csp.nonce] } } }, "replace");
			return req.headers["x-nonce"];
		});
		expect(answer.get(CSP)).toEqual([`default-src 'none'; script-src 'nonce-${nonce}'`]);
		expect(answer.body).toBe(nonce);
	});

	test("a policy without a slot says what is wrong", async () => {
		const { codes } = await served(["x-nonce"], (req) => req.headers["x-nonce"], {}, { preset: "spa" });
		expect(codes).toEqual(["nonce/no-slot"]);
	});
});

describe("a response without a policy", () => {
	const asked = (headers: object | undefined) => {
		const req = { headers, url: "/", method: "GET" };
		let calls = 0;
		nonceHeader("next")(req as never, {} as never, () => void calls++);
		return { headers: req.headers, calls };
	};

	test("has no such header, and the client's is gone", async () => {
		const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
		expect(asked({ "x-nonce": "foreign", "content-security-policy": "foreign", accept: "*/*" })).toEqual({ headers: { accept: "*/*" }, calls: 1 });
		expect(asked(undefined)).toEqual({ headers: undefined, calls: 1 });
		expect(asked(Object.freeze({ accept: "*/*" }))).toEqual({ headers: { accept: "*/*" }, calls: 1 });
		expect(warn.mock.calls).toEqual([
			["nonceHeader was reached on a response without a policy, so it gives no nonce. Mount it after app.use(headers).", "HeadguardWarning"],
		]);
		warn.mockRestore();
	});

	test("a proxy sends the nonce of its response to the next server, as it does with any header", async () => {
		const upstream = await listen((req, res) => res.end(String(req.headers["x-nonce"])));
		const { port } = upstream.server.address() as { port: number };
		const headers = secureHeaders();
		const give = nonceHeader("x-nonce");
		const front = await listen((req, res) => {
			headers(req, res);
			give(req, res);
			request({ port, headers: { ...req.headers } }, (answer) => answer.pipe(res)).end();
		});
		const answer = await front.ask();
		expect(nonceIn(answer.get(CSP))).toMatch(NONCE);
		expect(answer.body).toContain(nonceIn(answer.get(CSP)) as string);
		await Promise.all([front.close(), upstream.close()]);
	});
});

describe("names", () => {
	const refused = (name: unknown): string => {
		try {
			nonceHeader(name as string);
		} catch (error) {
			return error instanceof PolicyError ? error.message : String(error);
		}
		return "accepted";
	};

	test.each([[""], ["x nonce"], ["x-nonce\r\nx: y"], ["x-nönce"], [":nonce"], [undefined], [null], [5], [{}], [["x-nonce"]], [Symbol("x-nonce")]])(
		"%j is not a name",
		(name) => {
			expect(refused(name)).toMatch(/which is not a valid header name\. Write a name such as "x-nonce"\. \[header\/name\]$/);
		},
	);

	test.each([["host"], ["Cookie"], ["authorization"], ["__proto__"], ["constructor"], ["content-length"], ["x-forwarded-proto"], ["sec-fetch-site"]])(
		"%s has another meaning",
		(name) => {
			expect(refused(name)).toBe(
				`nonceHeader: received ${JSON.stringify(name)}, which can mean something else in a request. Write a name that contains "nonce", such as "x-nonce". [header/name]`,
			);
		},
	);

	test.each([[CSP], ["content-security-policy-report-only"]])("%s is what next is for", (name) => {
		expect(refused(name)).toBe(
			`nonceHeader: received ${JSON.stringify(name)}, which has a policy as its value, and not a nonce. Write nonceHeader("next"). [header/name]`,
		);
	});

	test.each([["x-nonce"], ["X-Nonce"], ["csp-nonce"], ["next"]])("%s is accepted", (name) => {
		expect(refused(name)).toBe("accepted");
	});

	test("mounted without a call, it says how to mount it", async () => {
		const server = createServer();
		expect(refused({ httpVersion: "1.1", headers: {}, url: "/" })).toBe(
			'nonceHeader: nonceHeader was mounted instead of what it returns. Write app.use(nonceHeader("x-nonce")). [usage/not-called]',
		);
		server.close();
	});
});
