/* Functions that run in pages. Each is sent as text, so it must be complete in itself. */

/** The parts of the DOM that they use. The types of the whole DOM would be visible in code that runs without one. */
export interface PageElement {
	readonly localName: string;
	readonly nonce?: string;
	readonly textContent: string | null;
	readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
	getAttribute(name: string): string | null;
	hasAttribute(name: string): boolean;
	closest(selector: string): PageElement | null;
}

interface Field extends PageElement {
	readonly type: string;
	readonly required: boolean;
	value: string;
	checked: boolean;
}

export interface PageForm extends PageElement {
	readonly elements: Iterable<Field>;
	noValidate: boolean;
	requestSubmit(): void;
}

type EventField = "effectiveDirective" | "blockedURI" | "sample" | "documentURI" | "sourceFile" | "disposition" | "originalPolicy";

interface ViolationEvent extends Readonly<Record<EventField, string>> {
	readonly lineNumber: number;
	readonly columnNumber: number;
	readonly statusCode: number;
	composedPath(): readonly unknown[];
}

declare const window: { addEventListener(type: string, listener: (event: ViolationEvent) => void, capture: boolean): void };
declare const document: {
	readonly baseURI: string;
	querySelector(selector: string): PageElement | null;
	querySelectorAll(selector: string): Iterable<PageElement>;
};

/** Sends each violation, with the code that it is about. @param name the function that sends. */
export function sendViolations(name: string): void {
	const send = Reflect.get(window, name) as (payload: string) => unknown;
	const LONGEST = 2_000_000;
	const begins = (text: string | null, sample: string): boolean => (text ?? "").startsWith(sample) || (text ?? "").trimStart().startsWith(sample);
	const ofAttribute = (target: PageElement, directive: string, sample: string) => {
		const name = directive === "script-src-attr" ? /^on/i : /^style$/i;
		const found = [...target.attributes].find((one) => name.test(one.name) && begins(one.value, sample));
		return { code: found?.value, attribute: found?.name.toLowerCase() };
	};
	const ofElement = (target: PageElement, sample: string) => {
		const isCode = /^(?:script|style)$/i.test(target.localName) && begins(target.textContent, sample);
		return { code: isCode ? (target.textContent ?? "") : undefined, hasNonce: (target.nonce ?? "") !== "" };
	};
	const inlineCode = ({ blockedURI, effectiveDirective, sample }: ViolationEvent, target: PageElement | undefined) => {
		if (blockedURI !== "inline") return {};
		const found =
			typeof target?.localName !== "string"
				? {}
				: effectiveDirective.endsWith("-attr")
					? ofAttribute(target, effectiveDirective, sample)
					: ofElement(target, sample);
		// Browsers send the first forty characters. Of a short code, that is all.
		const whole = sample !== "" && [...sample].length < 40 ? sample : undefined;
		const { code = whole } = found as { code?: string | undefined };
		return { ...found, code: code !== undefined && code.length > LONGEST ? undefined : code };
	};
	window.addEventListener(
		"securitypolicyviolation",
		(event) => {
			const { effectiveDirective, blockedURI, sample, documentURI, sourceFile, lineNumber, columnNumber, statusCode, disposition, originalPolicy } = event;
			const fields = { effectiveDirective, blockedURL: blockedURI, sample, documentURL: documentURI, sourceFile, lineNumber, columnNumber };
			const code = inlineCode(event, event.composedPath()[0] as PageElement | undefined);
			send(JSON.stringify({ ...fields, statusCode, disposition, originalPolicy, ...code }));
		},
		true,
	);
}

export interface Gathered {
	readonly base: string;
	readonly links: readonly string[];
	/** The addresses that forms submit to. */
	readonly actions: readonly string[];
	/** Attributes with a javascript: URL. */
	readonly javascript: readonly { readonly holder: string; readonly code: string }[];
	readonly hasPassword: boolean;
}

/** What a page links to. Limits keep a huge page from filling the memory. */
export function gather(): Gathered {
	const all = (selector: string): PageElement[] => [...document.querySelectorAll(selector)].slice(0, 1000);
	const links = all("a[href],area[href]").filter((link) => !link.hasAttribute("download"));
	const forms = all("form,[formaction]").filter((form) => form.getAttribute("method")?.toLowerCase() !== "dialog");
	const actions = forms.map((one) => one.getAttribute("formaction") ?? one.getAttribute("action") ?? "");
	const ATTRIBUTES = ["href", "src", "action", "formaction", "data"];
	const javascript = all(ATTRIBUTES.map((name) => `[${name}]`).join(",")).flatMap((element) =>
		ATTRIBUTES.flatMap((name) => {
			const value = (element.getAttribute(name) ?? "").slice(0, 500);
			// Browsers ignore white space and control characters in URLs.
			const isCode = /^javascript:/i.test([...value].filter((character) => character > " ").join(""));
			return isCode ? [{ holder: `${name} of <${element.localName.slice(0, 40)}>`, code: value }] : [];
		}),
	);
	return {
		base: document.baseURI,
		links: links.map((link) => (link.getAttribute("href") ?? "").slice(0, 2100)),
		actions: [...new Set(actions)].slice(0, 100).map((action) => action.slice(0, 2100)),
		javascript: javascript.slice(0, 50),
		hasPassword: document.querySelector("input[type=password]") !== null,
	};
}

export interface FormTarget {
	readonly action: string;
	readonly label: string;
}

/** Where a form goes, and what it says. */
export function targetOf(form: PageForm): FormTarget {
	const written = form.getAttribute("action") ?? "";
	const names = ["id", "class", "name", "aria-label"].map((name) => form.getAttribute(name) ?? "");
	const buttons = [...form.elements].map((field) => `${field.textContent ?? ""} ${/^(?:submit|image)$/.test(field.type) ? field.value : ""}`);
	const label = [...names, ...buttons].join(" ").slice(0, 1000);
	// A page may have a field of that name.
	return { action: new URL(written, document.baseURI).href, label };
}

/** Fills a form with values that its fields accept, and submits it as a visitor does. */
export function fillAndSubmit(form: PageForm): void {
	const VALUES: Readonly<Record<string, string>> = {
		...{ email: "visitor@example.com", url: "https://www.example.com/", tel: "5550100", number: "1", range: "1", color: "#000000" },
		...{ date: "2026-01-01", month: "2026-01", week: "2026-W01", time: "12:00", "datetime-local": "2026-01-01T12:00" },
	};
	for (const field of form.elements) {
		if (/^(?:checkbox|radio)$/.test(field.type)) field.checked ||= field.required;
		else if (/^(?:input|textarea)$/.test(field.localName) && field.value === "" && !/^(?:hidden|file|submit|button|image|reset)$/.test(field.type))
			field.value = VALUES[field.type] ?? "example";
	}
	form.noValidate = true;
	form.requestSubmit();
}
