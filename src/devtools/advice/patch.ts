import { PolicyError } from "../../core/errors.ts";
import { HEADERS } from "../../headers/index.ts";
import type { CheckedPolicy } from "../../policy/create.ts";
import { overridePolicy, type PolicyPatch } from "../../policy/override.ts";
import type { Change, FixLine } from "../finding.ts";

/** A change of the policy, as code and as text. */
export interface Addition {
	readonly fix: readonly FixLine[];
	readonly change: Change | undefined;
}

/** Where a change of the policy applies. */
export interface Scope {
	/** The path of the route as Express writes it. Undefined for every page. */
	readonly route: string | undefined;
	/** The policy of the page before the change. Undefined if it is not known. */
	readonly policy: CheckedPolicy | undefined;
}

/** A patch, with what a file has to import for it. */
export interface Code {
	readonly patch: PolicyPatch;
	readonly text: string;
	readonly imports?: string | undefined;
	/** What it allows, for people. */
	readonly opens?: string | undefined;
}

/** The line that adds to the policy, on the only route that needs it if there is one. Undefined if the policy refuses it. */
export function addition({ patch, text, imports }: Code, { route, policy }: Scope): Addition | undefined {
	const change = policy && changeOf(policy, patch);
	if (change === "refused") return undefined;
	const line = route === undefined ? `app.use(headers.extend(${text}));` : `app.all(${JSON.stringify(route)}, headers.extend(${text}));`;
	const lines: readonly FixLine[] = [...(imports === undefined ? [] : [{ sign: "+" as const, text: imports }]), { sign: "+", text: line }];
	return { fix: [...lines, { sign: " ", text: "after app.use(headers) and before the route" }], change };
}

/** A patch as code, such as `{ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } }`. */
export function codeOf(patch: PolicyPatch): Code {
	return { patch, text: literal(patch) };
}

function literal(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
	if (typeof value !== "object" || value === null) return JSON.stringify(value);
	const fields = Object.entries(value).map(([key, field]) => `${/^[a-z_$][\w$]*$/i.test(key) ? key : JSON.stringify(key)}: ${literal(field)}`);
	return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** The first header that changes. */
function changeOf(policy: CheckedPolicy, patch: PolicyPatch): Change | "refused" | undefined {
	const changed = patchedOrRefused(policy, patch);
	if (changed === undefined) return "refused";
	for (const { key, name, write } of HEADERS) {
		const text = ({ models }: CheckedPolicy): string => (models.has(key) ? (write(models.get(key), { secure: true, hstsAllowed: true })?.text ?? "") : "");
		const [before, after] = [text(policy), text(changed)];
		if (before !== after) return { header: name, before, after };
	}
	return undefined;
}

function patchedOrRefused(policy: CheckedPolicy, patch: PolicyPatch): CheckedPolicy | undefined {
	try {
		return overridePolicy(policy, patch, "extend");
	} catch (error) {
		if (error instanceof PolicyError) return undefined;
		throw error;
	}
}
