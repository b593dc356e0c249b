import type { Code } from "../core/codes.ts";
import { PolicyError } from "../core/errors.ts";
import type { HeadguardEvent } from "../core/event.ts";
import { ownData } from "../core/own-fields.ts";
import { isObject } from "../core/text.ts";
import { completion } from "../csp/completion.ts";
import type { HeaderText } from "../headers/define.ts";
import { factsOf, NAMES } from "../headers/facts.ts";
import { weakerOf } from "../headers/weaker.ts";
import {
	type CompiledHeader,
	compileHeader,
	createBlock,
	createLazily,
	createWire,
	type DynamicSource,
	type HeaderBlock,
	type WirePolicy,
} from "../response/wire.ts";
import { type CompiledModule, checksumOf, FORMAT, type HeaderData, type PolicyData } from "./format.ts";
import { modelsOf } from "./models.ts";

/** A policy of a compiled module. */
export interface LoadedPolicy extends WirePolicy {
	readonly name: string;
	readonly module: LoadedModule;
	readonly data: PolicyData;
	/** What its functions returned, for a policy that was filled in. */
	readonly given: ReadonlyMap<string, readonly unknown[]> | undefined;
}

export interface LoadedModule {
	readonly data: CompiledModule;
	/** @throws {PolicyError} for a name that the module does not have. */
	policy(name: string): LoadedPolicy;
}

/** The functions that a module cannot hold. */
export interface Functions {
	readonly secure: ((req: never) => boolean) | undefined;
	readonly onEvent: ((event: HeadguardEvent) => void) | undefined;
	readonly sources: Readonly<Record<string, DynamicSource["ask"]>>;
}

/**
 * Checks a compiled module before anything of it is used. Its policies are made when they are first needed.
 * @throws {PolicyError} `compiled/format`, `compiled/changed` or `compiled/invalid`.
 */
export function loadModule(given: unknown, functions: Functions): LoadedModule {
	const data = checked(given);
	const headers = data.headers.map(toHeader);
	const blocks = createLazily(data.blocks.length, (index) =>
		createBlock((data.blocks[index] as readonly number[]).map((place) => headers[place] as CompiledHeader)),
	);
	const policies = new Map<string, LoadedPolicy>();
	const loaded: LoadedModule = {
		data,
		policy(name) {
			const known = policies.get(name);
			if (known !== undefined) return known;
			const made = toPolicy(name, data.policies[name] ?? invalid(), blocks, functions, loaded);
			policies.set(name, made);
			return made;
		},
	};
	return loaded;
}

function toPolicy(name: string, data: PolicyData, blocks: readonly HeaderBlock[], { secure, onEvent, sources }: Functions, module: LoadedModule): LoadedPolicy {
	const { length } = data.blocks;
	const wire = createWire({
		base: data.base === undefined ? undefined : module.policy(data.base),
		blocks: createLazily(8, (index) => blocks[data.blocks[index % length] as number] as HeaderBlock),
		remove: data.remove,
		reportFraction: data.reportFraction ?? 1,
		dynamicSources: (data.sources ?? []).map(({ key, directive, ask }) => ({ key, directive, ask: sources[ask] as DynamicSource["ask"] })),
		secure: data.secure === "function" ? secure : data.secure,
		cacheControl: data.cacheControl,
		vary: data.vary ?? [],
		headerBlock: data.headerBlock ?? true,
		onEvent,
	});
	return { ...wire, name, module, data, given: undefined };
}

/** A header that remembers what it needs to be made again with other sources. */
export interface LoadedHeader extends CompiledHeader {
	readonly onOther: HeaderData["onOther"];
}

export function toHeader({ name, text, nonced, locked, onOther }: HeaderData): LoadedHeader {
	const complete: HeaderText["complete"] =
		name === NAMES.contentSecurityPolicy ? (theirs, status, nonce) => completion(theirs, status, nonce, modelsOf({ text, nonced }), onOther) : undefined;
	const facts = factsOf(name) ?? invalid();
	return { ...compileHeader(facts, { text, nonced, complete }, locked === true, weakerOf(facts.name)), onOther };
}

/** Visible ASCII and spaces: what a header can hold. */
const VALUE = /^[ -~]*$/;

function checked(given: unknown): CompiledModule {
	if (!isObject(given) || !Object.hasOwn(given, "format"))
		throw refused("compiled/invalid", "this is not the default export of a module that headguard compile wrote.");
	const module = given as CompiledModule;
	if (module.format !== FORMAT)
		throw refused(
			"compiled/format",
			`the module has format ${JSON.stringify(module.format)?.slice(0, 20)}, and this version of headguard reads ${FORMAT}. ${AGAIN}`,
		);
	if (module.checksum !== checksumOf(module))
		throw refused("compiled/changed", `the module was changed after it was written, or a part of it is missing. ${AGAIN}`);
	// The checksum covers own fields alone, so nothing else may be read.
	const data = ownData(module);
	if (!isWellFormed(data)) invalid();
	return data;
}

/** A checksum can be forged, so that what is sent is looked at as well. */
function isWellFormed({ headers, blocks, policies, exports, main }: CompiledModule): boolean {
	const isPlace = (list: readonly unknown[]) => (place: number) => Number.isInteger(place) && place >= 0 && place < list.length;
	const isText = (text: unknown): boolean => typeof text === "string" && VALUE.test(text);
	try {
		return (
			headers.every(({ name, text, nonced = [] }) => factsOf(name)?.name === name && isText(text) && nonced.every(isText)) &&
			blocks.every((places) => places.every(isPlace(headers))) &&
			Object.values(policies).every(
				(policy) =>
					(policy.blocks.length === 4 || policy.blocks.length === 8) &&
					policy.blocks.every(isPlace(blocks)) &&
					[...policy.remove, ...(policy.vary ?? [])].every((name) => /^[\w-]+$/.test(name)) &&
					isText(policy.cacheControl ?? ""),
			) &&
			[main, ...Object.keys(exports)].every((name) => name in policies)
		);
	} catch {
		return false;
	}
}

const AGAIN = "Run npx headguard compile again.";

function invalid(): never {
	throw refused("compiled/invalid", `the module holds something that no policy does. ${AGAIN}`);
}

function refused(code: Code, message: string): PolicyError {
	return new PolicyError([{ code, path: "securedBy", message }]);
}
