/** A page for each header, from its types, its data, the rules of the audit and the browsers' own compatibility data. */
import ts from "typescript";
import { RULES } from "../../src/audit/judge.ts";
import { kebab } from "../../src/core/text.ts";
import { KEYWORD_NAMES } from "../../src/csp/keywords.ts";
import { HEADER_FACTS, type HeaderFacts } from "../../src/headers/facts.ts";
import * as tokens from "../../src/headers/tokens.ts";
import { HEADER_WORDS } from "../../src/headers/words.ts";
import { compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import { blockFor } from "../../src/response/wire.ts";
import { BROWSER_TITLES, type Compat, compatOf, keysOf, partOf, versionsOf } from "../compat.ts";
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
		documentsOnly ? "Browsers apply it to documents and workers only." : "",
		secureOnly ? "Browsers apply it over https, and in most cases on localhost." : "",
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
		`\`false\` switches the header off.${/boolean/.test(member?.getText() ?? "") ? ` ${effectOfTrue(facts, isOff)}` : ""}`,
		...example.map(inCall),
		...(enforced === undefined
			? optionSections(member, key).filter((part) => !about.includes(part))
			: [`The options are those of [${enforced.name}](${enforced.lowerName}.md#the-option-${enforced.key.toLowerCase()}).`]),
		...breakSections(key),
		"## Browser support",
		support(name),
		...(key === "contentSecurityPolicy" ? keywordSupport() : []),
		measured(key),
		...(key === "contentSecurityPolicy" ? ["### Where engines differ", differences()] : []),
		"## Check it",
		`\`\`\`sh\ncurl -sI https://www.example.com/ | grep -i '^${name.toLowerCase()}:'\nnpx headguard audit https://www.example.com/\n\`\`\``,
		rulesOf(name),
		`${links(tags.get("see") ?? [])}`,
	]
		.filter((part) => part !== "")
		.join("\n\n")
		.concat(`\n\n${GENERATED}`);
}

function effectOfTrue({ name, key }: HeaderFacts, isOff: boolean): string {
	if (!isOff) return "`true` sends the default.";
	const { headers } = blockFor(compile(createPolicy({ [key]: true })), true, true);
	const line = headers.find((header) => header.name === name);
	return line === undefined ? "" : `\`true\` sends this:\n\n\`\`\`http\n${name}: ${line.nonced?.join("…") ?? line.text}\n\`\`\``;
}

/** What the browser tests have seen. The data of browsers speaks of versions, not of effects. */
function measured(key: string): string {
	const effective: readonly string[] | undefined = Reflect.get(engines.effective, key);
	if (effective === undefined) return "";
	const listed = (names: readonly string[]): string => names.map((name) => `${name} ${Reflect.get(engines.versions, name)}`).join(" and ");
	const others = Object.keys(engines.versions).filter((name) => !effective.includes(name));
	const none = others.length === 0 ? "" : ` It has no effect in ${listed(others)}.`;
	return `Our tests see its effect in ${effective.length === 3 ? listed(effective).replace(" and ", ", ") : listed(effective)}.${none} WebKit is the engine of Safari.`;
}

/** What the browser tests have seen of lists that each engine reads in its own way. */
function differences(): string {
	const { starAlsoAllows, ignoresStarWithPort, letsWsMatchHttp, samplesAskedByFallback } = engines.csp;
	const marked = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(" and ");
	const lines = [
		...Object.entries(starAlsoAllows).map(([name, lists]) => {
			const allowed = Object.entries(lists).map(([list, schemes]) => `\`${list} *\` also allows ${marked(schemes)}`);
			return `In ${name}, ${allowed.join(", and ")}. \`default-src *\` does not, and neither does \`*\` in other engines.`;
		}),
		`${ignoresStarWithPort.join(" and ")} ignores \`*\` with a port, such as \`*:8080\`. Write the scheme too: \`https://*:8080\`.`,
		`In ${letsWsMatchHttp.join(" and ")}, \`ws:\` in a source also allows \`http:\`.`,
		...Object.entries(samplesAskedByFallback).map(([name, lists]) => {
			return `Reports of ${name} have a sample only if ${marked(lists)} have \`'report-sample'\`. Other engines look for it in the list that decides, such as \`script-src-elem\` or \`default-src\`.`;
		}),
	];
	return lines.map((line) => `- ${line}`).join("\n");
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
			supportOf(isDirective ? "Content-Security-Policy" : "Permissions-Policy", kebab(name)),
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
	return /^(?:[[{"`]|[\d_]+$|true|false|undefined)/.test(text) && !text.includes("`") ? `\`${text}\`` : text;
}

function rulesOf(name: string): string {
	const rules = RULES.filter(({ header }) => header === name);
	if (rules.length === 0) return "";
	return `The audit checks: ${rules.map(({ id }) => `[${id}](../rules.md#${id.replaceAll("/", "")})`).join(" · ")}.`;
}

function links(see: readonly string[]): string {
	return see.length === 0 ? "" : `Sources: ${see.join(" · ")}`;
}

function support(name: string): string {
	const parts = keysOf(name).filter((key) => !OWN_PLACE.has(name) && partOf(name, key)?.__compat !== undefined);
	const rows = [
		[name, versionsOf(partOf(name))] as const,
		...parts.map((key) => [`\`${key.replace("_parameter", "").replaceAll("_", " ")}\``, versionsOf(partOf(name, key))] as const),
	];
	if (rows[0]?.[1] === undefined) return "@mdn/browser-compat-data has no data for this header.";
	const lines = rows.map(([title, versions = []]) => `| ${[...(rows.length > 1 ? [title] : []), ...versions].join(" | ")} |`);
	const titles = [...(rows.length > 1 ? [""] : []), ...BROWSER_TITLES];
	return `| ${titles.join(" | ")} |\n|${"---|".repeat(titles.length)}\n${lines.join("\n")}\n\nFrom @mdn/browser-compat-data ${compatOf().__meta.version}.`;
}

/** Headers whose page has the support of each part where it describes the part. */
const OWN_PLACE: ReadonlySet<string> = new Set(["Content-Security-Policy", "Permissions-Policy"]);

/** The support of a directive or a feature, in one sentence. */
function supportOf(header: string, part: string): string {
	const versions = versionsOf(partOf(header, part));
	if (versions === undefined) return "";
	return `Browsers: ${versions.map((version, index) => `${BROWSER_TITLES[index]} ${version}`).join(", ")}.`;
}

/** The support of the keywords that have data of their own. */
function keywordSupport(): readonly string[] {
	const name = "Content-Security-Policy";
	const rows = KEYWORDS_OF_DATA.map(([key, below]) => {
		const versions = versionsOf(below === undefined ? partOf(name, key) : (partOf(name, below)?.[key] as Compat | undefined)) ?? [];
		return `| \`'${key}'\` | ${versions.join(" | ")} |`;
	});
	return [`### Support of keywords`, `| | ${BROWSER_TITLES.join(" | ")} |\n|---|${"---|".repeat(BROWSER_TITLES.length)}\n${rows.join("\n")}`];
}

const KEYWORDS_OF_DATA: readonly (readonly [key: string, below?: string])[] = [
	...keysOf("Content-Security-Policy")
		.filter((key) => KEYWORD_NAMES.has(`'${key}'`))
		.map((key) => [key] as const),
	...keysOf("Content-Security-Policy", "script-src")
		.filter((key) => KEYWORD_NAMES.has(`'${key}'`))
		.map((key) => [key, "script-src"] as const),
];
