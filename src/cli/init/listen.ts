import { at, bare, listAt, type Node, nameOf, type Place, pathOf } from "../migrate/syntax.ts";
import { type App, isServerOf, methodOn } from "./app.ts";
import type { Exports } from "./exported.ts";
import { resolveModule } from "./graph.ts";
import { importsOf } from "./names.ts";
import type { Source } from "./source.ts";

/** The calls that make a server for the application, in the file that creates it. */
export function ownServers({ kind, target }: App, source: Source): readonly Node[] {
	return serversIn(source, (node) => isServerOf(node, target) || methodOn(node, target) === "listen", kind === "NestJS");
}

/** The same in another file, which imports the application or a function that makes it. */
export function serversElsewhere(source: Source, appFile: string, exported: Exports, kind: App["kind"]): readonly Node[] {
	const imports = importsOf(source).filter(({ module }) => resolveModule(source.path, module) === appFile);
	const localsOf = (names: ReadonlySet<string>): readonly string[] =>
		imports.filter(({ name }) => names.has(name === "*" ? "default" : name)).map(({ local }) => local);
	const factories = localsOf(exported.factory);
	const isMade = (node: Node | undefined): boolean => {
		const call = bare(node?.type === "AwaitExpression" ? at(node, "argument") : node);
		return call?.type === "CallExpression" && factories.includes(pathOf(at(call, "callee"))?.join(".") ?? "");
	};
	const made = source.places
		.filter(({ node }) => node.type === "VariableDeclarator" && isMade(bare(at(node, "init"))))
		.map(({ node }) => nameOf(at(node, "id")) ?? "");
	const names = [...localsOf(exported.app), ...made];
	const isServer = (node: Node): boolean => {
		if (names.some((name) => isServerOf(node, name) || methodOn(node, name) === "listen")) return true;
		const callee = at(node, "callee");
		const isListen = callee?.type === "MemberExpression" && nameOf(at(callee, "property")) === "listen" && isMade(bare(at(callee, "object")));
		return isListen || (/^(?:create(?:Secure)?Server|Server)$/.test(pathOf(callee)?.at(-1) ?? "") && listAt(node, "arguments").some(isMade));
	};
	return serversIn(source, isServer, kind === "NestJS");
}

/** Nest returns a promise of its server. */
function serversIn({ places }: Source, isServer: (node: Node) => boolean, isPromise: boolean): readonly Node[] {
	return places.filter(({ node }) => isServer(node)).flatMap((place) => (isPromise ? awaited(place) : [place.node]));
}

function awaited({ around: [parent] }: Place): readonly Node[] {
	return parent?.type === "AwaitExpression" ? [parent] : [];
}

/** `protectServer(app.listen(3000), headers)`. The first and the last character are replaced, so that lines can be added directly around it. */
export function protect({ edits, text }: Source, { start, end }: Node, name: string, headers: string): void {
	edits.push({ start, end: start + 1, text: `${name}(${text[start]}` }, { start: end - 1, end, text: `${text[end - 1]}, ${headers})` });
}
