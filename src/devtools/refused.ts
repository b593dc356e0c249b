import type { Request, Response } from "../core/request.ts";
import { NAMES } from "../headers/facts.ts";
import type { ReportRecord } from "../reports/record.ts";
import type { OwnType } from "./advice/others.ts";
import { originOf } from "./local.ts";

/**
 * What a browser refuses although the policy of the page allows it, and reports nowhere. The server can tell, because the request says what it is
 * for (Fetch Metadata) and the response says what it is.
 */
export function refusedBy(req: Request, res: Response, path: string): ReportRecord | undefined {
	const { "sec-fetch-dest": dest, "sec-fetch-site": site, "sec-fetch-mode": mode } = req.headers;
	if (res.statusCode === 304 || res.statusCode < 200) return undefined;
	const type =
		String(res.getHeader("content-type") ?? "")
			.split(";", 1)[0]
			?.trim()
			.toLowerCase() ?? "";
	const record = (own: OwnType, directive: string, message: string, document: string): ReportRecord => ({
		type: own,
		disposition: "enforce",
		directive,
		blocked: path,
		document,
		source: "",
		line: 0,
		column: 0,
		status: res.statusCode,
		message,
	});
	const referer = String(req.headers.referer ?? "");
	const resource = headerOf(res, NAMES.crossOriginResourcePolicy);
	const isLoadedElsewhere = mode === "no-cors" && (site === "cross-site" || (site === "same-site" && resource === "same-origin"));
	if (isLoadedElsewhere && (resource === "same-origin" || resource === "same-site"))
		return record("corp", NAMES.crossOriginResourcePolicy, String(dest ?? ""), `${originOf(req)}${path}`);
	const expected = dest === undefined ? undefined : EXPECTED.get(String(dest));
	const isSniffed = headerOf(res, NAMES.xContentTypeOptions).toLowerCase() !== "nosniff";
	if (expected === undefined || isSniffed || type === "" || expected[1].test(type)) return undefined;
	return record("nosniff", expected[0], type, referer);
}

function headerOf(res: Response, name: string): string {
	return String(res.getHeader(name) ?? "").trim();
}

const SCRIPT = /^(?:(?:text|application)\/(?:x-)?(?:java|ecma)script|text\/(?:javascript1\.[0-5]|jscript|livescript)|application\/(?:json|wasm)|text\/css)$/;

/**
 * What a request is for → what to call it, and the types with which browsers use it (Fetch, "determine nosniff"). JSON and CSS may be modules.
 * @see {@link https://fetch.spec.whatwg.org/#x-content-type-options-header}
 */
const EXPECTED: ReadonlyMap<string, readonly [noun: string, types: RegExp]> = new Map([
	["script", ["script", SCRIPT]],
	["worker", ["script", SCRIPT]],
	["sharedworker", ["script", SCRIPT]],
	["serviceworker", ["script", SCRIPT]],
	["style", ["style sheet", /^text\/css$/]],
]);
