import { expect, test } from "vitest";
import { type Clickable, isSafeClick, namesEndingAction, pageOf } from "../../../src/cli/learn/clicks.ts";

const BUTTON: Clickable = { tag: "button", type: "submit", role: "", href: undefined, label: "Show more", isInForm: false, isDisabled: false, leaves: false };

test.each<[what: string, changes: Partial<Clickable>]>([
	["a button outside of forms", {}],
	["a tab", { tag: "div", role: "tab", label: "Details" }],
	["a summary, even in a form", { tag: "summary", isInForm: true }],
	["a link within the page", { tag: "a", href: "#more", label: "More" }],
	["an input that is a button", { tag: "input", type: "button", label: "Next" }],
	["a word that only contains a costly one", { label: "Repayment of the payload, postponed" }],
])("a crawl clicks on %s", (_what, changes) => {
	expect(isSafeClick({ ...BUTTON, ...changes })).toBe(true);
});

test.each<[what: string, changes: Partial<Clickable>]>([
	["a button of a form", { isInForm: true }],
	["a disabled button", { isDisabled: true }],
	["a link to another page, which is visited instead", { tag: "a", href: "/more" }],
	["a javascript: link", { tag: "a", href: "javascript:go()" }],
	["what downloads a file", { leaves: true }],
	["a field", { tag: "input", type: "text" }],
	...["Log out", "Sign-Out", "signOut", "DELETE", "Remove all", "Buy now", "Pay", "Löschen", "Cerrar sesión", "Se déconnecter", "btn btn-delete"].map(
		(label): [string, Partial<Clickable>] => [`“${label}”`, { label }],
	),
])("a crawl does not click on %s", (_what, changes) => {
	expect(isSafeClick({ ...BUTTON, ...changes })).toBe(false);
});

const ORIGIN = "http://localhost:3000";

test.each<[href: string, page: string | undefined]>([
	["/about#team", `${ORIGIN}/about`],
	["next", `${ORIGIN}/docs/next`],
	["?page=2", `${ORIGIN}/docs/?page=2`],
	["/checkout", `${ORIGIN}/checkout`],
	["/logout", undefined],
	["/account/delete/1", undefined],
	["/session?action=sign_out", undefined],
	["/users/sign%20out", undefined],
	["/report.pdf", undefined],
	["https://www.example.com/", undefined],
	["//localhost:3001/", undefined],
	["http://user:secret@localhost:3000/", undefined],
	["javascript:alert(1)", undefined],
	["mailto:a@example.com", undefined],
	["http://[", undefined],
	[`/${"a".repeat(3000)}`, undefined],
])("the link %j leads to %j", (href, page) => {
	expect(pageOf(href, `${ORIGIN}/docs/`, ORIGIN)?.href).toBe(page);
});

test("a long label is judged in time", () => {
	const start = performance.now();
	expect(namesEndingAction("log ".repeat(100_000))).toBe(false);
	expect(performance.now() - start).toBeLessThan(200);
});
