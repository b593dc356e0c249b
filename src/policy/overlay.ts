import { reasonOf } from "../core/errors.ts";
import type { Issues, PolicyIssue } from "../core/issue.ts";
import { copyOptions, readOrThrow } from "../core/read.ts";
import type { FrameworklessFunction } from "../core/request.ts";
import { isRecord, show } from "../core/text.ts";
import { onceForEach } from "../response/wire.ts";
import { type CompiledPolicy, compile, compileLazily } from "./compile.ts";
import type { CheckedPolicy } from "./create.ts";
import { overridePolicy, type PatchMode, type PolicyPatch } from "./override.ts";

/** One change of a policy. */
export interface Addition {
	readonly mode: PatchMode;
	readonly patch: PolicyPatch;
}

/** The number of results of patches made in requests, and the size of their text, that are kept. The least recently used one is dropped first. */
const REMEMBERED = 2048;
const REMEMBERED_BYTES = 16_000_000;

/** The memory of a policy without its texts. Measured. */
const OBJECTS = 4_000;

interface Made {
	readonly compiled: CompiledPolicy;
	/** Grows with each block that a response needs. */
	bytes: number;
}

/** Results by policy and patch, as text. There is one list for all, so that patches of patches cannot multiply. */
const MADE = new Map<string, Made>();

const IDS = new WeakMap<CompiledPolicy, number>();
let lastId = 0;
let bytesInMade = 0;

/** Layers that were made at start-up. Their mounts decide which policies they change. */
export interface Overlay {
	readonly layers: readonly Addition[];
	/** @throws {PolicyError} if a layer does not fit the policy. */
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

/** How an override changes the policy of a response, before its functions are called. The policy itself has no such change. */
export function changeOf(headers: unknown): Overlay["onTop"] | undefined {
	return typeof headers === "function" ? (Reflect.get(headers, CHANGE) as Overlay["onTop"] | undefined) : undefined;
}

/** What layers change before a request, without what the functions after them will. */
export function knownChange({ layers, onTop }: Overlay, later: readonly (Addition | FrameworklessFunction<PolicyPatch>)[]): Overlay["onTop"] {
	const known = later.filter((step) => typeof step !== "function");
	return known.length === 0 ? onTop : createOverlay([...layers, ...known]).onTop;
}

export const CHANGE: unique symbol = Symbol.for("headguard.change/1") as never;

/**
 * The policy with a patch of a request. Equal patches are compiled once.
 * @throws {PolicyError} if the patch does not fit the policy.
 */
export function patched(below: CompiledPolicy, patch: PolicyPatch, mode: PatchMode): CompiledPolicy {
	// Read once, so that the key is that of the compiled patch.
	const copy = readOnce(patch);
	const key = `${idOf(below)} ${mode} ${patchText(copy)}`;
	const known = MADE.get(key);
	const made = known ?? make(key, answered(below, copy, mode), below);
	// A Map keeps the order of insertion, so the result moves to the end.
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

function make(key: string, policy: CheckedPolicy, below: CompiledPolicy): Made {
	const onMade = (bytes: number): void => {
		made.bytes += bytes;
		if (MADE.get(key) === made) bytesInMade += bytes;
	};
	const made: Made = { compiled: compileLazily(policy, below, onMade), bytes: OBJECTS + key.length };
	return made;
}

/** The policies whose warnings were returned. */
const TAKEN = new WeakSet<CompiledPolicy>();

/** The weaknesses of an addition, once for each policy that it makes. */
export function takeWarnings(changed: CompiledPolicy, below: CompiledPolicy): readonly PolicyIssue[] {
	if (TAKEN.has(changed)) return [];
	TAKEN.add(changed);
	const known = new Set(below.policy.warnings.map(keyOf));
	// The code that reads the nonce checks for a missing slot.
	return changed.policy.warnings.filter((warning) => !known.has(keyOf(warning)) && warning.code !== "nonce/one-sided");
}

/** The path of a warning starts with the method that found it. */
function keyOf({ code, path }: PolicyIssue): string {
	return `${code} ${path.replace(/^extend\./, "")}`;
}

function readOnce(patch: PolicyPatch): PolicyPatch {
	try {
		return copyOptions(patch);
	} catch (error) {
		return refuse("option/unreadable", `reading it threw ${show(reasonOf(error))}`, "a plain object");
	}
}

function refuse(...problem: Parameters<Issues["error"]>): never {
	return readOrThrow("override", (issues): never => issues.error(...problem) as never).result;
}

/** Functions in the policy have already been called in this request. */
function answered({ policy: below }: CompiledPolicy, patch: PolicyPatch, mode: PatchMode): CheckedPolicy {
	const dynamic = new Map();
	const policy = overridePolicy({ ...below, dynamic, withoutReporting: below.withoutReporting && { ...below.withoutReporting, dynamic } }, patch, mode);
	if (policy.dynamic.size === 0) return policy;
	return refuse("option/type", "the patch contains a function, which nothing calls in an override", "what the function returns");
}

function idOf(compiled: CompiledPolicy): number {
	const id = IDS.get(compiled) ?? ++lastId;
	IDS.set(compiled, id);
	return id;
}

/** A text that is only equal for equal patches. Values that JSON changes or leaves out have their kind in it, so that they are refused each time. */
function patchText(patch: PolicyPatch): string {
	const replacer = function (this: unknown, key: string): unknown {
		const value: unknown = Reflect.get(this as object, key);
		if (value === null || typeof value === "string" || typeof value === "boolean" || Array.isArray(value) || isRecord(value)) return value;
		if (value instanceof Set) return { "a set of": [...value] };
		return { [`a ${typeof value}`]: typeof value === "object" ? Object.prototype.toString.call(value) : String(value) };
	};
	return JSON.stringify({ patch }, replacer);
}
