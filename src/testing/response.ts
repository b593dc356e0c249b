import type { Fields } from "../audit/types.ts";
import { show } from "../core/text.ts";

/**
 * A response of any test library: a `Response` of fetch, that of supertest or light-my-request, Node's own
 * IncomingMessage, or anything else with headers by name.
 */
export interface TestResponse {
	readonly headers: object;
	readonly status?: number | undefined;
	readonly statusCode?: number | undefined;
	/** Header lines as they came, if the library has them: name, value, name, value. */
	readonly rawHeaders?: readonly string[] | undefined;
	/** supertest: the message of Node behind the response. */
	readonly res?: { readonly rawHeaders?: readonly string[] | undefined } | undefined;
}

/** The header lines of a response, one by one where the library tells them apart. @throws {TypeError} for what is no response. */
export function linesOf(response: TestResponse): Fields {
	const headers: unknown = response?.headers;
	if (typeof headers !== "object" || headers === null) throw new TypeError(`received ${show(response)}. Give a response with headers.`);
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
