import { type PolicyView, policyView } from "./setters.ts";
import { type Step, sentPolicy, type Visit } from "./visits.ts";

/** What the page shows of the responses so far. */
export interface RoutesView {
	/** Each policy once, however many routes have it. */
	readonly policies: readonly PolicyView[];
	/** The newest first. */
	readonly routes: readonly RouteView[];
}

/** The last response of a route, or of a path that no route answered. */
export interface RouteView {
	readonly method: string;
	/** The route as Express writes it, or the path. */
	readonly name: string;
	readonly isRoute: boolean;
	/** The path of the last request. */
	readonly path: string;
	readonly status: number;
	/** Milliseconds since 1970. */
	readonly time: number;
	/** The template that was rendered. */
	readonly view: string | undefined;
	/** The index of the policy. -1 if the response had none. */
	readonly policy: number;
}

/** The routes that have answered, each with its policy. */
export function routesOf(visits: readonly Visit[]): RoutesView {
	const policies = new Map<string, { readonly index: number; readonly view: PolicyView }>();
	const routes = new Map<string, RouteView>();
	const policyOf = (steps: readonly Step[]): number => {
		const key = steps.map(({ by, at, compiled }) => `${by} ${at} ${idOf(compiled)}`).join("\n");
		const known = policies.get(key) ?? { index: policies.size, view: policyView(steps) };
		policies.set(key, known);
		return known.index;
	};
	for (const visit of [...visits].reverse()) {
		const { method, path, route, status, time, view, steps } = visit;
		const name = route ?? path;
		const policy = sentPolicy(visit) === undefined ? -1 : policyOf(steps);
		// The same route can have several policies, such as one for each tenant.
		const key = `${method} ${name} ${policy}`;
		if (!routes.has(key)) routes.set(key, { method, name, isRoute: route !== undefined, path, status, time, view, policy });
	}
	return { policies: [...policies.values()].map(({ view }) => view), routes: [...routes.values()] };
}

const IDS = new WeakMap<object, number>();
let lastId = 0;

function idOf(compiled: object): number {
	const id = IDS.get(compiled) ?? ++lastId;
	IDS.set(compiled, id);
	return id;
}
