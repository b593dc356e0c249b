import { createHelmet, type Mount } from "./create.ts";
import type { Helmet } from "./types.ts";

const mountExactly: Mount = (settings) => (req, res, next) => {
	for (const { name, text, ask } of settings) {
		const value = ask === undefined ? text : ask(req, res);
		if (value instanceof Error) {
			next(value);
			return;
		}
		if (value === undefined) res.removeHeader(name);
		else res.setHeader(name, value);
	}
	next();
};

/**
 * Exactly what helmet 8.3.0 does: every header is set once, when the middleware runs, and nothing is kept, restored or completed afterwards. Use it
 * if something depends on what `headguard/helmet` does differently.
 */
const helmet: Helmet = createHelmet(mountExactly);

export default helmet;

export const contentSecurityPolicy: Helmet["contentSecurityPolicy"] = helmet.contentSecurityPolicy;
export const crossOriginEmbedderPolicy: Helmet["crossOriginEmbedderPolicy"] = helmet.crossOriginEmbedderPolicy;
export const crossOriginOpenerPolicy: Helmet["crossOriginOpenerPolicy"] = helmet.crossOriginOpenerPolicy;
export const crossOriginResourcePolicy: Helmet["crossOriginResourcePolicy"] = helmet.crossOriginResourcePolicy;
export const originAgentCluster: Helmet["originAgentCluster"] = helmet.originAgentCluster;
export const referrerPolicy: Helmet["referrerPolicy"] = helmet.referrerPolicy;
export const strictTransportSecurity: Helmet["strictTransportSecurity"] = helmet.strictTransportSecurity;
export const xContentTypeOptions: Helmet["xContentTypeOptions"] = helmet.xContentTypeOptions;
export const xDnsPrefetchControl: Helmet["xDnsPrefetchControl"] = helmet.xDnsPrefetchControl;
export const xDownloadOptions: Helmet["xDownloadOptions"] = helmet.xDownloadOptions;
export const xFrameOptions: Helmet["xFrameOptions"] = helmet.xFrameOptions;
export const xPermittedCrossDomainPolicies: Helmet["xPermittedCrossDomainPolicies"] = helmet.xPermittedCrossDomainPolicies;
export const xPoweredBy: Helmet["xPoweredBy"] = helmet.xPoweredBy;
export const xXssProtection: Helmet["xXssProtection"] = helmet.xXssProtection;
export const dnsPrefetchControl: Helmet["dnsPrefetchControl"] = helmet.dnsPrefetchControl;
export const xssFilter: Helmet["xssFilter"] = helmet.xssFilter;
export const permittedCrossDomainPolicies: Helmet["permittedCrossDomainPolicies"] = helmet.permittedCrossDomainPolicies;
export const ieNoOpen: Helmet["ieNoOpen"] = helmet.ieNoOpen;
export const noSniff: Helmet["noSniff"] = helmet.noSniff;
export const frameguard: Helmet["frameguard"] = helmet.frameguard;
export const hidePoweredBy: Helmet["hidePoweredBy"] = helmet.hidePoweredBy;
export const hsts: Helmet["hsts"] = helmet.hsts;

export type {
	ContentSecurityPolicyDirectives,
	ContentSecurityPolicyDirectiveValue,
	ContentSecurityPolicyDirectiveValueFunction,
	ContentSecurityPolicyOptions,
	CrossOriginEmbedderPolicyOptions,
	CrossOriginOpenerPolicyOptions,
	CrossOriginResourcePolicyOptions,
	Helmet,
	HelmetOptions,
	ReferrerPolicyOptions,
	ReferrerPolicyToken,
	StrictTransportSecurityOptions,
	XDnsPrefetchControlOptions,
	XFrameOptionsOptions,
	XPermittedCrossDomainPoliciesOptions,
} from "./types.ts";
