import { show } from "../../core/text.ts";
import { factsOf, NAMES } from "../../headers/facts.ts";
import { expectedText, isAsExpected } from "../compare.ts";
import type { edgeExamples } from "../examples/edge.ts";
import { type Exchange, type Exchanges, type Expected, pageOf, type Rule, type RuleParts, rule, type Severity, valuesOf } from "../types.ts";
import { replacesNonced } from "./nonce.ts";

type Id = keyof typeof edgeExamples;

/** Compares a site with its application, and with its policy. */

const HSTS = NAMES.strictTransportSecurity.toLowerCase();
const CORS = /^access-control-allow-(?:origin|credentials)$/i;

/** The security headers of a response, by name. */
function securityHeadersOf({ fields }: Exchange): readonly string[] {
	return [...new Map(fields.map(([name]) => [name.toLowerCase(), name])).values()].filter((name) => factsOf(name) !== undefined || CORS.test(name));
}

/** Without nonces, which differ between any two responses. */
function comparable(exchange: Exchange, name: string): string {
	return valuesOf(exchange, name)
		.join(", ")
		.replace(/'nonce-[^']*'/g, "'nonce-…'");
}

/** Whether the proxy itself generated the error. */
function isOwnError(exchange: Exchange): boolean {
	return exchange.status >= 400 && (exchange.direct === undefined || exchange.direct.status !== exchange.status);
}

/** Headers that show that a response has a policy, which may omit others intentionally. */
const MARKS = [NAMES.xContentTypeOptions, NAMES.permissionsPolicy, NAMES.originAgentCluster];

/** Where reports go. Networks in front of a site send these headers for their own reports. */
function isReportChannel(name: string): boolean {
	return ["defines", "member"].includes(factsOf(name)?.endpoints ?? "");
}

/** Whether the policy may send the header there. Browsers ignore HSTS and endpoints of reports over plain http, so a proxy that knows the transport leaves them out. */
function isSentTo(name: string, { secure }: Exchange): boolean {
	return secure || (name.toLowerCase() !== HSTS && !isReportChannel(name));
}

/** Headers that a proxy adds to a response that has the application's policy. The program that ends TLS may send HSTS, and CORS is not part of a policy. */
function addedTo(direct: Exchange, exchange: Exchange): readonly string[] {
	if (MARKS.every((name) => valuesOf(direct, name).length === 0)) return [];
	return securityHeadersOf(exchange).filter((name) => {
		const isElsewhere = CORS.test(name) || isReportChannel(name) || (exchange.secure && name.toLowerCase() === HSTS);
		const isOwned = exchange.ownedByEdge?.some((one) => one.toLowerCase() === name.toLowerCase()) === true;
		return valuesOf(direct, name).length === 0 && !isElsewhere && !isOwned;
	});
}

const edge: readonly Rule<Id>[] = [
	rule({
		header: "",
		id: "edge/stripped",
		title: "Proxy removes a header",
		severity: "error",
		summary: "The proxy removes a header that the application sends.",
		check: (exchange) => {
			const { direct } = exchange;
			if (direct === undefined || direct.status !== exchange.status) return undefined;
			const lost = securityHeadersOf(direct).filter((name) => valuesOf(exchange, name).length === 0 && isSentTo(name, exchange));
			return lost.length === 0 ? undefined : `${lost.join(", ")}: sent by the application, but missing behind the proxy. Pass it on, or let the proxy send it.`;
		},
	}),
	rule({
		header: "",
		id: "edge/parity",
		title: "Proxy and application differ",
		severity: "warning",
		summary: "The proxy sends another value than the application.",
		check: (exchange) => {
			const { direct } = exchange;
			if (direct === undefined) return undefined;
			if (direct.status !== exchange.status) return `${exchange.status} at the proxy, ${direct.status} at the application. Find out which one answers.`;
			const other = securityHeadersOf(exchange).filter((name) => valuesOf(direct, name).length > 0 && comparable(exchange, name) !== comparable(direct, name));
			const differences = [
				...other.map((name) => `${name} is ${show(comparable(exchange, name))} at the proxy, ${show(comparable(direct, name))} at the application`),
				...addedTo(direct, exchange).map((name) => `${name} is ${show(comparable(exchange, name))} at the proxy, but the application's policy omits it there`),
			];
			return differences.length === 0 ? undefined : `${differences.join("; ")}. Let one of them decide.`;
		},
	}),
	rule({
		header: "",
		id: "edge/generated-error",
		title: "Proxy's error without headers",
		severity: "warning",
		summary: "An error that the proxy generates lacks the headers.",
		check: (exchange) => {
			if (exchange.direct === undefined || !isOwnError(exchange)) return undefined;
			const missing = [NAMES.xContentTypeOptions, NAMES.contentSecurityPolicy].filter((name) => valuesOf(exchange, name).length === 0);
			return missing.length === 0
				? undefined
				: `a ${exchange.status} that the proxy generates has no ${missing.join(", ")}. Set the headers there for every status.`;
		},
	}),
];

/** The headers that the response should have. */
function sentOf(expected: readonly Expected[], exchange: Exchange): readonly Expected[] {
	return expected.filter(({ name }) => exchange.secure || name.toLowerCase() !== HSTS);
}

function expectation({
	check,
	...about
}: RuleParts<Id, (expected: readonly Expected[], exchange: Exchange, exchanges: Exchanges) => string | undefined>): Rule<Id> {
	return rule({
		...about,
		header: "",
		check: (exchange, exchanges) => (exchange.expected === undefined ? undefined : check(exchange.expected, exchange, exchanges)),
	});
}

const policy: readonly Rule<Id>[] = [
	expectation({
		id: "policy/missing",
		title: "Header did not arrive",
		severity: "error",
		summary: "A header of the policy did not arrive.",
		check: (expected, exchange) => {
			const missing = sentOf(expected, exchange)
				.filter((one) => isSentTo(one.name, exchange) && valuesOf(exchange, one.name).length === 0 && !isAsExpected(one, [], exchange.status))
				.map(({ name }) => name);
			return missing.length === 0
				? undefined
				: `${missing.join(", ")}: in the policy, but missing. ${exchange.sent !== undefined && ["malformed", "refused"].includes(exchange.probe) ? "Node may have answered itself. Write protectServer(server, headers)." : "Mount the middleware first, and let the proxy pass the header on."}`;
		},
	}),
	expectation({
		id: "policy/different",
		title: "Other value arrived",
		severity: "error",
		summary: "A header arrived with a value that is not byte for byte that of the policy.",
		check: (expected, exchange, exchanges) => {
			const page = pageOf(exchanges);
			const stale = expected.find((one) => one.nonced !== undefined && page !== undefined && replacesNonced(exchange, page, one.name));
			if (stale !== undefined)
				return `${stale.name} is ${valuesOf(exchange, stale.name).map(show).join(" and ")} on a 304; the policy sends none there, so that the stored page keeps its nonce. Find out what else sends it: a handler, the proxy.`;
			const other = sentOf(expected, exchange).find((one) => {
				const values = valuesOf(exchange, one.name);
				return values.length > 0 && !isAsExpected(one, values, exchange.status);
			});
			return other === undefined
				? undefined
				: `${other.name} is ${valuesOf(exchange, other.name).map(show).join(" and ")}; the policy says ${show(expectedText(other))}. Find out what else sends it: a route's override, a handler, the proxy.`;
		},
	}),
];

/** Mistakes in the configuration of proxies: `check --edge`. The lint of the files finds them, and a mistake that depends on the application is a warning. */
const FILES: readonly (readonly [id: Id, title: string, summary: string, severity?: Severity])[] = [
	["edge/nginx-no-always", "nginx: no always", "nginx adds a header only to successful responses unless the line ends with always."],
	["edge/nginx-inheritance", "nginx: inheritance lost", "In nginx, an add_header or proxy_hide_header in a block replaces all those of the outer blocks."],
	["edge/nginx-no-hide", "nginx: header sent twice", "nginx adds a header twice, or one that the application sends as well."],
	["edge/nginx-hidden", "nginx: header hidden", "nginx removes a header of the application and sets none."],
	[
		"edge/apache-tables",
		"Apache: wrong header table",
		"Apache has two tables of headers, one for success and one for all responses; a header in both is sent twice.",
	],
	["edge/caddy-deferred", "Caddy: block runs late", "Caddy runs a header block that removes something late, after it has written its own errors."],
	["edge/caddy-no-hide", "Caddy: header sent twice", "Caddy adds a header that the application sends as well."],
	["edge/haproxy-response", "HAProxy: own errors left out", "In HAProxy, http-response does not apply to responses that HAProxy generates."],
	["edge/haproxy-add", "HAProxy: header sent twice", "HAProxy adds a header that the application sends as well."],
	["edge/varnish-synth", "Varnish: own responses left out", "In Varnish, vcl_deliver does not apply to responses that Varnish generates."],
	[
		"edge/framework-errors",
		"Twice on error pages",
		"The proxy adds a header that error pages of Express and similar frameworks also have, although the policy does not send it.",
		"warning",
	],
	["edge/line-break", "Line break in a value", "A header value has a line break, which no header can contain."],
	["edge/config-drift", "Proxy differs from policy", "The configuration of the proxy differs from the policy."],
	["edge/unread", "Included file not read", "The configuration includes a file that cannot be read here, so it was checked without it.", "warning"],
];

const files = FILES.map(([id, title, summary, severity = "error"]) =>
	rule({ id, title, header: "", severity, summary, check: ({ lint }) => (lint?.id === id ? lint.message : undefined) }),
);

export const edgeRules: readonly Rule<Id>[] = [...edge, ...policy, ...files];
