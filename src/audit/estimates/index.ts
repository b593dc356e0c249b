import { type Exchanges, pageOf, valuesOf } from "../types.ts";
import { isPreloaded, observatoryPoints } from "./observatory/index.ts";

/** What another scanner would probably say of the page. Never a call to it: our reading of its rules, of the day in `model`. */
export interface Estimate {
	readonly tool: "MDN HTTP Observatory, algorithm 4" | "MDN HTTP Observatory, algorithm 6" | "securityheaders.com";
	readonly grade: string;
	/** Its points, where it counts in points. */
	readonly score?: number;
	/** The day of which the rules are. */
	readonly model: string;
	/** What decided, and what is not known here. */
	readonly notes: readonly string[];
}

export function estimatesOf(exchanges: Exchanges): readonly Estimate[] {
	const page = pageOf(exchanges);
	// The scanner refuses to judge anything else.
	if (page === undefined || !(page.status < 400 || page.status === 401 || page.status === 403)) return [];
	return [observatory(exchanges, 4), observatory(exchanges, 6), securityHeaders(exchanges)];
}

/** From the best to the worst, each with the least score that gets it. */
const LETTERS: readonly (readonly [number, string])[] = [
	[100, "A+"],
	[90, "A"],
	[85, "A-"],
	[80, "B+"],
	[70, "B"],
	[65, "B-"],
	[60, "C+"],
	[50, "C"],
	[45, "C-"],
	[40, "D+"],
	[30, "D"],
	[25, "D-"],
	[0, "F"],
];

function observatory(exchanges: Exchanges, algorithm: 4 | 6): Estimate {
	const page = pageOf(exchanges);
	const results = observatoryPoints(exchanges, algorithm);
	const lost = results.reduce((sum, { points }) => sum + Math.min(points, 0), 100);
	// Good marks count only where bad ones left little to mend.
	const score = Math.max(0, lost >= 90 ? results.reduce((sum, { points }) => sum + Math.max(points, 0), lost) : lost);
	return {
		tool: `MDN HTTP Observatory, algorithm ${algorithm}`,
		score,
		grade: LETTERS.find(([least]) => score - (score % 5) >= least)?.[1] ?? "F",
		model: "2026-08-20",
		notes: [
			...(page?.status === 401 || page?.status === 403 ? [`of a response with status ${page.status}`] : []),
			...results.filter(({ points }) => points !== 0).map(({ name, points }) => `${name} ${points > 0 ? "+" : ""}${points}`),
			...(isPreloaded(hostOf(exchanges)) ? [] : ["not on the preload list, as far as we know"]),
		],
	};
}

function hostOf(exchanges: Exchanges): string {
	return new URL(pageOf(exchanges)?.url ?? "http://localhost").hostname;
}

const GRADED = ["Strict-Transport-Security", "Content-Security-Policy", "Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options"];

function securityHeaders(exchanges: Exchanges): Estimate {
	const page = pageOf(exchanges);
	const missing = GRADED.filter((name) => page === undefined || valuesOf(page, name).length === 0 || (name === "Strict-Transport-Security" && !page.secure));
	const policy = page === undefined ? "" : valuesOf(page, "Content-Security-Policy").join(", ");
	const scripts = /(?:^|[;,])\s*script-src\s([^;,]*)/i.exec(policy)?.[1] ?? /(?:^|[;,])\s*default-src\s([^;,]*)/i.exec(policy)?.[1] ?? "";
	const isMarked = /'(?:nonce|sha256|sha384|sha512)-/i.test(scripts);
	const isCapped = /'unsafe-eval'/i.test(scripts) || (/'unsafe-inline'/i.test(scripts) && !isMarked);
	const grade = ["A+", "A", "B", "C", "D", "E", "F"][Math.max(missing.length, isCapped ? 1 : 0)] ?? "F";
	return {
		tool: "securityheaders.com",
		grade,
		model: "2026-04",
		notes: [...missing.map((name) => `${name} is missing`), ...(isCapped ? ["unsafe scripts cap it at A"] : []), "its weights are not published"],
	};
}
