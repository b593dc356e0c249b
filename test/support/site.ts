import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Express, type Response } from "express";
import { onTestFinished } from "vitest";

export interface Site {
	readonly origin: string;
	/** The same site under a name of another origin and another site. */
	readonly elsewhere: string;
	/** `status path` of each answer so far. */
	readonly answered: readonly string[];
}

/** An Express app on a free port, until the test ends. */
export async function serve(build: (app: Express, site: Site) => void): Promise<Site> {
	const app = express();
	const server = app.listen(0);
	await once(server, "listening");
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const { port } = server.address() as AddressInfo;
	const answered: string[] = [];
	const site = { origin: `http://localhost:${port}`, elsewhere: `http://127.0.0.1:${port}`, answered };
	app.use((req, res, next) => {
		res.on("finish", () => answered.push(`${res.statusCode} ${req.originalUrl}`));
		next();
	});
	build(app, site);
	return site;
}

/** Another site, until the test ends: localhost and 127.0.0.1 are two. */
export async function serveElsewhere(answer: RequestListener): Promise<string> {
	const server = createServer(answer).listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => void server.close());
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A page with this body; `NONCE` in it is the nonce of the response. */
export function page(res: Response, body: string): void {
	res.send(`<!doctype html><title>page</title><body>${body}</body>`.replaceAll("NONCE", () => res.locals["cspNonce"]));
}

/** A statement that leaves a mark where `marks` finds it. */
export function mark(name: string, value = "1"): string {
	return `document.documentElement.dataset.${name}=${value}`;
}

/** What the page's own scripts left in its document, as `{ name: value }`. */
export const MARKS = "({ ...document.documentElement.dataset })";
