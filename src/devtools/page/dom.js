// Small helpers. All text becomes text nodes: a report can contain anything.

/** Makes an element. Properties that start with "on" are listeners, and undefined and false ones are left out. */
export function h(tag, props = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(props)) {
		if (value === undefined || value === false) continue;
		if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
		else element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...children.flat().filter((child) => child !== undefined && child !== ""));
	return element;
}

/** Control characters, and those that change the order of what follows or that have no width. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** The text with such characters written out, such as \u202e. */
export function visible(text) {
	return String(text).replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const MOST = 300;

/** An element with a text of any length. What is too long gets a button that shows all of it. */
export function long(tag, props, text, most = MOST) {
	const whole = visible(text);
	if (whole.length <= most) return h(tag, props, whole);
	const cut = h("span", {}, `${whole.slice(0, most)}…`);
	const size = whole.length.toLocaleString("en");
	const button = h("button", { type: "button", class: "more", "aria-expanded": "false" }, `Show all ${size} characters`);
	button.addEventListener("click", () => {
		const isOpen = button.getAttribute("aria-expanded") === "true";
		button.setAttribute("aria-expanded", String(!isOpen));
		button.textContent = isOpen ? `Show all ${size} characters` : "Show less";
		cut.textContent = isOpen ? `${whole.slice(0, most)}…` : whole;
		cut.classList.toggle("whole", !isOpen);
	});
	return h(tag, props, cut, " ", button);
}

/** Writes to the clipboard, also where the page has no permission for it. */
export async function copy(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		const field = h("textarea", { class: "hidden", "aria-hidden": "true", readonly: true });
		const focused = document.activeElement;
		field.value = text;
		document.body.append(field);
		field.select();
		const isDone = document.execCommand("copy");
		field.remove();
		focused?.focus();
		return isDone;
	}
}

/** Tells screen readers, at most once a second. */
export function createNews(element) {
	const waiting = [];
	return (news) => {
		if (waiting.push(news) > 1) return;
		setTimeout(() => {
			const more = waiting.length > 1 ? `${waiting.length} new entries. The last one: ` : "";
			element.textContent = `${more}${visible(waiting.at(-1)).slice(0, 200)}`;
			waiting.length = 0;
		}, 1000);
	};
}

const STEPS = [
	[60, "second"],
	[60, "minute"],
	[24, "hour"],
	[365, "day"],
];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** How long ago something was, such as "2 minutes ago". */
export function ago(time, now = Date.now()) {
	let amount = Math.max(0, Math.round((now - time) / 1000));
	if (amount < 10) return "just now";
	for (const [most, unit] of STEPS) {
		if (amount < most) return RELATIVE.format(-amount, unit);
		amount = Math.floor(amount / most);
	}
	return RELATIVE.format(-amount, "year");
}

export function timeElement(time) {
	return h("time", { datetime: new Date(time).toISOString(), title: new Date(time).toLocaleString("en") }, ago(time));
}

/** Keeps the times of the page true. */
export function keepTimes() {
	setInterval(() => {
		for (const element of document.querySelectorAll("time")) element.textContent = ago(Date.parse(element.dateTime));
	}, 10_000);
}

/** Asks the server to do something. Returns what went wrong. Undefined if nothing did. */
export async function post(address, token) {
	try {
		const response = await fetch(address, { method: "POST", headers: { "x-headguard-token": token } });
		if (response.ok) return undefined;
		return response.status === 403 ? "The server has restarted. Try it again." : (await response.text()).slice(0, 500);
	} catch {
		return "The server does not answer.";
	}
}
