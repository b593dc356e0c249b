import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createApp, createError, createRouter, defineEventHandler, fromNodeMiddleware, sendRedirect, serveStatic, toNodeListener } from "h3";
import { getNonce } from "headguard";
import { headers } from "./headers.js";

const router = createRouter();
router.get(
	"/",
	defineEventHandler(
		(event) => `<!doctype html>
<html lang="en">
<title>h3</title>
<h1>It runs</h1>
<button id="count">0</button>
<a id="second" href="/second">Second page</a>
<script nonce="${getNonce(event.node.res)}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
</script>`,
	),
);
router.get(
	"/second",
	defineEventHandler(() => `<!doctype html><html lang="en"><title>Second</title><h1>Second page</h1>`),
);
router.get(
	"/error",
	defineEventHandler(() => {
		throw createError({ status: 500, message: "It failed" });
	}),
);
router.get(
	"/old",
	defineEventHandler((event) => sendRedirect(event, "/")),
);
router.get(
	"/logo.svg",
	defineEventHandler((event) =>
		serveStatic(event, {
			getContents: () => readFile("public/logo.svg"),
			getMeta: () => ({ type: "image/svg+xml" }),
		}),
	),
);

const app = createApp();
app.use(fromNodeMiddleware(headers));
app.use(router);
const server = createServer(toNodeListener(app));
server.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
