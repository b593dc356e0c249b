import { createHash } from "node:crypto";
import type { Exchange } from "../../src/audit/types.ts";
import { type Answer, plausibleSite, type Site } from "./plausible-sites.ts";

/** Scores in a line of the recording, which begins with a digest of its sites. */
export const IN_LINE = 50;

/** The responses that the audit of `https://host/` has of a site. */
export function exchangesOf({ host, https, http }: Site): readonly Exchange[] {
	const answers = https ?? http ?? [];
	const seen = answers.map((answer, i) => exchangeOf(answer, i === answers.length - 1 ? "page" : "redirect"));
	const final = new URL(answers.at(-1)?.url ?? `https://${host}/`).hostname;
	const plain = https === undefined ? [] : [host, final].flatMap((name) => http?.find(({ url }) => url === `http://${name}/`) ?? []);
	return [...seen, ...[...new Set(plain)].map((answer) => exchangeOf(answer, "plain-http"))];
}

function exchangeOf({ url, status, fields, body }: Answer, probe: Exchange["probe"]): Exchange {
	return { probe, method: "GET", url, status, fields, body, secure: url.startsWith("https:") };
}

/** Changes when a site of the line does. */
export function digestOf(line: number): string {
	const sites = Array.from({ length: IN_LINE }, (_, i) => plausibleSite(line * IN_LINE + i));
	return createHash("sha256").update(JSON.stringify(sites)).digest("hex").slice(0, 12);
}
