import { readToken } from "../../../core/structured-reader.ts";
import { type Exchange, type Exchanges, pageOf, targetOf, valuesOf } from "../../types.ts";
import { cookiePoints } from "./cookies.ts";
import { type Algorithm, metaReferrer, scriptPoints } from "./markup.ts";
import { cspPoints, type Reading, readingOf } from "./policy.ts";

/** The scoring of MDN's scanner, written from its published results. It credits things that our own rules report. See the documentation. */

interface ObservatoryTest {
	readonly name: string;
	/** The first algorithm that has it. */
	readonly since: Algorithm;
	/** Points that the result gives or takes. */
	readonly judge: (site: Site, algorithm: Algorithm) => number;
}

/** What the scanner sees of a site. */
interface Site {
	readonly page: Exchange;
	/** Undefined without a policy, and for one that is invalid. */
	readonly policy: Reading | undefined;
	/** The host that it was told to scan. */
	readonly host: string;
	/** It started with https, or found it. */
	readonly isSecure: boolean;
	readonly exchanges: Exchanges;
}

/** The points of each test; undefined without a page. */
export function observatoryPoints(exchanges: Exchanges, algorithm: Algorithm): readonly { readonly name: string; readonly points: number }[] {
	const page = pageOf(exchanges);
	if (page === undefined) return [];
	const first = exchanges.find(({ probe }) => probe === "plain-http" || probe === "redirect" || probe === "page") ?? page;
	const site: Site = { page, policy: readingOf(page, algorithm), host: new URL(first.url).hostname, isSecure: page.secure, exchanges };
	return TESTS.filter(({ since }) => since <= algorithm).map(({ name, judge }) => ({ name, points: judge(site, algorithm) }));
}

/** Top-level domains that are on the preload list of browsers, and so is each domain under them. */
const PRELOADED: ReadonlySet<string> = new Set(
	"app boo dad day dev esq foo google gle ing meme mov new nexus page phd play prof rsvp youtube zip channel bank insurance".split(" "),
);

/** Whether browsers always ask a host over https, as far as its top-level domain tells. */
export function isPreloaded(host: string): boolean {
	return PRELOADED.has(host.split(".").at(-1) ?? "");
}

/** As Node joins it for the scanner; undefined where it is absent. */
function joined(page: Exchange, header: string): string | undefined {
	const values = valuesOf(page, header);
	return values.length === 0 ? undefined : values.join(", ");
}

const SIX_MONTHS = 15_552_000;

function hstsPoints({ page, host, isSecure }: Site): number {
	if (!isSecure) return -20;
	if (isPreloaded(host)) return 5;
	const value = joined(page, "Strict-Transport-Security")?.slice(0, 1024) ?? "";
	const maxAge = value
		.split(";")
		.map((part) => part.trim().toLowerCase())
		.filter((part) => part.startsWith("max-age="))
		.at(-1)
		?.slice("max-age=".length);
	if (maxAge === undefined || value.includes(",")) return -20;
	// The scanner accepts a value that is not a number; our own rules find it.
	return Number.parseInt(maxAge, 10) < SIX_MONTHS ? -10 : 0;
}

function cookies(site: Site): number {
	const answers = site.exchanges.filter(({ probe, secure }) => probe === "redirect" && secure === site.page.secure);
	return cookiePoints([...answers, site.page], hstsPoints(site) >= 0);
}

function redirection({ page, host, exchanges }: Site): number {
	const route = routeOf(host, exchanges);
	const [, second] = route;
	if (route.length === 0) return 0;
	if (route.every(({ hostname }) => isPreloaded(hostname))) return 0;
	if (second === undefined || !page.secure || route.at(-1)?.protocol === "http:") return -20;
	if (second.protocol === "http:") return -10;
	return second.hostname === host ? 0 : -5;
}

/** Where http://host/ leads, as far as it was followed. What was not followed is taken to lead to https. */
function routeOf(host: string, exchanges: Exchanges): readonly URL[] {
	const known = exchanges.filter(({ secure }) => !secure);
	const start = known.find(({ probe, url }) => probe !== "page" && new URL(url).hostname === host) ?? known.find(({ probe }) => probe === "page");
	const route: URL[] = [];
	let next: Exchange | undefined = start;
	while (next !== undefined && route.length <= known.length) {
		route.push(new URL(next.url));
		const target = targetOf(next);
		if (target === undefined) return route;
		next = known.find(({ probe, url }) => (probe === "plain-http" || probe === "redirect" || probe === "page") && url === target.href);
		if (next === undefined) route.push(...(target.protocol === "http:" ? [target] : []), new URL(target.href.replace(/^http:/, "https:")));
	}
	return route;
}

const PRIVATE: ReadonlySet<string> = new Set(["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"]);
const REVEALING: ReadonlySet<string> = new Set(["origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"]);

function referrer({ page }: Site, algorithm: Algorithm): number {
	const values = [...valuesOf(page, "Referrer-Policy"), ...[metaReferrer(page, algorithm) ?? []].flat()];
	if (values.length === 0) return 0;
	const known = values
		.join(",")
		.split(",")
		.map((part) => part.trim().toLowerCase())
		.filter((part) => PRIVATE.has(part) || REVEALING.has(part));
	return PRIVATE.has(known.at(-1) ?? "") ? 5 : -5;
}

function framing({ page, policy }: Site, algorithm: Algorithm): number {
	// A meta element counts, though browsers ignore frame-ancestors there.
	if (policy?.lists.has("frame-ancestors")) return 5;
	const value = joined(page, "X-Frame-Options")?.trim().toLowerCase() ?? "";
	if (value === "deny" || value === "sameorigin") return algorithm === 6 ? 5 : 0;
	return value.startsWith("allow-from") ? 0 : -20;
}

function sniffing({ page }: Site): number {
	return joined(page, "X-Content-Type-Options")?.trim().toLowerCase() === "nosniff" ? 0 : -5;
}

/** A header that has one word: the points of words, none for an absent or empty header, and -5 for any other word. */
function oneWord(header: string, read: (value: string) => string | undefined, points: Readonly<Record<string, number>>): ObservatoryTest["judge"] {
	return ({ page }) => {
		const value = joined(page, header)?.trim() ?? "";
		const word = read(value) ?? "";
		if (value === "") return 0;
		return Object.hasOwn(points, word) ? (points[word] ?? 0) : -5;
	};
}

const TESTS: readonly ObservatoryTest[] = [
	{ name: "Content-Security-Policy", since: 4, judge: ({ policy, isSecure }) => cspPoints(policy, isSecure) },
	{ name: "cookies", since: 4, judge: cookies },
	{ name: "redirection", since: 4, judge: redirection },
	{ name: "Referrer-Policy", since: 4, judge: referrer },
	{ name: "Strict-Transport-Security", since: 4, judge: hstsPoints },
	{ name: "Subresource Integrity", since: 4, judge: ({ page, host, isSecure }, algorithm) => scriptPoints(page, host, isSecure, algorithm) },
	{ name: "X-Content-Type-Options", since: 4, judge: sniffing },
	{ name: "framing", since: 4, judge: framing },
	{
		name: "Cross-Origin-Resource-Policy",
		since: 4,
		judge: oneWord("Cross-Origin-Resource-Policy", (value) => value.toLowerCase(), { "same-origin": 10, "same-site": 10, "cross-origin": 0 }),
	},
	{
		name: "Cross-Origin-Opener-Policy",
		since: 6,
		judge: oneWord("Cross-Origin-Opener-Policy", readToken, {
			"same-origin": 10,
			"same-origin-allow-popups": 10,
			"noopener-allow-popups": 10,
			"unsafe-none": 0,
		}),
	},
	{
		name: "Cross-Origin-Embedder-Policy",
		since: 6,
		judge: oneWord("Cross-Origin-Embedder-Policy", readToken, { "require-corp": 10, credentialless: 10, "unsafe-none": 0 }),
	},
];
