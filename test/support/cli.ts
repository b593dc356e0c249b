import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";

export interface Run {
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface InFolder {
	/** Not synchronous: what is looked at runs in this process. */
	headguard(...args: string[]): Promise<Run>;
	headguardWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Run>;
	write(file: string, text: string): void;
	folder(): string;
}

/** The built command, in a folder. */
export function runCommand(env: Readonly<Record<string, string>>, cwd: string, ...args: string[]): Promise<Run> {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [join(process.cwd(), "dist/cli.js"), ...args], { cwd, env: { ...process.env, FORCE_COLOR: "", ...env } });
		const [stdout, stderr]: [string[], string[]] = [[], []];
		child.stdout.on("data", (chunk) => stdout.push(String(chunk)));
		child.stderr.on("data", (chunk) => stderr.push(String(chunk)));
		child.on("close", (status) => resolve({ status, stdout: stdout.join(""), stderr: stderr.join("") }));
	});
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
		headguard: (...args) => runCommand({}, folder, ...args),
		headguardWith: (env, ...args) => runCommand(env, folder, ...args),
		write: (file, text) => writeFileSync(join(folder, file), text),
		folder: () => folder,
	};
}
