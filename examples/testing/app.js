import express from "express";
import { secureHeaders } from "headguard";

export const headers = secureHeaders();

export const app = express();
app.use(headers);
app.get("/", (_req, res) => {
	res.send(`<!doctype html><html lang="en"><meta charset="utf-8"><title>hello</title><script nonce="${res.locals.cspNonce}">start()</script>`);
});
app.get("/fail", () => {
	throw new Error("broken");
});
