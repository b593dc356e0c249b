/** Serves the built site with its own policy, as a host would: node scripts/serve-site.mjs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import express from "express";
import { csp, protectServer, secureHeaders } from "headguard";

const dist = process.env.SITE ?? "site/.vitepress/dist";

/** Each page has the same two inline scripts: they choose the theme and the keys before anything is drawn. */
const inline = [...readFileSync(join(dist, "index.html"), "utf8").matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text]) => text);

const headers = secureHeaders({
	contentSecurityPolicy: {
		useDefaults: false,
		directives: {
			defaultSrc: [csp.none],
			scriptSrc: [csp.self, ...inline.map((text) => csp.hash("sha256", text))],
			styleSrc: [csp.self],
			fontSrc: [csp.self],
			imgSrc: [csp.self, "data:"],
			connectSrc: [csp.self],
			baseUri: [csp.none],
			formAction: [csp.none],
			frameAncestors: [csp.none],
		},
	},
	referrerPolicy: "no-referrer",
});

const app = express();
app.use(headers); // first
app.use("/assets", express.static(join(dist, "assets"), { immutable: true, maxAge: "1y" }));
app.use(express.static(dist, { extensions: ["html"] }));
app.use((_req, res) => void res.status(404).sendFile("404.html", { root: dist }));
app.use(headers.errorHandler);

const server = app.listen(process.env.PORT ?? 4000, () => console.log(`http://localhost:${server.address().port}`));
protectServer(server, headers);
