import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import type { contentTypeExamples } from "../examples/content-type.ts";
import { tagsIn } from "../html.ts";
import { isAnswer, isDocument, partsOf, type Rule, rule, valuesOf } from "../types.ts";

type Id = keyof typeof contentTypeExamples;

const XCTO = NAMES.xContentTypeOptions;
export const contentTypeRules: readonly Rule<Id>[] = [
	rule({
		header: XCTO,
		id: "xcto/missing",
		title: "No nosniff",
		severity: "error",
		summary: "Browsers guess types, and may run an upload as a script.",
		check: (exchange) => (isAnswer(exchange) && valuesOf(exchange, XCTO).length === 0 ? "absent. Send nosniff." : undefined),
	}),
	rule({
		header: XCTO,
		id: "xcto/invalid",
		title: "Unknown value",
		severity: "error",
		summary: CODES["xcto/invalid"],
		check: (exchange) => {
			const [first] = partsOf(exchange, XCTO);
			return first === undefined || first.toLowerCase() === "nosniff"
				? undefined
				: `${show(first)} is not nosniff, so browsers ignore the header. Send nosniff.`;
		},
	}),
	rule({
		header: "Content-Type",
		id: "type/missing",
		title: "No Content-Type",
		severity: "error",
		summary: "Browsers guess the type of a body that has none.",
		check: (exchange) =>
			exchange.body !== "" && isAnswer(exchange) && valuesOf(exchange, "Content-Type").length === 0
				? "the response has a body but no type. Send text/html; charset=utf-8, or its real type."
				: undefined,
	}),
	rule({
		header: "Content-Type",
		id: "type/no-charset",
		title: "No charset",
		severity: "warning",
		summary: "Browsers guess the encoding of a document, which can turn text into markup.",
		check: (exchange) => {
			const [type] = valuesOf(exchange, "Content-Type");
			const isNamed = /charset=/i.test(type ?? "") || /<meta[^>]+charset=/i.test(exchange.body.slice(0, 1024));
			return exchange.probe !== "policy" && isDocument(exchange) && isAnswer(exchange) && !isNamed
				? `${show(type)} names no charset. Send text/html; charset=utf-8.`
				: undefined;
		},
	}),
	rule({
		header: "Content-Type",
		id: "type/charset-mismatch",
		title: "Two different charsets",
		severity: "warning",
		summary: "The header and the page name different encodings.",
		check: (exchange) => {
			const [type = ""] = valuesOf(exchange, "Content-Type");
			const named = /charset="?([\w-]+)/i.exec(type)?.[1]?.toLowerCase();
			const tags = isDocument(exchange) ? tagsIn(exchange.body) : [];
			const written = tags.flatMap(({ name, attributes }) => {
				if (name !== "meta") return [];
				return attributes.get("charset") ?? /charset=([\w-]+)/i.exec(attributes.get("content") ?? "")?.[1] ?? [];
			})[0];
			return named === undefined || written === undefined || encodingOf(written) === encodingOf(named)
				? undefined
				: `the header says ${named}, the page says ${show(written)}. The header wins. Write the same in both.`;
		},
	}),
	rule({
		header: "Content-Disposition",
		id: "type/upload-inline",
		title: "Upload shown inline",
		severity: "warning",
		summary: "The site shows an upload of a visitor as a page of its own.",
		check: (exchange) => {
			const [type = ""] = valuesOf(exchange, "Content-Type");
			const isAttachment = valuesOf(exchange, "Content-Disposition").some((value) => /^\s*attachment\b/i.test(value));
			const isSandboxed = valuesOf(exchange, NAMES.contentSecurityPolicy).some((value) => /(?:^|[;,])\s*sandbox\s*(?:[;,]|$)/i.test(value));
			return exchange.probe === "upload" && /html|svg|xml/i.test(type) && !isAttachment && !isSandboxed
				? `an upload is served as ${show(type)}, so its scripts run on this site. Send Content-Disposition: attachment, or a policy with sandbox, or use another domain.`
				: undefined;
		},
	}),
	rule({
		header: "Content-Type",
		id: "type/json-as-html",
		title: "JSON sent as HTML",
		severity: "error",
		summary: "A browser that shows data as a document runs the markup in it.",
		check: (exchange) =>
			exchange.probe !== "policy" && isDocument(exchange) && isJson(exchange.body)
				? "JSON is sent as text/html, so browsers run markup inside it. Send application/json."
				: undefined,
	}),
];

/** The encoding of a label: browsers read "utf8" as UTF-8. An unknown label is its own. */
function encodingOf(label: string): string {
	const name = label.trim().toLowerCase();
	try {
		return new TextDecoder(name).encoding;
	} catch {
		return name;
	}
}

function isJson(body: string): boolean {
	if (!/^\s*[{[]/.test(body)) return false;
	try {
		JSON.parse(body);
		return true;
	} catch {
		return false;
	}
}
