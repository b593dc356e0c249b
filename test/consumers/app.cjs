const express = require("express");
const headguard = require("headguard");

const headers = headguard.secureHeaders();
const app = express();
app.use(headers);
app.get("/", (_req, res) => res.send(String(res.locals.cspNonce)));
const server = app.listen(0, async () => {
	const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
	const nonce = await response.text();
	console.log(JSON.stringify({ headers: Object.fromEntries(response.headers), nonce, middlewareLength: headers.length, names: Object.keys(headguard).sort() }));
	server.close();
});
