import { show } from "../../core/text.ts";
import { CSP, policiesOf } from "../csp-of.ts";
import { type Deployment, type Rule, rule, type Seen, type Severity, valuesOf } from "../types.ts";
import { noncesOf } from "./csp.ts";

/** The application before it is deployed: `check --deploy`. */

const EXPRESS = "https://expressjs.com/en/advanced/best-practice-security.html";

function deployRule(id: string, severity: Severity, summary: string, check: (deployment: Deployment, seen: Seen) => string | undefined, header = ""): Rule {
	return rule(header, id, severity, summary, (seen) => (seen.deployment === undefined ? undefined : check(seen.deployment, seen)), EXPRESS);
}

/** A source that only developers need. */
const DEVELOPMENT = /^(?:(?:wss?|https?):\/\/)?(?:localhost|127\.0\.0\.1|\[::1\])(?::|\/|$)|^ws:/i;

export const deployRules: readonly Rule[] = [
	deployRule("deploy/order", "error", "What is mounted before the policy answers without it.", ({ isMounted, mountedBefore }) => {
		if (isMounted === false) return "the application does not mount the policy. Write app.use(headers) before everything else.";
		return mountedBefore.length === 0
			? undefined
			: `${mountedBefore.slice(0, 5).join(", ")}${mountedBefore.length > 5 ? " and more" : ""} stand${mountedBefore.length === 1 ? "s" : ""} before the policy. Write app.use(headers) first.`;
	}),
	deployRule("deploy/node-env", "error", "Express shows stack traces to visitors unless NODE_ENV is production.", ({ nodeEnv }) =>
		nodeEnv === "production"
			? undefined
			: `NODE_ENV is ${nodeEnv === undefined ? "not set" : show(nodeEnv)}. Set it to production, here and where the application runs.`,
	),
	deployRule(
		"deploy/trust-proxy",
		"warning",
		"Redirects to https depend on X-Forwarded-Proto, and on whom it may come from.",
		({ trustProxy, redirectsToHttps }) => {
			if (trustProxy === true)
				return 'trust proxy is true, so anybody may say that a request was https, and from where. Name the proxy: app.set("trust proxy", "loopback").';
			const isUnset = trustProxy === undefined || trustProxy === false || trustProxy === 0;
			return redirectsToHttps && isUnset
				? 'requests are redirected to https while trust proxy is unset, which loops behind a proxy. Name it: app.set("trust proxy", "loopback"), or 1.'
				: undefined;
		},
	),
	deployRule(
		"deploy/powered-by",
		"warning",
		"Express names itself in each answer that is given before the policy.",
		({ hasPoweredBy, isMounted, mountedBefore }) =>
			hasPoweredBy && !(isMounted === true && mountedBefore.length === 0) ? 'the application names Express. Write app.disable("x-powered-by").' : undefined,
		"X-Powered-By",
	),
	deployRule(
		"deploy/report-only",
		"warning",
		"A policy that only reports blocks nothing.",
		(_deployment, seen) =>
			valuesOf(seen, `${CSP}-Report-Only`).length > 0 && valuesOf(seen, CSP).length === 0
				? "the policy is still report-only. Enforce it when its reports are quiet."
				: undefined,
		CSP,
	),
	deployRule(
		"deploy/dev-source",
		"error",
		"A source that only developers need stands in the policy.",
		(_deployment, seen) => {
			for (const model of policiesOf(seen)) {
				for (const [name, words] of model) {
					const found = words.find((word) => DEVELOPMENT.test(String(word)) || word === "'unsafe-eval'");
					if (found !== undefined) return `${name} has ${show(found)}, which only development needs. Add it there alone: process.env.NODE_ENV.`;
				}
			}
			return undefined;
		},
		CSP,
	),
	deployRule(
		"deploy/override-weaker",
		"warning",
		"A route allows what the policy forbids.",
		({ weakerRoutes }) => (weakerRoutes.length === 0 ? undefined : `${weakerRoutes.join("; ")}. Make sure that each is meant.`),
		CSP,
	),
	deployRule(
		"deploy/nonce-not-wired",
		"warning",
		"The policy has a nonce, and no template writes it.",
		({ hasUnusedNonce }, seen) =>
			hasUnusedNonce && noncesOf(seen).length > 0
				? 'no template reads cspNonce, so inline code is blocked. Write <script nonce="<%= cspNonce %>">, or take csp.nonce out.'
				: undefined,
		CSP,
	),
	deployRule("deploy/server-errors", "note", "Node answers malformed requests by itself, without the headers.", ({ isServerProtected }) =>
		isServerProtected === false ? "the server answers malformed requests without the headers. Write protectServer(server, headers)." : undefined,
	),
];
