// Responses that missed the policy, or a part of it.
import { h, long, timeElement } from "./dom.js";

/** Returns what draws the list from the routes and the events, and returns its length. */
export function createMissed(root) {
	return (routes, events) => {
		const bare = routes.filter(({ policy }) => policy < 0);
		const rows = [
			...bare.map((route) =>
				row(
					"no policy",
					`${route.method} ${route.name}`,
					"The response had no policy. Mount app.use(headers) before the route, and before devtools.",
					1,
					route.time,
				),
			),
			...[...events].sort((one, other) => other.last - one.last).map(({ rule, page, title, count, last, isOld }) => row(rule, page, title, count, last, isOld)),
		];
		const intro =
			rows.length === 0
				? [
						h("p", { class: "big" }, routes.length === 0 ? "No response so far." : "Every response had the policy."),
						h(
							"p",
							{},
							routes.length === 0
								? "Open your application."
								: `${count(routes.length, "route")} answered so far. What the library cannot keep on a response appears here.`,
						),
					]
				: [h("p", {}, "What the library noticed on these responses. The policy may be missing there, or a part of it. Each line says what to do.")];
		root.replaceChildren(h("div", { class: rows.length === 0 ? "empty" : "panel intro" }, intro), h("ul", { class: "cards plain" }, rows));
		return rows.length;
	};
}

function count(number, noun) {
	return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function row(rule, page, text, times, last, isOld) {
	return h(
		"li",
		{ class: "card event" },
		h(
			"div",
			{ class: "head" },
			long("code", { class: "rule" }, rule, 80),
			isOld === true ? h("span", { class: "old" }, "before the restart") : undefined,
			h("span", { class: "times" }, times === 1 ? "once" : `${times} times`),
			h("span", { class: "when" }, timeElement(last)),
		),
		page === "" ? undefined : h("div", { class: "where" }, long("code", { class: "page" }, page, 160)),
		long("p", { dir: "auto" }, text, 600),
	);
}
