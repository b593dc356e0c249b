import { getRequestListener } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import express from "express";
import { getNonce } from "headguard";
import { Hono } from "hono";
import { html } from "hono/html";
import { headers } from "./headers.js";

const hono = new Hono();
hono.get("/", (c) =>
	c.html(html`<!doctype html>
<html lang="en">
<title>Hono</title>
<h1>It runs</h1>
<button id="count">0</button>
<a id="second" href="/second">Second page</a>
<script nonce="${getNonce(c.env.outgoing)}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
</script>`),
);
hono.get("/second", (c) => c.html(html`<!doctype html><html lang="en"><title>Second</title><h1>Second page</h1>`));
hono.get("/error", () => {
	throw new Error("It failed");
});
hono.get("/old", (c) => c.redirect("/"));
hono.use("/logo.svg", serveStatic({ root: "public" }));

const app = express();
app.use(headers);
app.use(getRequestListener(hono.fetch));
const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
