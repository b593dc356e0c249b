import express from "express";
import { describe, expect, test } from "vitest";
import { protectServer, secureHeaders } from "../../src/index.ts";
import { listen } from "../support/stacks.ts";

describe("what is held wrong says how to hold it", () => {
	test.each(["extend", "replace"] as const)("headers.%s mounted without a call is one problem, not one for each field of a request", async (method) => {
		const app = express();
		const errors: Error[] = [];
		app.use(secureHeaders()[method] as never);
		app.use(((error: Error, _req: unknown, res: express.Response, _next: unknown) => {
			errors.push(error);
			res.status(500).end();
		}) as never);
		const running = await listen(app);
		expect((await running.ask()).status).toBe(500);
		await running.close();
		expect(errors[0]).toMatchObject({ code: "ERR_POLICY", issues: [{ code: "usage/not-called", path: method }] });
		expect(errors[0]?.message).toContain(`app.use(headers.${method}({ … }))`);
	});

	test("headers.errorHandler called where it is to be mounted", () => {
		expect(() => (secureHeaders().errorHandler as () => void)()).toThrow("Write app.use(headers.errorHandler), without the parentheses. [usage/called]");
		expect(() => (secureHeaders.errorHandler() as () => void)()).toThrow("[usage/called]");
	});

	test.each([
		["an application", express()],
		["nothing", undefined],
		["a port", 3000],
		["options", {}],
	])("protectServer with %s in place of a server", (_what, server) => {
		expect(() => protectServer(server as never, secureHeaders())).toThrow("Write protectServer(app.listen(3000), headers)");
	});

	test("an override that fails for another reason than the policy is not kept quiet where a share of responses reports", () => {
		const headers = secureHeaders({ reporting: { endpoint: "/_reports", fraction: 0.5 } });
		expect(() => headers.extend({ contentSecurityPolicy: { directives: { reportTo: "default" } } })).not.toThrow();
	});
});
