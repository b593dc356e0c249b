import { ServerResponse, STATUS_CODES } from "./node.ts";
import { currentText, type ResponseLike, type ResponseState } from "./state.ts";

/** Outside these bounds, Node throws and does not record the status. */
export function isStatus(status: number): boolean {
	return status >= 100 && status <= 999;
}

/**
 * Moves the headers that writeHead received after the status onto the response, where they are treated like all others. The result is what Node's
 * own writeHead makes of the same arguments on a response that has headers: one name in two spellings is one header, and the last value of an
 * object counts. On a response without headers, Node 20 also accepts a name twice, and every version accepts pairs. If only the policy is on the
 * response, both still work. Pairs are accepted in any case.
 *
 * @returns the arguments for the writeHead below. Undefined for an array that Node refuses: its own error is the best one.
 */
export function mergeArguments(state: ResponseState, res: ResponseLike, status: number, rest: readonly unknown[]): readonly unknown[] | undefined {
	const [reason, headers] = typeof rest[0] === "string" ? rest : [undefined, rest[1] ?? rest[0]];
	const left = reason === undefined ? [] : [reason];
	const taker = takerOf(state, res, headers);
	if (Array.isArray(headers)) {
		const fields = fieldsOf(headers);
		if (fields === undefined) return taker === "other" ? rest : undefined;
		record(res, status, reason);
		setInOrder(res, fields, taker);
		return left;
	}
	if (headers !== undefined && headers !== null && typeof headers !== "object" && typeof headers !== "function") return rest;
	record(res, status, reason);
	setEach(res, headers ?? {}, taker);
	return left;
}

/**
 * Whose rules apply: Node's for a response that has headers, Node's for one that has none, or those of anything else. The compatibility API of
 * HTTP/2 accepts all forms and keeps all lines.
 */
type Taker = "node" | "node, bare" | "other";

function takerOf(state: ResponseState, res: ResponseLike, headers: unknown): Taker {
	if (!(res instanceof ServerResponse)) return "other";
	if (isPairs(headers)) return "node, bare";
	const isAskedFor = Array.isArray(headers) || Object.hasOwn(Object(headers), "");
	return isAskedFor && isBare(state, res) ? "node, bare" : "node";
}

function isPairs(headers: unknown): headers is readonly Field[] {
	return Array.isArray(headers) && headers.length > 0 && headers.every((entry) => Array.isArray(entry));
}

/** The response would have no header without the policy. */
function isBare(state: ResponseState, res: ResponseLike): boolean {
	if (!state.wasBare) return false;
	const { headers } = state.block;
	return (res.getHeaderNames?.() ?? []).every((name) => {
		const ours = headers.find(({ lowerName }) => lowerName === name);
		return ours !== undefined && res.getHeader(name) === currentText(state, ours);
	});
}

type Field = readonly [name: unknown, value: unknown];

/** A flat array of names and values, or an array of pairs. */
function fieldsOf(headers: readonly unknown[]): readonly Field[] | undefined {
	if (isPairs(headers)) return headers;
	if (headers.length % 2 !== 0) return undefined;
	return headers.flatMap((entry, i) => (i % 2 === 0 ? [[entry, headers[i + 1]] as const] : []));
}

/** Node records both before it checks a header that may be invalid. */
function record(res: ResponseLike, status: number, reason: unknown): void {
	res.statusCode = status;
	if (typeof reason === "string") res.statusMessage = reason;
	else if (res instanceof ServerResponse) res.statusMessage ||= STATUS_CODES[status] ?? "unknown";
}

/** An array with one name twice: Node 20 keeps the last value once any header was set (nodejs/node#50387). Newer versions keep all. */
const KEEPS_EVERY_LINE = !(Number.parseInt(globalThis.process?.versions?.node ?? "22", 10) < 22);

function setEach(res: ResponseLike, headers: object, taker: Taker): void {
	for (const name of Object.keys(headers)) {
		// Node skips it if the response has a header, and refuses it otherwise.
		if (name !== "" || taker !== "node") res.setHeader(name, Reflect.get(headers, name) as string);
	}
}

function setInOrder(res: ResponseLike, fields: readonly Field[], taker: Taker): void {
	const spellings = new Map<string, unknown>();
	for (const [name, value] of fields) {
		if (!name && taker === "node") continue;
		const lowerName = String(name).toLowerCase();
		if (spellings.has(lowerName) && keepsBoth(lowerName, spellings.get(lowerName) === name, taker)) append(res, name as string, value as string);
		// A copy: Node keeps the array, and appending would change the application's own.
		else res.setHeader(name as string, (Array.isArray(value) ? [...value] : value) as string);
		spellings.set(lowerName, name);
	}
}

function keepsBoth(lowerName: string, isSameSpelling: boolean, taker: Taker): boolean {
	if (taker === "other" || KEEPS_EVERY_LINE) return true;
	return taker === "node, bare" && (isSameSpelling || lowerName === "set-cookie");
}

function append(res: ResponseLike, name: string, value: string): void {
	if (res.appendHeader === undefined) res.setHeader(name, [res.getHeader(name), value].flat() as string[]);
	else res.appendHeader(name, value);
}
