import { stripControls } from "../core/log.ts";
import { cacheRules } from "./checks/cache.ts";
import { consistencyRules } from "./checks/consistency.ts";
import { contentTypeRules } from "./checks/content-type.ts";
import { cookieRules } from "./checks/cookies.ts";
import { corsRules } from "./checks/cors.ts";
import { cspRules } from "./checks/csp.ts";
import { cspStrengthRules } from "./checks/csp-strength.ts";
import { deployRules } from "./checks/deploy.ts";
import { deployTemplateRules } from "./checks/deploy-templates.ts";
import { duplicateRules } from "./checks/duplicates.ts";
import { edgeRules } from "./checks/edge.ts";
import { framingRules } from "./checks/framing.ts";
import { hstsRules } from "./checks/hsts.ts";
import { isolationRules } from "./checks/isolation.ts";
import { leakRules } from "./checks/leaks.ts";
import { markupRules } from "./checks/markup.ts";
import { nonceRules } from "./checks/nonce.ts";
import { permissionsRules } from "./checks/permissions.ts";
import { preloadRules } from "./checks/preload.ts";
import { redirectRules } from "./checks/redirect.ts";
import { referrerRules } from "./checks/referrer.ts";
import { reportingRules } from "./checks/reporting.ts";
import type { RuleId } from "./examples/index.ts";
import type { Exchange, Exchanges, Finding, Rule, Severity } from "./types.ts";

/** Every rule. Nothing else enumerates them. */
export const RULES: readonly Rule[] = [
	...cspRules,
	...cspStrengthRules,
	...nonceRules,
	...markupRules,
	...reportingRules,
	...framingRules,
	...hstsRules,
	...redirectRules,
	...contentTypeRules,
	...referrerRules,
	...permissionsRules,
	...isolationRules,
	...corsRules,
	...cookieRules,
	...cacheRules,
	...duplicateRules,
	...consistencyRules,
	...edgeRules,
	...leakRules,
	...preloadRules,
	...deployRules,
	...deployTemplateRules,
] satisfies readonly Rule<RuleId>[];

const ORDER: readonly Severity[] = ["error", "warning", "note"];

/** A rule → the rules that say the same about a response, but more precisely. */
const SUPERSEDED_BY: ReadonlyMap<string, readonly string[]> = new Map([
	["csp/unknown-directive", ["csp/directive-colon", "csp/comma-in-value"]],
	["csp/missing", ["csp/meta-only"]],
	["csp/no-default-src", ["csp/no-script-src"]],
	["csp/multiple-policies", ["csp/comma-in-value"]],
	["csp/local-or-ip-source", ["deploy/dev-source"]],
	["hsts/max-age-short", ["preload/max-age"]],
	["hsts/max-age-under-a-year", ["preload/max-age"]],
	["hsts/no-subdomains", ["preload/no-subdomains"]],
	["frame/conflict", ["xfo/invalid", "xfo/allow-from"]],
	["dup/different", ["xfo/multiple", "cors/multiple-acao"]],
	["nonce/predictable", ["nonce/reused"]],
	["redirect/first-hop", ["preload/first-hop"]],
	["sri/external-missing", ["sri/external-insecure"]],
	["cache/sensitive-storable", ["cookie/shared-cacheable"]],
	["leak/default-error-page", ["leak/stack-trace"]],
	["cors/reflected", ["cors/reflected-credentials"]],
	["edge/parity", ["edge/generated-error"]],
]);

interface Match {
	readonly rule: Rule;
	readonly text: string;
}

/** The findings in one response. */
function judgeOne(exchange: Exchange, exchanges: Exchanges): readonly Match[] {
	const matches = RULES.flatMap((rule) => rule.check(exchange, exchanges).map((text) => ({ rule, text })));
	const ids = new Set(matches.map(({ rule }) => rule.id));
	return matches.filter(({ rule }) => SUPERSEDED_BY.get(rule.id)?.some((id) => ids.has(id)) !== true);
}

/** No legitimate header is longer. The rest of a longer one is not worth the time. */
const LONGEST_VALUE = 16_384;

function clipped(exchange: Exchange): Exchange {
	if (exchange.fields.every(([, value]) => value.length <= LONGEST_VALUE)) return exchange;
	return { ...exchange, fields: exchange.fields.map(([name, value]) => [name, value.slice(0, LONGEST_VALUE)] as const) };
}

/** The findings in all responses, the worst first. The same defect on several responses is one finding. */
export function judge(given: Exchanges): readonly Finding[] {
	const exchanges = given.map(clipped);
	const findings = new Map<string, Finding>();
	for (const exchange of exchanges) {
		for (const { rule, text } of judgeOne(exchange, exchanges)) {
			const message = stripControls(text);
			const key = `${rule.id} ${message}`;
			const known = findings.get(key);
			const { id, header } = rule;
			const severity = exchange.lint?.isConditional === true && rule.severity === "error" ? "warning" : rule.severity;
			if (known === undefined)
				findings.set(key, { id, severity, header, probe: exchange.probe, method: exchange.method, url: exchange.url, alsoAt: [], message });
			else if (known.url !== exchange.url && !known.alsoAt.includes(exchange.url)) findings.set(key, { ...known, alsoAt: [...known.alsoAt, exchange.url] });
		}
	}
	return [...findings.values()].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
