import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { isRecord } from "../../core/text.ts";
import { type HelmetVersion, NEWEST_VERSION, readVersion } from "./versions.ts";

/** The version of helmet for a file. */
export interface Versions {
	(file: string): HelmetVersion;
	/** Which versions were used, and where they were found. */
	lines(): readonly string[];
}

interface Found {
	readonly version: HelmetVersion;
	/** As it is written there. */
	readonly text: string;
	readonly place: string;
}

/** Finds versions of helmet. @param given replaces what the project says. */
export function createVersions(given: HelmetVersion | undefined): Versions {
	const known = new Map<string, Found | undefined>();
	const lines = new Set<string>();
	const find = (file: string): HelmetVersion => {
		if (given !== undefined) return given;
		const folder = dirname(resolve(file));
		if (!known.has(folder)) known.set(folder, versionIn(folder));
		const found = known.get(folder);
		lines.add(
			found === undefined
				? "The version of helmet is not known, so the options were read as those of helmet 8. To change that, add the version, as in --helmet 5."
				: `The options were read as those of helmet ${found.text}, from ${relative(process.cwd(), found.place) || found.place}.`,
		);
		return found?.version ?? NEWEST_VERSION;
	};
	return Object.assign(find, { lines: () => [...lines] });
}

/**
 * The version for the files of a folder: of the nearest lock file or installed package. If they do not have what the nearest package.json
 * allows, the newest version that it allows.
 */
function versionIn(folder: string): Found | undefined {
	let allowed: Found | undefined;
	for (const parent of parentsOf(folder)) {
		allowed ??= allowedIn(parent);
		const exact = lockedIn(parent, folder) ?? lockedByOthers(parent, allowed) ?? installedIn(parent);
		if (exact !== undefined) return allowed === undefined || exact.version[0] === allowed.version[0] ? exact : allowed;
	}
	return allowed;
}

function parentsOf(folder: string): readonly string[] {
	const parent = dirname(folder);
	return parent === folder ? [folder] : [folder, ...parentsOf(parent)];
}

/** The package that a file of the folder resolves to, by the lock file of a folder around it. */
function lockedIn(parent: string, folder: string): Found | undefined {
	const place = join(parent, "package-lock.json");
	const lock = readJson(place);
	const from = relative(parent, folder).split(sep).join("/");
	const steps = from === "" ? [] : from.split("/");
	for (let i = steps.length; i >= 0; i--) {
		const key = [...steps.slice(0, i), "node_modules/helmet"].join("/");
		const found = foundAt(place, fieldOf(fieldOf(fieldOf(lock, "packages"), key), "version"));
		if (found !== undefined) return found;
	}
	// Lock files of npm 6.
	return foundAt(place, fieldOf(fieldOf(fieldOf(lock, "dependencies"), "helmet"), "version"));
}

/** Lock files of Yarn and pnpm: the lines that name a version of helmet. The fields before it are at most a name and a range. */
const LOCKS: ReadonlyMap<string, RegExp> = new Map([
	["yarn.lock", /^"?(?:[^\n]{0,500}, ?)?helmet@[^\n]{1,500}:\r?\n {2}version:? "?(\d[\w.+-]{0,50})/gm],
	["pnpm-lock.yaml", /^ {2}['"]?\/?helmet[@/](\d[\w.+-]{0,50})['"]?(?:\([^\n]{0,200})?:/gm],
]);

/** If they have several versions, the one that package.json allows. */
function lockedByOthers(parent: string, allowed: Found | undefined): Found | undefined {
	for (const [name, pattern] of LOCKS) {
		const place = join(parent, name);
		const texts = new Set([...textOf(place).matchAll(pattern)].map(([, text]) => text));
		const found = [...texts].flatMap((text) => foundAt(place, text) ?? []);
		const [only, ...others] = found.length > 1 ? found.filter(({ version }) => version[0] === allowed?.version[0]) : found;
		if (only !== undefined && others.length === 0) return only;
	}
	return undefined;
}

function textOf(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return "";
	}
}

function installedIn(parent: string): Found | undefined {
	const place = join(parent, "node_modules", "helmet", "package.json");
	return foundAt(place, fieldOf(readJson(place), "version"));
}

function allowedIn(parent: string): Found | undefined {
	const place = join(parent, "package.json");
	const manifest = readJson(place);
	for (const group of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]) {
		const found = foundAt(place, fieldOf(fieldOf(manifest, group), "helmet"));
		if (found !== undefined) return found;
	}
	return undefined;
}

function foundAt(place: string, text: unknown): Found | undefined {
	const version = typeof text === "string" ? readVersion(text) : undefined;
	return version === undefined ? undefined : { version, text: String(text), place };
}

function fieldOf(value: unknown, key: string): unknown {
	return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Undefined if the file is missing, or is not JSON. */
function readJson(file: string): unknown {
	try {
		return JSON.parse(readFileSync(file, "utf8").replace(/^\ufeff/, ""));
	} catch {
		return undefined;
	}
}
