import { setTimeout as wait } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { executable, MINI_BROWSER, startDisplay, startGroup } from "./engines.ts";
import { inFirefox, launchFirefox } from "./firefox.ts";
import { freePort } from "./free-port.ts";

/** An engine with a page open for each address, and what it has written into their consoles. */
export interface Consoles {
	said(): Promise<readonly string[]>;
	close(): Promise<void>;
}

export async function consolesOfChromium(browser: Browser, urls: readonly string[]): Promise<Consoles> {
	const said: string[] = [];
	for (const url of urls) {
		const page = await browser.newPage();
		page.on("console", (message) => said.push(message.text()));
		await page.goto(url, { waitUntil: "commit" });
	}
	return { said: async () => said, close: async () => {} };
}

/** The driver tells nothing of policies. The browser's own window can read the console. */
export async function consolesOfFirefox(_browser: Browser, urls: readonly string[]): Promise<Consoles> {
	const firefox = await launchFirefox();
	for (const url of urls) await (await firefox.newPage()).goto(url, { waitUntil: "domcontentloaded" }).catch(() => {});
	return {
		said: async () => JSON.parse(String(await inFirefox(firefox, "JSON.stringify(Services.console.getMessageArray().map(String))"))) as string[],
		close: () => firefox.close(),
	};
}

/** The driver tells nothing. The inspector does, over WebSockets, which a page of Chromium opens: Node 20 cannot. */
export async function consolesOfWebKit(browser: Browser, urls: readonly string[]): Promise<Consoles> {
	const display = await startDisplay();
	const address = `127.0.0.1:${await freePort()}`;
	const started = startGroup(executable(MINI_BROWSER), ["--private", "--enable-developer-extras=true", ...urls], {
		...process.env,
		DISPLAY: display.name,
		WEBKIT_DISABLE_COMPOSITING_MODE: "1",
		WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
		WEBKIT_INSPECTOR_HTTP_SERVER: address,
	});
	const page = await browser.newPage();
	await page.evaluate(`(${LISTEN})(${JSON.stringify(await targetsAt(address, urls.length))})`);
	return {
		said: () => page.evaluate("window.said"),
		async close() {
			await page.close();
			await started.end();
			await display.end();
		},
	};
}

/** A page gets another target when it changes its process. */
const LISTEN = `(addresses) => {
	window.said = [];
	for (const address of addresses) {
		const socket = new WebSocket(address);
		let id = 0;
		socket.onmessage = ({ data }) => {
			const { method, params } = JSON.parse(data);
			if (method === "Target.targetCreated") {
				const message = JSON.stringify({ id: ++id, method: "Console.enable" });
				socket.send(JSON.stringify({ id: ++id, method: "Target.sendMessageToTarget", params: { targetId: params.targetInfo.targetId, message } }));
			}
			if (method !== "Target.dispatchMessageFromTarget") return;
			const told = JSON.parse(params.message);
			if (told.method === "Console.messageAdded") window.said.push(told.params.message.text);
		};
	}
}`;

async function targetsAt(address: string, count: number): Promise<readonly string[]> {
	for (let attempt = 0; attempt < 200; attempt++) {
		const list = await fetch(`http://${address}/`).then(
			(response) => response.text(),
			() => "",
		);
		const targets = new Set(list.match(/\/socket\/\d+\/\d+\/WebPage/g));
		if (targets.size === count) return [...targets].map((path) => `ws://${address}${path}`);
		await wait(100);
	}
	throw new Error(`The inspector at ${address} does not show ${count} pages.`);
}
