import { blockedBy } from "../../audit/blocked.ts";
import { ask } from "../../audit/crawl/http.ts";
import { Unreachable } from "../../audit/crawl/request.ts";
import { tagsIn } from "../../audit/html.ts";
import { csp } from "../../csp/index.ts";
import { parse } from "../../csp/serialize.ts";
import { NAMES } from "../../headers/facts.ts";
import { UsageError } from "../args.ts";
import { type InlineCode, inlineCode } from "../inline.ts";
import { complain } from "../output.ts";
import { pageOf } from "./clicks.ts";
import { codeOf, createEvidence, type Evidence } from "./evidence.ts";
import type { Broken, Outcome } from "./in-browser.ts";
import { learn, STRICT } from "./learn.ts";
import { withNonces } from "./nonces.ts";
import type { LearnOptions } from "./options.ts";
import { hasHash, linesOf, policiesOf, policyFor, type SitePolicy } from "./policies.ts";
import { createQueue } from "./queue.ts";
import type { Findings, MarkupCode } from "./types.ts";

const SEEN = "Only the markup was read. What scripts and style sheets load was not seen.";

interface Markup {
	readonly url: URL;
	readonly html: string;
}

/** Learns a policy from the HTML alone. */
export async function learnFromMarkup(options: LearnOptions): Promise<Outcome> {
	const { origin } = options.url;
	const first = await read(options);
	const evidence = createEvidence(origin);
	const markup = new Map<string, MarkupCode>();
	const actions: Findings["actions"][number][] = [];
	const javascript: Findings["javascript"][number][] = [];
	const framed = new Set(first.flatMap(framesIn));
	for (const page of first) {
		collect(page, 0, evidence, markup, javascript);
		for (const { name, attributes } of tagsIn(page.html)) {
			const action = name === "form" ? (attributes.get("action") ?? "") : attributes.get("formaction");
			if (action !== undefined && URL.canParse(action, page.url.href)) actions.push({ page: page.url, action: new URL(action, page.url) });
		}
	}
	for (const { url } of first) {
		const html = await pageAt(url, options);
		if (typeof html === "string") collect({ url, html }, 1, evidence, markup, []);
	}
	const learned = learn({ origin, violations: evidence.violations, ways: new Map(), framed, actions, javascript, markup, rounds: 2 });
	const policies = policiesOf(learned);
	return { learned, broken: first.flatMap((page) => brokenOn(page, policies, true)), pages: first.map(({ url }) => url.pathname), notes: [SEEN] };
}

/** Checks the HTML alone against a policy. */
export async function checkMarkup(options: LearnOptions, policies: SitePolicy): Promise<Outcome> {
	const pages = await read(options);
	return { learned: undefined, broken: pages.flatMap((page) => brokenOn(page, policies, false)), pages: pages.map(({ url }) => url.pathname), notes: [SEEN] };
}

async function read(options: LearnOptions): Promise<readonly Markup[]> {
	const queue = createQueue(options.url, options);
	const pages: Markup[] = [];
	const end = Date.now() + options.maxTime;
	for (let entry = queue.next(); entry !== undefined && Date.now() < end; entry = queue.next()) {
		const { url, depth } = entry;
		const html = await pageAt(url, options);
		if (typeof html !== "string") {
			if (pages.length === 0 && depth === 0) throw new UsageError(`${url.href}: ${html.problem}. Is the application running?`);
			if (html.target !== undefined) queue.add([html.target], depth);
			continue;
		}
		pages.push({ url, html });
		queue.add(linksIn({ url, html }), depth + 1);
		complain(`read ${pages.length} of ${pages.length + queue.waiting}: ${url.pathname}\n`);
	}
	return pages;
}

function linksIn({ url, html }: Markup): readonly URL[] {
	return tagsIn(html).flatMap(({ name, attributes }) => {
		const address = name === "a" || name === "area" ? attributes.get("href") : name === "iframe" ? attributes.get("src") : undefined;
		return address === undefined || attributes.has("download") ? [] : (pageOf(address, url.href, url.origin) ?? []);
	});
}

function framesIn({ url, html }: Markup): readonly string[] {
	return tagsIn(html).flatMap(({ name, attributes }) => {
		const address = name === "iframe" ? (attributes.get("src") ?? "") : "";
		const target = URL.canParse(address, url.href) && address !== "" ? new URL(address, url) : undefined;
		return target?.origin === url.origin ? [`${target.origin}${target.pathname}`] : [];
	});
}

async function pageAt(url: URL, { timeout, insecure }: LearnOptions): Promise<string | { readonly problem: string; readonly target: URL | undefined }> {
	try {
		const line = {
			headers: { "User-Agent": "headguard-learn" },
			timeout,
			insecure,
			assumeTls: false,
			resolve: new Map<string, string>(),
			http2: new Set<string>(),
		};
		const { status, fields, body } = await ask(url, { probe: "page" }, line);
		const value = (wanted: string): string => fields.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? "";
		const target = status >= 300 && status < 400 ? pageOf(value("location"), url.href, url.origin) : undefined;
		if (target !== undefined || !/html|^$/i.test(value("content-type")))
			return { problem: `it is not a page: ${status} ${value("content-type")}`.trim(), target };
		return body;
	} catch (error) {
		if (error instanceof Unreachable) return { problem: error.message, target: undefined };
		throw error;
	}
}

const STRICT_MODEL = new Map(Object.entries(STRICT).filter(([name]) => name !== "frame-ancestors"));

const DIRECTIVES: Readonly<Record<NonNullable<InlineCode["directive"]>, string>> = {
	scriptSrc: "script-src-elem",
	scriptSrcAttr: "script-src-attr",
	styleSrc: "style-src-elem",
	styleSrcAttr: "style-src-attr",
};

function collect(
	{ url, html }: Markup,
	round: number,
	evidence: Evidence,
	markup: Map<string, MarkupCode>,
	javascript: Findings["javascript"][number][],
): void {
	const moment = { visited: url.href, round };
	const report = (directive: string, blocked: string): unknown => ({
		type: "csp-violation",
		url: url.href,
		body: { effectiveDirective: directive, blockedURL: blocked, documentURL: url.href },
	});
	const tags = tagsIn(html);
	for (const { directive, address } of blockedBy(STRICT_MODEL, tags, url.href))
		if (address !== undefined) evidence.add(report(directive, address.href), moment);
	const nonced = new Set(tags.filter(({ attributes }) => attributes.has("nonce")).map(({ text }) => text));
	for (const { directive, text, holder, line } of inlineCode(html)) {
		if (directive === undefined) {
			javascript.push({ page: url, holder, code: text.slice(0, 500) });
			continue;
		}
		markup.set(csp.hash("sha256", text), { line, holder });
		const attribute = directive.endsWith("Attr") ? holder.split(" ", 1)[0] : undefined;
		evidence.add(report(DIRECTIVES[directive], "inline"), moment, codeOf(text, attribute, nonced.has(text)));
	}
}

const NONCE = "bm9uY2Utb2YtdGhlLXJlcGxheQ";

function brokenOn({ url, html }: Markup, policies: SitePolicy, writesNonces: boolean): readonly Broken[] {
	const policy = policyFor(policies, url.pathname);
	const values = linesOf(policy, url.protocol === "https:", NONCE).filter(([name]) => name === NAMES.contentSecurityPolicy);
	const page = writesNonces ? withNonces(html, NONCE, (tag, hash) => hasHash(policy, `${tag}-src`, hash)) : html;
	return values
		.flatMap(([, value]) => blockedBy(parse(value), tagsIn(page), url.href))
		.map(({ directive, what }) => ({ page: url.pathname, what: `${directive} blocks ${what}` }));
}
