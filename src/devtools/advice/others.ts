import { camel } from "../../core/text.ts";
import type { ReportRecord } from "../../reports/record.ts";
import type { Advice } from "../finding.ts";
import { addition, codeOf } from "./patch.ts";
import type { Seen } from "./seen.ts";

/* Violations of headers other than CSP, and what only the server or the probe can see. */

type Part = Pick<Advice, "title" | "why"> & Partial<Advice>;

/** Types of records that devtools makes itself, beside those of browsers. */
export type OwnType = "popup" | "nosniff" | "corp";

export function otherAdvice(seen: Seen): Part {
	const advice = BY_TYPE.get(seen.record.type);
	return advice?.(seen) ?? { title: `${seen.record.type} ${seen.record.directive}`.trim(), why: seen.record.message };
}

const BY_TYPE: ReadonlyMap<string, (seen: Seen) => Part> = new Map([
	["permissions-policy-violation", feature],
	["potential-permissions-policy-violation", feature],
	["coop", opener],
	["popup", opener],
	["coep", embedded],
	["corp", shared],
	["nosniff", mistyped],
]);

function feature({ record, scope }: Seen): Part {
	const name = camel(record.directive);
	const made = addition(codeOf({ permissionsPolicy: { features: { [name]: ["self"] } } as never }), scope);
	return {
		title: `the feature ${record.directive}`,
		...made,
		why: "Permissions-Policy denies it. If the page does not need it, leave it so: a script of a third party may have asked.",
		opens: `scripts of this page can use ${record.directive}, after the visitor has agreed where browsers ask.`,
	};
}

function opener({ record, scope }: Seen): Part {
	const made = addition(codeOf({ crossOriginOpenerPolicy: "same-origin-allow-popups" }), scope);
	return {
		title: `the popup ${record.blocked || "of another origin"}, which lost its opener`,
		...made,
		why: "Cross-Origin-Opener-Policy cuts the page off from popups of other origins: window.open returns a window that looks closed, and postMessage does not arrive. Logins and payments in popups need it.",
		opens: "popups that the page opens keep a reference to it. Pages that open this one still do not.",
	};
}

function embedded({ record }: Seen): Part {
	return {
		title: `${record.message === "" ? "the file" : `the ${record.message}`} ${record.blocked}`,
		why: `Cross-Origin-Embedder-Policy only allows files whose server agrees. ${whoseServer(record)}`,
	};
}

function whoseServer({ blocked, document }: ReportRecord): string {
	const isOwn = URL.canParse(blocked) && URL.canParse(document) && new URL(blocked).hostname === new URL(document).hostname;
	return isOwn
		? 'It is yours: send Cross-Origin-Resource-Policy: cross-origin there, as headers.extend({ crossOriginResourcePolicy: "cross-origin" }).'
		: 'Load it with crossorigin="anonymous" if its server sends CORS headers, or ask its owner for Cross-Origin-Resource-Policy: cross-origin. COEP credentialless loads it without cookies.';
}

/** Another site loads a file of ours. */
function shared({ record, scope }: Seen): Part {
	const made = addition(codeOf({ crossOriginResourcePolicy: "cross-origin" }), scope);
	return {
		title: `${record.blocked}, loaded by another site${record.message === "" ? "" : ` as ${record.message}`}`,
		...made,
		why: "Cross-Origin-Resource-Policy keeps files for pages of this site. If others may load this one, allow it on its route.",
		opens: "any site can load it.",
	};
}

function mistyped({ record }: Seen): Part {
	return {
		title: `${record.blocked}, which is not a ${record.directive} by its type`,
		why: `It was sent as ${record.message}, and X-Content-Type-Options: nosniff lets browsers run only what its type says. ${record.message.startsWith("text/html") ? "It may be the page of your 404 route: check the address." : `Send the type of a ${record.directive}.`}`,
	};
}
