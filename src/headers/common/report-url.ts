import { type Issues, received } from "../../core/issue.ts";
import { show } from "../../core/text.ts";

const EXPECTED = 'a URL or path such as "/_reports"';
const ANY_PAGE = "https://page.example";

/** Reads a URL reference in visible ASCII that browsers can send reports to. */
export function readReportUrl(value: unknown, issues: Issues): string | undefined {
	if (typeof value !== "string") return issues.type(value, EXPECTED);
	const refuse = (consequence: string, expected = EXPECTED): undefined => issues.invalid("report/url", value, consequence, expected);
	if (!/^[\x21-\x7e]+$/.test(value) || !URL.canParse(value, ANY_PAGE)) return refuse("which is not a URL in visible ASCII", `${EXPECTED}, percent-encoded`);
	if (!/^(?:\/|[a-z][a-z0-9+.-]*:)/i.test(value)) return refuse("which is relative to the path of each page", show(`/${value.replace(/^\.\//, "")}`));
	if (!/^https?:$/.test(new URL(value, ANY_PAGE).protocol)) return refuse("but browsers send reports over http and https only");
	if (/^http:/i.test(value)) issues.warn(received("report/endpoint-insecure", value, "but pages on https do not send reports over http", "https, or a path"));
	return value;
}
