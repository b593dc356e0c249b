// The change of a header, as a list of the parts that change.
import { h, visible } from "./dom.js";

/** The parts of a header by name: directives, features, or the whole value. */
function partsOf(header, value) {
	const lower = header.toLowerCase();
	if (lower.startsWith("content-security-policy")) return new Map(value.split(",").flatMap(directivesOf));
	if (lower.startsWith("permissions-policy"))
		return new Map(
			value
				.split(",")
				.filter((part) => part.trim() !== "")
				.map(featureOf),
		);
	return new Map([["", value === "" ? [] : [value]]]);
}

function directivesOf(policy, index) {
	return policy.split(";").flatMap((part) => {
		const [name, ...words] = part.trim().split(/\s+/);
		return name === "" ? [] : [[index === 0 ? name : `${name} (policy ${index + 1})`, words]];
	});
}

function featureOf(part) {
	const [name, list = ""] = part.trim().split(/=(.*)/s);
	return [name, list.split(/\s+/)];
}

/** What changed: each part with its words, and how many parts stay. */
export function changesOf({ header, before, after }) {
	const [old, now] = [partsOf(header, before), partsOf(header, after)];
	const names = [...new Set([...old.keys(), ...now.keys()])];
	const parts = names.map((name) => {
		const [first, second] = [old.get(name), now.get(name)];
		const removed = (first ?? []).filter((word) => !second?.includes(word)).map((text) => ({ text, sign: "-" }));
		const rest = (second ?? []).map((text) => ({ text, sign: first?.includes(text) ? " " : "+" }));
		const sign = first === undefined ? "+" : second === undefined ? "-" : " ";
		return { name, sign, words: [...removed, ...rest] };
	});
	const changed = parts.filter(({ sign, words }) => sign !== " " || words.some((word) => word.sign !== " "));
	return { changed, same: parts.length - changed.length };
}

/** The same as an element that opens. */
export function changeElement(change) {
	const { changed, same } = changesOf(change);
	const rows = changed.map(({ name, sign, words }) =>
		h("li", {}, marked(sign, name, "name"), ...words.flatMap((word) => [" ", marked(word.sign, word.text, "word")])),
	);
	const rest = same === 0 ? undefined : h("p", { class: "soft" }, `${same === 1 ? "1 other part stays" : `${same} other parts stay`} as before.`);
	return h(
		"details",
		{ class: "change" },
		h("summary", {}, `Change of ${visible(change.header)}`),
		h("ul", { class: "diff" }, rows),
		rest,
		whole("Before", change.before),
		whole("After", change.after),
	);
}

function whole(title, value) {
	return h(
		"details",
		{ class: "value" },
		h("summary", {}, title),
		h("pre", { tabindex: "0", "aria-label": title }, value === "" ? "(not sent)" : visible(value).slice(0, 20_000)),
	);
}

const MARKS = { "+": ["ins", "added: "], "-": ["del", "removed: "], " ": ["span", ""] };

function marked(sign, text, kind) {
	const [tag, said] = MARKS[sign];
	return h(tag, { class: kind }, said === "" ? undefined : h("span", { class: "hidden" }, said), visible(text).slice(0, 1000));
}
