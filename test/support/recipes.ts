import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type RunningExample, startApp } from "./examples.ts";

/** Heading → file name → text, of every section of the page that has code for a file. */
export const RECIPES: ReadonlyMap<string, Files> = new Map(
	readFileSync("docs/recipes.md", "utf8")
		.split(/^## /m)
		.slice(1)
		.map((section) => [section.slice(0, section.indexOf("\n")), filesIn(section)]),
);

/** The same for the guides: a page each, under its title. */
const GUIDES: ReadonlyMap<string, Files> = new Map(
	readdirSync("docs/guides").map((name) => {
		const text = readFileSync(join("docs/guides", name), "utf8");
		return [text.slice("# ".length, text.indexOf("\n")), filesIn(text)];
	}),
);

type Files = ReadonlyMap<string, string>;

function filesIn(text: string): Files {
	return new Map([...text.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", code = ""]) => [name, code]));
}

const PRINTING = 'listen(0, function () { console.log("http://localhost:" + this.address().port); })';

interface Running {
	/** Scripts to run first, each with its arguments. */
	readonly prepare?: readonly (readonly string[])[];
	readonly env?: Readonly<Record<string, string>>;
}

/** Puts the files of a recipe, or of a guide, into a folder of the package, where "headguard" is what was built, and starts it. */
export async function startRecipe(name: string, running: Running = {}): Promise<RunningExample> {
	const files = RECIPES.get(name) ?? GUIDES.get(name);
	if (files === undefined) throw new Error(`no recipe is called ${name}`);
	return startFiles(name, files, running);
}

/** The same for the files of another page. */
export async function startFiles(name: string, files: Iterable<readonly [string, string]>, { prepare = [], env = {} }: Running = {}): Promise<RunningExample> {
	const folder = resolve(".recipes", name.toLowerCase().replace(/[^a-z0-9]+/g, "-"));
	rmSync(folder, { recursive: true, force: true });
	for (const [file, text] of files) {
		mkdirSync(dirname(join(folder, file)), { recursive: true });
		writeFileSync(join(folder, file), text.replaceAll("listen(3000)", PRINTING));
	}
	for (const [script = "", ...args] of prepare) execFileSync(process.execPath, [resolve(script), ...args], { cwd: folder, stdio: "pipe" });
	return startApp(join(folder, "app.js"), folder, env);
}
