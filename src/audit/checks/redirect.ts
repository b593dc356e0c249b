import { show } from "../../core/text.ts";
import { pageOf, type Rule, rule, targetOf, valuesOf } from "../types.ts";

const HEADER = "Location";
const WWW = /^www\./;

/** The host that no site has, which a request may name all the same. */
export const OTHER_HOST = "headguard-audit.example";

export const redirectRules: readonly Rule[] = [
	rule(HEADER, "redirect/no-https", "error", "Whoever comes over http stays there.", (seen) =>
		seen.probe === "plain-http" && targetOf(seen) === undefined
			? `http answers ${seen.status} without redirecting. Redirect every request to https.`
			: undefined,
	),
	rule(
		HEADER,
		"redirect/first-hop",
		"warning",
		"The first redirect goes elsewhere than to https on the same host, which leaves that host without HSTS.",
		(seen) => {
			const to = targetOf(seen);
			if (seen.probe !== "plain-http" || to === undefined) return undefined;
			const from = new URL(seen.url);
			if (to.protocol === "https:" && to.hostname === from.hostname) return undefined;
			const isWww = to.hostname.replace(WWW, "") === from.hostname.replace(WWW, "");
			return `http redirects to ${show(valuesOf(seen, HEADER)[0])}${isWww && to.protocol === "https:" ? ", so the host itself never gets HSTS" : ""}. Go to https on the same host first.`;
		},
	),
	rule(HEADER, "redirect/insecure-hop", "error", "A redirect goes back to plain http, where anybody on the way may change it.", (seen) =>
		seen.secure && targetOf(seen)?.protocol === "http:" && /^http:/i.test(valuesOf(seen, HEADER)[0] ?? "")
			? `https redirects to ${show(valuesOf(seen, HEADER)[0])}, which is plain http. Write https, or a path alone.`
			: undefined,
	),
	rule(HEADER, "redirect/too-many", "warning", "Visitors are sent on more than three times.", (seen, site) => {
		const hops = site.filter(({ probe }) => probe === "redirect" || probe === "plain-http").length;
		return pageOf(site) === seen && hops > 3 ? `${hops} redirects before the page. Go there in one or two.` : undefined;
	}),
	rule(HEADER, "redirect/temporary", "note", "The redirect to https is asked for anew each time.", (seen) =>
		seen.probe === "plain-http" && targetOf(seen)?.protocol === "https:" && [302, 303, 307].includes(seen.status)
			? `http redirects by ${seen.status}. Send 301 or 308, which browsers remember.`
			: undefined,
	),
	rule(HEADER, "redirect/host-reflected", "warning", "The redirect goes to whatever host the request names, and a cache may keep it.", (seen) =>
		seen.probe === "other-host" && targetOf(seen)?.hostname === OTHER_HOST
			? `${seen.sent} decides where the redirect goes. Redirect to a list of hosts that you know.`
			: undefined,
	),
	rule(HEADER, "redirect/body-leak", "note", "A redirect carries a body that looks like a page: it may show what the redirect was to hide.", (seen) =>
		targetOf(seen) !== undefined && (seen.body.length > 2048 || /<(?:form|table|main|article)\b/i.test(seen.body))
			? `${seen.status} has a body of ${seen.body.length} characters. End the response after the redirect.`
			: undefined,
	),
];
