import { createServer } from "node:http";
import express from "express";
import { headers } from "./headers.js";

const app = express();
const server = createServer(app);
app.use(headers);
if (process.env.NODE_ENV === "development") {
	const vite = await import("vite");
	const { middlewares } = await vite.createServer({ server: { middlewareMode: true, hmr: { server } } });
	app.use(middlewares);
} else {
	const { handler } = await import("./build/handler.js");
	app.use((req, res) => {
		// SvelteKit takes https for granted, and refuses forms of another origin. See PROTOCOL_HEADER in package.json.
		req.headers["x-forwarded-proto"] = req.protocol;
		handler(req, res);
	});
}
server.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
