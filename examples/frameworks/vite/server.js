import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import express from "express";
import { withNonce } from "headguard/frameworks";
import { headers } from "./headers.js";

const PAGES = {
	"index.html": ["/", "/second", "/mui", "/styled-components", "/antd", "/mantine", "/radix"],
	"vue/index.html": ["/vue", "/vue/second"],
	"svelte/index.html": ["/svelte", "/svelte/second"],
};

const app = express();
const server = createServer(app);
app.use(headers);

let index;
if (process.env.NODE_ENV === "production") {
	const built = new Map(Object.keys(PAGES).map((file) => [file, readFileSync(`dist/${file}`, "utf8")]));
	index = (file) => built.get(file);
	// Not the whole folder: index.html as a file would tell the slot.
	app.use("/assets", express.static("dist/assets", { immutable: true, maxAge: "1y" }));
	app.get(/\.(?:ico|svg|txt|webmanifest)$/, express.static("dist"));
} else {
	const { createServer: createVite } = await import("vite");
	// Hot updates come from the server itself, which connect-src 'self' allows.
	const vite = await createVite({ appType: "custom", server: { middlewareMode: true, hmr: { server } } });
	app.use(vite.middlewares);
	index = (file, url) => vite.transformIndexHtml(url, readFileSync(file, "utf8"));
}

for (const [file, paths] of Object.entries(PAGES)) {
	app.get(paths, async (req, res) => {
		const html = await index(file, req.originalUrl);
		const slot = /<meta property="csp-nonce" nonce="([^"]+)"/.exec(html)[1];
		res.type("html").send(withNonce(html, res, slot));
	});
}
app.get("/old", (_req, res) => res.redirect("/"));
app.get("/error", () => {
	throw new Error("It failed");
});
app.use(headers.errorHandler);

server.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
