import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import express from "express";
import { createSchema, createYoga } from "graphql-yoga";
import { csp } from "headguard";
import { graphiql } from "headguard/vendors";
import { headers } from "./headers.js";

const app = express();
app.use(headers);

// The page of GraphiQL is the same text for everybody, so a hash allows its inline script.
const page = renderGraphiQL({ endpoint: "/graphql" });
const [, script = ""] = /<script>([\s\S]*)<\/script>/.exec(page) ?? [];
const forPage = headers.replace(graphiql).extend({ contentSecurityPolicy: { directives: { scriptSrc: [csp.hash("sha256", script)] } } });
app.get("/graphql", forPage, (req, res, next) => (req.accepts(["json", "html"]) === "html" ? res.send(page) : next()));

const typeDefs = "type Query { hello: String }";
const schema = createSchema({ typeDefs, resolvers: { Query: { hello: () => "It runs" } } });
app.use("/graphql", createYoga({ schema, graphiql: false }));

app.get("/", (_req, res) => {
	res.send(`<!doctype html>
<html lang="en">
<title>GraphQL Yoga</title>
<h1></h1>
<button id="count">0</button>
<script nonce="${res.locals.cspNonce}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
	const ask = { method: "POST", headers: { "content-type": "application/json" }, body: '{ "query": "{ hello }" }' };
	fetch("/graphql", ask).then((response) => response.json()).then(({ data }) => (document.querySelector("h1").textContent = data.hello));
</script>`);
});
app.use(express.static("public"));
const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
