import { domainToUnicode } from "node:url";
import { editDistance } from "../../core/text.ts";
import { isHost } from "../../csp/grammar.ts";

import type { CspModel } from "../../csp/model.ts";

/** Hosts that new ones are compared with. */
export interface KnownHosts {
	/** Hosts that the user has named, in the policy or as hosts of the site. A host of the same site is not a lookalike. */
	readonly named: readonly string[];
	/** Hosts of well-known vendors. */
	readonly vendors: readonly string[];
	/** Hosts of the reported pages. Anyone can make these up, so they can only raise a doubt. */
	readonly pages: readonly string[];
}

/** No one has more sites, and made-up reports can name any number. */
const MOST_PAGES = 20;

/** @param pages the most frequent first. */
export function knownHosts(models: readonly CspModel[], hosts: readonly string[], vendors: readonly string[], pages: readonly string[]): KnownHosts {
	const inPolicy = models.flatMap((model) => [...model.values()].flat()).flatMap((source) => (isHost(source) ? hostIn(String(source)) : []));
	const worth = (list: readonly string[]): readonly string[] => [...new Set(list)].filter((host) => host.includes(".") && !/^[\d.]+$|^\[/.test(host));
	return { named: worth([...inPolicy, ...hosts]), vendors: worth(vendors), pages: worth(pages).slice(0, MOST_PAGES) };
}

/** `https://*.img.example:8443/a/` → `img.example` */
export function hostIn(source: string): string {
	return (/^(?:[a-z][\w+.-]*:\/\/)?(?:\*\.)?([^/:]+)/i.exec(source)?.[1] ?? "").toLowerCase();
}

/**
 * Why a host may not be what it seems, or undefined. This compares only the spelling: a host that passes is not necessarily
 * trustworthy.
 */
export function lookalike(host: string, { named, vendors, pages }: KnownHosts): string | undefined {
	if (!host.includes(".") || /^[\d.]+$|^\[/.test(host)) return undefined;
	const site = siteOf(host);
	const trusted = new Set([...named, ...vendors].map(siteOf));
	if (trusted.has(site)) return undefined;
	const read = domainToUnicode(host);
	const resembled = [...named, ...pages, ...vendors].find((known) => siteOf(known) !== site && resembles(host, read, known, !vendors.includes(known)));
	const what = resembled === undefined ? "" : ` It looks like ${resembled}.`;
	if (host.split(".").some((label) => label.startsWith("xn--")))
		return `The name has letters that are not English, and they can look the same as English ones.${what} If you know the host, write its name exactly as shown.`;
	return resembled === undefined ? undefined : `It looks like ${resembled}, which is another site. Make sure that the host is yours.`;
}

/** Second-level domains under which names are registered. */
const SECOND_LEVEL = new Set(["ac", "co", "com", "edu", "go", "gob", "gov", "gub", "mil", "ne", "net", "nom", "or", "org"]);

/** The site that a host belongs to. This is an approximation without the Public Suffix List: `img.example.co.uk` → `example.co.uk`. */
function siteOf(host: string): string {
	const labels = host.replace(/\.$/, "").split(".");
	const isDeep = labels.at(-1)?.length === 2 && SECOND_LEVEL.has(labels.at(-2) ?? "");
	return labels.slice(isDeep ? -3 : -2).join(".");
}

/** The length of the shortest name that other names are compared with. */
const LONG_ENOUGH = 4;

function resembles(host: string, read: string, known: string, isOwn: boolean): boolean {
	const site = siteOf(known);
	const [name = ""] = site.split(".");
	const [own = ""] = siteOf(read).split(".");
	// js.stripe.com.evil.example, js-stripe-com.evil.example
	if (`.${skeleton(host).replace(/-/g, ".")}.`.includes(`.${skeleton(site).replace(/-/g, ".")}.`)) return true;
	if (name.length < LONG_ENOUGH) return false;
	const [given, wanted] = [skeleton(own), skeleton(name)];
	// stripe.example, str1pe.com
	if (given === wanted) return true;
	// stripe-js.com
	if (`-${given}-`.includes(`-${wanted}-`)) return true;
	// examplecdn.com. Vendors use such names themselves: googleapis.com
	if (isOwn && wanted.length > LONG_ENOUGH && (given.startsWith(wanted) || given.endsWith(wanted))) return true;
	return wanted.length > LONG_ENOUGH && given.length > LONG_ENOUGH && isMisspelt(given, wanted);
}

/** Whether one or two letters differ, or two letters are swapped. */
function isMisspelt(given: string, wanted: string): boolean {
	const sorted = (text: string): string => [...text].sort().join("");
	const isAnagram = sorted(given) === sorted(wanted);
	return editDistance(given, wanted) <= (isAnagram || wanted.length > 6 ? 2 : 1);
}

/** Letters that look like others: Cyrillic, Greek and Armenian ones, and digits. */
const CONFUSABLE: ReadonlyMap<string, string> = new Map(
	Object.entries({
		...{ а: "a", α: "a", ɑ: "a", в: "b", с: "c", ϲ: "c", ԁ: "d", е: "e", ё: "e", ε: "e", ɡ: "g", һ: "h", н: "h", і: "l", ı: "l", ι: "l" },
		...{ ӏ: "l", ј: "j", к: "k", κ: "k", м: "m", ո: "n", η: "n", о: "o", ο: "o", օ: "o", р: "p", ρ: "p", ԛ: "q", г: "r", ѕ: "s", т: "t" },
		...{ τ: "t", υ: "u", ս: "u", ѵ: "v", ν: "v", ԝ: "w", ω: "w", х: "x", χ: "x", у: "y", γ: "y", ѡ: "w", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d" },
		...{ 0: "o", 1: "l", i: "l", 3: "e", 5: "s" },
	}),
);

/** Returns the same text for texts that look the same or almost the same. */
function skeleton(text: string): string {
	const plain = text.normalize("NFKD").replace(/\p{M}/gu, "");
	const letters = [...plain].map((letter) => CONFUSABLE.get(letter) ?? letter).join("");
	return letters.replace(/rn/g, "m").replace(/vv/g, "w").replace(/cl/g, "d");
}
