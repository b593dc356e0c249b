import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { exchangeFrom } from "../audit/from-policy.ts";
import type { Deployment } from "../audit/types.ts";
import { valuesOf } from "../audit/types.ts";
import { isWeakerPolicy } from "../csp/compare.ts";
import { DIRECTIVES } from "../csp/directives.ts";
import { effective } from "../csp/model.ts";
import { parse } from "../csp/serialize.ts";
import { NAMES } from "../headers/facts.ts";
import { type CompiledPolicy, compiledOf } from "../policy/compile.ts";

/** The parts of an Express or Connect application that are read. */
export interface Application {
	readonly settings?: Readonly<Record<string, unknown>>;
	readonly router?: { readonly stack?: readonly Layer[] };
	readonly _router?: { readonly stack?: readonly Layer[] };
	readonly stack?: readonly Layer[];
}

/** One mounted handler. Express has `slash` (5) or `regexp` (4) for the path, Connect has `route`. */
interface Layer {
	readonly name?: string;
	readonly handle: unknown;
	readonly slash?: boolean;
	readonly regexp?: { readonly fast_slash?: boolean };
	readonly route?: string | Route | undefined;
}

interface Route {
	readonly path: unknown;
	readonly stack: readonly { readonly handle: unknown; readonly method?: string }[];
}

/** Handlers that respond themselves, by the names of their functions. */
const ANSWERING = ["serveStatic", "corsMiddleware", "router", "handle"];

function layersOf(application: Application): readonly Layer[] {
	// Express 4 throws when `router` is read.
	if (application._router !== undefined || application.stack !== undefined) return application._router?.stack ?? application.stack ?? [];
	try {
		return application.router?.stack ?? [];
	} catch {
		return [];
	}
}

function routeOf({ route }: Layer): Route | undefined {
	return typeof route === "object" ? route : undefined;
}

/** Mounted for every path. */
function isEverywhere(layer: Layer): boolean {
	return layer.slash === true || layer.regexp?.fast_slash === true || layer.route === "";
}

function isPolicy(layer: Layer): boolean {
	return routeOf(layer) === undefined && isEverywhere(layer) && compiledOf(layer.handle) !== undefined;
}

/** The first policy that an application mounts. */
export function mountedPolicy(application: Application): unknown {
	return layersOf(application).find(isPolicy)?.handle;
}

/** What is known about an application before it runs. */
export function deploymentOf(compiled: CompiledPolicy, application: Application | undefined, server: unknown, nodeEnv: string | undefined): Deployment {
	const layers = application === undefined ? [] : layersOf(application);
	const first = layers.findIndex(isPolicy);
	const settings = application?.settings ?? {};
	return {
		mountedBefore: first === -1 ? [] : layers.slice(0, first).flatMap(answeringName),
		isMounted: application === undefined ? undefined : compiledOf(layers[first]?.handle) === compiled,
		nodeEnv,
		trustProxy: settings["trust proxy"],
		hasPoweredBy: settings["x-powered-by"] === true,
		redirectsToHttps: layers.some(({ handle }) => typeof handle === "function" && handle.name === "httpsRedirectMiddleware"),
		isServerProtected: isServer(server) ? server.listenerCount("clientError") > 0 : undefined,
		hasUnusedNonce: typeof settings["views"] === "string" && lacksNonce(settings["views"]),
		weakerRoutes: layers.flatMap((layer) => weakerIn(layer, compiled)),
	};
}

function isServer(value: unknown): value is { listenerCount(name: string): number } {
	return typeof value === "object" && value !== null && typeof Reflect.get(value, "listenerCount") === "function";
}

function answeringName(layer: Layer): readonly string[] {
	const route = routeOf(layer);
	if (route !== undefined) return [nameOf(route)];
	const name = typeof layer.handle === "function" ? layer.handle.name : "";
	if (!ANSWERING.includes(name)) return [];
	return [{ serveStatic: "express.static", corsMiddleware: "cors()" }[name] ?? "a router"];
}

function nameOf({ path, stack }: Route): string {
	const methods = [...new Set(stack.map(({ method }) => method?.toUpperCase() ?? "ALL"))];
	return `${methods.join(", ")} ${String(path)}`;
}

/** Routes with their own policy that allows more. */
function weakerIn(layer: Layer, base: CompiledPolicy): readonly string[] {
	const route = routeOf(layer);
	const inner = (layer.handle as { readonly stack?: readonly Layer[] } | null)?.stack;
	if (route === undefined) return Array.isArray(inner) ? inner.flatMap((one: Layer) => weakerIn(one, base)) : [];
	return route.stack.flatMap(({ handle }) => {
		const own = compiledOf(handle);
		const added = own === undefined ? "" : addedBy(cspOf(own), cspOf(base));
		return added === "" ? [] : [`${nameOf(route)} adds ${added}`];
	});
}

function cspOf(compiled: CompiledPolicy): string {
	return valuesOf(exchangeFrom(compiled, ""), NAMES.contentSecurityPolicy).join(", ");
}

/** The sources that only the first of two policies has. */
function addedBy(text: string, base: string): string {
	if (!isWeakerPolicy(text, base)) return "";
	const [mine, theirs] = [parse(text), parse(base)];
	const added = [...mine].flatMap(([name, words]) => {
		const before = DIRECTIVES.has(name) ? (effective(theirs, name as never) ?? []) : [];
		const more = words.filter((word) => !before.includes(word) && !String(word).startsWith("'nonce-"));
		return more.length === 0 ? [] : [`${name} ${more.join(" ")}`];
	});
	return added.join("; ") || "what the policy forbids";
}

const MOST_FILES = 2000;

/** Whether there are templates but none mentions a nonce. */
function lacksNonce(views: string): boolean {
	const files = filesIn(views).filter((file) => /\.(?:ejs|pug|hbs|handlebars|njk|nunjucks|html|eta|liquid|mustache|twig)$/.test(file));
	return files.length > 0 && !files.some((file) => /nonce/i.test(readFileSync(file, "utf8")));
}

function filesIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder, { recursive: true, encoding: "utf8" })
			.slice(0, MOST_FILES)
			.map((name) => join(folder, name))
			.filter((file) => statSync(file).isFile());
	} catch {
		return [];
	}
}
