import { ask } from "../../audit/crawl/http.ts";
import { TIMEOUT, Unreachable } from "../../audit/crawl/request.ts";

/** What is known about addresses that redirect. */
interface Followed {
	/** Address → the addresses on the way, itself first. */
	readonly ways: ReadonlyMap<string, readonly URL[]>;
	/** A sentence for each address that did not answer with a redirect. */
	readonly silent: readonly string[];
}

/** Anyone can report an address, so this requests no more than a person would by hand. */
const MOST_ADDRESSES = 50;
const MOST_HOPS = 10;

/**
 * Requests addresses to see where they redirect, as a visitor without cookies would. It requests only addresses of these origins, and reads
 * only the name of a target elsewhere. Anyone can make reports up, and they must not make this machine send requests to other places.
 */
export async function follow(addresses: readonly string[], origins: readonly string[]): Promise<Followed> {
	const ways = new Map<string, readonly URL[]>();
	const silent: string[] = [];
	const wanted = addresses.filter((address) => origins.includes(new URL(address).origin));
	for (const address of wanted.slice(0, MOST_ADDRESSES)) {
		const found = await wayOf(withoutSecrets(new URL(address)), origins);
		if (typeof found === "string") silent.push(`--follow: ${address} ${found}`);
		else ways.set(address, found);
	}
	if (wanted.length > MOST_ADDRESSES)
		silent.push(`--follow: ${wanted.length - MOST_ADDRESSES} more addresses were not requested. The limit is ${MOST_ADDRESSES}.`);
	return { ways, silent };
}

async function wayOf(address: URL, origins: readonly string[]): Promise<readonly URL[] | string> {
	if (/\/:id(?:[/.]|$)/.test(address.pathname)) return "represents several addresses. Request one of them yourself.";
	const way = [address];
	for (let last = address; origins.includes(last.origin) && way.length <= MOST_HOPS; last = way.at(-1) as URL) {
		const answer = await answerOf(last);
		if (typeof answer === "string") return `could not be requested: ${answer}.`;
		if (answer.target === undefined)
			return way.length > 1 ? way : `answers ${answer.status} and does not redirect without a query, a cookie or a form submission.`;
		way.push(answer.target);
	}
	return way;
}

async function answerOf(url: URL): Promise<{ readonly status: number; readonly target: URL | undefined } | string> {
	try {
		const { status, fields } = await ask(url, { probe: "page" }, LINE);
		const [, location = ""] = fields.find(([name]) => name.toLowerCase() === "location") ?? [];
		const isRedirect = [301, 302, 303, 307, 308].includes(status) && URL.canParse(location, url.href);
		const target = isRedirect ? withoutSecrets(new URL(location, url)) : undefined;
		return { status, target: target !== undefined && /^https?:$/.test(target.protocol) ? target : undefined };
	} catch (error) {
		if (error instanceof Unreachable) return error.message;
		throw error;
	}
}

/** Removes the user name and the password, which would be sent otherwise. */
function withoutSecrets(url: URL): URL {
	const bare = new URL(url);
	bare.username = "";
	bare.password = "";
	return bare;
}

const LINE = {
	headers: { "User-Agent": "headguard-suggest" },
	timeout: TIMEOUT,
	insecure: false,
	assumeTls: false,
	resolve: new Map<string, string>(),
	http2: new Set<string>(),
};
