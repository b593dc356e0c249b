import express from "express";
import { type CspDirectives, csp, getNonce, PolicyError, type PolicyIssue, type SecureHeaders, type SecureHeadersOptions, secureHeaders } from "headguard";
import { type CollectOptions, collectReports, fileStore, type ReportSink } from "headguard/reports";

const directives: CspDirectives = { scriptSrc: [csp.self, csp.nonce], "img-src": "data:" };
const options: SecureHeadersOptions = { contentSecurityPolicy: { directives }, referrerPolicy: undefined };
const headers: SecureHeaders = secureHeaders(options);
const app = express();
app.use(headers);
const sink: ReportSink = async ({ clusters, dropped }) => console.log(clusters.length, dropped.size);
const collecting: CollectOptions = { sinks: [fileStore("reports.jsonl"), sink], hosts: undefined };
app.use("/_reports", collectReports(collecting));
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
