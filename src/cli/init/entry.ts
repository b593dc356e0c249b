import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { UsageError } from "../args.ts";
import { type Found, findApp, resolveFile } from "./graph.ts";
import type { Manifest } from "./manifest.ts";

const NAMES = ["app", "server", "index", "main", "src/app", "src/server", "src/index", "src/main"];
export const BY_HAND = "To mount the policy by hand, write app.use(secureHeaders()) before everything else.";

/** @throws {UsageError} if no file creates an application. */
export function findEntry(given: string | undefined, root: string, manifest: Manifest): Found {
	if (given !== undefined) return findGiven(resolve(root, given), given, root);
	const candidates = [...new Set([...candidatesOf(manifest), ...NAMES].flatMap((path) => resolveFile(resolve(root, path)) ?? []))];
	let failure: unknown;
	for (const file of candidates.filter((one) => !/[\\/]node_modules[\\/]/.test(one))) {
		try {
			const found = findApp(file, root);
			if (found !== undefined) return found;
		} catch (error) {
			failure ??= error;
		}
	}
	if (failure !== undefined) throw failure;
	const members = membersOf(root, manifest);
	if (members.length > 0) throw new UsageError(`this is the root of several packages. Run the command in one of them: ${members.join(", ")}.`);
	throw new UsageError(
		`no file was found that creates an Express, Connect or NestJS application. Use --entry with its path, as in --entry ./src/app.js. ${BY_HAND}`,
	);
}

function findGiven(file: string, given: string, root: string): Found {
	const stats = statSync(file, { throwIfNoEntry: false });
	if (stats === undefined) throw new UsageError(`${given} does not exist.`);
	if (!stats.isFile()) throw new UsageError(`${given} is not a file.`);
	const found = findApp(file, root);
	if (found === undefined)
		throw new UsageError(`${given} does not create an Express, Connect or NestJS application, nor does a file that it imports. ${BY_HAND}`);
	return found;
}

/** What package.json starts, then its main file. Of a built file, the source. */
function candidatesOf({ scripts, main }: Manifest): readonly string[] {
	const started = ["start", "dev", "start:dev", "serve", "develop"].flatMap((name) => {
		const words = (scripts.get(name) ?? "").split(/[\s;&|]+/).map((word) => word.replace(/^["']|["']$/g, ""));
		if (words.includes("nest")) return ["src/main"];
		return words.slice(1).filter((word, i) => isPath(word) && !/^(?:-r|--require|--import|--loader)$/.test(words[i] ?? ""));
	});
	return [...started.map((path) => (path === "." ? (main ?? "index") : path)), ...(main === undefined ? [] : [main])].flatMap((path) => [
		...(/^(?:\.\/)?(?:dist|build|lib|out)\//.test(path) ? [path.replace(/^(?:\.\/)?\w+\/(?:src\/)?/, "src/"), path.replace(/^(?:\.\/)?\w+\//, "")] : []),
		path,
	]);
}

function isPath(word: string): boolean {
	return !word.startsWith("-") && !word.includes("*") && (/^\.|\/|\.[cm]?[jt]sx?$/.test(word) || /^[\w-]+$/.test(word));
}

/** The packages of a workspace. */
function membersOf(root: string, { workspaces }: Manifest): readonly string[] {
	const patterns =
		workspaces.length > 0 ? workspaces : existsSync(join(root, "pnpm-workspace.yaml")) || existsSync(join(root, "lerna.json")) ? ["packages/*", "apps/*"] : [];
	return patterns.flatMap((pattern) => {
		const folder = resolve(root, pattern.replace(/\/\*+$/, ""));
		const folders = pattern.endsWith("*") ? foldersIn(folder) : [folder];
		return folders.filter((one) => existsSync(join(one, "package.json"))).map((one) => relative(root, one));
	});
}

function foldersIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder).map((name) => join(folder, name));
	} catch {
		return [];
	}
}
