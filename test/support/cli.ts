import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach } from "vitest";

export interface Run {
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface InFolder {
	/** In this process. What it imports stays loaded: give a module that changes a new name. */
	headguard(...args: string[]): Promise<Run>;
	headguardWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Run>;
	/** In a process of its own, as a user starts it. */
	headguardProcess(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Run>;
	write(file: string, text: string): void;
	folder(): string;
}

const COMMAND = join(process.cwd(), "dist/cli.js");

/** The built command as a process, in a folder. Not synchronous: what is looked at runs in this process. */
export function runCommand(env: Readonly<Record<string, string>>, cwd: string, ...args: string[]): Promise<Run> {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [COMMAND, ...args], { cwd, env: { ...process.env, FORCE_COLOR: "", ...env } });
		const [stdout, stderr]: [string[], string[]] = [[], []];
		child.stdout.on("data", (chunk) => stdout.push(String(chunk)));
		child.stderr.on("data", (chunk) => stderr.push(String(chunk)));
		child.on("close", (status) => resolve({ status, stdout: stdout.join(""), stderr: stderr.join("") }));
	});
}

const { importByNode }: { importByNode(url: string): Promise<unknown> } = createRequire(import.meta.url)("./import-by-node.cjs");

let started = 0;
let last: Promise<unknown> = Promise.resolve();

/** The built command without a process: the same files, the same `process`, one run after another. Most of what a start costs is loading. */
export function runHere(env: Readonly<Record<string, string>>, cwd: string, ...args: string[]): Promise<Run> {
	const run = last.then(() => runAlone(env, cwd, args));
	last = run.catch(() => {});
	return run;
}

async function runAlone(env: Readonly<Record<string, string>>, cwd: string, args: readonly string[]): Promise<Run> {
	const { argv, exit } = process;
	const home = process.cwd();
	const variables = { ...process.env };
	const stdout = collect(process.stdout);
	const stderr = collect(process.stderr);
	try {
		process.chdir(cwd);
		process.argv = [process.execPath, COMMAND, ...args];
		Object.assign(process.env, { FORCE_COLOR: "", ...env });
		const status = await new Promise<number>((resolve, reject) => {
			process.exit = resolve as typeof process.exit;
			// Only the first file is evaluated again: it reads the arguments.
			importByNode(`${pathToFileURL(COMMAND).href}?${++started}`).catch(reject);
		});
		return { status, stdout: stdout.text(), stderr: stderr.text() };
	} finally {
		stdout.restore();
		stderr.restore();
		for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
		Object.assign(process.env, variables);
		Object.assign(process, { argv, exit });
		process.chdir(home);
	}
}

function collect(stream: NodeJS.WriteStream): { text(): string; restore(): void } {
	const { write } = stream;
	const parts: string[] = [];
	stream.write = ((chunk: unknown, ...rest: unknown[]) => {
		parts.push(String(chunk));
		const done = rest.at(-1);
		if (typeof done === "function") process.nextTick(done);
		return true;
	}) as typeof write;
	return {
		text: () => parts.join(""),
		restore() {
			stream.write = write;
		},
	};
}

/** The built command in an empty folder of its own for each test, below the project so that its packages are found. */
export function inFolder(name: string): InFolder {
	const home = join(process.cwd(), ".headguard-test");
	let folder = "";
	beforeEach(() => {
		mkdirSync(home, { recursive: true });
		folder = mkdtempSync(join(home, `${name}-`));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));
	return {
		headguard: (...args) => runHere({}, folder, ...args),
		headguardWith: (env, ...args) => runHere(env, folder, ...args),
		headguardProcess: (env, ...args) => runCommand(env, folder, ...args),
		write: (file, text) => writeFileSync(join(folder, file), text),
		folder: () => folder,
	};
}
