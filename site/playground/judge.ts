/** What the headers allow, and what is wrong with them. Uses the library as it is, without a server. */
import { exchangeFrom } from "../../src/audit/from-policy.ts";
import { type Grade, gradeOf } from "../../src/audit/grade.ts";
import { judge } from "../../src/audit/judge.ts";
import type { Exchange, Finding } from "../../src/audit/types.ts";
import { PolicyError } from "../../src/core/errors.ts";
import type { PolicyIssue } from "../../src/core/issue.ts";
import type { CspModel } from "../../src/csp/model.ts";
import { parse } from "../../src/csp/serialize.ts";
import { type DirectiveWords, directiveWords } from "../../src/csp/words.ts";
import { factsOf, NAMES } from "../../src/headers/facts.ts";
import { HEADER_WORDS } from "../../src/headers/words.ts";
import { compile, completeHeaders } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import { filesOfFields, filesOfOptions, type ProxyFiles } from "./proxy.ts";
import type { Answer, Input } from "./read.ts";

export interface Judged {
	/** Empty if the options are refused. */
	readonly headers: readonly HeaderView[];
	/** Headers that say nothing about security. */
	readonly others: number;
	readonly issues: readonly PolicyIssue[];
	readonly isRefused: boolean;
	readonly findings: readonly Finding[];
	readonly grade: Grade | undefined;
	/** The enforced policies. */
	readonly policies: readonly CspModel[];
	readonly proxy: ProxyFiles;
}

export interface HeaderView {
	readonly name: string;
	readonly value: string;
	readonly means: string;
	/** The page about it. */
	readonly page: string;
	readonly policies: readonly (readonly (DirectiveWords & { readonly name: string })[])[];
}

const NOTHING: Judged = { headers: [], others: 0, issues: [], isRefused: false, findings: [], grade: undefined, policies: [], proxy: { files: [], notes: [] } };

/** @param chosen which response, if there are several. */
export function judgeInput(input: Input, chosen = 0): Judged {
	if (input.kind === "options") return judgeOptions(input.options);
	const answer = input.answers[chosen] ?? { url: "", fields: [] };
	return { ...judgeAnswer(answer), proxy: filesOfFields(answer, input.answers) };
}

function judgeOptions(options: Readonly<Record<string, unknown>>): Judged {
	try {
		const policy = createPolicy(options);
		const result = judged(exchangeFrom(compile(policy), "policy"));
		const shown = new Map(completeHeaders(policy).map(({ name, text, nonced }) => [name as string, nonced?.join("…") ?? text]));
		const headers = result.headers.map((header) => ({ ...header, value: shown.get(header.name) ?? header.value }));
		return { ...result, headers, issues: policy.warnings, proxy: filesOfOptions(options) };
	} catch (error) {
		if (!(error instanceof PolicyError)) throw error;
		return { ...NOTHING, issues: error.issues, isRefused: true };
	}
}

function judgeAnswer({ url, fields }: Answer): Judged {
	const address = URL.canParse(url) ? url : "https://www.example.com/";
	// What is pasted is that of a page, even if it does not say so.
	const type = fields.some(([name]) => /^content-type$/i.test(name)) ? [] : [["Content-Type", "text/html; charset=utf-8"] as const];
	const secure = address.startsWith("https:");
	const result = judged({ probe: "page", method: "GET", url: address, status: 200, fields: [...fields, ...type], body: "", secure });
	return { ...result, others: result.others - type.length };
}

function judged(exchange: Exchange): Judged {
	const { fields } = exchange;
	const findings = judge([exchange]);
	const known = fields.filter(([name]) => factsOf(name) !== undefined);
	const enforced = known.filter(([name]) => factsOf(name)?.name === NAMES.contentSecurityPolicy);
	return {
		...NOTHING,
		headers: known.map(([name, value]) => headerView(name, value)),
		others: fields.length - known.length,
		findings,
		grade: gradeOf([exchange], findings),
		policies: enforced.flatMap(([, value]) => modelsOf(value)),
	};
}

function modelsOf(value: string): readonly CspModel[] {
	return value
		.split(",")
		.map(parse)
		.filter((model) => model.size > 0);
}

function headerView(given: string, value: string): HeaderView {
	const { name, key, lowerName } = factsOf(given) ?? { name: given, key: "nel", lowerName: "" };
	const isCsp = name === NAMES.contentSecurityPolicy || name === NAMES.contentSecurityPolicyReportOnly;
	const policies = isCsp
		? modelsOf(value).map((model) => [...model.keys()].map((directive) => ({ name: directive, ...directiveWords(directive, model) })))
		: [];
	return { name, value, means: HEADER_WORDS[key], page: `/headers/${lowerName}.html`, policies };
}
