// node --test headers.node-test.js
import { test } from "node:test";
import { expectCsp, expectEveryResponse, expectHeaders } from "headguard/testing";
import request from "supertest";
import { app, headers } from "./app.js";

test("the page has the headers of the policy", async () => {
	const response = await request(app).get("/");
	expectHeaders(response, headers);
	expectCsp(response, "script-src", { contains: ["'self'"], lacks: ["'unsafe-inline'"] });
});

test("so has every other response", async () => {
	await expectEveryResponse(app, { policy: headers, failingPath: "/fail" });
});
