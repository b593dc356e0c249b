import { show } from "../../core/text.ts";
import { factsOf, NAMES } from "../../headers/facts.ts";
import { expectedText, isAsExpected } from "../compare.ts";
import type { edgeExamples } from "../examples/edge.ts";
import { type Expected, pageOf, type Rule, type RuleParts, rule, type Seen, type Site, valuesOf } from "../types.ts";
import { replacesNonced } from "./nonce.ts";

type Id = keyof typeof edgeExamples;

/** Compares a site with its application, and with its policy. */

const HSTS = NAMES.strictTransportSecurity.toLowerCase();
const CORS = /^access-control-allow-(?:origin|credentials)$/i;

/** The security headers of a response, by name. */
function namesOf({ fields }: Seen): readonly string[] {
	return [...new Map(fields.map(([name]) => [name.toLowerCase(), name])).values()].filter((name) => factsOf(name) !== undefined || CORS.test(name));
}

/** Without nonces, which differ between any two responses. */
function comparable(seen: Seen, name: string): string {
	return valuesOf(seen, name)
		.join(", ")
		.replace(/'nonce-[^']*'/g, "'nonce-…'");
}

/** Whether the proxy itself generated the error. */
function isOwnError(seen: Seen): boolean {
	return seen.status >= 400 && (seen.direct === undefined || seen.direct.status !== seen.status);
}

/** Headers that show that a response has a policy, which may omit others intentionally. */
const MARKS = [NAMES.xContentTypeOptions, NAMES.permissionsPolicy, NAMES.originAgentCluster];

/** Where reports go. Networks in front of a site send these headers for their own reports. */
function isReportChannel(name: string): boolean {
	return ["defines", "member"].includes(factsOf(name)?.endpoints ?? "");
}

/** Headers that a proxy adds to a response that has the application's policy. The program that ends TLS may send HSTS, and CORS is not part of a policy. */
function addedTo(direct: Seen, seen: Seen): readonly string[] {
	if (MARKS.every((name) => valuesOf(direct, name).length === 0)) return [];
	return namesOf(seen).filter((name) => {
		const isElsewhere = CORS.test(name) || isReportChannel(name) || (seen.secure && name.toLowerCase() === HSTS);
		const isOwned = seen.ownedByEdge?.some((one) => one.toLowerCase() === name.toLowerCase()) === true;
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
		check: (seen) => {
			const { direct } = seen;
			if (direct === undefined || direct.status !== seen.status) return undefined;
			const lost = namesOf(direct).filter((name) => valuesOf(seen, name).length === 0 && (name.toLowerCase() !== HSTS || seen.secure));
			return lost.length === 0 ? undefined : `${lost.join(", ")}: sent by the application, but missing behind the proxy. Pass it on, or let the proxy send it.`;
		},
	}),
	rule({
		header: "",
		id: "edge/parity",
		title: "Proxy and application differ",
		severity: "warning",
		summary: "The proxy sends another value than the application.",
		check: (seen) => {
			const { direct } = seen;
			if (direct === undefined) return undefined;
			if (direct.status !== seen.status) return `${seen.status} at the proxy, ${direct.status} at the application. Find out which one answers.`;
			const other = namesOf(seen).filter((name) => valuesOf(direct, name).length > 0 && comparable(seen, name) !== comparable(direct, name));
			const differences = [
				...other.map((name) => `${name} is ${show(comparable(seen, name))} at the proxy, ${show(comparable(direct, name))} at the application`),
				...addedTo(direct, seen).map((name) => `${name} is ${show(comparable(seen, name))} at the proxy, but the application's policy omits it there`),
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
		check: (seen) => {
			if (seen.direct === undefined || !isOwnError(seen)) return undefined;
			const missing = [NAMES.xContentTypeOptions, NAMES.contentSecurityPolicy].filter((name) => valuesOf(seen, name).length === 0);
			return missing.length === 0
				? undefined
				: `a ${seen.status} that the proxy generates has no ${missing.join(", ")}. Set the headers there for every status.`;
		},
	}),
];

/** The headers that the response should have. */
function expectedOf(expected: readonly Expected[], seen: Seen): readonly Expected[] {
	return expected.filter(({ name }) => seen.secure || name.toLowerCase() !== HSTS);
}

function expectation({ check, ...about }: RuleParts<Id, (expected: readonly Expected[], seen: Seen, site: Site) => string | undefined>): Rule<Id> {
	return rule({ ...about, header: "", check: (seen, site) => (seen.expected === undefined ? undefined : check(seen.expected, seen, site)) });
}

const policy: readonly Rule<Id>[] = [
	expectation({
		id: "policy/missing",
		title: "Header did not arrive",
		severity: "error",
		summary: "A header of the policy did not arrive.",
		check: (expected, seen) => {
			const missing = expectedOf(expected, seen)
				.filter((one) => valuesOf(seen, one.name).length === 0 && !isAsExpected(one, [], seen.status))
				.map(({ name }) => name);
			return missing.length === 0
				? undefined
				: `${missing.join(", ")}: in the policy, but missing. ${seen.sent !== undefined && ["malformed", "refused"].includes(seen.probe) ? "Node may have answered itself. Write protectServer(server, headers)." : "Mount the middleware first, and let the proxy pass the header on."}`;
		},
	}),
	expectation({
		id: "policy/different",
		title: "Other value arrived",
		severity: "error",
		summary: "A header arrived with a value that is not byte for byte that of the policy.",
		check: (expected, seen, site) => {
			const page = pageOf(site);
			const stale = expected.find((one) => one.nonced !== undefined && page !== undefined && replacesNonced(seen, page, one.name));
			if (stale !== undefined)
				return `${stale.name} is ${valuesOf(seen, stale.name).map(show).join(" and ")} on a 304; the policy sends none there, so that the stored page keeps its nonce. Find out what else sends it: a handler, the proxy.`;
			const other = expectedOf(expected, seen).find((one) => {
				const values = valuesOf(seen, one.name);
				return values.length > 0 && !isAsExpected(one, values, seen.status);
			});
			return other === undefined
				? undefined
				: `${other.name} is ${valuesOf(seen, other.name).map(show).join(" and ")}; the policy says ${show(expectedText(other))}. Find out what else sends it: a route's override, a handler, the proxy.`;
		},
	}),
];

/** Mistakes in the configuration of proxies: `check --edge`. The lint of the files finds them. */
const FILES: readonly (readonly [id: Id, title: string, summary: string])[] = [
	["edge/nginx-no-always", "nginx: no always", "nginx adds a header only to successful responses unless the line ends with always."],
	["edge/nginx-inheritance", "nginx: inheritance lost", "In nginx, an add_header or proxy_hide_header in a block replaces all those of the outer blocks."],
	["edge/nginx-no-hide", "nginx: header sent twice", "nginx adds a header that the application sends as well."],
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
	["edge/config-drift", "Proxy differs from policy", "The configuration of the proxy differs from the policy."],
];

const files = FILES.map(([id, title, summary]) =>
	rule({ id, title, header: "", severity: "error", summary, check: ({ lint }) => (lint?.id === id ? lint.message : undefined) }),
);

export const edgeRules: readonly Rule<Id>[] = [...edge, ...policy, ...files];
