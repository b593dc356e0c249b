import type { Request, Response } from "../core/request.ts";
import { type CompiledPolicy, isCompiled } from "../policy/compile.ts";
import { routeOf } from "../reports/suggest/drafts.ts";
import type { ResponseState } from "../response/state.ts";
import type { WirePolicy } from "../response/wire.ts";
import { originOf } from "./local.ts";

/** What the server knows of a page that it has sent. */
export interface Visit {
	readonly method: string;
	/** The path of the request, without the query. */
	readonly path: string;
	/** The route that answered, as Express writes it. Undefined if none did, or if it is a pattern. */
	readonly route: string | undefined;
	/** The name of the template that was rendered. */
	readonly view: string | undefined;
	/** The policies that the response had, one after the other, without what devtools adds. Empty if it had none. */
	readonly steps: readonly Step[];
	readonly status: number;
	/** The origin of the page that shows this one in a frame, if it is another. */
	readonly embedder: string | undefined;
	/** Milliseconds since 1970. */
	readonly time: number;
}

/** A policy of a response, and what put it there. */
export interface Step {
	/** `policy`: the middleware itself. `app`, `router` and `route`: an override mounted there, or called in a handler. */
	readonly by: "policy" | "app" | "router" | "route";
	/** The path of the router or route, as Express writes it. */
	readonly at: string;
	readonly compiled: CompiledPolicy;
}

/** The policy that was sent. */
export function sentPolicy(visit: Visit | undefined): CompiledPolicy | undefined {
	return visit?.steps.at(-1)?.compiled;
}

/** The last pages, by path. */
export interface Visits {
	note(visit: Visit): void;
	at(path: string): Visit | undefined;
	all(): readonly Visit[];
	/** Notes where a response redirected to. */
	noteRedirect(req: Request, res: Response, path: string): void;
	/** Addresses that redirected → the addresses on the way, themselves first. */
	ways(): ReadonlyMap<string, readonly URL[]>;
}

const MOST = 500;

export function createVisits(): Visits {
	const visits = new Map<string, Visit>();
	const ways = new Map<string, readonly URL[]>();
	return {
		note(visit) {
			const key = visit.path;
			visits.delete(key);
			visits.set(key, visit);
			const [oldest] = visits.keys();
			if (visits.size > MOST && oldest !== undefined) visits.delete(oldest);
		},
		at: (path) => visits.get(path),
		all: () => [...visits.values()],
		noteRedirect(req, res, path) {
			const target = String(res.getHeader("location") ?? "");
			const own = `${originOf(req)}${path}`;
			if (!URL.canParse(own) || res.statusCode < 300 || res.statusCode > 399 || target === "" || !URL.canParse(target, own)) return;
			if (ways.size >= MOST) ways.clear();
			ways.set(own, [new URL(own), new URL(target, own)]);
		},
		ways: () => ways,
	};
}

/** The path of a request as the client wrote it, without the query. */
export function pathOf(req: Request): string {
	const target: unknown = Reflect.get(req, "originalUrl") ?? req.url;
	return String(target ?? "/").split(/[?#]/, 1)[0] || "/";
}

/** The route of Express that has matched so far, with the paths that it is mounted under. */
export function matchedRoute(req: Request): string | undefined {
	const route: unknown = Reflect.get(Object(Reflect.get(req, "route")), "path");
	const base = mountedAt(req);
	return typeof route === "string" ? `${base}${route === "/" && base !== "" ? "" : route}` : undefined;
}

/** The route for code that is printed: the one that matched, or the path if it can be written as a route. */
export function routeFor(visit: Visit | undefined, path: string): string | undefined {
	return visit?.route ?? routeOf(`http://localhost${path}`);
}

/** The origin of a page of another site that shows the response in a frame, which the request headers tell. */
export function embedderOf({ headers }: Request): string | undefined {
	const { referer } = headers;
	const isFrame = headers["sec-fetch-dest"] === "iframe" || headers["sec-fetch-dest"] === "frame";
	if (!isFrame || headers["sec-fetch-site"] === "same-origin" || referer === undefined || !URL.canParse(referer)) return undefined;
	return new URL(referer).origin;
}

/** Notes which template a response renders. Express calls it with the name. */
export function watchRender(res: Response, note: (view: string) => void): void {
	const render: unknown = Reflect.get(res, "render");
	if (typeof render !== "function") return;
	Reflect.set(res, "render", function (this: unknown, ...args: unknown[]) {
		if (typeof args[0] === "string") note(args[0]);
		return Reflect.apply(render, this, args);
	});
}

/** Notes each policy that a response gets from now on. */
export function watchSteps(req: Request, state: ResponseState): readonly Step[] {
	const steps: Step[] = [];
	const note = (wire: WirePolicy): void => {
		if (!isCompiled(wire)) return;
		const at = matchedRoute(req) ?? mountedAt(req);
		const by = steps.length === 0 ? "policy" : Reflect.get(req, "route") !== undefined ? "route" : mountedAt(req) === "" ? "app" : "router";
		steps.push({ by, at, compiled: wire });
	};
	let compiled = state.compiled;
	note(compiled);
	Object.defineProperty(state, "compiled", {
		configurable: true,
		enumerable: true,
		get: () => compiled,
		set(wire: WirePolicy) {
			compiled = wire;
			note(wire);
		},
	});
	return steps;
}

function mountedAt(req: Request): string {
	const base: unknown = Reflect.get(req, "baseUrl");
	return typeof base === "string" ? base : "";
}
