import type { Clickable } from "./clicks.ts";
import type { PageElement } from "./in-page.ts";

/* More functions that run in pages, each complete in itself. They share a register that stays in the page. */

/** The elements of a page by identity: a click may change how an element looks, and two may look alike. */
export interface Register {
	/** Those of the last survey. */
	listed: Target[];
	/** How often each was clicked, together with those whose place it has taken. */
	readonly times: Map<Target, number>;
	/** Clicked elements, and what they looked like before. */
	readonly clicked: Map<Target, string>;
	/** What those looked like that were clicked in documents before this one. */
	readonly past: readonly string[];
	/** What was clicked last, and later what has taken its place. */
	last: Target | undefined;
	/** The click has arrived there. */
	isHit: boolean;
}

interface Target extends PageElement {
	readonly isConnected: boolean;
	checkVisibility?(options: object): boolean;
	addEventListener(type: string, listener: () => void, options: object): void;
	click(): void;
}

/** An element that may react to clicks. */
export interface Surveyed extends Clickable {
	readonly times: number;
	/** What it looks like, and which of those that look like this it is. */
	readonly key: string;
	/** It was clicked last. */
	readonly isLast: boolean;
}

declare const document: { querySelectorAll(selector: string): Iterable<Target> };

export function createRegister(past: readonly string[]): Register {
	return { listed: [], times: new Map(), clicked: new Map(), past, last: undefined, isHit: false };
}

/**
 * Lists what may react to clicks and is shown. A page may replace all its elements at each click: what looks like a clicked element that is gone, and was
 * not there before, takes its place.
 */
export function survey(register: Register): Surveyed[] {
	const CLICKABLE = "button,summary,a[href^='#'],a[role],input[type=button],[role=tab],[role=button],[role=menuitem],[role=switch]";
	const MOST = 500;
	const describe = (element: Target): Clickable => {
		const attribute = (name: string): string => (element.getAttribute(name) ?? "").slice(0, 300);
		const names = ["aria-label", "title", "name", "id", "value", "class", "onclick"].map(attribute);
		return {
			tag: element.localName,
			type: attribute("type").toLowerCase(),
			role: attribute("role").toLowerCase(),
			href: element.hasAttribute("href") ? attribute("href") : undefined,
			label: [(element.textContent ?? "").slice(0, 300), ...names].join(" "),
			isInForm: element.closest("form") !== null || element.hasAttribute("form"),
			isDisabled: element.hasAttribute("disabled") || attribute("aria-disabled") === "true",
			leaves: element.hasAttribute("download") || !["", "_self"].includes(attribute("target").toLowerCase()),
		};
	};
	const shown = [...document.querySelectorAll(CLICKABLE)].filter((element) => element.checkVisibility?.({ visibilityProperty: true }) !== false);
	register.listed = shown.slice(0, MOST);
	const gone = new Map<string, Target | undefined>(register.past.map((key) => [key, undefined]));
	for (const [element, key] of register.clicked) if (!element.isConnected) gone.set(key, element);
	const takePlace = (element: Target, key: string): number => {
		const before = gone.get(key);
		if (before !== undefined && before === register.last) register.last = element;
		return before === undefined ? Number(gone.has(key)) : (register.times.get(before) ?? 1);
	};
	const counts = new Map<string, number>();
	return register.listed.map((element) => {
		const described = describe(element);
		const look = JSON.stringify(described);
		const count = counts.get(look) ?? 0;
		counts.set(look, count + 1);
		const key = `${look}${count}`;
		const times = register.times.get(element) ?? takePlace(element, key);
		register.times.set(element, times);
		return { ...described, times, key, isLast: element === register.last };
	});
}

/** Notes that an element of the last survey is clicked. */
export function take(register: Register, { index, key }: { readonly index: number; readonly key: string }): Target | undefined {
	const element = register.listed[index];
	if (element === undefined) return undefined;
	register.times.set(element, (register.times.get(element) ?? 0) + 1);
	register.clicked.set(element, key);
	register.last = element;
	register.isHit = false;
	const hit = (): void => {
		register.isHit = true;
	};
	element.addEventListener("click", hit, { capture: true, once: true });
	return element;
}

/** Clicks without the mouse if that has not arrived: something may cover the element, or the machine is too busy to draw the page. */
export function press(register: Register): void {
	if (!register.isHit) register.last?.click();
}
