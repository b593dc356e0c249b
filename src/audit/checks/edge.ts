import { show } from "../../core/text.ts";
import { factsOf, NAMES } from "../../headers/facts.ts";
import { expectedText, isAsExpected } from "../compare.ts";
import { CSP } from "../csp-of.ts";
import { type Expected, mdn, pageOf, type Rule, rule, type Seen, type Severity, type Site, valuesOf } from "../types.ts";
import { replacesNonced } from "./nonce.ts";

/** A site beside its application, and beside its policy. */

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

/** Answers that a proxy makes by itself. */
function isOwnError(seen: Seen): boolean {
	return seen.status >= 400 && (seen.direct === undefined || seen.direct.status !== seen.status);
}

/** Headers that show that a response has a policy, which may leave others out on purpose. */
const MARKS = [NAMES.xContentTypeOptions, NAMES.permissionsPolicy, NAMES.originAgentCluster];

/** Where reports go, which networks that stand in front of a site say for their own. */
function isReportChannel(name: string): boolean {
	return ["defines", "member"].includes(factsOf(name)?.endpoints ?? "");
}

/** What a proxy puts on a response that the application has decided on. Whoever ends TLS may send HSTS, and CORS is no part of a policy. */
function addedTo(direct: Seen, seen: Seen): readonly string[] {
	if (MARKS.every((name) => valuesOf(direct, name).length === 0)) return [];
	return namesOf(seen).filter((name) => {
		const isElsewhere = CORS.test(name) || isReportChannel(name) || (seen.secure && name.toLowerCase() === HSTS);
		const isOwned = seen.ownedByEdge?.some((one) => one.toLowerCase() === name.toLowerCase()) === true;
		return valuesOf(direct, name).length === 0 && !isElsewhere && !isOwned;
	});
}

const edge: readonly Rule[] = [
	rule("", "edge/stripped", "error", "The proxy takes a header off that the application sends.", (seen) => {
		const { direct } = seen;
		if (direct === undefined || direct.status !== seen.status) return undefined;
		const lost = namesOf(direct).filter((name) => valuesOf(seen, name).length === 0 && (name.toLowerCase() !== HSTS || seen.secure));
		return lost.length === 0 ? undefined : `${lost.join(", ")}: sent by the application, and gone behind the proxy. Let it through, or let the proxy send it.`;
	}),
	rule("", "edge/parity", "warning", "The proxy says something else than the application.", (seen) => {
		const { direct } = seen;
		if (direct === undefined) return undefined;
		if (direct.status !== seen.status) return `${seen.status} at the proxy, ${direct.status} at the application. See who answers.`;
		const other = namesOf(seen).filter((name) => valuesOf(direct, name).length > 0 && comparable(seen, name) !== comparable(direct, name));
		const said = [
			...other.map((name) => `${name} is ${show(comparable(seen, name))} at the proxy, ${show(comparable(direct, name))} at the application`),
			...addedTo(direct, seen).map((name) => `${name} is ${show(comparable(seen, name))} at the proxy, and the application has its policy there without it`),
		];
		return said.length === 0 ? undefined : `${said.join("; ")}. Let one of them decide.`;
	}),
	rule("", "edge/generated-error", "warning", "An error that the proxy makes by itself lacks the headers.", (seen) => {
		if (seen.direct === undefined || !isOwnError(seen)) return undefined;
		const missing = [NAMES.xContentTypeOptions, NAMES.contentSecurityPolicy].filter((name) => valuesOf(seen, name).length === 0);
		return missing.length === 0 ? undefined : `a ${seen.status} of the proxy's own has no ${missing.join(", ")}. Set them there for all statuses.`;
	}),
];

/** Those that a response was to have. */
function expectedOf(expected: readonly Expected[], seen: Seen): readonly Expected[] {
	return expected.filter(({ name }) => seen.secure || name.toLowerCase() !== HSTS);
}

function expectation(
	id: string,
	severity: Severity,
	summary: string,
	check: (expected: readonly Expected[], seen: Seen, site: Site) => string | undefined,
): Rule {
	return rule("", id, severity, summary, (seen, site) => (seen.expected === undefined ? undefined : check(seen.expected, seen, site)), mdn(CSP));
}

const policy: readonly Rule[] = [
	expectation("policy/missing", "error", "A header of the policy did not arrive.", (expected, seen) => {
		const missing = expectedOf(expected, seen)
			.filter((one) => valuesOf(seen, one.name).length === 0 && !isAsExpected(one, [], seen.status))
			.map(({ name }) => name);
		return missing.length === 0
			? undefined
			: `${missing.join(", ")}: in the policy, and missing. ${seen.sent !== undefined && ["malformed", "refused"].includes(seen.probe) ? "Node may have answered by itself: write protectServer(server, headers)." : "Mount the middleware first, and let the proxy pass it on."}`;
	}),
	expectation("policy/different", "error", "A header arrived otherwise than the policy says, byte for byte.", (expected, seen, site) => {
		const page = pageOf(site);
		const stale = expected.find((one) => one.nonced !== undefined && page !== undefined && replacesNonced(seen, page, one.name));
		if (stale !== undefined)
			return `${stale.name} is ${valuesOf(seen, stale.name).map(show).join(" and ")} on a 304; the policy sends none there, so that the stored page keeps its nonce. Find who else sends it: a handler, the proxy.`;
		const other = expectedOf(expected, seen).find((one) => {
			const values = valuesOf(seen, one.name);
			return values.length > 0 && !isAsExpected(one, values, seen.status);
		});
		return other === undefined
			? undefined
			: `${other.name} is ${valuesOf(seen, other.name).map(show).join(" and ")}; the policy says ${show(expectedText(other))}. Find who else sends it: a route's override, a handler, the proxy.`;
	}),
];

/** Mistakes in the configuration of proxies: `check --edge`. What finds them reads the files. */
const FILES: readonly (readonly [id: string, summary: string])[] = [
	["edge/nginx-no-always", "nginx adds a header to success alone, unless always stands behind it."],
	["edge/nginx-inheritance", "In nginx, an add_header or proxy_hide_header in a block takes the place of all those around it."],
	["edge/nginx-no-hide", "nginx adds a header beside the one that the application sends."],
	["edge/nginx-hidden", "nginx takes a header of the application off, and sets none."],
	["edge/apache-tables", "Apache has two tables of headers: one for success, one for everything; a header in both goes out twice."],
	["edge/caddy-deferred", "Caddy runs a header block that takes something off late, when its own errors are out."],
	["edge/caddy-no-hide", "Caddy adds a header beside the one that the application sends."],
	["edge/haproxy-response", "In HAProxy, http-response does not reach what it answers by itself."],
	["edge/haproxy-add", "HAProxy adds a header beside the one that the application sends."],
	["edge/config-drift", "The file of the proxy says something else than the policy."],
];

const files = FILES.map(([id, summary]) =>
	rule("", id, "error", summary, ({ lint }) => (lint?.id === id ? lint.message : undefined), "https://owasp.org/www-project-secure-headers/"),
);

export const edgeRules: readonly Rule[] = [...edge, ...policy, ...files];
