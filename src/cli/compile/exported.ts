import { compiledOf } from "../../policy/compile.ts";
import { changeOf } from "../../policy/overlay.ts";
import { PER_REQUEST } from "../../response/wire.ts";
import type { PolicyModule } from "../policy.ts";
import { isName, RefusedError } from "./functions.ts";
import type { Exported } from "./stacks.ts";

/**
 * The policy of a module, as `headers`, and its other middleware by name.
 * @throws {RefusedError} for middleware whose policy is made in each request.
 */
export function exportedBy({ compiled, source, exported }: PolicyModule): readonly Exported[] {
	const others = [...exported].filter(([name, value]) => value !== source && name !== "headers" && name !== "default" && compiledOf(value) !== undefined);
	return [toExported("headers", source, compiled), ...others.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => toExported(name, value))];
}

function toExported(name: string, source: unknown, known?: Exported["compiled"]): Exported {
	if (!isName(name)) throw new RefusedError(`the export ${JSON.stringify(name)} needs another name, of letters and digits.`);
	if (typeof source === "function" && Reflect.get(source, PER_REQUEST) === true)
		throw new RefusedError(
			`${name}: a function makes its patch in each request, which needs the compiler. Write an object, with functions only in its lists of sources: scriptSrc: [tenantScripts].`,
		);
	return { name, compiled: known ?? (compiledOf(source) as Exported["compiled"]), onTop: changeOf(source) };
}
