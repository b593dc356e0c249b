import type { BrowserContext, Page } from "playwright-core";
import { clickAll } from "./clicking.ts";
import { namesEndingAction } from "./clicks.ts";
import { type FormTarget, fillAndSubmit, type Gathered, gather, targetOf } from "./in-page.ts";
import { type Traffic, watchTraffic } from "./traffic.ts";
import type { VisitOptions } from "./types.ts";
import { STEP, within } from "./within.ts";

/** What a visit has found. */
export interface Visited {
	/** Why there is nothing more to tell. Undefined if the page was shown. */
	readonly problem: string | undefined;
	/** The page is a file to save. */
	readonly isDownload: boolean;
	readonly status: number;
	/** The address after redirects. */
	readonly address: URL;
	readonly gathered: readonly Gathered[];
	/** Uncaught errors of its scripts. */
	readonly errors: readonly string[];
}

/** How long nothing is loaded until a page is shown, and the longest time that this may take. */
const QUIET = 300;
const LOADING_MORE = 3_000;
/** A busy machine opens a page slowly. */
const OPEN = 30_000;
const MOST_FORMS = 10;
const MOST_ERRORS = 50;

/** The browser, or one of its pages, answers no more. */
export class BrowserLost extends Error {}

/** Visits one page as a visitor who clicks on what is safe. It ends in any case, however the page behaves. */
export async function visit(context: BrowserContext, address: URL, options: VisitOptions): Promise<Visited> {
	const page = await within(OPEN, context.newPage(), undefined);
	if (page === undefined) throw new BrowserLost("the browser opens no more pages");
	const errors: string[] = [];
	let isCrashed = false;
	page.on("pageerror", (error) => void (errors.length < MOST_ERRORS && errors.push(String(error?.message ?? error).slice(0, 200))));
	page.on("crash", () => {
		isCrashed = true;
	});
	const gathered: Gathered[] = [];
	const traffic = watchTraffic(page);
	try {
		const loaded = await load(page, address, traffic, options.timeout);
		const shown = { ...loaded, address: addressOf(page, address), gathered, errors };
		if (loaded.isDownload || isCrashed) return { ...shown, problem: isCrashed ? CRASHED : undefined };
		if (shown.address.origin === address.origin && loaded.hasPage) await explore(page, traffic, options, gathered);
		return { ...shown, problem: isCrashed ? CRASHED : loaded.problem };
	} finally {
		// The renderer may hang, or be gone.
		await within(STEP, page.close(), undefined);
	}
}

const CRASHED = "its process crashed";

interface Loaded {
	readonly problem: string | undefined;
	readonly isDownload: boolean;
	readonly hasPage: boolean;
	readonly status: number;
}

async function load(page: Page, address: URL, traffic: Traffic, timeout: number): Promise<Loaded> {
	const going = page.goto(address.href, { waitUntil: "load", timeout }).then(
		(response) => ({ status: response?.status() ?? 0, failure: undefined }),
		(error: unknown) => ({ status: 0, failure: error instanceof Error ? error.message : String(error) }),
	);
	const loaded = await within(timeout + STEP, going, undefined);
	if (loaded === undefined) return { problem: LATE, isDownload: false, hasPage: true, status: 0 };
	if (loaded.failure !== undefined) return failureOf(loaded.failure, timeout);
	await settle(traffic, timeout);
	return { problem: undefined, isDownload: false, hasPage: true, status: loaded.status };
}

const LATE = "it did not load in time";

function failureOf(message: string, timeout: number): Loaded {
	const isDownload = /Download is starting/i.test(message);
	// What has arrived until then may be a page that never stops loading.
	const isLate = /Timeout/i.test(message);
	const [, reason] = /net::(ERR_\w+)/.exec(message) ?? [];
	const problem = reason === "ERR_TOO_MANY_REDIRECTS" ? "its redirects never end" : (reason ?? message.split("\n", 1)[0]?.slice(0, 200));
	return { problem: isDownload ? undefined : isLate ? `it did not load in ${timeout / 1000} seconds` : problem, isDownload, hasPage: isLate, status: 0 };
}

function addressOf(page: Page, otherwise: URL): URL {
	return URL.canParse(page.url()) && page.url() !== "about:blank" ? new URL(page.url()) : otherwise;
}

function settle(traffic: Traffic, patience: number): Promise<void> {
	return traffic.settle(QUIET, Math.min(LOADING_MORE, patience / 2));
}

async function explore(page: Page, traffic: Traffic, options: VisitOptions, gathered: Gathered[]): Promise<void> {
	const home = page.url();
	// Images that load when they are scrolled to.
	const scrolled = await within(STEP, page.evaluate("window.scrollTo(0, document.body ? document.body.scrollHeight : 0) ?? true"), false);
	if (scrolled === false || !(await look(page, gathered))) return;
	const count = await clickAll(page, home, traffic, options, () => look(page, gathered));
	if (count > 0) await settle(traffic, options.timeout);
	if (options.forms) await submitAll(page, home, traffic, options, gathered);
}

/** Whether the page answers. */
async function look(page: Page, gathered: Gathered[]): Promise<boolean> {
	const found = await within(STEP, page.evaluate(gather), undefined);
	if (found !== undefined) gathered.push(found);
	return found !== undefined;
}

async function submitAll(page: Page, home: string, traffic: Traffic, { timeout }: VisitOptions, gathered: Gathered[]): Promise<void> {
	const { origin } = new URL(home);
	for (let i = 0; i < MOST_FORMS; i++) {
		const form = (await within(STEP, page.$$("form"), []))[i];
		if (form === undefined) return;
		const { action, label } = (await within(STEP, form.evaluate<FormTarget>(targetOf as never), undefined)) ?? { action: "", label: "" };
		// What is written into the form goes to this application only.
		if (!URL.canParse(action) || new URL(action).origin !== origin || namesEndingAction(`${label} ${new URL(action).pathname}`)) continue;
		await within(STEP, form.evaluate(fillAndSubmit as never), undefined);
		await within(timeout, page.waitForLoadState("load", { timeout }), undefined);
		await settle(traffic, timeout);
		await look(page, gathered);
		await within(timeout, page.goto(home, { waitUntil: "load", timeout }), undefined);
	}
}
