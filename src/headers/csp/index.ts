import type { Reporter } from "../../core/issue.ts";
import { camel } from "../../core/text.ts";
import type { HeaderDefinition, HeaderText, Transport } from "../define.ts";
import { DIRECTIVES } from "./directives.ts";
import { extendPolicy } from "./extend.ts";
import { KEYWORDS } from "./keywords.ts";
import { type CspModel, canonical, directive, hasNonceSlot, withoutNonce } from "./model.ts";
import type { ContentSecurityPolicyOptions } from "./options.ts";
import { readPolicy } from "./read.ts";
import { serialize, serializeSegments } from "./text.ts";
import { warnWeak } from "./weak.ts";
import { isWeakerPolicy } from "./weaker.ts";

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

export const contentSecurityPolicy: HeaderDefinition<CspModel> = {
	key: "contentSecurityPolicy",
	name: "Content-Security-Policy",
	summary: "Limits what a document may load, run, frame, be framed by and submit to.",
	why: "Only the site's own files, and inline code that carries the nonce of the response; nobody may frame the page.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy",
	spec: "https://www.w3.org/TR/CSP3/#csp-header",
	byDefault: DEFAULT,
	whenTrue: DEFAULT,
	documentsOnly: true,
	several: "all",
	inside: new Map(
		[...DIRECTIVES.keys()].flatMap((name) => {
			const hint = `a directive belongs into its policy. Write contentSecurityPolicy: { directives: { ${camel(name)}: … } }.`;
			// reportTo is an option of its own.
			return name === "report-to" ? [] : [[name, hint] as const, [camel(name), hint] as const];
		}),
	),
	read: (option, reporter, base) => readPolicy(option, reporter, base, false),
	extend: (option, reporter, model) => extendPolicy(option, reporter, model, false),
	write(model, transport) {
		const sent = onTransport(model, transport);
		if (sent.size === 0) return undefined;
		return { ...text(sent), framework: { value: FRAMEWORK_POLICY, completed: completeFrameworkPolicy(sent) } };
	},
	weaker: isWeakerPolicy,
	check: warnDirectives,
	withReporting: reportTo,
	reportsTo: endpointNames,
};

export const contentSecurityPolicyReportOnly: HeaderDefinition<CspModel> = {
	...contentSecurityPolicy,
	key: "contentSecurityPolicyReportOnly",
	name: "Content-Security-Policy-Report-Only",
	summary: "Reports what a policy would block, and blocks nothing.",
	why: "Off: a trial policy is yours to write.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy-Report-Only",
	spec: "https://www.w3.org/TR/CSP3/#cspro-header",
	byDefault: false,
	read: (option, reporter, base) => readPolicy(option, reporter, base, true),
	extend: (option, reporter, model) => extendPolicy(option, reporter, model, true),
	write(model, transport) {
		const sent = onTransport(model, transport);
		return sent.size === 0 ? undefined : text(sent);
	},
	check(model, models, reporter) {
		warnDirectives(model, models, reporter);
		if (!model.has("report-uri") && !model.has("report-to")) {
			reporter.warn("report/none", 'without reportUri or reportTo a report-only policy has no effect but console messages. Add reportUri: ["/_reports"].');
		}
	},
};

/** What finalhandler, send and serve-static write over the policy of the application. */
const FRAMEWORK_POLICY = "default-src 'none'";

/**
 * The framework's policy with those of our directives that do not fall back to default-src: without
 * them an error page may be framed, may submit anywhere and reports nothing.
 */
function completeFrameworkPolicy(model: CspModel): string {
	const kept = [...model].filter(([name]) => directive(name).fallback.length === 0 && name !== "default-src");
	return serialize(canonical(new Map([["default-src", [none]], ...kept])));
}

/**
 * upgrade-insecure-requests breaks a page that is only served over http. A policy with report-to
 * delivers nothing there, and report-to silences report-uri: so off https report-uri goes alone.
 */
function onTransport(model: CspModel, transport: Transport): CspModel {
	if (transport.secure) return model;
	const sent = new Map(model);
	sent.delete("upgrade-insecure-requests");
	if (sent.has("report-uri")) sent.delete("report-to");
	return sent;
}

function text(model: CspModel): HeaderText {
	return {
		text: serialize(withoutNonce(model)),
		nonced: hasNonceSlot(model) ? serializeSegments(model) : undefined,
		framework: undefined,
	};
}

function warnDirectives(model: CspModel, _models: unknown, reporter: Reporter): void {
	warnWeak(model, reporter.at("directives"));
}

/** Both ways: which of them a browser hears of depends on the transport. */
function reportTo(model: CspModel, { name, url }: { readonly name: string; readonly url: string }): CspModel {
	if (model.has("report-to") || model.has("report-uri")) return model;
	return canonical(new Map([...model, ["report-to", [name]], ["report-uri", [url]]]));
}

function endpointNames(model: CspModel): readonly string[] {
	return (model.get("report-to") ?? []).map(String);
}
