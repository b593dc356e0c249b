import { open, rm, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

/** What a process that died at its work has left behind. */
const STALE_MS = 30_000;
const WAIT_MS = 25;
const PATIENCE_MS = 5000;

/**
 * Runs `work` while no other process does the same for this file: `<path>.lock` stands for it.
 * @throws {Error} when another one has it for five seconds, and what `work` throws.
 */
export async function locked<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
	const lock = `${path}.lock`;
	const end = Date.now() + PATIENCE_MS;
	while (!(await taken(lock))) {
		if (Date.now() > end) throw new Error(`${lock} is held by another process. Remove it when there is none.`);
		await setTimeout(WAIT_MS);
	}
	try {
		return await work();
	} finally {
		await rm(lock, { force: true });
	}
}

async function taken(lock: string): Promise<boolean> {
	try {
		const file = await open(lock, "wx");
		await file.close();
		return true;
	} catch (error) {
		if (Reflect.get(Object(error), "code") !== "EEXIST") throw error;
		const age = await stat(lock).then(
			({ mtimeMs }) => Date.now() - mtimeMs,
			() => 0,
		);
		if (age > STALE_MS) await rm(lock, { force: true });
		return false;
	}
}
