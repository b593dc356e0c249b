import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "./types.ts";

const TEMPLATE = /\.(?:ejs|pug|hbs|handlebars|mustache|njk|nunjucks|html?|eta|liquid|twig|vue|jsx|tsx)$/i;
const MOST_FILES = 2000;
const LARGEST = 1_000_000;

/** Names the file and line of each change, where a template has the beginning of its code. */
export function withPlaces(changes: readonly Change[], folder: string): readonly Change[] {
	const files = templatesIn(folder);
	return changes.map((change) => {
		const places = placesOf(change, files);
		return places.length === 0 ? change : { ...change, places };
	});
}

interface Template {
	readonly name: string;
	readonly lines: readonly string[];
}

function templatesIn(folder: string): readonly Template[] {
	const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => TEMPLATE.test(name) && !name.includes("node_modules"));
	return names
		.sort()
		.slice(0, MOST_FILES)
		.flatMap((name) => {
			const path = join(folder, name);
			const stats = statSync(path, { throwIfNoEntry: false });
			return stats?.isFile() && stats.size <= LARGEST ? [{ name: path, lines: readFileSync(path, "utf8").split("\n") }] : [];
		});
}

/** The shortest beginning that still tells one code from another. */
const SHORTEST = 8;

/** What a template prints differs from visit to visit, so ever shorter beginnings are looked for. */
function placesOf({ head }: Change, files: readonly Template[]): readonly string[] {
	const text = head.split(/\s{2,}|\?/, 1)[0] ?? "";
	for (let length = text.length; length >= SHORTEST; length--) {
		const wanted = text.slice(0, length);
		const found = files.flatMap(({ name, lines }) => lines.flatMap((line, i) => (line.includes(wanted) ? [`${name}:${i + 1}`] : [])));
		if (found.length > 0) return found;
	}
	return [];
}
