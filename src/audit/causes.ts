import { kebab } from "../core/text.ts";
import { DIRECTIVES } from "../csp/directives.ts";

/**
 * One cause is one finding. A row names a finding, and those that the edit it asks for mends as well: they are not reported, and the finding
 * is as severe as the worst of them.
 */
export interface Cause {
	readonly of: readonly string[];
	readonly explains: readonly string[];
	/** Both are about the same source or word, the same directive, or the same header. */
	readonly same?: "value" | "directive" | "header";
	/** What the message of the cause says. */
	readonly when?: RegExp;
	/** They may be on different responses of a host. */
	readonly onHost?: true;
}

/** What a policy lacks when a directive is missing from it. */
const LACKING = ["csp/no-script-src", "csp/no-object-src", "csp/object-not-none", "csp/no-default-src", "csp/no-base-uri", "csp/no-base-uri-with-nonce"].concat(
	["csp/no-form-action", "csp/no-frame-ancestors", "frame/unprotected"],
);

const WILDCARDS = ["csp/script-wildcard", "csp/other-wildcard", "csp/object-wildcard", "csp/base-uri-wildcard", "csp/form-action-wildcard"].concat([
	"csp/frame-ancestors-wildcard",
]);

const MISWRITTEN = ["csp/invalid-keyword", "csp/unquoted-keyword", "csp/wrong-quotes"];

const UNREAD_MAX_AGE = ["hsts/max-age-missing", "hsts/max-age-invalid", "hsts/max-age-zero"];

/** Every relation between rules. Nothing else knows of one. */
export const CAUSES: readonly Cause[] = [
	// Policies and directives.
	{ of: ["csp/empty"], explains: LACKING },
	{ of: ["csp/directive-colon"], explains: [...LACKING, "frame/conflict"], same: "directive" },
	{ of: ["csp/unknown-directive"], explains: [...LACKING, "frame/conflict"], same: "directive", when: /Did you mean/ },
	{
		of: ["csp/missing-semicolon"],
		explains: [...LACKING, "csp/none-not-alone", "csp/never-matches", "csp/keyword-no-effect", "csp/object-wildcard", "frame/conflict"],
		same: "directive",
	},
	{ of: ["csp/directive-colon", "csp/comma-in-value"], explains: ["csp/unknown-directive"] },
	{ of: ["csp/comma-in-value"], explains: ["csp/multiple-policies"] },
	{ of: ["csp/no-script-src"], explains: ["csp/no-default-src", "csp/no-object-src"] },
	{ of: ["csp/no-object-src"], explains: ["csp/no-default-src"] },

	// Sources.
	{ of: ["deploy/dev-source"], explains: ["csp/local-or-ip-source"] },
	{ of: ["deploy/dev-source"], explains: ["csp/http-source", "csp/script-unsafe-eval"], same: "value" },
	{ of: ["csp/http-source"], explains: ["csp/local-or-ip-source"], same: "value" },
	{
		of: ["csp/http-source", "csp/local-or-ip-source", "csp/never-matches", "csp/invalid-source"],
		explains: ["csp/script-allowlist", "csp/default-src-not-none"],
		same: "value",
	},
	{ of: ["csp/script-known-bypass", "csp/script-allowlist"], explains: ["csp/default-src-not-none"], same: "value" },
	{ of: ["csp/script-known-bypass", ...WILDCARDS], explains: ["csp/http-source", "csp/never-matches"], same: "value" },
	{ of: ["csp/other-wildcard"], explains: ["csp/style-wildcard"], same: "value" },
	{ of: ["csp/object-wildcard", "csp/http-source", "csp/none-not-alone"], explains: ["csp/object-not-none"], same: "directive" },
	{ of: ["csp/none-not-alone"], explains: WILDCARDS, same: "directive" },
	{
		of: ["csp/frame-ancestors-wildcard", "csp/none-not-alone", "csp/never-matches", "csp/keyword-no-effect"],
		explains: ["frame/conflict"],
		same: "directive",
	},

	// Nonces and hashes.
	{ of: ["nonce/charset"], explains: MISWRITTEN, same: "value" },
	{ of: ["nonce/charset", "csp/hash-length"], explains: ["csp/strict-dynamic-alone"] },
	{ of: MISWRITTEN, explains: ["csp/strict-dynamic-alone"], when: /"[^"]*(?:nonce-|sha\d)/i },
	{ of: MISWRITTEN, explains: ["nonce/html-only"], when: /"[^"]*nonce-/i },
	{ of: ["csp/empty"], explains: ["nonce/html-only"] },
	{ of: ["nonce/charset"], explains: ["nonce/html-mismatch"] },
	{ of: ["csp/non-ascii"], explains: ["nonce/charset"] },
	{ of: ["nonce/reused"], explains: ["nonce/predictable"] },
	{ of: ["nonce/reused", "nonce/predictable"], explains: ["nonce/short"], onHost: true },
	{ of: ["nonce/served-from-cache"], explains: ["nonce/reused", "nonce/shared-cacheable"], onHost: true },
	{ of: ["csp/inline-blocked", "csp/address-blocked"], explains: ["nonce/unused-in-html"], when: /<script|<style|<link/ },

	// Framing.
	{ of: ["frame/unprotected"], explains: ["csp/no-frame-ancestors"] },
	{ of: ["xfo/multiple"], explains: ["xfo/invalid", "xfo/allow-from"] },
	{ of: ["xfo/multiple", "xfo/invalid", "xfo/allow-from"], explains: ["frame/unprotected"] },
	{ of: ["xfo/multiple"], explains: ["frame/conflict"] },
	{ of: ["xfo/in-meta"], explains: ["frame/unprotected"] },

	// Markup.
	{ of: ["csp/meta-only"], explains: ["csp/missing", "csp/meta-directive-ignored"] },
	{ of: ["csp/meta-directive-ignored"], explains: ["csp/header-and-meta"] },
	{ of: ["csp/meta-directive-ignored"], explains: ["frame/unprotected"], when: /^frame-ancestors/ },
	{ of: ["hsts/in-meta"], explains: ["hsts/missing"] },
	{ of: ["sri/external-insecure"], explains: ["sri/external-missing"] },
	{
		of: ["sri/external-missing", "sri/external-insecure", "sri/no-crossorigin", "csp/address-blocked", "mixed/content"],
		explains: ["isolation/breaks-page"],
		same: "value",
	},

	// HSTS.
	{ of: UNREAD_MAX_AGE, explains: ["hsts/no-subdomains", "hsts/preload-ineligible"] },
	{ of: ["hsts/max-age-missing"], explains: ["hsts/unknown-directive"] },
	{ of: ["hsts/preload-ineligible"], explains: ["hsts/no-subdomains", "hsts/max-age-short", "hsts/max-age-under-a-year"] },
	{ of: ["hsts/max-age-zero", "hsts/max-age-short", "hsts/max-age-under-a-year"], explains: ["hsts/max-age-leading-zero"] },
	{ of: ["hsts/unknown-directive"], explains: ["hsts/no-subdomains"], when: /Write includeSubDomains/ },
	{ of: ["hsts/missing", "hsts/empty", "hsts/max-age-zero"], explains: ["preload/max-age", "preload/no-subdomains", "preload/no-token"], onHost: true },
	{
		of: ["preload/max-age", "preload/no-subdomains"],
		explains: ["hsts/max-age-short", "hsts/max-age-under-a-year", "hsts/no-subdomains", "hsts/preload-ineligible"],
		onHost: true,
	},
	{ of: ["preload/max-age"], explains: ["preload/no-subdomains", "preload/no-token"], when: /^there is no header/ },
	{ of: ["preload/first-hop"], explains: ["redirect/first-hop"] },

	// Isolation.
	{ of: ["coop/invalid"], explains: ["isolation/incomplete"] },
	{ of: ["isolation/incomplete"], explains: ["coop/missing", "coop/unsafe-none"] },

	// Headers that are sent twice.
	{ of: ["xfo/multiple"], explains: ["dup/different"], same: "header" },
	{ of: ["dup/different", "dup/identical"], explains: ["csp/multiple-policies", "permissions/duplicate", "referrer/unsafe"], same: "header" },
	{
		of: ["dup/identical"],
		explains: ["hsts/multiple", "coop/invalid", "coep/invalid", "corp/invalid", "dip/invalid", "oac/invalid", "cors/multiple-acao"],
		same: "header",
	},

	// Cookies and caches.
	{ of: ["cookie/prefix-broken"], explains: ["cookie/samesite-none-insecure", "cookie/no-secure", "cookie/loose-domain"], same: "value" },
	{ of: ["cookie/samesite-none-insecure"], explains: ["cookie/no-secure"], same: "value" },
	{ of: ["cookie/shared-cacheable", "nonce/shared-cacheable"], explains: ["cache/sensitive-storable"] },
	{ of: ["nonce/shared-cacheable"], explains: ["cookie/shared-cacheable"] },

	// Other responses, and proxies.
	{ of: ["cors/reflected-credentials"], explains: ["cors/reflected"] },
	{ of: ["leak/stack-trace"], explains: ["leak/default-error-page"] },
	{ of: ["edge/generated-error"], explains: ["edge/parity"] },
	{ of: ["consistency/400"], explains: ["consistency/413-431-417"], when: /protectServer/, onHost: true },
];

/** What a message is about: words for an index. */
export function subjectsOf(header: string, message: string): readonly string[] {
	const values = [...message.matchAll(/"((?:[^"\\]|\\.)*)"/g)].flatMap(([, text = ""]) => [text, ...text.split(/[\s=]+/)]).filter((value) => value !== "");
	const directives = [...message.matchAll(/[a-z]+(?:-[a-z]+|[A-Z][a-z]+)*/g)].map(([word]) => kebab(word)).filter((word) => DIRECTIVES.has(word));
	// The message of a rule about several headers begins with those that are meant.
	const names = header === "" ? (/^[\w-]+(?:, [\w-]+)*/.exec(message)?.[0] ?? "").split(", ") : [header];
	return [
		...values.map((value) => `value ${value}`),
		...directives.map((directive) => `directive ${directive}`),
		...names.map((name) => `header ${name.toLowerCase()}`),
	];
}
