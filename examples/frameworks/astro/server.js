import express from "express";
import { getNonce } from "headguard";
import { handler } from "./dist/server/entry.mjs";
import { headers } from "./headers.js";

const app = express();
app.use(headers);
app.use(express.static("dist/client", { extensions: ["html"] }));
app.use((req, res) => {
	const locals = {
		get nonce() {
			return getNonce(res);
		},
	};
	// Without `next`, Astro also answers for pages that do not exist.
	handler(req, res, undefined, locals);
});
const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
