import type { Issues } from "../../core/issue.ts";
import { show } from "../../core/text.ts";

const EXPECTED = 'a URL or path such as "/_reports"';
const ANY_PAGE = "https://page.example";

/** A URL reference that browsers can send reports to, in visible ASCII; reports anything else. */
export function readReportUrl(value: unknown, issues: Issues): string | undefined {
	if (typeof value !== "string") return issues.type(value, EXPECTED);
	if (!/^[\x21-\x7e]+$/.test(value) || !URL.canParse(value, ANY_PAGE)) {
		issues.error(
			"report/url",
			`received ${show(value)}, which is no URL reference in visible ASCII; percent-encode white space and other characters. Write ${EXPECTED}.`,
		);
		return undefined;
	}
	if (!/^(?:\/|[a-z][a-z0-9+.-]*:)/i.test(value)) {
		issues.error(
			"report/url",
			`received ${show(value)}, which each page would take from its own path. Write ${show(`/${value.replace(/^\.\//, "")}`)}, with a slash.`,
		);
		return undefined;
	}
	if (!/^https?:$/.test(new URL(value, ANY_PAGE).protocol)) {
		issues.error("report/url", `received ${show(value)}; browsers send reports over http and https only. Write ${EXPECTED}.`);
		return undefined;
	}
	if (/^http:/i.test(value)) {
		issues.warn("report/endpoint-insecure", `received ${show(value)}; a page on https does not report over http. Write https, or a path.`);
	}
	return value;
}
