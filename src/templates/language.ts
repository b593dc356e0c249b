import type { Language } from "./types.ts";

const BY_EXTENSION: ReadonlyMap<string, Language> = new Map<string, Language>([
	["ejs", "ejs"],
	["eta", "eta"],
	["pug", "pug"],
	["jade", "pug"],
	["hbs", "handlebars"],
	["handlebars", "handlebars"],
	["hjs", "mustache"],
	["mustache", "mustache"],
	["njk", "nunjucks"],
	["nunjucks", "nunjucks"],
	["twig", "nunjucks"],
	["liquid", "nunjucks"],
	["html", "html"],
	["htm", "html"],
]);

/** The names of the languages, for a person to choose from. */
export const LANGUAGES: readonly Language[] = [...new Set(BY_EXTENSION.values())];

/**
 * The language of a file, by its extension. Undefined for any other file.
 *
 * @param text its content, by which the page of SvelteKit is known.
 */
export function languageOf(fileName: string, text = ""): Language | undefined {
	const extension = /\.([a-z]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? "";
	const language = BY_EXTENSION.get(extension);
	return language === "html" && text.includes("%sveltekit.head%") ? "sveltekit" : language;
}

/** The name of the nonce in a template, unless the template reads it by another. */
export function nonceName(language: Language): string {
	return language === "eta" ? "it.cspNonce" : "cspNonce";
}

/**
 * The nonce attribute in the syntax of a language. Undefined for HTML, where nothing fills it in.
 *
 * @param name the name of the nonce in the template.
 * @param fromRoot whether the name is looked up in the data of the whole template, inside a block with data of its own.
 */
export function nonceFor(language: Language, name: string = nonceName(language), fromRoot = false): string | undefined {
	if (language === "html") return undefined;
	if (language === "pug") return `nonce=${name}`;
	if (language === "sveltekit") return 'nonce="%sveltekit.nonce%"';
	if (language === "ejs" || language === "eta") return `nonce="<%= ${name} %>"`;
	if (language === "nunjucks") return `nonce="{{ ${name} }}"`;
	return `nonce="{{${fromRoot && language === "handlebars" ? `@root.${name}` : name}}}"`;
}
