/** One app of bench/loopback.js. Sends its port, and its CPU time whenever it is asked. */
import { createServer } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { BARE, build, CANDIDATES, PAGES, STACKS } from "./candidates.js";

const [group, name] = process.argv.slice(2);
const candidate = (PAGES[group] ?? [BARE, ...CANDIDATES]).find((one) => one.name === name);
const server = group === "http2" ? createHttp2(build(STACKS.Connect, candidate)) : createServer(build(STACKS["Express 5"], candidate));
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", () => {
	const { user, system } = process.cpuUsage();
	process.send({ cpu: user + system });
});
process.on("disconnect", () => process.exit());
