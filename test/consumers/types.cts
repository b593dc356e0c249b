import express = require("express");
import headguard = require("headguard");
import reports = require("headguard/reports");

const headers: headguard.SecureHeaders = headguard.secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: [headguard.csp.self] } } });
const app = express();
app.use(headers);
app.use("/_reports", reports.collectReports({ onReport: (records) => console.log(records.length) }));
app.get("/", (_req, res) => {
	res.send(headguard.getNonce(res));
});
