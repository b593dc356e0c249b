import { randomBytes } from "node:crypto";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect } from "node:net";
import { FOREIGN_ORIGIN } from "./checks/site.ts";
import { type Probe, type Seen, valuesOf } from "./rule.ts";

export interface ProbeOptions {
	/** Sent with each request, as for a page behind a login. Never shown. */
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/** Paths to look at beside that of the address. */
	readonly paths?: readonly string[] | undefined;
	/** A route that answers 500. */
	readonly failingPath?: string | undefined;
	/** Milliseconds for each request. */
	readonly timeout?: number | undefined;
	/** Certificates that nobody signed are fine. */
	readonly insecure?: boolean | undefined;
	/** Send a request that no client sends, which Node answers by itself. Asked of this machine only, unless you say so. */
	readonly raw?: boolean | undefined;
	/** Plain http stands for https, as when a proxy ends TLS. */
	readonly assumeTls?: boolean | undefined;
}

/** The server gave no answer that can be judged; the message says what happened. */
export class Unreachable extends Error {}

const TIMEOUT = 10_000;
const LONGEST_BODY = 512 * 1024;
const HEADER_LIMIT = 256 * 1024;
const HOPS = 5;

interface Ask {
	readonly probe: Probe;
	readonly method?: string;
	readonly headers?: Readonly<Record<string, string>>;
	/** In place of that of the address; as it is, not normalised. */
	readonly path?: string;
}

/** Asks for everything that the rules look at. @throws {Unreachable} when the page itself gives no answer. */
export async function probe(address: URL, options: ProbeOptions): Promise<readonly Seen[]> {
	const seen: Seen[] = [];
	const page = await findPage(address, options, seen);
	const target = new URL(page.url);
	const again = (ask: Ask): Promise<void> => attempt(seen, () => send(target, ask, options));
	seen.push(page);
	await again({ probe: "again" });
	await again({ probe: "head", method: "HEAD" });
	const validators = conditions(page);
	if (validators !== undefined) await again({ probe: "conditional", headers: validators });
	await again({ probe: "foreign", headers: { Origin: FOREIGN_ORIGIN } });
	await again({ probe: "preflight", method: "OPTIONS", headers: { Origin: FOREIGN_ORIGIN, "Access-Control-Request-Method": "POST" } });
	await again({ probe: "not-found", path: `/headguard-audit-${randomBytes(6).toString("hex")}` });
	await again({ probe: "malformed", path: "/%" });
	if (target.protocol === "http:" && (options.raw ?? /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(target.hostname)))
		await attempt(seen, () => sendRaw(target, options));
	if (options.failingPath !== undefined) await again({ probe: "failing", path: options.failingPath });
	for (const path of options.paths ?? []) await again({ probe: "page", path });
	if (target.protocol === "https:" && target.port === "" && !seen.some((one) => one.probe === "plain-http")) {
		await attempt(seen, () => send(new URL(`http://${target.hostname}${target.pathname}`), { probe: "plain-http" }, options));
	}
	return seen;
}

/** The first answer that is no redirect; one from http to https is judged as well. */
async function findPage(address: URL, options: ProbeOptions, seen: Seen[]): Promise<Seen> {
	let url = address;
	for (let hop = 0; hop <= HOPS; hop++) {
		const page = await send(url, { probe: "page" }, options);
		const [location] = page.status >= 300 && page.status < 400 && page.status !== 304 ? valuesOf(page, "Location") : [];
		if (location === undefined) return page;
		if (!URL.canParse(location, url.href)) throw new Unreachable(`${url.origin} redirects to something that is no address`);
		const next = new URL(location, url);
		if (url.protocol === "http:" && hop === 0) seen.push({ ...page, probe: "plain-http" });
		if (!/^https?:$/.test(next.protocol)) throw new Unreachable(`${url.origin} redirects to ${next.protocol}, which is no web address`);
		url = next;
	}
	throw new Unreachable(`${address.origin} redirects more than ${HOPS} times`);
}

/** A single question that goes unanswered is no reason to end. */
async function attempt(seen: Seen[], ask: () => Promise<Seen>): Promise<void> {
	try {
		seen.push(await ask());
	} catch (error) {
		if (!(error instanceof Unreachable)) throw error;
	}
}

function conditions(page: Seen): Readonly<Record<string, string>> | undefined {
	const [etag] = valuesOf(page, "ETag");
	if (etag !== undefined && /^[\x20-\x7e]+$/.test(etag)) return { "If-None-Match": etag };
	const [modified] = valuesOf(page, "Last-Modified");
	return modified !== undefined && /^[\x20-\x7e]+$/.test(modified) ? { "If-Modified-Since": modified } : undefined;
}

function send(url: URL, { probe, method = "GET", headers = {}, path }: Ask, options: ProbeOptions): Promise<Seen> {
	const secure = url.protocol === "https:";
	const request = secure ? requestHttps : requestHttp;
	const timeout = options.timeout ?? TIMEOUT;
	return new Promise((resolve, reject) => {
		const fail = (reason: string): void => reject(new Unreachable(`${url.origin}: ${reason}`));
		const req = request(url.href, {
			method,
			path: path ?? `${url.pathname}${url.search}`,
			headers: { Accept: "text/html,*/*;q=0.8", "User-Agent": "headguard-audit", ...options.headers, ...headers },
			agent: false,
			maxHeaderSize: HEADER_LIMIT,
			rejectUnauthorized: options.insecure !== true,
			signal: AbortSignal.timeout(timeout),
		});
		let isAnswered = false;
		req.on("error", (error) => {
			// What came until then is judged.
			if (!isAnswered) fail(error.name === "AbortError" || error.name === "TimeoutError" ? `no answer in ${timeout / 1000} seconds` : error.message);
		});
		req.on("response", (res) => {
			isAnswered = true;
			const chunks: Buffer[] = [];
			let length = 0;
			const done = (): void => {
				const fields = pairs(res.rawHeaders);
				const body = Buffer.concat(chunks).toString("utf8");
				resolve({
					probe,
					method,
					url: path === undefined ? url.href : `${url.origin}${path}`,
					status: res.statusCode ?? 0,
					fields,
					body,
					secure: secure || options.assumeTls === true,
				});
			};
			res.on("data", (chunk: Buffer) => {
				chunks.push(chunk);
				length += chunk.length;
				if (length > LONGEST_BODY) res.destroy();
			});
			// A body that ends early, or never, has shown its headers.
			res.on("close", done);
			res.on("error", () => {});
		});
		req.end();
	});
}

/** A header without a colon: HTTP/1 servers answer 400 before any application sees the request. */
function sendRaw(url: URL, { timeout = TIMEOUT, assumeTls = false }: ProbeOptions): Promise<Seen> {
	return new Promise((resolve, reject) => {
		const socket = connect(Number(url.port || 80), url.hostname.replace(/[[\]]/g, ""));
		const chunks: Buffer[] = [];
		const timer = setTimeout(() => socket.destroy(), timeout);
		socket.on("error", () => {});
		socket.on("data", (chunk: Buffer) => chunks.push(chunk));
		socket.on("close", () => {
			clearTimeout(timer);
			const [head = "", body = ""] = Buffer.concat(chunks).toString("latin1").split("\r\n\r\n", 2);
			const [first = "", ...lines] = head.split("\r\n");
			const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
			if (!(status >= 400)) return reject(new Unreachable("the malformed request was not answered by an error"));
			const fields = lines.map((line) => line.split(/:(.*)/s)).map(([name = "", value = ""]) => [name, value.trim()] as const);
			resolve({ probe: "malformed", method: "GET", url: `${url.origin}/`, status, fields, body, secure: assumeTls });
		});
		socket.write(`GET / HTTP/1.1\r\nHost: ${url.host}\r\nno colon\r\nConnection: close\r\n\r\n`);
	});
}

function pairs(raw: readonly string[]): readonly (readonly [string, string])[] {
	return raw.flatMap((entry, i) => (i % 2 === 0 ? [[entry, raw[i + 1] ?? ""] as const] : []));
}
