// node --test check.js, after the policy was compiled
import assert from "node:assert/strict";
import { test } from "node:test";
import app from "./app.js";

const CSP =
	"default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' https://img.example; object-src 'none'; script-src 'self'; style-src 'self'";

test("the page has the policy with its nonce", async () => {
	const response = await app.fetch(new Request("https://app.example/"));
	const nonce = /nonce="([\w-]{22})"/.exec(await response.text())[1];
	assert.equal(response.headers.get("content-security-policy"), CSP.replace(/(script|style)-src 'self'/g, `$1-src 'self' 'nonce-${nonce}'`));
	assert.equal(response.headers.get("cache-control"), "private");
});

for (const [path, status] of Object.entries({ "/api": 200, "/old": 301, "/missing": 404 })) {
	test(`${path} has the whole policy`, async () => {
		const { status: sent, headers } = await app.fetch(new Request(`https://app.example${path}`));
		assert.equal(sent, status);
		assert.equal(headers.get("content-security-policy"), CSP);
		assert.equal(headers.get("strict-transport-security"), "max-age=31536000; includeSubDomains");
		assert.equal(headers.get("x-frame-options"), "DENY");
		assert.equal(headers.get("x-content-type-options"), "nosniff");
	});
}
