import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

/** The age at which a lock is abandoned: its owner has died or is stopped. */
export const STALE_MS = 30_000;
const WAIT_MS = 25;
const PATIENCE_MS = 5000;

/** What the owner of a lock can do. A process that was stopped may have lost the lock without knowing. */
export interface Held {
	isOwner(): Promise<boolean>;
	/**
	 * Replaces the content of the file, if this process is the owner. A new owner first removes the files that others have prepared. So a former
	 * owner that continues later can no longer replace the file.
	 */
	replace(text: string): Promise<boolean>;
}

/**
 * Runs `work` while no other process does the same for this file. The file `<path>.lock` is the lock and names its owner.
 * @throws {Error} when another process holds the lock for five seconds, and whatever `work` throws.
 */
export async function locked<Result>(path: string, staleMs: number, work: (held: Held) => Promise<Result>): Promise<Result> {
	const lock = `${path}.lock`;
	const owner = `${process.pid} ${hostname()} ${process.getBuiltinModule("node:crypto").randomUUID()}`;
	// The system clock may jump.
	const end = performance.now() + PATIENCE_MS;
	while (!(await taken(lock, owner, staleMs))) {
		if (performance.now() > end) throw new Error(`${lock} is held by another process. If that process no longer exists, remove the file.`);
		await setTimeout(WAIT_MS);
	}
	const isOwner = async (): Promise<boolean> => (await ownerOf(lock)) === owner;
	try {
		await removePrepared(path);
		return await work({ isOwner, replace: (text) => replaceBy(path, text, owner, isOwner) });
	} finally {
		// The work is done. An error here would make the caller repeat it.
		if (await isOwner()) await rm(lock, { force: true }).catch(() => {});
	}
}

async function taken(lock: string, owner: string, staleMs: number): Promise<boolean> {
	try {
		await writeFile(lock, owner, { flag: "wx", mode: 0o600 });
		return true;
	} catch (error) {
		if (codeOf(error) !== "EEXIST") {
			// On a full disk, the lock file exists but does not name an owner.
			if (codeOf(error) === "ENOSPC" && (await ownerOf(lock)) === "") await rm(lock, { force: true });
			throw error;
		}
	}
	if (!(await isAbandoned(lock, staleMs))) return false;
	const own = `${lock}.${owner.slice(-36)}${PREPARED}`;
	await writeFile(own, owner, { mode: 0o600 });
	// If several processes do so at once, the last one is the owner. The others notice before they replace anything.
	await rename(own, lock).catch(() => {});
	return (await ownerOf(lock)) === owner;
}

function ownerOf(lock: string): Promise<string> {
	return readFile(lock, "utf8").catch(() => "");
}

/** Whether the process of the lock is gone, or the lock is too old. The clock may have jumped in either direction. */
async function isAbandoned(lock: string, staleMs: number): Promise<boolean> {
	const age = await stat(lock).then(
		({ mtimeMs }) => Math.abs(Date.now() - mtimeMs),
		() => 0,
	);
	const [pid, host] = (await ownerOf(lock)).split(" ");
	return age > staleMs || (host === hostname() && !isAlive(Number(pid)));
}

function isAlive(pid: number): boolean {
	if (!Number.isSafeInteger(pid) || pid <= 0) return true;
	try {
		return process.kill(pid, 0);
	} catch (error) {
		// A process of another user is alive as well.
		return codeOf(error) !== "ESRCH";
	}
}

const PREPARED = ".new";
const IS_PREPARED = /^(?:\.lock)?\.[\da-f]{8}-[\da-f-]{27}\.new$/;

async function removePrepared(path: string): Promise<void> {
	const [folder, name] = [dirname(path), basename(path)];
	const left = (await readdir(folder)).filter((entry) => entry.startsWith(`${name}.`) && IS_PREPARED.test(entry.slice(name.length)));
	await Promise.all(left.map((entry) => rm(join(folder, entry), { force: true })));
}

async function replaceBy(path: string, text: string, owner: string, isOwner: () => Promise<boolean>): Promise<boolean> {
	const fresh = `${path}.${owner.slice(-36)}${PREPARED}`;
	try {
		await writeFile(fresh, text, { mode: 0o600, flush: true });
		if (!(await isOwner())) return false;
		await rename(fresh, path);
		return true;
	} catch (error) {
		// The new owner has removed the file.
		if (codeOf(error) === "ENOENT") return false;
		throw error;
	} finally {
		await rm(fresh, { force: true }).catch(() => {});
	}
}

function codeOf(error: unknown): unknown {
	return Reflect.get(Object(error), "code");
}
