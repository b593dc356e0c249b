import audit from "./audit.js?raw";
import diff from "./diff.js?raw";
import dom from "./dom.js?raw";
import findings from "./findings.js?raw";
import icon from "./icon.svg?raw";
import missed from "./missed.js?raw";
import style from "./page.css?raw";
import page from "./page.html?raw";
import script from "./page.js?raw";
import policies from "./policies.js?raw";
import tabs from "./tabs.js?raw";
import tools from "./tools.js?raw";

/** A file of the page. */
export interface Asset {
	readonly type: string;
	readonly text: string;
}

const SCRIPTS: Readonly<Record<string, string>> = { page: script, audit, diff, dom, findings, missed, policies, tabs, tools };

/** The files of the page, by their path below that of devtools. */
export function assetsFor(path: string): ReadonlyMap<string, Asset> {
	return new Map([
		["", { type: "text/html", text: page.replaceAll("{{path}}", path) }],
		["/page.css", { type: "text/css", text: style }],
		["/icon.svg", { type: "image/svg+xml", text: icon }],
		...Object.entries(SCRIPTS).map(([name, text]) => [`/${name}.js`, { type: "text/javascript", text }] as const),
	]);
}
