import express from "express";
import { secureHeaders } from "headguard";

const app = express();
app.use(secureHeaders());
app.get("/", (_req, res) => {
	res.send(`<!doctype html><title>Minimal</title><script nonce="${res.locals.cspNonce}">document.write("It ran.")</script>`);
});

const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
