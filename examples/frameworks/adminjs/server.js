import { randomUUID } from "node:crypto";
import AdminJSExpress from "@adminjs/express";
import AdminJS from "adminjs";
import express from "express";
import { forAdmin, headers } from "./headers.js";
import { People } from "./people.js";

const app = express();
app.use(headers);

const admin = new AdminJS({ resources: [new People()] });
const authenticate = (email, password) => (password === "secret" ? { email } : null);
const session = { resave: false, saveUninitialized: false };
const router = AdminJSExpress.buildAuthenticatedRouter(admin, { authenticate, cookiePassword: randomUUID() }, null, session);
app.use(admin.options.rootPath, forAdmin, router);

app.get("/", (_req, res) => {
	res.send(`<!doctype html>
<html lang="en">
<title>AdminJS</title>
<h1>It runs</h1>
<button id="count">0</button>
<script nonce="${res.locals.cspNonce}">
	const button = document.querySelector("#count");
	button.addEventListener("click", () => button.textContent++);
</script>`);
});
app.use(express.static("public"));
const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));
