import { type Exchange, valuesOf } from "../../types.ts";
import { registrableOf } from "../suffixes.ts";

/** A cookie as the scanner keeps it. */
interface Kept {
	readonly name: string;
	readonly domain: string | undefined;
	readonly path: string;
	readonly isSecure: boolean;
	readonly isHttpOnly: boolean;
	readonly sameSite: string | undefined;
}

const NOT_COUNTED = "heroku-session-affinity";

/** The cookies of a page and of the redirects to it, in order. */
export function cookiePoints(answers: readonly Exchange[], hasHsts: boolean): number {
	const kept = keptOf(answers).filter(({ name }) => name !== NOT_COUNTED);
	if (kept.length === 0) return 0;
	// It reads a wrong SameSite only in the last response, and also where the cookie is not kept.
	const isWrong = valuesOf(answers.at(-1) ?? { fields: [] }, "Set-Cookie").some(hasWrongSameSite);
	const worst = Math.min(isWrong ? -20 : 0, ...kept.map((cookie) => pointsOf(cookie, hasHsts)));
	if (worst < 0) return worst;
	return kept.every(({ sameSite }) => sameSite !== undefined) ? 5 : 0;
}

function pointsOf({ name, isSecure, isHttpOnly, sameSite }: Kept, hasHsts: boolean): number {
	const key = name.toLowerCase();
	const isSession = key.includes("login") || key.includes("sess");
	const faults: readonly (readonly [boolean, number])[] = [
		[isSession && !isHttpOnly, -30],
		[!isSecure && isSession, hasHsts ? -10 : -40],
		[!isSecure && !isSession, hasHsts ? -5 : -20],
		[!isSecure && sameSite === "none", -20],
		[key.includes("csrf") && sameSite === undefined, -20],
	];
	return Math.min(0, ...faults.map(([isSo, points]) => (isSo ? points : 0)));
}

function hasWrongSameSite(line: string): boolean {
	return line.split(";").some((part) => {
		const [name = "", value = ""] = part.split("=");
		return name.trim().toLowerCase() === "samesite" && !isSameSite(value.trim().toLowerCase());
	});
}

function isSameSite(value: string): boolean {
	return value === "lax" || value === "strict" || value === "none";
}

/** A cookie replaces another one of its name, domain and path. An expired one stays. */
function keptOf(answers: readonly Exchange[]): readonly Kept[] {
	const jar = new Map<string, Kept>();
	for (const answer of answers) {
		for (const line of valuesOf(answer, "Set-Cookie")) {
			const cookie = cookieOf(line, new URL(answer.url));
			if (cookie !== undefined) jar.set(JSON.stringify([cookie.name, cookie.domain, cookie.path]), cookie);
		}
	}
	return [...jar.values()];
}

/** Undefined for a cookie that it does not keep. */
function cookieOf(line: string, { hostname, pathname }: URL): Kept | undefined {
	const [pair = "", ...parts] = line.split(";").map((part) => part.trim());
	const name = /^([^=]+)=/.exec(pair)?.[1]?.trim() ?? "";
	if (name === "" || /[\0-\x1f]/.test(pair)) return undefined;
	const attributes = new Map(parts.map((part) => [part.split("=", 1)[0]?.trim().toLowerCase() ?? "", part.split(/=(.*)/s)[1]?.trim() ?? ""]));
	const own = attributes.get("domain")?.replace(/^\./, "").toLowerCase() || undefined;
	const path = attributes.get("path") ?? "";
	const sameSite = attributes.get("samesite")?.toLowerCase() ?? "";
	const cookie: Kept = {
		name,
		domain: own ?? hostname,
		path: path.startsWith("/") ? path : pathname.slice(0, pathname.lastIndexOf("/")) || "/",
		isSecure: attributes.has("secure"),
		isHttpOnly: attributes.has("httponly"),
		sameSite: isSameSite(sameSite) ? sameSite : undefined,
	};
	const isForeign = own !== undefined && (registrableOf(own) === undefined || !(hostname === own || hostname.endsWith(`.${own}`)));
	return isForeign || !keepsPromise(cookie, own) ? undefined : cookie;
}

/** What the prefix of a name promises. */
function keepsPromise({ name, isSecure, path }: Kept, domain: string | undefined): boolean {
	if (name.startsWith("__Host-")) return isSecure && domain === undefined && path === "/";
	return !name.startsWith("__Secure-") || isSecure;
}
