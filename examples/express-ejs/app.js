import { join } from "node:path";
import express from "express";
import { protectServer, secureHeaders } from "headguard";

const here = import.meta.dirname;
const app = express();
app.set("view engine", "ejs");
app.set("views", join(here, "views"));

// PRESET=strict npm start
const headers = secureHeaders({ preset: process.env.PRESET });
app.use(headers);
app.use("/static", express.static(join(here, "public")));

app.get("/", (_req, res) => {
	// A function, so that the template calls it after it has read the nonce.
	res.render("home", { headersOfThisResponse: () => Object.entries(res.getHeaders()) });
});
app.post("/form", express.urlencoded({ extended: false }), (req, res) => {
	res.render("form", { message: String(req.body.message ?? "") });
});
app.get("/api/time", (_req, res) => {
	res.json({ time: new Date().toISOString() });
});
app.get("/boom", () => {
	throw new Error("This route throws, so that you can look at the headers of an error page.");
});

const server = app.listen(Number(process.env.PORT ?? 3000), (error) => {
	if (error) {
		console.error(`Could not listen: ${error.message}. Choose another port: PORT=3001 npm start`);
		process.exit(1);
	}
	console.log(`headguard demo: http://localhost:${server.address().port}`);
});
// Also covers the responses of Node itself, for example to a malformed request.
protectServer(server, headers);
