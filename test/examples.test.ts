import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";

let running: ChildProcess | undefined;
afterEach(async () => {
	if (running?.exitCode !== null) return;
	running.kill();
	await once(running, "exit");
});

/** Starts an example on a free port and gives its address, as it prints it. */
async function start(name: string): Promise<string> {
	running = spawn(process.execPath, [`examples/${name}/app.js`], { env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
	const [line] = await once(createInterface({ input: running.stdout as NonNullable<ChildProcess["stdout"]> }), "line");
	return /http:\/\/\S+/.exec(line)?.[0] ?? "";
}

test.each(readdirSync("examples"))("examples/%s starts and answers with a nonce of its policy", async (name) => {
	const response = await fetch(await start(name));
	const page = await response.text();
	const nonce = /nonce="([^"]+)"/.exec(page)?.[1] ?? "none";
	expect(response.status).toBe(200);
	expect(response.headers.get("content-security-policy")).toContain(`'nonce-${nonce}'`);
});

describe("the demo", () => {
	test("keeps the set on its form, JSON, static file, 404 and error", async () => {
		const origin = await start("express-ejs");
		const answers = await Promise.all([
			fetch(`${origin}/form`, { method: "POST", body: new URLSearchParams({ message: "<b>x</b>" }) }),
			fetch(`${origin}/api/time`),
			fetch(`${origin}/static/demo.css`),
			fetch(`${origin}/nowhere`),
			fetch(`${origin}/boom`),
		]);
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 500]);
		for (const { headers } of answers) {
			expect(headers.get("x-frame-options")).toBe("DENY");
			expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
			expect(headers.get("x-powered-by")).toBeNull();
		}
		expect(await answers[0]?.text()).toContain("<pre>&lt;b&gt;x&lt;/b&gt;</pre>");
	});
});
