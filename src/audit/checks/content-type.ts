import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import { tagsIn } from "../html.ts";
import { isAnswer, isDocument, partsOf, type Rule, rule, valuesOf } from "../types.ts";

const XCTO = NAMES.xContentTypeOptions;
export const contentTypeRules: readonly Rule[] = [
	rule(XCTO, "xcto/missing", "error", "Browsers guess types, and run what was uploaded as something else.", (seen) =>
		isAnswer(seen) && valuesOf(seen, XCTO).length === 0 ? "absent. Send nosniff." : undefined,
	),
	rule(XCTO, "xcto/invalid", "error", CODES["xcto/invalid"], (seen) => {
		const [first] = partsOf(seen, XCTO);
		return first === undefined || first.toLowerCase() === "nosniff" ? undefined : `${show(first)} is not nosniff, so browsers ignore the header. Send nosniff.`;
	}),
	rule("Content-Type", "type/missing", "error", "A body without a type is guessed at.", (seen) =>
		seen.body !== "" && isAnswer(seen) && valuesOf(seen, "Content-Type").length === 0
			? "the response has a body and no type. Send text/html; charset=utf-8, or what it is."
			: undefined,
	),
	rule("Content-Type", "type/no-charset", "warning", "The encoding of a document is guessed, which can turn text into markup.", (seen) => {
		const [type] = valuesOf(seen, "Content-Type");
		const isNamed = /charset=/i.test(type ?? "") || /<meta[^>]+charset=/i.test(seen.body.slice(0, 1024));
		return seen.probe !== "policy" && isDocument(seen) && isAnswer(seen) && !isNamed
			? `${show(type)} names no charset. Send text/html; charset=utf-8.`
			: undefined;
	}),
	rule("Content-Type", "type/charset-mismatch", "warning", "The header and the page name different encodings.", (seen) => {
		const [type = ""] = valuesOf(seen, "Content-Type");
		const said = /charset="?([\w-]+)/i.exec(type)?.[1]?.toLowerCase();
		const tags = isDocument(seen) ? tagsIn(seen.body) : [];
		const written = tags.flatMap(({ name, attributes }) => {
			if (name !== "meta") return [];
			return attributes.get("charset") ?? /charset=([\w-]+)/i.exec(attributes.get("content") ?? "")?.[1] ?? [];
		})[0];
		return said === undefined || written === undefined || written.trim().toLowerCase() === said
			? undefined
			: `the header says ${said}, the page says ${show(written)}. The header wins; write the same in both.`;
	}),
	rule("Content-Disposition", "type/upload-inline", "warning", "What visitors uploaded is shown as a page of this site.", (seen) => {
		const [type = ""] = valuesOf(seen, "Content-Type");
		const isAttachment = valuesOf(seen, "Content-Disposition").some((value) => /^\s*attachment\b/i.test(value));
		const isSandboxed = valuesOf(seen, NAMES.contentSecurityPolicy).some((value) => /(?:^|[;,])\s*sandbox\s*(?:[;,]|$)/i.test(value));
		return seen.probe === "upload" && /html|svg|xml/i.test(type) && !isAttachment && !isSandboxed
			? `an upload is served as ${show(type)}, so its scripts run here. Send Content-Disposition: attachment, or a policy with sandbox, or use another domain.`
			: undefined;
	}),
	rule("Content-Type", "type/json-as-html", "error", "Data that is shown as a document runs the markup in it.", (seen) =>
		seen.probe !== "policy" && isDocument(seen) && isJson(seen.body)
			? "JSON goes out as text/html, so markup inside it runs. Send application/json."
			: undefined,
	),
];

function isJson(body: string): boolean {
	if (!/^\s*[{[]/.test(body)) return false;
	try {
		JSON.parse(body);
		return true;
	} catch {
		return false;
	}
}
