/** The path of a request target, without its query and without the authority of an absolute target. */
export function pathOfTarget(target: string): string {
	const path = target.replace(/^https?:\/\/[^/?#]*/i, "").split(/[?#]/, 1)[0];
	return path === undefined || path === "" ? "/" : path;
}

/**
 * What a path comes to on servers that decode it and resolve it: without encoded letters, backslashes, empty segments, parameters of
 * segments (`;x`) and dot segments. Undefined for a path that cannot be decoded, or that holds control characters.
 */
export function resolvedPath(path: string): string | undefined {
	try {
		const decoded = decodeURIComponent(path);
		// Browsers leave brackets as they are.
		return /[\x00-\x1f\x7f]/.test(decoded) ? undefined : encodeURI(resolve(decoded)).replaceAll("%5B", "[").replaceAll("%5D", "]");
	} catch {
		return undefined;
	}
}

function resolve(path: string): string {
	const pieces = path.split(/[/\\]/).map((piece) => piece.split(";", 1)[0]);
	const segments: string[] = [];
	for (const piece of pieces) {
		if (piece === "..") segments.pop();
		else if (piece !== undefined && piece !== "" && piece !== ".") segments.push(piece);
	}
	const isFolder = ["", ".", ".."].includes(pieces.at(-1) ?? "") && segments.length > 0;
	return `/${segments.join("/")}${isFolder ? "/" : ""}`;
}
