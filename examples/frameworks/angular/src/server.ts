import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AngularNodeAppEngine, createNodeRequestHandler, isMainModule, writeResponseToNodeResponse } from "@angular/ssr/node";
import express, { type Response as Answer } from "express";
import { withNonce } from "headguard/frameworks";
import { headers } from "./headers";

// The ngCspNonce of index.html: random, and seen by nobody, because each page has the nonce in its place.
const SLOT = "88c2300b-21ba-4a4c-aed7-4ef22c94df2b";

const app = express();
const angular = new AngularNodeAppEngine({ allowedHosts: ["localhost"] });
app.use(headers);

// Only files that are no pages: a page that is sent as a file would tell the slot.
app.get(/\.(?:css|ico|js|svg|woff2)$/, express.static(join(import.meta.dirname, "../browser"), { index: false, maxAge: "1y" }));

app.get("/error", () => {
	throw new Error("It failed");
});

app.use(async (req, res, next) => {
	const response = await angular.handle(req);
	if (response === null) return next();
	await writeResponseToNodeResponse(withoutSlot(response, res), res);
});
app.use(headers.errorHandler);

function withoutSlot(response: Response, res: Answer): Response {
	const { body, status } = response;
	if (body === null || !response.headers.get("content-type")?.startsWith("text/html")) return response;
	const kept = new Headers(response.headers);
	kept.delete("content-length");
	kept.delete("etag");
	return new Response(withNonce(body, res, SLOT), { status, headers: kept });
}

if (isMainModule(import.meta.url)) {
	const server = createServer(app);
	server.listen(process.env["PORT"] ?? 3000, () => console.log(`http://localhost:${(server.address() as AddressInfo).port}`));
}

// For ng serve.
export const reqHandler = createNodeRequestHandler(app);
