/** A page for each header, from its types, its data, the rules of the audit and the browsers' own compatibility data. */
import { createRequire } from "node:module";
import ts from "typescript";
import { RULES } from "../../src/audit/judge.ts";
import { HEADER_FACTS, type HeaderFacts } from "../../src/headers/facts.ts";
import * as tokens from "../../src/headers/tokens.ts";
import { HEADER_WORDS } from "../../src/headers/words.ts";
import engines from "../engines.json" with { type: "json" };
import { PROSE } from "../prose.ts";
import { BREAKS } from "./breaks.ts";
import { type Declared, documentationOf, typeIn } from "./declarations.ts";
import { GENERATED } from "./generated.ts";

const OPTIONS = "src/headers/options.ts";

/** @param sentByDefault The default value on https by header name, with an ellipsis for the nonce. */
export function headerPages(sentByDefault: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
	return new Map(HEADER_FACTS.map((facts) => [pathOf(facts), pageOf(facts, sentByDefault.get(facts.name))]));
}

export function pathOf({ lowerName }: Pick<HeaderFacts, "lowerName">): string {
	return `docs/headers/${lowerName}.md`;
}

function pageOf(facts: HeaderFacts, sent: string | undefined): string {
	const { name, key, documentsOnly, secureOnly } = facts;
	const member = membersOf(typeIn(OPTIONS, "HeaderOptions")).get(key);
	const { text, tags } = member === undefined ? { text: "", tags: new Map<string, readonly string[]>() } : documentationOf(member);
	const where = [
		documentsOnly ? "Browsers read it on documents and workers only." : "",
		secureOnly ? "Browsers read it over https, and in most cases on localhost." : "",
	];
	const about = text.split("\n\n").filter((part) => !part.startsWith(`\`${name}:`));
	const isOff = sent === undefined;
	const enforced = HEADER_FACTS.find((other) => name === `${other.name}-Report-Only`);
	const example = tags.get("example")?.map((one) => `${key}: ${one}`) ?? [];
	return [
		`# ${name}`,
		`Option: \`${key}\`.`,
		...(about.join("") === "" ? [HEADER_WORDS[key]] : about),
		where.filter((one) => one !== "").join(" "),
		"## Default",
		isOff ? "Not sent by default." : `\`\`\`http\n${name}: ${sent}\n\`\`\``,
		PROSE[key].why,
		`## The option ${key}`,
		`\`false\` switches the header off.${/boolean/.test(member?.getText() ?? "") ? " `true` gives it its default." : ""}`,
		...example.map(inCall),
		...(enforced === undefined
			? optionSections(member, key)
			: [`The options are those of [${enforced.name}](${enforced.lowerName}.md#the-option-${enforced.key.toLowerCase()}).`]),
		...breakSections(key),
		"## Browser support",
		support(name),
		measured(key),
		"## Check it",
		`\`\`\`sh\ncurl -sI https://www.example.com/ | grep -i '^${name.toLowerCase()}:'\nnpx headguard audit https://www.example.com/\n\`\`\``,
		rulesOf(name),
		`${links(tags.get("see") ?? [])}`,
	]
		.filter((part) => part !== "")
		.join("\n\n")
		.concat(`\n\n${GENERATED}`);
}

/** What the browser tests have seen. The data of browsers speaks of versions, not of effects. */
function measured(key: string): string {
	const effective: readonly string[] | undefined = Reflect.get(engines.effective, key);
	if (effective === undefined) return "";
	const listed = (names: readonly string[]): string => names.map((name) => `${name} ${Reflect.get(engines.versions, name)}`).join(" and ");
	const others = Object.keys(engines.versions).filter((name) => !effective.includes(name));
	const none = others.length === 0 ? "" : ` It has none in ${listed(others)}.`;
	return `Our tests see its effect in ${effective.length === 3 ? listed(effective).replace(" and ", ", ") : listed(effective)}.${none} WebKit is the engine of Safari.`;
}

function inCall(code: string): string {
	return `\`\`\`js\nsecureHeaders({ ${code} });\n\`\`\``;
}

function breakSections(key: HeaderFacts["key"]): readonly string[] {
	const breaks = BREAKS[key];
	if (breaks === undefined) return [];
	return ["## What it breaks, and how to loosen it", ...breaks.flatMap(({ what, write }) => [what, inCall(write)])];
}

/** The fields of the option, or its values. */
function optionSections(member: ts.PropertySignature | undefined, key: string): readonly string[] {
	if (member?.type === undefined) return [];
	const file = member.getSourceFile().fileName;
	const types = (ts.isUnionTypeNode(member.type) ? member.type.types : [member.type]).flatMap((type) => {
		const named = ts.isTypeOperatorNode(type) && ts.isArrayTypeNode(type.type) ? type.type.elementType : type;
		return ts.isTypeReferenceNode(named) ? (typeIn(file, named.typeName.getText()) ?? []) : [];
	});
	return types.flatMap((declared) => fieldsOrValues(declared, key));
}

function fieldsOrValues(declared: Declared, key: string): readonly string[] {
	const fields = [...membersOf(declared)].flatMap(([name, field]) => fieldSection(name, field, `${key}.${name}`));
	if (fields.length > 0) return fields;
	const { text } = documentationOf(declared.node);
	const values = valuesOf(declared);
	return [text, ...(values.length === 0 ? [] : [`Values: ${values.map((value) => `\`"${value}"\``).join(", ")}.`])];
}

function fieldSection(name: string, field: ts.PropertySignature, path: string): readonly string[] {
	const { text, tags } = documentationOf(field);
	const [byDefault] = tags.get("defaultValue") ?? [];
	const examples = (tags.get("example") ?? []).map((example) => `\`\`\`js\n${name}: ${example}\n\`\`\``);
	const inner = /CspDirectives|PermissionsPolicyFeatures/.test(field.type?.getText() ?? "") && name !== "also" ? innerList(field) : [];
	return [`### ${path}`, text, byDefault === undefined ? "" : `Default: ${code(byDefault)}.`, ...examples, ...inner];
}

/** Directives and features, each in one item of a list. */
function innerList(field: ts.PropertySignature): readonly string[] {
	const file = field.getSourceFile().fileName;
	const named = (field.type?.getText() ?? "").match(/\w+/)?.[0] === "CspDirectives" ? "CamelCaseDirectives" : "CamelCaseFeatures";
	const path =
		named === "CamelCaseDirectives" ? "src/headers/content-security-policy/directive-options.ts" : "src/headers/permissions-policy/feature-options.ts";
	const declared = typeIn(path, named) ?? typeIn(file, named);
	return [...membersOf(declared)].map(([name, member]) => {
		const { text, tags } = documentationOf(member);
		const [byDefault = ""] = tags.get("defaultValue") ?? [];
		const [example] = tags.get("example") ?? [];
		const [, mdn] = /<(https[^>]+)>/.exec(tags.get("see")?.[0] ?? "") ?? [];
		const title = named === "CamelCaseDirectives" ? `#### ${name}\n\n` : `- \`${name}\`: `;
		const isDirective = named === "CamelCaseDirectives";
		const tail = [
			byDefault === "" ? "" : `Default: ${code(byDefault)}.`,
			isDirective && example !== undefined ? `For example \`${name}: ${example}\`.` : "",
			mdn === undefined ? "" : `[MDN](${mdn})`,
		];
		return `${title}${[text.replace(/\s*\n\s*/g, " "), ...tail].filter((one) => one !== "").join(" ")}`;
	});
}

function membersOf(declared: Declared | undefined): ReadonlyMap<string, ts.PropertySignature> {
	if (declared === undefined || !ts.isInterfaceDeclaration(declared.node)) return new Map();
	const members = declared.node.members.filter(ts.isPropertySignature);
	return new Map(members.map((member) => [member.name.getText().replaceAll('"', ""), member]));
}

/** The words of a type that is a choice, in the type or in the list that it comes from. */
function valuesOf({ node, file }: Declared): readonly string[] {
	if (!ts.isTypeAliasDeclaration(node)) return [];
	const own = [...node.type.getText().matchAll(/"([\w-]+)"/g)].map(([, word = ""]) => word);
	if (own.length > 0) return own;
	const [, inner] = /\b(\w+Token)\b/.exec(node.type.getText()) ?? [];
	const declared = inner === undefined ? undefined : typeIn(file.fileName, inner);
	const [, list] = /typeof (\w+)/.exec(declared?.node.getText() ?? node.type.getText()) ?? [];
	const words: unknown = list === undefined ? [] : Reflect.get(tokens, list);
	return Array.isArray(words) ? words.map(String) : [];
}

function code(text: string): string {
	// What is not code has words without marks around them.
	return /^(?:[[{"`\d]|true|false|undefined)/.test(text) && !text.includes("`") ? `\`${text}\`` : text;
}

function rulesOf(name: string): string {
	const rules = RULES.filter(({ header }) => header === name);
	if (rules.length === 0) return "";
	return `The audit checks: ${rules.map(({ id }) => `[${id}](../rules.md#${id.replaceAll("/", "")})`).join(" · ")}.`;
}

function links(see: readonly string[]): string {
	return see.length === 0 ? "" : `Sources: ${see.join(" · ")}`;
}

interface Support {
	readonly version_added: string | boolean;
	readonly version_removed?: string;
	readonly partial_implementation?: boolean;
	readonly flags?: unknown;
	readonly alternative_name?: string;
}

const BROWSERS = ["chrome", "edge", "firefox", "safari", "chrome_android", "safari_ios"] as const;
const TITLES = ["Chrome", "Edge", "Firefox", "Safari", "Chrome on Android", "Safari on iOS"];

type Compat = Readonly<Record<string, { readonly __compat: { readonly support: Readonly<Record<string, Support | readonly Support[]>> } }>>;

function support(name: string): string {
	const { http, __meta } = createRequire(import.meta.url)("@mdn/browser-compat-data") as { http: { headers: Compat }; __meta: { version: string } };
	const compat = http.headers[name]?.__compat.support;
	if (compat === undefined) return "@mdn/browser-compat-data has no data for this header.";
	const cells = BROWSERS.map((browser) => versionOf([compat[browser] ?? []].flat()[0]));
	return `| ${TITLES.join(" | ")} |\n|${"---|".repeat(TITLES.length)}\n| ${cells.join(" | ")} |\n\nFrom @mdn/browser-compat-data ${__meta.version}.`;
}

function versionOf(support: Support | undefined): string {
	if (support === undefined || support.version_added === false) return "no";
	if (support.flags !== undefined) return "behind a flag";
	const { version_added: from, version_removed: to, partial_implementation: isPartial } = support;
	const range = to === undefined ? String(from) : `${from} to ${to}`;
	return isPartial === true ? `${range}, in part` : range;
}
