/* What a crawl may touch. It changes nothing that a visitor would miss, as far as a label or an address tells. */

/** Something on a page that reacts to clicks, as the page describes it. */
export interface Clickable {
	/** In lower case. */
	readonly tag: string;
	readonly type: string;
	readonly role: string;
	/** As it is written. Undefined without one. */
	readonly href: string | undefined;
	/** The text and every other name that it has. */
	readonly label: string;
	readonly isInForm: boolean;
	readonly isDisabled: boolean;
	/** Opens a window, or downloads a file. */
	readonly leaves: boolean;
}

/** Words of actions that end something, in languages that many sites have. */
const ENDING = [
	"log ?out|log ?off|sign ?out|sign ?off|delete|remove|destroy|erase|purge|wipe|drop|reset|revoke|disable|deactivate|terminate|shut ?down|restart|reboot",
	"abmelden|ausloggen|löschen|entfernen|déconnexion|déconnecter|supprimer|cerrar sesión|eliminar|borrar|excluir|apagar|sair|elimina|esci",
	"uitloggen|verwijderen|unsubscribe",
];
/** Words of actions that cost something, or tell others something. */
const COSTLY = [
	"buy|pay|checkout|order|purchase|donate|subscribe|send|submit|publish|post|put|patch|approve|reject|confirm|transfer|withdraw|book|install|upgrade|deploy",
	"kaufen|bezahlen|bestellen|senden|acheter|payer|envoyer|comprar|pagar|enviar|acquista",
];
const patternOf = (words: readonly string[]): RegExp => new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join("|")})(?![\\p{L}\\p{N}])`, "iu");
const ENDING_WORD = patternOf(ENDING);
const COSTLY_WORD = patternOf([...ENDING, ...COSTLY]);

/** Whether a text names an action that ends something: a session, an account, an entry. */
export function namesEndingAction(text: string): boolean {
	return ENDING_WORD.test(wordsOf(text));
}

/** Whether a text names an action that a crawl must not trigger. */
function namesCostlyAction(text: string): boolean {
	return COSTLY_WORD.test(wordsOf(text));
}

/** signOut, sign-out and SIGN_OUT are two words. */
function wordsOf(text: string): string {
	return text
		.slice(0, LONGEST_LABEL)
		.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
		.replace(/%20|[-_./+?&=\s]+/gu, " ");
}

const LONGEST_LABEL = 2000;

/** Whether a crawl clicks: tabs, summaries, links within the page and buttons outside of forms, unless the label names a costly action. */
export function isSafeClick({ tag, type, role, href, label, isInForm, isDisabled, leaves }: Clickable): boolean {
	if (isDisabled || leaves || namesCostlyAction(label)) return false;
	if (tag === "a") return href === undefined ? role !== "" : href.startsWith("#");
	if (tag === "summary") return true;
	if (isInForm) return false;
	if (tag === "input") return type === "button";
	return tag === "button" || ["button", "tab", "menuitem", "option", "switch"].includes(role);
}

/** Files that browsers show or save rather than open as pages. */
const FILE =
	/\.(?:pdf|zip|gz|tgz|tar|7z|rar|dmg|exe|msi|apk|iso|csv|xlsx?|docx?|pptx?|png|jpe?g|gif|webp|avif|svg|ico|mp[34]|webm|ogg|wav|mov|woff2?|ttf|css|m?js|map|wasm)$/i;

/** The page that a link leads to. Undefined for another site, a file, or an address that names an action that ends something. */
export function pageOf(href: string, base: string, origin: string): URL | undefined {
	if (!URL.canParse(href, base)) return undefined;
	const url = new URL(href, base);
	url.hash = "";
	if (url.origin !== origin || url.username !== "" || FILE.test(url.pathname) || url.href.length > 2000) return undefined;
	return namesEndingAction(`${url.pathname} ${url.search}`) ? undefined : url;
}
