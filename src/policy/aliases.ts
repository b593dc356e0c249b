import { HEADERS } from "../headers/index.ts";

/** Names of other libraries and of shorter habits, each with the name here. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
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
	}).map(([alias, name]) => [alias, `short names are not read. Write ${name}.`] as const),
	...HEADERS.map(({ key, name }) => [name.toLowerCase(), `options are named in camelCase. Write ${key}.`] as const),
	...HEADERS.map(({ key, name }) => [name, `options are named in camelCase. Write ${key}.`] as const),
	...HEADERS.flatMap(({ inside }) => [...(inside ?? [])]),
	["clearSiteData", "it would empty every cache on every response. Mount clearSiteData(…) on one route, such as the logout."],
	["expectCt", "browsers removed Expect-CT in 2022. Leave it out."],
	["directives", "directives belong to one header. Write contentSecurityPolicy: { directives: { … } }."],
	["useDefaults", "each header has its own. Write it inside contentSecurityPolicy or permissionsPolicy."],
]);
