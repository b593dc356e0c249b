import { once } from "node:events";
import { createServer } from "node:http";

/** Two other companies, simulated on two other ports: one serves files, the other data and a payment page. */
export async function startVendors() {
	const [cdnPort, shopPort] = (process.env.VENDOR_PORTS ?? "4001,4002").split(",").map(Number);
	return { cdn: await start(cdnPort, CDN), shop: await start(shopPort, SHOP) };
}

const CDN = {
	"/theme.css": ["text/css", "body { color: rgb(1, 2, 3) }"],
	"/logo.svg": ["image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'],
	"/widget.js": ["text/javascript", "window.widget = true;"],
};

const SHOP = {
	"/prices.json": ["application/json", '{"tea":3}'],
	"/pay": ["text/html", "<!doctype html><title>Pay</title><p>Pay here.</p>"],
};

async function start(port, files) {
	const server = createServer((req, res) => {
		const [type, body] = files[req.url] ?? ["text/plain", "not here"];
		res.writeHead(req.url in files ? 200 : 404, { "Content-Type": type, "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" });
		res.end(body);
	}).listen(port);
	await once(server, "listening");
	return `http://localhost:${port}`;
}
