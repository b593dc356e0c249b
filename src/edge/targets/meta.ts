import { HEADER_ONLY_DIRECTIVES } from "../../csp/directives.ts";
import { type HeaderName, NAMES } from "../../headers/facts.ts";
import type { Target } from "../target.ts";

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
