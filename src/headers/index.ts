import { ownFields } from "../core/own-fields.ts";
import { connectionAllowlist, connectionAllowlistReportOnly } from "./connection-allowlist.ts";
import { contentSecurityPolicy, contentSecurityPolicyReportOnly } from "./content-security-policy/index.ts";
import { crossOriginEmbedderPolicy, crossOriginEmbedderPolicyReportOnly } from "./cross-origin-embedder-policy.ts";
import { crossOriginOpenerPolicy, crossOriginOpenerPolicyReportOnly } from "./cross-origin-opener-policy.ts";
import { crossOriginResourcePolicy } from "./cross-origin-resource-policy.ts";
import type { HeaderDefinition } from "./define.ts";
import { documentIsolationPolicy, documentIsolationPolicyReportOnly } from "./document-isolation-policy.ts";
import { HEADER_FACTS, type HeaderKey } from "./facts.ts";
import { integrityPolicy, integrityPolicyReportOnly } from "./integrity-policy.ts";
import { nel } from "./nel.ts";
import { originAgentCluster } from "./origin-agent-cluster.ts";
import { permissionsPolicy, permissionsPolicyReportOnly } from "./permissions-policy/index.ts";
import { referrerPolicy } from "./referrer-policy.ts";
import { reportTo } from "./report-to.ts";
import { reportingEndpoints } from "./reporting-endpoints.ts";
import { strictTransportSecurity } from "./strict-transport-security.ts";
import { xContentTypeOptions } from "./x-content-type-options.ts";
import { xDnsPrefetchControl } from "./x-dns-prefetch-control.ts";
import { xDownloadOptions } from "./x-download-options.ts";
import { xFrameOptions } from "./x-frame-options.ts";
import { xPermittedCrossDomainPolicies } from "./x-permitted-cross-domain-policies.ts";
import { xXssProtection } from "./x-xss-protection.ts";

const DEFINITIONS: Readonly<Record<HeaderKey, HeaderDefinition>> = {
	contentSecurityPolicy,
	contentSecurityPolicyReportOnly,
	strictTransportSecurity,
	xContentTypeOptions,
	xFrameOptions,
	referrerPolicy,
	permissionsPolicy,
	permissionsPolicyReportOnly,
	crossOriginOpenerPolicy,
	crossOriginOpenerPolicyReportOnly,
	crossOriginEmbedderPolicy,
	crossOriginEmbedderPolicyReportOnly,
	crossOriginResourcePolicy,
	originAgentCluster,
	documentIsolationPolicy,
	documentIsolationPolicyReportOnly,
	integrityPolicy,
	integrityPolicyReportOnly,
	connectionAllowlist,
	connectionAllowlistReportOnly,
	reportingEndpoints,
	reportTo,
	nel,
	xXssProtection,
	xDnsPrefetchControl,
	xDownloadOptions,
	xPermittedCrossDomainPolicies,
};

/** Every header that a policy can send, with its reader and writer, in the order in which they are sent. */
export const HEADERS: readonly HeaderDefinition[] = HEADER_FACTS.map(({ key }) => ownFields(DEFINITIONS[key]));
