import { csp, secureHeaders } from "headguard";

/** The policy that is wanted. What the pages need beside it, their reports tell. */
const directives = {
	scriptSrc: [csp.self, csp.nonce, csp.reportSample],
	styleSrc: [csp.self, csp.nonce, csp.reportSample],
	connectSrc: [csp.self],
	frameSrc: [csp.self],
};

/** First MODE=report, which blocks nothing, then MODE=enforce. */
export const isEnforced = process.env.MODE === "enforce";

export const headers = secureHeaders({
	contentSecurityPolicy: isEnforced ? { directives } : false,
	contentSecurityPolicyReportOnly: isEnforced ? false : { directives },
	reporting: { endpoint: "/_reports" },
});
