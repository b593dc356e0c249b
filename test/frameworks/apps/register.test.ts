import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, visit } from "../../support/browser.ts";
import { ask, install, type Started, start } from "../../support/framework.ts";
import { freePort } from "../../support/free-port.ts";

/** An application of the registry that knows nothing of headguard, started with `node --import headguard/register`. */
interface Registered {
	/** In examples/frameworks/register. */
	readonly name: string;
	readonly page: string;
	/** Path and status. */
	readonly answers: readonly (readonly [path: string, status: number])[];
	/** What a person does there. */
	use(page: Page): Promise<void>;
}

const smtpPort = await freePort();

const APPLICATIONS: readonly Registered[] = [
	{
		name: "http-server",
		page: "/",
		answers: [
			["/", 200],
			["/page.html", 200],
			["/missing", 404],
		],
		async use(page) {
			// The styles of the list are inline, and so is the handler of the page.
			expect(await page.locator("td a").first().isVisible()).toBe(true);
			await page.click("text=page.html");
			await page.click("#count");
			expect(await page.textContent("#count")).toBe("1");
		},
	},
	{
		name: "maildev",
		page: "/",
		answers: [
			["/", 200],
			["/email", 200],
		],
		async use(page) {
			await sendMail(smtpPort, "A mail with a style", '<p id="styled" style="color: rgb(0, 128, 0)">Green</p>');
			await page.click("text=A mail with a style");
			const styled = page.frameLocator("iframe").locator("#styled");
			expect(await styled.evaluate((p) => getComputedStyle(p).color)).toBe("rgb(0, 128, 0)");
		},
	},
	{
		name: "node-red",
		page: "/",
		answers: [
			["/", 200],
			["/settings", 200],
			["/missing", 404],
		],
		async use(page) {
			await page.waitForFunction(() => document.querySelectorAll(".red-ui-palette-node").length > 20);
			await page.click("#red-ui-header-button-sidemenu");
			await page.locator("#red-ui-header-button-sidemenu-submenu").waitFor();
		},
	},
];

describe.each(APPLICATIONS)("$name with headguard/register", ({ name, page: path, answers, use }) => {
	let [browser, started]: [Browser?, Started?] = [];
	beforeAll(async () => {
		const folder = join(tmpdir(), "headguard-frameworks", "register", name);
		install(`register/${name}`, folder);
		browser = await launch();
		process.env["SMTP_PORT"] = String(smtpPort);
		started = await start(folder, "production", browser);
	}, 600_000);
	afterAll(async () => {
		await started?.stop();
		await browser?.close();
	});

	test("each answer has the policy of the preset, one line for each header", async () => {
		for (const [to, status] of answers) {
			const answer = await ask((started as Started).origin, { path: to });
			const values = (header: string) => answer.lines.flatMap(([one, value]) => (one === header ? [value] : []));
			expect([to, answer.status, values("x-content-type-options"), values("x-powered-by")]).toEqual([to, status, ["nosniff"], []]);
			expect([to, values("content-security-policy").length, values("content-security-policy").join()]).toEqual([
				to,
				1,
				expect.stringMatching(/base-uri 'self'; .*frame-ancestors .*object-src 'none'|default-src 'none'/),
			]);
		}
		expect((started as Started).printed()).toContain('there is no headguard.config.js, so the policy is the preset "compatible"');
	});

	test("it works in Chromium without a violation", async () => {
		const { page, violations } = await visit(browser as Browser, (started as Started).origin + path);
		await use(page);
		expect(await violations()).toEqual([]);
		await page.close();
	});

	test("another site cannot frame it", async () => {
		const page = await (browser as Browser).newPage();
		await page.route("http://other.example/", (route) =>
			route.fulfill({ contentType: "text/html", body: `<iframe src="${(started as Started).origin}${path}"></iframe>` }),
		);
		const refused = page.waitForEvent("console", { predicate: (message) => message.text().includes("frame-ancestors"), timeout: 30_000 });
		await page.goto("http://other.example/");
		expect((await refused).text()).toContain("frame-ancestors 'self'");
		await page.close();
	});
});

async function sendMail(port: number, subject: string, html: string): Promise<void> {
	const socket = connect(port, "127.0.0.1");
	const lines = ["HELO a.example", "MAIL FROM:<a@a.example>", "RCPT TO:<b@b.example>", "DATA"];
	const message = `From: a@a.example\r\nTo: b@b.example\r\nSubject: ${subject}\r\nContent-Type: text/html\r\n\r\n${html}\r\n.`;
	// The server greets first, and answers each line.
	for (const line of [...lines, message, "QUIT"]) {
		await once(socket, "data");
		socket.write(`${line}\r\n`);
	}
	await once(socket, "close");
}
