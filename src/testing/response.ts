import type { Fields } from "../audit/types.ts";
import { show } from "../core/text.ts";

/**
 * A response of any test library: a `Response` of fetch, a response of supertest or light-my-request, an `IncomingMessage` of Node, or any
 * object that has headers by name.
 */
export interface TestResponse {
	/** The headers: a `Headers` object, or an object of values (or lists of values) by name. */
	readonly headers: object;
	/**
	 * The status code. A 304 has fewer headers than a page.
	 * @defaultValue the value of `statusCode`
	 */
	readonly status?: number | undefined;
	/**
	 * The status code, as Node and light-my-request name it.
	 * @defaultValue 200
	 */
	readonly statusCode?: number | undefined;
	/**
	 * The header lines as they were received: name, value, name, value. They show a header that was sent twice.
	 * @defaultValue the lines of `res.rawHeaders`, or else `headers`
	 */
	readonly rawHeaders?: readonly string[] | undefined;
	/**
	 * The `IncomingMessage` behind a response of supertest.
	 * @defaultValue none
	 */
	readonly res?:
		| {
				/**
				 * The header lines as they were received: name, value, name, value.
				 * @defaultValue the values of `headers`
				 */
				readonly rawHeaders?: readonly string[] | undefined;
		  }
		| undefined;
}

/** The header lines of a response, separately where the library keeps them separate. @throws {TypeError} for a value that is not a response. */
export function linesOf(response: TestResponse): Fields {
	const headers: unknown = response?.headers;
	if (typeof headers !== "object" || headers === null) throw new TypeError(`received ${show(response)}. Pass a response that has headers.`);
	const raw = response.rawHeaders ?? response.res?.rawHeaders;
	if (raw !== undefined) return raw.flatMap((entry, i) => (i % 2 === 0 ? [[entry, raw[i + 1] ?? ""] as const] : []));
	const entries = typeof Reflect.get(headers, "entries") === "function" ? [...(headers as Headers).entries()] : Object.entries(headers);
	return entries.flatMap(([name, value]) =>
		(Array.isArray(value) ? value : [value]).filter((one) => one !== undefined).map((one) => [name, String(one)] as const),
	);
}

export function statusOf({ status, statusCode }: TestResponse): number {
	return status ?? statusCode ?? 200;
}
