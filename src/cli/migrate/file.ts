import { findBindings, UNKNOWN } from "./bindings.ts";
import { findConstants, findOrigins, mentionsIn } from "./constants.ts";
import { applyEdits } from "./edits.ts";
import { createReader, NO_PROJECT, type Project } from "./elsewhere.ts";
import type { Scope } from "./evaluate.ts";
import { leftovers, rewriteImports } from "./imports.ts";
import { callOf, makersOf } from "./mounts.ts";
import { rewriteCalls } from "./rewrite.ts";
import { parseFile, walk } from "./syntax.ts";
import { defaultDirectives, type HelmetVersion, isKnownVersion, NEWEST_VERSION } from "./versions.ts";
import { type Finding, leave, type Work } from "./work.ts";

export type { Finding } from "./work.ts";

export interface Migration {
	readonly findings: readonly Finding[];
	/** The file with the new code. */
	readonly text: string;
}

/** Returns undefined if the file does not use helmet. Otherwise calls `versionFor` with its name. @throws {SyntaxError} if it cannot be parsed. */
export function migrateFile(
	text: string,
	name: string,
	versionFor: (name: string) => HelmetVersion = () => NEWEST_VERSION,
	project: Project = NO_PROJECT,
): Migration | undefined {
	if (!text.includes("helmet")) return undefined;
	const { program, comments } = parseFile(text, name);
	const places = [...walk(program)];
	const bindings = findBindings(places);
	const calls = places.flatMap((place) => callOf(place, bindings.names));
	const others = [...bindings.unknown.map(({ node }) => node), ...bindings.reexports, ...bindings.importTypes];
	if (bindings.declarations.length === 0 && calls.length === 0 && others.length === 0) return undefined;
	const version = versionFor(name);
	const done = new Set<number>();
	const mentions = mentionsIn(places);
	const defaults = defaultDirectives(version);
	const scope: Scope = {
		text,
		names: bindings.names,
		defaults,
		constantOf: findConstants(mentions),
		originOf: findOrigins(mentions),
		exported: createReader(project, name, defaults),
		reading: new Set(),
		understood: ({ start }) => void done.add(start),
	};
	const work: Work = {
		name,
		text,
		comments,
		places,
		mentions,
		edits: [],
		scope,
		project,
		indent: /^(\t| {2,8})\S/m.exec(text)?.[1] ?? "\t",
		eol: eolOf(text),
		findings: [],
		done,
		made: makersOf(places, text),
		version,
		taken: new Set(),
	};
	const clash = clashOf(text, bindings, version);
	if (clash !== undefined) {
		for (const node of [...bindings.shadows, ...calls.map((call) => call.node), ...others]) leave(work, node, clash);
		return { findings: work.findings, text };
	}
	rewriteCalls(work, calls);
	const left = leftovers(bindings, work);
	for (const node of left) leave(work, node, UNKNOWN);
	for (const { node, why } of bindings.unknown) leave(work, node, why);
	rewriteImports(work, bindings, left.length + bindings.unknown.length === 0 && work.findings.every(({ code }) => code !== undefined));
	return { findings: work.findings.toSorted((a, b) => a.line - b.line), text: applyEdits(text, work.edits) };
}

/** Why the file cannot be changed at all. */
function clashOf(text: string, { shadows }: ReturnType<typeof findBindings>, version: HelmetVersion): string | undefined {
	if (/\bsecureHeaders\b/.test(text)) return "this file already uses the name secureHeaders";
	if (shadows.length > 0) return "something else in this file has the same name";
	if (isKnownVersion(version)) return undefined;
	return `this command does not know helmet ${version[0]}. If the code is written for helmet 3 to 8, add the version, as in --helmet 8`;
}

function eolOf(text: string): string {
	const [all, long] = [text.split("\n").length - 1, text.split("\r\n").length - 1];
	return long * 2 > all ? "\r\n" : "\n";
}
