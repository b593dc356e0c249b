import { fork } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { expect } from "vitest";
import type { Files, Shape } from "./shapes.ts";

export function writeFiles(folder: string, files: Files): void {
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		writeFileSync(join(folder, name), text);
	}
}

/** With this package, and the others that the shape needs. */
export function install(folder: string, packages: Shape["packages"] = {}): void {
	const modules = join(folder, "node_modules");
	mkdirSync(modules, { recursive: true });
	symlinkSync(process.cwd(), join(modules, "headguard"));
	for (const [name, given] of Object.entries(packages)) {
		if (given.includes("\n")) writeFiles(modules, { [/\.d\.ts$/.test(name) ? name : `${name}/index.js`]: given });
		else symlinkSync(resolve("node_modules", given), join(modules, name));
	}
}

/** Every file of the project, without packages and what was built. */
export function readFiles(folder: string, inside = ""): Record<string, string> {
	const entries = readdirSync(join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
		const name = join(inside, entry.name);
		if (entry.isDirectory()) return ["node_modules", "dist", ".git"].includes(entry.name) ? [] : Object.entries(readFiles(folder, name));
		return entry.isFile() ? [[name, readFileSync(join(folder, name), "utf8")] as const] : [];
	});
	return Object.fromEntries(entries);
}

/** As `tsc` in the project. */
export function compile(folder: string): void {
	const { options, fileNames } = ts.parseJsonConfigFileContent(ts.readConfigFile(join(folder, "tsconfig.json"), ts.sys.readFile).config, ts.sys, folder);
	const program = ts.createProgram(fileNames, options);
	const problems = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
	expect(problems.map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`)).toEqual([]);
}

/** Puts the server on a free port of this machine, and tells its parent which. */
const PRELOAD = `const { Server } = require("node:net");
const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
	this.once("listening", () => process.send(this.address().port));
	return listen.call(this, 0, "127.0.0.1", args.find((one) => typeof one === "function"));
};
`;

export interface Started {
	readonly port: number;
	stop(): Promise<void>;
}

export function start(folder: string, file: string): Promise<Started> {
	const preload = join(folder, "node_modules", "preload.cjs");
	writeFileSync(preload, PRELOAD);
	const child = fork(file, [], {
		cwd: folder,
		execArgv: ["--require", preload],
		stdio: ["ignore", "pipe", "pipe", "ipc"],
		env: { ...process.env, NODE_ENV: "development" },
	});
	const output: string[] = [];
	for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => output.push(String(chunk)));
	const closed = new Promise<void>((done) => child.once("close", () => done()));
	return new Promise((done, fail) => {
		child.once("message", (port) =>
			done({
				port: Number(port),
				stop() {
					child.kill();
					return closed;
				},
			}),
		);
		closed.then(() => fail(new Error(`${file} ended:\n${output.join("")}`)));
	});
}

/** The head of the response to a request that is not HTTP, which no middleware sees. */
export function malformed(port: number): Promise<string> {
	return new Promise((done, fail) => {
		const socket = connect(port, "127.0.0.1", () => socket.end("GET / HTTP/9.9 nonsense\r\n\r\n"));
		let text = "";
		socket.on("data", (chunk) => {
			text += String(chunk);
		});
		socket.on("error", fail);
		socket.on("close", () => done(text));
	});
}
