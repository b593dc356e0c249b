import type { Hint, Hints } from "../core/read.ts";
import { HEADERS } from "../headers/index.ts";

/** Names from other libraries and short names, each with the name here. */
export const ALIASES: Hints = new Map<string, Hint>([
	...Object.entries({
		csp: "contentSecurityPolicy",
		cspReportOnly: "contentSecurityPolicyReportOnly",
		hsts: "strictTransportSecurity",
		noSniff: "xContentTypeOptions",
		nosniff: "xContentTypeOptions",
		frameguard: "xFrameOptions",
		xssFilter: "xXssProtection",
		dnsPrefetchControl: "xDnsPrefetchControl",
		ieNoOpen: "xDownloadOptions",
		permittedCrossDomainPolicies: "xPermittedCrossDomainPolicies",
		hidePoweredBy: "xPoweredBy",
		coop: "crossOriginOpenerPolicy",
		coep: "crossOriginEmbedderPolicy",
		corp: "crossOriginResourcePolicy",
		featurePolicy: "permissionsPolicy",
	}).map(([alias, key]) => {
		const fromHelmet = HEADERS.find((header) => header.key === key)?.fromHelmet;
		const expected = (value: unknown): string => [key, fromHelmet?.(value)].filter((part) => part !== undefined).join(": ");
		return [alias, ["headguard has no short names", expected]] as const;
	}),
	...HEADERS.flatMap(({ key, name }) => [name, name.toLowerCase()].map((alias) => [alias, ["options are in camelCase", key]] as const)),
	...HEADERS.flatMap(({ inside }) => [...(inside ?? [])]),
	["clearSiteData", ["this header is for single routes", "clearSiteData(…) on a route such as the logout"]],
	["expectCt", ["browsers removed Expect-CT in 2022. Remove it."]],
	["directives", ["directives belong to one header", "contentSecurityPolicy: { directives: { … } }"]],
	["useDefaults", ["each header has its own", "it in contentSecurityPolicy or permissionsPolicy"]],
]);
