import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Express } from "express";

/** Servers that a test started, and how they end. */
export interface Running {
	readonly origin: string;
	/** `method path` of each request so far. */
	readonly asked: readonly string[];
	stop(): void;
}

export async function listen(server: Server, asked: readonly string[] = [], host = "localhost"): Promise<Running> {
	server.listen(0);
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return {
		origin: `http://${host}:${port}`,
		asked,
		stop() {
			server.closeAllConnections();
			server.close();
		},
	};
}

const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

/** Another site, with an image, a font, a page for a frame and one that takes a form. */
export function startOther(): Promise<Running> {
	const app = express();
	app.use((_req, res, next) => {
		res.set("Access-Control-Allow-Origin", "*");
		next();
	});
	app.get("/a.gif", (_req, res) => void res.type("gif").send(PIXEL));
	app.get("/font.woff2", (_req, res) => void res.type("font/woff2").send(Buffer.from("wOF2")));
	app.get("/frame", (_req, res) => void res.send("<p>frame</p>"));
	app.get("/widget.js", (_req, res) => void res.type("js").send("window.widget = 1"));
	app.post("/newsletter", (_req, res) => void res.send("subscribed"));
	return listen(createServer(app), [], "127.0.0.1");
}

export interface Options {
	/** Middleware before everything, such as a policy. */
	readonly before?: ((app: Express) => void) | undefined;
	/** The nonce that templates write on dynamic code. Empty without a policy. */
	readonly nonce?: ((locals: Record<string, unknown>) => string) | undefined;
}

/** An application with twelve needs, each of which a strict policy would break. */
export async function startNeedy(other: Running, { before, nonce = () => "" }: Options = {}): Promise<Running> {
	const app = express();
	const asked: string[] = [];
	app.use((req, _res, next) => {
		asked.push(`${req.method} ${req.url}`);
		next();
	});
	before?.(app);
	const page = (title: string, body: string): string =>
		`<!doctype html><title>${title}</title><link rel="stylesheet" href="/site.css"><nav><a href="/">Home</a> <a href="/about">About</a> <a href="/legacy">Legacy</a> <a href="/embed">Embed</a> <a href="/logout">Log out</a></nav>${body}`;
	app.get("/", (_req, res) => {
		const attribute = nonce(res.locals);
		res.send(
			page(
				"Home",
				`<script>window.fixed = "static";</script>
<script${attribute}>window.time = ${Date.now()}${Math.floor(Math.random() * 1e6)};</script>
<button id="go" onclick="window.clicked = (window.clicked || 0) + 1">Go</button>
<p id="red" style="color: rgb(255, 0, 0)">red</p>
<img id="image" src="${other.origin}/a.gif" alt="">
<form action="${other.origin}/newsletter" method="post"><input name="mail"><button>Send</button></form>
<button id="worker">Start</button>
<script src="/app.js"></script>`,
			),
		);
	});
	app.get(
		"/about",
		(_req, res) => void res.send(page("About", `<iframe id="frame" src="${other.origin}/frame"></iframe><script src="https://js.stripe.com/v3/"></script>`)),
	);
	app.get("/legacy", (_req, res) => void res.send(page("Legacy", `<script src="/legacy.js"></script>`)));
	app.get("/embed", (_req, res) => void res.send(page("Embed", `<iframe id="own" src="/framed"></iframe>`)));
	app.get("/framed", (_req, res) => void res.send(page("Framed", "<p>framed</p>")));
	app.get("/logout", (_req, res) => void res.send("out"));
	app.get(
		"/site.css",
		(_req, res) => void res.type("css").send(`@font-face { font-family: other; src: url(${other.origin}/font.woff2); } body { font-family: other; }`),
	);
	app.get("/app.js", (_req, res) => void res.type("js").send(APP));
	app.get("/legacy.js", (_req, res) => void res.type("js").send('window.evaluated = eval("6 * 7")'));
	app.get("/worker.js", (_req, res) => void res.type("js").send('fetch("/data").then((answer) => answer.json()).then((data) => postMessage(data.tea))'));
	app.get("/data", (_req, res) => void res.json({ tea: 3 }));
	const server = createServer(app);
	server.on("upgrade", (req, socket) => {
		const accept = createHash("sha1").update(`${req.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
		socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
		socket.on("error", () => {});
	});
	return listen(server, asked);
}

const APP = `
document.querySelector("#worker").addEventListener("click", () => {
	new Worker("/worker.js").onmessage = ({ data }) => { window.worked = data; };
});
const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
socket.onopen = () => { window.opened = true; };
`;
