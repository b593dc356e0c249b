// node --test check.js, after the policy was compiled
import assert from "node:assert/strict";
import { test } from "node:test";
import { handler } from "./handler.js";

const event = (rawPath, method = "GET", more = {}) => ({
	version: "2.0",
	rawPath,
	rawQueryString: "",
	headers: { host: "abc.lambda-url.eu-west-1.on.aws" },
	requestContext: { domainName: "abc.lambda-url.eu-west-1.on.aws", http: { method, path: rawPath } },
	isBase64Encoded: false,
	...more,
});
const text = ({ body }) => Buffer.from(body, "base64").toString();
const CSP =
	"default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' https://img.example; object-src 'none'; script-src 'self'; style-src 'self'";

test("the page has the policy with its nonce", async () => {
	const result = await handler(event("/"));
	const nonce = /nonce="([\w-]{22})"/.exec(text(result))[1];
	assert.equal(result.statusCode, 200);
	assert.equal(result.headers["content-security-policy"], CSP.replace(/(script|style)-src 'self'/g, `$1-src 'self' 'nonce-${nonce}'`));
	assert.equal(result.headers["cache-control"], "private");
});

for (const [path, status] of Object.entries({ "/echo": 200, "/login": 302, "/missing": 404, "/error": 500 })) {
	test(`${path} has the whole policy`, async (context) => {
		context.mock.method(console, "error", () => {});
		const { statusCode, headers } = await handler(event(path));
		assert.equal(statusCode, status);
		assert.equal(headers["content-security-policy"], CSP);
		assert.equal(headers["strict-transport-security"], "max-age=31536000; includeSubDomains");
		assert.equal(headers["x-frame-options"], "DENY");
		assert.equal(headers["x-content-type-options"], "nosniff");
	});
}

test("the body and the cookies pass in both directions", async () => {
	const echoed = await handler(event("/echo", "POST", { body: Buffer.from("ä").toString("base64"), isBase64Encoded: true }));
	assert.deepEqual(JSON.parse(text(echoed)), { method: "POST", body: "ä" });
	assert.deepEqual((await handler(event("/login"))).cookies, ["a=1; Secure", "b=2; Secure"]);
});
