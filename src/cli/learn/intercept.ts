import { randomBytes } from "node:crypto";
import type { Browser, CDPSession } from "playwright-core";
import { noncesIn } from "../../csp/grammar.ts";
import { isCsp, NAMES } from "../../headers/facts.ts";
import { nonceIn } from "./nonces.ts";
import { within } from "./within.ts";

type Line = readonly [name: string, value: string];

/** What the crawl adds to a response. */
export interface Addition {
	/** The nonce is that of the page, or a new one. Undefined if the policy has no place for it. */
	lines(nonce: string): readonly Line[];
	/** The page with the nonce. Left out if the page stays as it is. */
	page?(html: string, nonce: string): string;
}

export interface Interceptor {
	/** What is added to the responses of the application from now on. */
	use(additionFor: (url: URL, status: number) => Addition): void;
	/** The policies of the application itself, without their nonces. */
	readonly own: ReadonlySet<string>;
	/** Documents that did not end in time, without their queries. */
	readonly endless: ReadonlySet<string>;
}

/** How long a document may take to end: most of the time for a page, so that a page with an endless frame is still shown. */
export function bodyTime(timeout: number): number {
	return 0.8 * timeout;
}

/** The largest size of a document. */
const LARGEST = 50_000_000;

/**
 * Adds headers to each response of one origin, wherever the browser loads it: pages, frames, workers, service workers and popups. All
 * requests, redirects, cookies, uploads, streams and sockets go to the application as they are.
 *
 * @param timeout milliseconds for a page to load.
 */
export async function intercept(browser: Browser, origin: string, ignoresOwn: boolean, timeout: number): Promise<Interceptor> {
	const session = await browser.newBrowserCDPSession();
	const own = new Set<string>();
	const endless = new Set<string>();
	let additionFor: (url: URL, status: number) => Addition = () => ({ lines: () => [] });
	session.on("Fetch.requestPaused", (paused: Paused) => {
		// A request can end while it is paused, and the browser can too.
		answer(paused).catch(() => {});
	});
	await session.send("Fetch.enable", { patterns: [{ urlPattern: `${origin}/*`, requestStage: "Response" }] });
	return {
		use(next) {
			additionFor = next;
		},
		own,
		endless,
	};

	/** What a framework sends with its error page says nothing about the site. */
	function note(policies: readonly string[], status: number): void {
		if (status >= 400 || own.size > MOST_OWN) return;
		for (const policy of policies) own.add(policy.replace(/'nonce-[^']*'/g, "'nonce-…'"));
	}

	async function answer(paused: Paused): Promise<void> {
		const { requestId, responseStatusCode: status = 0, responseHeaders = [] } = paused;
		const url = new URL(paused.request.url);
		const isRedirect = status >= 300 && status < 400;
		if (paused.responseHeaders === undefined || url.origin !== origin || isRedirect) return void (await session.send("Fetch.continueRequest", { requestId }));
		const isDocument = paused.resourceType === "Document";
		const policies = policiesIn(responseHeaders);
		if (isDocument) note(policies, status);
		const kept = responseHeaders.filter(({ name }) => !ignoresOwn || !isCsp(name));
		const addition = additionFor(url, status);
		const nonce = noncesIn(policies.join(";"))[0]?.replace(/^'nonce-|'$/gi, "");
		if (!isDocument || !isMarkup(kept, status)) {
			const lines = addition.lines(nonce ?? "");
			await session.send("Fetch.continueResponse", { requestId, responseCode: status, responseHeaders: merged(kept, lines) });
			return;
		}
		// The browser reads the policy of a document only if the whole response comes from here.
		const began = Date.now();
		const given = await within(bodyTime(timeout), bodyOf(session, requestId), undefined);
		if (given === undefined) {
			// A page that was left early says nothing about its response.
			if (Date.now() - began >= bodyTime(timeout) / 2) endless.add(`${url.origin}${url.pathname}`);
			return void (await session.send("Fetch.failRequest", { requestId, errorReason: "TimedOut" }));
		}
		const { body, lines } = changed(given, addition, nonce);
		await session.send("Fetch.fulfillRequest", {
			requestId,
			responseCode: status,
			responseHeaders: merged(
				kept.filter(({ name }) => !ENCODED.includes(name.toLowerCase())),
				lines,
			),
			body: body.toString("base64"),
		});
	}
}

interface Paused {
	readonly requestId: string;
	readonly request: { readonly url: string };
	readonly resourceType: string;
	readonly responseStatusCode?: number;
	readonly responseHeaders?: { readonly name: string; readonly value: string }[];
}

const MOST_OWN = 100;

function policiesIn(headers: readonly { readonly name: string; readonly value: string }[]): readonly string[] {
	return headers.filter(({ name }) => name.toLowerCase() === NAMES.contentSecurityPolicy.toLowerCase()).map(({ value }) => value);
}

/** The browser has decoded the body. */
const ENCODED = ["content-encoding", "content-length", "transfer-encoding"];

/** Whether the browser shows the response as a page: no download, and no body without end that is large from the start. */
function isMarkup(headers: readonly { readonly name: string; readonly value: string }[], status: number): boolean {
	const value = (wanted: string): string => headers.find(({ name }) => name.toLowerCase() === wanted)?.value ?? "";
	if (status === 204 || status === 205 || /^\s*attachment/i.test(value("content-disposition"))) return false;
	return Number(value("content-length") || "0") <= LARGEST && /^\s*$|html|xml|^\s*text\/plain/i.test(value("content-type"));
}

async function bodyOf(session: CDPSession, requestId: string): Promise<Buffer> {
	const { body, base64Encoded } = await session.send("Fetch.getResponseBody", { requestId });
	return Buffer.from(body, base64Encoded ? "base64" : "utf8");
}

function changed(given: Buffer, addition: Addition, ofHeader: string | undefined): { readonly body: Buffer; readonly lines: readonly Line[] } {
	const text = given.toString("utf8");
	// Another encoding cannot be written back.
	const isText = Buffer.from(text).equals(given);
	const nonce = ofHeader ?? nonceIn(text) ?? randomBytes(16).toString("base64url");
	const body = isText && addition.page !== undefined ? Buffer.from(addition.page(text, nonce)) : given;
	return { body, lines: addition.lines(nonce) };
}

/** Adds a policy to those of the application, and replaces other headers. */
function merged(headers: readonly { readonly name: string; readonly value: string }[], lines: readonly Line[]): { name: string; value: string }[] {
	const replaced = lines.map(([name]) => name.toLowerCase()).filter((name) => !isCsp(name));
	return [...headers.filter(({ name }) => !replaced.includes(name.toLowerCase())), ...lines.map(([name, value]) => ({ name, value }))];
}
