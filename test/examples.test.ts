import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { audit } from "../src/audit/index.ts";
import { type RunningExample, startExample } from "./support/examples.ts";

let example: RunningExample;
afterEach(() => example.stop());

test.each(
	readdirSync("examples").filter((name) => !["testing", "frameworks", "vite-spa", "csp-rollout", "csp-reports-redis", "lambda", "fetch"].includes(name)),
)("examples/%s starts and answers with a nonce of its policy", async (name) => {
	example = await startExample(name);
	const response = await fetch(example.origin);
	const page = await response.text();
	const nonce = /nonce="([^"]+)"/.exec(page)?.[1] ?? "none";
	expect(response.status).toBe(200);
	expect(response.headers.get("content-security-policy")).toContain(`'nonce-${nonce}'`);
});

test("examples/vite-spa builds, its committed hashes are those of the build, and it is served with them", async () => {
	const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: "examples/vite-spa", stdio: "pipe" });
	run("../../node_modules/vite/bin/vite.js", "build", "--logLevel", "error");
	run("../../dist/cli.js", "hash", "dist", "--check", "hashes.json");
	example = await startExample("vite-spa");
	const { headers } = await fetch(`${example.origin}/any/route`);
	const [hash] = JSON.parse(readFileSync("examples/vite-spa/hashes.json", "utf8")).scriptSrc;
	expect(headers.get("content-security-policy")).toContain(`script-src 'self' ${hash}; style-src 'self'`);
	expect(headers.get("content-security-policy")).not.toContain("nonce");
});

describe("the demo", () => {
	test("keeps the set on its form, JSON, static file, 404 and error", async () => {
		example = await startExample("express-ejs");
		const answers = await Promise.all([
			fetch(`${example.origin}/form`, { method: "POST", body: new URLSearchParams({ message: "<b>x</b>" }) }),
			fetch(`${example.origin}/api/time`),
			fetch(`${example.origin}/static/demo.css`),
			fetch(`${example.origin}/nowhere`),
			fetch(`${example.origin}/boom`),
		]);
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 500]);
		for (const { headers } of answers) {
			expect(headers.get("x-frame-options")).toBe("DENY");
			expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
			expect(headers.get("x-powered-by")).toBeNull();
		}
		expect(await answers[0]?.text()).toContain("<pre>&lt;b&gt;x&lt;/b&gt;</pre>");
	});

	test("lists headers that the response has, with their values", async () => {
		example = await startExample("express-ejs");
		const response = await fetch(example.origin);
		const rows = [...(await response.text()).matchAll(/<dt>(.+)<\/dt>\s*<dd>(.+)<\/dd>/g)].map(([, name = "", value = ""]) => [
			name,
			value.replaceAll("&#39;", "'"),
		]);
		expect(rows).toContainEqual(["content-security-policy", expect.stringContaining("script-src 'self' 'nonce-")]);
		expect(rows).toEqual(rows.map(([name = ""]) => [name, response.headers.get(name)]));
	});

	test("strict and asked for everything, it has the best grade", async () => {
		const config = JSON.parse(readFileSync("examples/express-ejs/headguard.config.json", "utf8"));
		example = await startExample("express-ejs", { PRESET: "strict", NODE_ENV: "production" });
		const { findings, grade } = await audit(`${example.origin}/`, {
			assumeTls: true,
			active: true,
			headers: { Host: "app.example" },
			failingPath: config.failPath,
			dataPath: config.apiPath,
			ignore: config.ignore,
		});
		expect(findings.filter(({ severity }) => severity !== "note").map(({ id }) => id)).toEqual([]);
		expect(grade).toMatchObject({ letter: "A+", points: 100 });
	});
});
