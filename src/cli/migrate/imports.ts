import type { Bindings, Declaration } from "./bindings.ts";
import { endOf, removeLine } from "./statements.ts";
import { at, type Node, nameOf, type Place } from "./syntax.ts";
import { isGone, namesIn, removeUnused } from "./unused.ts";
import { isBefore } from "./versions.ts";
import { leave, type Work } from "./work.ts";

/** The module with helmet's API, which also has its types. */
const DROP_IN = "headguard/helmet";

/** Mentions of helmet's names that are neither calls nor types. */
export function leftovers({ names }: Bindings, work: Work): readonly Node[] {
	return work.places
		.filter((place) => {
			const { node } = place;
			if (node.type !== "Identifier" || !names.has(String(node["name"])) || work.done.has(node.start) || isGone(place, work)) return false;
			const [parent] = place.around;
			const isKey = parent?.["computed"] !== true && (at(parent, "property") === node || (at(parent, "key") === node && at(parent, "value") !== node));
			return !isKey && !isType(place) && !/^Import|^TSImportEquals/.test(parent?.type ?? "") && at(parent, "id") !== node && parent?.type !== "ObjectPattern";
		})
		.filter(({ around: [parent, outer] }) => !(parent?.type === "ObjectProperty" && outer?.type === "ObjectPattern"))
		.map(({ node }) => node);
}

/** `typeof helmet` in a type, and `helmet.HelmetOptions`. */
function isType({ around: [parent] }: Place): boolean {
	return /^TS(?!As|NonNull|Satisfies|Export|Import|TypeAssertion)/.test(parent?.type ?? "");
}

/** Imports headguard instead of helmet. What still needs helmet's types gets them from headguard. */
export function rewriteImports(work: Work, bindings: Bindings, isUnderstood: boolean): void {
	const isRewritten = work.findings.some(({ code }) => code !== undefined);
	const declarations = new Set(bindings.declarations.map(({ node }) => node));
	removeUnused(work, (declaration) => declarations.has(declaration));
	const needed = neededTypes(work, bindings);
	const isDone = moveTypes(work, bindings, needed) && isUnderstood;
	if (!isDone) removeUnused(work, () => false);
	if (isDone) replaceImports(work, bindings, isRewritten, needed.map(typeImport));
	else if (isRewritten) addImport(work, bindings);
}

interface NeededType {
	readonly local: string;
	/** `default`, `*`, or the name of a type. */
	readonly name: string;
}

function neededTypes(work: Work, { names, types }: Bindings): readonly NeededType[] {
	const written = new Set(work.edits.flatMap(({ text }) => namesIn(text)));
	const isNeeded = (local: string, isOnlyTypes: boolean): boolean =>
		written.has(local) || (work.mentions.get(local) ?? []).some((place) => !isImport(place) && !isGone(place, work) && (isOnlyTypes || isType(place)));
	return [
		...[...types].flatMap(([local, name]) => (isNeeded(local, true) ? [{ local, name }] : [])),
		...[...names].flatMap(([local, name]) => (name === "default" && isNeeded(local, false) ? [{ local, name: isNamespace(work, local) ? "*" : name }] : [])),
	];
}

function isImport({ around: [parent] }: Place): boolean {
	return /^Import|^TSImportEquals/.test(parent?.type ?? "");
}

function isNamespace({ places }: Work, local: string): boolean {
	return places.some(({ node }) => node.type === "ImportNamespaceSpecifier" && nameOf(at(node, "local")) === local);
}

function typeImport({ local, name }: NeededType): string {
	const what = name === "default" ? local : name === "*" ? `* as ${local}` : `{ ${name === local ? name : `${name} as ${local}`} }`;
	return `import type ${what} from "${DROP_IN}";`;
}

/** Returns false if a type, or an export, has to stay with helmet. */
function moveTypes(work: Work, { reexports, importTypes, types, declarations: [first] }: Bindings, needed: readonly NeededType[]): boolean {
	const inTypes = importTypes.filter((node) => !work.edits.some(({ start, end }) => start <= node.start && node.end <= end));
	const exported = isBefore(work.version, "8") ? reexports : [];
	for (const node of exported)
		leave(work, node, `helmet ${work.version[0]} is exported here for other files. ${DROP_IN} has the options and defaults of helmet 8`);
	const problem = problemOf(work, needed);
	if (problem !== undefined && first !== undefined) leave(work, first.node, problem);
	const isOld = isBefore(work.version, "7") && inTypes.length > 0;
	for (const node of isOld ? inTypes : []) leave(work, node, `it ${typeOf(work)}`);
	if (problem !== undefined || isOld) return false;
	for (const node of [...inTypes, ...(exported.length > 0 ? [] : reexports)]) moveModule(work, node);
	const [type] = [...types.keys()].filter((local) => needed.some((one) => one.local === local));
	if (type !== undefined && first !== undefined) note(work, first.node, `${type} is now a type of ${DROP_IN}, which has the options of helmet 8.`);
	return exported.length === 0;
}

function problemOf(work: Work, needed: readonly NeededType[]): string | undefined {
	const unknown = needed.filter(({ name }) => !["default", "*", "HelmetOptions"].includes(name));
	if (unknown.length > 0) return `${unknown.map(({ name }) => name).join(", ")}: headguard has no type of that name`;
	const isOld = isBefore(work.version, "7") && needed.length > 0;
	return isOld ? `${needed.map(({ local }) => local).join(", ")} ${typeOf(work)}` : undefined;
}

function typeOf({ version: [major] }: Work): string {
	return `is a type of helmet ${major}, whose options are not those of headguard`;
}

function moveModule(work: Work, node: Node): void {
	const quote = work.text[node.start] ?? '"';
	work.edits.push({ start: node.start, end: node.end, text: `${quote}${DROP_IN}${quote}` });
	note(work, node, `${DROP_IN} has the options, defaults and types of helmet 8.`);
}

function note(work: Work, node: Node, text: string): void {
	work.findings.push({ line: node.loc.start.line, code: `"${DROP_IN}"`, notes: [text] });
}

function replaceImports(work: Work, { declarations }: Bindings, isRewritten: boolean, types: readonly string[]): void {
	const [first] = declarations;
	if (first === undefined || (!isRewritten && types.length === 0)) return;
	const lines = [...(isRewritten ? [importLine(first)] : []), ...types];
	if (!first.isAlone) {
		work.edits.push({ start: first.node.end, end: first.node.end, text: `${work.eol}${lines.join(work.eol)}` });
		return;
	}
	const seen = new Set<unknown>();
	for (const { node, isAlone, block, kind } of declarations) {
		if (!isAlone) continue;
		const text = seen.size === 0 ? lines.join(work.eol) : importLine({ kind });
		// Each scope needs its own declaration, and only one.
		if (seen.has(block)) removeLine(node, work);
		else work.edits.push({ start: node.start, end: endOf(node, work), text });
		seen.add(block);
	}
}

/** Helmet's import stays, because other code needs it. */
function addImport(work: Work, { declarations: [first] }: Bindings): void {
	if (first === undefined) return;
	const previous = work.edits.find(({ start, end }) => start <= first.node.start && first.node.end <= end);
	work.edits.push({ start: previous?.end ?? first.node.end, end: previous?.end ?? first.node.end, text: `${work.eol}${importLine(first)}` });
}

function importLine({ kind }: Pick<Declaration, "kind">): string {
	if (kind === "import") return 'import { secureHeaders } from "headguard";';
	return kind === "require" ? 'const { secureHeaders } = require("headguard");' : 'const { secureHeaders } = await import("headguard");';
}
