/** Serves the application on a free port of this machine, with the server of the runtime. */
import { app } from "./fetch-app.js";

export function serveApp(workerd) {
	if (workerd !== undefined) return onWorkerd(workerd);
	if (globalThis.Bun !== undefined) return onBun();
	return globalThis.Deno === undefined ? onNode() : onDeno();
}

async function onBun() {
	const server = globalThis.Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch });
	return { name: `Bun.serve of Bun ${globalThis.Bun.version}`, port: server.port, close: () => server.stop(true) };
}

async function onDeno() {
	const server = globalThis.Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
	return { name: `Deno.serve of Deno ${globalThis.Deno.version.deno}`, port: server.addr.port, close: () => server.shutdown() };
}

async function onNode() {
	const { getRequestListener } = await import("@hono/node-server");
	const { listen } = await import("./wire.js");
	const running = await listen(getRequestListener(app.fetch));
	return { name: `@hono/node-server on Node ${process.versions.node}`, port: running.server.address().port, close: () => running.close() };
}

/** Bundled as for a worker, without anything of Node. */
async function onWorkerd(binary) {
	const { spawn } = await import("node:child_process");
	const { once } = await import("node:events");
	const { mkdtempSync, rmSync, writeFileSync } = await import("node:fs");
	const { tmpdir } = await import("node:os");
	const { join } = await import("node:path");
	const { build } = await import("esbuild");
	const folder = mkdtempSync(join(tmpdir(), "headguard-workerd-"));
	const stdin = { contents: 'export { app as default } from "./fetch-app.js";', resolveDir: import.meta.dirname };
	await build({ stdin, outfile: join(folder, "worker.js"), bundle: true, format: "esm", platform: "neutral", logLevel: "error" });
	writeFileSync(
		join(folder, "config.capnp"),
		`using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (modules = [(name = "worker", esModule = embed "worker.js")], compatibilityDate = "2026-01-01");
`,
	);
	const child = spawn(binary, ["serve", join(folder, "config.capnp"), "--control-fd=3"], { stdio: ["ignore", "inherit", "inherit", "pipe"] });
	const [line] = await once(child.stdio[3], "data");
	const { port } = JSON.parse(String(line).split("\n")[0]);
	const close = async () => {
		child.kill();
		await once(child, "exit");
		rmSync(folder, { recursive: true });
	};
	return { name: "workerd", port, close };
}
