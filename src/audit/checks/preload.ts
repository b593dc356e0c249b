import { show } from "../../core/text.ts";
import { PRELOAD_MAX_AGE } from "../../headers/common/max-age.ts";
import { NAMES } from "../../headers/facts.ts";
import type { preloadExamples } from "../examples/preload.ts";
import { type Domain, isAt, type Rule, type RuleParts, rule, targetOf, valuesOf } from "../types.ts";

type Id = keyof typeof preloadExamples;

/** What browsers' preload lists require: `audit --preload`. */

const HEADER = NAMES.strictTransportSecurity;

interface PreloadRule extends RuleParts<Id, (domain: Domain, header: string) => string | undefined> {
	readonly wants?: Domain["wants"] | "both";
}

function preloadRule({ check, wants = "listing", ...about }: PreloadRule): Rule<Id> {
	return rule({
		...about,
		header: HEADER,
		check(exchange) {
			const { domain } = exchange;
			if (domain === undefined || (wants !== "both" && domain.wants !== wants)) return undefined;
			return check(domain, valuesOf(exchange, HEADER)[0] ?? "");
		},
	});
}

function has(header: string, directive: string): boolean {
	return header.split(";").some((part) => part.split("=", 1)[0]?.trim().toLowerCase() === directive);
}

export const preloadRules: readonly Rule<Id>[] = [
	preloadRule({
		id: "preload/domain",
		title: "Not a registrable domain",
		severity: "error",
		summary: "Preload lists contain only whole domains that can be registered.",
		check: ({ host, registrable }) => {
			if (/^\[|^[\d.]+$/.test(host)) return `${show(host)} is an address, not a domain. Use a name.`;
			if (!/^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z\d](?:[a-z\d-]*[a-z\d])?$/i.test(host))
				return `${show(host)} is not a complete domain name. Write it as example.com.`;
			if (registrable === undefined) return `${show(host)} is a public suffix, under which others register domains. Only those are listed.`;
			return registrable === host.toLowerCase() ? undefined : `${show(host)} is a host of ${registrable}. Submit ${registrable}, which covers it.`;
		},
	}),
	preloadRule({
		id: "preload/tls",
		title: "TLS fails",
		severity: "error",
		summary: "The domain needs a certificate that browsers trust.",
		wants: "both",
		check: ({ tls }) => tls[0],
	}),
	preloadRule({
		id: "preload/weak-cipher",
		title: "Weak TLS cipher",
		severity: "warning",
		summary: "TLS 1.2 without forward secrecy or authenticated encryption.",
		check: ({ weakCipher }) =>
			weakCipher === undefined ? undefined : `${show(weakCipher)} has no forward secrecy or no authenticated encryption. Offer TLS 1.3, or ECDHE with GCM.`,
	}),
	preloadRule({
		id: "preload/www",
		title: "TLS of www fails",
		severity: "error",
		summary: "The www host answers on port 443 without a certificate that browsers trust.",
		check: ({ www }) => www,
	}),
	preloadRule({
		id: "preload/no-http",
		title: "Port 80 closed",
		severity: "note",
		summary: "No server answers on port 80, so visitors who type the name see an error.",
		check: ({ hasHttp }) => (hasHttp !== false ? undefined : "no server answers on port 80. Redirect from there to https, or keep it closed intentionally."),
	}),
	preloadRule({
		id: "preload/max-age",
		title: "max-age under a year",
		severity: "error",
		summary: "Preload lists require a max-age of a year.",
		check: (_domain, header) => {
			const seconds = Number(/(?:^|;)\s*max-age=(\d+)\s*(?:;|$)/i.exec(header)?.[1] ?? Number.NaN);
			return seconds >= PRELOAD_MAX_AGE
				? undefined
				: `${header === "" ? "there is no header" : show(header)}, which is less than a year. Send max-age=${PRELOAD_MAX_AGE}; includeSubDomains; preload.`;
		},
	}),
	preloadRule({
		id: "preload/no-subdomains",
		title: "Subdomains not covered",
		severity: "error",
		summary: "Preload lists require includeSubDomains.",
		check: (_domain, header) =>
			has(header, "includesubdomains") ? undefined : `${show(header)} has no includeSubDomains. Add it when all subdomains have https.`,
	}),
	preloadRule({
		id: "preload/no-token",
		title: "No preload token",
		severity: "error",
		summary: "Preload lists require the word preload.",
		check: (_domain, header) =>
			has(header, "preload") ? undefined : `${show(header)} has no preload. Add it when you want to be listed. Removal takes months.`,
	}),
	// On the redirect itself, so that it replaces the weaker rule about that response.
	rule({
		header: HEADER,
		id: "preload/first-hop",
		title: "First redirect elsewhere",
		severity: "error",
		summary: "http must first redirect to https on the same host.",
		check: (exchange, exchanges) => {
			const domain = exchanges.find((one) => one.domain?.wants === "listing")?.domain;
			const [location] = valuesOf(exchange, "Location");
			// Only the domain that the list would contain, not the host that it leads to, nor one whose domain is another.
			if (domain === undefined || domain.registrable !== domain.host || exchange.probe !== "plain-http" || location === undefined) return undefined;
			const { host } = domain;
			if (new URL(exchange.url).hostname !== host) return undefined;
			if (!URL.canParse(location, exchange.url)) return `http redirects to ${show(location)}, which is not a URL. Redirect to https://${host}/.`;
			const to = new URL(location, exchange.url);
			return to.protocol === "https:" && to.hostname === host ? undefined : `http redirects to ${show(location)}. Redirect to https://${host}/ first.`;
		},
	}),
	rule({
		header: HEADER,
		id: "hsts/first-hop",
		title: "No HSTS on redirect",
		severity: "error",
		summary: "The https host to which http redirects sends no HSTS of its own.",
		check: (exchange, exchanges) => {
			if (exchange.probe !== "redirect" && exchange.probe !== "first-hop") return undefined;
			const isNext = exchanges[exchanges.indexOf(exchange) - 1]?.probe === "plain-http";
			const isTarget = exchanges.some((one) => one.probe === "plain-http" && isAt(exchange, targetOf(one) ?? new URL(one.url)));
			return (isNext || isTarget) && exchange.secure && valuesOf(exchange, HEADER).length === 0
				? `${show(exchange.url)}, the target of the http redirect, sends none. Send it on redirects too.`
				: undefined;
		},
	}),
	preloadRule({
		id: "preload/still-asked",
		title: "Still asks for preload",
		severity: "error",
		summary: "A domain that wants to leave the list still asks to be on it.",
		wants: "removal",
		check: (_domain, header) => {
			if (has(header, "preload")) return `${show(header)} still contains preload. Remove the word.`;
			return /max-age\s*=\s*"?\d/i.test(header)
				? undefined
				: `${header === "" ? "there is no header" : show(header)}: the list needs a valid header without preload. Send max-age=0.`;
		},
	}),
];
