import { resolve } from "node:path";
import type { Exchange } from "../audit/types.ts";
import { LINTED, type Lint, lintEdge, serverOf, type Wanted } from "../edge/lint/index.ts";
import { HEADER_FACTS } from "../headers/facts.ts";
import { type CompiledPolicy, edgeHeaders } from "../policy/compile.ts";
import { UsageError } from "./args.ts";
import { includesOf, readText } from "./edge-includes.ts";

export { LINTED };

/** Mistakes in proxy files and differences from a policy, as one exchange each for the rules. */
export function lintFiles(files: readonly string[], named: string | undefined, compiled: CompiledPolicy | undefined): readonly Exchange[] {
	const wanted = compiled === undefined ? undefined : wantedOf(compiled);
	const sent = compiled === undefined ? undefined : sentBy(compiled);
	return files.flatMap((file) => {
		const text = readText(file);
		if (text === undefined) throw new UsageError(`${file} cannot be read.`);
		const server = LINTED.find((name) => name === named) ?? serverOf(text, resolve(file));
		if (server === undefined)
			throw new UsageError(`${file} does not look like the configuration of a supported server. Use --server ${LINTED.join(", --server ")}.`);
		return lintEdge(server, text, file, includesOf(server, file, text), wanted, sent).map(exchangeOf);
	});
}

function exchangeOf({ id, file, line, message, isConditional }: Lint): Exchange {
	return {
		probe: "edge-file",
		method: "",
		url: `${file}:${line}`,
		status: 0,
		fields: [],
		body: "",
		secure: false,
		lint: { id, message, isConditional },
	};
}

/** Without headers that have a nonce, which a file cannot contain. */
function wantedOf({ policy }: CompiledPolicy): Wanted {
	const overHttp = new Map(edgeHeaders(policy, false).map(({ lowerName, text }) => [lowerName, text]));
	const plain = edgeHeaders(policy, true).filter(({ nonced }) => nonced === undefined);
	return new Map(plain.map(({ lowerName, text }) => [lowerName, [text, overHttp.get(lowerName) ?? text]]));
}

/** The headers that the application sends itself. */
function sentBy({ policy }: CompiledPolicy): ReadonlySet<string> {
	return new Set(HEADER_FACTS.filter(({ key }) => policy.models.has(key) && !policy.edge.includes(key)).map(({ lowerName }) => lowerName));
}
