import { show } from "../../core/text.ts";
import { type Expected, mdn, type Rule, rule, type Seen, type Severity, valuesOf } from "../rule.ts";

/** A site beside its application, and beside its policy. */

const SECURITY =
	/^(?:content-security-policy(?:-report-only)?|strict-transport-security|x-(?:frame-options|content-type-options|xss-protection)|referrer-policy|permissions-policy|cross-origin-(?:opener|embedder|resource)-policy|origin-agent-cluster|integrity-policy|access-control-allow-(?:origin|credentials))$/i;

/** The security headers of a response, by name. */
function namesOf({ fields }: Seen): readonly string[] {
	return [...new Map(fields.map(([name]) => [name.toLowerCase(), name])).values()].filter((name) => SECURITY.test(name));
}

/** Without nonces, which differ between any two responses. */
function comparable(seen: Seen, name: string): string {
	return valuesOf(seen, name)
		.join(", ")
		.replace(/'nonce-[^']*'/g, "'nonce-…'");
}

/** Answers that a proxy makes by itself. */
function isOwnError(seen: Seen): boolean {
	return seen.status >= 400 && (seen.direct === undefined || seen.direct.status !== seen.status);
}

const edge: readonly Rule[] = [
	rule("", "edge/stripped", "error", "The proxy takes a header off that the application sends.", (seen) => {
		const { direct } = seen;
		if (direct === undefined || direct.status !== seen.status) return undefined;
		const lost = namesOf(direct).filter((name) => valuesOf(seen, name).length === 0 && (name.toLowerCase() !== "strict-transport-security" || seen.secure));
		return lost.length === 0 ? undefined : `${lost.join(", ")}: sent by the application, and gone behind the proxy. Let it through, or let the proxy send it.`;
	}),
	rule("", "edge/parity", "warning", "The proxy says something else than the application.", (seen) => {
		const { direct } = seen;
		if (direct === undefined) return undefined;
		if (direct.status !== seen.status) return `${seen.status} at the proxy, ${direct.status} at the application. See who answers.`;
		const other = namesOf(seen).filter((name) => valuesOf(direct, name).length > 0 && comparable(seen, name) !== comparable(direct, name));
		const said = other.map((name) => `${name} is ${show(comparable(seen, name))} at the proxy, ${show(comparable(direct, name))} at the application`);
		return said.length === 0 ? undefined : `${said.join("; ")}. Let one of them decide.`;
	}),
	rule("", "edge/generated-error", "warning", "An error that the proxy makes by itself lacks the headers.", (seen) => {
		if (seen.direct === undefined || !isOwnError(seen)) return undefined;
		const missing = ["X-Content-Type-Options", "Content-Security-Policy"].filter((name) => valuesOf(seen, name).length === 0);
		return missing.length === 0 ? undefined : `a ${seen.status} of the proxy's own has no ${missing.join(", ")}. Set them there for all statuses.`;
	}),
];

/** The text itself, or what the header would be with the nonce that stands in the one that came. */
function matches({ text, nonced, framework }: Expected, value: string, status: number): boolean {
	if (status >= 400 && value === framework?.completed) return true;
	const [first, ...rest] = nonced ?? [];
	if (value === text || first === undefined || rest.length === 0) return value === text;
	const nonce = value.startsWith(first) ? /^[\w+/-]+={0,2}/.exec(value.slice(first.length))?.[0] : undefined;
	return nonce !== undefined && value === nonced?.join(nonce);
}

/** A 304 has no policy with a nonce: the stored page keeps its own. */
function isCompared({ name, nonced }: Expected, seen: Seen): boolean {
	if (name.toLowerCase() === "strict-transport-security" && !seen.secure) return false;
	return seen.status !== 304 || nonced === undefined;
}

function expectation(id: string, severity: Severity, summary: string, check: (expected: readonly Expected[], seen: Seen) => string | undefined): Rule {
	return rule("", id, severity, summary, (seen) => (seen.expected === undefined ? undefined : check(seen.expected, seen)), mdn("Content-Security-Policy"));
}

const policy: readonly Rule[] = [
	expectation("policy/missing", "error", "A header of the policy did not arrive.", (expected, seen) => {
		const missing = expected.filter((one) => isCompared(one, seen) && valuesOf(seen, one.name).length === 0).map(({ name }) => name);
		return missing.length === 0
			? undefined
			: `${missing.join(", ")}: in the policy, and missing on ${seen.method} ${seen.probe} (${seen.status}). Mount the middleware first, and let the proxy pass it on.`;
	}),
	expectation("policy/different", "error", "A header arrived otherwise than the policy says, byte for byte.", (expected, seen) => {
		for (const one of expected) {
			const values = valuesOf(seen, one.name);
			if (values.length > 0 && isCompared(one, seen) && !(values.length === 1 && matches(one, values[0] ?? "", seen.status)))
				return `${one.name} is ${values.map(show).join(" and ")} on ${seen.method} ${seen.probe} (${seen.status}); the policy says ${show(one.nonced?.join("…") ?? one.text)}. Find who else sends it.`;
		}
		return undefined;
	}),
];

export const edgeRules: readonly Rule[] = [...edge, ...policy];
