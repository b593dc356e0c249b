import { existsSync } from "node:fs";
import { relative } from "node:path";
import type { Deployment, TemplatePieces } from "../audit/types.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import { languageOf, readTemplate } from "../templates/index.ts";
import { type Application, handlersOf } from "./deploy/application.ts";
import { frameworkGaps } from "./deploy/frameworks.ts";
import { mainPolicyOf, mountsOf } from "./deploy/mounts.ts";
import { type TemplateFile, templatesIn } from "./template-files.ts";

/** The first policy that an application mounts for every path. */
export function mountedPolicy(application: Application): unknown {
	return mainPolicyOf(handlersOf(application))?.handle;
}

/** What is known about an application before it runs. */
export function deploymentOf(
	compiled: CompiledPolicy,
	application: Application | undefined,
	server: unknown,
	nodeEnv: string | undefined,
	project: string = process.cwd(),
): Deployment {
	const handlers = application === undefined ? [] : handlersOf(application);
	const mounts = mountsOf(handlers, compiled);
	const settings = application?.settings ?? {};
	const read = templatesOf(settings);
	const templates = read.map(shown);
	return {
		...mounts,
		isMounted: application === undefined ? undefined : mounts.isMounted,
		nodeEnv,
		trustProxy: settings["trust proxy"],
		hasPoweredBy: settings["x-powered-by"] === true,
		redirectsToHttps: handlers.some(({ handle }) => typeof handle === "function" && handle.name === "httpsRedirectMiddleware"),
		isServerProtected: isServer(server) ? server.listenerCount("clientError") > 0 : undefined,
		// A skeleton without inline code needs no nonce yet.
		hasUnusedNonce: !read.some(({ text }) => /nonce/i.test(text)) && templates.some(({ pieces }) => pieces.some(({ kind }) => TAKES_NONCE.has(kind))),
		templates,
		frameworks: frameworkGaps(project, application === undefined ? undefined : handlers),
	};
}

/** Kinds of inline code that a nonce allows. */
const TAKES_NONCE: ReadonlySet<string> = new Set(["script", "style"]);

function isServer(value: unknown): value is { listenerCount(name: string): number } {
	return typeof value === "object" && value !== null && typeof Reflect.get(value, "listenerCount") === "function";
}

/** The templates of the views folder, by the language of each. Views are in one folder, or in several. */
function templatesOf(settings: Readonly<Record<string, unknown>>): readonly TemplateFile[] {
	const folders = [settings["views"]].flat().filter((folder) => typeof folder === "string" && existsSync(folder));
	const engine = languageOf(`x.${String(settings["view engine"] ?? "").replace(/^\./, "")}`);
	return folders.flatMap((folder) => [...templatesIn(String(folder), engine, [])]);
}

/** Where a person finds a template: from the current folder. */
function shown({ file, language, text }: TemplateFile): TemplatePieces {
	const path = relative(process.cwd(), file);
	return { file: path.startsWith("..") ? file : path, pieces: readTemplate(text, language) };
}
