/** The playground. Everything happens in the page: it sends nothing, and the address keeps what was pasted after the #. */
import { VERSIONS } from "../../src/cli/migrate/versions.ts";
import { INLINE, type Outcome, tryAddress, tryInline, USES } from "./attempt.ts";
import { h, labelled, visible } from "./dom.ts";
import { type Judged, judgeInput } from "./judge.ts";
import { changesPart, codePart, filesPart, findingsPart, headersPart, issuesPart, listPart, section, summaryPart, wordsPart } from "./parts.ts";
import { type Input, linesOf, readInput, Unreadable } from "./read.ts";
import { fragmentOf, type Kept, keptIn } from "./remember.ts";

const EXAMPLES: readonly (readonly [title: string, text: string])[] = [
	["Defaults", "secureHeaders()"],
	["Options", 'secureHeaders({\n\tpreset: "ssr",\n\tcontentSecurityPolicy: { directives: { imgSrc: [csp.self, "https://img.example"] } },\n})'],
	["A helmet call", 'helmet({\n\tcontentSecurityPolicy: { directives: { scriptSrc: ["\'self\'", "https://cdn.example"] } },\n})'],
	["Headers", "Content-Security-Policy: default-src *; script-src 'self' 'unsafe-inline'\nStrict-Transport-Security: max-age=300\nX-Frame-Options: ALLOWALL"],
];

const PAUSE = 250;

/** @param base The address of the site, such as `/`. */
export function startPlayground(root: HTMLElement, base: string): void {
	const field = h("textarea", { rows: "9", spellcheck: "false", autocomplete: "off", autocapitalize: "off" }) as HTMLTextAreaElement;
	const file = h("input", { type: "file", accept: ".har,.json,.txt,.js,.ts" }) as HTMLInputElement;
	const chosen = h("select", {}) as HTMLSelectElement;
	const chooser = labelled("Response", chosen);
	const version = select(VERSIONS.map(([number]) => String(number)));
	const versions = labelled("Version of helmet", version);
	const leftOut = h("p", { class: "left-out", role: "status" });
	/** What the reader chose. */
	let major: string | undefined;
	const result = h("div", { class: "result", "aria-live": "polite" });
	const tools = createTools(later(() => remember()));
	const examples = EXAMPLES.map(([title, text]) => {
		const button = h("button", { type: "button" }, title);
		button.addEventListener("click", () => show(text));
		return button;
	});
	root.replaceChildren(
		labelled("Options, a call of secureHeaders or helmet, response headers, or a HAR file", field),
		h("p", { class: "row" }, "Examples: ", ...examples, h("label", { class: "file" }, "Open a file ", file)),
		leftOut,
		chooser,
		versions,
		result,
		tools.element,
	);

	let input: Input | undefined;
	/** @param text what is to be in the field. */
	const show = (text: string, { helmet, response = "0" }: Kept = {}): void => {
		field.value = text;
		major = helmet;
		input = undefined;
		chooser.hidden = true;
		versions.hidden = true;
		try {
			input = readInput(text, major === undefined ? undefined : Number(major));
			if (input.kind === "options" && input.helmet !== undefined) {
				version.value = String(input.helmet.version);
				versions.hidden = false;
			}
			if (input.kind === "headers" && input.answers.length > 1)
				choose(
					input.answers.map(({ url }) => url),
					response,
				);
			draw();
		} catch (error) {
			result.replaceChildren(
				h("p", { class: "verdict bad" }, visible(error instanceof Unreadable ? error.message : `This cannot be read: ${String(error)}`, 500)),
			);
			tools.use(undefined);
		}
		remember();
	};
	const choose = (urls: readonly string[], response: string): void => {
		chosen.replaceChildren(...urls.map((url, index) => h("option", { value: String(index) }, visible(url, 120))));
		chooser.hidden = false;
		chosen.value = response;
		// What an address says may not be there.
		if (chosen.selectedIndex < 0) chosen.selectedIndex = 0;
	};
	const draw = (): void => {
		if (input === undefined) return;
		const judged = judgeInput(input, index());
		result.replaceChildren(...partsOf(input, judged, base));
		tools.use(judged.isRefused ? undefined : judged);
	};
	const index = (): number => (chooser.hidden ? 0 : Number(chosen.value));
	const remember = (): void => {
		// The reader may have gone to another page.
		if (!root.isConnected) return;
		const text = field.value === "" ? undefined : field.value;
		const answer = input?.kind === "headers" ? input.answers[index()] : undefined;
		const kept = { text, helmet: major, response: index() === 0 ? undefined : String(index()), ...tools.kept() };
		const { hash, note } = fragmentOf(kept, answer === undefined ? undefined : linesOf(answer));
		leftOut.textContent = note;
		leftOut.hidden = note === "";
		// The state is that of the site's own router.
		history.replaceState(history.state, "", `${location.pathname}${location.search}${hash}`);
	};

	field.addEventListener(
		"input",
		later(() => show(field.value, { helmet: major })),
	);
	chosen.addEventListener("change", () => {
		draw();
		remember();
	});
	version.addEventListener("change", () => show(field.value, { helmet: version.value }));
	const take = async (given: File | undefined): Promise<void> => {
		if (given !== undefined) show(await given.text());
	};
	file.addEventListener("change", () => void take(file.files?.[0]));
	root.addEventListener("dragover", (event) => event.preventDefault());
	root.addEventListener("drop", (event) => {
		event.preventDefault();
		void take(event.dataTransfer?.files[0]);
	});
	const open = (): void => {
		const kept = keptIn(location.hash);
		const [, example = ""] = EXAMPLES[0] ?? [];
		tools.restore(kept);
		show(kept.text ?? example, { ...kept, helmet: VERSIONS.some(([number]) => String(number) === kept.helmet) ? kept.helmet : undefined });
	};
	// A link that is opened in the same tab loads nothing.
	const changed = (): void => {
		if (root.isConnected) open();
		else removeEventListener("hashchange", changed);
	};
	addEventListener("hashchange", changed);
	open();
}

/** Runs it once, when nothing has happened for a while. */
function later(what: () => void): () => void {
	let timer: ReturnType<typeof setTimeout> | undefined;
	return () => {
		clearTimeout(timer);
		timer = setTimeout(what, PAUSE);
	};
}

function partsOf(input: Input, judged: Judged, base: string): readonly HTMLElement[] {
	const isOptions = input.kind === "options";
	return [
		summaryPart(judged),
		issuesPart(judged, base),
		listPart("Notes", isOptions ? withoutIssues(input.notes, judged) : []),
		codePart("For headguard", isOptions ? input.code : undefined),
		changesPart(isOptions ? input.helmet : undefined, base),
		headersPart(judged),
		findingsPart(judged, base),
		wordsPart(judged, base),
		filesPart(judged),
	].filter((part) => part !== undefined);
}

/** Notes on a call of helmet repeat the warnings about the options that replace it. */
function withoutIssues(notes: readonly string[], { issues }: Judged): readonly string[] {
	const shown = new Set(issues.map(({ path, message }) => `${path}: ${message}`));
	return notes.filter((note) => !shown.has(note));
}

interface Tools {
	readonly element: HTMLElement;
	use(judged: Judged | undefined): void;
	/** What the reader has changed. */
	kept(): Kept;
	restore(kept: Kept): void;
}

/** What an address or inline code would do. */
function createTools(changed: () => void): Tools {
	const text = (value: string): HTMLInputElement => h("input", { type: "text", value, spellcheck: "false", autocapitalize: "off" }) as HTMLInputElement;
	const [use, address, page] = [select(USES.keys()), text("https://cdn.example/app.js"), text("https://www.example.com/")];
	const [inline, code] = [select(INLINE.keys()), h("textarea", { rows: "2", spellcheck: "false" }, "start()") as HTMLTextAreaElement];
	const fields = { use, address, page, inline, code };
	const atFirst = valuesOf(fields);
	const [first, second] = [h("p", { class: "outcome", "aria-live": "polite" }), h("p", { class: "outcome", "aria-live": "polite" })];
	let judged: Judged | undefined;
	const draw = async (): Promise<void> => {
		if (judged === undefined) return;
		const { policies } = judged;
		showOutcome(first, tryAddress(policies, use.value, address.value.trim(), page.value.trim()));
		showOutcome(second, await tryInline(policies, inline.value, code.value));
	};
	for (const field of Object.values(fields)) {
		field.addEventListener("input", () => {
			void draw();
			changed();
		});
	}
	const element = section(
		"Try it",
		h("div", { class: "row" }, labelled("Use as", use), labelled("Address", address), labelled("On the page", page)),
		first,
		h("div", { class: "row" }, labelled("Inline", inline), labelled("Code", code)),
		second,
	);
	return {
		element,
		use(next) {
			judged = next;
			element.hidden = next === undefined;
			void draw();
		},
		kept: () => Object.fromEntries(Object.entries(valuesOf(fields)).filter(([name, value]) => Reflect.get(atFirst, name) !== value)),
		restore(kept) {
			for (const [name, field] of Object.entries(fields)) {
				const value: string | undefined = Reflect.get(kept, name);
				const first: string = Reflect.get(atFirst, name);
				field.value = value === undefined || (field instanceof HTMLSelectElement && !isChoice(field, value)) ? first : value;
			}
		},
	};
}

function valuesOf(fields: Readonly<Record<string, { readonly value: string }>>): Readonly<Record<string, string>> {
	return Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value]));
}

function isChoice(field: HTMLSelectElement, value: string): boolean {
	return [...field.options].some((option) => option.value === value);
}

function select(names: Iterable<string>): HTMLSelectElement {
	const options = [...names].map((name) => h("option", { value: name }, name));
	return h("select", {}, options) as HTMLSelectElement;
}

function showOutcome(place: HTMLElement, { isAllowed, why, add }: Outcome): void {
	place.replaceChildren(
		h("strong", { class: isAllowed ? "good" : "bad" }, isAllowed ? "Allowed" : "Blocked"),
		` ${visible(why, 400)}`,
		...(add === undefined ? [] : [" To allow it, add ", h("code", {}, visible(add, 200)), "."]),
	);
}
