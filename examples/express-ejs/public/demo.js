window.ran.add("file");

function colour(id) {
	return getComputedStyle(document.getElementById(id)).color;
}

function check() {
	const body = colour("results");
	if (colour("nonced-style") !== body) window.ran.add("nonced-style");
	if (colour("plain-style") !== body) window.ran.add("plain-style");
	let right = 0;
	const rows = document.querySelectorAll("[data-check]");
	for (const row of rows) {
		const ran = window.ran.has(row.dataset.check);
		const good = ran !== "blocked" in row.dataset;
		right += good ? 1 : 0;
		row.lastElementChild.textContent = ran ? "ran" : "was blocked";
		row.className = good ? "good" : "bad";
	}
	const summary = document.getElementById("summary");
	summary.textContent = `${right} of ${rows.length} as they should be. The browser reported ${window.blocked.length} violations: ${window.blocked.join(", ")}.`;
	summary.className = right === rows.length ? "good" : "bad";
}

async function ask(path) {
	const answer = document.getElementById("answer");
	answer.hidden = false;
	try {
		const response = await fetch(path);
		answer.textContent = [`${path} answered ${response.status}`, "", ...[...response.headers].map(([name, value]) => `${name}: ${value}`)].join("\n");
	} catch (error) {
		answer.textContent = `${path}: ${error.message}`;
	}
}

document.getElementById("origin").textContent = location.origin;
for (const button of document.querySelectorAll("[data-ask]")) button.addEventListener("click", () => ask(button.dataset.ask));
// After the load event, so that the image that fails to load could run its handler. Some browsers report a violation even later.
addEventListener("load", () => {
	check();
	document.addEventListener("securitypolicyviolation", check);
});
