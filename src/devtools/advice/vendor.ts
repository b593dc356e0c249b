import { camel, isRecord } from "../../core/text.ts";
import type { Source } from "../../csp/grammar.ts";
import { matchesAny } from "../../csp/match.ts";
import type { CspModel } from "../../csp/model.ts";
import type { PolicyPatch } from "../../policy/override.ts";
import { addressOf } from "../../reports/suggest/replay.ts";
import * as vendors from "../../vendors.ts";
import type { Code } from "./patch.ts";

/** The addition of headguard/vendors that allows an address in a directive. Policies for whole pages are none. */
export function vendorFor(directive: string, blocked: string): Code | undefined {
	const url = addressOf(blocked);
	if (url === undefined) return undefined;
	const names = [directive, directive.replace(/-(?:elem|attr)$/, "")].map(camel);
	for (const [name, patch] of Object.entries(vendors)) {
		const directives = typeof patch === "object" ? directivesOf(patch) : {};
		if (Object.hasOwn(directives, "defaultSrc")) continue;
		const isCovered = names.some((key) => Object.hasOwn(directives, key) && matchesAny(thirdParties(directives[key]), url, undefined));
		if (isCovered) return { patch: patch as PolicyPatch, text: name, imports: `import { ${name} } from "headguard/vendors";`, opens: opensOf(directives) };
	}
	return undefined;
}

/** `scriptSrc https://js.stripe.com; frameSrc …` */
function opensOf(directives: Readonly<Record<string, unknown>>): string {
	return Object.entries(directives)
		.map(([name, list]) => `${name} ${thirdParties(list).join(" ")}`)
		.join("; ");
}

function directivesOf(patch: PolicyPatch): Readonly<Record<string, unknown>> {
	const csp: unknown = patch.contentSecurityPolicy;
	const directives: unknown = isRecord(csp) ? csp["directives"] : undefined;
	return isRecord(directives) ? directives : {};
}

function thirdParties(list: unknown): readonly Source[] {
	return Array.isArray(list) ? list.filter((source) => typeof source === "string" && source !== "'self'" && !source.endsWith(":")) : [];
}

/** The addition of headguard/vendors that brought a source into a policy: all of it is there now, and was not before. */
export function additionIn(before: CspModel, after: CspModel, directive: string, source: Source): string | undefined {
	for (const [name, patch] of Object.entries(vendors)) {
		const directives = typeof patch === "object" ? directivesOf(patch) : {};
		const isPage = Object.hasOwn(directives, "defaultSrc");
		const own = Object.hasOwn(directives, camel(directive)) ? directives[camel(directive)] : [];
		const isOwn = isPage ? Array.isArray(own) && own.includes(source) : thirdParties(own).includes(source);
		if (isOwn && contains(after, directives, isPage) && !contains(before, directives, isPage)) return name;
	}
	return undefined;
}

/** Whether a policy has each source of some directives. A policy for a whole page has nothing else. */
function contains(model: CspModel, directives: Readonly<Record<string, unknown>>, isPage: boolean): boolean {
	const lists = [...model].map(([name, list]) => [camel(name), list] as const);
	if (isPage && lists.length !== Object.keys(directives).length) return false;
	return Object.entries(directives).every(([name, wanted]) => {
		const list = lists.find(([other]) => other === name)?.[1] ?? [];
		return Array.isArray(wanted) && (isPage ? list.length === wanted.length : true) && wanted.every((source) => list.includes(source));
	});
}
