import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContext, Frame, Page, Request } from "playwright-core";
import { UsageError } from "../args.ts";
import { startBrowser } from "./browser.ts";
import { pageOf } from "./clicks.ts";
import { createEvidence, type Evidence, type Moment, readEvent } from "./evidence.ts";
import { sendViolations } from "./in-page.ts";
import { type Interceptor, intercept } from "./intercept.ts";
import type { LearnOptions } from "./options.ts";
import { receiveReports } from "./receive.ts";
import { within } from "./within.ts";

/** A running browser, and what it tells. */
export interface Session {
	readonly browser: Browser;
	readonly interceptor: Interceptor;
	/** Where the policy must send its reports. */
	readonly reportUrl: string;
	/** Address without its query → the addresses that it redirected to. */
	readonly ways: ReadonlyMap<string, ReadonlySet<string>>;
	/** Documents of the application that one of its pages shows in a frame. */
	readonly framed: ReadonlySet<string>;
	/** What is being visited. */
	moment: Moment;
	evidence: Evidence;
	close(): Promise<void>;
}

const MOST_WAYS = 2000;
const CLOSING = 10_000;

export async function openSession({ url, browser: named, hasSandbox, ignorePolicy, timeout }: LearnOptions): Promise<Session> {
	const browser = await startBrowser(named, hasSandbox);
	const receiver = await receiveReports((payload) => session.evidence.add(payload, session.moment));
	const session: Session = {
		browser,
		interceptor: await intercept(browser, url.origin, ignorePolicy, timeout),
		reportUrl: receiver.url,
		ways: new Map(),
		framed: new Set(),
		moment: { visited: url.href, round: 0 },
		evidence: createEvidence(url.origin),
		async close() {
			receiver.close();
			await within(CLOSING, browser.close(), undefined);
		},
	};
	return session;
}

/** A window without history, in which each page tells what the policy reports. @param onPage called with pages that open in a window of their own. */
export async function openContext(session: Session, options: LearnOptions, onPage: (page: URL) => void): Promise<BrowserContext> {
	const { url } = options;
	const context = await newContext(session, options);
	const name = `violation${randomBytes(8).toString("hex")}`;
	await context.exposeBinding(name, (_source, payload: unknown) => {
		const event = readEvent(payload);
		// The application may have a policy of its own.
		if (event?.policy.includes(session.reportUrl)) session.evidence.add(event.report, session.moment, event.code);
	});
	await context.addInitScript(sendViolations, name);
	context.on("dialog", (dialog) => void (dialog.type() === "beforeunload" ? dialog.accept() : dialog.dismiss()).catch(() => {}));
	context.on("page", (page) => {
		closePopup(page, url.origin, onPage).catch(() => {});
		page.on("framenavigated", (frame) => noteFrame(session.framed as Set<string>, frame, url.origin));
	});
	context.on("request", (request) => noteWay(session.ways as Map<string, Set<string>>, request));
	return context;
}

/** @throws {UsageError} if the file is not a saved session. */
async function newContext({ browser }: Session, { storage, insecure }: LearnOptions): Promise<BrowserContext> {
	const options = { acceptDownloads: false, ignoreHTTPSErrors: insecure };
	if (storage === undefined) return browser.newContext(options);
	try {
		return await browser.newContext({ ...options, storageState: storage });
	} catch (error) {
		if (!browser.isConnected()) throw error;
		const [reason] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
		throw new UsageError(`--storage: ${storage} is not a saved session: ${reason}. Save it with context.storageState({ path }).`);
	}
}

async function closePopup(page: Page, origin: string, onPage: (page: URL) => void): Promise<void> {
	if ((await page.opener()) === null) return;
	await within(2_000, page.waitForLoadState("domcontentloaded"), undefined);
	const target = pageOf(page.url(), page.url(), origin);
	if (target !== undefined) onPage(target);
	await within(CLOSING, page.close(), undefined);
}

/** Remembers a page in a frame of the same origin. */
function noteFrame(framed: Set<string>, frame: Frame, origin: string): void {
	const parent = frame.parentFrame();
	const isOwn = (address: string): boolean => address.startsWith(`${origin}/`);
	if (parent !== null && isOwn(parent.url()) && isOwn(frame.url()) && framed.size < MOST_WAYS) framed.add(bare(frame.url()));
}

/** Remembers where a redirect leads. */
function noteWay(ways: Map<string, Set<string>>, request: Request): void {
	const first = firstOf(request);
	if (first === request) return;
	const targets = ways.get(bare(first.url())) ?? new Set();
	if (ways.size >= MOST_WAYS || targets.size >= 20) return;
	ways.set(bare(first.url()), targets.add(bare(request.url())));
}

function firstOf(request: Request): Request {
	let first = request;
	for (let before = request.redirectedFrom(); before !== null; before = before.redirectedFrom()) first = before;
	return first;
}

function bare(address: string): string {
	return address.replace(/[?#].*$/s, "");
}

const JOURNEY = 120_000;

/** Runs the user's module, which may sign in. @throws {UsageError} if it fails. */
export async function runScript(context: BrowserContext, { script, url }: LearnOptions): Promise<void> {
	if (script === undefined) return;
	const exported = await imported(script);
	const journey = exported["default"] ?? Object.values(exported).find((value) => typeof value === "function");
	if (typeof journey !== "function")
		throw new UsageError(`--script: ${script} exports no function. Write export default async ({ page, context, url }) => { … }.`);
	const page = await context.newPage();
	try {
		const failure = Promise.resolve(journey({ page, context, url: url.href })).then(
			() => undefined,
			(error: unknown) => (error instanceof Error ? error.message : String(error)),
		);
		const reason = await within(JOURNEY, failure, `it did not end in ${JOURNEY / 1000} seconds`);
		if (reason !== undefined) throw new UsageError(`--script: ${script} failed: ${reason.split("\n", 1)[0]?.replace(/\.$/, "")}.`);
	} finally {
		await within(CLOSING, page.close(), undefined);
	}
}

async function imported(script: string): Promise<Readonly<Record<string, unknown>>> {
	try {
		return await import(pathToFileURL(resolve(script)).href);
	} catch (error) {
		throw new UsageError(`--script: ${script} cannot be loaded: ${error instanceof Error ? error.message.split("\n", 1)[0] : String(error)}.`);
	}
}
