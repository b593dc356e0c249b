import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface RunningExample {
	readonly origin: string;
	stop(): Promise<void>;
}

/** Starts an example on a free port and waits for the address that it prints. */
export async function startExample(name: string): Promise<RunningExample> {
	const running = spawn(process.execPath, [`examples/${name}/app.js`], { env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "ignore"] });
	const [line] = await once(createInterface({ input: running.stdout as NonNullable<ChildProcess["stdout"]> }), "line");
	return {
		origin: /http:\/\/\S+/.exec(line)?.[0] ?? "",
		async stop() {
			running.kill();
			if (running.exitCode === null) await once(running, "exit");
		},
	};
}
