import { csp, secureHeaders } from "headguard";

/** The policy that you want. The reports show what else the pages need. */
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
