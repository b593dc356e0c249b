import { show } from "../../core/text.ts";
import { allowsInline, isNonceOrHash, isNonceSource } from "../../csp/grammar.ts";
import { effective } from "../../csp/model.ts";
import { CSP, policiesOf } from "../csp-of.ts";
import type { deployExamples } from "../examples/deploy.ts";
import { type Deployment, type Exchange, type FrameworkGap, type Rule, type RuleParts, valuesOf } from "../types.ts";
import { noncesOf } from "./csp.ts";

type Id = keyof typeof deployExamples;

/** The application before it is deployed: `check --deploy`. */

interface DeployRule extends RuleParts<Id, (deployment: Deployment, exchange: Exchange) => string | readonly string[] | undefined> {
	readonly header?: string;
}

function deployRule({ check, header = "", ...about }: DeployRule): Rule<Id> {
	return { ...about, header, check: (exchange) => (exchange.deployment === undefined ? [] : [check(exchange.deployment, exchange) ?? []].flat()) };
}

/** A source that only development needs. */
const DEVELOPMENT = /^(?:(?:wss?|https?):\/\/)?(?:localhost|127\.0\.0\.1|\[::1\])(?::|\/|$)|^ws:/i;

const SHOWN = 5;

function listed(names: readonly string[]): string {
	return `${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ""}`;
}

/** Nothing is missing where inline scripts run anyway, or where the policy lists their hashes. */
function gapsIn({ frameworks = [] }: Deployment, exchange: Exchange, kind: FrameworkGap["kind"]): readonly string[] {
	const lists = policiesOf(exchange).flatMap((model) => effective(model, "script-src-elem") ?? []);
	const isLimited = policiesOf(exchange).some((model) => !allowsInline(effective(model, "script-src-elem") ?? ["'unsafe-inline'"], "script-src-elem"));
	if (!isLimited || lists.some((word) => isNonceOrHash(word) && !isNonceSource(word))) return [];
	return frameworks.filter((gap) => gap.kind === kind).map(({ text, recipe }) => `${text}. Recipe: ${recipe}.`);
}

export const deployRules: readonly Rule<Id>[] = [
	deployRule({
		id: "deploy/order",
		title: "Mounted before the policy",
		severity: "error",
		summary: "What is mounted before the policy answers without it.",
		check: ({ isMounted, mountedAt, mountedBefore }) => {
			if (isMounted === false) {
				const where = mountedAt.length === 0 ? "does not mount the policy" : `mounts the policy only for ${listed(mountedAt)}`;
				return `the application ${where}. Write app.use(headers) before everything else.`;
			}
			return mountedBefore.length === 0
				? undefined
				: `${listed(mountedBefore)} ${mountedBefore.length === 1 ? "is" : "are"} mounted before the policy. Write app.use(headers) first.`;
		},
	}),
	deployRule({
		id: "deploy/node-env",
		title: "NODE_ENV not production",
		severity: "error",
		summary: "Express shows stack traces to visitors unless NODE_ENV is production.",
		check: ({ nodeEnv }) =>
			nodeEnv === "production"
				? undefined
				: `NODE_ENV is ${nodeEnv === undefined ? "not set" : show(nodeEnv)}. Set it to production, here and where the application runs.`,
	}),
	deployRule({
		id: "deploy/trust-proxy",
		title: "trust proxy not set",
		severity: "warning",
		summary: "Redirects to https depend on X-Forwarded-Proto, and on who may set it.",
		check: ({ trustProxy, redirectsToHttps }) => {
			if (trustProxy === true)
				return 'trust proxy is true, so anyone can claim that a request was https, and where it came from. Name the proxy: app.set("trust proxy", "loopback").';
			const isUnset = trustProxy === undefined || trustProxy === false || trustProxy === 0;
			return redirectsToHttps && isUnset
				? 'requests are redirected to https while trust proxy is unset, which loops behind a proxy. Name it: app.set("trust proxy", "loopback"), or 1.'
				: undefined;
		},
	}),
	deployRule({
		header: "X-Powered-By",
		id: "deploy/powered-by",
		title: "Framework named",
		severity: "warning",
		summary: "Express names itself in every response that is sent before the policy.",
		check: ({ hasPoweredBy, isMounted, mountedBefore }) =>
			hasPoweredBy && !(isMounted === true && mountedBefore.length === 0)
				? 'the application reveals that it runs on Express. Write app.disable("x-powered-by").'
				: undefined,
	}),
	deployRule({
		header: CSP,
		id: "deploy/report-only",
		title: "Policy only reports",
		severity: "warning",
		summary: "A policy that only reports blocks nothing.",
		check: (_deployment, exchange) =>
			valuesOf(exchange, `${CSP}-Report-Only`).length > 0 && valuesOf(exchange, CSP).length === 0
				? "the policy is still report-only. Enforce it when no more reports arrive."
				: undefined,
	}),
	deployRule({
		header: CSP,
		id: "deploy/dev-source",
		title: "Development source",
		severity: "error",
		summary: "The policy contains a source that only development needs.",
		check: (_deployment, exchange) => {
			for (const model of policiesOf(exchange)) {
				for (const [name, words] of model) {
					const found = words.find((word) => DEVELOPMENT.test(String(word)) || word === "'unsafe-eval'");
					if (found !== undefined) return `${name} has ${show(found)}, which only development needs. Add it only there: test process.env.NODE_ENV.`;
				}
			}
			return undefined;
		},
	}),
	deployRule({
		id: "deploy/override-weaker",
		title: "Route with weaker policy",
		severity: "warning",
		summary: "A route allows what the policy forbids.",
		check: ({ weakerRoutes }) => weakerRoutes.map((route) => `${route}. Make sure that this is intended.`),
	}),
	deployRule({
		id: "deploy/override-unfit",
		title: "Override that cannot apply",
		severity: "error",
		summary: "An override does not fit the policy that it changes, so responses have the policy without it.",
		check: ({ unfitOverrides }) => unfitOverrides,
	}),
	deployRule({
		id: "deploy/override-foreign",
		title: "Override of another policy",
		severity: "warning",
		summary: "An override was made from another policy than the one that is mounted, which it changes all the same.",
		check: ({ foreignOverrides }) =>
			foreignOverrides.length === 0
				? undefined
				: `the override for ${listed(foreignOverrides)} was made from another policy than the one that is mounted, and changes the mounted one. Write headers.extend({ … }) with the mounted headers.`,
	}),
	deployRule({
		id: "deploy/policy-replaced",
		title: "Policy or override replaced",
		severity: "warning",
		summary: "A policy that is mounted later replaces a policy or an override.",
		check: ({ replacedPolicies }) => replacedPolicies.map((text) => `${text}.`),
	}),
	deployRule({
		id: "deploy/headers-replaced",
		title: "Headers replaced by other middleware",
		severity: "error",
		summary: "Middleware of another library sets headers after the policy, and its values win.",
		check: ({ replacedHeaders }) => replacedHeaders.map((text) => `${text}. Remove it, and give its options to secureHeaders().`),
	}),
	deployRule({
		id: "deploy/headers-redundant",
		title: "Other middleware without effect",
		severity: "note",
		summary: "Middleware of another library sets headers that the policy then replaces.",
		check: ({ redundantHeaders }) => redundantHeaders.map((text) => `${text}. Remove it.`),
	}),
	deployRule({
		id: "deploy/error-handler",
		title: "Error handler too early",
		severity: "warning",
		summary: "The error handler of the policy is mounted before routes, whose errors do not reach it.",
		check: ({ missedErrors }) =>
			missedErrors.length === 0
				? undefined
				: `headers.errorHandler is mounted before ${listed(missedErrors)}, whose errors do not reach it. Mount it after the routes.`,
	}),
	deployRule({
		header: CSP,
		id: "deploy/nonce-not-wired",
		title: "Nonce not in templates",
		severity: "warning",
		summary: "The policy has a nonce, and no template writes it.",
		check: ({ hasUnusedNonce }, exchange) =>
			hasUnusedNonce && noncesOf(exchange).length > 0
				? "no template reads cspNonce, so their inline code is blocked. Add the nonce: headguard templates shows how, and --write does it."
				: undefined,
	}),
	deployRule({
		header: CSP,
		id: "deploy/framework-nonce",
		title: "Framework without nonce",
		severity: "warning",
		summary: "The pages of a framework do not get the nonce, so browsers block their scripts.",
		check: (deployment, exchange) => gapsIn(deployment, exchange, "nonce"),
	}),
	deployRule({
		header: CSP,
		id: "deploy/framework-csp",
		title: "Framework without its own CSP",
		severity: "warning",
		summary: "A framework whose pages need a policy of their own does not have one.",
		check: (deployment, exchange) => gapsIn(deployment, exchange, "csp"),
	}),
	deployRule({
		id: "deploy/server-errors",
		title: "Node's own errors unprotected",
		severity: "note",
		summary: "Node answers malformed requests itself, without the headers.",
		check: ({ isServerProtected }) =>
			isServerProtected === false ? "the server answers malformed requests without the headers. Write protectServer(server, headers)." : undefined,
	}),
];
