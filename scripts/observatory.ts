/**
 * Records how the genuine MDN HTTP Observatory scores the sites of test/support/plausible-sites.ts, one line for fifty sites: their digest, and
 * for each site the score of algorithm 4 and of algorithm 6. `-` is a site that it refuses to score.
 *
 *     npx tsx scripts/observatory.ts <package or checkout with algorithm 4> <the same with algorithm 6>
 *
 * Its preload list, conf/hsts-preload.json, can be empty, or have the top-level domains that are on it. That is where its sites are listed.
 */
import { writeFileSync } from "node:fs";
import { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { digestOf, IN_LINE } from "../test/support/observatory.ts";
import { type Answer, plausibleSite, type Site } from "../test/support/plausible-sites.ts";

const SITES = 5000;

type Scorer = (site: Site) => number | undefined;

async function scorerOf(folder: string, algorithm: number): Promise<Scorer> {
	const root = resolve(folder);
	const from = (file: string) => import(pathToFileURL(join(root, "src", file)).href);
	const foreign = createRequire(join(root, "src", "index.js"));
	const { CookieJar } = foreign("tough-cookie");
	const { AxiosHeaders } = await import(pathToFileURL(join(foreign.resolve("axios"), "../../../index.js")).href);
	const [{ ALL_TESTS, ALGORITHM_VERSION }, { getScoreModifier }, { MINIMUM_SCORE_FOR_EXTRA_CREDIT }, { parseHttpEquivHeaders }, { HTML_TYPES }] =
		await Promise.all([from("constants.js"), from("grader/grader.js"), from("grader/charts.js"), from("retriever/utils.js"), from("types.js")]);
	if (ALGORITHM_VERSION !== algorithm) throw new Error(`${folder} has algorithm ${ALGORITHM_VERSION}`);

	function responseOf({ status, fields }: Answer) {
		const message = new IncomingMessage(new Socket());
		// As Node joins or drops what arrives twice.
		Reflect.get(message, "_addHeaderLines").call(message, fields.flat(), 2 * fields.length);
		return { status, headers: new AxiosHeaders(message.headers), verified: true };
	}

	function sessionOf(answers: readonly Answer[] | undefined, start: string) {
		const jar = new CookieJar();
		for (const { url, fields } of answers ?? [])
			for (const [name, value] of fields) if (name === "Set-Cookie") jar.setCookieSync(value, url, { ignoreError: true });
		return { url: new URL(start), jar, redirectHistory: (answers ?? []).map(({ url, status }) => ({ url: new URL(url), status })) };
	}

	return ({ host, https, http }) => {
		const page = (https ?? http)?.at(-1);
		if (page === undefined || page.status < 200 || (page.status >= 400 && page.status !== 401 && page.status !== 403)) return undefined;
		const auto = { ...responseOf(page), httpEquiv: new Map() };
		if (HTML_TYPES.has(auto.headers["content-type"]?.split(";")[0])) auto.httpEquiv = parseHttpEquivHeaders(page.body, page.url);
		const redirects = sessionOf(http, `http://${host}/`).redirectHistory;
		const last = http?.at(-1);
		const requests = {
			hostname: host,
			site: { hostname: host },
			resources: { path: page.body },
			session: https === undefined ? sessionOf(http, `http://${host}/`) : sessionOf(https, `https://${host}/`),
			responses: {
				auto,
				cors: null,
				http: last === undefined ? null : responseOf(last),
				https: https === undefined ? null : auto,
				httpRedirects: redirects,
				httpsRedirects: redirects,
			},
		};
		const points: number[] = ALL_TESTS.map((test: (requests: object) => { result: string }) => getScoreModifier(test(requests).result));
		const lost = points.reduce((sum, one) => sum + Math.min(one, 0), 100);
		return Math.max(0, lost >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? points.reduce((sum, one) => sum + one, 100) : lost);
	};
}

const [four = "", six = ""] = process.argv.slice(2);
const scorers = [await scorerOf(four, 4), await scorerOf(six, 6)];
const lines = Array.from({ length: SITES / IN_LINE }, (_, line) => {
	const scores = Array.from({ length: IN_LINE }, (_, i) => scorers.map((score) => score(plausibleSite(line * IN_LINE + i)) ?? "-").join("/"));
	return [digestOf(line), ...scores].join(" ");
});
writeFileSync("test/golden/observatory.txt", `${lines.join("\n")}\n`);
