/**
 * Runs the benchmarks and prints their tables. `--write` puts them into bench/RESULTS.md; `--instructions` counts
 * instructions as well (needs valgrind, takes minutes). NODES names more Node binaries, separated by colons.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, platform, release } from "node:os";

const flags = new Set(process.argv.slice(2));
const nodes = [process.execPath, ...(process.env.NODES ?? "").split(":").filter((path) => path !== "")];
const sections = [];

for (const node of nodes) {
	sections.push(`## Node ${ask(node, ["-p", "process.versions.node"]).trim()}`);
	table(JSON.parse(ask(node, ["--expose-gc", "--max-semi-space-size=128", "bench/in-process.js"])), describe);
	if (process.env.LOOPBACK_ROUNDS !== "0") table(JSON.parse(ask(node, ["bench/loopback.js"])));
	table(JSON.parse(ask(node, ["bench/start-up.js"])));
	table(JSON.parse(ask(node, ["bench/size.js"])));
	if (flags.has("--instructions")) table(JSON.parse(ask(node, ["bench/instructions.js"])));
}
const page = `${head()}\n\n${sections.join("\n\n")}\n`;
console.log(page);
if (flags.has("--write")) writeFileSync("bench/RESULTS.md", page);

function ask(node, args) {
	return execFileSync(node, args, { encoding: "utf8", maxBuffer: 1 << 24, stdio: ["ignore", "pipe", "inherit"] });
}

function head() {
	const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
	const peers = ["helmet", "nosecone", "express", "connect"].map((name) => `${name} ${version(name)}`).join(", ");
	return `# Benchmark results

Written by \`npm run bench -- --write\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${platform()} ${release()}; ${peers}.

In one process: the cost of the middleware per request (less that of an app without one), medians of ${process.env.ROUNDS ?? 60} interleaved rounds.
Start-up: minimum / median of ${process.env.STARTUP_ROUNDS ?? 25} fresh processes each, which take turns; the ratio is that of the minima of import and first call together.
Absolute times are those of one machine; read the ratios.`;
}

function table(tables, form = (row) => row) {
	for (const [title, rows] of Object.entries(tables)) {
		const formed = rows.map(form);
		const names = Object.keys(formed[0]);
		const lines = [names, names.map(() => "---"), ...formed.map((row) => names.map((name) => row[name] ?? ""))];
		sections.push(`### ${title}\n\n${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}`);
	}
}

function describe({ name, ns, quartiles, bytes, against, time, memory }) {
	const row = { name, ns, quartiles: quartiles.join("–"), bytes };
	return against === undefined ? row : { ...row, "time ratio": time.toFixed(2), "bytes ratio": memory.toFixed(2), "ratio to": against };
}
