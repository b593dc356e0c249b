import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { type Args, type Command, UsageError } from "../args.ts";
import { CONFIG_FLAG, readConfig } from "../config.ts";
import { complain, print, writeText } from "../output.ts";
import { loadPolicy, type PolicyModule } from "../policy.ts";
import { toData } from "./data.ts";
import { exportedBy } from "./exported.ts";
import { RefusedError } from "./functions.ts";
import { declaration, declarationFile, moduleText } from "./write.ts";

export const compileCommand: Command = {
	summary: "Compiles a policy to a small module for headguard/compiled.",
	usage: "<module> --out <file> [flags]",
	flags: {
		out: { type: "string", value: "<file>", summary: "the module to write; its declaration is written beside it" },
		cjs: { type: "boolean", summary: "write CommonJS; a file that ends in .cjs is always CommonJS" },
		check: { type: "boolean", summary: "write nothing, and fail if the module is not that of the policy" },
		stacks: { type: "string", value: "<number>", summary: "how many overrides can be on top of each other in one response", byDefault: "2" },
		config: CONFIG_FLAG,
	},
	notes: `The module exports the middleware (as headers or default) or its options (as options). Other exports that are middleware, such as
export const checkout = headers.extend({ … }), are compiled under their names. Without a module, the command uses the policy of the
configuration file. Exit code 0: written, or the same with --check; 1: the policy is refused, or differs with --check; 2: the command was
called incorrectly.

  headguard compile ./headers.js --out headers.compiled.js
  headguard compile ./headers.js --out headers.compiled.js --check

  import { securedBy } from "headguard/compiled";
  import compiled from "./headers.compiled.js";
  app.use(securedBy(compiled));`,
	async run(args) {
		const { policy } = await readConfig(args.text("config"));
		const [file = policy, ...more] = args.positionals;
		const out = args.text("out");
		if (file === undefined || out === undefined || more.length > 0)
			throw new UsageError("one module and --out are needed. Write headguard compile ./headers.js --out headers.compiled.js.");
		const files = await compiledFiles(file, out, args);
		if (files === undefined) return 1;
		return args.has("check") ? check(files, file, out) : write(files);
	},
};

type Files = readonly (readonly [path: string, text: string])[];

/** The module and its declaration. Undefined if the policy is refused. */
async function compiledFiles(file: string, out: string, args: Args): Promise<Files | undefined> {
	if (resolve(file) === resolve(out)) throw new UsageError(`--out ${out} is the module itself. Write another name.`);
	const isCommonJs = args.has("cjs") || /\.cts$|\.cjs$/.test(out);
	const stacks = readStacks(args.text("stacks"));
	try {
		const loaded = await loadPolicy(file);
		warn(loaded);
		const data = toData(exportedBy(loaded), "headers", stacks);
		const from = relative(dirname(resolve(out)), resolve(file))
			.split(sep)
			.join("/");
		return [
			[out, moduleText(data, from, isCommonJs)],
			[declarationFile(out), declaration(data, isCommonJs)],
		];
	} catch (error) {
		// The application may use another copy of the library, with other classes.
		if (!(error instanceof RefusedError) && !(error instanceof Error && error.name === "PolicyError")) throw error;
		complain(`${error.message}\n`);
		return undefined;
	}
}

function readStacks(text: string | undefined): number {
	if (text === undefined) return 2;
	if (/^[1-9]$/.test(text)) return Number(text);
	throw new UsageError(`--stacks: received ${JSON.stringify(text)}. Write a number from 1 to 9.`);
}

/** Not to stdout, where the names of the files are. */
function warn({ compiled }: PolicyModule): void {
	complain(compiled.policy.warnings.map(({ path, message, code }) => `warning: ${path}: ${message} [${code}]\n`).join(""));
}

function check(files: Files, file: string, out: string): number {
	const different = files.filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8").replaceAll("\r\n", "\n") !== text);
	if (different.length === 0) return 0;
	complain(`${different.map(([path]) => path).join(" and ")}: not what ${file} compiles to. Run headguard compile ${file} --out ${out}.\n`);
	return 1;
}

function write(files: Files): number {
	for (const [path, text] of files) {
		writeText(text, path);
		print(`${path}\n`);
	}
	return 0;
}
