// The search field, and the button that clears the list.
import { post } from "./dom.js";

/** @param search receives what is searched for, and how to search for nothing. */
export function createSearch(field, search) {
	const none = () => {
		field.value = "";
		field.focus();
		search("", none);
	};
	field.addEventListener("input", () => search(field.value, none));
	addEventListener("keydown", (event) => {
		const isWriting = event.target instanceof Element && event.target.closest("input, textarea, select") !== null;
		// In another view, the field is hidden.
		if (event.key === "/" && !isWriting && !event.ctrlKey && !event.metaKey && !event.altKey && field.offsetParent !== null) {
			event.preventDefault();
			field.select();
		}
		if (event.key === "Escape" && event.target === field) none();
	});
}

/** The server forgets, and tells all pages. */
export function createClear(button, said, address, token) {
	button.addEventListener("click", async () => {
		const problem = await post(address, token());
		said.textContent = problem ?? "Cleared. What the policy blocks from now on appears here.";
	});
}
