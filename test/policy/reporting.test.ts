import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import express from "express";
import { describe, expect, test, vi } from "vitest";
import { secureHeaders } from "../../src/index.ts";
import { expectHeaders } from "../../src/testing/index.ts";
import { codesOf, headersOf, warningsOf } from "../support/policy.ts";
import { type Answer, listen } from "../support/stacks.ts";

const on = {
	contentSecurityPolicyReportOnly: true,
	crossOriginEmbedderPolicy: true,
	crossOriginOpenerPolicyReportOnly: true,
	permissionsPolicyReportOnly: true,
	integrityPolicy: true,
	documentIsolationPolicy: true,
} as const;

test("one option wires every header, each in its own spelling", () => {
	const headers = headersOf({ ...on, reporting: { endpoint: "/_reports" } });
	expect(headers["Reporting-Endpoints"]).toBe('default="/_reports"');
	expect(headers["Content-Security-Policy"]).toContain("; report-to default; report-uri /_reports; ");
	expect(headers["Content-Security-Policy-Report-Only"]).toContain("; report-to default; report-uri /_reports; ");
	expect(headers["Cross-Origin-Opener-Policy"]).toBe('same-origin; report-to="default"');
	expect(headers["Cross-Origin-Opener-Policy-Report-Only"]).toBe('same-origin; report-to="default"');
	expect(headers["Cross-Origin-Embedder-Policy"]).toBe('require-corp; report-to="default"');
	expect(headers["Document-Isolation-Policy"]).toBe('isolate-and-require-corp; report-to="default"');
	expect(headers["Integrity-Policy"]).toBe("blocked-destinations=(script), endpoints=(default)");
	expect(headers["Permissions-Policy"]).toMatch(/^accelerometer=\(\); report-to=default, /);
	expect(headers["Permissions-Policy-Report-Only"]).toMatch(/^accelerometer=\(\); report-to=default, /);
	expect(warningsOf({ ...on, reporting: { endpoint: "/_reports" } })).toEqual([]);
});

test("off https the CSP reports through report-uri alone", () => {
	const plain = headersOf({ reporting: { endpoint: "/_reports" } }, { secure: false, hstsAllowed: false });
	expect(plain["Content-Security-Policy"]).toContain("; report-uri /_reports; ");
	expect(plain["Content-Security-Policy"]).not.toContain("report-to");
	expect(plain["Reporting-Endpoints"]).toBeUndefined();
});

test("what names an endpoint itself keeps it, and other endpoints stand beside", () => {
	const headers = headersOf({
		reporting: { endpoint: "/_reports", name: "all" },
		reportingEndpoints: { coop: "/coop" },
		crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "coop" },
		contentSecurityPolicy: { directives: { reportUri: ["/csp"] } },
	});
	expect(headers["Reporting-Endpoints"]).toBe('all="/_reports", coop="/coop"');
	expect(headers["Cross-Origin-Opener-Policy"]).toBe('same-origin; report-to="coop"');
	expect(headers["Content-Security-Policy"]).toContain("; report-uri /csp; ");
	expect(headers["Content-Security-Policy"]).not.toContain("report-to");
});

test.each<[unknown, string]>([
	[{ endpoint: "/r;x" }, "csp/separator"],
	[{ endpoint: "/r\r\nX: y" }, "report/url"],
	[{ endpoint: 5 }, "option/type"],
	[{}, "option/type"],
	[{ endpoint: "/r", name: "A b" }, "report/name"],
	[{ endpoints: "/r", endpoint: "/r" }, "option/unknown"],
	["/r", "option/type"],
])("%j is refused", (reporting, code) => {
	expect(codesOf({ reporting })).toEqual([code]);
});

describe("a share of the responses", () => {
	const fraction = 0.1;
	const policy = {
		secure: true,
		reporting: { endpoint: "/_reports", fraction },
		contentSecurityPolicyReportOnly: true,
		crossOriginEmbedderPolicy: true,
	} as const;
	const all = { ...policy, reporting: { endpoint: "/_reports" } } as const;
	const isReporting = (headers: Headers): boolean => headers.get("reporting-endpoints") !== null;

	/** A hundred on each connection: two thousand of them take their time. */
	async function ask(handler: (app: express.Express) => void, count: number): Promise<readonly Headers[]> {
		const app = express();
		app.set("trust proxy", true);
		handler(app);
		const running = await listen(app);
		const request = (connection: string): string => `GET / HTTP/1.1\r\nHost: app.example\r\nX-Forwarded-Proto: https\r\nConnection: ${connection}\r\n\r\n`;
		const answers: Answer[] = [];
		for (let left = count; left > 0; left -= 100)
			answers.push(...(await running.wire(request("keep-alive").repeat(Math.min(left, 100) - 1) + request("close"))));
		await running.close();
		expect(answers.map(({ status }) => status)).toEqual(Array(count).fill(200));
		return answers.map(({ lines }) => new Headers(lines.map(([name, value]) => [name, value])));
	}

	test.each(["auto", false] as const)("asks for reports, and the others carry the rest of the policy (headerBlock: %s)", async (headerBlock) => {
		const answers = await ask((app) => void app.use(secureHeaders({ ...policy, headerBlock }) as never).get("/", (_req, res) => void res.send("x")), 2000);
		const reporting = answers.filter(isReporting);
		// Ten standard deviations.
		expect(reporting.length).toBeGreaterThan(66);
		expect(reporting.length).toBeLessThan(334);
		const names = ["content-security-policy", "content-security-policy-report-only", "cross-origin-embedder-policy", "x-content-type-options"];
		const texts = (list: readonly Headers[]): readonly string[] => [...new Set(list.map((headers) => JSON.stringify(names.map((name) => headers.get(name)))))];
		const [sent, silent] = [headersOf(all), headersOf({ ...policy, reporting: false })];
		const expected = (headers: Record<string, string>): string =>
			JSON.stringify(
				names.map(
					(name) =>
						Object.entries(headers)
							.find(([key]) => key.toLowerCase() === name)?.[1]
							.replaceAll(" 'nonce-NONCE'", "") ?? null,
				),
			);
		expect(texts(reporting)).toEqual([expected(sent)]);
		expect(texts(answers.filter((headers) => !isReporting(headers)))).toEqual([expected(silent)]);
		expect(sent["Content-Security-Policy"]).toContain("report-uri");
		expect(silent["Content-Security-Policy"]).not.toContain("report-");
	});

	test("an override lies on both, and no response has half of each", async () => {
		const answers = await ask((app) => {
			const headers = secureHeaders({ ...policy, reporting: { endpoint: "/_reports", fraction: 0.5 } });
			app.use(headers as never);
			app.get("/", headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } }) as never, (_req, res) => void res.send("x"));
		}, 200);
		for (const headers of answers) {
			expect(headers.get("content-security-policy")).toContain("img-src 'self' data: https://img.example");
			expect((headers.get("content-security-policy") ?? "").includes("report-uri")).toBe(isReporting(headers));
		}
		expect(new Set(answers.map(isReporting)).size).toBe(2);
	});

	test("an override that names the endpoint itself reports on every response", async () => {
		const answers = await ask((app) => {
			const headers = secureHeaders(policy);
			app.use(headers as never);
			app.get("/", headers.extend({ crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "default" } }) as never, (_req, res) => void res.send("x"));
		}, 50);
		expect(answers.every(isReporting)).toBe(true);
	});

	test.each<[unknown, string]>([
		[0, "option/type"],
		[1.5, "option/type"],
		["10%", "option/type"],
		[Number.NaN, "option/type"],
	])("fraction: %j is refused", (value, code) => {
		expect(codesOf({ reporting: { endpoint: "/_reports", fraction: value } } as never)).toEqual([code]);
	});

	test("a header that names the endpoint of reporting itself cannot go without it", () => {
		const named = { crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "default" } } as const;
		expect(codesOf({ ...named, reporting: { endpoint: "/_reports" } })).toEqual([]);
		expect(codesOf({ ...named, reporting: { endpoint: "/_reports", fraction } })).toEqual(["option/type"]);
	});

	test("what tests expect of a response, either way", async () => {
		const headers = secureHeaders({ ...policy, reporting: { endpoint: "/_reports", fraction: 0.5 } });
		const [reporting, silent] = [0, 1].map((chance) => {
			vi.spyOn(Math, "random").mockReturnValue(chance);
			const res = new ServerResponse(new IncomingMessage(new Socket()));
			headers(Object.assign(new IncomingMessage(new Socket()), { headers: { host: "app.example" } }), res);
			vi.restoreAllMocks();
			return { status: 200, headers: res.getHeaders() };
		});
		expect(reporting?.headers["reporting-endpoints"]).toBe('default="/_reports"');
		expect(silent?.headers["reporting-endpoints"]).toBeUndefined();
		for (const response of [reporting, silent]) expectHeaders(response as never, headers);
		expect(() => expectHeaders({ status: 200, headers: { ...silent?.headers, "referrer-policy": "unsafe-url" } } as never, headers)).toThrow("Referrer-Policy");
	});
});
