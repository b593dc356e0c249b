import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserType } from "playwright-core";
import { UsageError } from "../args.ts";

/** Where Chromium and its relatives are installed, on Linux, macOS and Windows. */
const PLACES: readonly string[] = [
	...["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "microsoft-edge-stable"].map((name) => `/usr/bin/${name}`),
	"/snap/bin/chromium",
	"/opt/google/chrome/chrome",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
	...["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => {
		const folder = process.env[name];
		return folder === undefined ? [] : ["Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"].map((rest) => join(folder, rest));
	}),
];

/**
 * A page that was changed on its way counts as one from the internet, and such a page may not reach this machine. The others keep the
 * browser from requests of its own.
 */
const SWITCHES = [
	"--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
	"--disable-background-networking",
	"--disable-component-update",
	"--no-first-run",
];

/**
 * Starts a browser that is installed on the machine, with the Playwright of the project.
 *
 * @throws {UsageError} if either is missing, or if the browser does not start.
 */
export async function startBrowser(named: string | undefined, hasSandbox: boolean): Promise<Browser> {
	const chromium = await playwright();
	const executablePath = executable(chromium, named);
	try {
		return await chromium.launch({ executablePath, args: SWITCHES, chromiumSandbox: hasSandbox, timeout: START });
	} catch (error) {
		throw new UsageError(`${executablePath} did not start: ${reasonOf(error)}`);
	}
}

const START = 30_000;

function reasonOf(error: unknown): string {
	const message = error instanceof Error ? error.message : String(error);
	// Its arguments, which the message quotes, name the sandbox as well.
	if (/no usable sandbox|suid sandbox|sandbox_host|namespace sandbox|move to new namespace/i.test(message))
		return "it cannot make its sandbox. In a container, write --no-sandbox.";
	return `${message.split("\n", 1)[0]?.trim()}. Name another one with --browser <path>.`;
}

const PACKAGES = ["playwright-core", "playwright", "@playwright/test"];

/** The user's own Playwright, as an import in the current folder would resolve it. */
async function playwright(): Promise<BrowserType> {
	const require = createRequire(join(process.cwd(), "package.json"));
	for (const name of PACKAGES) {
		const path = resolved(require, name);
		if (path === undefined) continue;
		const exported = (await import(pathToFileURL(path).href)) as { readonly chromium?: BrowserType; readonly default?: { readonly chromium?: BrowserType } };
		const chromium = exported.chromium ?? exported.default?.chromium;
		if (chromium !== undefined) return chromium;
	}
	throw new UsageError("learn drives a browser with Playwright, which is not installed. Run npm install --save-dev playwright-core, or add --static.");
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
	try {
		return require.resolve(name);
	} catch {
		return undefined;
	}
}

/** The browser to start: the one that is named, one of the machine, or the one that Playwright has downloaded. */
function executable(chromium: BrowserType, named: string | undefined): string {
	if (named !== undefined && !existsSync(named)) throw new UsageError(`--browser: ${named} does not exist. Use the path of Chrome, Chromium or Edge.`);
	const found = named ?? [...PLACES, chromium.executablePath()].find((path) => path !== "" && existsSync(path));
	if (found !== undefined) return found;
	throw new UsageError("no Chrome, Chromium or Edge was found. Install one, write --browser <path>, or npx playwright-core install chromium.");
}
