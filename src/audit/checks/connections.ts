import { CODES } from "../../core/codes.ts";
import type { InnerList } from "../../core/structured-reader.ts";
import { show } from "../../core/text.ts";
import { hostOfPattern, isDeadPattern } from "../../headers/common/url-pattern.ts";
import { NAMES } from "../../headers/facts.ts";
import { CONNECTION_SWITCHES, CONNECTION_TOKENS, RESPONSE_ORIGIN } from "../../headers/tokens.ts";
import type { connectionsExamples } from "../examples/connections.ts";
import { firstListOf } from "../structured.ts";
import { type Rule, rule, valuesOf } from "../types.ts";

type Id = keyof typeof connectionsExamples;

export const connectionRules: readonly Rule<Id>[] = [
	rule({
		header: NAMES.connectionAllowlist,
		id: "connection-allowlist/invalid",
		title: "Invalid connection allowlist",
		severity: "error",
		summary: CODES["connection-allowlist/invalid"],
		check: (exchange) => {
			for (const name of [NAMES.connectionAllowlist, NAMES.connectionAllowlistReportOnly]) {
				const value = valuesOf(exchange, name).join(", ");
				if (value === "") continue;
				const list = firstListOf(exchange, name);
				if (list === undefined) return `${show(value)} is not a list in parentheses, so browsers block every connection. Write (${RESPONSE_ORIGIN}).`;
				const wrong = wrongEntry(list) ?? wrongParameter(list);
				if (wrong !== undefined) return wrong;
			}
			return undefined;
		},
	}),
	rule({
		header: NAMES.connectionAllowlist,
		id: "connection-allowlist/open",
		title: "Open connection allowlist",
		severity: "note",
		summary: CODES["connection-allowlist/open"],
		check: (exchange) => {
			const list = firstListOf(exchange, NAMES.connectionAllowlist);
			const open = list?.items.find(({ value: { type, text } }) => type === "string" && hostOfPattern(text) === "*");
			if (open !== undefined) return `${show(open.value.text)} matches every host. Name the hosts that the page needs.`;
			const name = CONNECTION_SWITCHES.find((one) => list?.parameters.get(one)?.text === "allow");
			return name === undefined ? undefined : `${name}=allow lets the page connect to any address ${WAYS[name]}. Remove it if the page works without.`;
		},
	}),
];

const WAYS: Readonly<Record<(typeof CONNECTION_SWITCHES)[number], string>> = { redirects: "that a redirect names", webrtc: "by WebRTC" };

function wrongEntry({ items }: InnerList): string | undefined {
	const wrong = items.find(({ value: { type, text } }) => (type === "token" ? text !== RESPONSE_ORIGIN : type !== "string" || isDeadPattern(text)));
	return (
		wrong && `${show(wrong.value.text)} matches nothing. Write ${RESPONSE_ORIGIN}, or a URL pattern such as "https://api.example/*", with https for WebSockets.`
	);
}

function wrongParameter({ parameters }: InnerList): string | undefined {
	const name = CONNECTION_SWITCHES.find((one) => {
		const value = parameters.get(one);
		return value !== undefined && !(value.type === "token" && (CONNECTION_TOKENS as readonly string[]).includes(value.text));
	});
	if (name !== undefined) return `browsers do not know this value of ${name}, and block. Write ${name}=allow, or remove it.`;
	const endpoint = parameters.get("report-to");
	return endpoint === undefined || endpoint.type === "token"
		? undefined
		: `browsers ignore the string in report-to. Write report-to=${endpoint.text}, without quotes.`;
}
