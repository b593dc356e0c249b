/**
 * Measures the start of a process: the import, the first call and the first response, after Express is loaded. Each figure comes from a fresh
 * process. The libraries take turns. `--instructions` counts instructions with valgrind instead. Prints JSON.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { instructionsOf } from "./valgrind.js";

const ROUNDS = Number(process.env.STARTUP_ROUNDS ?? 25);
const FORMATS = {
	"ES modules": {
		flags: ["--input-type=module"],
		load: (file) => `(await import(${JSON.stringify(file)}))`,
		files: {
			helmet: "node_modules/helmet/index.mjs",
			headguard: "dist/index.js",
			"headguard/helmet": "dist/helmet.js",
			"headguard/compiled": "dist/compiled.js",
		},
	},
	CommonJS: {
		flags: ["--input-type=commonjs"],
		load: (file) => `require(${JSON.stringify(file)})`,
		files: {
			helmet: "node_modules/helmet/index.cjs",
			headguard: "dist/index.cjs",
			"headguard/helmet": "dist/helmet.cjs",
			"headguard/compiled": "dist/compiled.cjs",
		},
	},
};

/** The default policy, compiled as an application does when it is built. */
const folder = mkdtempSync(join(tmpdir(), "headguard-start-"));
writeFileSync(join(folder, "headers.mjs"), "export const options = {};");
const compiled = Object.fromEntries(
	Object.entries({ "ES modules": "headers.compiled.mjs", CommonJS: "headers.compiled.cjs" }).map(([format, name]) => {
		execFileSync(process.execPath, [resolve("dist/cli.js"), "compile", "headers.mjs", "--out", name], { cwd: folder, stdio: "ignore" });
		return [format, join(folder, name)];
	}),
);

const measure = process.argv[2] === "--instructions" ? counted : timed;
const tables = {};
for (const format of Object.keys(FORMATS)) Object.assign(tables, await measure(format));
rmSync(folder, { recursive: true });
console.log(JSON.stringify(tables));

function timed(format) {
	const runs = Object.fromEntries(Object.keys(FORMATS[format].files).map((name) => [name, []]));
	for (let i = 0; i < ROUNDS; i++) for (const name of Object.keys(runs)) runs[name].push(times(format, name));
	return { [`Start-up after Express, ${format}`]: Object.entries(runs).map(([name, own]) => ({ name, ...summary(own, runs.helmet) })) };
}

async function counted(format) {
	const count = (code) => instructionsOf(...FORMATS[format].flags, "-e", code);
	const names = Object.keys(FORMATS[format].files);
	const [bare, ...counts] = await Promise.all([
		count(`${FORMATS[format].load("express")};`),
		...names.map(async (name) => {
			const { express, load, call } = steps(format, name);
			return Promise.all([count(`${express}; ${load};`), count(`${express}; ${load}; ${call};`)]);
		}),
	]);
	const helmet = counts[names.indexOf("helmet")][1] - bare;
	const millions = (instructions) => Number((instructions / 1e6).toFixed(1));
	return {
		[`Millions of instructions of a start after Express, ${format}`]: names.map((name, i) => {
			const [loaded, called] = counts[i];
			return { name, import: millions(loaded - bare), "first call": millions(called - loaded), "to helmet": Number(((called - bare) / helmet).toFixed(2)) };
		}),
	};
}

function steps(format, name) {
	const { load, files } = FORMATS[format];
	const isCompiled = name === "headguard/compiled";
	return {
		express: load("express"),
		// The compiled policy is a part of what is imported.
		load: `const library = ${load(resolve(files[name]))}; const policy = ${isCompiled ? load(compiled[format]) : "undefined"}`,
		call: `const headers = ${isCompiled ? "library.securedBy(policy.default ?? policy)" : "(library.secureHeaders ?? library.default ?? library)()"}`,
	};
}

function times(format, name) {
	const { express, load, call } = steps(format, name);
	const code = `
		${express};
		const now = () => { const { user, system } = process.cpuUsage(); return { cpu: (user + system) / 1000, wall: performance.now() }; };
		const start = now();
		${load};
		const loaded = now();
		${call};
		const called = now();
		const { IncomingMessage, ServerResponse } = process.getBuiltinModule("node:http");
		const { Socket } = process.getBuiltinModule("node:net");
		const req = Object.assign(new IncomingMessage(new Socket()), { method: "GET", url: "/", headers: { host: "app.example" } });
		const res = new ServerResponse(req);
		const ready = now();
		headers(req, res, () => res.end("ok"));
		const answered = now();
		if (!res.headersSent) throw new Error("there was no response");
		const between = (a, b) => ({ cpu: b.cpu - a.cpu, wall: b.wall - a.wall });
		console.log(JSON.stringify({ load: between(start, loaded), call: between(loaded, called), answer: between(ready, answered), both: between(start, called) }));`;
	return JSON.parse(execFileSync(process.execPath, [...FORMATS[format].flags, "-e", code], { encoding: "utf8" }));
}

/** Minimum and median of both clocks. The ratio is that of the minima of both steps, which vary least with the load of the machine. */
function summary(runs, helmet) {
	const list = (from, step, clock) => from.map((run) => run[step][clock]).sort((a, b) => a - b);
	const figures = (step, clock) => {
		const sorted = list(runs, step, clock);
		return `${sorted[0].toFixed(1)} / ${sorted[Math.floor(sorted.length / 2)].toFixed(1)}`;
	};
	const ratio = (clock) => (list(runs, "both", clock)[0] / list(helmet, "both", clock)[0]).toFixed(1);
	return {
		"import, CPU ms": figures("load", "cpu"),
		"import, ms": figures("load", "wall"),
		"first call, CPU ms": figures("call", "cpu"),
		"first call, ms": figures("call", "wall"),
		"first response, CPU ms": figures("answer", "cpu"),
		"CPU to helmet": ratio("cpu"),
		"time to helmet": ratio("wall"),
	};
}
