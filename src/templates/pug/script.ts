/* Enough of JavaScript to find where an expression in Pug ends, and what a literal says. */

const CLOSING: ReadonlyMap<string, string> = new Map([
	["(", ")"],
	["[", "]"],
	["{", "}"],
]);

/** A string, or a bracket. */
const SIGN = /["'`()[\]{}]/g;

/** The position of the bracket that closes the one at `at`. -1 if there is none before `limit`. */
export function closingBracket(text: string, at: number, limit: number): number {
	const open: string[] = [];
	SIGN.lastIndex = at;
	for (let found = SIGN.exec(text); found !== null && found.index < limit; found = SIGN.exec(text)) {
		const [char] = found;
		const closing = CLOSING.get(char);
		if (isQuote(char)) {
			const after = afterString(text, found.index, limit);
			if (after === 0) return -1;
			SIGN.lastIndex = after;
		} else if (closing !== undefined) open.push(closing);
		else if (open.pop() !== char) return -1;
		else if (open.length === 0) return found.index;
	}
	return -1;
}

export function isQuote(char: string): boolean {
	return char === '"' || char === "'" || char === "`";
}

/** The position after a string. 0 if it does not end. What a template literal computes is taken for text. */
export function afterString(text: string, at: number, limit: number): number {
	for (let i = at + 1; i < limit; i++) {
		if (text[i] === "\\") i++;
		else if (text[i] === text[at]) return i + 1;
	}
	return 0;
}

/** An operator or word after which an expression goes on. */
const UNFINISHED = /(?:[.,(:{[?~%&*+\-/<>^|=!]|\b(?:typeof|new|in|of|instanceof|void|delete|await))\s*$/;

/** Whether an expression is complete, as far as its end tells. */
export function isComplete(expression: string): boolean {
	return expression.trim() !== "" && !UNFINISHED.test(expression);
}

/** Whether an expression goes on with this character after white space. */
export function goesOn(text: string, at: number): boolean {
	const char = text[at] ?? "";
	return /[.,();{}[\]<>=!+\-*/%&|^~?]/.test(char) && !text.startsWith("...", at);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
	["n", "\n"],
	["r", "\r"],
	["t", "\t"],
	["0", "\0"],
	["\n", ""],
]);

/** The text of a literal. Undefined for any other expression. */
export function literalOf(expression: string): string | undefined {
	const text = expression.trim();
	if (/^-?\d+(?:\.\d+)?$/.test(text)) return text;
	if (!isQuote(text[0] ?? "") || afterString(text, 0, text.length) !== text.length) return undefined;
	const inner = text.slice(1, -1);
	return text.startsWith("`") && inner.includes("${") ? undefined : unescaped(inner);
}

/** The literal text that an expression begins with. */
export function startOf(expression: string): string {
	const text = expression.trim();
	if (!isQuote(text[0] ?? "")) return "";
	const end = afterString(text, 0, text.length);
	if (end === 0) return "";
	const inner = text.slice(1, end - 1);
	return unescaped(text.startsWith("`") ? (inner.split("${", 1)[0] ?? "") : inner);
}

function unescaped(text: string): string {
	return text.replace(/\\(?:u([\da-f]{4})|x([\da-f]{2})|([\s\S]))/gi, (_, unit?: string, byte?: string, char = "") => {
		const code = unit ?? byte;
		return code === undefined ? (ESCAPES.get(char) ?? char) : String.fromCharCode(Number.parseInt(code, 16));
	});
}
