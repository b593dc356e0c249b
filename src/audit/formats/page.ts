import { STYLE, STYLE_HASH } from "./html-style.ts";

/** The content of a page. `head` and `body` are HTML, the rest is text. */
interface Page {
	readonly title: string;
	readonly heading: string;
	/** What it is about. */
	readonly site: string;
	readonly head: string;
	readonly body: string;
}

/** One file without scripts, under a policy that allows its own style sheet and nothing else. */
export function page({ title, heading, site, head, body }: Page): string {
	const policy = `default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${heading}</h1>
<p class="site">${escaped(site)}</p>
${head}</header>
${body}</main>
</body>
</html>
`;
}

/** All text from outside passes through here. */
export function escaped(value: string): string {
	return value.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
