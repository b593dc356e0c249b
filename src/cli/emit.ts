import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EDGE_TARGETS, EdgeError, type EmitResult, emit, type Site } from "../edge/index.ts";
import { type Args, type Command, UsageError } from "./args.ts";
import { CONFIG_FLAG, readConfig } from "./config.ts";
import { complain, print, writeText } from "./output.ts";
import { loadPolicy } from "./policy.ts";

const LIST = EDGE_TARGETS.map(({ name, isExperimental }) => `  ${name}${isExperimental ? " (experimental: tested with a parser only)" : ""}`).join("\n");

export const emitCommand: Command = {
	summary: "Writes the configuration of a proxy or host from your policy.",
	usage: "<target> --policy <module> [flags]",
	flags: {
		policy: { type: "string", value: "<module>", summary: "module that exports the middleware (as headers or default) or its options (as options)" },
		mode: {
			type: "string",
			value: "<mode>",
			summary: "whether the edge replaces the headers, or only fills in those that a response lacks, which keeps nonces",
			byDefault: "override",
			oneOf: ["override", "fill"],
		},
		upstream: { type: "string", value: "<url>", summary: "origin of the application; also writes a whole server in front of it" },
		host: { type: "string", value: "<name>", summary: "host name of the site, with --upstream", byDefault: "localhost" },
		port: { type: "string", value: "<port>", summary: "port of the site, with --upstream", byDefault: "80" },
		"nonce-slot": { type: "string", value: "<text>", summary: "nginx only: the text in pages that nginx replaces with its own nonce" },
		out: { type: "string", value: "<folder>", summary: "write the files to this folder instead of the terminal" },
		config: CONFIG_FLAG,
	},
	notes: `Targets:

${LIST}

Without --policy, the command uses the policy of the configuration file. If a target cannot carry the policy, the command refuses it
and says what to do instead. Exit code 0: written, 1: refused, 2: no policy was found.

  headguard emit nginx --policy ./headers.js --upstream http://127.0.0.1:3000 --out nginx`,
	async run(args) {
		const [target, ...more] = args.positionals;
		const names = EDGE_TARGETS.map(({ name }) => name);
		if (target === undefined || more.length > 0)
			throw new UsageError(`one target is needed. Run headguard emit nginx --policy ./headers.js. The targets are ${names.join(", ")}.`);
		const { policy } = await readConfig(args.text("config"));
		const file = args.text("policy") ?? policy;
		if (file === undefined) throw new UsageError(`--policy is needed. Run headguard emit ${target} --policy ./headers.js.`);
		const emitted = await written(target, file, args);
		if (emitted === undefined) return 1;
		deliver(emitted, args.text("out"));
		return 0;
	},
};

/** The files. Undefined if the target or the policy was refused. */
async function written(target: string, file: string, args: Args): Promise<EmitResult | undefined> {
	try {
		const { source } = await loadPolicy(file);
		return emit(target, source, { mode: args.text("mode") as "override" | "fill" | undefined, nonceSlot: args.text("nonce-slot"), site: siteOf(args) });
	} catch (error) {
		// The application may use another copy of the library, with other classes.
		if (!(error instanceof Error) || !(error instanceof EdgeError || error.name === "PolicyError")) throw error;
		complain(`${error instanceof EdgeError ? withFlags(error.message) : error.message}\n`);
		return undefined;
	}
}

/** The options of `emit()` that a message names, as flags of the command. */
function withFlags(message: string): string {
	return message
		.replace(/\bmode:? "(\w+)"/g, "--mode $1")
		.replace(/\bnonceSlot\b/g, "--nonce-slot")
		.replace(/\bsite\.(?=upstream|host|port)/g, "--");
}

function siteOf(args: Args): Site | undefined {
	const upstream = args.text("upstream");
	const lone = ["host", "port"].find((flag) => args.has(flag));
	if (upstream === undefined && lone !== undefined) throw new UsageError(`--${lone} needs --upstream http://127.0.0.1:3000.`);
	return upstream === undefined ? undefined : { upstream, host: args.text("host") ?? "localhost", port: Number(args.text("port") ?? 80) };
}

function deliver({ files, warnings, howTo }: EmitResult, folder: string | undefined): void {
	for (const { path, text } of files) {
		if (folder === undefined) writeText(files.length === 1 ? text : `==> ${path} <==\n${text}\n`, undefined);
		else write(join(folder, path), text);
	}
	// Not to stdout, which the shell may redirect to a file.
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
