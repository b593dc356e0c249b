/** What a change gives away. */
export type Risk = "low" | "medium" | "high";

/** From the harmless to the grave. */
export const RISKS: readonly Risk[] = ["low", "medium", "high"];

export function riskier(one: Risk, other: Risk): Risk {
	return RISKS.indexOf(one) > RISKS.indexOf(other) ? one : other;
}

/** What letting something in means, once it is an attacker's: anybody can have it reported. */
export type Judgement = readonly [risk: Risk, advice: string];

/** What a host may do once it is let in. A directive that is not here gets none. */
const HOSTS: ReadonlyMap<string, Judgement> = new Map([
	["img-src", ["low", "Its images are shown; it learns who visits, and what scripts write into their addresses."]],
	["media-src", ["low", "Its sound and video play, and it learns who visits."]],
	["font-src", ["low", "Its fonts are used, and it learns who visits."]],
	["manifest-src", ["low", "It describes the app that visitors install."]],
	["style-src", ["medium", "Its style sheets can change the page, cover parts of it and read some of it."]],
	["connect-src", ["medium", "Scripts of the page can send it whatever they know."]],
	["frame-src", ["medium", "It is shown as a part of the page."]],
	["form-action", ["high", "What visitors write into forms can go there."]],
	["worker-src", ["high", "Its code runs in the background of the site."]],
	["script-src", ["high", "Its code runs with all the rights of the page, whatever it will serve one day. A nonce on the tag lets one script in, not a host."]],
]);

const OWN: Judgement = ["low", "It is the site itself."];

/** What the site itself may do where a policy has left it out; what visitors have uploaded is the site itself, too. */
const OWN_MORE: ReadonlyMap<string, Judgement> = new Map([
	["style-src", ["medium", "Style sheets of the site itself count, uploaded ones too."]],
	["form-action", ["medium", "Forms go to any address of the site itself."]],
	["worker-src", ["medium", "Workers of the site itself run, uploaded ones too."]],
	["script-src", ["medium", "Scripts of the site itself run, uploaded ones too."]],
]);

/** Schemes that are no addresses of the network: what has them is in the page already. */
const SCHEMES: ReadonlyMap<string, readonly [directives: readonly string[], ...Judgement]> = new Map([
	["data:", [["img-src", "media-src", "font-src"], "low", "What stands in the page's own text is shown."]],
	["blob:", [["img-src", "media-src"], "low", "What scripts of the page made is shown."]],
]);

const BLOB_WORKERS: Judgement = ["medium", "Workers run code that scripts of the page made."];

/** Anything more than a handful of new hosts of one directive is likely made up. */
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
