import { webAddress } from "../../core/address.ts";
import { jsonForLog } from "../../core/log.ts";
import { EXPLANATIONS } from "../examples/index.ts";
import { RULES } from "../judge.ts";
import type { Finding, Rule, Severity } from "../types.ts";
import { type Formatter, pathOf, type Report, sentence } from "./report.ts";

const HOME = "https://www.npmjs.com/package/headguard";

/** The severity that code scanning shows: a CVSS score. */
const SECURITY: Readonly<Record<Severity, string>> = { error: "7.5", warning: "5.0", note: "2.0" };

/**
 * SARIF 2.1.0, for code scanning. Its readers need a place in the repository, so the place of each finding is
 * the file of the policy. The URL is in the message and in `webRequest`.
 */
export const sarif: Formatter = (report) => {
	const used = RULES.filter(({ id }) => report.findings.some((finding) => finding.id === id));
	const run = {
		tool: {
			driver: {
				name: "headguard",
				informationUri: HOME,
				rules: used.map(ruleOf),
			},
		},
		columnKind: "utf16CodeUnits",
		results: report.findings.map((finding) =>
			resultOf(
				finding,
				report,
				used.findIndex(({ id }) => id === finding.id),
			),
		),
	};
	return `${jsonForLog({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] })}\n`;
};

function ruleOf({ id, title, summary, severity }: Rule): object {
	const known = EXPLANATIONS.get(id);
	const help = known === undefined ? summary : `${summary} ${known.why} ${known.link}`;
	return {
		id,
		shortDescription: { text: title },
		fullDescription: { text: summary },
		help: { text: help },
		...(known === undefined ? {} : { helpUri: known.link }),
		defaultConfiguration: { level: severity },
		properties: { tags: ["security"], "security-severity": SECURITY[severity] },
	};
}

function resultOf(finding: Finding, { file, responses }: Report, ruleIndex: number): object {
	const { id, severity, header, probe, method, url, message } = finding;
	const answer = responses.find((one) => one.probe === probe && one.url === url && one.method === method);
	const isWeb = webAddress(url) !== undefined;
	return {
		ruleId: id,
		ruleIndex,
		level: severity,
		message: { text: isWeb ? `${sentence(finding)} (${probe}: ${method} ${url})` : sentence(finding) },
		locations: [{ physicalLocation: placeIn(probe === "edge-file" ? url : `${file}:1`) }],
		// The same defect has the same fingerprint in every run: no port, and no random path.
		partialFingerprints: {
			"headguardFinding/v1": [
				id,
				probe === "page" ? pathOf(url) : probe === "edge-file" ? url.replace(/:\d+$/, "") : probe,
				header,
				message.replace(/[^a-z]+/gi, "-").slice(0, 60),
			].join(":"),
		},
		...(isWeb ? { webRequest: { protocol: "HTTP", version: "1.1", target: url, method } } : {}),
		...(answer === undefined
			? {}
			: { webResponse: { protocol: "HTTP", version: "1.1", statusCode: answer.status, headers: Object.fromEntries(headersByName(answer.headers)) } }),
	};
}

/** A file with its line. */
function placeIn(place: string): object {
	const [, file = place, line = "1"] = /^(.*):(\d+)$/s.exec(place) ?? [];
	return { artifactLocation: { uri: relative(file), uriBaseId: "%SRCROOT%" }, region: { startLine: Number(line) } };
}

/** SARIF has one text for each header. */
function headersByName(fields: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
	const byName = new Map<string, string>();
	for (const [name, value] of fields) byName.set(name, byName.has(name) ? `${byName.get(name)}, ${value}` : value);
	return byName;
}

/** A path of the repository as a relative URL. */
function relative(file: string): string {
	const parts = file.replaceAll("\\", "/").split("/");
	const kept = parts.filter((part) => part !== "." && part !== "" && part !== ".." && !/^[a-z]:$/i.test(part));
	return kept.map(encodeURIComponent).join("/") || "package.json";
}
