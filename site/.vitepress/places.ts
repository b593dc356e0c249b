/** Where the pages of the repository are on the site, and where their links lead. */
import { posix } from "node:path";

/** Pages at the root of the repository have names in capitals. */
const AT_ROOT = ["ARCHITECTURE", "CHANGELOG", "CONTRIBUTING", "README", "SECURITY"];

export const REWRITES: Readonly<Record<string, string>> = {
	"docs/:path*": ":path*",
	"site/pages/:page.md": ":page.md",
	...Object.fromEntries(AT_ROOT.map((name) => [`${name}.md`, `${name === "README" ? "overview" : name.toLowerCase()}.md`])),
};

/** The address on the site of a link in a page of the repository. Undefined if it leads out of the pages. */
export function addressOf(link: string, page: string): string | undefined {
	const [, path = "", anchor = ""] = /^([^#]*)(#.*)?$/.exec(link) ?? [];
	if (path === "" || path.startsWith("/") || /^[a-z]+:/i.test(path)) return link;
	const file = posix.join(posix.dirname(page), decodeURI(path));
	if (file.startsWith("docs/") && file.endsWith(".md")) return `/${file.slice("docs/".length)}${anchor}`;
	const rewritten = REWRITES[file];
	return rewritten === undefined ? undefined : `/${rewritten}${anchor}`;
}

/** The anchor that GitHub gives a heading. The pages link to these. */
export function anchorOf(heading: string): string {
	return heading
		.trim()
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, "")
		.replaceAll(" ", "-");
}
