import { createServer } from "node:http";
import { createRequestHandler } from "@react-router/express";
import express from "express";
import { getNonce } from "headguard";
import { headers } from "./headers.js";

const app = express();
const server = createServer(app);
app.use(headers);

let build;
if (process.env.NODE_ENV === "production") {
	app.use("/assets", express.static("build/client/assets", { immutable: true, maxAge: "1y" }));
	app.use(express.static("build/client"));
	build = await import("./build/server/index.js");
} else {
	const { createServer: createVite } = await import("vite");
	// Hot updates come from the server itself, which connect-src 'self' allows.
	const vite = await createVite({ server: { middlewareMode: true, hmr: { server } } });
	app.use(vite.middlewares);
	build = () => vite.ssrLoadModule("virtual:react-router/server-build");
}

// A function: only a page asks for the nonce, so that data and redirects have none.
app.use(createRequestHandler({ build, getLoadContext: (_req, res) => ({ nonce: () => getNonce(res) }) }));
app.use(headers.errorHandler);

server.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
