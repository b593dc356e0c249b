// The page of headguard/devtools. It asks for the state once, and then follows the server.
import { createAudit } from "./audit.js";
import { createNews, keepTimes, visible } from "./dom.js";
import { createFindings } from "./findings.js";
import { createMissed } from "./missed.js";
import { createPolicies } from "./policies.js";
import { createTabs } from "./tabs.js";
import { createClear, createSearch } from "./tools.js";

const PATH = new URL(import.meta.url).pathname.replace(/\/page\.js$/, "");
const at = (id) => document.getElementById(id);

let token = "";
let routes = { routes: [], policies: [] };

const drawPolicies = createPolicies(at("policies"));
const drawMissed = createMissed(at("missed"));
const findings = createFindings({
	list: at("findings"),
	empty: at("findings-empty"),
	filters: at("filters"),
	found: at("found"),
	news: createNews(at("news")),
	onCount({ blocked, reported }) {
		at("count-blocked").textContent = String(blocked + reported);
		document.title = `${blocked > 0 ? `(${blocked}) ` : ""}headguard`;
	},
});

function draw() {
	drawPolicies(routes);
	at("count-policies").textContent = String(routes.routes.length);
	at("count-missed").textContent = String(drawMissed(routes.routes, findings.of("event")));
}

function say(state, text) {
	at("status").className = `status ${state}`;
	if (at("status-text").textContent !== text) at("status-text").textContent = text;
}

/** Undefined if the server does not answer. Then the stream is opened again, and says hello. */
async function read(name) {
	try {
		const response = await fetch(`${PATH}/${name}`);
		return response.ok ? await response.json() : undefined;
	} catch {
		return undefined;
	}
}

/** What was asked for last is what is shown, however late an answer comes. */
let asked = 0;

async function load() {
	asked += 1;
	const turn = asked;
	const state = await read("state.json");
	if (state === undefined || turn !== asked) return;
	token = state.token;
	routes = { routes: state.routes, policies: state.policies };
	at("project").textContent = visible(state.project);
	findings.load(state);
	draw();
	say("live", "Live");
}

async function loadRoutes() {
	const turn = asked;
	const now = await read("routes.json");
	if (now === undefined || turn !== asked) return;
	routes = now;
	draw();
}

/** Longer than two beats of the server, in milliseconds. */
const SILENCE = 11_000;

let stream;
let heard;

function follow() {
	stream = new EventSource(`${PATH}/live`);
	heard = Date.now();
	for (const name of ["hello", "finding", "cleared", "routes", "beat"])
		stream.addEventListener(name, () => {
			heard = Date.now();
		});
	// After each reconnection, some findings may have been missed. After a restart, the server has forgotten all.
	stream.addEventListener("hello", load);
	stream.addEventListener("finding", ({ data }) => {
		findings.add(JSON.parse(data));
		if (JSON.parse(data).kind === "event") draw();
	});
	stream.addEventListener("cleared", () => {
		findings.clear();
		load();
	});
	stream.addEventListener("routes", loadRoutes);
	stream.addEventListener("error", () => {
		say("lost", "Reconnecting");
		// A browser tries again after a lost connection, but not after an answer such as 503.
		if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
	});
}

createAudit(at("audit"), PATH, () => token);
createSearch(at("search"), findings.search);
createClear(at("clear"), at("found"), `${PATH}/clear`, () => token);
createTabs(document.querySelector("[role=tablist]"), () => {});
keepTimes();
follow();
// A development server in front may keep the connection when the one behind it has ended.
setInterval(() => {
	if (stream.readyState !== EventSource.OPEN || Date.now() - heard < SILENCE) return;
	say("lost", "Reconnecting");
	stream.close();
	follow();
}, 1000);
// A page that the browser keeps in memory for the back button has closed its stream.
addEventListener("pagehide", () => stream.close());
addEventListener("pageshow", ({ persisted }) => persisted && follow());
