import { brotliDecompressSync, constants, gunzipSync, inflateSync, type ZlibOptions } from "node:zlib";
import type { Exchange, Fields } from "../types.ts";

/** The server gave no response that can be judged. The message says what happened. */
export class Unreachable extends Error {
	/** There was no response in time, so nothing is known about it. */
	readonly isTimeout: boolean;
	constructor(message: string, isTimeout = false) {
		super(message);
		this.isTimeout = isTimeout;
	}
}

/** Milliseconds for one request. */
export const TIMEOUT = 10_000;

export const LONGEST_BODY: number = 512 * 1024;
export const HEADER_LIMIT: number = 256 * 1024;

/** How requests are sent. */
export interface ConnectionOptions {
	readonly headers: Readonly<Record<string, string>>;
	/** Milliseconds for one response. */
	readonly timeout: number;
	readonly insecure: boolean;
	/** Judge plain http as https. */
	readonly assumeTls: boolean;
	/** `host:port` → the address to connect to instead of resolving the name. */
	readonly resolve: ReadonlyMap<string, string>;
	/** Origins that are known to speak HTTP/2 alone. */
	readonly http2: Set<string>;
}

/** One request. */
export interface Ask {
	readonly probe: Exchange["probe"];
	readonly method?: string | undefined;
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/** Replaces the path of the URL, as it is and not normalized. */
	readonly path?: string | undefined;
	readonly body?: string | undefined;
	readonly sent?: string | undefined;
	/** The bytes of a whole request, which replace all that. `%HOST%` is replaced with the host. */
	readonly raw?: string | undefined;
}

/** A URL as reports show it: without user and password, and without its query, which may contain tokens. */
export function publicUrl(origin: string, path: string): string {
	const [pathname = "", query] = path.split(/\?(.*)/s);
	return `${origin}${pathname.replace(/#.*$/s, "")}${query === undefined ? "" : "?…"}`;
}

export function portOf(url: URL): number {
	return Number(url.port || (url.protocol === "https:" ? 443 : 80));
}

/** The address that the user chose for a name, perhaps with a port. */
export function chosen(host: string, port: number, resolve: ConnectionOptions["resolve"]): { readonly address: string | undefined; readonly port: number } {
	const text = resolve.get(`${host}:${port}`);
	const [, v4, v6, other] = /^(?:([\d.]+)|\[([\da-f:.]+)\]):(\d{1,5})$/i.exec(text ?? "") ?? [];
	return { address: v4 ?? v6 ?? text, port: other === undefined ? port : Number(other) };
}

const DECODERS: ReadonlyMap<string, (body: Buffer, options: ZlibOptions) => Buffer> = new Map([
	["gzip", gunzipSync],
	["deflate", inflateSync],
	["br", brotliDecompressSync],
]);

/** Some servers compress without being asked. A body that does not decode is not a page. */
export function textOf(body: Buffer, encoding: string | undefined): string {
	const decode = DECODERS.get(encoding?.trim().toLowerCase() ?? "");
	try {
		const decoded = decode?.(body, { maxOutputLength: 16 * LONGEST_BODY, finishFlush: constants.Z_SYNC_FLUSH }) ?? body;
		return decoded.subarray(0, LONGEST_BODY).toString("utf8");
	} catch {
		return "";
	}
}

export function isTimeout({ name }: Error): boolean {
	return name === "AbortError" || name === "TimeoutError";
}

export function pairs(raw: readonly string[]): Fields {
	return raw.flatMap((entry, i) => (i % 2 === 0 ? [[entry, raw[i + 1] ?? ""] as const] : []));
}
