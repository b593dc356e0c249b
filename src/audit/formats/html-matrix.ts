import { NAMES } from "../../headers/facts.ts";
import { policiesOf } from "../csp-of.ts";
import type { AuditedResponse } from "../index.ts";
import { isDocument, valuesOf } from "../types.ts";
import { escaped } from "./page.ts";
import { pathOf } from "./report.ts";

interface Column {
	readonly short: string;
	readonly name: string;
	/** Whether the absence on a response is a defect. */
	readonly isNeeded: (response: AuditedResponse) => boolean;
}

const isPage = ({ probe, url, method, status, headers }: AuditedResponse): boolean =>
	isDocument({ probe, url, method, status, fields: headers, body: "", secure: false }) && status >= 200 && (status < 300 || status >= 400);
const isAnswered = ({ status, probe }: AuditedResponse): boolean => status >= 200 && status !== 304 && probe !== "plain-http";
const never = (): boolean => false;

/** The columns of the matrix. */
const COLUMNS: readonly Column[] = [
	{ short: "CSP", name: NAMES.contentSecurityPolicy, isNeeded: isPage },
	{ short: "HSTS", name: NAMES.strictTransportSecurity, isNeeded: (response) => response.secure && isAnswered(response) },
	{ short: "Framing", name: NAMES.xFrameOptions, isNeeded: isPage },
	{ short: "Sniffing", name: NAMES.xContentTypeOptions, isNeeded: isAnswered },
	{ short: "Referrer", name: NAMES.referrerPolicy, isNeeded: never },
	{ short: "Permissions", name: NAMES.permissionsPolicy, isNeeded: never },
	{ short: "Opener", name: NAMES.crossOriginOpenerPolicy, isNeeded: never },
	{ short: "Resource", name: NAMES.crossOriginResourcePolicy, isNeeded: never },
];

/** Which response has which header. */
export function matrix(responses: readonly AuditedResponse[]): string {
	if (responses.length === 0) return "";
	const rows = responses.map((response) => {
		const { probe, method, url, sent, status } = response;
		const what = `${method} ${pathOf(url)}${sent === undefined ? "" : `, ${sent}`}`;
		const cells = COLUMNS.map((column) => cell(column, response)).join("");
		return `<tr><th scope="row">${probe}<span>${escaped(what)}</span></th><td>${status === 0 ? "none" : status}</td>${cells}</tr>\n`;
	});
	const heads = COLUMNS.map(({ short, name }) => `<th scope="col" title="${name}">${short}</th>`).join("");
	return `<section><h2>Responses and their headers</h2>
<div class="wide" tabindex="0"><table class="matrix"><thead><tr><th scope="col">response</th><th scope="col">status</th>${heads}</tr></thead>
<tbody>
${rows.join("")}</tbody></table></div></section>
`;
}

function cell({ name, isNeeded }: Column, response: AuditedResponse): string {
	const fields = { fields: response.headers };
	const sent = valuesOf(fields, name);
	const [kind, text, title] = ((): readonly [string, string, string] => {
		if (name === NAMES.strictTransportSecurity && !response.secure) return ["soft", "not judged", "not judged: the response came over http"];
		if (sent.length > 1 && name !== NAMES.contentSecurityPolicy) return ["twice", `${sent.length} times`, sent.join(" | ")];
		if (sent.length > 0) return ["set", "set", sent.join(" | ")];
		if (name === NAMES.xFrameOptions && policiesOf(fields).some((model) => model.has("frame-ancestors")))
			return ["set", "set", "by frame-ancestors of the policy"];
		return isNeeded(response) ? ["absent", "absent", "absent"] : ["soft", "–", "not sent"];
	})();
	return `<td class="${kind}" title="${escaped(`${name}: ${title}`)}">${text}</td>`;
}
