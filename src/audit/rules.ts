import { cookieRules } from "./checks/cookies.ts";
import { cspRules } from "./checks/csp.ts";
import { headerRules } from "./checks/headers.ts";
import { permissionsRules } from "./checks/permissions.ts";
import { siteRules } from "./checks/site.ts";
import { transportRules } from "./checks/transport.ts";
import type { Finding, Rule, Severity, Site } from "./rule.ts";

/** Every rule. Nothing else enumerates them. */
export const RULES: readonly Rule[] = [...cspRules, ...siteRules, ...transportRules, ...headerRules, ...permissionsRules, ...cookieRules];

const ORDER: readonly Severity[] = ["error", "warning", "note"];

/** What the rules say of everything that was seen, the worst first. The same defect on further answers is told once. */
export function judge(site: Site): readonly Finding[] {
	const findings = new Map<string, Finding>();
	for (const seen of site) {
		for (const { id, severity, header, check } of RULES) {
			for (const text of check(seen, site)) {
				// Nothing that a server sends may steer a terminal.
				const message = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?");
				const key = `${id} ${message}`;
				if (!findings.has(key)) findings.set(key, { id, severity, header, probe: seen.probe, method: seen.method, url: seen.url, message });
			}
		}
	}
	return [...findings.values()].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
