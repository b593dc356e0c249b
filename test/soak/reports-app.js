/** An application with a collector, in a process of its own: what it uses is asked for, and given after a collection of garbage. */
import { createServer } from "node:http";
import express from "express";
import { secureHeaders } from "headguard";
import { collectReports, fileStore } from "headguard/reports";

const [store, perSecond] = process.argv.slice(2);
const collector = collectReports({ sinks: [fileStore(store)], perSecond: Number(perSecond), samples: true, flushSeconds: 1 });
const app = express();
app.use("/_reports", collector);
app.use(secureHeaders({ reporting: { endpoint: "/_reports" } }));
app.get("/", (_req, res) => res.send(`<!doctype html><title>page</title><script nonce="${res.locals.cspNonce}"></script>`));
app.get("/stats", async (_req, res) => {
	await collector.flush();
	for (let i = 0; i < 4; i++) globalThis.gc();
	const { heapUsed, external, rss } = process.memoryUsage();
	const { received, accepted, failed, dropped } = collector.stats();
	res.json({ heap: heapUsed + external, rss, received, accepted, failed, dropped: Object.fromEntries(dropped) });
});
const server = createServer(app).listen(0, "127.0.0.1", () => process.send(server.address().port));
