import type { BrowserContext } from "playwright-core";
import { UsageError } from "../args.ts";
import { complain } from "../output.ts";
import { pageOf } from "./clicks.ts";
import type { Gathered } from "./in-page.ts";
import { bodyTime } from "./intercept.ts";
import type { LearnOptions } from "./options.ts";
import { createQueue, type Queue } from "./queue.ts";
import { openContext, runScript, type Session } from "./session.ts";
import { BrowserLost, type Visited, visit } from "./visit.ts";
import { within } from "./within.ts";

/** One round through the application. */
export interface Round {
	/** Addresses that were shown, in order. */
	readonly pages: readonly URL[];
	/** Those of them that another round visits again. A page that hangs would hang again. */
	readonly answered: readonly URL[];
	readonly problems: readonly { readonly page: string; readonly problem: string }[];
	/** Page → uncaught errors of its scripts. */
	readonly errors: ReadonlyMap<string, readonly string[]>;
	/** The addresses that forms of a page submit to. */
	readonly actions: readonly { readonly page: URL; readonly action: URL }[];
	readonly javascript: readonly { readonly page: URL; readonly holder: string; readonly code: string }[];
	/** A page with a password to which others lead → how many. */
	readonly logins: ReadonlyMap<string, number>;
	readonly skipped: number;
	/** Pages that were left when the time was over. */
	readonly left: number;
}

/** The pages of a round that has ended, or the first page of a new one. */
export type Way = { readonly list: readonly URL[] } | { readonly first: URL };

/** How long reports may be on their way. */
const LATE_REPORTS = 700;
const CLOSING = 10_000;

/**
 * Visits each page once.
 *
 * @param deadline when to stop, in milliseconds since 1970.
 * @throws {UsageError} if the first page is not shown, or the browser ends.
 */
export async function crawl(session: Session, round: number, way: Way, options: LearnOptions, deadline: number): Promise<Round> {
	const queue = "first" in way ? createQueue(way.first, options) : listed(way.list);
	const results = createResults(options.url);
	session.moment = { visited: options.url.href, round };
	let context: BrowserContext | undefined;
	try {
		context = await openContext(session, options, (page) => queue.add([page], 1));
		await runScript(context, options);
		await visitAll({ session, context, round, queue, results, options, deadline });
		await new Promise((resolve) => setTimeout(resolve, LATE_REPORTS));
	} catch (error) {
		if (!(error instanceof BrowserLost) && session.browser.isConnected()) throw error;
		throw new UsageError(`the browser ended while it showed ${new URL(session.moment.visited).pathname}. Try again with --clicks 0, or start at another page.`);
	} finally {
		if (context !== undefined) await within(CLOSING, context.close(), undefined);
	}
	return { ...results.round, skipped: queue.skipped, left: queue.waiting };
}

interface Running {
	readonly session: Session;
	readonly context: BrowserContext;
	readonly round: number;
	readonly queue: Queue;
	readonly results: Results;
	readonly options: LearnOptions;
	readonly deadline: number;
}

async function visitAll({ session, context, round, queue, results, options, deadline }: Running): Promise<void> {
	while (Date.now() < deadline) {
		const entry = queue.next();
		if (entry === undefined) return;
		const { url, depth } = entry;
		session.moment = { visited: url.href, round };
		const seen = await visit(context, url, options);
		if (!session.browser.isConnected()) throw new BrowserLost("the browser ended");
		const isEndless = seen.problem !== undefined && session.interceptor.endless.has(`${url.origin}${url.pathname}`);
		const visited = isEndless ? { ...seen, problem: `its response did not end in ${bodyTime(options.timeout) / 1000} seconds` } : seen;
		if (results.count() === 0) refuseFirst(visited, options.url);
		results.add(url, visited);
		queue.add(linksOf(visited, options.url.origin), depth + 1);
		const problem = visited.problem === undefined ? "" : `, but ${visited.problem}`;
		complain(`${ROUNDS[round] ?? "visited"} ${results.count()} of ${results.count() + queue.waiting}: ${url.pathname}${problem}\n`);
	}
}

const ROUNDS = ["visited", "visited again", "replayed"];

function listed(list: readonly URL[]): Queue {
	const waiting = list.map((url) => ({ url, depth: 0 }));
	return {
		add: () => {},
		next: () => waiting.shift(),
		get waiting() {
			return waiting.length;
		},
		skipped: 0,
	};
}

function refuseFirst({ problem, address, isDownload }: Visited, url: URL): void {
	if (isDownload) throw new UsageError(`${url.href} is a download, and not a page.`);
	if (address.origin !== url.origin && /^https?:$/.test(address.protocol))
		throw new UsageError(`${url.origin} leads to ${address.origin}. Run headguard learn ${address.origin}, or sign in with --script.`);
	if (problem?.startsWith("its response did not end") === true) throw new UsageError(`${url.href}: ${problem}. Raise --timeout, or start at another page.`);
	if (problem?.startsWith("ERR_CERT_") === true)
		throw new UsageError(`${url.href}: the browser does not trust the certificate (${problem}). If it is your own, add --insecure.`);
	if (problem !== undefined && /^ERR_|redirects never end/.test(problem)) throw new UsageError(`${url.href}: ${problem}. Is the application running?`);
}

function linksOf({ gathered }: Visited, origin: string): readonly URL[] {
	return gathered.flatMap(({ base, links }) => links.flatMap((link) => pageOf(link, base, origin) ?? []));
}

interface Results {
	readonly round: Omit<Round, "skipped" | "left">;
	add(url: URL, visited: Visited): void;
	count(): number;
}

function createResults({ origin }: URL): Results {
	const pages: URL[] = [];
	const answered: URL[] = [];
	const problems: Round["problems"][number][] = [];
	const actions: Round["actions"][number][] = [];
	const javascript: Round["javascript"][number][] = [];
	const errors = new Map<string, readonly string[]>();
	const logins = new Map<string, number>();
	let visits = 0;
	return {
		round: { pages, answered, problems, errors, actions, javascript, logins },
		count: () => visits,
		add(url, visited) {
			visits++;
			if (visited.isDownload) return;
			const { address, gathered } = visited;
			pages.push(url);
			if (visited.problem === undefined || gathered.length > 0) answered.push(url);
			errors.set(url.pathname, [...new Set(visited.errors)]);
			const problem = visited.problem ?? (isElsewhere(address, origin) ? `it leads to ${address.origin}` : undefined);
			if (problem !== undefined) problems.push({ page: url.pathname, problem });
			if (address.origin !== origin) return;
			if (isLogin(url, visited)) logins.set(address.pathname, (logins.get(address.pathname) ?? 0) + 1);
			actions.push(...gathered.flatMap((found) => actionsIn(found).map((action) => ({ page: address, action }))));
			javascript.push(...gathered.flatMap((found) => found.javascript.map((one) => ({ page: address, ...one }))));
		},
	};
}

function actionsIn({ actions, base }: Gathered): readonly URL[] {
	return actions.flatMap((action) => (URL.canParse(action, base) ? [new URL(action, base)] : []));
}

function isElsewhere({ origin, protocol }: URL, own: string): boolean {
	return origin !== own && /^https?:$/.test(protocol);
}

/** Whether a page with a password field was shown instead. */
function isLogin(url: URL, { status, address, gathered }: Visited): boolean {
	return status === 401 || (address.pathname !== url.pathname && gathered.some(({ hasPassword }) => hasPassword));
}
