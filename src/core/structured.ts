/** Writer for the parts of RFC 9651 (Structured Field Values) that the headers need. Its input was validated: an invalid value is a bug and throws. */

const TOKEN = /^[A-Za-z*][A-Za-z0-9!#$%&'*+\-.^_`|~:/]*$/;
const KEY = /^[a-z*][a-z0-9_\-.*]*$/;

export function isKey(text: string): boolean {
	return KEY.test(text);
}

export function isToken(text: string): boolean {
	return TOKEN.test(text);
}

/** `same-origin` (RFC 9651 §4.1.7). */
export function token(text: string): string {
	if (!isToken(text)) throw new RangeError(`not a structured-field token: ${JSON.stringify(text)}`);
	return text;
}

/** `"text"` with `"` and `\` escaped (RFC 9651 §4.1.6). */
export function string(text: string): string {
	if (!/^[\x20-\x7e]*$/.test(text)) throw new RangeError(`not a structured-field string: ${JSON.stringify(text)}`);
	return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** `?1` or `?0` (RFC 9651 §4.1.9). */
export function boolean(value: boolean): string {
	return value ? "?1" : "?0";
}

/** `(a b)`, of members that are already serialized (RFC 9651 §4.1.1.1). */
export function innerList(members: readonly string[]): string {
	return `(${members.join(" ")})`;
}

/** `a=1, b=2`, of values that are already serialized (RFC 9651 §4.1.2). */
export function dictionary(members: Iterable<readonly [string, string]>): string {
	return [...members].map(([key, value]) => `${sfKey(key)}=${value}`).join(", ");
}

/** `item; key=value`, of parts that are already serialized (RFC 9651 §4.1.1.2). */
export function withParameter(item: string, key: string, value: string): string {
	return `${item}; ${sfKey(key)}=${value}`;
}

function sfKey(text: string): string {
	if (!isKey(text)) throw new RangeError(`not a structured-field key: ${JSON.stringify(text)}`);
	return text;
}
