import express from "express";
import { getNonce } from "headguard";
import { handler } from "./dist/server/entry.mjs";
import { headers } from "./headers.js";

const app = express();
app.use(headers);
app.use(express.static("dist/client", { extensions: ["html"] }));
app.use((req, res, next) => {
	const locals = {
		get nonce() {
			return getNonce(res);
		},
	};
	handler(req, res, next, locals);
});
const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
