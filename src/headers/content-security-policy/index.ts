import { type Issues, problem } from "../../core/issue.ts";
import type { Hint } from "../../core/read.ts";
import { camel } from "../../core/text.ts";
import { completion } from "../../csp/completion.ts";
import { DIRECTIVES } from "../../csp/directives.ts";
import { KEYWORDS } from "../../csp/keywords.ts";
import { type CspModel, type CspPolicies, canonical, hasNonceSlot, withoutNonce } from "../../csp/model.ts";
import { warnNoEffect } from "../../csp/no-effect.ts";
import { serialize, serializeSegments } from "../../csp/serialize.ts";
import { warnWeak } from "../../csp/weaknesses.ts";
import { defineHeader, type HeaderDefinition, type HeaderText, type Transport } from "../define.ts";
import { dynamicSources, extendPolicies, withoutFunctions } from "./extend.ts";
import type { ContentSecurityPolicyOptions } from "./options.ts";
import { readPolicies } from "./read.ts";

const { self, none, nonce } = KEYWORDS;

const DEFAULT: ContentSecurityPolicyOptions = {
	useDefaults: false,
	directives: {
		defaultSrc: [self],
		baseUri: [self],
		fontSrc: [self, "data:"],
		formAction: [self],
		frameAncestors: [none],
		imgSrc: [self, "data:"],
		objectSrc: [none],
		scriptSrc: [self, nonce],
		styleSrc: [self, nonce],
	},
};

export const contentSecurityPolicy: HeaderDefinition<CspPolicies> = defineHeader("Content-Security-Policy", {
	byDefault: DEFAULT,
	whenTrue: DEFAULT,
	inside: new Map(
		[...DIRECTIVES.keys()].flatMap((name) => {
			const hint: Hint = ["directives belong in their policy", `contentSecurityPolicy: { directives: { ${camel(name)}: … } }`];
			// There is also an option reportTo.
			return name === "report-to" ? [] : [[name, hint] as const, [camel(name), hint] as const];
		}),
	),
	read: (option, issues, base) => readPolicies(option, issues, base, false),
	extend: (option, issues, policies) => extendPolicies(option, issues, policies, false),
	dynamicSources: dynamicSources,
	staticPart: withoutFunctions,
	write(policies, transport) {
		const sent = onTransport(policies, transport);
		if (sent.length === 0) return undefined;
		return { ...text(sent), complete: (theirs, status, nonce) => completion(theirs, status, nonce, sent, policies.onOther) };
	},
	check: warnDirectives,
	withReporting: reportTo,
	reportsTo: endpointNames,
});

export const contentSecurityPolicyReportOnly: HeaderDefinition<CspPolicies> = defineHeader("Content-Security-Policy-Report-Only", {
	...contentSecurityPolicy,
	byDefault: false,
	read: (option, issues, base) => readPolicies(option, issues, base, true),
	extend: (option, issues, policies) => extendPolicies(option, issues, policies, true),
	write(policies, transport) {
		const sent = onTransport(policies, transport);
		return sent.length === 0 ? undefined : text(sent);
	},
	check(policies, models, issues) {
		warnDirectives(policies, models, issues);
		if (policies.all.some((model) => !model.has("report-uri") && !model.has("report-to"))) {
			issues.warn(
				problem("report/none", "a report-only policy without reportUri or reportTo only writes to the console", 'reporting: { endpoint: "/_reports" } too'),
			);
		}
	},
});

/** All policies are on one line, so that no proxy can lose one. Browsers treat a comma like a second line (CSP3 §2.2.2). */
const BETWEEN = ", ";

/**
 * upgrade-insecure-requests breaks pages that only exist over http. There, report-to delivers nothing and makes browsers ignore report-uri, so only
 * report-uri is sent.
 */
function onTransport(policies: CspPolicies, transport: Transport): readonly CspModel[] {
	return policies.all
		.map((model) => {
			if (transport.secure) return model;
			const sent = new Map(model);
			sent.delete("upgrade-insecure-requests");
			if (sent.has("report-uri")) sent.delete("report-to");
			return sent;
		})
		.filter(({ size }) => size > 0);
}

function text(policies: readonly CspModel[]): HeaderText {
	return {
		text: policies.map((model) => serialize(withoutNonce(model))).join(BETWEEN),
		nonced: policies.some(hasNonceSlot) ? serializeSegments(policies, BETWEEN) : undefined,
	};
}

/** Policies after the first only restrict, so they are never a weakness. */
function warnDirectives({ all: [first, ...also] }: CspPolicies, _models: unknown, issues: Issues): void {
	warnWeak(first, issues.at("directives"));
	warnNoEffect(first, issues.at("directives"));
	for (const [index, model] of also.entries()) warnNoEffect(model, issues.at("also").at(index));
}

/**
 * Reports go both ways, because the transport decides which one works. Browsers report framing only to report-uri, because a blocked frame has no
 * document that report-to could apply to.
 */
function reportTo(policies: CspPolicies, { name, url }: { readonly name: string; readonly url: string }): CspPolicies {
	const reported = policies.all.map((model) => {
		if (model.has("report-to") || model.has("report-uri")) return model;
		const onlyFraming = [...model.keys()].every((key) => key === "frame-ancestors");
		const channels: readonly (readonly [string, readonly string[]])[] = [...(onlyFraming ? [] : [["report-to", [name]] as const]), ["report-uri", [url]]];
		return canonical(new Map([...model, ...channels]));
	});
	return { ...policies, all: reported as [CspModel, ...CspModel[]] };
}

function endpointNames(policies: CspPolicies): readonly string[] {
	return policies.all.flatMap((model) => model.get("report-to") ?? []).map(String);
}
