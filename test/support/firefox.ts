import { type Browser, launch } from "puppeteer-core";
import type { Network } from "./engines.ts";

/** Debian's Firefox; FIREFOX names another. */
export async function launchFirefox({ proxy, certificate }: Partial<Network> = {}, ...args: readonly string[]): Promise<Browser> {
	const browser = await launch({
		browser: "firefox",
		executablePath: process.env["FIREFOX"] ?? "/usr/bin/firefox-esr",
		headless: true,
		args: [...args, "--remote-allow-system-access"],
		extraPrefsFirefox: proxy === undefined ? {} : behind(proxy),
	});
	if (certificate !== undefined) await inFirefox(browser, trusting(certificate.authority));
	return browser;
}

/** The value of an expression in the browser's own window, where it can read its console and change what it trusts. */
export async function inFirefox(browser: Browser, expression: string): Promise<unknown> {
	const { send } = Reflect.get(browser, "connection") as Connection;
	const ask = send.bind(Reflect.get(browser, "connection"));
	const tree = await ask("browsingContext.getTree", { "moz:scope": "chrome" });
	const context = tree.result.contexts?.[0]?.context;
	const answer = await ask("script.evaluate", { expression, target: { context }, awaitPromise: true });
	if (answer.result.type !== "success") throw new Error(JSON.stringify(answer.result));
	return answer.result.result?.value;
}

interface Connection {
	send(method: string, params: unknown): Promise<{ readonly result: Result }>;
}

interface Result {
	readonly type?: string;
	readonly contexts?: readonly { readonly context: string }[];
	readonly result?: { readonly value?: unknown };
}

function behind(proxy: number): Record<string, unknown> {
	const each = ["http", "ssl"].flatMap((kind) => [
		[`network.proxy.${kind}`, "127.0.0.1"],
		[`network.proxy.${kind}_port`, proxy],
	]);
	return { "network.proxy.type": 1, ...Object.fromEntries(each) };
}

function trusting(authority: string): string {
	const text = authority.replace(/-----.*-----|\n/g, "");
	return `Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(${JSON.stringify(text)}, "C,,")`;
}
