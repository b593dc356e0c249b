import { mountAndKeep } from "./attach.ts";
import { createHelmet } from "./create.ts";
import type { Helmet } from "./types.ts";

/**
 * The API of helmet 8.3.0 on the engine of headguard: the same options, defaults and header values, kept on every response.
 * docs/moving-from-helmet.md lists the differences.
 *
 * @example
 * import helmet from "headguard/helmet";
 * app.use(helmet());
 */
const helmet: Helmet = createHelmet(mountAndKeep);

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
