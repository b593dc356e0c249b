import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Linted, ReadFile, Source } from "../edge/lint/index.ts";

/** Reads what a configuration includes from where the server itself would: relative paths begin elsewhere in each. */
export function includesOf(server: Linted, file: string, text: string): ReadFile {
	const folders = BASES[server];
	return (path, from, root) => {
		const names = isAbsolute(path) ? [path] : folders(resolve(file), text, resolve(from), path, root).map((folder) => join(folder, path));
		for (const name of names) {
			const sources = sourcesOf(name, server === "apache");
			if (sources !== undefined) return sources;
		}
		return undefined;
	};
}

type Bases = (file: string, text: string, from: string, path: string, root: string | undefined) => readonly string[];

/** The folders where relative paths can begin, the likeliest first. */
const BASES: Readonly<Record<Linted, Bases>> = {
	// The folder of the main file, also for what an included file includes.
	nginx: (file, text) => {
		const isMain = text.split("\n").some((line) => /^\s{0,100}events\b/.test(line));
		const main = isMain ? undefined : ancestors(file).find((folder) => existsSync(join(folder, "nginx.conf")));
		return main === undefined ? [...(isMain || !PARTS.includes(basename(dirname(file))) ? [] : [dirname(dirname(file))]), dirname(file)] : [main];
	},
	apache: (file, _text, _from, _path, root) => {
		const main = ancestors(file).find((folder) => ["apache2.conf", "httpd.conf", "conf/httpd.conf"].some((name) => existsSync(join(folder, name))));
		const own = main === undefined && PARTS.includes(basename(dirname(file))) ? dirname(dirname(file)) : undefined;
		return [root, main, own, dirname(file)].filter((folder) => folder !== undefined && isAbsolute(folder)) as string[];
	},
	caddy: (_file, _text, from) => [dirname(from)],
	haproxy: () => [],
	varnish: (_file, _text, from, path) => (/^\.\.?\//.test(path) ? [dirname(from)] : ["/etc/varnish", "/usr/share/varnish/vcl", dirname(from)]),
};

/** Folders that distributions and people have beside the main file. */
const PARTS = ["sites-enabled", "sites-available", "conf.d", "http.d", "conf-enabled", "conf-available", "snippets", "includes", "vhosts", "vhosts.d"];

function ancestors(file: string): readonly string[] {
	const folder = dirname(file);
	const outer = dirname(folder);
	return outer === folder ? [folder] : [folder, ...ancestors(folder)];
}

/** No system has longer ones. */
const LONGEST_PATH = 4096;

/** The file of that name, or the files that its pattern matches. */
function sourcesOf(name: string, canBeFolder: boolean): readonly Source[] | undefined {
	if (name.length > LONGEST_PATH) return undefined;
	if (!/[*?[]/.test(name)) {
		if (canBeFolder && isFolder(name)) return readEach(filesIn(name));
		const text = readText(name);
		return text === undefined ? undefined : [{ file: shown(name), text }];
	}
	// A pattern that nothing matches is in order, unless there is no folder that it could match in.
	const first = name.slice(0, name.search(/[*?[]/));
	return existsSync(first.endsWith(sep) ? first : dirname(first)) ? readEach(matching(name)) : undefined;
}

function readEach(names: readonly string[]): readonly Source[] {
	return names.flatMap((name) => {
		const text = readText(name);
		return text === undefined ? [] : [{ file: shown(name), text }];
	});
}

export function readText(file: string): string | undefined {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
}

function isFolder(name: string): boolean {
	return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}

function filesIn(folder: string): readonly string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.sort()
		.map((name) => join(folder, name));
}

const MOST_MATCHES = 1000;

/** The paths that a pattern matches, folder by folder, in the order of their names. */
function matching(pattern: string): readonly string[] {
	const [first = "", ...parts] = resolve(pattern).split(sep);
	let found: readonly string[] = [`${first}${sep}`];
	for (const part of parts) {
		found = /[*?[]/.test(part)
			? found.flatMap((folder) =>
					namesIn(folder)
						.filter((name) => (part.startsWith(".") || !name.startsWith(".")) && matches(part, name))
						.map((name) => join(folder, name)),
				)
			: found.map((folder) => join(folder, part)).filter((name) => existsSync(name));
		found = found.slice(0, MOST_MATCHES);
	}
	return found;
}

function namesIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder).sort();
	} catch {
		return [];
	}
}

/** `*`, `?` and `[a-z]`. It goes back to the last asterisk alone, so the time does not grow with their number. */
function matches(pattern: string, name: string): boolean {
	const parts = pattern.match(/\[[^\]]+\]|[\s\S]/g) ?? [];
	let [at, to] = [0, 0];
	let star: readonly [part: number, name: number] | undefined;
	while (to < name.length) {
		if (parts[at] === "*") {
			star = [at, to];
			at++;
		} else if (at < parts.length && isCharacter(parts[at] ?? "", name[to] ?? "")) {
			at++;
			to++;
		} else if (star !== undefined) {
			star = [star[0], star[1] + 1];
			[at, to] = [star[0] + 1, star[1]];
		} else return false;
	}
	return parts.slice(at).every((part) => part === "*");
}

function isCharacter(part: string, char: string): boolean {
	if (part === "?") return true;
	if (part.length < 3) return part === char;
	const isNot = /^\[[!^]/.test(part);
	const set = part.slice(isNot ? 2 : 1, -1);
	const ranges = set.match(/[\s\S]-[\s\S]|[\s\S]/g) ?? [];
	return isNot !== ranges.some((range) => (range.length === 3 ? char >= (range[0] ?? "") && char <= (range[2] ?? "") : char === range));
}

/** As people would write it where they are. */
function shown(name: string): string {
	const path = relative(process.cwd(), name);
	return path.startsWith("..") || isAbsolute(path) ? name : path;
}
