import express from "express";
import { secureHeaders } from "headguard";

const headers = secureHeaders({ contentSecurityPolicy: { directives: { frameAncestors: [(req) => req.params.tenant] } } });
const app = express();
app.use("/t/:tenant", headers.extend({ contentSecurityPolicy: { directives: { connectSrc: (req, res) => [req.hostname, String(res.locals.api)] } } }));
app.use(headers.extend(async (req) => ({ contentSecurityPolicy: { directives: { imgSrc: [req.get("x-images") ?? "data:"] } } })));
app.use(secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [(req: express.Request) => req.path] } } }));
