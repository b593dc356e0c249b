import { existsSync } from "node:fs";
import { join } from "node:path";
import { PRESETS } from "../../policy/presets.ts";
import { type Args, type Command, readArgs, UsageError } from "../args.ts";
import { migrateCommand } from "../migrate/index.ts";
import { print, writeText } from "../output.ts";
import { type Ask, createAsk } from "./ask.ts";
import { diffOf } from "./diff.ts";
import { readManifest } from "./manifest.ts";
import { readOwn } from "./own.ts";
import { HelmetFound, type Plan, planFor, type Settings } from "./plan.ts";
import { uncommitted, writeAll } from "./write.ts";

const NONE = "none";

export const initCommand: Command = {
	summary: "Mounts a policy in the Express, Connect or NestJS project of the current folder.",
	usage: "[flags]",
	flags: {
		yes: { type: "boolean", summary: "write the changes without a question" },
		"dry-run": { type: "boolean", summary: "only show the changes, which is all that happens if stdin or stdout is not a terminal" },
		entry: { type: "string", value: "<file>", summary: "the file that starts the application, if the command cannot detect it" },
		preset: { type: "string", value: "<name>", summary: "the preset of the policy", byDefault: "none", oneOf: [...PRESETS.keys(), NONE] },
		"no-devtools": { type: "boolean", summary: "do not mount headguard/devtools, which in development shows what the policy blocks" },
		"no-script": { type: "boolean", summary: "do not add the script check:headers to package.json" },
	},
	notes: `The command finds the file that creates the application, shows what it would add, and writes it after a yes. It adds the import, the
policy before everything else, headers.errorHandler before your error handler, and protectServer around the server. If headguard is
mounted already, it only adds what is missing. It writes all files or none.

Exit code 0: written, shown, or nothing to add. 1: you answered no. 2: the command cannot do it safely, and says what to write by hand.`,
	run,
};

async function run(args: Args): Promise<number> {
	if (args.positionals.length > 0) throw new UsageError(`received ${JSON.stringify(args.positionals[0])}. Use --entry with the path of a file.`);
	if (args.has("yes") && args.has("dry-run")) throw new UsageError("--yes writes and --dry-run does not. Use one of them.");
	const isAsking = !args.has("yes") && !args.has("dry-run") && process.stdin.isTTY === true && process.stdout.isTTY === true;
	const ask = isAsking ? createAsk(process.stdin, process.stdout) : undefined;
	try {
		return await init(args, ask);
	} finally {
		ask?.close();
	}
}

async function init(args: Args, ask: Ask | undefined): Promise<number> {
	const root = process.cwd();
	const plan = await planned(root, args, ask);
	if (plan === undefined) return 1;
	print(`Found: ${plan.found}.\n\n`);
	const isColoured = process.stdout.isTTY === true && !process.env["NO_COLOR"];
	for (const { name, before, after } of plan.changes) writeText(`${diffOf(name, before?.text, after, isColoured)}\n`, undefined);
	for (const note of plan.notes) print(`- ${note}\n`);
	if (plan.changes.length === 0) {
		print("Nothing to add: the policy is mounted.\n");
		return 0;
	}
	const open = uncommitted(plan.changes, root);
	if (open.length > 0) print(`- ${open.join(", ")}: has changes that are not committed.\n`);
	if (ask === undefined && !args.has("yes")) {
		print("Nothing was written. Add --yes to write the changes.\n");
		return 0;
	}
	if (ask !== undefined && !(await ask.yes("Write these changes?", false))) {
		print("Nothing was written.\n");
		return 1;
	}
	writeAll(plan.changes);
	print(`Written: ${plan.changes.map(({ name }) => name).join(", ")}.\n${plan.isMissing ? `Now write ${installer(root)}.\n` : ""}`);
	return 0;
}

/** Undefined if helmet is mounted and must stay. */
async function planned(root: string, args: Args, ask: Ask | undefined): Promise<Plan | undefined> {
	const manifest = readManifest(root);
	const settings = settingsOf(args);
	try {
		const plan = planFor(root, manifest, settings);
		if (ask === undefined || plan.changes.length === 0) return plan;
		const answers = await questions(args, settings, ask);
		return planFor(root, manifest, answers);
	} catch (error) {
		if (ask === undefined || !(error instanceof HelmetFound)) throw error;
		print(`${error.message}\n`);
		if (!(await ask.yes("Run headguard migrate --write now?", false))) return undefined;
		if ((await migrateCommand.run(readArgs(["--write"], migrateCommand.flags))) !== 0) return undefined;
		return planned(root, args, ask);
	}
}

function settingsOf(args: Args): Settings {
	const { version, hasDevtools } = readOwn();
	const preset = args.text("preset");
	return {
		entry: args.text("entry"),
		preset: preset === NONE ? undefined : preset,
		hasDevtools: hasDevtools && !args.has("no-devtools"),
		hasScript: !args.has("no-script"),
		version,
	};
}

/** Only what no flag says. */
async function questions(args: Args, settings: Settings, ask: Ask): Promise<Settings> {
	const names = [NONE, ...PRESETS.keys()];
	const preset = args.text("preset") ?? (await ask.text(`Which preset: ${names.join(", ")}?`, NONE, names));
	const { hasDevtools, hasScript } = settings;
	return {
		...settings,
		preset: preset === NONE ? undefined : preset,
		hasDevtools: hasDevtools && (await ask.yes("Mount devtools, which shows what the policy blocks during development?", true)),
		hasScript: hasScript && (await ask.yes("Add the script check:headers to package.json?", true)),
	};
}

const LOCKS: readonly (readonly [file: string, command: string])[] = [
	["pnpm-lock.yaml", "pnpm install"],
	["yarn.lock", "yarn install"],
	["bun.lock", "bun install"],
	["bun.lockb", "bun install"],
];

function installer(root: string): string {
	return LOCKS.find(([file]) => existsSync(join(root, file)))?.[1] ?? "npm install";
}
