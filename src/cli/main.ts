#!/usr/bin/env node
import { didYouMean } from "../core/text.ts";
import { type Command, helpOf, readArgs, UsageError } from "./args.ts";
import { releaseListening } from "./listening.ts";
import { complain, print } from "./output.ts";
import { version } from "./version.ts";

/** Each command is loaded when it is called, so that the others do not slow it down. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
	["audit", async () => (await import("./audit.ts")).auditCommand],
	["check", async () => (await import("./check.ts")).checkCommand],
	["compile", async () => (await import("./compile/index.ts")).compileCommand],
	["emit", async () => (await import("./emit.ts")).emitCommand],
	["hash", async () => (await import("./hash.ts")).hashCommand],
	["init", async () => (await import("./init/index.ts")).initCommand],
	["learn", async () => (await import("./learn/index.ts")).learnCommand],
	["migrate", async () => (await import("./migrate/index.ts")).migrateCommand],
	["reports", async () => (await import("./reports/index.ts")).reportsCommand],
	["suggest", async () => (await import("./reports/suggest.ts")).suggestCommand],
	["templates", async () => (await import("./templates.ts")).templatesCommand],
]);

const code = await main(process.argv.slice(2));
// A loaded module may have opened a server. By the time of this callback, all output is written.
process.stdout.write("", () => process.exit(code));

async function main([name, ...argv]: readonly string[]): Promise<number> {
	try {
		return await run(name, argv);
	} catch (error) {
		// Not 1, which means that the command found a problem.
		complain(
			error instanceof UsageError
				? `headguard: ${error.message}\nSee headguard ${COMMANDS.has(name ?? "") ? `${name} ` : ""}--help.\n`
				: `headguard: internal error: ${error instanceof Error ? error.stack : String(error)}\n`,
		);
		return 2;
	} finally {
		releaseListening();
	}
}

async function run(name: string | undefined, argv: readonly string[]): Promise<number> {
	if (name === undefined || ["--help", "-h", "help"].includes(name)) {
		print(await overview());
		return name === undefined ? 2 : 0;
	}
	if (name === "--version" || name === "-v") {
		print(`${version()}\n`);
		return 0;
	}
	const load = COMMANDS.get(name);
	if (load === undefined) throw new UsageError(`unknown command ${JSON.stringify(name)}.${didYouMean(name, [...COMMANDS.keys()])}`);
	const command = await load();
	if (argv.includes("--help") || argv.includes("-h")) {
		print(helpOf(name, command));
		return 0;
	}
	return command.run(readArgs(argv, command.flags));
}

async function overview(): Promise<string> {
	const rows = await Promise.all([...COMMANDS].map(async ([name, load]) => `  ${name.padEnd(11)}${(await load()).summary}`));
	return `headguard ${version()}: one security policy, kept on every response.\n\nUsage: headguard <command> …\n\n${rows.join("\n")}\n\nRun headguard <command> --help for its flags.\n`;
}
