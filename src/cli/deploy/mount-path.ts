import { closureVariable } from "./closure.ts";

/** One entry of a stack. Express has `slash` (5) or `regexp` (4) for a path that matches everything, Connect has an empty `route`. */
export interface Layer {
	readonly handle: unknown;
	readonly slash?: boolean;
	readonly regexp?: RegExp & { readonly fast_slash?: boolean };
	readonly keys?: readonly { readonly name: string | number }[];
	/** The path as it was written. Since router 2.3. */
	readonly rawPath?: unknown;
	readonly matchers?: readonly unknown[];
	readonly route?: string | Route | undefined;
	match?(path: string): unknown;
}

export interface Route {
	readonly path: unknown;
	readonly stack: readonly { readonly handle: unknown; readonly method?: string }[];
}

/** The paths of a layer as they were written. A regular expression has a space before it, to tell it from a path. */
export function mountPaths(layer: Layer): readonly string[] {
	const { route, rawPath, regexp, keys = [], matchers } = layer;
	if (typeof route === "object") return textsOf(route.path);
	if (typeof route === "string") return [route];
	if (rawPath !== undefined) return textsOf(rawPath);
	if (regexp !== undefined) return textsOfRegExp(regexp, keys);
	return (matchers ?? []).flatMap(textsOfMatcher);
}

function textsOf(path: unknown): readonly string[] {
	if (Array.isArray(path)) return path.flatMap(textsOf);
	return [path instanceof RegExp ? ` ${path}` : String(path)];
}

/** Before router 2.3, only the function that matches a path knows it. */
function textsOfMatcher(matcher: unknown): readonly string[] {
	const written = closureVariable(matcher, "_path");
	if (written instanceof RegExp) return textsOf(written);
	const regexp = closureVariable(matcher, "regexp");
	const keys = closureVariable(matcher, "keys");
	return regexp instanceof RegExp ? textsOfRegExp(regexp, Array.isArray(keys) ? keys : []) : ["/…"];
}

/** What path-to-regexp puts around a path: `^…\/?(?=\/|$)` in Express 4, `^(?:…)(?:\/$)?(?=\/|$)` in Express 5. */
const AROUND = /^\^(?:\(\?:(.*)\)\(\?:\\\/\$\)\?|(.*)\\\/\?)\(\?=\\\/\|\$\)$/;

/** The paths that path-to-regexp made an expression of. An array of paths is one expression in Express 4. */
function textsOfRegExp(regexp: RegExp, keys: NonNullable<Layer["keys"]>): readonly string[] {
	const names = keys.map(({ name }) => (typeof name === "string" ? `:${name}` : "*"));
	const texts = regexp.source.split(/(?<=\(\?=\\\/\|\$\))\|(?=\^)/).map((source) => {
		const [, five, four] = AROUND.exec(source) ?? [];
		return textOf(five ?? four, names);
	});
	return texts.every((text) => text !== undefined) ? texts : [` ${regexp}`];
}

/** Writes each group as the next parameter. Undefined for an expression of the application's own. */
function textOf(body: string | undefined, names: string[]): string | undefined {
	const text = body
		?.replace(/\(\?:(\\\/)?(\([^()]*\))\)/g, "$1$2")
		.replace(/\([^()]*\)/g, () => names.shift() ?? "*")
		.replace(/\\(.)/g, "$1");
	return text === undefined || /[()|[\]^$]/.test(text) ? undefined : text === "" ? "/" : text;
}
