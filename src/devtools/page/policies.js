// The policy of each route in plain words, and who set each part.
import { h, long, timeElement, visible } from "./dom.js";

export function createPolicies(root) {
	const list = h("div", { class: "routes", role: "group", "aria-label": "Routes" });
	const detail = h("div", { class: "detail", "aria-live": "off" });
	const layout = h("div", { class: "split" }, list, detail);
	const empty = h(
		"div",
		{ class: "empty" },
		h("p", { class: "big" }, "No route has answered yet."),
		h("p", {}, "Open your application. Each route appears here with the policy of its response."),
	);
	root.append(empty, layout);
	let chosen;
	let drawn;
	let rows = new Map();

	const draw = () => {
		chosen = rows.has(chosen) ? chosen : [...rows.keys()][0];
		const row = rows.get(chosen);
		for (const one of rows.values()) {
			if (one === row) one.button.setAttribute("aria-current", "true");
			else one.button.removeAttribute("aria-current");
		}
		if (row === undefined || drawn === row.text) return;
		// Drawn only when it changes, so that what is open stays open.
		drawn = row.text;
		detail.replaceChildren(...detailOf(row.route, row.policy));
	};

	return (view) => {
		const known = rows;
		rows = new Map();
		for (const route of sorted(view.routes)) {
			const policy = view.policies[route.policy];
			const key = unused(rows, `${route.method} ${route.name}`);
			const { time: _time, policy: _index, ...rest } = route;
			const text = JSON.stringify([rest, policy]);
			const button = known.get(key)?.button ?? h("button", { type: "button" });
			button.replaceChildren(
				h("span", { class: "method" }, route.method),
				h("span", { class: "path" }, visible(route.name).slice(0, 200)),
				h("span", { class: `code s${Math.floor(route.status / 100)}` }, String(route.status)),
			);
			if (!known.has(key))
				button.addEventListener("click", () => {
					chosen = key;
					draw();
				});
			rows.set(key, { button, route, policy, text });
		}
		const others = [...rows.values()].filter(({ route }) => !route.isRoute);
		const own = [...rows.values()].filter(({ route }) => route.isRoute);
		const wanted = [...headed("Routes", own), ...headed(own.length > 0 ? "Files and other paths" : "Paths", others)];
		if (!sameNodes(list, wanted)) put(list, wanted);
		empty.hidden = rows.size > 0;
		layout.hidden = rows.size === 0;
		draw();
	};
}

/** Routes first. The order never depends on time, so that nothing moves while you choose. */
function sorted(routes) {
	const rank = ({ isRoute, name, method }) => `${isRoute ? 0 : 1}${name} ${method}`;
	return [...routes].sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

/** A route can have several policies, such as one for each tenant. */
function unused(rows, key) {
	let number = 1;
	while (rows.has(number === 1 ? key : `${key} ${number}`)) number += 1;
	return number === 1 ? key : `${key} ${number}`;
}

const HEADS = new Map();

function headed(title, rows) {
	if (rows.length === 0) return [];
	const head = HEADS.get(title) ?? h("h3", {}, title);
	HEADS.set(title, head);
	return [head, ...rows.map(({ button }) => button)];
}

function sameNodes(parent, nodes) {
	return parent.childNodes.length === nodes.length && nodes.every((node, index) => parent.childNodes[index] === node);
}

/** Puts nodes in place without moving the one that has the focus. */
function put(parent, nodes) {
	for (const node of [...parent.childNodes]) if (!nodes.includes(node)) node.remove();
	for (const [index, node] of nodes.entries()) if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
}

function detailOf(route, policy) {
	const head = h(
		"div",
		{ class: "panel intro" },
		h("h3", {}, h("span", { class: "method" }, route.method), " ", long("span", { class: "path" }, route.name, 200)),
		h(
			"p",
			{ class: "soft" },
			`Status ${route.status}`,
			route.view === undefined ? undefined : ` · template ${visible(route.view).slice(0, 200)}`,
			" · ",
			timeElement(route.time),
		),
	);
	if (policy === undefined)
		return [
			head,
			h(
				"div",
				{ class: "panel alert" },
				h("p", {}, h("strong", {}, "This response had no policy. ")),
				h("p", {}, "Mount app.use(headers) before the route, and before devtools."),
			),
		];
	const csp = policy.headers.filter(({ policies }) => policies.length > 0);
	const others = policy.headers.filter(({ policies }) => policies.length === 0);
	return [head, ...csp.map(cspElement), othersElement(others, policy.off)];
}

function cspElement({ name, means, policies, off, value, setter }) {
	return h(
		"section",
		{ class: "panel" },
		h("div", { class: "title" }, h("h4", {}, name), h("span", { class: "soft" }, "last changed by ", setterBadge(setter, ""))),
		h("p", { class: "soft" }, means),
		policies.flatMap((directives, index) => [
			policies.length > 1 ? h("h5", {}, `Policy ${index + 1} of ${policies.length}`) : undefined,
			h("div", { class: "directives" }, directives.map(directiveElement)),
		]),
		off.map(goneElement),
		valueElement(value),
	);
}

function directiveElement({ name, sentence, sources, setter }) {
	const setters = [...new Map([setter, ...sources.map((source) => source.setter)].map((one) => [setterText(one), one])).values()];
	const summary = h(
		"summary",
		{},
		h("span", { class: "sentence" }, visible(sentence).slice(0, 600)),
		h(
			"span",
			{ class: "by" },
			h("code", {}, visible(name).slice(0, 100)),
			sources.length === 0 ? setterBadge(setter) : uniqueSetters(sources, setters).map((one) => setterBadge(one)),
		),
	);
	const rows = sources.map(({ text, means, ignored, setter: own }) =>
		h(
			"li",
			{ class: ignored === undefined || ignored === null ? undefined : "ignored" },
			long("code", {}, text, 160),
			h("span", { class: "means" }, visible(means).slice(0, 400), ignored === undefined || ignored === null ? undefined : h("em", {}, ` ${ignored}`)),
			setterBadge(own),
		),
	);
	return h("details", { class: "directive" }, summary, rows.length === 0 ? h("p", { class: "soft" }, "It has no words.") : h("ul", {}, rows));
}

/** Those who set words of the list, in the order of the list. */
function uniqueSetters(sources, setters) {
	const used = new Set(sources.map((source) => setterText(source.setter)));
	return setters.filter((one) => used.has(setterText(one)));
}

const WHERE = { https: "Only sent over https.", secure: "Browsers use it on https and on localhost.", all: "" };

function othersElement(headers, off) {
	const rows = headers.map(({ name, value, means, setter, on }) =>
		h(
			"li",
			{},
			h("div", { class: "title" }, h("h5", {}, name), setterBadge(setter)),
			h("p", {}, means, WHERE[on] === "" ? undefined : h("span", { class: "soft" }, ` ${WHERE[on]}`)),
			long("code", { class: "value" }, value, 120),
		),
	);
	return h("section", { class: "panel" }, h("h4", {}, "Other headers"), h("ul", { class: "headers" }, rows), off.map(goneElement));
}

function goneElement({ name, setter }) {
	return h("p", { class: "gone" }, h("code", {}, visible(name).slice(0, 100)), " was removed by ", setterBadge(setter));
}

function valueElement(value) {
	return h(
		"details",
		{ class: "value" },
		h("summary", {}, "Header text"),
		h("pre", { tabindex: "0", "aria-label": "Header text" }, visible(value).slice(0, 20_000)),
	);
}

function setterText({ by, at, vendor }) {
	const place = at === "" ? "" : ` ${at}`;
	const who = { policy: "policy", app: `app override${place}`, router: `router${place}`, route: `route${place}`, function: `function${place}` }[by];
	return `${vendor === undefined ? "" : `${vendor}, `}${who}`;
}

function setterBadge(setter, said = "set by ") {
	const text = visible(setterText(setter));
	return h(
		"span",
		{ class: `setter ${setter.vendor === undefined ? setter.by : "vendor"}`, title: setter.vendor === undefined ? undefined : "From headguard/vendors" },
		said === "" ? undefined : h("span", { class: "hidden" }, said),
		text.length > 80 ? `${text.slice(0, 80)}…` : text,
	);
}
