import { isBuiltin } from "node:module";
import { isDeclared, mentionsIn, requestOf } from "./constants.ts";
import { isInert, isPure } from "./elsewhere.ts";
import { removeLine } from "./statements.ts";
import { at, listAt, type Node, nameOf, type Place, parseFile, walk } from "./syntax.ts";
import type { Work } from "./work.ts";

/**
 * Removes the declarations that only the replaced code read: constants, functions, types and imports. The others do not change. Compilers and
 * linters complain about declarations without a reader.
 *
 * @param isKept whether the declaration is another's task.
 */
export function removeUnused(work: Work, isKept: (declaration: Node) => boolean): void {
	const removal: Removal = { work, isKept, specifiers: new Map(), names: new Set() };
	for (let before = -1; before !== removal.names.size; ) {
		before = removal.names.size;
		const written = new Set(work.edits.flatMap(({ text }) => namesIn(text)));
		for (const [name, places] of work.mentions) if (!written.has(name)) removeIfUnused(removal, name, places);
	}
}

interface Removal {
	readonly work: Work;
	readonly isKept: (declaration: Node) => boolean;
	/** Import → what it no longer imports. */
	readonly specifiers: Map<Node, Set<Node>>;
	/** What was removed. */
	readonly names: Set<string>;
}

function removeIfUnused(removal: Removal, name: string, places: readonly Place[]): void {
	const { work, names } = removal;
	const [declared, ...others] = places.filter(isDeclared);
	if (declared === undefined || others.length > 0 || names.has(name)) return;
	const readers = places.filter((place) => place !== declared);
	const changes = work.scope.constantOf(name)?.changes ?? [];
	if (!readers.every((place) => isGone(place, work) || isInside(place, declared.around[0], changes))) return;
	if (!readers.some((place) => isGone(place, work))) return;
	names.add(name);
	const edits = work.edits.length;
	remove(declared, removal);
	if (work.edits.length > edits) for (const { around } of readers) removeChange(around, changes, work);
}

/** The names that new code reads. */
export function namesIn(text: string): readonly string[] {
	if (!/[A-Za-z_$]/.test(text)) return [];
	try {
		return [...mentionsIn([...walk(parseFile(text, "code.ts").program)])].flatMap(([name, places]) => (places.some(isDeclared) ? [] : [name]));
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		return text.split(/[^\w$]+/);
	}
}

export function isGone({ node }: Place, { edits }: Work): boolean {
	return edits.some(({ start, end }) => start <= node.start && node.end <= end && start < end);
}

function removeChange(around: readonly Node[], changes: readonly Node[], work: Work): void {
	const index = around.findIndex((one) => changes.includes(one));
	const statement = index === -1 ? undefined : around[index + 1];
	if (statement !== undefined) removeLine(statement, work);
}

/** In the function itself, or in a statement that changes the object. */
function isInside({ node, around }: Place, outer: Node | undefined, changes: readonly Node[]): boolean {
	if (around.some((one) => changes.includes(one))) return true;
	return outer?.type === "FunctionDeclaration" && outer.start <= node.start && node.end <= outer.end;
}

function remove({ node, around }: Place, removal: Removal): void {
	const [holder, outer, third] = around;
	if (holder === undefined || outer === undefined) return;
	if (/^Import\w*Specifier$/.test(holder.type)) removeImport(holder, outer, String(node["name"]), removal);
	else if (holder.type === "VariableDeclarator") removeConstant(holder, outer, third, removal);
	else if (holder.type === "ObjectProperty" && listAt(outer, "properties").length === 1) removeConstant(third, around[3], around[4], removal);
	else if (/^(?:FunctionDeclaration|TSTypeAliasDeclaration|TSInterfaceDeclaration)$/.test(holder.type) && isBlock(outer)) removeLine(holder, removal.work);
}

function removeImport(specifier: Node, declaration: Node, name: string, { work, isKept, specifiers }: Removal): void {
	if (isKept(declaration)) return;
	const removed = (specifiers.get(declaration) ?? new Set()).add(specifier);
	specifiers.set(declaration, removed);
	noteOrigin(name, nameOf(at(declaration, "source")) ?? "", work);
	removeSpecifiers(declaration, removed, work);
}

/** Not if it is exported, or declared with others. */
function removeConstant(declarator: Node | undefined, declaration: Node | undefined, block: Node | undefined, { work, isKept }: Removal): void {
	if (declaration?.type !== "VariableDeclaration" || listAt(declaration, "declarations").length > 1 || !isBlock(block) || isKept(declaration)) return;
	if (hasNoEffect(at(declarator, "init"), work)) removeLine(declaration, work);
}

function isBlock(node: Node | undefined): boolean {
	return node?.type === "Program" || node?.type === "BlockStatement";
}

/** A value of another file is now in this one. */
function noteOrigin(name: string, request: string, { findings, project, name: file }: Work): void {
	const index = findings.findIndex(({ code }) => code !== undefined);
	const finding = findings[index];
	if (finding === undefined || project.load(request, file) === undefined) return;
	const note = `${name}: its values are written here. If nothing else reads it, delete it from ${JSON.stringify(request)}.`;
	findings[index] = { ...finding, notes: [...finding.notes, note] };
}

function hasNoEffect(init: Node | undefined, work: Work): boolean {
	if (init === undefined) return false;
	const request = requestOf(init);
	return request === undefined ? isPure(init) || isLocalCall(init, work) : isWithoutEffect(request, work);
}

function isLocalCall(init: Node, { scope }: Work): boolean {
	return init.type === "CallExpression" && scope.constantOf(nameOf(at(init, "callee")) ?? "")?.isTop === true && listAt(init, "arguments").length === 0;
}

/** Whether a module does nothing when it is loaded. */
function isWithoutEffect(request: string, { project, name }: Work): boolean {
	const file = project.load(request, name);
	return file === undefined ? isBuiltin(request) : isInert(file);
}

/** Writes the import without the names that nothing reads. */
function removeSpecifiers(declaration: Node, removed: ReadonlySet<Node>, work: Work): void {
	const { text, edits } = work;
	const source = at(declaration, "source");
	const kept = listAt(declaration, "specifiers").filter((specifier) => !removed.has(specifier));
	const previous = edits.findIndex(({ start }) => start === declaration.start);
	if (previous !== -1) edits.splice(previous, 1);
	const isTypes = declaration["importKind"] === "type";
	if (kept.length === 0 && (isTypes || isWithoutEffect(nameOf(source) ?? "", work))) {
		removeLine(declaration, work);
		return;
	}
	const codeOf = ({ start, end }: Node): string => text.slice(start, end);
	const named = kept.filter(({ type }) => type === "ImportSpecifier").map(codeOf);
	const others = kept.filter(({ type }) => type !== "ImportSpecifier").map(codeOf);
	const parts = [...others, ...(named.length === 0 ? [] : [`{ ${named.join(", ")} }`])].join(", ");
	const tail = text.slice(source?.start, declaration.end);
	edits.push({ start: declaration.start, end: declaration.end, text: `import ${isTypes ? "type " : ""}${parts === "" ? "" : `${parts} from `}${tail}` });
}
