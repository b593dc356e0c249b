import express from "express";
import { type CspDirectives, csp, getNonce, PolicyError, type PolicyIssue, type SecureHeaders, type SecureHeadersOptions, secureHeaders } from "headguard";

const directives: CspDirectives = { scriptSrc: [csp.self, csp.nonce], "img-src": "data:" };
const options: SecureHeadersOptions = { contentSecurityPolicy: { directives }, referrerPolicy: undefined };
const headers: SecureHeaders = secureHeaders(options);
const app = express();
app.use(headers);
app.use("/admin", secureHeaders({ xFrameOptions: "DENY" }));
app.get("/", (_req, res) => {
	const nonce: string = getNonce(res);
	res.send(nonce);
});
try {
	secureHeaders({});
} catch (error) {
	if (error instanceof PolicyError) {
		const issues: readonly PolicyIssue[] = error.issues;
		console.error(issues);
	}
}
