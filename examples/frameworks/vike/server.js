import { createServer } from "node:http";
import express from "express";
import { getNonce } from "headguard";
import { createDevMiddleware, renderPage } from "vike/server";
import { headers } from "./headers.js";

const app = express();
const server = createServer(app);
app.use(headers);

if (process.env.NODE_ENV === "production") {
	app.use("/assets", express.static("dist/client/assets", { immutable: true, maxAge: "1y" }));
	app.use(express.static("dist/client"));
} else {
	// Hot updates come from the server itself, which connect-src 'self' allows.
	const { devMiddleware } = await createDevMiddleware({ viteConfig: { server: { middlewareMode: true, hmr: { server } } } });
	app.use(devMiddleware);
}

app.use(async (req, res) => {
	const { httpResponse } = await renderPage({ urlOriginal: req.originalUrl, headersOriginal: req.headers, cspNonce: getNonce(res) });
	res.status(httpResponse.statusCode);
	for (const [name, value] of httpResponse.headers) res.setHeader(name, value);
	httpResponse.pipe(res);
});
app.use(headers.errorHandler);

server.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
