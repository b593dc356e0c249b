import { show } from "../../core/text.ts";
import { EdgeError, type EdgeHeader, type EdgePlan } from "../plan.ts";
import { banner, jsonFile, type Target } from "../target.ts";

/** In the language of Terraform, `${` and `%{` begin templates. */
const hcl = (value: string): string => JSON.stringify(value).replaceAll("${", "$${").replaceAll("%{", "%%{");

/** CloudFront has separate fields for some headers, and refuses them among the custom headers. */
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
	if (referrer?.includes(",")) throw new EdgeError([`Referrer-Policy: received ${show(referrer)}, and CloudFront accepts only one keyword. Write one.`]);
	const others = headers.filter(({ name }) => !OWN_PLACES.includes(name.toLowerCase()));
	if (others.length > 10)
		throw new EdgeError([
			`the policy has ${others.length} custom headers, and CloudFront accepts at most 10. Leave ${others.length - 10} of them to the application.`,
		]);
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

const CLOUDFRONT_LIMITS: Target["limits"] = [{ what: "value", most: 1783, remedy: "Use hashes or 'strict-dynamic' instead of long lists.", isFatal: true }];

export const cloudFront: Target = {
	name: "cloudfront",
	modes: ["override"],
	isExperimental: true,
	limits: CLOUDFRONT_LIMITS,
	howTo: "Deploy the stack, and set the policy in the cache behaviors of the distribution.",
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
		return [{ path: "headguard-cloudfront.json", text: jsonFile(template) }];
	},
};

export const cloudFrontTerraform: Target = {
	name: "cloudfront-terraform",
	modes: ["override"],
	isExperimental: true,
	limits: CLOUDFRONT_LIMITS,
	howTo: "Apply the file, and set aws_cloudfront_response_headers_policy.headguard.id in the cache behaviors of the distribution.",
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
