import { isHashSource, isNonceSource, type Source } from "./grammar.ts";
import { NONCE } from "./keywords.ts";

/** Each source once, in canonical order, so that additions commute. */
export function inOrder(sources: readonly Source[]): readonly Source[] {
	return [...new Set(sources)].sort((a, b) => rank(a) - rank(b) || (String(a) < String(b) ? -1 : 1));
}

/** `'none'`, `'self'`, the slot, nonces, hashes, keywords, schemes, hosts, functions. */
function rank(source: Source): number {
	if (source === NONCE) return 2;
	if (typeof source !== "string") return 8;
	if (source === "'none'") return 0;
	if (source === "'self'") return 1;
	if (isNonceSource(source)) return 3;
	if (isHashSource(source)) return 4;
	if (source.startsWith("'")) return 5;
	return /^[a-z][a-z0-9+.-]*:$/.test(source) ? 6 : 7;
}
