import { createServer, type IncomingMessage } from "node:http";
import { secureHeaders } from "headguard";

const headers = secureHeaders({
	contentSecurityPolicy: { directives: { imgSrc: [(req) => `https://${req.headers.host}`], fontSrc: [(req: IncomingMessage) => req.url ?? ""] } },
});
// @ts-expect-error no framework, no parameters
headers.extend((req) => ({ contentSecurityPolicy: { directives: { imgSrc: [req.params.tenant] } } }));
createServer((req, res) => headers(req, res));
