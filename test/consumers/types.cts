import express = require("express");
import headguard = require("headguard");

const headers: headguard.SecureHeaders = headguard.secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: [headguard.csp.self] } } });
const app = express();
app.use(headers);
app.get("/", (_req, res) => {
	res.send(headguard.getNonce(res));
});
