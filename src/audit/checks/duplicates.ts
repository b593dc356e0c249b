import { show } from "../../core/text.ts";
import { CSP } from "../policies.ts";
import { type Rule, rule, type Seen, valuesOf } from "../rule.ts";

/** Of these browsers take one value, or every line counts and two are a mistake of two writers. */
const SINGLE = ["X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "Access-Control-Allow-Origin"];

function times(seen: Seen, name: string): string {
	const count = valuesOf(seen, name).length;
	return count === 2 ? "twice" : `${count} times`;
}

export const duplicateRules: readonly Rule[] = [
	rule("", "dup/different", "error", "A header stands twice with different values, of which browsers ignore some or all.", (seen) => {
		const name = SINGLE.find((header) => new Set(valuesOf(seen, header)).size > 1);
		return name === undefined
			? undefined
			: `${name} stands ${times(seen, name)}: ${valuesOf(seen, name).map(show).join(", ")}. Send it once, from the application or the proxy.`;
	}),
	rule("", "dup/identical", "warning", "A header stands twice with the same value: two writers, that may differ tomorrow.", (seen) => {
		const name = [...SINGLE, CSP].find((header) => valuesOf(seen, header).length > 1 && new Set(valuesOf(seen, header)).size === 1);
		return name === undefined ? undefined : `${name} stands ${times(seen, name)}, with the same value. Send it once, from the application or the proxy.`;
	}),
	rule("", "dup/origin", "note", "Which of the copies comes from the application, and which from its proxy.", (seen) => {
		const { direct } = seen;
		if (direct === undefined) return undefined;
		const name = [...SINGLE, CSP, "Strict-Transport-Security", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"].find(
			(header) => valuesOf(seen, header).length > 1 && valuesOf(direct, header).length > 0,
		);
		if (name === undefined) return undefined;
		const own = valuesOf(direct, name);
		const [kept, added] = [valuesOf(seen, name).filter((value) => own.includes(value)), valuesOf(seen, name).filter((value) => !own.includes(value))];
		return `${name}: the application sends ${kept.map(show).join(", ") || "nothing that arrives"}, the proxy adds ${added.map(show).join(", ") || "the same once more"}. Let one of them send it.`;
	}),
];
