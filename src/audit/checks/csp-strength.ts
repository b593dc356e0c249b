import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { bypassIn } from "../../csp/bypass-hosts.ts";
import { allowsInline, isHost, isNonceOrHash, isWildcard, type Source } from "../../csp/grammar.ts";
import { type CspModel, effective } from "../../csp/model.ts";
import { NAMES } from "../../headers/facts.ts";
import { CSP, policyTexts } from "../csp-of.ts";
import type { cspStrengthExamples } from "../examples/csp-strength.ts";
import { type Exchange, isDocument, type Rule, rule, valuesOf } from "../types.ts";
import { isClosed, onPolicies } from "./csp.ts";

type Id = keyof typeof cspStrengthExamples;

/** What is valid in a policy but weaker than it could be. */

/** The lists that select scripts by host. Browsers released before 2023 know only script-src. */
function scriptLists(model: CspModel): readonly (readonly Source[])[] {
	return [effective(model, "script-src-elem") ?? [], effective(model, "script-src") ?? []].filter((list) => !list.includes("'strict-dynamic'"));
}

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
			const host = scripts.find((word) => isHost(word) && bypassIn(word, scripts) === undefined);
			return host === undefined || scripts.includes("'strict-dynamic'")
				? undefined
				: `script-src allows ${show(host)}. Use nonces with 'strict-dynamic', or make sure that the host has no JSONP and no uploads.`;
		},
	}),
	onPolicies({
		id: "csp/script-self",
		title: "Any own file as script",
		severity: "note",
		summary: "Every file of the same origin can run as a script, uploads included.",
		check: (model) => {
			return scriptLists(model).some((list) => list.includes("'self'"))
				? "script-src has 'self', so an upload or a JSONP route of this site runs as a script. Serve uploads from another domain, or use only nonces."
				: undefined;
		},
	}),
	onPolicies({
		id: "csp/script-unsafe-hashes",
		title: "Hashes for event handlers",
		severity: "note",
		summary: "Event handlers and javascript: URLs run when their hash is listed.",
		check: (model) =>
			(effective(model, "script-src-attr") ?? []).includes("'unsafe-hashes'")
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
			const isStrict = scripts.includes("'strict-dynamic'") && scripts.some(isNonceOrHash);
			return isStrict && !scripts.includes("'unsafe-inline'")
				? "'strict-dynamic' without https: and 'unsafe-inline', which only old browsers read. Add both if you support such browsers."
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
		title: "default-src not 'none'",
		severity: "note",
		summary: "With default-src 'none', a new kind of resource is blocked until you allow it.",
		check: (model) => {
			const list = model.get("default-src");
			return list === undefined || list.join() === "'none'" || list.some(isWildcard)
				? undefined
				: `default-src is ${show(list.join(" "))}. 'none' with a list for each kind of resource is stricter.`;
		},
	}),
	onPolicies({
		id: "csp/no-upgrade-insecure",
		title: "http URLs not upgraded",
		severity: "note",
		summary: "Without it, or HSTS, old http URLs in pages fail although the browser could upgrade them.",
		check: (model, _text, exchange) => {
			const isUpgraded = model.has("upgrade-insecure-requests") || valuesOf(exchange, NAMES.strictTransportSecurity).length > 0;
			return !exchange.secure || isUpgraded || isClosed(model) ? undefined : "upgrade-insecure-requests is absent. Add it on a site that is https throughout.";
		},
	}),
	onPolicies({
		id: "csp/no-trusted-types",
		title: "No Trusted Types",
		severity: "note",
		summary: "require-trusted-types-for would prevent injection through the DOM.",
		check: (model) =>
			model.has("require-trusted-types-for") || isClosed(model) ? undefined : "require-trusted-types-for 'script' is absent. Try it in a report-only policy.",
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

function bytesOf({ fields }: Exchange): number {
	return fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}
