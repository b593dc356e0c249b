import { show } from "../../core/text.ts";
import type { redirectExamples } from "../examples/redirect.ts";
import { pageOf, type Rule, rule, targetOf, valuesOf } from "../types.ts";

type Id = keyof typeof redirectExamples;

const HEADER = "Location";
const WWW = /^www\./;

/** A host that no site has, although a request can name it. */
export const OTHER_HOST = "headguard-audit.example";

export const redirectRules: readonly Rule<Id>[] = [
	rule({
		header: HEADER,
		id: "redirect/no-https",
		title: "No redirect to https",
		severity: "error",
		summary: "Visitors who arrive over http stay there.",
		check: (exchange) =>
			exchange.probe === "plain-http" && targetOf(exchange) === undefined
				? `http responds with ${exchange.status} without redirecting. Redirect every request to https.`
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "redirect/first-hop",
		title: "First redirect elsewhere",
		severity: "warning",
		summary: "The first redirect does not go to https on the same host, which leaves that host without HSTS.",
		check: (exchange) => {
			const to = targetOf(exchange);
			if (exchange.probe !== "plain-http" || to === undefined) return undefined;
			const from = new URL(exchange.url);
			if (to.protocol === "https:" && to.hostname === from.hostname) return undefined;
			const isWww = to.hostname.replace(WWW, "") === from.hostname.replace(WWW, "");
			return `http redirects to ${show(valuesOf(exchange, HEADER)[0])}${isWww && to.protocol === "https:" ? ", so the host itself never gets HSTS" : ""}. Go to https on the same host first.`;
		},
	}),
	rule({
		header: HEADER,
		id: "redirect/insecure-hop",
		title: "Redirect to plain http",
		severity: "error",
		summary: "A redirect goes back to plain http, where anyone on the network can change it.",
		check: (exchange) =>
			exchange.secure && targetOf(exchange)?.protocol === "http:" && /^http:/i.test(valuesOf(exchange, HEADER)[0] ?? "")
				? `https redirects to ${show(valuesOf(exchange, HEADER)[0])}, which is plain http. Use https, or a path alone.`
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "redirect/too-many",
		title: "Too many redirects",
		severity: "warning",
		summary: "More than three redirects lead to the page.",
		check: (exchange, exchanges) => {
			const hops = exchanges.slice(0, exchanges.indexOf(exchange)).filter(({ probe }) => probe === "redirect" || probe === "plain-http").length;
			return pageOf(exchanges) === exchange && hops > 3 ? `${hops} redirects before the page. Use one or two.` : undefined;
		},
	}),
	rule({
		header: HEADER,
		id: "redirect/temporary",
		title: "Temporary redirect to https",
		severity: "note",
		summary: "Browsers do not remember the redirect to https.",
		check: (exchange) =>
			exchange.probe === "plain-http" && targetOf(exchange)?.protocol === "https:" && [302, 303, 307].includes(exchange.status)
				? `http redirects with ${exchange.status}. Send 301 or 308, which browsers remember.`
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "redirect/host-reflected",
		title: "Redirect to request's host",
		severity: "warning",
		summary: "The redirect goes to any host that the request names, and a cache may keep it.",
		check: (exchange) =>
			exchange.probe === "other-host" && targetOf(exchange)?.hostname === OTHER_HOST
				? `${exchange.sent} decides where the redirect goes. Redirect only to hosts on a list.`
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "redirect/body-leak",
		title: "Page behind a redirect",
		severity: "note",
		summary: "A redirect has a body that looks like a page and may show what the redirect was meant to hide.",
		check: (exchange) =>
			targetOf(exchange) !== undefined && (exchange.body.length > 2048 || /<(?:form|table|main|article)\b/i.test(exchange.body))
				? `${exchange.status} has a body of ${exchange.body.length} characters. End the response after the redirect.`
				: undefined,
	}),
];
