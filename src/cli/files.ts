import { randomBytes } from "node:crypto";
import {
	accessSync,
	chmodSync,
	chownSync,
	closeSync,
	constants,
	fsyncSync,
	openSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/* Files of a project that commands change. */

/** Undefined unless encoding the text gives the same bytes. A byte order mark stays. */
export function textOf(bytes: Buffer): string | undefined {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return undefined;
	}
}

/** Replaces a file completely or not at all: a new file gets the name of the old one, with its mode and owner. Returns the reason if it cannot. */
export function replaceFile(file: string, read: Buffer, text: string): string | undefined {
	try {
		// The file itself, not a link to it.
		const path = realpathSync(file);
		const { mode, uid, gid } = statSync(path);
		// Root could write it anyway, but must see this too.
		if ((mode & 0o222) === 0) return "it is read-only";
		accessSync(path, constants.W_OK);
		const fresh = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
		try {
			writeNew(fresh, text);
			keepOwner(fresh, uid, gid);
			chmodSync(fresh, mode & 0o7777);
			if (!readFileSync(path).equals(read)) return "it was changed meanwhile. Run this command again";
			renameSync(fresh, path);
			return undefined;
		} finally {
			rmSync(fresh, { force: true });
		}
	} catch (error) {
		return `it cannot be written: ${reasonOf(error)}`;
	}
}

function writeNew(file: string, text: string): void {
	const handle = openSync(file, "wx", 0o600);
	try {
		writeFileSync(handle, text);
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

function keepOwner(file: string, uid: number, gid: number): void {
	const own = statSync(file);
	if (own.uid !== uid || own.gid !== gid) chownSync(file, uid, gid);
}

export function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
