import type { DefaultTheme } from "vitepress";

/** How words are read and ranked. The build and the page use the same. */
export const ranking: NonNullable<DefaultTheme.LocalSearchOptions["miniSearch"]> = {
	options: {
		// Words, and also names that have several: "csp/script-src", "Report-To".
		tokenize: (text) => [...text.split(/[\n\r\p{Z}\p{P}]+/u), ...(text.match(/\w+(?:[/-]\w+)+/g) ?? [])],
		// Questions have words that are on every page, and endings that the page does not have.
		processTerm: (given) => {
			const term = given.toLowerCase();
			if (/^(?:an?|and|are|can|do|does|for|from|how|i|in|is|it|my|of|on|one|or|that|the|this|to|what|when|why|with)$/.test(term)) return null;
			return term.length > 3 ? term.replace(/(?:ing|ed|es|e|s)$/, "") : term;
		},
	},
	searchOptions: {
		fuzzy: (term) => (term.length > 4 ? 0.2 : false),
		// The beginning of a code is no code.
		prefix: (term, _at, terms) => term.length > 2 && !/[/-]/.test(terms.at(-1) ?? ""),
		boost: { title: 4, text: 1, titles: 2 },
		// Pages that explain come before those that list.
		boostDocument: (id) => {
			// These sections name every rule of the audit.
			if (id.endsWith("#check-it")) return 0.3;
			if (/^\/(?:troubleshooting|codes|playground)\.html/.test(id)) return 2;
			if (/^\/(?:start|guides|frameworks|headers)\/|^\/moving-from|^\/vendors\.html/.test(id)) return 1.5;
			if (/^\/(?:changelog|contributing|architecture|overview)\.html|^\/api\/helmet|-report-only\.html/.test(id)) return 0.5;
			return /^\/(?:api|rules)[/.]/.test(id) ? 0.7 : 1;
		},
	},
};

/**
 * The index is a part of the site: nothing is sent anywhere. VitePress would write functions of this object into the pages as text and evaluate it there,
 * which the policy of the site forbids. It does not see this property, and the theme sets it in the page.
 */
export const search: NonNullable<DefaultTheme.Config["search"]> = {
	provider: "local",
	options: Object.defineProperty({ detailedView: false }, "miniSearch", { value: ranking, enumerable: false }),
};
