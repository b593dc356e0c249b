import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { factsOf, NAMES } from "../../headers/facts.ts";
import { type Rule, rule, valuesOf } from "../types.ts";

/** Headers by which proxies, frameworks and hosts name themselves. */
const TECHNOLOGY =
	/^(?:x-aspnet(?:mvc)?-version|x-generator|x-drupal-\S+|x-joomla\S*|x-wp-\S+|x-litespeed\S*|x-php-\S+|x-nextjs-\S+|x-nitro-\S*|x-envoy-\S+|x-kong-\S+|x-b3-\S+|x-datadog-\S+|x-amz-apigw-id|x-application-context|x-backend\S*|x-cms|x-cocoon-version|x-content-encoded-by|x-dynatrace\S*|x-foswiki\S*|x-framework|x-garden-version|x-hudson|x-jenkins|x-jitsi-release|x-old-content-length|x-oneagent-\S+|x-owa-version|x-page-speed|x-mod-pagespeed|x-redirect-by|x-rack-\S+|x-runtime|x-server(?:-name|-powered-by)?|x-served-via|x-sourcefiles|x-storage|x-turbo-charged-by|x-umbraco-version|x-varnish(?:-\S+)?|x-version|x-b-version|liferay-portal|microsoft\S*|oraclewebplatform|pega-host|composed-by|product|ppserver|powered-by|sourcemap-\S+|host-header|k-proxy-request|via-proxy)$/i;

/** Frames of a stack in V8, Python, Java and PHP; paths of a server. */
const STACK =
	/at (?:async )?(?:[\w$.<>[\] ]{1,200} )?\((?:file:\/\/\/|\/|[A-Z]:\\|node:)[^)\n]{1,300}:\d+:\d+\)|at (?:async )?(?:file:\/\/\/|\/|node:)[^\s<)]{1,300}:\d+:\d+|Traceback \(most recent call last\)|\bat [\w.$]{1,200}\([\w$]{1,100}\.java:\d+\)|(?:Fatal error|Warning)<\/b>:[^\n]{1,200} on line/;

/** Keys as their issuers write them. */
const SECRET =
	/\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bsk_live_[A-Za-z0-9]{16}|\bxox[abprs]-[\w-]{20}|-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|\b[a-z]{3,10}:\/\/[^\s:/@]+:[^\s:/@]+@/;

export const leakRules: readonly Rule[] = [
	rule("X-Powered-By", "leak/powered-by", "warning", "The header names the framework to whoever asks.", (seen) => {
		const [value] = valuesOf(seen, "X-Powered-By");
		return value === undefined ? undefined : `${show(value)} names the framework. Take it off: app.disable("x-powered-by").`;
	}),
	rule("Server", "leak/server-version", "warning", "The header names a version to whoever looks for its holes.", (seen) => {
		const value = valuesOf(seen, "Server").find((text) => /\d+\.\d+/.test(text));
		return value === undefined ? undefined : `${show(value)} names a version. Take it off, or send the name alone.`;
	}),
	rule("SourceMap", "leak/debug", "warning", "A header of a debugger reached the public.", (seen) => {
		const name = ["X-Debug-Token", "X-Debug-Token-Link", "X-ChromeLogger-Data", "X-SourceMap", "SourceMap"].find((header) => valuesOf(seen, header).length > 0);
		return name === undefined ? undefined : `${name} is for developers. Take it off in production.`;
	}),
	rule("", "leak/technology", "note", "A header names what the site is built of, to whoever looks for its holes.", (seen) => {
		const found = seen.fields.find(([name]) => TECHNOLOGY.test(name));
		return found === undefined ? undefined : `${found[0]}: ${show(found[1])} tells what the site is built of. Take it off at the proxy, or in the application.`;
	}),
	rule("", "leak/stack-trace", "error", "An error page shows where the code lies, and how it runs.", (seen) => {
		const line =
			seen.status >= 400
				? STACK.exec(seen.body)?.[0]
						.replace(/&nbsp;/g, " ")
						.replace(/\s+/g, " ")
						.trim()
				: undefined;
		return line === undefined
			? undefined
			: `the body of a ${seen.status} holds ${show(line.slice(0, 80))}. Set NODE_ENV=production, and answer errors by a handler of your own.`;
	}),
	rule("", "leak/default-error-page", "note", "The error page is the framework's own, which names it as well as a header would.", (seen) =>
		["not-found", "failing", "malformed"].includes(seen.probe) && /^[\s\S]{0,1000}?<title>Error<\/title>/.test(seen.body) && seen.body.includes("<pre>")
			? "the page is the framework's own. Answer errors by a page of yours."
			: undefined,
	),
	rule("", "leak/secret-in-header", "error", "A header holds what looks like a credential.", (seen) => {
		const found = seen.fields.find(
			([name, value]) => !/^(?:set-cookie|etag|location)$/i.test(name) && factsOf(name)?.endpoints !== "directive" && SECRET.test(value),
		);
		return found === undefined ? undefined : `${found[0]} holds what looks like a credential. Take it off, and withdraw the credential.`;
	}),
	rule(NAMES.xXssProtection, "obsolete/xxp", "error", CODES["xxp/invalid"], (seen) => {
		const [value] = valuesOf(seen, NAMES.xXssProtection);
		return value === undefined || value.trim() === "0"
			? undefined
			: `${show(value)} switches on a filter that leaked data where it existed. Leave the header out.`;
	}),
	rule("Expect-CT", "obsolete/expect-ct", "warning", "Browsers removed Expect-CT in 2022.", (seen) =>
		valuesOf(seen, "Expect-CT").length > 0 ? "is read by no browser. Leave it out." : undefined,
	),
	rule("Public-Key-Pins", "obsolete/hpkp", "error", "Key pinning locked sites out, and no browser reads it.", (seen) =>
		valuesOf(seen, "Public-Key-Pins").length > 0 ? "is read by no browser, and locked out whoever lost a key. Leave it out." : undefined,
	),
	rule("Feature-Policy", "feature-policy/present", "warning", "Feature-Policy is the old form of Permissions-Policy.", (seen) =>
		valuesOf(seen, "Feature-Policy").length > 0 ? "is the old form. Send Permissions-Policy." : undefined,
	),
	rule("", "obsolete/other", "note", "A header that no browser has read for years.", (seen) => {
		const found = seen.fields.find(([name]) => /^(?:p3p|x-ua-compatible|pragma|host|x-content-security-policy-report-only)$/i.test(name));
		return found === undefined ? undefined : `${found[0]}: ${show(found[1])} does nothing in a response. Leave it out.`;
	}),
];
