/** A page for each entry of the package: what it exports, with its types and comments. */
import ts from "typescript";
import { type Declared, documentationOf, exportsOf } from "./declarations.ts";
import { GENERATED } from "./generated.ts";

/** The entries, in the order of the navigation. */
export const ENTRIES: readonly (readonly [name: string, path: string, about: string])[] = [
	["headguard", "src/index.ts", "The policy, the middleware, nonces and `csp`."],
	["headguard/https", "src/https.ts", "Redirects to https."],
	["headguard/vendors", "src/vendors.ts", "Additions for third parties, and policies for pages of packages."],
	["headguard/isolation", "src/isolation/index.ts", "Refuses requests of other sites."],
	["headguard/devtools", "src/devtools/index.ts", "Shows what the policy blocks, in development."],
	["headguard/reports", "src/reports/index.ts", "Collects violation reports, and proposes changes."],
	["headguard/audit", "src/audit/index.ts", "Judges an application, a site or a policy."],
	["headguard/testing", "src/testing/index.ts", "Helpers for your tests."],
	["headguard/edge", "src/edge/index.ts", "Writes the configuration of proxies and hosts."],
	["headguard/compiled", "src/compiled/index.ts", "Mounts a compiled policy."],
	["headguard/fetch", "src/adapters/fetch.ts", "Policies for handlers of the fetch API."],
	["headguard/hono", "src/adapters/hono.ts", "Middleware for Hono."],
	["headguard/fastify", "src/adapters/fastify.ts", "A plugin for Fastify."],
	["headguard/koa", "src/adapters/koa.ts", "Middleware for Koa."],
	["headguard/frameworks", "src/frameworks/index.ts", "Helpers for frameworks."],
	["headguard/helmet", "src/helmet/index.ts", "helmet's API."],
	["headguard/helmet/exact", "src/helmet/exact.ts", "helmet's API, with exactly its headers."],
];

export function apiPages(): ReadonlyMap<string, string> {
	const rows = ENTRIES.map(([name, , about]) => `| [${name}](api/${fileOf(name)}.md) | ${about} |`);
	const index = `# API\n\n| entry | what it has |\n|---|---|\n${rows.join("\n")}\n\n${GENERATED}`;
	return new Map([["docs/api.md", index], ...ENTRIES.map(([name, path, about]) => [`docs/api/${fileOf(name)}.md`, pageOf(name, path, about)] as const)]);
}

function fileOf(name: string): string {
	return name.replace(/^headguard\//, "").replaceAll("/", "-");
}

function pageOf(name: string, path: string, about: string): string {
	const exported = exportsOf(path);
	const values = exported.filter(({ node }) => !isType(node));
	const types = exported.filter(({ node }) => isType(node));
	const parts = [
		`# ${name}`,
		about,
		...(values.length === 0 ? [] : ["## Values", ...values.map(sectionOf)]),
		...(types.length === 0 ? [] : ["## Types", ...types.map(sectionOf)]),
	];
	return `${parts.join("\n\n")}\n\n${GENERATED}`;
}

function isType(node: ts.Node): boolean {
	return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

function sectionOf({ name, node, file }: Declared): string {
	const { text, tags } = documentationOf(node);
	const details = ["param", "returns", "throws"].flatMap((tag) => (tags.get(tag) ?? []).map((value) => `- ${detailOf(tag, value.replace(/\s*\n\s*/g, " "))}`));
	const examples = (tags.get("example") ?? []).map((example) => `\`\`\`js\n${example.replace(/^```\w*\n|\n```$/g, "")}\n\`\`\``);
	const see = tags.get("see") ?? [];
	const parts = [`### ${name}`, text, `\`\`\`ts\n${signatureOf(name, node, file)}\n\`\`\``, details.join("\n"), ...examples, see.join(" · ")];
	return parts.filter((part) => part !== "").join("\n\n");
}

function detailOf(tag: string, value: string): string {
	if (tag === "param") return value.replace(/^(\w+)/, "`$1`:");
	return `${tag === "returns" ? "Returns" : "Throws"} ${value.replace(/^\{(\w+)\}/, "`$1`")}`;
}

/** The declaration without what only the library knows. */
function signatureOf(name: string, node: ts.Node, file: ts.SourceFile): string {
	if (ts.isFunctionDeclaration(node)) return `function ${name}${between(node.typeParameters?.pos ?? node.parameters.pos, node, file)}`;
	if (ts.isVariableStatement(node)) {
		const declaration = node.declarationList.declarations.find((one) => one.name.getText() === name);
		const type = declaration?.type?.getText();
		return type === undefined ? `const ${name}` : `const ${name}: ${type}`;
	}
	if (ts.isClassDeclaration(node)) return classOf(name, node);
	return node.getText().replace(/^export /, "");
}

function between(from: number, node: ts.FunctionDeclaration, file: ts.SourceFile): string {
	const text = file.text.slice(from, node.body?.getStart() ?? node.end).trim();
	return `${node.typeParameters === undefined ? "(" : "<"}${text.replace(/;$/, "")};`;
}

function classOf(name: string, node: ts.ClassDeclaration): string {
	const members = node.members
		.filter((member) => ts.isPropertyDeclaration(member))
		.map((member) => `\t${member.name.getText()}${member.type === undefined ? "" : `: ${member.type.getText()}`};`);
	const base = node.heritageClauses?.map((clause) => ` ${clause.getText()}`).join("") ?? "";
	return `class ${name}${base} {\n${members.join("\n")}\n}`;
}
