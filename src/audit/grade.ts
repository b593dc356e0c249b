import { isNonceOrHash } from "../csp/grammar.ts";
import { effective } from "../csp/model.ts";
import { policiesOf } from "./csp-of.ts";
import { type Exchanges, type Finding, isAnswer, valuesOf } from "./types.ts";

/** A grade for people. Only severities decide whether an audit fails. */
export interface Grade {
	readonly letter: "A+" | "A" | "B" | "C" | "D" | "F";
	/** 0 to 100. */
	readonly points: number;
	/** Why the letter is worse than the points alone would give. */
	readonly caps: readonly string[];
	/** What each area that was judged has of its points, on the page that decides. */
	readonly areas: readonly { readonly name: string; readonly points: number; readonly most: number }[];
	/** Areas with nothing to judge; the others count for more. */
	readonly notApplicable: readonly string[];
	/** Each page, where there are several; the worst decides. */
	readonly pages: readonly { readonly url: string; readonly letter: Grade["letter"]; readonly points: number }[];
	/** Grades of different models are not compared. */
	readonly model: 2;
}

interface Area {
	readonly name: string;
	readonly points: number;
	readonly ids: RegExp;
	/** Findings that take all its points. */
	readonly emptiedBy: RegExp;
	/** Whether there is anything to judge. */
	readonly applies?: (exchanges: Exchanges) => boolean;
}

const NEVER = /$^/;

/** A rule belongs to the first area that lists it. */
const AREAS: readonly Area[] = [
	{ name: "framing", points: 10, ids: /^(?:frame|xfo)\/|^csp\/frame-ancestors-wildcard$/, emptiedBy: /^frame\/unprotected$/ },
	{
		name: "CSP completeness",
		points: 10,
		ids: /^csp\/(?:no-base-uri|no-form-action|no-default-src|no-frame-ancestors|other-wildcard|form-action-wildcard|style-|unknown-directive|obsolete-directive|invalid-token|local-or-ip|legacy-header|sandbox)|^report\//,
		emptiedBy: /^csp\/(?:missing|report-only-only)$/,
	},
	{ name: "script protection", points: 25, ids: /^(?:csp|nonce)\//, emptiedBy: /^csp\/(?:missing|report-only-only)$/ },
	{
		name: "transport",
		points: 15,
		ids: /^(?:hsts|redirect|preload)\//,
		emptiedBy: /^hsts\/missing$/,
		applies: (exchanges) => exchanges.some(({ secure }) => secure),
	},
	{ name: "types", points: 5, ids: /^(?:xcto|type)\//, emptiedBy: /^xcto\/missing$/ },
	{ name: "referrer and permissions", points: 5, ids: /^(?:referrer|permissions|feature-policy)\//, emptiedBy: NEVER },
	{ name: "isolation", points: 5, ids: /^(?:coop|coep|corp|dip|oac|isolation|integrity-policy|connection-allowlist)\//, emptiedBy: NEVER },
	{
		name: "CORS",
		points: 5,
		ids: /^cors\//,
		emptiedBy: NEVER,
		applies: (exchanges) => exchanges.some((exchange) => valuesOf(exchange, "Access-Control-Allow-Origin").length > 0),
	},
	{
		name: "cookies",
		points: 5,
		ids: /^cookie\//,
		emptiedBy: NEVER,
		applies: (exchanges) => exchanges.some((exchange) => valuesOf(exchange, "Set-Cookie").length > 0),
	},
	{ name: "coverage", points: 10, ids: /^(?:consistency|edge|policy|site)\//, emptiedBy: /^(?:csp\/missing|xcto\/missing)$/ },
	{ name: "hygiene", points: 5, ids: /^(?:dup|leak|obsolete|cache|vary|header|sri|mixed)\//, emptiedBy: NEVER },
];

/** Defects that good headers elsewhere do not outweigh. */
const CAPS: readonly (readonly [ids: RegExp, letter: Grade["letter"], why: string])[] = [
	[/^cors\/reflected-credentials$/, "F", "any site may read what visitors may"],
	[/^nonce\/(?:reused|predictable|shared-cacheable|served-from-cache)$/, "C", "the nonce is known to others"],
	[/^hsts\/missing$/, "C", "there is no HSTS"],
	[/^frame\/unprotected$/, "C", "any site may frame the page"],
	[/^(?:dup\/different|hsts\/multiple)$/, "B", "a header is sent twice with different values"],
	[/^csp\/script-(?:unsafe-inline|wildcard|known-bypass)$/, "B", "injected scripts run"],
];

/** Then the grade would be that of a filter or of an error page. */
function isNotThePage({ id, probe }: Finding): boolean {
	return probe === "page" && (id === "site/refused" || id === "site/unexpected-status");
}

const LETTERS: readonly Grade["letter"][] = ["A+", "A", "B", "C", "D", "F"];

export function gradeOf(exchanges: Exchanges, findings: readonly Finding[]): Grade {
	const urls = [...new Set(exchanges.filter(isAnswer).map(({ url }) => url))];
	const pages = urls.map((url) => ({ url, ...gradeOfPage(url, exchanges, findings) }));
	const [worst = gradeOfPage("", exchanges, findings)] = [...pages].sort(
		(a, b) => LETTERS.indexOf(b.letter) - LETTERS.indexOf(a.letter) || a.points - b.points,
	);
	return {
		letter: worst.letter,
		points: worst.points,
		caps: worst.caps,
		areas: worst.areas,
		notApplicable: AREAS.filter(({ applies }) => applies?.(exchanges) === false).map(({ name }) => name),
		pages: pages.length < 2 ? [] : pages.map(({ url, letter, points }) => ({ url, letter, points })),
		model: 2,
	};
}

/** The grade of one page, including findings that do not belong to any page. */
function gradeOfPage(url: string, exchanges: Exchanges, all: readonly Finding[]): Pick<Grade, "letter" | "points" | "caps" | "areas"> {
	const findings = all.filter((finding) => !isAnswer(finding) || finding.url === url || finding.alsoAt.includes(url));
	const judged = AREAS.filter(({ applies }) => applies === undefined || applies(exchanges));
	const most = judged.reduce((sum, { points }) => sum + points, 0);
	const areas = judged.map((area) => ({ name: area.name, points: pointsIn(area, findings), most: area.points }));
	const points = Math.round((areas.reduce((sum, area) => sum + area.points, 0) / most) * 100);
	const isStrictPage = exchanges.filter((exchange) => isAnswer(exchange) && exchange.url === url).every(isStrict);
	const letter = letterOf(points, isStrictPage, findings);
	const caps = CAPS.filter(([ids, cap]) => LETTERS.indexOf(cap) > LETTERS.indexOf(letter) && findings.some((finding) => isOrCovers(finding, ids)));
	if (findings.some(isNotThePage)) return { letter: "F", points, caps: ["the response is not the page"], areas };
	const lowest = LETTERS[Math.max(LETTERS.indexOf(letter), ...caps.map(([, cap]) => LETTERS.indexOf(cap)))] ?? "F";
	return { letter: lowest, points, caps: caps.map(([, , why]) => why), areas };
}

function pointsIn(area: Area, findings: readonly Finding[]): number {
	if (findings.some((finding) => isOrCovers(finding, area.emptiedBy))) return 0;
	// One defect counts once, however many answers show it.
	const own = new Map(findings.filter(({ id }) => AREAS.find(({ ids }) => ids.test(id)) === area).map(({ id, severity }) => [id, severity]));
	const lost = [...own.values()].reduce((sum, severity) => sum + { error: 0.5, warning: 0.25, note: 0 }[severity], 0);
	return area.points * Math.max(0, 1 - lost);
}

function isOrCovers({ id, covers }: Finding, ids: RegExp): boolean {
	return ids.test(id) || covers.some((one) => ids.test(one));
}

function letterOf(points: number, isStrictPage: boolean, findings: readonly Finding[]): Grade["letter"] {
	const isClean = findings.every(({ severity }) => severity === "note");
	if (points >= 97 && isClean && isStrictPage) return "A+";
	return points >= 90 ? "A" : points >= 80 ? "B" : points >= 70 ? "C" : points >= 60 ? "D" : "F";
}

/** Nonces or hashes select the scripts, or there are none. */
function isStrict(exchange: Exchanges[number]): boolean {
	const lists = policiesOf(exchange).map((model) => effective(model, "script-src-elem") ?? []);
	return lists.some((list) => list.some(isNonceOrHash) || list.join() === "'none'");
}
