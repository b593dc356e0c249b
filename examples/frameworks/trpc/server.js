import { initTRPC } from "@trpc/server";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import express from "express";
import { headers } from "./headers.js";

const app = express();
app.use(headers);

const { router, procedure } = initTRPC.create();
const appRouter = router({
	hello: procedure.query(() => "It runs"),
	fail: procedure.query(() => {
		throw new Error("It failed");
	}),
	ticks: procedure.subscription(async function* ticks() {
		yield "It ticks";
	}),
});
app.use("/trpc", createExpressMiddleware({ router: appRouter }));

app.get("/", (_req, res) => {
	res.send(`<!doctype html>
<html lang="en">
<title>tRPC</title>
<h1></h1>
<button id="count">0</button>
<p></p>
<script nonce="${res.locals.cspNonce}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
	fetch("/trpc/hello").then((response) => response.json()).then(({ result }) => (document.querySelector("h1").textContent = result.data));
	// httpSubscriptionLink of @trpc/client does this.
	const ticks = new EventSource("/trpc/ticks");
	ticks.onmessage = ({ data }) => (document.querySelector("p").textContent = JSON.parse(data));
	ticks.addEventListener("return", () => ticks.close());
</script>`);
});
app.use(express.static("public"));
const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
