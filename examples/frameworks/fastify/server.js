import { readFile } from "node:fs/promises";
import Fastify from "fastify";
import { protectServer } from "headguard";
import { secure } from "headguard/fastify";
import { headers } from "./headers.js";

const app = Fastify();
app.register(secure(headers));
// For an address that Fastify cannot decode: it answers before its hooks run.
protectServer(app.server, headers);

app.get("/", (_request, reply) => {
	reply.type("text/html").send(`<!doctype html>
<html lang="en">
<title>Fastify</title>
<h1>It runs</h1>
<button id="count">0</button>
<a id="second" href="/second">Second page</a>
<script nonce="${reply.cspNonce}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
</script>`);
});
app.get("/second", (_request, reply) => {
	reply.type("text/html").send(`<!doctype html><html lang="en"><title>Second</title><h1>Second page</h1>`);
});
app.get("/error", () => {
	throw new Error("It failed");
});
app.get("/old", (_request, reply) => reply.redirect("/"));
app.get("/logo.svg", async (_request, reply) => reply.type("image/svg+xml").send(await readFile("public/logo.svg")));

await app.listen({ port: process.env.PORT ?? 3000 });
console.log(`http://localhost:${app.server.address().port}`);
