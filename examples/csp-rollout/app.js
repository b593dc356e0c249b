/**
 * From a trial to an enforced policy, in this folder:
 *
 *   MODE=report node app.js                  # visit http://localhost:3000 and /checkout: everything works and is reported
 *   MODE=enforce npx headguard suggest reports.jsonl --policy headers.js --risk high --least 1 --format json --out patch.json
 *   MODE=enforce node app.js                 # the same pages with the enforced policy; without patch.json they break
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import express from "express";
import { collectReports, fileStore } from "headguard/reports";
import { headers, isEnforced } from "./headers.js";
import { startVendors } from "./vendors.js";

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const STORE = process.env.STORE ?? beside("reports.jsonl");
const PATCH = process.env.PATCH ?? beside("patch.json");
const { cdn, shop } = await startVendors();

const app = express();
const reports = collectReports({ sinks: [fileStore(STORE)], samples: true, flushSeconds: 1 });
app.use("/_reports", reports);
app.use(headers);

// The changes that `headguard suggest` proposed.
if (isEnforced && existsSync(PATCH)) {
	const { patch } = JSON.parse(readFileSync(PATCH, "utf8"));
	app.use(headers.extend(patch.extend));
	for (const { path, extend } of patch.routes) app.all(path, headers.extend(extend));
}

const page = (title, body) => `<!doctype html><html lang="en"><title>${title}</title>
<link rel="stylesheet" href="${cdn}/theme.css"><p id="state">waiting</p>${body}</html>`;

app.get("/", (_req, res) => {
	res.send(
		page(
			"Shop",
			`<img id="logo" alt="logo" src="${cdn}/logo.svg">
<script src="${cdn}/widget.js"></script>
<script>window.inline = true;</script>
<script nonce="${res.locals.cspNonce}">
	fetch("${shop}/prices.json").then((answer) => answer.json()).then((prices) => { window.prices = prices; }).catch(() => {});
</script>`,
		),
	);
});

app.get("/checkout", (_req, res) => {
	res.send(page("Checkout", `<iframe id="pay" title="Payment" src="${shop}/pay"></iframe>`));
});

const server = app.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${server.address().port}`));

/** Writes the waiting reports before the process ends. */
process.once("SIGTERM", async () => {
	await reports.flush();
	process.exit(0);
});
