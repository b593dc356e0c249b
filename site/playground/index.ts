/** The playground. Everything happens in the page: it sends nothing, and the address keeps what was pasted after the #. */
import { VERSIONS } from "../../src/cli/migrate/versions.ts";
import { INLINE, type Outcome, tryAddress, tryInline, USES } from "./attempt.ts";
import { h, labelled, visible } from "./dom.ts";
import { type Judged, judgeInput } from "./judge.ts";
import { changesPart, codePart, filesPart, findingsPart, headersPart, issuesPart, listPart, section, summaryPart, wordsPart } from "./parts.ts";
import { type Input, readInput, Unreadable } from "./read.ts";
import { remember, remembered } from "./remember.ts";

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
	/** What the reader chose. */
	let major: number | undefined;
	const result = h("div", { class: "result", "aria-live": "polite" });
	const tools = createTools();
	const examples = EXAMPLES.map(([title, text]) => {
		const button = h("button", { type: "button" }, title);
		button.addEventListener("click", () => {
			field.value = text;
			major = undefined;
			show();
		});
		return button;
	});
	root.replaceChildren(
		labelled("Options, a call of secureHeaders or helmet, response headers, or a HAR file", field),
		h("p", { class: "row" }, "Examples: ", ...examples, h("label", { class: "file" }, "Open a file ", file)),
		chooser,
		versions,
		result,
		tools.element,
	);

	let input: Input | undefined;
	const show = (): void => {
		remember({ text: field.value, major });
		input = undefined;
		chooser.hidden = true;
		versions.hidden = true;
		try {
			input = readInput(field.value, major);
			if (input.kind === "options" && input.helmet !== undefined) {
				version.value = String(input.helmet.version);
				versions.hidden = false;
			}
			if (input.kind === "headers" && input.answers.length > 1) choose(input.answers.map(({ url }) => url));
			draw();
		} catch (error) {
			result.replaceChildren(
				h("p", { class: "verdict bad" }, visible(error instanceof Unreadable ? error.message : `This cannot be read: ${String(error)}`, 500)),
			);
			tools.use(undefined);
		}
	};
	const choose = (urls: readonly string[]): void => {
		chosen.replaceChildren(...urls.map((url, index) => h("option", { value: String(index) }, visible(url, 120))));
		chooser.hidden = false;
	};
	const draw = (): void => {
		if (input === undefined) return;
		const judged = judgeInput(input, Number(chosen.value) || 0);
		result.replaceChildren(...partsOf(input, judged, base));
		tools.use(judged.isRefused ? undefined : judged);
	};

	let timer: ReturnType<typeof setTimeout> | undefined;
	field.addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(show, PAUSE);
	});
	chosen.addEventListener("change", draw);
	version.addEventListener("change", () => {
		major = Number(version.value);
		show();
	});
	const take = async (given: File | undefined): Promise<void> => {
		if (given === undefined) return;
		field.value = await given.text();
		major = undefined;
		show();
	};
	file.addEventListener("change", () => void take(file.files?.[0]));
	root.addEventListener("dragover", (event) => event.preventDefault());
	root.addEventListener("drop", (event) => {
		event.preventDefault();
		void take(event.dataTransfer?.files[0]);
	});
	const kept = remembered();
	field.value = kept?.text ?? EXAMPLES[0]?.[1] ?? "";
	major = kept?.major;
	show();
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
}

/** What an address or inline code would do. */
function createTools(): Tools {
	const text = (value: string): HTMLInputElement => h("input", { type: "text", value, spellcheck: "false", autocapitalize: "off" }) as HTMLInputElement;
	const [use, address, page] = [select(USES.keys()), text("https://cdn.example/app.js"), text("https://www.example.com/")];
	const [kind, code] = [select(INLINE.keys()), h("textarea", { rows: "2", spellcheck: "false" }, "start()") as HTMLTextAreaElement];
	const [first, second] = [h("p", { class: "outcome", "aria-live": "polite" }), h("p", { class: "outcome", "aria-live": "polite" })];
	let judged: Judged | undefined;
	const draw = async (): Promise<void> => {
		if (judged === undefined) return;
		const { policies } = judged;
		showOutcome(first, tryAddress(policies, use.value, address.value.trim(), page.value.trim()));
		showOutcome(second, await tryInline(policies, kind.value, code.value));
	};
	for (const field of [use, address, page, kind, code]) field.addEventListener("input", () => void draw());
	const element = section(
		"Try it",
		h("div", { class: "row" }, labelled("Use as", use), labelled("Address", address), labelled("On the page", page)),
		first,
		h("div", { class: "row" }, labelled("Inline", kind), labelled("Code", code)),
		second,
	);
	return {
		element,
		use(next) {
			judged = next;
			element.hidden = next === undefined;
			void draw();
		},
	};
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
