import { show } from "../../core/text.ts";
import { PRELOAD_MAX_AGE } from "../../headers/common/max-age.ts";
import { NAMES } from "../../headers/facts.ts";
import { type Domain, type Rule, rule, type Seen, type Severity, type Site, valuesOf } from "../types.ts";

/** What browsers' preload lists ask for: `audit --preload`. */

const HEADER = NAMES.strictTransportSecurity;
const LINK = "https://hstspreload.org/";

function preloadRule(
	id: string,
	severity: Severity,
	summary: string,
	check: (domain: Domain, header: string, seen: Seen, site: Site) => string | undefined,
	wants: Domain["wants"] | "both" = "listing",
): Rule {
	return rule(
		HEADER,
		id,
		severity,
		summary,
		(seen, site) => {
			const { domain } = seen;
			if (domain === undefined || (wants !== "both" && domain.wants !== wants)) return undefined;
			return check(domain, valuesOf(seen, HEADER)[0] ?? "", seen, site);
		},
		LINK,
	);
}

function has(header: string, directive: string): boolean {
	return header.split(";").some((part) => part.split("=", 1)[0]?.trim().toLowerCase() === directive);
}

export const preloadRules: readonly Rule[] = [
	preloadRule("preload/domain", "error", "Only whole domains that can be registered are listed.", ({ host, registrable }) => {
		if (/^\[|^[\d.]+$/.test(host)) return `${show(host)} is an address, not a domain. Use a name.`;
		if (!/^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z\d](?:[a-z\d-]*[a-z\d])?$/i.test(host))
			return `${show(host)} is no whole domain name. Write it as example.com.`;
		if (registrable === undefined) return `${show(host)} is a public suffix, under which others register. Only domains below it are listed.`;
		return registrable === host.toLowerCase() ? undefined : `${show(host)} is a host of ${registrable}. Ask for ${registrable}, which covers it.`;
	}),
	preloadRule("preload/tls", "error", "The domain needs a certificate that browsers trust.", ({ tls }) => tls[0], "both"),
	preloadRule("preload/weak-cipher", "warning", "TLS 1.2 without forward secrecy or authenticated encryption.", ({ weakCipher }) =>
		weakCipher === undefined ? undefined : `${show(weakCipher)} has no forward secrecy or no authenticated encryption. Offer TLS 1.3, or ECDHE with GCM.`,
	),
	preloadRule("preload/www", "error", "The www host answers on port 443 without a certificate that browsers trust.", ({ www }) => www),
	preloadRule("preload/no-http", "note", "Nobody answers on port 80, so visitors who type the name see an error.", ({ hasHttp }) =>
		hasHttp ? undefined : "nobody answers on port 80. Redirect from there to https, or leave it closed on purpose.",
	),
	preloadRule("preload/max-age", "error", "Preload lists ask for a max-age of a year.", (_domain, header) => {
		const seconds = Number(/(?:^|;)\s*max-age=(\d+)\s*(?:;|$)/i.exec(header)?.[1] ?? Number.NaN);
		return seconds >= PRELOAD_MAX_AGE
			? undefined
			: `${header === "" ? "there is no header" : show(header)}, which says less than a year. Send max-age=${PRELOAD_MAX_AGE}; includeSubDomains; preload.`;
	}),
	preloadRule("preload/no-subdomains", "error", "Preload lists ask for includeSubDomains.", (_domain, header) =>
		has(header, "includesubdomains") ? undefined : `${show(header)} has no includeSubDomains. Add it when all hosts below have https.`,
	),
	preloadRule("preload/no-token", "error", "Preload lists ask for the word preload.", (_domain, header) =>
		has(header, "preload") ? undefined : `${show(header)} has no preload. Add it when you want to be listed; taking it back takes months.`,
	),
	preloadRule("preload/first-hop", "error", "http must first go to https on the same host.", ({ host }, _header, seen, site) => {
		const http = site.find(({ probe }) => probe === "plain-http");
		const [location] = http === undefined ? [] : valuesOf(http, "Location");
		if (http === undefined || location === undefined) return undefined;
		if (!URL.canParse(location, http.url)) return `http redirects to ${show(location)}, which is no address. Redirect to https://${host}/.`;
		const to = new URL(location, http.url);
		return to.protocol === "https:" && to.hostname === new URL(seen.url).hostname
			? undefined
			: `http redirects to ${show(location)}. Redirect to https://${host}/ first.`;
	}),
	rule(HEADER, "hsts/first-hop", "error", "The https host to which http redirects sends no HSTS of its own.", (seen, site) => {
		const isNext = seen.probe === "redirect" && site[site.indexOf(seen) - 1]?.probe === "plain-http";
		return isNext && seen.secure && valuesOf(seen, HEADER).length === 0
			? `${show(seen.url)}, where http redirects to, sends none. Send it on redirects too.`
			: undefined;
	}),
	preloadRule(
		"preload/still-asked",
		"error",
		"A domain that wants to leave the list still asks to be on it.",
		(_domain, header) => {
			if (has(header, "preload")) return `${show(header)} still says preload. Leave the word out.`;
			return /max-age\s*=\s*"?\d/i.test(header)
				? undefined
				: `${header === "" ? "there is no header" : show(header)}: a valid one without preload is needed. Send max-age=0.`;
		},
		"removal",
	),
];
