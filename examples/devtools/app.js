import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import express from "express";
import { protectServer, secureHeaders } from "headguard";
import { devtools } from "headguard/devtools";

/*
 * A shop that was written without a policy. Thirteen things on its pages break under the default policy. The terminal says for each one where it is
 * and what to write. test/browser/devtools.test.ts does what the terminal says, until nothing is blocked.
 */

const app = express();
const headers = secureHeaders();
app.use(headers);
app.use(devtools(headers, { inject: true, views: ["views", "public"] }));

app.set("view engine", "ejs");
app.set("views", join(import.meta.dirname, "views"));
app.use("/static", express.static(join(import.meta.dirname, "public")));

app.get("/", (_req, res) => {
	res.render("home", { partner: partnerOrigin() });
});
app.get("/shop/:id", (req, res) => {
	res.render("product", { partner: partnerOrigin(), id: req.params.id });
});
app.get("/checkout", (_req, res) => {
	res.render("checkout", { partner: partnerOrigin() });
});
app.post("/pay", (_req, res) => {
	res.redirect(303, `${partnerOrigin()}/paid`);
});

/** Another origin: the partner of the shop, with a login, a widget, an image and a WebSocket. */
const partner = createServer((req, res) => {
	const pages = {
		"/login": '<script>opener?.postMessage("signed in", "*"); close();</script>',
		"/widget": "<p>The widget of the partner</p>",
		"/paid": "<title>Paid</title><p>Thank you.</p>",
	};
	res.setHeader("Access-Control-Allow-Origin", "*");
	if (req.url === "/logo.svg") {
		res.setHeader("Content-Type", "image/svg+xml");
		res.end('<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="18"/></svg>');
		return;
	}
	res.setHeader("Content-Type", "text/html; charset=utf-8");
	res.end(pages[req.url ?? ""] ?? "");
});
partner.on("upgrade", (req, socket) => {
	const accept = createHash("sha1").update(`${req.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
	socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
});
partner.listen(Number(process.env.PARTNER_PORT ?? 0), "127.0.0.1");

function partnerOrigin() {
	return `http://127.0.0.1:${partner.address().port}`;
}

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
	console.log(`headguard devtools example: http://localhost:${server.address().port}`);
});
protectServer(server, headers);
