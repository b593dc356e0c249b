import { givesKeyword } from "../../headers/content-security-policy/extend.ts";
import type { CompiledPolicy } from "../../policy/compile.ts";
import type { DynamicSource } from "../../response/wire.ts";

/** A policy that needs the compiler in a request, or that cannot be written as data. */
export class RefusedError extends Error {}

/**
 * The names under which securedBy receives the functions of lists. Data cannot hold a function.
 * @throws {RefusedError} for a function without a name of its own.
 */
export function nameSources(policies: readonly CompiledPolicy[]): (ask: DynamicSource["ask"]) => string {
	const names = new Map<DynamicSource["ask"], string>();
	const taken = new Map<string, string>();
	for (const { ask, directive } of policies.flatMap(({ dynamicSources }) => dynamicSources)) {
		if (names.has(ask)) continue;
		if (givesKeyword(ask))
			throw new RefusedError(`${directive}: a keyword that only applies together with a function needs the compiler. Add csp.nonce or a hash to the list.`);
		const { name } = ask;
		if (!isName(name))
			throw new RefusedError(
				`${directive}: a function has no name, so securedBy cannot receive it. Write const ${suggested(directive)} = (req, res) => … and use that.`,
			);
		const other = taken.get(name);
		if (other !== undefined)
			throw new RefusedError(`${directive}: another function, in ${other}, is also called ${name}. Give each function a name of its own.`);
		taken.set(name, directive);
		names.set(ask, name);
	}
	return (ask) => names.get(ask) as string;
}

/** A name that an object literal can have. */
export function isName(name: string): boolean {
	return /^[A-Za-z_$][\w$]*$/.test(name) && name !== "__proto__";
}

function suggested(directive: string): string {
	return `${directive.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}Sources`;
}
