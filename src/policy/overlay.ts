import { PolicyError, reasonOf } from "../core/errors.ts";
import type { PolicyIssue } from "../core/issue.ts";
import { copyOptions } from "../core/read.ts";
import { isRecord, show } from "../core/text.ts";
import { onceForEach } from "../response/wire.ts";
import { type CompiledPolicy, compile, compileLazily } from "./compile.ts";
import type { Policy } from "./create.ts";
import { overridePolicy, type PatchMode, type PolicyPatch } from "./override.ts";

/** One change on top of a policy. */
export interface Addition {
	readonly mode: PatchMode;
	readonly patch: PolicyPatch;
}

/** How many results of patches made inside requests are remembered in all, and how much text; the one that was not used for the longest time goes first. */
const REMEMBERED = 2048;
const REMEMBERED_BYTES = 16_000_000;

/** What a policy takes beside its texts: its model, and objects. Measured. */
const OBJECTS = 4_000;

interface Made {
	readonly compiled: CompiledPolicy;
	/** Grows with each block that a response needs. */
	bytes: number;
}

/** Policy and patch, as text → result. One list for all, so that patches on top of patches cannot multiply. */
const MADE = new Map<string, Made>();

const IDS = new WeakMap<CompiledPolicy, number>();
let lastId = 0;
let bytesInMade = 0;

/** Layers that were made at start-up, which come to lie on policies as their mounts do. */
export interface Overlay {
	readonly layers: readonly Addition[];
	/** @throws {PolicyError} when a layer does not fit the policy. */
	readonly onTop: (below: CompiledPolicy) => CompiledPolicy;
}

export function createOverlay(layers: readonly Addition[]): Overlay {
	const change = (below: CompiledPolicy): CompiledPolicy =>
		layers.length === 0
			? below
			: compile(
					layers.reduce((base, { mode, patch }) => overridePolicy(base, patch, mode), below.policy),
					below,
				);
	return { layers, onTop: onceForEach(change) };
}

/**
 * The policy with a patch that a request made: equal patches are compiled once.
 * @throws {PolicyError} when the patch does not fit the policy.
 */
export function patched(below: CompiledPolicy, patch: PolicyPatch, mode: PatchMode): CompiledPolicy {
	// Read once, so that what is remembered is what was compiled.
	const copy = readOnce(patch);
	const key = `${idOf(below)} ${mode} ${patchText(copy)}`;
	const known = MADE.get(key);
	const made = known ?? make(key, answered(below, copy, mode), below);
	// A Map keeps the order of insertion: what was used now goes to the end.
	if (known === undefined) bytesInMade += made.bytes;
	else MADE.delete(key);
	MADE.set(key, made);
	for (const [oldest, { bytes }] of MADE) {
		if (MADE.size <= REMEMBERED && bytesInMade <= REMEMBERED_BYTES) break;
		MADE.delete(oldest);
		bytesInMade -= bytes;
	}
	return made.compiled;
}

function make(key: string, policy: Policy, below: CompiledPolicy): Made {
	const onMade = (bytes: number): void => {
		made.bytes += bytes;
		if (MADE.get(key) === made) bytesInMade += bytes;
	};
	const made: Made = { compiled: compileLazily(policy, below, onMade), bytes: OBJECTS + key.length };
	return made;
}

/** The policies whose warnings were taken. */
const TAKEN = new WeakSet<CompiledPolicy>();

/** What an addition weakens, once for each policy that is made of one. */
export function takeWarnings(changed: CompiledPolicy, below: CompiledPolicy): readonly PolicyIssue[] {
	if (TAKEN.has(changed)) return [];
	TAKEN.add(changed);
	const known = new Set(below.policy.warnings.map(keyOf));
	// Whether a nonce is missing somewhere is seen where it is read.
	return changed.policy.warnings.filter((warning) => !known.has(keyOf(warning)) && warning.code !== "nonce/one-sided");
}

/** The path of a warning begins with the method that found it. */
function keyOf({ code, path }: PolicyIssue): string {
	return `${code} ${path.replace(/^extend\./, "")}`;
}

function readOnce(patch: PolicyPatch): PolicyPatch {
	try {
		return copyOptions(patch);
	} catch (error) {
		const message = `reading the patch threw ${show(reasonOf(error))}. Write a plain object.`;
		throw new PolicyError([{ code: "option/unreadable", path: "override", message }]);
	}
}

/** Nothing more is asked of a request that has answered. */
function answered({ policy: below }: CompiledPolicy, patch: PolicyPatch, mode: PatchMode): Policy {
	const dynamic = new Map();
	const policy = overridePolicy({ ...below, dynamic, withoutReporting: below.withoutReporting && { ...below.withoutReporting, dynamic } }, patch, mode);
	if (policy.dynamic.size === 0) return policy;
	const message = "received a function inside a patch that was made in a request. Call it, and write what it gives.";
	throw new PolicyError([{ code: "option/type", path: "override", message }]);
}

function idOf(compiled: CompiledPolicy): number {
	const id = IDS.get(compiled) ?? ++lastId;
	IDS.set(compiled, id);
	return id;
}

/**
 * Equal text for equal patches only. What JSON changes or leaves out is written with its kind, so that it
 * is refused each time and never taken for something else.
 */
function patchText(patch: PolicyPatch): string {
	const replacer = function (this: unknown, key: string): unknown {
		const value: unknown = Reflect.get(this as object, key);
		if (value === null || typeof value === "string" || typeof value === "boolean" || Array.isArray(value) || isRecord(value)) return value;
		if (value instanceof Set) return { "a set of": [...value] };
		return { [`a ${typeof value}`]: typeof value === "object" ? Object.prototype.toString.call(value) : String(value) };
	};
	return JSON.stringify({ patch }, replacer);
}
