import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

/* Loaded before each file of the project `unit`, so that the inner loop stays fast and needs no build. */

function refuse(): never {
	throw new Error("A unit test starts no process. Give the file to the project `process` in vitest.config.ts.");
}

Object.assign(childProcess, { exec: refuse, execFile: refuse, execFileSync: refuse, execSync: refuse, fork: refuse, spawn: refuse, spawnSync: refuse });
syncBuiltinESMExports();
