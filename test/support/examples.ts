import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

export interface RunningExample {
	readonly origin: string;
	/** The lines that it has printed. */
	readonly printed: readonly string[];
	/** What it has written to the error stream. */
	complained(): string;
	stop(): Promise<void>;
}

/** Starts an example on a free port and waits for the address that it prints. */
export function startExample(name: string, env: Readonly<Record<string, string>> = {}): Promise<RunningExample> {
	return startApp(`examples/${name}/app.js`, ".", env);
}

/** Starts an app that prints its address. What it says when it cannot start is thrown. */
export async function startApp(file: string, cwd: string, env: Readonly<Record<string, string>> = {}): Promise<RunningExample> {
	const running = spawn(process.execPath, [resolve(file)], { cwd, env: { ...process.env, PORT: "0", ...env }, stdio: ["ignore", "pipe", "pipe"] });
	let complaint = "";
	running.stderr?.on("data", (chunk) => {
		complaint += chunk;
	});
	const failed = once(running, "exit").then(() => Promise.reject(new Error(`${file} ended: ${complaint}`)));
	const printed: string[] = [];
	const lines = createInterface({ input: running.stdout as NonNullable<ChildProcess["stdout"]> });
	const address = new Promise<string>((resolve) => {
		lines.on("line", (line) => {
			printed.push(line);
			const found = /http:\/\/localhost:\d+/.exec(line)?.[0];
			if (found !== undefined) resolve(found);
		});
	});
	const origin = await Promise.race([address, failed]);
	failed.catch(() => {});
	return {
		origin,
		printed,
		complained: () => complaint,
		async stop() {
			if (running.exitCode !== null || running.signalCode !== null) return;
			running.kill();
			await once(running, "exit");
		},
	};
}
