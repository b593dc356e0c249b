import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { bypassIn } from "../../csp/bypass-hosts.ts";
import { allowsInline, isHost, isNonceOrHash, isNonceSource, isWildcard, type Source } from "../../csp/grammar.ts";
import { type CspModel, effective } from "../../csp/model.ts";
import { NAMES } from "../../headers/facts.ts";
import * as vendors from "../../vendors.ts";
import { CSP, policyTexts } from "../csp-of.ts";
import type { cspStrengthExamples } from "../examples/csp-strength.ts";
import { tagsIn } from "../html.ts";
import { type Exchange, isDocument, type Rule, rule, valuesOf } from "../types.ts";
import { onPolicies } from "./csp.ts";

type Id = keyof typeof cspStrengthExamples;

/** What is valid in a policy but weaker than it could be. */

/** The lists that select scripts by host. Browsers released before 2023 know only script-src. */
function scriptLists(model: CspModel): readonly (readonly Source[])[] {
	return [effective(model, "script-src-elem") ?? [], effective(model, "script-src") ?? []].filter((list) => !list.includes("'strict-dynamic'"));
}

/** The hosts of headguard/vendors, which serve scripts of the vendor alone. Nothing is left to make sure of. */
const VENDOR_SCRIPTS: ReadonlySet<unknown> = new Set(
	[...Object.values(vendors), vendors.sentry("https://key@sentry.example/1", { loader: true })].flatMap((patch) => {
		const { directives } = Object(Reflect.get(patch, "contentSecurityPolicy")) as { readonly directives?: Readonly<Record<string, readonly unknown[]>> };
		return directives?.["scriptSrc"] ?? [];
	}),
);

export const cspStrengthRules: readonly Rule<Id>[] = [
	onPolicies({
		id: "csp/script-known-bypass",
		title: "Host with known bypass",
		severity: "error",
		summary: "Scripts may come from a host that serves code of other people.",
		check: (model) => {
			const [found] = scriptLists(model).flatMap((list) =>
				list.flatMap((word) => [{ word, host: bypassIn(word, list) }].filter(({ host }) => host !== undefined)),
			);
			return found === undefined
				? undefined
				: `${show(found.word)} allows ${found.host}, where an attacker finds a script that runs their code. Name the file, or use a nonce with 'strict-dynamic'.`;
		},
	}),
	onPolicies({
		id: "csp/script-allowlist",
		title: "Scripts allowed by host",
		severity: "warning",
		summary: "Hosts select the scripts, and one JSONP endpoint on any of them opens the list.",
		check: (model) => {
			const scripts = effective(model, "script-src") ?? [];
			const host = scripts.find((word) => isHost(word) && !VENDOR_SCRIPTS.has(word) && bypassIn(word, scripts) === undefined);
			return host === undefined || scripts.includes("'strict-dynamic'")
				? undefined
				: `script-src allows ${show(host)}. Use nonces with 'strict-dynamic', or make sure that the host has no JSONP and no uploads.`;
		},
	}),
	onPolicies({
		id: "csp/script-self",
		title: "Upload allowed as script",
		severity: "warning",
		summary: "An upload has the origin that 'self' allows and a type that browsers run as a script.",
		check: (model, _text, exchange, exchanges) => {
			const upload = scriptLists(model).some((list) => list.includes("'self'")) ? exchanges.find((one) => isOwnScript(one, exchange)) : undefined;
			if (upload === undefined) return undefined;
			const type = valuesOf(upload, "Content-Type")[0];
			return `script-src has 'self', and the upload ${show(new URL(upload.url).pathname)} runs as a script: its type is ${show(type ?? "absent")}. Serve uploads from another domain, or with a fixed type and nosniff.`;
		},
	}),
	onPolicies({
		id: "csp/script-unsafe-hashes",
		title: "Hashes for event handlers",
		severity: "note",
		summary: "Event handlers and javascript: URLs run when their hash is listed.",
		check: (model) =>
			(effective(model, "script-src-attr") ?? []).includes("'unsafe-hashes'") &&
			(effective(model, "script-src-attr") ?? []).some((word) => isNonceOrHash(word) && !isNonceSource(word))
				? "script-src has 'unsafe-hashes', so an injected handler of the same text runs as well. Add listeners in scripts instead."
				: undefined,
	}),
	onPolicies({
		id: "csp/no-legacy-fallback",
		title: "No fallback for old browsers",
		severity: "note",
		summary: "Browsers that do not know 'strict-dynamic' block scripts that a trusted script loads.",
		check: (model) => {
			const scripts = effective(model, "script-src") ?? [];
			if (!scripts.includes("'strict-dynamic'") || !scripts.some(isNonceOrHash)) return undefined;
			return scripts.includes("'unsafe-inline'") && !scripts.some((word) => isHost(word) || isWildcard(word))
				? "'strict-dynamic' has 'unsafe-inline' for old browsers, but no hosts or https:, so they block the scripts that a trusted script loads. Write https: too."
				: undefined;
		},
	}),
	onPolicies({
		id: "csp/style-unsafe-inline",
		title: "Inline styles allowed",
		severity: "note",
		summary: "Inline styles apply, injected ones included.",
		check: (model) => {
			const styles = effective(model, "style-src-elem") ?? [];
			return allowsInline(styles, "style-src-elem") ? "style-src has 'unsafe-inline'. Use a nonce or hashes where you can." : undefined;
		},
	}),
	onPolicies({
		id: "csp/style-wildcard",
		title: "Styles from anywhere",
		severity: "note",
		summary: "Style sheets may come from anywhere, and a style sheet can read parts of a page.",
		check: (model) => {
			const open = (effective(model, "style-src-elem") ?? []).find((word) => isWildcard(word) || word === "data:");
			return open === undefined ? undefined : `style-src has ${show(open)}. Name the hosts.`;
		},
	}),
	onPolicies({
		id: "csp/object-not-none",
		title: "Plugins allowed",
		severity: "note",
		summary: "Pages no longer need plugins.",
		check: (model) => {
			const objects = effective(model, "object-src");
			return objects === undefined || objects.join() === "'none'" || objects.some(isWildcard)
				? undefined
				: `object-src is ${show(objects.join(" "))}. Write 'none'.`;
		},
	}),
	onPolicies({
		id: "csp/no-default-src",
		title: "No default-src",
		severity: "warning",
		summary: "Anything that no directive covers may come from anywhere.",
		check: (model) =>
			model.has("default-src")
				? undefined
				: "default-src is absent, so anything that no directive covers may come from anywhere. Write default-src 'self', or 'none'.",
	}),
	onPolicies({
		id: "csp/default-src-not-none",
		title: "Host in default-src",
		severity: "note",
		summary: "A host in default-src is allowed for every kind of resource that has no list of its own, such as frames and workers.",
		check: (model) => {
			const host = (model.get("default-src") ?? []).find((word) => isHost(word));
			return host === undefined
				? undefined
				: `default-src has ${show(host)}, which allows every kind of resource from there. Write it in the directives that need it, and 'self' or 'none' here.`;
		},
	}),
	onPolicies({
		id: "csp/no-upgrade-insecure",
		title: "http URLs not upgraded",
		severity: "note",
		summary: "The page has http URLs in style sheets or srcset, which browsers would upgrade with it.",
		check: (model, _text, exchange) => {
			if (!exchange.secure || exchange.probe !== "page" || model.has("upgrade-insecure-requests")) return undefined;
			const found = plainUrlIn(exchange);
			return found === undefined ? undefined : `the page names ${show(found)}, and upgrade-insecure-requests is absent. Use https, or add the directive.`;
		},
	}),
	onPolicies({
		id: "csp/no-trusted-types",
		title: "Trusted Types not required",
		severity: "note",
		summary: "trusted-types names the policies of Trusted Types, but browsers still accept plain strings.",
		check: (model) =>
			model.has("trusted-types") && !model.has("require-trusted-types-for")
				? "trusted-types without require-trusted-types-for 'script', so browsers still accept plain strings. Add it, first in a report-only policy."
				: undefined,
	}),
	rule({
		header: CSP,
		id: "csp/multiple-policies",
		title: "Several policies",
		severity: "note",
		summary: "Several policies apply, and every one of them must allow what runs.",
		check: (exchange) =>
			isDocument(exchange) && policyTexts(exchange).length > 1
				? `${policyTexts(exchange).length} policies apply, and each must allow what runs. Make sure that this is intended.`
				: undefined,
	}),
	rule({
		header: CSP,
		id: "csp/too-large",
		title: "Very long policy",
		severity: "warning",
		summary: "Proxies commonly refuse header blocks that are larger than 4 to 8 KiB.",
		check: (exchange) => {
			const size = valuesOf(exchange, CSP).join("").length;
			return size > 4096
				? `${size} characters; common proxies accept 4 to 8 KiB for all headers. Use hashes or 'strict-dynamic' instead of long lists.`
				: undefined;
		},
	}),
	rule({
		header: "",
		id: "header/too-large",
		title: "Headers too large",
		severity: "error",
		summary: CODES["header/too-large"],
		check: (exchange) => {
			const size = bytesOf(exchange);
			return size > 8192 ? `${size} bytes of headers; nginx and Node's own client stop at 8 to 16 KiB. Remove the largest.` : undefined;
		},
	}),
];

/** A URL over http where no rule about elements looks: in style sheets, srcset and poster. HSTS upgrades those of the own host. */
function plainUrlIn(exchange: Exchange): string | undefined {
	const hasHsts = valuesOf(exchange, NAMES.strictTransportSecurity).length > 0;
	const places = tagsIn(exchange.body).flatMap(({ name, attributes, text }) => [
		...(name === "style" ? [text] : []),
		...["srcset", "poster", "style"].map((attribute) => attributes.get(attribute) ?? ""),
	]);
	return places
		.flatMap((place) => place.match(/http:\/\/[^\s"'(),;<>]+/gi) ?? [])
		.find((url) => URL.canParse(url) && !(hasHsts && new URL(url).hostname === new URL(exchange.url).hostname));
}

/** Types that browsers do not run as scripts, even without nosniff (Fetch, "should response to request be blocked due to its MIME type"). */
const NO_SCRIPT = /^(?:image|audio|video)\/|^text\/csv\b/i;

/** Whether a page of the same origin can load the response as a script. */
function isOwnScript(upload: Exchange, page: Exchange): boolean {
	if (upload.probe !== "upload" || page.probe !== "page" || upload.status >= 300 || new URL(upload.url).origin !== new URL(page.url).origin) return false;
	const [type = ""] = valuesOf(upload, "Content-Type");
	const isSniffed = !valuesOf(upload, NAMES.xContentTypeOptions).some((value) => /^nosniff$/i.test(value.trim()));
	return /^(?:text|application)\/(?:x-)?(?:java|ecma)script\b/i.test(type.trim()) || (isSniffed && !NO_SCRIPT.test(type.trim()));
}

function bytesOf({ fields }: Exchange): number {
	return fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}
