import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { bypassIn } from "../../csp/bypass-hosts.ts";
import { allowsInline, isHost, isNonceOrHash, isWildcard, type Source } from "../../csp/grammar.ts";
import { type CspModel, effective } from "../../csp/model.ts";
import { NAMES } from "../../headers/facts.ts";
import { CSP, policyTexts } from "../csp-of.ts";
import { isDocument, type Rule, rule, type Seen, valuesOf } from "../types.ts";
import { isClosed, onPolicies } from "./csp.ts";

/** What is legal in a policy, and weaker than it could be. */

/** The lists that choose scripts by host: script-src as well, which is all that browsers of before 2023 know. */
function scriptLists(model: CspModel): readonly (readonly Source[])[] {
	return [effective(model, "script-src-elem") ?? [], effective(model, "script-src") ?? []].filter((list) => !list.includes("'strict-dynamic'"));
}

export const cspStrengthRules: readonly Rule[] = [
	onPolicies("csp/script-known-bypass", "error", "Scripts may come from a host that runs what others write.", (model) => {
		const found = scriptLists(model)
			.flat()
			.find((word) => bypassIn(word) !== undefined);
		return found === undefined
			? undefined
			: `${show(found)} lets ${bypassIn(found)} in, where anybody finds a script that runs their code. Name the file, or use a nonce with 'strict-dynamic'.`;
	}),
	onPolicies("csp/script-allowlist", "warning", "Scripts are chosen by host, where a single JSONP endpoint opens the list.", (model) => {
		const scripts = effective(model, "script-src") ?? [];
		const host = scripts.find((word) => isHost(word) && bypassIn(word) === undefined);
		return host === undefined || scripts.includes("'strict-dynamic'")
			? undefined
			: `script-src names ${show(host)}; use nonces with 'strict-dynamic', or make sure that the host has no JSONP and no uploads.`;
	}),
	onPolicies("csp/script-self", "note", "Scripts of the own origin run, uploaded ones too.", (model) => {
		return scriptLists(model).some((list) => list.includes("'self'"))
			? "script-src has 'self', so an upload or a JSONP route of this site runs as a script. Serve uploads from another domain, or use nonces alone."
			: undefined;
	}),
	onPolicies("csp/script-unsafe-hashes", "note", "Handlers and javascript: addresses run when their hash is listed.", (model) =>
		(effective(model, "script-src-attr") ?? []).includes("'unsafe-hashes'")
			? "script-src has 'unsafe-hashes', so an injected handler of the same text runs as well. Add listeners in scripts."
			: undefined,
	),
	onPolicies("csp/no-legacy-fallback", "note", "Browsers of before 2018 block every script of such a policy.", (model) => {
		const scripts = effective(model, "script-src") ?? [];
		const isStrict = scripts.includes("'strict-dynamic'") && scripts.some(isNonceOrHash);
		return isStrict && !scripts.includes("'unsafe-inline'")
			? "'strict-dynamic' without https: and 'unsafe-inline', which only old browsers read. Add both where such visitors count."
			: undefined;
	}),
	onPolicies("csp/style-unsafe-inline", "note", "Inline styles run, injected ones too.", (model) => {
		const styles = effective(model, "style-src-elem") ?? [];
		return allowsInline(styles, "style-src-elem") ? "style-src has 'unsafe-inline'. Use a nonce or hashes where you can." : undefined;
	}),
	onPolicies("csp/style-wildcard", "note", "Style sheets may come from anywhere, and style sheets can read a page.", (model) => {
		const open = (effective(model, "style-src-elem") ?? []).find((word) => isWildcard(word) || word === "data:");
		return open === undefined ? undefined : `style-src has ${show(open)}. Name the hosts.`;
	}),
	onPolicies("csp/object-not-none", "note", "Plugins have no use on pages of today.", (model) => {
		const objects = effective(model, "object-src");
		return objects === undefined || objects.join() === "'none'" || objects.some(isWildcard)
			? undefined
			: `object-src is ${show(objects.join(" "))}. Write 'none'.`;
	}),
	onPolicies("csp/no-default-src", "warning", "What no directive names may come from anywhere.", (model) =>
		model.has("default-src") ? undefined : "default-src is absent, so what no directive names may come from anywhere. Write default-src 'self', or 'none'.",
	),
	onPolicies("csp/default-src-not-none", "note", "With default-src 'none' a new kind of resource is closed until it is opened.", (model) => {
		const list = model.get("default-src");
		return list === undefined || list.join() === "'none'" || list.some(isWildcard)
			? undefined
			: `default-src is ${show(list.join(" "))}. 'none', with a list for each kind, is stricter.`;
	}),
	onPolicies("csp/no-upgrade-insecure", "note", "Without it, or HSTS, old http addresses in pages fail where they could be upgraded.", (model, _text, seen) => {
		const isUpgraded = model.has("upgrade-insecure-requests") || valuesOf(seen, NAMES.strictTransportSecurity).length > 0;
		return !seen.secure || isUpgraded || isClosed(model) ? undefined : "upgrade-insecure-requests is absent. Add it on a site that is https throughout.";
	}),
	onPolicies("csp/no-trusted-types", "note", "require-trusted-types-for would stop injection through the DOM.", (model) =>
		model.has("require-trusted-types-for") || isClosed(model) ? undefined : "require-trusted-types-for 'script' is absent. Try it in a report-only policy.",
	),
	rule(CSP, "csp/multiple-policies", "note", "Several policies are in force; what runs must please each of them.", (seen) =>
		isDocument(seen) && policyTexts(seen).length > 1
			? `${policyTexts(seen).length} policies are in force, and what runs must please each. Make sure that this is meant.`
			: undefined,
	),
	rule(CSP, "csp/too-large", "warning", "Proxies commonly refuse a header block that is larger than 4 to 8 KiB.", (seen) => {
		const size = valuesOf(seen, CSP).join("").length;
		return size > 4096 ? `${size} characters; common proxies give all headers 4 to 8 KiB. Use hashes or 'strict-dynamic' in place of long lists.` : undefined;
	}),
	rule("", "header/too-large", "error", CODES["header/too-large"], (seen) => {
		const size = bytesOf(seen);
		return size > 8192 ? `${size} bytes of headers; nginx and Node's own client stop at 8 to 16 KiB. Take out what is largest.` : undefined;
	}),
];

function bytesOf({ fields }: Seen): number {
	return fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}
