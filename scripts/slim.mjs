/**
 * The last step of the build.
 *
 * In the files that applications import, it marks each constant as free of side effects, so that bundlers drop what an application does not use.
 * `sideEffects` only covers whole files, and the modules that entries share are one file. A minifier drops such marks, so this script sets them in
 * the built files.
 *
 * It gives local variables in these files short names. It minifies files that only the command uses completely, and adds the names of the packages that they contain.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parse } from "@babel/parser";
import { transformSync } from "esbuild";
import MagicString from "magic-string";
import { minify } from "terser";

/** The character after the quotation mark. */
const FIRST_LETTER = 0x23;

const METAFILE = "dist/metafile-esm.json";

const { outputs } = JSON.parse(readFileSync(METAFILE, "utf8"));
const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const imported = reached(Object.values(exports).flatMap(({ import: entry }) => entry?.default.replace("./", "") ?? []));

for (const file of readdirSync("dist").flatMap((name) => (/\.c?js$/.test(name) ? [`dist/${name}`] : []))) {
	const code = readFileSync(file, "utf8");
	if (file.endsWith(".cjs")) writeFileSync(file, await shortened(code, false));
	else writeFileSync(file, imported.has(file) ? marked(await shortened(code, true)) : named(packagesIn(file), minified(code)));
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

/** Local variables get short names. Functions and classes keep theirs, which stack traces show. */
async function shortened(code, module) {
	const { code: short } = await minify(code, {
		module,
		ecma: 2022,
		// No function moves into another, so that stack traces name each of them. Node finds names of exports by the text `enumerable: true`.
		compress: { ecma: 2022, passes: 2, keep_fnames: true, keep_classnames: true, inline: false, reduce_funcs: false, sequences: false, booleans: false },
		mangle: { keep_fnames: true, keep_classnames: true },
		// Node shows the line that threw. A file with one letter beyond Latin-1 takes V8 twice the bytes.
		format: { max_line_len: 200, ascii_only: true },
	});
	return short;
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

/** Destructuring, one name at a time, because bundlers assume that a pattern has side effects. */
function eachAlone({ properties }, object) {
	// A pattern can follow the keyword without a space.
	return properties.map(({ key, value }) => ` ${value.name}=/*@__PURE__*/(()=>${object}.${key.name})()`).join();
}

/** Bundlers recognize that creating this has no side effects. */
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
	// Without escapes, tables of entities and letters are half as long.
	return withTexts(transformSync(code, { minify: true, format: "esm", target: "node20", charset: "utf8" }).code);
}

/** Writes long tables of small numbers as strings, one letter for each number. Most of the list of public suffixes consists of these. */
function withTexts(code) {
	return code.replace(/new (Uint(?:8|16)Array)\(\[([\de,]{5000,})\]\)/g, (whole, type, list) => {
		const numbers = JSON.parse(`[${list}]`);
		// Up to the last letter that is neither combining nor invisible.
		if (Math.max(...numbers) + FIRST_LETTER > 0x2ff) return whole;
		const letters = JSON.stringify(String.fromCharCode(...numbers.map((number) => number + FIRST_LETTER)));
		return `${type}.from(${letters},letter=>letter.charCodeAt()-${FIRST_LETTER})`;
	});
}

function packagesIn(file) {
	return [...new Set(Object.keys(outputs[file].inputs).flatMap((path) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))];
}

/** Adds a line for each package, after the shebang line. */
function named(packages, code) {
	const [, shebang, rest] = /^(#!.*\n)?(.*)$/s.exec(code);
	return `${shebang ?? ""}${packages.map((name) => `// node_modules/${name}/\n`).join("")}${rest}`;
}
