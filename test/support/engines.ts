import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { Builder, By, Capabilities } from "selenium-webdriver";
import { launch as launchChromium } from "./browser.ts";
import { spkiOf } from "./certificate.ts";
import { launchFirefox } from "./firefox.ts";
import { freePort } from "./free-port.ts";
import type { Engine } from "./inline-code.ts";

/** One window of a running engine. */
export interface Window {
	/** Resolves when the page has loaded. */
	open(url: string): Promise<void>;
	reload(): Promise<void>;
	/** Clicks as a user does: some things a page may do only then. */
	press(selector: string): Promise<void>;
	/** The value of an expression, to read what the page left in its document. No policy applies to it, so it must not do what is tested. */
	read<T>(expression: string): Promise<T>;
	/** Ends the engine and every process that was started for it. */
	close(): Promise<void>;
}

/** What answers for the names of the internet. */
export interface Network {
	/** The port of a proxy. Addresses of this machine do not pass it. */
	readonly proxy: number;
	/** The port on this machine for each `name:port` that answers: Chromium sends no reports of the network from behind a proxy. */
	readonly servers: Readonly<Record<string, number>>;
	/** The certificate that its sites have, and the one that has signed that, which the engine is made to trust. */
	readonly certificate?: { readonly cert: string; readonly authority: string };
}

/** The engines of Chrome, Firefox and Safari, as Debian has them. Where one is missing its start fails: nothing is skipped. */
export const ENGINES: readonly { readonly name: Engine; start(network?: Network, isComposited?: boolean): Promise<Window> }[] = [
	{ name: "Chromium", start: startChromium },
	{ name: "Firefox", start: startFirefox },
	{ name: "WebKit", start: startWebKit },
];

/** Waits until an expression is true in the page, and fails after a while (ms) with what `otherwise` reads. */
export async function until(window: Window, expression: string, otherwise: string = "document.documentElement.outerHTML", time = 8_000): Promise<void> {
	const end = Date.now() + time;
	while (!(await window.read<boolean>(`Boolean(${expression})`))) {
		if (Date.now() > end) throw new Error(`not so within ${time} ms: ${expression}; the page has ${await window.read<string>(otherwise)}`);
		await wait(20);
	}
}

async function startChromium(network?: Network): Promise<Window> {
	const browser = await launchChromium(...(network === undefined ? [] : chromiumIn(network)));
	const page = await browser.newPage();
	return {
		open: async (url) => void (await page.goto(url, { waitUntil: "load" })),
		reload: async () => void (await page.reload({ waitUntil: "load" })),
		press: (selector) => page.click(selector),
		read: (expression) => page.evaluate(expression),
		close: () => browser.close(),
	};
}

function chromiumIn({ servers, certificate }: Network): readonly string[] {
	const rules = Object.entries(servers).map(([name, port]) => `MAP ${name} 127.0.0.1:${port}`);
	return [
		`--host-resolver-rules=${[...rules, "MAP * ~NOTFOUND", "EXCLUDE localhost", "EXCLUDE 127.0.0.1"].join(", ")}`,
		...(certificate === undefined ? [] : [`--ignore-certificate-errors-spki-list=${spkiOf(certificate.cert)}`, "--short-reporting-delay"]),
	];
}

async function startFirefox(network?: Network): Promise<Window> {
	const browser = await launchFirefox(network);
	const page = await browser.newPage();
	return {
		open: async (url) => void (await page.goto(url, { waitUntil: "load" })),
		reload: async () => void (await page.reload({ waitUntil: "load" })),
		press: (selector) => page.click(selector),
		read: <T>(expression: string) => page.evaluate(expression) as Promise<T>,
		close: () => browser.close(),
	};
}

/** WebKitGTK shows its windows on a display, so it gets one that nobody sees. Its page crashes at a view transition if it is not composited. */
async function startWebKit(network?: Network, isComposited = false): Promise<Window> {
	const binary = executable(process.env["WEBKIT_DRIVER"] ?? "/usr/bin/WebKitWebDriver");
	const options = {
		binary: executable(MINI_BROWSER),
		args: [
			"--automation",
			...(network === undefined ? [] : [`--proxy=http://127.0.0.1:${network.proxy}`, "--ignore-host=localhost", "--ignore-host=127.0.0.1"]),
		],
	};
	const capabilities = { browserName: "MiniBrowser", "webkitgtk:browserOptions": options, acceptInsecureCerts: network?.certificate !== undefined };
	const display = await startDisplay();
	const port = await freePort();
	const env = { ...process.env, DISPLAY: display.name, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", ...(isComposited ? {} : UNCOMPOSITED) };
	const service = startGroup(binary, [`--port=${port}`, "--host=127.0.0.1"], env);
	const end = async (): Promise<void> => {
		await service.end();
		await display.end();
	};
	try {
		const address = `http://127.0.0.1:${port}`;
		await answers(`${address}/status`, service.process);
		const driver = await new Builder().disableEnvironmentOverrides().usingServer(address).withCapabilities(new Capabilities(capabilities)).build();
		return {
			open: (url) => driver.get(url),
			reload: () => driver.navigate().refresh(),
			press: (selector) => driver.findElement(By.css(selector)).click(),
			read: <T>(expression: string) => driver.executeScript<T>(`return (${expression})`),
			async close() {
				await driver.quit().catch(() => {});
				await end();
			},
		};
	} catch (error) {
		await end();
		throw error;
	}
}

const UNCOMPOSITED = { WEBKIT_DISABLE_COMPOSITING_MODE: "1" };

const LIBRARIES = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
export const MINI_BROWSER = process.env["WEBKIT"] ?? `${LIBRARIES}/webkit2gtk-4.1/MiniBrowser`;

/** The test runner's worker ends, or has lost its runner. */
const ENDS = ["exit", "disconnect"];

export interface Group {
	readonly process: ChildProcess;
	end(): Promise<void>;
}

/** A process that leads a group, so that what it starts ends with it, also when this process is cut short. */
export function startGroup(command: string, args: readonly string[], env: NodeJS.ProcessEnv, ...more: readonly "pipe"[]): Group {
	const started = spawn(command, args, { env, detached: true, stdio: ["ignore", "ignore", "ignore", ...more] });
	const signal = (): void => {
		try {
			if (started.pid !== undefined) process.kill(-started.pid, "SIGKILL");
		} catch {
			// The group has ended.
		}
	};
	const ended = once(started, "close").catch(() => {});
	for (const event of ENDS) process.once(event, signal);
	return {
		process: started,
		async end() {
			for (const event of ENDS) process.removeListener(event, signal);
			signal();
			await ended;
		},
	};
}

/** The X server takes a free display by itself and says which. */
export async function startDisplay(): Promise<{ readonly name: string; end(): Promise<void> }> {
	const command = executable(process.env["XVFB"] ?? "/usr/bin/Xvfb");
	const server = startGroup(command, ["-displayfd", "3", "-screen", "0", "1024x768x24", "-nolisten", "tcp"], process.env, "pipe");
	const said = once(createInterface({ input: server.process.stdio[3] as Readable }), "line") as Promise<[string]>;
	const failed = once(server.process, "exit").then(([code]) => Promise.reject(new Error(`${command} ended with ${code}`)));
	failed.catch(() => {});
	const [number] = await Promise.race([said, failed]);
	return { name: `:${number}`, end: server.end };
}

async function answers(url: string, server: ChildProcess): Promise<void> {
	for (let attempt = 0; attempt < 200; attempt++) {
		if (server.exitCode !== null) throw new Error(`${server.spawnfile} ended with ${server.exitCode}`);
		const response = await fetch(url).catch(() => undefined);
		if (response?.ok) return;
		await wait(50);
	}
	throw new Error(`${server.spawnfile} does not answer at ${url}`);
}

export function executable(path: string): string {
	accessSync(path, constants.X_OK);
	return path;
}
