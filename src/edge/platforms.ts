import { EdgeError, type EdgeHeader, type EdgePlan } from "./plan.ts";
import { banner, type Target } from "./target.ts";

/** Proxies and clouds that are not run in the tests: their files are written from documentation, and read by a parser. */

const text = (value: string): string => JSON.stringify(value);
/** Terraform's own language: `${` and `%{` begin templates. */
const hcl = (value: string): string => text(value).replaceAll("${", "$${").replaceAll("%{", "%%{");
const json = (value: unknown): string => `${JSON.stringify(value, null, "\t")}\n`;

function envoyLines(headers: readonly EdgeHeader[], indent: string): string {
	return headers
		.map(
			({ name, value }) =>
				`${indent}- append_action: OVERWRITE_IF_EXISTS_OR_ADD\n${indent}  header: { key: ${text(name.toLowerCase())}, value: ${text(value.replaceAll("%", "%%"))} }\n`,
		)
		.join("");
}

export const envoy: Target = {
	name: "envoy",
	modes: ["override"],
	isExperimental: true,
	howTo: "Merge route_config and local_reply_config into the HTTP connection manager.",
	files: ({ headers, remove }) => [
		{
			path: "headguard-envoy.yaml",
			text: `${banner("#", "local_reply_config covers what Envoy answers by itself.")}route_config:
  response_headers_to_remove: [${remove.map((name) => text(name.toLowerCase())).join(", ")}]
  response_headers_to_add:
${envoyLines(headers, "    ")}local_reply_config:
  mappers:
    - filter:
        status_code_filter:
          comparison: { op: GE, value: { default_value: 400, runtime_key: headguard_local_reply_min } }
      headers_to_add:
${envoyLines(headers, "        ")}`,
		},
	],
};

export const traefik: Target = {
	name: "traefik",
	modes: ["override"],
	isExperimental: true,
	howTo: "Load it by the file provider, and name headguard@file in the middlewares of each router. A request that no router takes has no middleware.",
	files: ({ headers, remove }) => {
		// The file is a template of Go, in which two braces begin an expression.
		const value = (one: string): string => text(one).replaceAll("{{", '{{"{{"}}');
		const sets = [...headers.map((header) => `          ${header.name}: ${value(header.value)}\n`), ...remove.map((name) => `          ${name}: ""\n`)];
		return [
			{
				path: "headguard-traefik.yaml",
				text: `${banner("#")}http:\n  middlewares:\n    headguard:\n      headers:\n        customResponseHeaders:\n${sets.join("")}`,
			},
		];
	},
};

/** CloudFront has places of its own for some headers, and refuses them among the others. */
interface CloudFront {
	readonly csp: string | undefined;
	readonly hsts: { readonly maxAge: number; readonly subdomains: boolean; readonly preload: boolean } | undefined;
	readonly nosniff: boolean;
	readonly frame: string | undefined;
	readonly referrer: string | undefined;
	readonly xss: string | undefined;
	readonly others: readonly EdgeHeader[];
}

const OWN_PLACES = ["content-security-policy", "strict-transport-security", "x-content-type-options", "x-frame-options", "referrer-policy", "x-xss-protection"];

function cloudFrontOf({ headers }: EdgePlan): CloudFront {
	const valueNamed = (name: string): string | undefined => headers.find((header) => header.name.toLowerCase() === name)?.value;
	const hsts = valueNamed("strict-transport-security");
	const referrer = valueNamed("referrer-policy");
	if (referrer?.includes(",")) throw new EdgeError(["Referrer-Policy: CloudFront takes one word. Write one."]);
	const others = headers.filter(({ name }) => !OWN_PLACES.includes(name.toLowerCase()));
	if (others.length > 10)
		throw new EdgeError([`CloudFront takes 10 more headers, and there are ${others.length}. Leave ${others.length - 10} to the application.`]);
	return {
		csp: valueNamed("content-security-policy"),
		hsts:
			hsts === undefined
				? undefined
				: { maxAge: Number(/max-age=(\d+)/.exec(hsts)?.[1]), subdomains: /includeSubDomains/i.test(hsts), preload: /preload/i.test(hsts) },
		nosniff: valueNamed("x-content-type-options") !== undefined,
		frame: valueNamed("x-frame-options"),
		referrer,
		xss: valueNamed("x-xss-protection"),
		others,
	};
}

const CLOUDFRONT_LIMITS: Target["limits"] = [{ what: "value", most: 1783, remedy: "Use hashes or 'strict-dynamic' in place of long lists.", isFatal: true }];

export const cloudFront: Target = {
	name: "cloudfront",
	modes: ["override"],
	isExperimental: true,
	limits: CLOUDFRONT_LIMITS,
	howTo: "Deploy the stack, and name the policy in the behaviours of the distribution.",
	files(plan) {
		const { csp, hsts, nosniff, frame, referrer, xss, others } = cloudFrontOf(plan);
		const security = {
			...(csp === undefined ? {} : { ContentSecurityPolicy: { ContentSecurityPolicy: csp, Override: true } }),
			...(hsts === undefined
				? {}
				: { StrictTransportSecurity: { AccessControlMaxAgeSec: hsts.maxAge, IncludeSubdomains: hsts.subdomains, Preload: hsts.preload, Override: true } }),
			...(nosniff ? { ContentTypeOptions: { Override: true } } : {}),
			...(frame === undefined ? {} : { FrameOptions: { FrameOption: frame, Override: true } }),
			...(referrer === undefined ? {} : { ReferrerPolicy: { ReferrerPolicy: referrer, Override: true } }),
			...(xss === undefined ? {} : { XSSProtection: { Protection: false, Override: true } }),
		};
		const config = {
			Name: "headguard",
			SecurityHeadersConfig: security,
			...(others.length === 0 ? {} : { CustomHeadersConfig: { Items: others.map(({ name, value }) => ({ Header: name, Value: value, Override: true })) } }),
			...(plan.remove.length === 0 ? {} : { RemoveHeadersConfig: { Items: plan.remove.map((name) => ({ Header: name })) } }),
		};
		const template = {
			AWSTemplateFormatVersion: "2010-09-09",
			Resources: { Headguard: { Type: "AWS::CloudFront::ResponseHeadersPolicy", Properties: { ResponseHeadersPolicyConfig: config } } },
		};
		return [{ path: "headguard-cloudfront.json", text: json(template) }];
	},
};

export const cloudFrontTerraform: Target = {
	name: "cloudfront-terraform",
	modes: ["override"],
	isExperimental: true,
	limits: CLOUDFRONT_LIMITS,
	howTo: "Apply it, and name aws_cloudfront_response_headers_policy.headguard.id in the behaviours of the distribution.",
	files(plan) {
		const { csp, hsts, nosniff, frame, referrer, xss, others } = cloudFrontOf(plan);
		const block = (name: string, lines: readonly string[]): string =>
			`    ${name} {\n${[...lines, "override = true"].map((line) => `      ${line}\n`).join("")}    }\n`;
		const security = [
			csp === undefined ? "" : block("content_security_policy", [`content_security_policy = ${hcl(csp)}`]),
			hsts === undefined
				? ""
				: block("strict_transport_security", [
						`access_control_max_age_sec = ${hsts.maxAge}`,
						`include_subdomains = ${hsts.subdomains}`,
						`preload = ${hsts.preload}`,
					]),
			nosniff ? block("content_type_options", []) : "",
			frame === undefined ? "" : block("frame_options", [`frame_option = ${hcl(frame)}`]),
			referrer === undefined ? "" : block("referrer_policy", [`referrer_policy = ${hcl(referrer)}`]),
			xss === undefined ? "" : block("xss_protection", ["protection = false"]),
		].join("");
		const items = others.map(({ name, value }) => block("items", [`header = ${hcl(name)}`, `value = ${hcl(value)}`])).join("");
		const removed = plan.remove.map((name) => `    items {\n      header = ${hcl(name)}\n    }\n`).join("");
		return [
			{
				path: "headguard-cloudfront.tf",
				text: `${banner("#")}resource "aws_cloudfront_response_headers_policy" "headguard" {
  name = "headguard"

  security_headers_config {
${security}  }
${items === "" ? "" : `\n  custom_headers_config {\n${items}  }\n`}${removed === "" ? "" : `\n  remove_headers_config {\n${removed}  }\n`}}
`,
			},
		];
	},
};

export const iis: Target = {
	name: "iis",
	modes: ["override"],
	isExperimental: true,
	howTo: "Merge it into web.config. Copies of a proxied application need outbound rewrite rules: let one of them send the headers.",
	files({ headers, remove }) {
		const xml = (value: string): string => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
		const gone = [...headers.map(({ name }) => name), ...remove].map((name) => `        <remove name="${xml(name)}" />\n`).join("");
		const sets = headers.map(({ name, value }) => `        <add name="${xml(name)}" value="${xml(value)}" />\n`).join("");
		return [
			{
				path: "web.config",
				text: `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <system.webServer>
    <httpProtocol>
      <customHeaders>
${gone}${sets}      </customHeaders>
    </httpProtocol>
  </system.webServer>
</configuration>
`,
			},
		];
	},
};

export const gatewayApi: Target = {
	name: "gateway-api",
	modes: ["override"],
	isExperimental: true,
	limits: [
		{ what: "count", most: 16, remedy: "Leave some to the application.", isFatal: true },
		{ what: "value", most: 4096, remedy: "Use hashes or 'strict-dynamic' in place of long lists.", isFatal: true },
	],
	howTo: "Merge the filter into each rule of the HTTPRoute. What the gateway answers by itself depends on its maker.",
	files: ({ headers, remove }) => [
		{
			path: "headguard-httproute.yaml",
			text: `${banner("#")}filters:
  - type: ResponseHeaderModifier
    responseHeaderModifier:
      set:
${headers.map(({ name, value }) => `        - { name: ${text(name)}, value: ${text(value)} }\n`).join("")}      remove: [${remove.map(text).join(", ")}]
`,
		},
	],
};
