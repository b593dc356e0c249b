import { camel } from "../../core/text.ts";
import type { CspPolicies } from "../../csp/model.ts";
import { parse, serialize } from "../../csp/serialize.ts";
import { isCsp, NAMES } from "../../headers/facts.ts";
import { blockFor, type CompiledPolicy, compile } from "../../policy/compile.ts";
import { createPolicy } from "../../policy/create.ts";
import type { SecureHeadersOptions } from "../../policy/options.ts";
import { overridePolicy, type PolicyPatch } from "../../policy/override.ts";
import { inOrder } from "./module.ts";
import type { Learned, Lists } from "./types.ts";
import { vendorPatch } from "./vendors.ts";

/** A policy, and those of single pages. */
export interface SitePolicy {
	readonly site: CompiledPolicy;
	/** Express path → its policy. */
	readonly routes: readonly (readonly [path: string, policy: CompiledPolicy])[];
}

/** The policies that the generated module makes. */
export function policiesOf({ site, vendors, routes }: Learned): SitePolicy {
	const directives = directivesOf(site);
	const options = { contentSecurityPolicy: { useDefaults: false, directives } } as SecureHeadersOptions;
	const policy = vendors.reduce((before, name) => overridePolicy(before, vendorPatch(name), "extend"), createPolicy(options));
	return {
		site: compile(policy),
		routes: [...routes].map(([path, { lists, vendors: more }]) => {
			const patches = [...(lists.size === 0 ? [] : [{ contentSecurityPolicy: { directives: directivesOf(lists) } } as PolicyPatch]), ...more.map(vendorPatch)];
			return [path, compile(patches.reduce((before, patch) => overridePolicy(before, patch, "extend"), policy))];
		}),
	};
}

function directivesOf(lists: Lists): Readonly<Record<string, readonly unknown[]>> {
	return Object.fromEntries(inOrder(lists).map(([name, sources]) => [camel(name), sources]));
}

/** The policy of a page. */
export function policyFor({ site, routes }: SitePolicy, path: string): CompiledPolicy {
	return routes.find(([pattern]) => patternOf(pattern).test(path))?.[1] ?? site;
}

/** Express compares paths without case, and with or without a slash at the end. */
function patternOf(path: string): RegExp {
	const source = path
		.split("/")
		.map((part) => (part.startsWith(":") ? "[^/]+" : part.replace(/[^\w]/g, "\\$&")))
		.join("/");
	return new RegExp(`^${source.replace(/\/$/, "")}/?$`, "i");
}

/** The header lines of a policy over http, or over https without Strict-Transport-Security, which would stay in the browser. */
export function linesOf(policy: CompiledPolicy, secure: boolean, nonce: string): readonly (readonly [name: string, value: string])[] {
	return blockFor(policy, secure, false)
		.headers.filter(({ name }) => name !== NAMES.strictTransportSecurity)
		.map(({ name, text, nonced }) => [name, nonce === "" ? text : (nonced?.join(nonce) ?? text)]);
}

/** The same lines with reports to one place only, and with the policy for reports alone. */
export function reporting(
	lines: readonly (readonly [name: string, value: string])[],
	url: string,
	isReportOnly: boolean,
): readonly (readonly [name: string, value: string])[] {
	const policies = lines.filter(([name]) => name === NAMES.contentSecurityPolicy);
	const others = isReportOnly ? [] : lines.filter(([name]) => !isCsp(name));
	const name = isReportOnly ? NAMES.contentSecurityPolicyReportOnly : NAMES.contentSecurityPolicy;
	return [...others, ...policies.flatMap(([, value]) => value.split(/,\s*/).map((text) => [name, reportingTo(text, url)] as const))];
}

/** A policy whose reports go to one place only. */
export function reportingTo(text: string, url: string): string {
	const model = new Map(parse(text));
	model.delete("report-to");
	for (const name of ["script-src", "style-src", "default-src"]) {
		const list = model.get(name);
		if (list !== undefined && !list.includes("'none'") && !list.includes("'report-sample'")) model.set(name, [...list, "'report-sample'"]);
	}
	return serialize(model.set("report-uri", [url]));
}

/** Whether a list of the policy has a hash. */
export function hasHash({ policy }: CompiledPolicy, directive: "script-src" | "style-src", hash: string): boolean {
	const policies = policy.models.get("contentSecurityPolicy") as CspPolicies | undefined;
	return policies?.all.every((model) => (model.get(`${directive}-elem`) ?? model.get(directive))?.includes(hash) === true) === true;
}
