import { createReadStream } from "node:fs";
import { secure } from "headguard/koa";
import Koa from "koa";
import { headers } from "./headers.js";

const app = new Koa();
app.use(secure(headers));
app.use((ctx) => {
	switch (ctx.path) {
		case "/":
			ctx.body = `<!doctype html>
<html lang="en">
<title>Koa</title>
<h1>It runs</h1>
<button id="count">0</button>
<a id="second" href="/second">Second page</a>
<script nonce="${ctx.state.cspNonce}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
</script>`;
			return;
		case "/second":
			ctx.body = `<!doctype html><html lang="en"><title>Second</title><h1>Second page</h1>`;
			return;
		case "/error":
			throw new Error("It failed");
		case "/old":
			ctx.redirect("/");
			return;
		case "/logo.svg":
			ctx.type = "svg";
			ctx.body = createReadStream("public/logo.svg");
	}
});
const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
