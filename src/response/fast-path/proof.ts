import type { ServerResponse } from "node:http";
import { emitEvent, isInBlock, type ResponseLike, type ResponseState, shared, stateOf } from "../state.ts";

/**
 * Whether our function writes the heads. The trial at start-up cannot prove that: a runtime may differ on a real connection, and an application may
 * put its own function on a response.
 */

interface Proof {
	/** Our function wrote a head in this process. */
	isProven: boolean;
	/** A head was written without it. */
	isBroken: boolean;
}

/** The ESM and CJS copies share it. One of them installed its function for both. */
const PROOF: Proof = shared("headguard.proof/1", () => ({ isProven: false, isBroken: false }));

/** Other runtimes also have a `ServerResponse`, which may pass the trial and then write heads in another way. */
export function isNode(): boolean {
	const { release, versions } = (globalThis.process ?? { versions: {} }) as NodeJS.Process;
	return release?.name === "node" && versions["bun"] === undefined && versions["deno"] === undefined;
}

/** A head was written without our function. From then on, the whole process sets headers one by one. */
export function isBypassed(): boolean {
	return PROOF.isBroken;
}

/** Our function is writing the head of a response. */
export function noteWritten(state: ResponseState): void {
	state.isWritten = true;
	PROOF.isProven = true;
}

/** After a call of writeHead. */
export function checkWritten(res: object): void {
	const state = stateOf(res);
	if (state !== undefined && isInBlock(state) && !state.isWritten && (res as ResponseLike).headersSent) reportBypassed(state);
}

/** Checks the first responses, until our function has written one. */
export function watchFirst(state: ResponseState, res: ResponseLike): void {
	if (!PROOF.isProven) (res as unknown as ServerResponse).once("finish", () => void (!PROOF.isProven && reportBypassed(state)));
}

function reportBypassed({ compiled, req }: ResponseState): void {
	if (PROOF.isBroken) return;
	PROOF.isBroken = true;
	emitEvent(
		compiled,
		req,
		"attach/bypassed",
		undefined,
		"the head of a response bypassed headguard and was written without its headers. From now on they are set one by one. If something in the application replaces res._storeHeader, remove it.",
	);
}
