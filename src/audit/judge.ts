import { stripControls } from "../core/log.ts";
import { cacheRules } from "./checks/cache.ts";
import { connectionRules } from "./checks/connections.ts";
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
import { type Match, rootsOf } from "./roots.ts";
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
	...connectionRules,
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

/** No legitimate header is longer. The rest of a longer one is not worth the time. */
const LONGEST_VALUE = 16_384;

function clipped(exchange: Exchange): Exchange {
	if (exchange.fields.every(([, value]) => value.length <= LONGEST_VALUE)) return exchange;
	return { ...exchange, fields: exchange.fields.map(([name, value]) => [name, value.slice(0, LONGEST_VALUE)] as const) };
}

/** The findings in all responses, the worst first. One cause is one finding, and so is the same defect on several responses. */
export function judge(given: Exchanges): readonly Finding[] {
	const exchanges = given.map(clipped);
	const matches = exchanges.flatMap((exchange) => RULES.flatMap((rule) => rule.check(exchange, exchanges).map((text): Match => ({ rule, text, exchange }))));
	const findings = new Map<string, Finding>();
	for (const { match, explained } of rootsOf(matches)) {
		const { rule, exchange } = match;
		const message = stripControls(match.text);
		const key = `${rule.id} ${message}`;
		const known = findings.get(key);
		const { id, header } = rule;
		const { probe, method, url } = exchange;
		const severity = worstOf([known?.severity ?? "note", severityOf(match), ...[...explained].map((one) => one.severity)]);
		const covers = [...new Set([...(known?.covers ?? []), ...[...explained].map((one) => one.id)])].sort();
		const isElsewhere = known !== undefined && known.url !== url && !known.alsoAt.includes(url);
		const alsoAt = [...(known?.alsoAt ?? []), ...(isElsewhere ? [url] : [])];
		findings.set(key, { id, header, probe, method, url, message, ...known, severity, covers, alsoAt });
	}
	return [...findings.values()].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

function severityOf({ rule, exchange }: Match): Severity {
	return exchange.lint?.isConditional === true && rule.severity === "error" ? "warning" : rule.severity;
}

function worstOf(severities: readonly Severity[]): Severity {
	return ORDER.find((severity) => severities.includes(severity)) ?? "note";
}
