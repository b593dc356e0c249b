/** How much a change helps an attacker. */
export type Risk = "low" | "medium" | "high";

/** From the lowest to the highest. */
export const RISKS: readonly Risk[] = ["low", "medium", "high"];

export function riskier(one: Risk, other: Risk): Risk {
	return RISKS.indexOf(one) > RISKS.indexOf(other) ? one : other;
}

/** What a source allows if it belongs to an attacker. Anyone can have any source reported. */
export type Judgement = readonly [risk: Risk, advice: string];

/** What a host can do once the policy allows it. Other directives never get a host. */
const HOSTS: ReadonlyMap<string, Judgement> = new Map([
	["img-src", ["low", "The page shows its images. It learns who visits, and what scripts write into the addresses of images."]],
	["media-src", ["low", "The page plays its audio and video. It learns who visits."]],
	["font-src", ["low", "The page uses its fonts. It learns who visits."]],
	["manifest-src", ["low", "It describes the app that visitors install."]],
	["style-src", ["medium", "Its style sheets can change the page, cover parts of it and read some of it."]],
	["connect-src", ["medium", "Scripts on the page can send it anything that they can read."]],
	["frame-src", ["medium", "It is shown as part of the page."]],
	["form-action", ["high", "Forms can send it what visitors enter."]],
	["worker-src", ["high", "Its code runs in the background of the site."]],
	[
		"script-src",
		["high", "Its code runs with all the rights of the page, including any code that it serves later. A nonce on the tag allows one script, not a whole host."],
	],
]);

const OWN: Judgement = ["low", "It is the site itself."];

/** What the site itself can do if a policy did not allow it so far. Uploads of visitors belong to the site, too. */
const OWN_MORE: ReadonlyMap<string, Judgement> = new Map([
	["style-src", ["medium", "The page uses any style sheet of the site itself, including uploaded ones."]],
	["form-action", ["medium", "Forms can submit to any address of the site itself."]],
	["worker-src", ["medium", "Any worker script of the site itself runs, including uploaded ones."]],
	["script-src", ["medium", "Any script of the site itself runs, including uploaded ones."]],
]);

/** Schemes that are not network addresses. Their content is already in the page. */
const SCHEMES: ReadonlyMap<string, readonly [directives: readonly string[], ...Judgement]> = new Map([
	["data:", [["img-src", "media-src", "font-src"], "low", "The page shows data that its own text contains."]],
	["blob:", [["img-src", "media-src"], "low", "The page shows data that its own scripts created."]],
]);

const BLOB_WORKERS: Judgement = ["medium", "Workers run code that the page's own scripts created."];

/** More new hosts for one directive are likely made up. */
export const MOST_HOSTS = 20;

/** @param base the directive without `-elem`. */
export function hostRisk(base: string, isOwn: boolean): Judgement | undefined {
	return isOwn && HOSTS.has(base) ? (OWN_MORE.get(base) ?? OWN) : HOSTS.get(base);
}

export function schemeRisk(scheme: string, directive: string): Judgement | undefined {
	if (scheme === "blob:" && directive === "worker-src") return BLOB_WORKERS;
	const [directives = [], ...judgement] = SCHEMES.get(scheme) ?? [];
	return directives.includes(directive) ? (judgement as Judgement) : undefined;
}
