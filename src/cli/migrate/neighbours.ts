import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isRecord } from "../../core/text.ts";
import type { Project, ProjectFile } from "./elsewhere.ts";
import { findSources } from "./sources.ts";

/** Reads the other files of the projects that the command changes. */
export function createProject(): Project {
	const users = new Map<string, ReadonlySet<string>>();
	const usersIn = (root: string): ReadonlySet<string> => {
		const known =
			users.get(root) ??
			new Set(
				findSources([root])
					.files.filter(isUser)
					.map((file) => resolve(file)),
			);
		users.set(root, known);
		return known;
	};
	return {
		load: (request, from) => (/^\.\.?(?:\/|$)/.test(request) ? firstOf(join(dirname(resolve(from)), request)) : undefined),
		isAlone(file) {
			const path = resolve(file);
			const root = rootOf(dirname(path));
			return root === undefined ? undefined : [...usersIn(root)].every((other) => other === path);
		},
	};
}

/** The files that an import can mean. TypeScript writes `.js` for a file that ends in `.ts`. */
function firstOf(path: string): ProjectFile | undefined {
	const bare = path.replace(/\.([cm]?)js$/, "");
	const found = [
		path,
		...["ts", "mts", "cts", "tsx"].map((ending) => `${bare}.${ending}`),
		...["js", "mjs", "cjs", "jsx", "json"].map((ending) => `${path}.${ending}`),
		...["ts", "js", "mjs", "cjs"].map((ending) => join(path, `index.${ending}`)),
	].find(isReadable);
	return found === undefined ? undefined : textOf(found);
}

/** Larger files are generated. */
const LARGEST = 1_000_000;

function isReadable(path: string): boolean {
	const stats = statSync(path, { throwIfNoEntry: false });
	return stats?.isFile() === true && stats.size <= LARGEST && /\.(?:[cm]?[jt]s|[jt]sx|json)$/.test(path);
}

function textOf(name: string): ProjectFile | undefined {
	try {
		return { name, text: readFileSync(name, "utf8") };
	} catch {
		return undefined;
	}
}

/** The folder of the package that a file belongs to. */
function rootOf(folder: string): string | undefined {
	if (isPackage(textOf(join(folder, "package.json"))?.text)) return folder;
	const parent = dirname(folder);
	return parent === folder ? undefined : rootOf(parent);
}

/** A package.json with nothing but a type only sets the kind of modules of its folder. */
function isPackage(text: string | undefined): boolean {
	try {
		const manifest: unknown = text === undefined ? undefined : JSON.parse(text);
		return isRecord(manifest) && Object.keys(manifest).join() !== "type";
	} catch {
		return false;
	}
}

const TEST = /(?:^|\/)__tests__\/|\.(?:test|spec|e2e-spec)\.[cm]?[jt]sx?$/;

const USE = /^(?!\s*(?:\/\/|import type\b|export type\b)).{0,500}(?:from|require\(|import\(|import) ?["'](?:helmet|headguard)(?:\/[\w/]{1,50})?["']/m;

/** Whether it imports helmet or headguard. Tests do not belong to the application. */
function isUser(file: string): boolean {
	return !TEST.test(file) && isReadable(file) && USE.test(textOf(file)?.text ?? "");
}
