import { expect, onTestFinished } from "vitest";
import { until, type Window } from "../../support/engines.ts";
import { startExample } from "../../support/examples.ts";
import { HAS_INJECTED, INJECTED, type Tampering, tamper, VIOLATIONS } from "../../support/tampered.ts";
import type { Case } from "./case.ts";

const ROWS = "[...document.querySelectorAll('[data-check]')].map((row) => [row.dataset.check, row.lastElementChild.textContent])";
const SUMMARY = "document.getElementById('summary').textContent";
const ANSWER = "document.getElementById('answer').textContent";

/** What `npm start` shows. */
export const demoCases: readonly Case[] = [
	[
		"the demo page shows what ran and what was blocked, and counts every violation",
		async (window) => {
			await window.open(await startDemo());
			await until(window, `${SUMMARY}.includes('4 violations')`, SUMMARY);
			expect(await window.read(ROWS)).toEqual([
				["nonced", "ran"],
				["file", "ran"],
				["plain", "was blocked"],
				["handler", "was blocked"],
				["data", "was blocked"],
				["nonced-style", "ran"],
				["plain-style", "was blocked"],
			]);
			// Each engine has its own order.
			expect((await window.read<string>(SUMMARY)).split(/: |, |\.$/).sort()).toEqual([
				"",
				"7 of 7 as they should be. The browser reported 4 violations",
				"script-src-attr",
				"script-src-elem",
				"script-src-elem",
				"style-src-elem",
			]);
			expect(await window.read("document.querySelector('dl').textContent")).toContain("script-src 'self' 'nonce-");
		},
	],
	[
		"the buttons of the demo show the headers of an API, a file and error pages",
		async (window) => {
			const site = await tamper(await startDemo());
			await window.open(`${site.origin}/`);
			const before = await window.read(VIOLATIONS);
			for (const [path, status, type, policy] of [
				["/api/time", 200, "application/json; charset=utf-8", "default-src 'self'; base-uri 'self'; "],
				["/static/demo.css", 200, "text/css; charset=utf-8", "default-src 'self'; base-uri 'self'; "],
				["/nowhere", 404, "text/html; charset=utf-8", "default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"],
				["/boom", 500, "text/html; charset=utf-8", "default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"],
			] as const) {
				await window.press(`[data-ask="${path}"]`);
				await until(window, `${ANSWER}.includes('${path} answered')`, ANSWER);
				const lines = (await window.read<string>(ANSWER)).split("\n");
				expect([lines[0], lines.find((line) => line.startsWith("content-type: "))]).toEqual([`${path} answered ${status}`, `content-type: ${type}`]);
				expect([path, lines.find((line) => line.startsWith("content-security-policy: "))]).toEqual([path, expect.stringContaining(policy)]);
			}
			expect(await window.read(VIOLATIONS)).toEqual(before);
		},
	],
	[
		"a message of the demo's form raises no violation, and a script in it does not run",
		async (window) => {
			const demo = await startDemo();
			const unprotected: Tampering["headers"] = ({ "content-security-policy": _, ...headers }) => headers;
			expect(await sent(window, demo, "Good day")).toEqual({ violations: [], injected: "blocked" });
			expect(await sent(window, demo, INJECTED)).toEqual({ violations: ["script-src-elem inline"], injected: "blocked" });
			expect(await sent(window, demo, INJECTED, { headers: unprotected }), "without the policy (control)").toEqual({ violations: [], injected: "1" });
		},
	],
];

async function startDemo(): Promise<string> {
	const { origin, stop } = await startExample("express-ejs");
	onTestFinished(stop);
	return origin;
}

/** What the page shows that answers a message. */
async function sent(window: Window, demo: string, message: string, tampering?: Tampering): Promise<object> {
	const site = await tamper(demo, tampering);
	await window.open(`${site.origin}/`);
	await window.read(`void (document.querySelector("[name=message]").value = ${JSON.stringify(message)})`);
	await window.press("form button");
	await until(window, "location.pathname === '/form' && document.readyState === 'complete'");
	expect(await window.read("document.querySelector('pre').textContent")).toBe(message);
	return { violations: await window.read(VIOLATIONS), injected: await window.read(HAS_INJECTED) };
}
