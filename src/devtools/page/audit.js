// Runs the audit on the application, and shows its report in a frame. The report has a policy of its own, without scripts.
import { h, post } from "./dom.js";

export function createAudit(root, path, token) {
	const button = h("button", { type: "button", class: "primary" }, "Run the audit");
	const said = h("p", { class: "said", role: "status" });
	const report = h("div", { class: "report" });
	let isRunning = false;
	let runs = 0;

	const show = () => {
		runs += 1;
		const address = `${path}/audit.html`;
		report.replaceChildren(
			h("p", {}, h("a", { href: address, target: "_blank", rel: "noopener" }, "Open the report in a tab of its own")),
			// The query makes the frame load again.
			h("iframe", { title: "Report of the audit", src: `${address}?${runs}` }),
		);
	};
	const run = async () => {
		if (isRunning) return;
		isRunning = true;
		button.setAttribute("aria-disabled", "true");
		button.textContent = "Running";
		said.textContent = "The audit requests pages of your application, also ones that fail. This takes some seconds.";
		const problem = await post(`${path}/audit`, token());
		said.textContent = problem ?? `Done at ${new Date().toLocaleTimeString("en")}.`;
		said.classList.toggle("failed", problem !== undefined);
		if (problem === undefined) show();
		button.textContent = "Run it again";
		button.removeAttribute("aria-disabled");
		isRunning = false;
	};
	button.addEventListener("click", run);
	root.append(
		h(
			"div",
			{ class: "panel intro" },
			h("p", {}, "Checks the headers of this application as a visitor receives them: pages, errors, redirects, files and odd requests."),
			h("div", { class: "row" }, button, said),
		),
		report,
	);
}
