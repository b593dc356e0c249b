// vitest run headers.vitest.test.js
import { expectCsp, expectEveryResponse, expectHeaders } from "headguard/testing";
import request from "supertest";
import { test } from "vitest";
import { app, headers } from "./app.js";

test("the page has the headers of the policy", async () => {
	const response = await request(app).get("/");
	expectHeaders(response, headers);
	expectCsp(response, "script-src", { contains: ["'self'"], lacks: ["'unsafe-inline'"] });
});

test("so has every other response", async () => {
	await expectEveryResponse(app, { policy: headers, failingPath: "/fail" });
});
