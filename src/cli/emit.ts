import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EDGE_TARGETS, EdgeError, type EmitResult, emit, type Site } from "../edge/index.ts";
import { type Args, type Command, UsageError } from "./args.ts";
import { readConfig } from "./config.ts";
import { complain, print, writeText } from "./output.ts";
import { loadPolicy } from "./policy.ts";

const LIST = EDGE_TARGETS.map(({ name, isExperimental }) => `  ${name}${isExperimental ? " (experimental: not run, only read by a parser)" : ""}`).join("\n");

export const emitCommand: Command = {
	summary: "Writes the configuration of a proxy or host from the policy of the application.",
	usage: "<target> --policy <module> [flags]",
	flags: {
		policy: { type: "string", value: "<module>", summary: "exports the middleware, as headers or by default, or its options, as options" },
		mode: {
			type: "string",
			value: "<mode>",
			summary: "override: the edge owns the headers; fill: it sets them where the application's policy is not, as for nonces",
			oneOf: ["override", "fill"],
		},
		upstream: { type: "string", value: "<url>", summary: "the application: writes a whole server in front of it" },
		host: { type: "string", value: "<name>", summary: "the name of the site, with --upstream: localhost unless you say otherwise" },
		port: { type: "string", value: "<port>", summary: "the port of the site, with --upstream: 80 unless you say otherwise" },
		"nonce-slot": { type: "string", value: "<text>", summary: "nginx: what stands in pages where nginx puts its own nonce" },
		out: { type: "string", value: "<folder>", summary: "write the files there, and not to the terminal" },
		config: { type: "string", value: "<file>", summary: "in place of headguard.config.json, .js, .mjs or .cjs" },
	},
	notes: `Targets:

${LIST}

Without --policy, policy of the configuration file is taken. What a target cannot carry is refused, with the way out. Exit code 0: written,
1: refused, 2: nothing to write from.

  headguard emit nginx --policy ./headers.js --upstream http://127.0.0.1:3000 --out nginx`,
	async run(args) {
		const [target, ...more] = args.positionals;
		const names = EDGE_TARGETS.map(({ name }) => name);
		if (target === undefined || more.length > 0)
			throw new UsageError(`one target is needed. Write headguard emit nginx --policy ./headers.js. There are ${names.join(", ")}.`);
		const { policy } = await readConfig(args.text("config"));
		const file = args.text("policy") ?? policy;
		if (file === undefined) throw new UsageError(`--policy is needed. Write headguard emit ${target} --policy ./headers.js.`);
		const emitted = await written(target, file, args);
		if (emitted === undefined) return 1;
		deliver(target, emitted, args.text("out"));
		return 0;
	},
};

/** The files; undefined when the target, or the policy itself, was refused. */
async function written(target: string, file: string, args: Args): Promise<EmitResult | undefined> {
	try {
		const { source } = await loadPolicy(file);
		return emit(target, source, { mode: args.text("mode") as "override" | "fill" | undefined, nonceSlot: args.text("nonce-slot"), site: siteOf(args) });
	} catch (error) {
		// The user's own copy of the library has its own classes.
		if (!(error instanceof Error) || !(error instanceof EdgeError || error.name === "PolicyError")) throw error;
		complain(`${error.message}\n`);
		return undefined;
	}
}

function siteOf(args: Args): Site | undefined {
	const upstream = args.text("upstream");
	const lone = ["host", "port"].find((flag) => args.has(flag));
	if (upstream === undefined && lone !== undefined) throw new UsageError(`--${lone} needs --upstream http://127.0.0.1:3000.`);
	return upstream === undefined ? undefined : { upstream, host: args.text("host") ?? "localhost", port: Number(args.text("port") ?? 80) };
}

function deliver(target: string, { files, warnings }: EmitResult, folder: string | undefined): void {
	for (const { path, text } of files) {
		if (folder === undefined) writeText(files.length === 1 ? text : `==> ${path} <==\n${text}\n`, undefined);
		else write(join(folder, path), text);
	}
	const howTo = EDGE_TARGETS.find(({ name }) => name === target)?.howTo ?? "";
	// Not into what may be a file of the shell's.
	complain([...warnings.map((warning) => `warning: ${warning}\n`), `${howTo}\n`].join(""));
}

function write(file: string, text: string): void {
	try {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, text);
		print(`${file}\n`);
	} catch (error) {
		throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}.`);
	}
}
