import { tagsIn } from "../html.ts";
import { type Exchange, type Exchanges, isDocument, pageOf, targetOf, valuesOf } from "../types.ts";

/** The scoring of MDN's scanner, written from its published results. It credits things that our own rules report. See the documentation. */

interface ObservatoryTest {
	readonly name: string;
	/** The first algorithm that has it. */
	readonly since: 4 | 6;
	/** Points that the result gives or takes. */
	readonly judge: (exchanges: Exchanges, algorithm: 4 | 6) => number;
}

const BROAD = ["ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"];

type Lists = ReadonlyMap<string, readonly string[]>;

/** The scanner does not count a policy with a repeated directive. */
class Invalid extends Error {}

function readPolicy(text: string): Lists {
	if (text.trim().length < "img-src".length - 1) throw new Invalid();
	const lists = new Map<string, readonly string[]>();
	for (const part of text.split(";")) {
		const [name, ...words] = part.trim().toLowerCase().split(/\s+/);
		if (name === undefined || name === "") continue;
		if (lists.has(name) && name !== "report-uri" && name !== "report-to") throw new Invalid();
		lists.set(name, words.length === 0 && name.endsWith("-src") ? ["'none'"] : words);
	}
	return lists;
}

/** The scanner counts a source that every policy has. What only a later policy names is closed. */
function joinedPolicies([first = new Map(), ...later]: readonly Lists[]): Lists {
	const names = new Set([first, ...later].flatMap((lists) => [...lists.keys()]));
	return new Map(
		[...names].map((name) => {
			const others = later.flatMap((lists) => (lists.has(name) ? [lists.get(name) ?? []] : []));
			const words = first.get(name) ?? [];
			const common = words.filter((word) => others.every((list) => list.includes(word)));
			return [name, common.length === 0 && (words.length > 0 || !first.has(name)) ? ["'none'"] : common];
		}),
	);
}

function metaPolicies(page: Exchange): readonly string[] {
	const tags = isDocument(page) ? tagsIn(page.body) : [];
	return tags.flatMap(({ name, attributes }) =>
		name === "meta" && attributes.get("http-equiv")?.toLowerCase() === "content-security-policy" ? (attributes.get("content") ?? []) : [],
	);
}

/** The policy as the scanner sees it; undefined without one. */
function policyOf(page: Exchange, algorithm: 4 | 6): Lists | undefined {
	const header = valuesOf(page, "Content-Security-Policy").join(", ");
	// Until algorithm 6 it did not know that a comma begins another policy.
	const texts = header === "" ? [] : algorithm === 6 ? header.split(",") : [header];
	const metas = metaPolicies(page).map(readPolicy);
	// A meta element whose directives all have no effect there is not a policy.
	const counts = texts.length > 0 || metas.some((lists) => [...lists.keys()].some((name) => !["frame-ancestors", "report-uri", "sandbox"].includes(name)));
	return counts ? joinedPolicies([...texts.map(readPolicy), ...metas]) : undefined;
}

function csp(exchanges: Exchanges, algorithm: 4 | 6): number {
	const page = pageOf(exchanges);
	try {
		const policy = page === undefined ? undefined : policyOf(page, algorithm);
		return policy === undefined ? -25 : cspPoints(policy, page?.secure === true);
	} catch (error) {
		if (error instanceof Invalid) return -25;
		throw error;
	}
}

function cspPoints(policy: Lists, secure: boolean): number {
	const list = (name: string): readonly string[] => policy.get(name) ?? policy.get("default-src") ?? ["*"];
	const isMarked = (words: readonly string[]): boolean => words.some((word) => /^'(?:nonce|sha256|sha384|sha512)-/.test(word));
	const isStrict = isMarked(list("script-src")) && list("script-src").includes("'strict-dynamic'");
	if (list("script-src").includes("'strict-dynamic'") && !isStrict) return -25;
	const quiet = (words: readonly string[]): readonly string[] => (isMarked(words) ? words.filter((word) => word !== "'unsafe-inline'") : words);
	const scripts = quiet(list("script-src")).filter((word) => !isStrict || (word !== "'self'" && !BROAD.some((broad) => word.startsWith(broad))));
	const styles = quiet(list("style-src"));
	const isUnsafe = (word: string): boolean => BROAD.includes(word) || word === "'unsafe-inline'" || word === "data:";
	const isInsecure = (word: string): boolean => secure && /^(?:http|ftp):/.test(word);
	if (scripts.some(isUnsafe) || list("object-src").some((word) => BROAD.includes(word))) return -20;
	const active = [...policy].filter(([name]) => !["img-src", "media-src", "script-src"].includes(name)).flatMap(([, words]) => words);
	if ([...active, ...scripts].some(isInsecure)) return -20;
	if ([...scripts, ...styles].includes("'unsafe-eval'")) return -10;
	const passive = ["img-src", "media-src"].flatMap((name) => policy.get(name) ?? policy.get("default-src") ?? []);
	if (passive.some(isInsecure)) return -10;
	if (styles.some(isUnsafe)) return 0;
	return policy.get("default-src")?.join() === "'none'" ? 10 : 5;
}

function hstsPoints(exchanges: Exchanges): number {
	const page = pageOf(exchanges);
	if (page === undefined || !page.secure) return -20;
	const value = valuesOf(page, "Strict-Transport-Security").join(", ");
	const maxAge = /(?:^|;)\s*max-age=([^;]*)/i.exec(value)?.[1];
	if (maxAge === undefined || value.includes(",")) return -20;
	// The scanner accepts a value that is not a number; our own rules find it.
	return Number.parseInt(maxAge, 10) < 15_552_000 ? -10 : 0;
}

function cookies(exchanges: Exchanges): number {
	const page = pageOf(exchanges);
	const lines = page === undefined ? [] : valuesOf(page, "Set-Cookie").filter((line) => !line.startsWith("heroku-session-affinity="));
	if (lines.length === 0) return 0;
	const hasHsts = hstsPoints(exchanges) >= 0;
	const worst = Math.min(...lines.map((line) => cookiePoints(line, hasHsts)));
	if (worst < 0) return worst;
	return lines.every((line) => /;\s*samesite\s*=/i.test(line)) ? 5 : 0;
}

function cookiePoints(line: string, hasHsts: boolean): number {
	const name = (line.split("=", 1)[0] ?? "").trim().toLowerCase();
	const isSession = name.includes("login") || name.includes("sess");
	const isSecure = /;\s*secure\s*(?:;|$)/i.test(line);
	const [hasSameSite = "", value = ""] = /;\s*samesite\s*(?:=\s*([^;\s]*))?/i.exec(line.toLowerCase()) ?? [];
	const isLegal = ["lax", "strict", "none"].includes(value);
	const faults: readonly (readonly [boolean, number])[] = [
		[isSession && !/;\s*httponly\s*(?:;|$)/i.test(line), -30],
		[!isSecure && isSession, hasHsts ? -10 : -40],
		[!isSecure && !isSession, hasHsts ? -5 : -20],
		[(hasSameSite !== "" && !isLegal) || (value === "none" && !isSecure), -20],
		[name.includes("csrf") && hasSameSite === "", -20],
	];
	return Math.min(0, ...faults.map(([isSo, points]) => (isSo ? points : 0)));
}

function redirection(exchanges: Exchanges): number {
	const http = exchanges.find(({ probe }) => probe === "plain-http");
	const page = pageOf(exchanges);
	if (page !== undefined && !page.secure) return -20;
	if (http === undefined) return 0;
	const to = targetOf(http);
	if (to === undefined) return -20;
	if (to.protocol === "http:") return -10;
	return to.hostname === new URL(http.url).hostname ? 0 : -5;
}

const PRIVATE = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const UNSAFE = ["origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"];

/** A header that has one word: points by word, for none, and for any other. */
function word(header: string, points: Readonly<Record<string, number>>, absent: number, other: number): ObservatoryTest["judge"] {
	return (exchanges) => {
		const page = pageOf(exchanges);
		const values = page === undefined ? [] : valuesOf(page, header);
		return values.length === 0 ? absent : (points[values.join(", ").trim().toLowerCase()] ?? other);
	};
}

function referrer(exchanges: Exchanges): number {
	const page = pageOf(exchanges);
	const values = page === undefined ? [] : valuesOf(page, "Referrer-Policy");
	if (values.length === 0) return 0;
	const known = values
		.join(",")
		.split(",")
		.map((part) => part.trim().toLowerCase())
		.filter((part) => PRIVATE.includes(part) || UNSAFE.includes(part));
	return PRIVATE.includes(known.at(-1) ?? "") ? 5 : -5;
}

function framing(exchanges: Exchanges, algorithm: 4 | 6): number {
	const page = pageOf(exchanges);
	if (page === undefined) return -20;
	try {
		// A meta element counts, though browsers ignore frame-ancestors there.
		if (policyOf(page, algorithm)?.has("frame-ancestors")) return 5;
	} catch (error) {
		if (!(error instanceof Invalid)) throw error;
	}
	const value = valuesOf(page, "X-Frame-Options").join(", ").trim().toLowerCase();
	if (value === "deny" || value === "sameorigin") return algorithm === 6 ? 5 : 0;
	return value.startsWith("allow-from") ? 0 : -20;
}

function integrity(exchanges: Exchanges): number {
	const page = pageOf(exchanges);
	if (page === undefined || !isDocument(page)) return 0;
	const scripts = tagsIn(page.body).filter(({ name }) => name === "script");
	const host = new URL(page.url).hostname;
	const results = scripts.flatMap(({ attributes }) => {
		const source = attributes.get("src");
		return source === undefined || source === "" ? [] : [scriptPoints(source, attributes.has("integrity"), host, page.secure)];
	});
	// The scanner takes a foreign script without integrity for worse than one over http that has it.
	const worst = [-50, -5, -20].find((fault) => results.some(({ points }) => points === fault));
	if (worst !== undefined) return worst;
	return results.some(({ earns }) => earns) ? 5 : 0;
}

/** Same registrable domain, as far as two labels tell. */
function isSameSite(a: string, b: string): boolean {
	const tail = (host: string): string => host.split(".").slice(-2).join(".");
	return tail(a) === tail(b);
}

function scriptPoints(source: string, hasIntegrity: boolean, host: string, secure: boolean): { readonly points: number; readonly earns: boolean } {
	const isAbsolute = /^https?:\/\//i.test(source);
	const isOwn = isAbsolute ? URL.canParse(source) && isSameSite(new URL(source).hostname, host) : !source.startsWith("//");
	const isSecure = isAbsolute ? /^https:/i.test(source) : secure && !source.startsWith("//");
	if (isOwn) return { points: 0, earns: hasIntegrity && isSecure };
	if (hasIntegrity) return { points: isSecure ? 0 : -20, earns: isSecure };
	return { points: isSecure ? -5 : -50, earns: false };
}

export const OBSERVATORY_TESTS: readonly ObservatoryTest[] = [
	{ name: "Content-Security-Policy", since: 4, judge: csp },
	{ name: "cookies", since: 4, judge: cookies },
	{ name: "redirection", since: 4, judge: redirection },
	{ name: "Referrer-Policy", since: 4, judge: referrer },
	{ name: "Strict-Transport-Security", since: 4, judge: hstsPoints },
	{ name: "Subresource Integrity", since: 4, judge: integrity },
	{ name: "X-Content-Type-Options", since: 4, judge: word("X-Content-Type-Options", { nosniff: 0 }, -5, -5) },
	{ name: "framing", since: 4, judge: framing },
	{
		name: "Cross-Origin-Resource-Policy",
		since: 4,
		judge: word("Cross-Origin-Resource-Policy", { "same-origin": 10, "same-site": 10, "cross-origin": 0 }, 0, -5),
	},
	{
		name: "Cross-Origin-Opener-Policy",
		since: 6,
		judge: word("Cross-Origin-Opener-Policy", { "same-origin": 10, "same-origin-allow-popups": 10, "noopener-allow-popups": 10, "unsafe-none": 0 }, 0, -5),
	},
	{
		name: "Cross-Origin-Embedder-Policy",
		since: 6,
		judge: word("Cross-Origin-Embedder-Policy", { "require-corp": 10, credentialless: 10, "unsafe-none": 0 }, 0, -5),
	},
];
