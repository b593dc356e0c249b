import { FORMATS } from "../audit/formats/index.ts";
import { audit, type Severity } from "../audit/index.ts";
import type { Request } from "../core/request.ts";
import type { SecureHeaders } from "../middleware.ts";
import { originOf } from "./local.ts";

/** The requests of the audit carry this header, so that devtools adds nothing to their responses. */
export const AUDITING = "x-headguard-audit";

/** Audits the application that the page runs in, and returns the report as a page. */
export async function runAudit(req: Request, headers: SecureHeaders): Promise<string> {
	const report = await audit(`${originOf(req)}/`, { expect: headers, insecure: true, headers: { [AUDITING]: "1" } });
	const count = (severity: Severity): number => report.findings.filter((finding) => finding.severity === severity).length;
	const verdict = { passed: report.passed, errors: count("error"), warnings: count("warning"), limit: "error" } as const;
	return FORMATS.html({ ...report, file: "" }, verdict, (_kind, text) => text);
}
