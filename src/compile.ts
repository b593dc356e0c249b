import type { HeaderText, Transport } from "./headers/define.ts";
import { HEADERS } from "./headers/index.ts";
import type { Policy } from "./policy.ts";

/** One header, ready to be set. */
export interface CompiledHeader extends HeaderText {
	readonly name: string;
	readonly lowerName: string;
	/** Several values on one response each count (`all`), or there may be only one (`one`). */
	readonly several: "all" | "one";
	/** The application's value never wins. */
	readonly locked: boolean;
}

/** What goes out on one kind of transport. */
export interface HeaderBlock {
	readonly headers: readonly CompiledHeader[];
	/** Some header has a nonce slot. */
	readonly hasNonce: boolean;
}

/** A policy as literal text: everything that a request can need is made here, at start-up. */
export interface CompiledPolicy {
	readonly policy: Policy;
	/** Names to take off every response. */
	readonly remove: readonly string[];
	/** One block for each kind of transport; see `blockFor`. */
	readonly blocks: readonly HeaderBlock[];
	/** Some block has a nonce slot. */
	readonly hasNonce: boolean;
}

export function compile(policy: Policy): CompiledPolicy {
	const blocks = TRANSPORTS.map((transport) => compileBlock(policy, transport));
	return { policy, remove: policy.remove, blocks, hasNonce: blocks.some((block) => block.hasNonce) };
}

export function blockFor({ blocks }: CompiledPolicy, secure: boolean, pinnable: boolean): HeaderBlock {
	return blocks[(secure ? 2 : 0) + (pinnable ? 1 : 0)] as HeaderBlock;
}

/** In the order that `blockFor` counts. */
const TRANSPORTS: readonly Transport[] = [
	{ secure: false, pinnable: false },
	{ secure: false, pinnable: true },
	{ secure: true, pinnable: false },
	{ secure: true, pinnable: true },
];

function compileBlock({ models }: Policy, transport: Transport): HeaderBlock {
	const headers: CompiledHeader[] = [];
	for (const { key, name, several, locked, write } of HEADERS) {
		if (!models.has(key)) continue;
		const text = write(models.get(key), transport, models);
		if (text === undefined) continue;
		// No prototype, so that a polluted Object.prototype cannot stand in for a missing field.
		headers.push(
			Object.assign(Object.create(null), {
				name,
				lowerName: name.toLowerCase(),
				several,
				locked: locked === true,
				nonced: undefined,
				framework: undefined,
				...text,
			}),
		);
	}
	return { headers, hasNonce: headers.some(({ nonced }) => nonced !== undefined) };
}
