import { closureVariable } from "./closure.ts";
import { type Layer, mountPaths, type Route } from "./mount-path.ts";

/** The parts of an Express or Connect application that are read. */
export interface Application {
	readonly settings?: Readonly<Record<string, unknown>>;
	readonly router?: { readonly stack?: readonly Layer[] };
	readonly _router?: { readonly stack?: readonly Layer[] };
	readonly stack?: readonly Layer[];
}

/** A handler, with all that leads to it. */
export interface Mounted {
	/** Its place in the order of all handlers. */
	readonly index: number;
	readonly handle: unknown;
	/** The whole path as it was written. Empty for every path. */
	readonly path: string;
	/** In capitals. Empty for every method. */
	readonly methods: readonly string[];
	/** Of a route, which matches its path alone. Other handlers also match what is below it. */
	readonly isRoute: boolean;
	/** Whether every request arrives here, unless it was answered before. */
	readonly isEverywhere: boolean;
}

/** The handlers of an application, of its routers and of the applications that are mounted in it, in the order in which a request meets them. */
export function handlersOf(application: Application): readonly Mounted[] {
	return handlersIn(stackOf(application), "", true, [application]).map((handler, index) => ({ ...handler, index }));
}

/** Whether every request for a handler also matches another one. */
export function covers(other: Mounted, handler: Mounted): boolean {
	if (other.isEverywhere) return true;
	const [above, path] = [other.path.toLowerCase(), handler.path.toLowerCase()];
	if (!other.isRoute) return above === "" || path === above || path.startsWith(`${above}/`) || path.startsWith(`${above} `);
	return handler.isRoute && path === above && (other.methods.length === 0 || handler.methods.some((method) => other.methods.includes(method)));
}

/** Where a handler is mounted, for people: `GET /api/users`, `everything under /api`. */
export function placeOf({ path, methods, isRoute, isEverywhere }: Mounted): string {
	if (isRoute) return `${methods.length === 0 ? "ALL" : methods.join(", ")} ${path === "" ? "/" : path}`;
	return isEverywhere || path === "" ? "every path" : `everything under ${path}`;
}

type Unordered = Omit<Mounted, "index">;

function handlersIn(stack: readonly Layer[], prefix: string, isEverywhere: boolean, parents: readonly unknown[]): readonly Unordered[] {
	return stack.flatMap((layer) => {
		const reachesAll = isEverywhere && matchesAll(layer);
		return pathsOf(layer).flatMap((own) => {
			const path = joined(prefix, own);
			if (typeof layer.route === "object") return handlersOfRoute(layer.route, path, reachesAll);
			const inside = insideOf(layer);
			const inner = stackOf(inside);
			if (inner.length > 0 && !parents.includes(inside)) return handlersIn(inner, path, reachesAll, [...parents, inside]);
			// A router without handlers answers nothing.
			if (isStack(inside)) return [];
			return [{ handle: layer.handle, path: reachesAll ? "" : path, methods: [], isRoute: false, isEverywhere: reachesAll }];
		});
	});
}

/** `app.all` makes one entry for each method that Node knows. */
const MANY_METHODS = 20;

function handlersOfRoute({ stack }: Route, path: string, reachesAll: boolean): readonly Unordered[] {
	const methods = new Map<unknown, (string | undefined)[]>();
	for (const { handle, method } of stack) methods.set(handle, [...(methods.get(handle) ?? []), method?.toUpperCase()]);
	return [...methods].map(([handle, names]) => {
		const isAll = names.includes(undefined) || names.length >= MANY_METHODS;
		const known = isAll ? [] : [...new Set(names)].filter((name) => name !== undefined);
		return { handle, path, methods: known, isRoute: true, isEverywhere: reachesAll && isAll };
	});
}

function pathsOf(layer: Layer): readonly string[] {
	return matchesRoot(layer) ? ["/"] : mountPaths(layer);
}

function joined(prefix: string, path: string): string {
	const own = path.startsWith(" ") ? path : path.replace(/(?<=[^/])\/+$/, "");
	if (own === "/" || own === "") return prefix;
	const isSeparate = own.startsWith("/") || own.startsWith(" ") || prefix === "";
	return `${prefix}${isSeparate ? "" : "/"}${own}`.trimStart();
}

/** Paths of all kinds. What matches them matches everything. */
const SAMPLES = ["/", "/headguard", "/headguard/sample.html"];

function matchesAll(layer: Layer): boolean {
	if (matchesRoot(layer)) return true;
	try {
		return typeof layer.match === "function" && SAMPLES.every((path) => Boolean(layer.match?.(path)));
	} catch {
		return false;
	}
}

function matchesRoot({ slash, regexp, route }: Layer): boolean {
	return slash === true || regexp?.fast_slash === true || route === "";
}

/** The router or application behind a layer, if it is one. Express and Connect mount applications in functions of their own. */
function insideOf({ handle, route }: Layer): unknown {
	const name = typeof handle === "function" ? handle.name : "";
	if (name === "mounted_app") return closureVariable(handle, "fn") ?? handle;
	return name === "handle" && typeof route === "string" ? (closureVariable(handle, "server") ?? handle) : handle;
}

function isStack(value: unknown): boolean {
	return typeof value === "function" && (Array.isArray(Reflect.get(value, "stack")) || typeof Reflect.get(value, "use") === "function");
}

function stackOf(value: unknown): readonly Layer[] {
	if (typeof value !== "function") return [];
	const application = value as Application;
	// Express 4 throws when `router` is read.
	if (application._router !== undefined || application.stack !== undefined) return application._router?.stack ?? application.stack ?? [];
	try {
		return application.router?.stack ?? [];
	} catch {
		return [];
	}
}
