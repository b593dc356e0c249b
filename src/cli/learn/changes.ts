import { bypassIn } from "../../csp/bypass-hosts.ts";
import type { ReportRecord } from "../../reports/record.ts";
import { addressOf } from "../../reports/suggest/replay.ts";
import type { InlineOutcome } from "./inline-lists.ts";
import type { Change, Findings } from "./types.ts";

/** What the pages should change: what the policy cannot allow, and what it allows at a price. */
export function changesOf(findings: Findings, records: readonly ReportRecord[], inline: readonly InlineOutcome[]): readonly Change[] {
	return [...inlineOf(inline), ...javascriptOf(findings), ...evalsOf(records), ...hostsOf(records)];
}

/** Code that differs each time is one place in a template. */
function inlineOf(inline: readonly InlineOutcome[]): readonly Change[] {
	const changes = new Map<string, Change>();
	for (const [i, one] of inline.entries()) {
		const change = changeOf(one);
		const key = one.isStatic || one.markup === undefined ? String(i) : `${one.directive} ${change?.pages.join(" ")} ${change?.places.join(" ")}`;
		if (change !== undefined && !changes.has(key)) changes.set(key, change);
	}
	return [...changes.values()];
}

function changeOf(one: InlineOutcome): Change | undefined {
	const { directive, code, documents, outcome, markup } = one;
	const pages = pathsOf(documents);
	const places = markup === undefined ? [] : [`line ${markup.line} of ${pages[0] ?? "the page"}`];
	const said = directive === "script-src-attr" ? handlerAdvice(one) : adviceOf(one);
	return said === undefined
		? undefined
		: { ...said, what: `${said.what} ${JSON.stringify(code.head)}`, pages, places, head: code.head, isKept: outcome !== "none" };
}

type Advice = Pick<Change, "kind" | "what" | "advice">;

function handlerAdvice({ code, outcome }: InlineOutcome): Advice {
	const hash = outcome === "hash" ? " Its hash allows it on any element until then." : "";
	return { kind: "handler", what: code.attribute ?? "an event handler", advice: `Add the handler in a script: element.addEventListener(…).${hash}` };
}

function adviceOf({ directive, code, outcome, isStatic }: InlineOutcome): Advice | undefined {
	const isScript = directive.startsWith("script");
	if (outcome === "none") return INSERTED;
	if (outcome === "unsafe-inline") return directive.endsWith("-attr") ? STYLE_ATTRIBUTES : STYLES;
	if (outcome !== "nonce" || code.hasNonce) return undefined;
	const why = isStatic ? "" : ` Its text differs between visits${isScript ? ", so no hash allows it" : ""}.`;
	return {
		kind: "nonce",
		what: isScript ? "inline <script>" : "inline <style>",
		advice: `Write the nonce on the tag: nonce="<%= cspNonce %>". headguard templates does.${why}`,
	};
}

const INSERTED: Advice = {
	kind: "code",
	what: "inserted <script>",
	advice: "A script inserts it, and its text differs. Call a function instead, or set nonce on the element before it is inserted.",
};
const STYLES: Advice = {
	kind: "style",
	what: "inserted <style>",
	advice: "Use a style sheet file. Then delete 'unsafe-inline' from styleSrc.",
};
const STYLE_ATTRIBUTES: Advice = {
	kind: "style",
	what: "style attribute",
	advice: "Use classes, or set element.style in a script. Then delete 'unsafe-inline' from styleSrcAttr.",
};

function javascriptOf({ javascript }: Findings): readonly Change[] {
	const groups = new Map<string, { readonly holder: string; readonly code: string; readonly pages: Set<string> }>();
	for (const { page, holder, code } of javascript) {
		const key = `${holder} ${code}`;
		const group = groups.get(key) ?? { holder, code, pages: new Set() };
		groups.set(key, group);
		group.pages.add(page.pathname);
	}
	return [...groups.values()].map(({ holder, code, pages }) => ({
		kind: "javascript",
		what: `${holder} ${JSON.stringify(code.slice(0, 60))}`,
		advice: "No strict policy allows a javascript: URL. Write a button, and add its handler in a script.",
		pages: [...pages],
		places: [],
		isKept: false,
		head: code.slice(0, 60),
	}));
}

function evalsOf(records: readonly ReportRecord[]): readonly Change[] {
	const evals = records.filter(({ blocked }) => blocked === "eval");
	const groups = new Map<string, ReportRecord[]>();
	for (const one of evals) groups.set(`${one.source}:${one.line}`, [...(groups.get(`${one.source}:${one.line}`) ?? []), one]);
	return [...groups].map(([place, list]) => ({
		kind: "eval",
		what: "a string that runs as code",
		advice: "Replace eval, new Function or setTimeout with a string. Then delete 'unsafe-eval'.",
		pages: pathsOf(list.map(({ document }) => document)),
		places: place.startsWith(":") ? [] : [place],
		isKept: true,
		head: "",
	}));
}

function hostsOf(records: readonly ReportRecord[]): readonly Change[] {
	const files = records.filter(({ directive, blocked }) => directive.startsWith("script-src") && isShared(blocked));
	return [...new Set(files.map(({ blocked }) => blocked))].map((blocked) => ({
		kind: "host",
		what: `the script ${blocked}`,
		advice: "Its host serves scripts with which anyone can run their own code, so only this file is allowed. Serve the file yourself.",
		pages: pathsOf(files.filter((one) => one.blocked === blocked).map(({ document }) => document)),
		places: [],
		isKept: true,
		head: "",
	}));
}

/** Whether a host serves anyone's scripts. */
export function isShared(address: string): boolean {
	const url = addressOf(address);
	return url !== undefined && /^https?:$/.test(url.protocol) && bypassIn(url.origin) !== undefined;
}

function pathsOf(documents: Iterable<string>): readonly string[] {
	return [...new Set([...documents].map((document) => addressOf(document)?.pathname ?? document))].sort();
}
