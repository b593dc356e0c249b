import { HEADER_ONLY_DIRECTIVES } from "../csp/directives.ts";
import type { HeaderName } from "../headers/facts.ts";
import { NAMES } from "../headers/facts.ts";
import type { EdgeHeader, EdgePlan } from "./plan.ts";
import { quoted, type Target } from "./target.ts";

/** Hosts of static sites. They serve files, so what stands in a file is sent, and nothing has to be taken off. */

const pairs = ({ headers }: EdgePlan): readonly { readonly key: string; readonly value: string }[] => headers.map(({ name, value }) => ({ key: name, value }));
const record = (headers: readonly EdgeHeader[]): Readonly<Record<string, string>> => Object.fromEntries(headers.map(({ name, value }) => [name, value]));
const json = (value: unknown): string => `${JSON.stringify(value, null, "\t")}\n`;

/** A line ends a value, and nothing quotes one. */
function lines({ headers }: EdgePlan, quote: (value: string) => string | { readonly refused: string }): string {
	const values = quoted(headers, quote);
	return `# Written by headguard from the policy of the application. Do not edit: emit it again.\n/*\n${headers.map(({ name }) => `  ${name}: ${values.get(name)}\n`).join("")}`;
}

export const cloudflare: Target = {
	name: "cloudflare",
	modes: ["override"],
	limits: [
		{
			what: "value",
			most: 1900,
			remedy: "A line over 2000 characters vanishes silently. Use hashes or 'strict-dynamic' in place of long lists.",
			isFatal: true,
		},
		{ what: "count", most: 99, remedy: "Leave some out.", isFatal: true },
	],
	howTo:
		"Put it into the folder that is deployed. Another rule for the same path joins its values to these: keep one. Answers of functions need the middleware.",
	files: (plan) => [
		{ path: "_headers", text: lines(plan, (value) => (value.includes(":splat") ? { refused: "`:splat` stands for the path there. Take it out." } : value)) },
	],
};

export const netlify: Target = {
	name: "netlify",
	modes: ["override"],
	howTo: "Put it into the folder that is deployed. Functions, server-side rendering and proxied content need the middleware.",
	files: (plan) => [
		{
			path: "_headers",
			text: lines(plan, (value) =>
				// Its reader takes a value apart at commas, and puts it together again.
				value
					.split(",")
					.map((part) => part.trim())
					.join(", ") === value
					? value
					: { refused: "a comma without one space behind it would get one. Write %2C in addresses, or a space behind it." },
			),
		},
	],
};

export const vercel: Target = {
	name: "vercel",
	modes: ["override"],
	howTo: "Merge it into vercel.json.",
	files(plan) {
		quoted(plan.headers, (value) =>
			/\$\w/.test(value) ? { refused: "$ before a letter or digit stands for a part of the path there. Write %24 in addresses." } : value,
		);
		return [{ path: "vercel.json", text: json({ headers: [{ source: "/(.*)", headers: pairs(plan) }] }) }];
	},
};

export const firebase: Target = {
	name: "firebase",
	modes: ["override"],
	howTo: "Merge it into firebase.json. Functions and Cloud Run need the middleware.",
	files: (plan) => [{ path: "firebase.json", text: json({ hosting: { headers: [{ source: "**", headers: pairs(plan) }] } }) }],
};

export const azure: Target = {
	name: "azure",
	modes: ["override"],
	isExperimental: true,
	howTo: "Merge it into staticwebapp.config.json.",
	files: ({ headers }) => [{ path: "staticwebapp.config.json", text: json({ globalHeaders: record(headers) }) }],
};

/** What browsers read in a page, and what they ignore there. */
const IN_META: ReadonlyMap<string, string> = new Map<HeaderName, string>([
	[NAMES.contentSecurityPolicy, NAMES.contentSecurityPolicy],
	[NAMES.referrerPolicy, "referrer"],
]);
/** report-to as well: nothing in a page defines the endpoint that it names. */
const NOT_IN_META = [...HEADER_ONLY_DIRECTIVES, "report-to"].sort();

export const meta: Target = {
	name: "meta",
	modes: ["override"],
	howTo: "Put it first into <head>. What it cannot carry stands in its comment: use a host with headers for that.",
	files({ headers }) {
		const tags = headers.flatMap(({ name, value }) => {
			const key = IN_META.get(name);
			if (key === undefined) return [];
			return [key === "referrer" ? `<meta name="referrer" content="${escaped(value)}">\n` : `<meta http-equiv="${key}" content="${escaped(inMeta(value))}">\n`];
		});
		const policy = headers.find(({ name }) => name === NAMES.contentSecurityPolicy)?.value ?? "";
		const lost = [
			...NOT_IN_META.filter((directive) => new RegExp(`(?:^|[;,])\\s*${directive}(?:[\\s;,]|$)`).test(policy)),
			...headers.map(({ name }) => name).filter((name) => !IN_META.has(name)),
		];
		return [{ path: "headguard-meta.html", text: `<!-- Written by headguard. A page cannot carry: ${lost.join(", ") || "nothing"}. -->\n${tags.join("")}` }];
	},
};

function inMeta(policy: string): string {
	return policy
		.split(", ")
		.map((one) =>
			one
				.split(";")
				.map((part) => part.trim())
				.filter((part) => !NOT_IN_META.includes(part.split(" ", 1)[0] ?? ""))
				.join("; "),
		)
		.join(", ");
}

function escaped(value: string): string {
	return value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
