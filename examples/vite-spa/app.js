// Build first, in this folder:
//   npx vite build && npx headguard hash dist --out hashes.json
// and in CI: npx headguard hash dist --check hashes.json
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import express from "express";
import { secureHeaders } from "headguard";

const here = import.meta.dirname;
const dist = join(here, "dist");
if (!existsSync(dist)) {
	console.error("There is no build yet. In examples/vite-spa: npx vite build");
	process.exit(1);
}
const hashes = JSON.parse(readFileSync(join(here, "hashes.json"), "utf8"));

const app = express();
app.use(secureHeaders({ preset: "spa" }).extend({ contentSecurityPolicy: { directives: hashes } }));
app.use(express.static(dist));
app.get("/{*path}", (_req, res) => res.sendFile("index.html", { root: dist }));

const server = app.listen(Number(process.env.PORT ?? 3000), () => console.log(`http://localhost:${server.address().port}`));
