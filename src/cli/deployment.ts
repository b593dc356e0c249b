import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "../audit/types.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import { type Application, handlersOf } from "./deploy/application.ts";
import { mainPolicyOf, mountsOf } from "./deploy/mounts.ts";

/** The first policy that an application mounts for every path. */
export function mountedPolicy(application: Application): unknown {
	return mainPolicyOf(handlersOf(application))?.handle;
}

/** What is known about an application before it runs. */
export function deploymentOf(compiled: CompiledPolicy, application: Application | undefined, server: unknown, nodeEnv: string | undefined): Deployment {
	const handlers = application === undefined ? [] : handlersOf(application);
	const mounts = mountsOf(handlers, compiled);
	const settings = application?.settings ?? {};
	return {
		...mounts,
		isMounted: application === undefined ? undefined : mounts.isMounted,
		nodeEnv,
		trustProxy: settings["trust proxy"],
		hasPoweredBy: settings["x-powered-by"] === true,
		redirectsToHttps: handlers.some(({ handle }) => typeof handle === "function" && handle.name === "httpsRedirectMiddleware"),
		isServerProtected: isServer(server) ? server.listenerCount("clientError") > 0 : undefined,
		hasUnusedNonce: typeof settings["views"] === "string" && lacksNonce(settings["views"]),
	};
}

function isServer(value: unknown): value is { listenerCount(name: string): number } {
	return typeof value === "object" && value !== null && typeof Reflect.get(value, "listenerCount") === "function";
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
