/** All text becomes text nodes: what was pasted can contain anything. */

type Child = Node | string | undefined | readonly (Node | string | undefined)[];

/** Makes an element. Undefined and false attributes are left out. */
export function h(tag: string, attributes: Readonly<Record<string, string | boolean | undefined>>, ...children: readonly Child[]): HTMLElement {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
	element.append(...(children.flat() as readonly (Node | string | undefined)[]).filter((child) => child !== undefined));
	return element;
}

/** Control characters, and those that change the order of what follows or that have no width. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** The text with such characters written out, such as \u202e, and cut. */
export function visible(text: string, most = 2000): string {
	const shown = text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
	return shown.length > most ? `${shown.slice(0, most)}…` : shown;
}

let count = 0;

/** A field with its label. */
export function labelled(label: string, field: HTMLElement): HTMLElement {
	count += 1;
	field.id = `playground-${count}`;
	return h("p", { class: "field" }, h("label", { for: field.id }, label), field);
}
