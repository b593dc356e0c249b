import { camel } from "../../core/text.ts";
import type { CspModel } from "../../csp/model.ts";
import { CSP_KEYS } from "../../headers/facts.ts";
import type { CheckedPolicy } from "../../policy/create.ts";
import type { ReportRecord } from "../../reports/record.ts";
import { violated } from "../../reports/suggest/drafts.ts";
import { knownHosts } from "../../reports/suggest/lookalike.ts";
import { proposalFor } from "../../reports/suggest/proposal.ts";
import { addressOf } from "../../reports/suggest/replay.ts";
import type { Piece } from "../../templates/types.ts";
import type { Advice, FixLine } from "../finding.ts";
import type { Found } from "../places.ts";
import { placeText } from "../terminal.ts";
import { asListener, asRule, withNonce } from "./code.ts";
import { evaluated } from "./evaluated.ts";
import { otherAdvice } from "./others.ts";
import { addition, codeOf } from "./patch.ts";
import type { Seen } from "./seen.ts";
import { vendorFor } from "./vendor.ts";

/** What to do about it. */
export function advise(seen: Seen): Advice {
	const { record, found } = seen;
	const place = found?.place;
	const base = { place, opens: undefined, change: undefined, fix: [] as readonly FixLine[] };
	if (record.type !== "csp-violation") return { ...base, ...otherAdvice(seen) };
	if (record.blocked === "inline") return { ...base, ...inlineAdvice(seen) };
	if (record.blocked === "eval" && record.directive === "script-src")
		return { ...base, title: "a string that is run as code", why: `${evaluated(record.source)} 'unsafe-eval' would let injected strings run as well.` };
	if (record.blocked.startsWith("trusted-types")) return { ...base, ...trustedTypesAdvice(record) };
	if (record.directive === "frame-ancestors") return { ...base, ...framedAdvice(seen) };
	return { ...base, ...addressAdvice(seen) };
}

type Part = Pick<Advice, "title" | "why"> & Partial<Advice>;

function inlineAdvice(seen: Seen): Part {
	const { found, record } = seen;
	const piece = found?.piece;
	const noun = NOUNS.get(piece?.kind ?? "") ?? (record.directive.startsWith("style") ? "an inline style" : "an inline script");
	const title = piece?.attribute === undefined ? noun : `${noun} (${piece.holder})`;
	if (isAttribute(record)) return { title, ...attributeAdvice(seen) };
	return found === undefined || piece === undefined ? writtenAtRunTime(record, title) : elementAdvice(found, piece, title);
}

function attributeAdvice({ found, record }: Seen): Omit<Part, "title"> {
	const isStyle = record.directive === "style-src-attr";
	const fix = found === undefined ? [] : ((isStyle ? asRule(found) : asListener(found)) ?? []);
	const why = isStyle
		? "No nonce can allow a style attribute. A class can, and so can element.style.color = … in a script."
		: "No nonce can allow an event handler, because injected markup has them too. A listener in a script does the same.";
	return { fix, why };
}

function elementAdvice(found: Found, piece: Piece, title: string): Part {
	if (piece.kind === "javascript-url") return { title, fix: asListener(found) ?? [], why: "Browsers treat it as an inline script that no nonce can allow." };
	if (piece.hasNonce === true) return wrongNonce(title);
	const fix = withNonce(found);
	if (fix !== undefined) return { title, fix, why: "The nonce is new in each response, so injected code does not have it." };
	if (isOfVite(found)) return { title, why: VITE };
	const why =
		piece.obstacle ??
		"Nothing fills in a nonce here. Move the code to a file of your own, or allow exactly this code by its hash: npx headguard hash writes it.";
	return { title, why };
}

/** Whether a page without a template is the entry of a build: it loads a module that no browser could run from there without one. */
function isOfVite({ language, text }: Found): boolean {
	return language === "html" && /<script\b[^>]*\bsrc=["']?\.?\/?(?:src\/[^"'\s>]+|[^"'\s>]+\.(?:[jt]sx|ts))["'\s>]/i.test(text);
}

const VITE =
	'Vite marks it if its configuration has html: { cspNonce: "a slot" }. The server puts the nonce of the response, res.locals.cspNonce, in place of the slot.';

const NOUNS: ReadonlyMap<string, string> = new Map([
	["script", "an inline script"],
	["style", "an inline style"],
	["handler", "an event handler"],
	["style-attribute", "a style attribute"],
	["javascript-url", "a javascript: address"],
]);

function isAttribute({ directive }: ReportRecord): boolean {
	return directive === "style-src-attr" || directive === "script-src-attr";
}

function wrongNonce(title: string): Part {
	return {
		title: `${title} whose nonce is not that of the response`,
		why: "The page has a nonce, but another one than the policy. Print cspNonce of res.locals, and let no cache or middleware keep the page. A nonce that your application makes can be given to headguard: setNonce(res, nonce).",
	};
}

function writtenAtRunTime({ directive, source, line, document }: ReportRecord, title: string): Part {
	const by = source === "" || source === document ? "" : ` It was written by ${source}${line > 0 ? `:${line}` : ""}.`;
	if (directive.startsWith("style")) {
		const why = `A library can mark the styles that it writes if it knows the nonce: print <meta property="csp-nonce" nonce="…"> on the page, and pass that nonce to the library (emotion: createCache({ nonce }), styled-components: StyleSheetManager). Vite reads the element.${by}`;
		return { title: `${title} without a nonce`, why };
	}
	const why = `The element needs nonce="<%= cspNonce %>", or the attribute of your template engine. A script that adds it can write: element.nonce = document.currentScript.nonce.${by} If nothing of yours wrote it, it was injected.`;
	return { title: `${title} without a nonce`, why };
}

function trustedTypesAdvice({ blocked, sample = "", directive }: ReportRecord): Part {
	if (directive === "trusted-types")
		return {
			title: `the Trusted Types policy ${JSON.stringify(sample.replace(/…$/, "") || blocked)}`,
			why: "trustedTypes does not name it. If it is yours, add its name.",
		};
	const [sink] = sample.split("|", 1);
	const why = "The page passed a string to it. Write textContent for text. For markup, make the value in a Trusted Types policy that cleans it.";
	return { title: `a string in ${sink === "" || sink === undefined ? "a Trusted Types sink" : sink}`, why };
}

function framedAdvice({ embedder, scope }: Seen): Part {
	const title = `the page, shown in a frame of ${embedder ?? "another site"}`;
	const why = "A page that others can frame can be clickjacked. Allow only sites that you know.";
	if (embedder === undefined) return { title, why };
	const made = addition(codeOf({ contentSecurityPolicy: { directives: { frameAncestors: [embedder] } } }), scope);
	return { title, why, ...made, opens: `${embedder} can show this page in a frame.` };
}

function addressAdvice(seen: Seen): Part {
	const { record, found, scope, ways } = seen;
	const title = `${THINGS.get(record.directive) ?? record.directive} ${record.blocked}`;
	const vendor = vendorFor(record.directive, record.blocked);
	const made = vendor && addition(vendor, scope);
	if (vendor !== undefined && made !== undefined)
		return { title, ...made, why: "headguard/vendors has everything that this service needs.", opens: vendor.opens };
	const nonced = found === undefined || !/^(?:script|style)-src(?:-elem)?$/.test(record.directive) ? undefined : withNonce(found);
	if (nonced !== undefined)
		return {
			title,
			fix: nonced,
			why: `The nonce allows this file. Its host in ${camel(record.directive.replace(/-elem$/, ""))} would allow everything that the host serves.`,
		};
	const model = scope.policy && modelOf(scope.policy, record);
	if (model === undefined) return { title, why: "The policy of the page does not allow it." };
	const proposal = proposalFor(model, { ...record, count: 1, first: 0, last: 0 }, { known: knownHosts([], [], [], []), ways });
	const name = hot(record);
	if (proposal.kind !== "source" || proposal.source === undefined) return { title: `${title}${name}`, why: proposal.advice };
	const added = addition(codeOf({ contentSecurityPolicy: { directives: { [camel(proposal.directive)]: [proposal.source] } } }), scope);
	const why = added === undefined ? `Add ${proposal.source} to ${camel(proposal.directive)} with replace({ … }), which takes the whole list.` : "";
	return { title: `${title}${name}`, ...added, why, opens: proposal.advice };
}

/** The policy that the page violates, of those of its header. */
function modelOf(policy: CheckedPolicy, record: ReportRecord): CspModel | undefined {
	const all = CSP_KEYS.flatMap((header) => (policy.models.get(header) as { readonly all: readonly CspModel[] } | undefined)?.all ?? []);
	return violated(policy, { ...record, count: 1, first: 0, last: 0 }, new Map()) ?? all[0];
}

/** What development servers connect to. */
function hot({ blocked, source, directive }: ReportRecord): string {
	if (directive !== "connect-src") return "";
	const url = addressOf(blocked);
	if (/\/@vite\/client$/.test(source) || url?.port === "24678") return " (hot reload of Vite)";
	if (url !== undefined && /^\/(?:ws|sockjs-node|webpack-hmr|_next\/webpack-hmr|__webpack_hmr)/.test(url.pathname)) return " (hot reload)";
	return /livereload|browser-sync/i.test(`${blocked} ${source}`) ? " (live reload)" : "";
}

const THINGS: ReadonlyMap<string, string> = new Map([
	["script-src", "the script"],
	["script-src-elem", "the script"],
	["style-src", "the style sheet"],
	["style-src-elem", "the style sheet"],
	["img-src", "the image"],
	["font-src", "the font"],
	["media-src", "the audio or video"],
	["connect-src", "the connection to"],
	["frame-src", "the frame"],
	["child-src", "the frame or worker"],
	["worker-src", "the worker"],
	["manifest-src", "the manifest"],
	["object-src", "the plugin or object"],
	["form-action", "the form to"],
	["base-uri", "the <base> to"],
	["default-src", "the prefetch of"],
]);

/** How a finding is known again. The same thing on another page is another finding. */
export function keyOf({ record, found }: Seen, page: string): string {
	const { disposition, blocked, sample = "", line } = record;
	// The probe and a report may name the same popup.
	const [type, directive] = record.type === "coop" ? ["popup", ""] : [record.type, record.type === "popup" ? "" : record.directive];
	const where = found === undefined ? `${sourceOf(record)}:${line}` : placeText(found.place);
	return [type, disposition, directive, blocked, blocked === "inline" || blocked === "eval" ? `${where} ${sample}` : "", page].join("\n");
}

/** Without the origin of the page: a development server in front shows the same page under another. */
function sourceOf({ source, document }: ReportRecord): string {
	const address = addressOf(source);
	return address !== undefined && address.origin === addressOf(document)?.origin ? address.pathname : source;
}
