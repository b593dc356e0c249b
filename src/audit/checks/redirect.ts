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
		check: (seen) =>
			seen.probe === "plain-http" && targetOf(seen) === undefined
				? `http responds with ${seen.status} without redirecting. Redirect every request to https.`
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "redirect/first-hop",
		title: "First redirect elsewhere",
		severity: "warning",
		summary: "The first redirect does not go to https on the same host, which leaves that host without HSTS.",
		check: (seen) => {
			const to = targetOf(seen);
			if (seen.probe !== "plain-http" || to === undefined) return undefined;
			const from = new URL(seen.url);
			if (to.protocol === "https:" && to.hostname === from.hostname) return undefined;
			const isWww = to.hostname.replace(WWW, "") === from.hostname.replace(WWW, "");
			return `http redirects to ${show(valuesOf(seen, HEADER)[0])}${isWww && to.protocol === "https:" ? ", so the host itself never gets HSTS" : ""}. Go to https on the same host first.`;
		},
	}),
	rule({
		header: HEADER,
		id: "redirect/insecure-hop",
		title: "Redirect to plain http",
		severity: "error",
		summary: "A redirect goes back to plain http, where anyone on the network can change it.",
		check: (seen) =>
			seen.secure && targetOf(seen)?.protocol === "http:" && /^http:/i.test(valuesOf(seen, HEADER)[0] ?? "")
				? `https redirects to ${show(valuesOf(seen, HEADER)[0])}, which is plain http. Write https, or a path alone.`
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "redirect/too-many",
		title: "Too many redirects",
		severity: "warning",
		summary: "More than three redirects lead to the page.",
		check: (seen, site) => {
			const hops = site.filter(({ probe }) => probe === "redirect" || probe === "plain-http").length;
			return pageOf(site) === seen && hops > 3 ? `${hops} redirects before the page. Use one or two.` : undefined;
		},
	}),
	rule({
		header: HEADER,
		id: "redirect/temporary",
		title: "Temporary redirect to https",
		severity: "note",
		summary: "Browsers do not remember the redirect to https.",
		check: (seen) =>
			seen.probe === "plain-http" && targetOf(seen)?.protocol === "https:" && [302, 303, 307].includes(seen.status)
				? `http redirects with ${seen.status}. Send 301 or 308, which browsers remember.`
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "redirect/host-reflected",
		title: "Redirect to request's host",
		severity: "warning",
		summary: "The redirect goes to any host that the request names, and a cache may keep it.",
		check: (seen) =>
			seen.probe === "other-host" && targetOf(seen)?.hostname === OTHER_HOST
				? `${seen.sent} decides where the redirect goes. Redirect only to hosts on a list.`
				: undefined,
	}),
	rule({
		header: HEADER,
		id: "redirect/body-leak",
		title: "Page behind a redirect",
		severity: "note",
		summary: "A redirect has a body that looks like a page and may show what the redirect was meant to hide.",
		check: (seen) =>
			targetOf(seen) !== undefined && (seen.body.length > 2048 || /<(?:form|table|main|article)\b/i.test(seen.body))
				? `${seen.status} has a body of ${seen.body.length} characters. End the response after the redirect.`
				: undefined,
	}),
];
