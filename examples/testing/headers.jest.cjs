// jest headers.jest.cjs
const express = require("express");
const { secureHeaders } = require("headguard");
const { expectCsp, expectEveryResponse, expectHeaders } = require("headguard/testing");
const request = require("supertest");

const headers = secureHeaders();
const app = express().use(headers);
app.get("/", (_req, res) => res.send(`<!doctype html><meta charset="utf-8"><title>hello</title><script nonce="${res.locals.cspNonce}">start()</script>`));

test("the page has the headers of the policy", async () => {
	const response = await request(app).get("/");
	expectHeaders(response, headers);
	expectCsp(response, "script-src", { contains: ["'self'"], lacks: ["'unsafe-inline'"] });
});

test("so has every other response", async () => {
	await expectEveryResponse(app, { policy: headers });
});
