/**
 * The last step of the build.
 *
 * In what applications import, each constant is marked as one that does nothing when it is made, so that bundlers leave out what an
 * application does not use: for `sideEffects` they look at whole files, and what entries share is one file. A minifier drops such
 * marks, so they are set in the built files.
 *
 * What the command line tool alone needs is minified to the end, and says which packages it brings along.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parse } from "@babel/parser";
import { transformSync } from "esbuild";
import MagicString from "magic-string";

/** After the quotation mark. */
const FIRST_LETTER = 0x23;

const METAFILE = "dist/metafile-esm.json";

const { outputs } = JSON.parse(readFileSync(METAFILE, "utf8"));
const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const imported = reached(Object.values(exports).flatMap(({ import: entry }) => entry?.default.replace("./", "") ?? []));

for (const file of readdirSync("dist").flatMap((name) => (name.endsWith(".js") ? [`dist/${name}`] : []))) {
	const code = readFileSync(file, "utf8");
	writeFileSync(file, imported.has(file) ? marked(code) : named(packagesIn(file), minified(code)));
}
for (const name of readdirSync("dist")) if (name.startsWith("metafile-")) rmSync(`dist/${name}`);

function reached(files, seen = new Set()) {
	for (const file of files) {
		if (seen.has(file)) continue;
		seen.add(file);
		reached(
			[...readFileSync(file, "utf8").matchAll(/from ["']\.\/([^"']+)["']/g)].map(([, name]) => `dist/${name}`),
			seen,
		);
	}
	return seen;
}

function marked(code) {
	const text = new MagicString(code);
	for (const statement of parse(code, { sourceType: "module" }).program.body) {
		if (statement.type !== "VariableDeclaration") continue;
		for (const { id, init } of statement.declarations) {
			if (id.type === "ObjectPattern" && init.type === "Identifier") text.overwrite(id.start, init.end, eachAlone(id, init.name));
			if (id.type !== "Identifier" || init === null || isPlain(init)) continue;
			text.appendLeft(init.start, "/*@__PURE__*/(()=>(").appendRight(init.end, "))()");
		}
	}
	return text.toString();
}

/** What is taken out of an object, name by name: bundlers take the pattern for something that happens. */
function eachAlone({ properties }, object) {
	// Nothing need stand between the keyword and a pattern.
	return properties.map(({ key, value }) => ` ${value.name}=/*@__PURE__*/(()=>${object}.${key.name})()`).join();
}

/** Bundlers see by themselves that nothing happens when this is made. */
function isPlain({ type, ...node }) {
	if (type === "TemplateLiteral") return node.expressions.length === 0;
	if (type === "ArrayExpression") return node.elements.every(isPlain);
	if (type === "ObjectExpression") return node.properties.every(isPlain);
	if (type === "ObjectProperty") return !node.computed && isPlain(node.value);
	if (type === "UnaryExpression") return isPlain(node.argument);
	if (type === "NewExpression") return /^(?:Weak)?(?:Map|Set)$/.test(node.callee.name) && node.arguments.length === 0;
	return /Literal$|Function|^ObjectMethod$|^Identifier$|^Class/.test(type);
}

function minified(code) {
	// Tables of entities and letters are half as long when nothing in them is escaped.
	return withTexts(transformSync(code, { minify: true, format: "esm", target: "node20", charset: "utf8" }).code);
}

/** Long tables of small numbers as texts, a letter for each number: the list of public suffixes is mostly that. */
function withTexts(code) {
	return code.replace(/new (Uint(?:8|16)Array)\(\[([\de,]{5000,})\]\)/g, (whole, type, list) => {
		const numbers = JSON.parse(`[${list}]`);
		// Up to the last letter that is neither combined with another nor invisible.
		if (Math.max(...numbers) + FIRST_LETTER > 0x2ff) return whole;
		const letters = JSON.stringify(String.fromCharCode(...numbers.map((number) => number + FIRST_LETTER)));
		return `${type}.from(${letters},letter=>letter.charCodeAt()-${FIRST_LETTER})`;
	});
}

function packagesIn(file) {
	return [...new Set(Object.keys(outputs[file].inputs).flatMap((path) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))];
}

/** A line for each package, after the one that makes a file a command. */
function named(packages, code) {
	const [, shebang, rest] = /^(#!.*\n)?(.*)$/s.exec(code);
	return `${shebang ?? ""}${packages.map((name) => `// node_modules/${name}/\n`).join("")}${rest}`;
}
