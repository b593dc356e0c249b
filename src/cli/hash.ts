import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { kebab } from "../core/text.ts";
import { isHashSource } from "../csp/grammar.ts";
import { csp } from "../csp/index.ts";
import { type Args, type Command, UsageError } from "./args.ts";
import { FRAMEWORKS, type Framework } from "./frameworks.ts";
import { type InlineCode, inlineCode, metaPolicies } from "./inline.ts";
import { complain, writeText } from "./output.ts";
import { isInside } from "./template-files.ts";

export const hashCommand: Command = {
	summary: "Hashes the inline scripts, styles and event handlers of built HTML, for a policy without nonces.",
	usage: "<files or folders> [flags]",
	flags: {
		format: {
			type: "string",
			value: "<format>",
			summary: "the format of the output",
			byDefault: "ts if --out ends in .ts, otherwise json",
			oneOf: ["json", "directives", "ts"],
		},
		out: { type: "string", value: "<file>", summary: "write the hashes to a file; .ts gives a TypeScript module" },
		check: { type: "string", value: "<file>", summary: "compare the pages with a file written earlier; exit code 1 if they differ" },
		algorithm: { type: "string", value: "<name>", summary: "the hash algorithm", byDefault: "sha256", oneOf: ["sha256", "sha384", "sha512"] },
		framework: { type: "string", value: "<name>", summary: "search the pages that a framework has built, instead of files", oneOf: [...FRAMEWORKS.keys()] },
		"no-attributes": { type: "boolean", summary: "leave out style attributes and event handlers" },
	},
	notes: `Searches folders for .html and .htm files. Add the result to a policy:

  headguard hash dist --out hashes.json
  headguard hash --framework next --out hashes.json

  import hashes from "./hashes.json" with { type: "json" };
  app.use(secureHeaders({ preset: "spa" }).extend({ contentSecurityPolicy: { directives: hashes } }));

Hashes of event handlers and style attributes work only with 'unsafe-hashes', so that is written too.
Any element that an attacker injects can then use exactly this code.

Hashes that a page has in a policy of its own, in a <meta> tag, are included.

If the policy allows attributes with 'unsafe-inline', as preset "ssr" does for styles, write --no-attributes:
a hash makes browsers ignore 'unsafe-inline'.`,
	run,
};

type Format = "json" | "directives" | "ts";
type Algorithm = "sha256" | "sha384" | "sha512";

type Directive = NonNullable<InlineCode["directive"]>;

/** Directive → hash → the place of the code. */
type Hashes = ReadonlyMap<string, ReadonlyMap<string, string>>;

const DIRECTIVES: readonly Directive[] = ["scriptSrc", "scriptSrcAttr", "styleSrc", "styleSrcAttr"];

function run(args: Args): number {
	const framework = args.text("framework");
	const given = framework === undefined ? args.positionals : outputOf(framework, args.positionals);
	const files = given.flatMap(pages);
	if (given.length === 0) throw new UsageError("no file or folder was given. Run headguard hash dist.");
	if (files.length === 0)
		throw new UsageError(
			framework === undefined
				? `no .html file in ${given.join(", ")}. Build the site first.`
				: `no .html file in ${given.join(", ")}. Without prerendered pages, the policy needs no hashes.`,
		);
	const hashes = hashFiles(files, (args.text("algorithm") ?? "sha256") as Algorithm, !args.has("no-attributes"));
	const committed = args.text("check");
	if (committed !== undefined) return check(hashes, committed, files);
	const out = args.text("out");
	const text = write(hashes, (args.text("format") ?? formatOf(out)) as Format);
	writeText(text, out);
	if (out !== undefined) complain(`${out}: ${count(hashes)} of ${files.length === 1 ? "1 page" : `${files.length} pages`}.\n`);
	return 0;
}

/** The folders in which a framework has written pages, in the current project or in the one that is given. */
function outputOf(name: string, [project = ".", ...more]: readonly string[]): readonly string[] {
	const { output, isInAll, build } = FRAMEWORKS.get(name) as Framework;
	if (more.length > 0) throw new UsageError(`--framework needs one folder at most: that of the project. Run headguard hash --framework ${name}.`);
	const places = output.map((folder) => join(project, folder));
	const found = places.filter((folder) => existsSync(folder));
	if (found.length === 0) throw new UsageError(`${places.join(" and ")} ${places.length === 1 ? "does" : "do"} not exist. Run ${build} first.`);
	return isInAll === true ? found : found.slice(0, 1);
}

/** They have no inline code, so a page was meant. */
const NO_PAGE = /\.(?:[cm]?[jt]sx?|css|json|map|svg|png|jpe?g|webp|woff2?)$/i;

function pages(path: string): readonly string[] {
	if (NO_PAGE.test(path) && !isFolder(path))
		throw new UsageError(`${path} is not a page. The command hashes the inline code of HTML. Name the page, or its folder.`);
	try {
		return isFolder(path) ? pagesIn(path, realpathSync(path), new Set()) : [path];
	} catch (error) {
		throw new UsageError(`${path} cannot be read: ${reasonOf(error)}.`);
	}
}

function isFolder(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Follows links in the folder, and enters each folder once. A link out of it leads to pages of another site. The target of a link may not exist. */
function pagesIn(folder: string, root: string, seen: Set<string>): readonly string[] {
	const real = realpathSync(folder);
	if (seen.has(real)) return [];
	seen.add(real);
	return readdirSync(folder)
		.sort()
		.flatMap((entry) => {
			const path = join(folder, entry);
			const stats = statSync(path, { throwIfNoEntry: false });
			const isPage = stats?.isFile() === true && /\.html?$/i.test(entry);
			if ((!isPage && stats?.isDirectory() !== true) || entry === "node_modules") return [];
			if (!isInside(path, root)) {
				complain(`${path}: it is a link to another folder, which is not followed. Name the folder to include it.\n`);
				return [];
			}
			return isPage ? [path] : pagesIn(path, root, seen);
		});
}

function hashFiles(files: readonly string[], algorithm: Algorithm, withAttributes: boolean): Hashes {
	const hashes = new Map(DIRECTIVES.map((directive) => [directive, new Map<string, string>()] as const));
	for (const file of files) {
		const page = read(file);
		const code = inlineCode(page);
		for (const one of code) {
			const remark = remarkOn(one, withAttributes);
			if (remark !== undefined) complain(`${file}:${one.line}: ${remark}\n`);
		}
		for (const { directive, hash, line, holder } of [...hashesOfCode(code, algorithm), ...hashesOfMeta(page)]) {
			const found = hashes.get(directive);
			if (found?.has(hash) === false && (withAttributes || !isAttribute(directive))) found.set(hash, `${file}:${line}, ${holder}`);
		}
	}
	return hashes;
}

interface Hash extends Pick<InlineCode, "line" | "holder"> {
	readonly directive: Directive;
	readonly hash: string;
}

function hashesOfCode(code: readonly InlineCode[], algorithm: Algorithm): readonly Hash[] {
	return code.flatMap(({ directive, text, ...place }) => (directive === undefined ? [] : [{ directive, hash: csp.hash(algorithm, text), ...place }]));
}

/** Code that a page gets later may have them, as what Astro loads in a navigation does. The header is in force beside the tag, so it needs them too. */
function hashesOfMeta(page: string): readonly Hash[] {
	return metaPolicies(page).flatMap(({ model, line }) =>
		[...model].flatMap(([name, sources]) => {
			const directive = DIRECTIVES.find((one) => kebab(one) === name.replace(/-elem$/, ""));
			return directive === undefined ? [] : sources.filter(isHashSource).map((hash) => ({ directive, hash: String(hash), line, holder: "a policy in <meta>" }));
		}),
	);
}

/** What the output does not allow. A policy that is used with --no-attributes allows style attributes. */
function remarkOn({ directive, holder }: InlineCode, withAttributes: boolean): string | undefined {
	if (directive === undefined) return `${holder} is a javascript: URL, which a hash cannot allow. Add a listener in a script instead.`;
	return directive === "scriptSrcAttr" && !withAttributes ? `${holder} is left out, so the policy blocks it unless it allows event handlers.` : undefined;
}

function isAttribute(directive: string): boolean {
	return directive.endsWith("Attr");
}

function write(hashes: Hashes, format: Format): string {
	const lists = DIRECTIVES.flatMap((directive) => {
		const found = [...(hashes.get(directive)?.keys() ?? [])].sort();
		if (found.length === 0) return [];
		return [[directive, [...(isAttribute(directive) ? [csp.unsafeHashes] : []), ...found]] as const];
	});
	if (format === "directives") return `${lists.map(([directive, sources]) => [kebab(directive), ...sources].join(" ")).join("; ")}\n`;
	const object = JSON.stringify(Object.fromEntries(lists), null, "\t");
	return format === "json"
		? `${object}\n`
		: `// Generated by headguard hash. Do not edit this file: generate it again.\nexport const inlineHashes = ${object} as const;\n`;
}

/** Compares hash by hash, because a formatter may have changed the file. */
function check(hashes: Hashes, file: string, pages: readonly string[]): number {
	const committed = readHashes(read(file));
	const missing: string[] = [];
	const left: string[] = [];
	for (const directive of DIRECTIVES) {
		const found = hashes.get(directive) ?? new Map<string, string>();
		const known = committed.get(directive) ?? new Set();
		for (const [hash, place] of found) if (!known.has(hash)) missing.push(`  + ${directive} ${hash}  ${place}`);
		for (const hash of known) if (!found.has(hash)) left.push(`  - ${directive} ${hash}  no page has this code anymore`);
	}
	if (missing.length + left.length === 0) {
		complain(`${file} has all ${count(hashes)}.\n`);
		return 0;
	}
	complain(`${file} differs from the pages:\n${[...missing, ...left].join("\n")}\nGenerate it again: headguard hash ${pages[0]} … --out ${file}\n`);
	return 1;
}

/** Reads any of the formats: a hash belongs to the directive whose name comes before it. */
function readHashes(text: string): ReadonlyMap<string, ReadonlySet<string>> {
	const found = new Map<string, Set<string>>();
	let current = new Set<string>();
	for (const [word, name] of text.matchAll(/\b(script-?src(?:-?attr)?|style-?src(?:-?attr)?)\b|'sha(?:256|384|512)-[\w+/=-]+'/gi)) {
		if (name === undefined) {
			current.add(word);
			continue;
		}
		const directive = DIRECTIVES.find((one) => one.toLowerCase() === name.replaceAll("-", "").toLowerCase()) ?? name;
		current = found.get(directive) ?? new Set();
		found.set(directive, current);
	}
	return found;
}

function formatOf(out: string | undefined): Format {
	return out !== undefined && /\.[cm]?ts$/.test(out) ? "ts" : "json";
}

function count(hashes: Hashes): string {
	const total = [...hashes.values()].reduce((sum, { size }) => sum + size, 0);
	return total === 1 ? "1 hash" : `${total} hashes`;
}

function read(file: string): string {
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
	} catch (error) {
		throw new UsageError(`${file} cannot be read: ${reasonOf(error)}.`);
	}
}

function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message.replace(/^\w+: /, "") : String(error);
}
