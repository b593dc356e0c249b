import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Exchange } from "../audit/types.ts";
import { LINTED, lintEdge, serverOf, type Wanted } from "../edge/lint/index.ts";
import { type CompiledPolicy, edgeHeaders } from "../policy/compile.ts";
import { UsageError } from "./args.ts";

export { LINTED };

/** Mistakes in proxy files and differences from a policy, as one exchange each for the rules. */
export function lintFiles(files: readonly string[], named: string | undefined, compiled: CompiledPolicy | undefined): readonly Exchange[] {
	const wanted = compiled === undefined ? undefined : wantedOf(compiled);
	return files.flatMap((file) => {
		const text = read(file);
		if (text === undefined) throw new UsageError(`${file} cannot be read.`);
		const server = LINTED.find((name) => name === named) ?? serverOf(text);
		if (server === undefined)
			throw new UsageError(`${file} does not look like the configuration of a supported server. Write --server ${LINTED.join(", --server ")}.`);
		const lints = lintEdge(server, text, file, (path) => readAll(resolve(dirname(file), path)), wanted);
		return lints.map(
			({ id, file: where, line, message }): Exchange => ({
				probe: "edge-file",
				method: "",
				url: `${where}:${line}`,
				status: 0,
				fields: [],
				body: "",
				secure: false,
				lint: { id, message },
			}),
		);
	});
}

/** Without headers that have a nonce, which a file cannot contain. */
function wantedOf({ policy }: CompiledPolicy): Wanted {
	return new Map(edgeHeaders(policy).flatMap(({ lowerName, text, nonced }) => (nonced === undefined ? [[lowerName, text] as const] : [])));
}

function read(file: string): string | undefined {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
}

/** A file, or all files that match a name with asterisks. */
function readAll(file: string): string | undefined {
	const name = basename(file);
	if (!name.includes("*")) return read(file);
	const pattern = new RegExp(`^${name.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*")}$`);
	try {
		const texts = readdirSync(dirname(file))
			.filter((one) => pattern.test(one))
			.sort()
			.flatMap((one) => read(join(dirname(file), one)) ?? []);
		return texts.join("\n");
	} catch {
		return undefined;
	}
}
