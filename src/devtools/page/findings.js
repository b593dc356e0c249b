// The live list of what was blocked. One card for each cause: findings with the same fix.
import { changeElement } from "./diff.js";
import { copy, h, long, timeElement, visible } from "./dom.js";

const KINDS = [
	["blocked", "Blocked"],
	["reported", "Would block"],
	["event", "Events"],
	["warning", "Warnings"],
];
const LABELS = { blocked: "Blocked", reported: "Would block", event: "Event", warning: "Warning" };

/** The same cause has the same key. A line to change is in one place. An addition to the policy serves each place, on one route or on all. */
export function causeOf({ kind, rule, title, why, fix, place }) {
	const lines = fix.filter(({ sign }) => sign !== " ");
	if (lines.length === 0) return JSON.stringify([kind, rule, title, why]);
	if (lines.some(({ sign }) => sign === "-")) return JSON.stringify([kind, lines, place]);
	return JSON.stringify([kind, lines.map(({ text }) => text.replace(ON_ROUTE, "app.use("))]);
}

const ON_ROUTE = /^app\.all\("(?:[^"\\]|\\.)*", /;

/** @param onCount receives how many causes are of each kind. */
export function createFindings({ list, empty, filters, found, news, onCount }) {
	const groups = new Map();
	const causes = new Map();
	const shown = new Set(KINDS.map(([kind]) => kind));
	let words = [];
	let showAll;
	let hasProbe = false;
	let hasPages = false;

	const buttons = new Map(
		KINDS.map(([kind, label]) => {
			const count = h("span", { class: "count" }, "0");
			const button = h("button", { type: "button", class: `filter ${kind}`, "aria-pressed": "true" }, label, count);
			button.addEventListener("click", () => {
				if (!shown.delete(kind)) shown.add(kind);
				button.setAttribute("aria-pressed", String(shown.has(kind)));
				refresh();
			});
			return [kind, { button, count }];
		}),
	);
	filters.append(...[...buttons.values()].map(({ button }) => button));

	function refresh() {
		const counts = Object.fromEntries(KINDS.map(([kind]) => [kind, 0]));
		for (const { kind, card, text } of groups.values()) {
			counts[kind] += 1;
			card.hidden = !shown.has(kind) || !words.every((word) => text.includes(word));
		}
		for (const [kind, { count }] of buttons) count.textContent = String(counts[kind]);
		const isEmpty = [...groups.values()].every(({ card }) => card.hidden);
		empty.hidden = !isEmpty;
		if (isEmpty) empty.replaceChildren(...(groups.size > 0 ? hiddenText(groups.size, words.length > 0 ? showAll : undefined) : emptyText(hasPages, hasProbe)));
		sayFound();
		onCount(counts);
	}

	function sayFound() {
		if (words.length === 0) return;
		found.textContent = `${[...groups.values()].filter(({ card }) => !card.hidden).length} of ${groups.size} found`;
	}

	function leave(id) {
		const group = groups.get(causes.get(id));
		if (group === undefined) return;
		group.findings.delete(id);
		if (group.findings.size > 0) return update(group);
		group.card.remove();
		groups.delete(group.key);
	}

	function put(finding) {
		const key = causeOf(finding);
		if (causes.has(finding.id) && causes.get(finding.id) !== key) leave(finding.id);
		causes.set(finding.id, key);
		const known = groups.get(key);
		const group = known ?? createGroup(key, finding);
		group.findings.set(finding.id, finding);
		update(group);
		if (known !== undefined) return;
		groups.set(key, group);
		list.prepend(group.card);
	}

	return {
		/** One finding that has just come. A card that is there stays where it is. */
		add(finding) {
			const isNew = !groups.has(causeOf(finding));
			put(finding);
			refresh();
			if (isNew) news(`${LABELS[finding.kind]}: ${finding.title}`);
		},
		/** What the server knows. What only this page knows is from before a restart. */
		load({ findings, routes, inject }) {
			hasProbe = inject;
			hasPages = routes.length > 0;
			const known = new Set(findings.map(({ id }) => id));
			for (const group of groups.values()) {
				for (const finding of group.findings.values()) if (!known.has(finding.id)) finding.isOld = true;
				update(group);
			}
			for (const finding of [...findings].sort((one, other) => one.last - other.last)) put(finding);
			refresh();
		},
		/** Shows what has all words of a text, anywhere. @param none searches for nothing again. */
		search(text, none) {
			words = visible(text)
				.toLowerCase()
				.split(/\s+/)
				.filter((word) => word !== "");
			showAll = none;
			if (words.length === 0) found.textContent = "";
			refresh();
		},
		/** Forgets all but warnings, which only come at the start of the server. */
		clear() {
			for (const group of [...groups.values()]) {
				if (group.kind === "warning") continue;
				group.card.remove();
				groups.delete(group.key);
				for (const id of group.findings.keys()) causes.delete(id);
			}
			refresh();
		},
		/** All findings of a kind. */
		of: (kind) => [...groups.values()].filter((group) => group.kind === kind).flatMap((group) => [...group.findings.values()]),
	};
}

function emptyText(hasPages, hasProbe) {
	const first = hasPages ? "Nothing has been blocked so far." : "No page has been opened yet.";
	const tip = "Some things browsers do not report, such as a popup that lost its opener. devtools(headers, { inject: true }) finds them too.";
	return [
		h("p", { class: "big" }, first),
		h(
			"p",
			{},
			"Open your application in a browser and use it: sign in, pay, open each kind of page. What the policy blocks appears here at once, with what to write instead.",
		),
		h("p", {}, h("a", { href: "/", target: "_blank", rel: "noopener" }, "Open the application")),
		hasProbe ? undefined : h("p", { class: "soft" }, tip),
	].filter((part) => part !== undefined);
}

function hiddenText(count, showAll) {
	const what = showAll === undefined ? "The filters hide" : "The search and the filters hide";
	return [
		h("p", { class: "big" }, showAll === undefined ? "Nothing of these kinds." : "Nothing has these words."),
		h("p", {}, `${what} ${count === 1 ? "1 entry" : `${count} entries`}.`),
		showAll === undefined ? undefined : h("p", {}, h("button", { type: "button", class: "clear", onclick: showAll }, "Clear the search")),
	].filter((part) => part !== undefined);
}

let lastId = 0;

function createGroup(key, { kind, rule, title }) {
	lastId += 1;
	const parts = {
		times: h("span", { class: "times" }),
		old: h("span", { class: "old" }, "before the restart"),
		when: h("span", { class: "when" }),
		where: h("div", { class: "where" }),
		advice: h("div", { class: "advice" }),
	};
	const id = `finding-${lastId}`;
	const card = h(
		"article",
		{ class: `card ${kind}`, "aria-labelledby": id },
		h("div", { class: "head" }, h("span", { class: "kind" }, LABELS[kind]), long("code", { class: "rule" }, rule, 80), parts.old, parts.times, parts.when),
		long("h3", { id, dir: "auto" }, title, 200),
		parts.where,
		parts.advice,
	);
	return { key, kind, title, card, parts, findings: new Map(), where: "", advice: "" };
}

function adviceOf({ fix, title, why, opens, change }) {
	const parts = [
		fix.length === 0 ? undefined : fixElement(fix, title),
		why === "" ? undefined : long("p", { class: "why" }, why, 600),
		opens === undefined || opens === null ? undefined : h("p", { class: "opens" }, h("strong", {}, "This also allows: "), long("span", {}, opens)),
		change === undefined || change === null ? undefined : changeElement(change),
	];
	return parts.filter((part) => part !== undefined);
}

/** The lines to write and to take away. */
function fixElement(fix, title) {
	const added = fix.filter(({ sign }) => sign === "+").map(({ text }) => text);
	const lines = fix.map(({ sign, text }) => {
		const said = { "+": "add: ", "-": "remove: ", " ": "" }[sign];
		const mark = h("span", { class: "sign", "aria-hidden": "true" }, sign);
		return h(
			"div",
			{ class: `line ${{ "+": "plus", "-": "minus", " ": "note" }[sign]}` },
			mark,
			said === "" ? undefined : h("span", { class: "hidden" }, said),
			long("span", { class: "text" }, text, 1000),
		);
	});
	const button = h("button", { type: "button", class: "copy", "aria-label": `Copy the fix of ${visible(title).slice(0, 80)}` }, "Copy");
	button.addEventListener("click", async () => {
		button.textContent = (await copy(added.map(withoutOrder).join("\n"))) ? "Copied" : "Not copied";
		setTimeout(() => {
			button.textContent = "Copy";
		}, 2000);
	});
	return h(
		"div",
		{ class: "fix" },
		h("div", { class: "lines", role: "group", "aria-label": "Fix", tabindex: "0" }, lines),
		added.length === 0 ? undefined : button,
	);
}

/** Code that is pasted is what it looks like. */
function withoutOrder(text) {
	return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "");
}

function update(group) {
	const { parts, findings, card } = group;
	const all = [...findings.values()].sort((one, other) => other.last - one.last);
	const count = all.reduce((sum, finding) => sum + finding.count, 0);
	const isOld = all.every((finding) => finding.isOld === true);
	parts.times.textContent = count === 1 ? "once" : `${count.toLocaleString("en")} times`;
	parts.old.hidden = !isOld;
	card.classList.toggle("before", isOld);
	parts.when.replaceChildren(timeElement(all[0].last));
	const pages = [...new Set(all.map(({ page }) => page))].filter((page) => page !== "");
	const places = [...new Set(all.map(({ place }) => placeText(place)))].filter((place) => place !== "");
	const titles = [...new Set(all.map(({ title }) => title))].filter((title) => title !== group.title);
	// Rebuilt only when they change, so that a selection and what is open stay.
	group.text = textOf(all);
	redraw(group, "where", [pages.toSorted(), places.toSorted(), titles.toSorted()], () =>
		[listed("", places, "place"), listed(places.length > 0 ? "on" : "On", pages, "page"), listed("Also", titles, "also")].filter((part) => part !== undefined),
	);
	// What more than one page needs is for all of them.
	const { fix, title, why, opens, change } = all.find((finding) => finding.fix.some(({ text }) => text.startsWith("app.use("))) ?? all[0];
	redraw(group, "advice", [fix, why, opens, change], () => adviceOf({ fix, title, why, opens, change }));
}

/** What a search looks at. */
function textOf(findings) {
	const parts = findings.flatMap(({ rule, title, page, place, why, fix }) => [rule, title, page, placeText(place), why, ...fix.map(({ text }) => text)]);
	return visible(parts.join("\n")).toLowerCase();
}

function redraw(group, name, facts, draw) {
	const text = JSON.stringify(facts);
	if (text === group[name]) return;
	group[name] = text;
	group.parts[name].replaceChildren(...draw());
	group.parts[name].hidden = group.parts[name].childNodes.length === 0;
}

export function placeText(place) {
	if (place === undefined || place === null) return "";
	const { file, line, column } = place;
	return `${file}${line > 0 ? `:${line}` : ""}${line > 0 && column > 0 ? `:${column}` : ""}`;
}

const MOST_LISTED = 3;

function listed(word, texts, kind) {
	if (texts.length === 0) return undefined;
	const items = texts.map((text) => long("code", { class: kind }, text, 120));
	const rest = items.slice(MOST_LISTED);
	const more = rest.length === 0 ? undefined : h("details", {}, h("summary", {}, `${rest.length} more`), h("div", { class: "others" }, rest));
	return h("span", { class: "listed" }, word === "" ? undefined : h("span", { class: "soft" }, word), items.slice(0, MOST_LISTED), more);
}
