import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { H3, HTTPError, html, redirect, serveStatic } from "h3";
import { toNodeHandler } from "h3/node";
import { getNonce } from "headguard";
import { headers } from "./headers.js";

const app = new H3();

app.get(
	"/",
	(event) =>
		html`<!doctype html>
<html lang="en">
<title>h3</title>
<h1>It runs</h1>
<button id="count">0</button>
<a id="second" href="/second">Second page</a>
<script nonce="${getNonce(event.runtime.node.res)}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
</script>`,
);
app.get("/second", () => html`<!doctype html><html lang="en"><title>Second</title><h1>Second page</h1>`);
app.get("/error", () => {
	throw new HTTPError({ status: 500, message: "It failed" });
});
app.get("/old", () => redirect("/"));
app.use("/logo.svg", (event) =>
	serveStatic(event, {
		getContents: () => readFile("public/logo.svg"),
		getMeta: () => ({ type: "image/svg+xml" }),
	}),
);

// Outside of h3: it answers an address that it cannot decode before its middleware runs.
const answer = toNodeHandler(app);
const server = createServer((req, res) => headers(req, res, () => answer(req, res)));
server.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
