import { show } from "../../core/text.ts";
import { effective } from "../../csp/model.ts";
import { type BlockedPiece, blockedPieces, isOfPage } from "../blocked-templates.ts";
import { CSP, policiesOf } from "../csp-of.ts";
import type { deployExamples } from "../examples/deploy.ts";
import type { Exchange, Rule, RuleParts } from "../types.ts";

type Id = keyof typeof deployExamples;

/** The templates of an application before it is deployed: `check --deploy`. */

interface InTemplate extends BlockedPiece {
	readonly file: string;
}

function templateRule({ check, ...about }: RuleParts<Id, (found: InTemplate, exchange: Exchange) => string | undefined>): Rule<Id> {
	return { ...about, header: CSP, check: (exchange) => blockedIn(exchange).flatMap((found) => check(found, exchange) ?? []) };
}

/** What the policies block in all templates, each place once. */
function blockedIn(exchange: Exchange): readonly InTemplate[] {
	const templates = exchange.deployment?.templates ?? [];
	// A long policy takes time to read.
	const policies = templates.length === 0 ? [] : policiesOf(exchange);
	return templates.flatMap(({ file, pieces }) => {
		const found = policies.flatMap((model) => blockedPieces(model, pieces));
		return [...new Map(found.map((one) => [one.piece, { ...one, file }])).values()];
	});
}

function placeOf({ file, piece }: InTemplate): string {
	return `${file}:${piece.line}:${piece.column}`;
}

const FIXES = {
	script: "Write the nonce in it: headguard templates shows how, and --write does it.",
	style: "Write the nonce in it: headguard templates shows how, and --write does it.",
	handler: "A nonce does not allow it. Add a listener in a script.",
	"style-attribute": "A nonce does not allow it. Use a class, or allow style attributes: styleSrcAttr: [csp.unsafeInline].",
	"javascript-url": "A nonce does not allow it. Add a listener in a script.",
	address: "",
} as const;

export const deployTemplateRules: readonly Rule<Id>[] = [
	templateRule({
		id: "deploy/inline-blocked",
		title: "Inline code in templates blocked",
		severity: "warning",
		summary: "A template contains inline code that the policy blocks.",
		check(found) {
			const { piece, blocked } = found;
			return blocked.address === undefined ? `${placeOf(found)}: the policy blocks ${piece.holder}. ${piece.obstacle ?? FIXES[piece.kind]}` : undefined;
		},
	}),
	templateRule({
		id: "deploy/address-blocked",
		title: "Resource in templates blocked",
		severity: "warning",
		summary: "A template loads or sends to an address that the policy blocks.",
		check(found, exchange) {
			const { piece, blocked } = found;
			if (blocked.address === undefined) return undefined;
			const { origin, protocol } = blocked.address;
			const isStrict = policiesOf(exchange).some((model) => effective(model, blocked.directive)?.includes("'strict-dynamic'"));
			const source = origin === "null" ? protocol : isOfPage(blocked.address) ? "'self'" : origin;
			const fix = isStrict ? "Add the nonce to the element." : `Add ${source} to ${blocked.directive.replace("-elem", "")}, or remove it.`;
			return `${placeOf(found)}: the policy blocks ${show(piece.text ?? `${piece.start}…`)} in ${piece.holder}. ${fix}`;
		},
	}),
];
