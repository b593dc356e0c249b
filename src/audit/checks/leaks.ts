import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { factsOf, NAMES } from "../../headers/facts.ts";
import type { leaksExamples } from "../examples/leaks.ts";
import { type Rule, rule, valuesOf } from "../types.ts";

type Id = keyof typeof leaksExamples;

/** Headers that reveal proxies, frameworks and hosts. */
const TECHNOLOGY =
	/^(?:x-aspnet(?:mvc)?-version|x-generator|x-drupal-\S+|x-joomla\S*|x-wp-\S+|x-litespeed\S*|x-php-\S+|x-nextjs-\S+|x-nitro-\S*|x-envoy-\S+|x-kong-\S+|x-b3-\S+|x-datadog-\S+|x-amz-apigw-id|x-application-context|x-backend\S*|x-cms|x-cocoon-version|x-content-encoded-by|x-dynatrace\S*|x-foswiki\S*|x-framework|x-garden-version|x-hudson|x-jenkins|x-jitsi-release|x-old-content-length|x-oneagent-\S+|x-owa-version|x-page-speed|x-mod-pagespeed|x-redirect-by|x-rack-\S+|x-runtime|x-server(?:-name|-powered-by)?|x-served-via|x-sourcefiles|x-storage|x-turbo-charged-by|x-umbraco-version|x-varnish(?:-\S+)?|x-version|x-b-version|liferay-portal|microsoft\S*|oraclewebplatform|pega-host|composed-by|product|ppserver|powered-by|sourcemap-\S+|host-header|k-proxy-request|via-proxy)$/i;

/** Frames of a stack in V8, Python, Java and PHP; paths of a server. */
const STACK =
	/at (?:async )?(?:[\w$.<>[\] ]{1,200} )?\((?:file:\/\/\/|\/|[A-Z]:\\|node:)[^)\n]{1,300}:\d+:\d+\)|at (?:async )?(?:file:\/\/\/|\/|node:)[^\s<)]{1,300}:\d+:\d+|Traceback \(most recent call last\)|\bat [\w.$]{1,200}\([\w$]{1,100}\.java:\d+\)|(?:Fatal error|Warning)<\/b>:[^\n]{1,200} on line/;

/** Keys as their issuers write them. */
const SECRET =
	/\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bsk_live_[A-Za-z0-9]{16}|\bxox[abprs]-[\w-]{20}|-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|\b[a-z]{3,10}:\/\/[^\s:/@]+:[^\s:/@]+@/;

export const leakRules: readonly Rule<Id>[] = [
	rule({
		header: "X-Powered-By",
		id: "leak/powered-by",
		title: "Framework named",
		severity: "warning",
		summary: "The header reveals the framework.",
		check: (exchange) => {
			const [value] = valuesOf(exchange, "X-Powered-By");
			return value === undefined ? undefined : `${show(value)} reveals the framework. Remove it: app.disable("x-powered-by").`;
		},
	}),
	rule({
		header: "Server",
		id: "leak/server-version",
		title: "Server version named",
		severity: "warning",
		summary: "The header reveals a version, and with it known vulnerabilities.",
		check: (exchange) => {
			const value = valuesOf(exchange, "Server").find((text) => /\d+\.\d+/.test(text));
			return value === undefined ? undefined : `${show(value)} reveals a version. Remove it, or send only the name.`;
		},
	}),
	rule({
		header: "SourceMap",
		id: "leak/debug",
		title: "Debug header",
		severity: "warning",
		summary: "A header for developers reached the public.",
		check: (exchange) => {
			const name = ["X-Debug-Token", "X-Debug-Token-Link", "X-ChromeLogger-Data", "X-SourceMap", "SourceMap"].find(
				(header) => valuesOf(exchange, header).length > 0,
			);
			return name === undefined ? undefined : `${name} is for developers. Remove it in production.`;
		},
	}),
	rule({
		header: "",
		id: "leak/technology",
		title: "Technology named",
		severity: "note",
		summary: "A header reveals what the site is built with.",
		check: (exchange) => {
			const found = exchange.fields.find(([name]) => TECHNOLOGY.test(name));
			return found === undefined
				? undefined
				: `${found[0]}: ${show(found[1])} reveals what the site is built with. Remove it at the proxy, or in the application.`;
		},
	}),
	rule({
		header: "",
		id: "leak/stack-trace",
		title: "Stack trace shown",
		severity: "error",
		summary: "An error page shows where the code is and how it runs.",
		check: (exchange) => {
			const line =
				exchange.status >= 400
					? STACK.exec(exchange.body)?.[0]
							.replace(/&nbsp;/g, " ")
							.replace(/\s+/g, " ")
							.trim()
					: undefined;
			return line === undefined
				? undefined
				: `the body of a ${exchange.status} contains ${show(line.slice(0, 80))}. Set NODE_ENV=production, and handle errors with a handler of your own.`;
		},
	}),
	rule({
		header: "",
		id: "leak/default-error-page",
		title: "Framework's error page",
		severity: "note",
		summary: "The error page is the framework's own, which reveals it as a header would.",
		check: (exchange) =>
			["not-found", "failing", "malformed"].includes(exchange.probe) &&
			/^[\s\S]{0,1000}?<title>Error<\/title>/.test(exchange.body) &&
			exchange.body.includes("<pre>")
				? "the page is the framework's own. Render an error page of your own."
				: undefined,
	}),
	rule({
		header: "",
		id: "leak/secret-in-header",
		title: "Credential in a header",
		severity: "error",
		summary: "A header contains what looks like a credential.",
		check: (exchange) => {
			const found = exchange.fields.find(
				([name, value]) => !/^(?:set-cookie|etag|location)$/i.test(name) && factsOf(name)?.endpoints !== "directive" && SECRET.test(value),
			);
			return found === undefined ? undefined : `${found[0]} contains what looks like a credential. Remove it, and revoke the credential.`;
		},
	}),
	rule({
		header: NAMES.xXssProtection,
		id: "obsolete/xxp",
		title: "Old XSS filter on",
		severity: "note",
		summary: CODES["xxp/invalid"],
		check: (exchange) => {
			const [value] = valuesOf(exchange, NAMES.xXssProtection);
			return value === undefined || value.trim() === "0"
				? undefined
				: `${show(value)} switches on a filter that no browser has any more, and that leaked data. Remove the header.`;
		},
	}),
	rule({
		header: "Expect-CT",
		id: "obsolete/expect-ct",
		title: "Expect-CT is obsolete",
		severity: "note",
		summary: "Browsers removed Expect-CT in 2022.",
		check: (exchange) => (valuesOf(exchange, "Expect-CT").length > 0 ? "is not read by any browser. Remove it." : undefined),
	}),
	rule({
		header: "Public-Key-Pins",
		id: "obsolete/hpkp",
		title: "Key pinning is obsolete",
		severity: "note",
		summary: "Key pinning locked sites out, and no browser reads the header.",
		check: (exchange) =>
			valuesOf(exchange, "Public-Key-Pins").length > 0 ? "is not read by any browser, and locked out sites that lost a key. Remove it." : undefined,
	}),
	rule({
		header: "Feature-Policy",
		id: "feature-policy/present",
		title: "Feature-Policy is obsolete",
		severity: "note",
		summary: "Permissions-Policy has replaced Feature-Policy.",
		check: (exchange) => (valuesOf(exchange, "Feature-Policy").length > 0 ? "is obsolete. Send Permissions-Policy." : undefined),
	}),
	rule({
		header: "",
		id: "obsolete/other",
		title: "Obsolete header",
		severity: "note",
		summary: "No browser has read the header for years.",
		check: (exchange) => {
			const found = exchange.fields.find(([name]) => /^(?:p3p|x-ua-compatible|pragma|host|x-content-security-policy-report-only)$/i.test(name));
			return found === undefined ? undefined : `${found[0]}: ${show(found[1])} has no effect in a response. Remove it.`;
		},
	}),
];
