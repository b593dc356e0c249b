import { drift, hasLineBreak, isSecurity, type Known, type Lint, type Source, unique } from "./types.ts";
import { readVarnish, runOf, type Statement } from "./varnish-read.ts";

/** In Varnish 3, and in dialects that come from it, generated responses go through vcl_deliver as well. */
const OLD = ["vcl_fetch", "vcl_error"];

export function lintVarnish(source: Source, known: Known): readonly Lint[] {
	const vcl = readVarnish(source, known.readFile);
	const found: Lint[] = vcl.unread.map(({ path, file, line }) => ({
		id: "edge/unread",
		file,
		line,
		message: `${path} cannot be read, so the configuration was checked without it. Check the main file on the server.`,
	}));
	for (const statements of vcl.subs.values()) for (const one of statements) found.push(...lintValue(one, known));
	if (OLD.some((name) => vcl.subs.has(name))) return unique(found);
	const sent = setsIn([...runOf("vcl_deliver", vcl), ...runOf("vcl_backend_response", vcl)]);
	const generated = setsIn(runOf("vcl_synth", vcl));
	for (const [name, { file, line, name: spelled }] of sent)
		if (!generated.has(name))
			found.push({
				id: "edge/varnish-synth",
				file,
				line,
				message: `${spelled} is missing on responses that Varnish generates. Set it in vcl_synth as well.`,
				isConditional: vcl.unread.length > 0,
			});
	return unique(found);
}

/** The security headers that statements set, each with the first that sets it. */
function setsIn(statements: readonly Statement[]): ReadonlyMap<string, Statement> {
	const sets = statements.filter(({ action, name }) => action === "set" && isSecurity(name));
	return new Map(sets.toReversed().map((one) => [one.name.toLowerCase(), one]));
}

function lintValue({ name, value, file, line }: Statement, { wanted }: Known): readonly Lint[] {
	if (value === undefined) return [];
	if (hasLineBreak(value))
		return [
			{
				id: "edge/line-break",
				file,
				line,
				message: `${name} has a line break in its value. Varnish responds with 500 in place of each response with it. Write the value in one line.`,
			},
		];
	const other = isSecurity(name) ? drift(name, value, wanted) : undefined;
	return other === undefined ? [] : [{ id: "edge/config-drift", file, line, message: other }];
}
