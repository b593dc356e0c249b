import { serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { secure } from "headguard/hono";
import { Hono } from "hono";
import { html } from "hono/html";
import { headers } from "./headers.js";

const app = new Hono();
app.use(secure(headers));
app.get("/", (c) =>
	c.html(html`<!doctype html>
<html lang="en">
<title>Hono</title>
<h1>It runs</h1>
<button id="count">0</button>
<a id="second" href="/second">Second page</a>
<script nonce="${c.get("cspNonce")}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
</script>`),
);
app.get("/second", (c) => c.html(html`<!doctype html><html lang="en"><title>Second</title><h1>Second page</h1>`));
app.get("/error", () => {
	throw new Error("It failed");
});
app.get("/old", (c) => c.redirect("/"));
app.use("/logo.svg", serveStatic({ root: "public" }));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => console.log(`http://localhost:${port}`));
