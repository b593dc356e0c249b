import { csp } from "../../csp/index.ts";
import type { CspPolicies } from "../../csp/model.ts";
import { hasNonceSlot } from "../../csp/model.ts";
import { parse } from "../../csp/serialize.ts";
import { NAMES } from "../../headers/facts.ts";
import type { CompiledPolicy } from "../../policy/compile.ts";
import { isReported } from "../../reports/suggest/replay.ts";
import { inlineCode } from "../inline.ts";
import { crawl, type Round } from "./crawl.ts";
import { createEvidence, type Violation } from "./evidence.ts";
import type { Addition } from "./intercept.ts";
import { learn, STRICT } from "./learn.ts";
import { withNonces } from "./nonces.ts";
import type { LearnOptions } from "./options.ts";
import { hasHash, linesOf, policiesOf, policyFor, reporting, reportingTo, type SitePolicy } from "./policies.ts";
import { openSession, type Session } from "./session.ts";
import type { Learned, MarkupCode } from "./types.ts";

/** What a run of the command has found. */
export interface Outcome {
	/** Undefined when a policy was only checked. */
	readonly learned: Learned | undefined;
	/** What the policy blocks. */
	readonly broken: readonly Broken[];
	readonly pages: readonly string[];
	/** What the reader should know about the crawl. */
	readonly notes: readonly string[];
}

export interface Broken {
	readonly page: string;
	readonly what: string;
}

/** The shares of the time that each round may take. */
const SHARES = [0.4, 0.7, 1];

/** Learns a policy in two rounds, and tries it in a third. The second is for pages with inline code: it tells static code from code that changes. */
export async function learnInBrowser(options: LearnOptions): Promise<Outcome> {
	const session = await openSession(options);
	const started = Date.now();
	const deadline = (round: number): number => started + options.maxTime * (SHARES[round] ?? 1);
	try {
		const markup = new Map<string, MarkupCode>();
		session.interceptor.use(() => strict(session, markup));
		const first = await crawl(session, 0, { first: options.url }, options, deadline(0));
		const withCode = new Set(session.evidence.violations.filter(({ code }) => code !== undefined).map(({ visited }) => visited));
		const changing = first.answered.filter(({ href }) => withCode.has(href));
		const rounds = [first, ...(changing.length === 0 ? [] : [await crawl(session, 1, { list: changing }, options, deadline(1))])];
		const { origin } = options.url;
		const { violations, dropped } = session.evidence;
		const { ways, framed } = session;
		const { actions, javascript } = first;
		const learned = learn({ origin, violations, ways, framed, actions, javascript, markup, rounds: 2 });
		const policies = policiesOf(learned);
		session.evidence = createEvidence(origin);
		session.interceptor.use((url) => enforced(session, policies, url));
		const third = await crawl(session, 2, { list: first.answered }, options, deadline(2));
		const broken = [...brokenIn(session.evidence.violations), ...newErrors(rounds, third)];
		return { learned, broken, pages: first.pages.map(({ pathname }) => pathname), notes: notesOf(session, first, dropped, [...rounds, third]) };
	} finally {
		await session.close();
	}
}

/** Crawls with a policy for reports only, so that nothing hides what comes after. @param load called once the receiver of reports listens: from then on, no other server may. */
export async function checkInBrowser(options: LearnOptions, load: () => Promise<SitePolicy>): Promise<Outcome> {
	const session = await openSession(options);
	try {
		const policies = await load();
		session.interceptor.use((url) => {
			const policy = policyFor(policies, url.pathname);
			return { lines: (nonce) => reporting(linesOf(policy, url.protocol === "https:", nonce), session.reportUrl, true) };
		});
		const round = await crawl(session, 0, { first: options.url }, options, Date.now() + options.maxTime);
		const { violations, dropped } = session.evidence;
		return {
			learned: undefined,
			broken: [...brokenIn(violations), ...blockedForms(policies, round)],
			pages: round.pages.map(({ pathname }) => pathname),
			notes: notesOf(session, round, dropped, [round], true),
		};
	} finally {
		await session.close();
	}
}

const STRICT_TEXT = Object.entries(STRICT)
	.map(([name, list]) => [name, ...list].join(" "))
	.join("; ");

const MOST_MARKUP = 20_000;

function strict({ reportUrl }: Session, markup: Map<string, MarkupCode>): Addition {
	return {
		lines: () => [[NAMES.contentSecurityPolicyReportOnly, reportingTo(STRICT_TEXT, reportUrl)]],
		page(html) {
			for (const { text, line, holder } of inlineCode(html)) if (markup.size < MOST_MARKUP) markup.set(csp.hash("sha256", text), { line, holder });
			return html;
		},
	};
}

/** The policy, and the page as its templates will write it. */
function enforced({ reportUrl }: Session, policies: SitePolicy, url: URL): Addition {
	const policy = policyFor(policies, url.pathname);
	const lines = (nonce: string) => reporting(linesOf(policy, url.protocol === "https:", nonce), reportUrl, false);
	if (!takesNonces(policy)) return { lines };
	return { lines, page: (html, nonce) => withNonces(html, nonce, (tag, hash) => hasHash(policy, `${tag}-src`, hash)) };
}

function takesNonces({ policy }: CompiledPolicy): boolean {
	return (policy.models.get("contentSecurityPolicy") as CspPolicies | undefined)?.all.some(hasNonceSlot) === true;
}

function brokenIn(violations: readonly Violation[]): readonly Broken[] {
	const told = new Set(violations.filter(({ code }) => code !== undefined).map(({ record }) => `${record.directive} ${record.document}`));
	const seen = new Map<string, Broken>();
	for (const violation of violations) {
		const { directive, blocked, document } = violation.record;
		// Reports tell less about inline code than the events of the page.
		const isTold = violation.code === undefined && blocked === "inline" && told.has(`${directive} ${document}`);
		const found = { page: URL.canParse(document) ? new URL(document).pathname : document, what: whatIn(violation) };
		if (!isTold && !isPrefetch(directive)) seen.set(`${found.page} ${found.what}`, found);
	}
	return [...seen.values()];
}

function whatIn({ record, code }: Violation): string {
	const { directive, blocked, document, source, line, sample = "" } = record;
	const text = code?.head ?? sample;
	const place = source === "" || source === document ? "" : ` (${source}${line > 0 ? `:${line}` : ""})`;
	return `${directive} blocks ${blocked}${text === "" ? "" : ` ${JSON.stringify(text)}`}${place}`;
}

/** Forms that the policy would not let submit. A crawl without --forms submits none. */
function blockedForms(policies: SitePolicy, { actions }: Round): readonly Broken[] {
	const blocked = actions.filter(({ page, action }) => {
		const lines = linesOf(policyFor(policies, page.pathname), page.protocol === "https:", "");
		const texts = lines.filter(([name]) => name === NAMES.contentSecurityPolicy).flatMap(([, value]) => value.split(","));
		const violation = { directive: "form-action", blocked: action.href, document: page.href };
		return /^https?:$/.test(action.protocol) && texts.some((text) => isReported(parse(text), violation));
	});
	const found = blocked.map(({ page, action }) => ({ page: page.pathname, what: `form-action blocks ${action.origin}${action.pathname}` }));
	return [...new Map(found.map((one) => [`${one.page} ${one.what}`, one])).values()];
}

/** A page works without what it fetches in advance. */
function isPrefetch(directive: string): boolean {
	return directive === "default-src";
}

/** Errors that a page has only under the policy. */
function newErrors(before: readonly Round[], after: Round): readonly Broken[] {
	return [...after.errors].flatMap(([page, errors]) => {
		const known = new Set(before.flatMap((round) => round.errors.get(page) ?? []));
		return errors.filter((error) => !known.has(error)).map((error) => ({ page, what: `a script fails: ${error}` }));
	});
}

function notesOf(session: Session, first: Round, dropped: number, rounds: readonly Round[], isCheck = false): readonly string[] {
	const own = [...session.interceptor.own];
	const problems = new Map(rounds.flatMap((round) => round.problems.map(({ page, problem }) => [`${page}: ${problem}.`, true] as const)));
	const { endless } = session.interceptor;
	const told = new Set(rounds.flatMap((round) => round.problems.map(({ page }) => `${new URL(session.moment.visited).origin}${page}`)));
	const left = Math.max(...rounds.map((round) => round.left));
	return [
		...(own.length === 0 || isCheck
			? []
			: [
					`The application sends a Content-Security-Policy of its own, and what that blocks was not seen: ${cut(own[0] ?? "")} Leave it out with --ignore-policy.`,
				]),
		...[...problems.keys()].slice(0, 20),
		...[...endless].filter((page) => !told.has(page)).map((page) => `${page}: the response did not end.`),
		...[...first.logins].map(
			([page, count]) => `${count === 1 ? "One page leads" : `${count} pages lead`} to ${page}, which asks for a password. Sign in with --script or --storage.`,
		),
		...(first.skipped === 0 ? [] : [`${first.skipped} links were not followed, because of --depth, --pages or many links of one kind.`]),
		...(left === 0 ? [] : [`The time was over with ${left} pages left. Raise --max-time, or lower --pages.`]),
		...(dropped === 0 ? [] : [`${dropped} more violations were not kept.`]),
	];
}

function cut(text: string): string {
	return text.length > 200 ? `${text.slice(0, 200)}….` : `${text}.`;
}
