import fc from "fast-check";
import helmet from "helmet";
import ts from "typescript";
import { expect, test, vi } from "vitest";
import { migrateFile } from "../../../src/cli/migrate/file.ts";
import { secureHeaders } from "../../../src/middleware.ts";
import { runs } from "../../support/runs.ts";

/* Whatever starts with helmet starts after the migration, or was left alone: options of any shape, with names that stand for anything. */

const one = fc.constantFrom;

const SOURCES = one(
	...["'self'", "'none'", "https:", "data:", "https://a.example", "*.a.example", "a.example:8080/x", "'unsafe-inline'", "'strict-dynamic'", "'report-sample'"],
	...[
		"'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
		"'nonce-abc'",
		"'self' data:",
		"",
		" ",
		"self",
		"'slef'",
		"ünï.example",
		"*",
		"https://*",
		"a\nb",
	],
	...[
		"https://a.example/x*",
		"blob:",
		"wss://a.example",
		"https://a.example; x",
		"'wasm-unsafe-eval'",
		"allow-forms",
		"script",
		"/csp",
		"default",
		"constructor",
	],
);
const quoted = SOURCES.map((source) => JSON.stringify(source));
const TEST = one(
	"isDev",
	"isProd",
	"!isDev",
	"isDev!",
	"(isDev as boolean)",
	"process.env.NODE_ENV === 'production'",
	"url",
	"isDev && isProd",
	"isDev || num > 3",
);
const FUNCTION = one(
	`(req: any, res: any) => \`'nonce-\${res.locals.nonce}'\``,
	"function (req: any, res: any) { return \"'self'\"; }",
	"fn",
	"nonceOf",
	"async () => \"'self'\"",
	"() => hosts",
);
const UNKNOWN = one(
	"process.env.CDN",
	"process.env.CDN!",
	"url",
	"url as string",
	"url!",
	"hosts[0]",
	"num",
	"obj.x",
	`\`https://\${url}\``,
	"url + '/x'",
	"undefined",
	"null",
);
const CONSTANT = one("IMG", "HOST", "AGE", "ON", "MIXED", `\`https://\${HOST}\``, "'https://' + HOST", "ALIAS", "IMG as string[]", "COUNT");

const entry = fc.oneof(
	{ weight: 8, arbitrary: quoted },
	{ weight: 1, arbitrary: UNKNOWN },
	{ weight: 2, arbitrary: CONSTANT },
	{ weight: 2, arbitrary: FUNCTION },
	{ weight: 1, arbitrary: fc.tuple(TEST, quoted, quoted).map(([test, yes, no]) => `${test} ? ${yes} : ${no}`) },
	{ weight: 1, arbitrary: fc.tuple(TEST, quoted).map(([test, yes]) => `...(${test} ? [${yes}] : [])`) },
	{
		weight: 1,
		arbitrary: one("...hosts", "...IMG", "...MIXED", "...[\"'self'\"]", "...(hosts as string[])", "...new Set(IMG)", "...url", "isDev && \"'self'\""),
	},
);
const list = fc.array(entry, { maxLength: 3 }).map((entries) => `[${entries.join(", ")}]`);
const sources = fc.oneof(
	{ weight: 8, arbitrary: list },
	{ weight: 2, arbitrary: quoted },
	{ weight: 1, arbitrary: fc.oneof(UNKNOWN, CONSTANT, FUNCTION) },
	{ weight: 1, arbitrary: list.map((entries) => `new Set(${entries})`) },
	{ weight: 1, arbitrary: list.map((entries) => `${entries} as const`) },
	{ weight: 1, arbitrary: fc.tuple(TEST, list, fc.oneof(list, one("null"))).map(([test, yes, no]) => `${test} ? ${yes} : ${no}`) },
	{ weight: 1, arbitrary: one("hosts", "hosts!", "[...hosts]", "[]", "true", "false", "1", "{}", "helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc") },
);
const DIRECTIVE = one(
	...["defaultSrc", "default-src", "imgSrc", "'img-src'", "scriptSrc", "scriptSrcAttr", "scriptSrcElem", "styleSrc", "connectSrc", "fontSrc", "frameSrc"],
	...["frameAncestors", "formAction", "baseUri", "objectSrc", "workerSrc", "manifestSrc", "childSrc", "mediaSrc", "upgradeInsecureRequests", "sandbox"],
	...["requireTrustedTypesFor", "trustedTypes", "reportUri", "reportTo", "blockAllMixedContent", "pluginTypes", "fooSrc", "prefetchSrc", "__proto__"],
).map((name) => (/^[\w$]+$/.test(name) || name.startsWith("'") ? name : JSON.stringify(name)));

const object = (fields: readonly (readonly [string, string])[]): string =>
	`{ ${fields.map(([key, value]) => (key.startsWith("...") ? `${key}` : `${key}: ${value}`)).join(", ")} }`;
const fieldsOf = (key: fc.Arbitrary<string>, value: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
	fc.uniqueArray(fc.tuple(key, value), { maxLength, selector: ([name]) => name }).map(object);

const directives = fc.oneof(
	{
		weight: 8,
		arbitrary: fieldsOf(fc.oneof({ weight: 12, arbitrary: DIRECTIVE }, one("...helmet.contentSecurityPolicy.getDefaultDirectives()", "...obj")), sources, 5),
	},
	{ weight: 1, arbitrary: one("obj", "{}", "undefined") },
);
const boolean = fc.oneof({ weight: 4, arbitrary: one("true", "false") }, one("!isDev", "isProd", "undefined", "0", "null", "ON", "process.env.X === '1'"));
const csp = fc.oneof(
	{
		weight: 6,
		arbitrary: fc
			.tuple(boolean, boolean, directives, one("", ", loose: true"))
			.map(([d, r, all, more]) => `{ useDefaults: ${d}, reportOnly: ${r}, directives: ${all}${more} }`),
	},
	{ weight: 4, arbitrary: directives.map((all) => `{ directives: ${all} }`) },
	{ weight: 2, arbitrary: boolean },
	{ weight: 1, arbitrary: fc.tuple(TEST, directives).map(([test, all]) => `${test} ? { directives: ${all} } : false`) },
);
const number = one(
	"1",
	"0",
	"5.5",
	"31536000",
	"60 * 60 * 24 * 365",
	"-1",
	"1e400",
	"'1'",
	"AGE",
	"num",
	"isDev ? 0 : 31536000",
	"undefined",
	"Number(process.env.AGE)",
	"10n",
	"COUNT",
);
const hsts = fc.oneof(
	{
		weight: 4,
		arbitrary: fc
			.uniqueArray(
				fc.oneof(
					number.map((value) => ["maxAge", value] as const),
					fc.tuple(one("includeSubDomains", "preload", "force", "setIf", "includeSubdomains", "extra"), boolean),
				),
				{ selector: ([key]) => key },
			)
			.map(object),
	},
	boolean,
	one("obj", "'x'", "[]", "isProd && { maxAge: 1 }"),
);
const word = (field: string, ...words: readonly string[]): fc.Arbitrary<string> =>
	fc.oneof(
		{ weight: 4, arbitrary: fc.oneof({ weight: 4, arbitrary: one(...words) }, UNKNOWN, CONSTANT).map((value) => `{ ${field}: ${value} }`) },
		{ weight: 2, arbitrary: fc.tuple(TEST, one(...words), one(...words)).map(([test, yes, no]) => `{ ${field}: ${test} ? ${yes} : ${no}, more: 1 }`) },
		boolean,
		one("{}", "obj", "'x'"),
	);
const HEADERS: Readonly<Record<string, fc.Arbitrary<string>>> = {
	contentSecurityPolicy: csp,
	hsts,
	strictTransportSecurity: hsts,
	frameguard: word("action", "'deny'", "'SAMEORIGIN'", "'same-origin'", "'allow-from'", "1"),
	xFrameOptions: word("action", "'DENY'", "'sameorigin'"),
	referrerPolicy: word("policy", "'origin'", "['origin', 'no-referrer']", "['origin']", "''", "[]", "['']", "'x'", "IMG"),
	crossOriginOpenerPolicy: word("policy", "'same-origin'", "'unsafe-none'", "'noopener-allow-popups'", "'x'"),
	crossOriginEmbedderPolicy: word("policy", "'require-corp'", "'credentialless'", "'unsafe-none'"),
	crossOriginResourcePolicy: word("policy", "'same-site'", "'cross-origin'", "'x'"),
	originAgentCluster: boolean,
	noSniff: boolean,
	xContentTypeOptions: boolean,
	dnsPrefetchControl: word("allow", "true", "false", "'x'", "0"),
	permittedCrossDomainPolicies: word("permittedPolicies", "'none'", "'all'", "'x'", "'master-only'"),
	ieNoOpen: boolean,
	xssFilter: boolean,
	hidePoweredBy: boolean,
	permissionsPolicy: one("{}", "false"),
	expectCt: one("{ maxAge: 1 }", "false"),
};
const option = one(...Object.keys(HEADERS)).chain((name) => (HEADERS[name] as fc.Arbitrary<string>).map((value) => [name, value] as const));
const options = fc.oneof(
	{ weight: 8, arbitrary: fc.uniqueArray(option, { maxLength: 4, selector: ([name]) => name }).map(object) },
	{
		weight: 1,
		arbitrary: one("", "{}", "undefined", "obj", "{ ...obj }", "{ __proto__: { hsts: false } }", "{ hsts: false } as const", "isDev ? {} : { hsts: false }"),
	},
);
const single = one("contentSecurityPolicy", "hsts", "frameguard", "referrerPolicy", "crossOriginOpenerPolicy", "noSniff").chain((name) =>
	fc.oneof(one(""), HEADERS[name] as fc.Arbitrary<string>).map((value) => `helmet.${name}(${value})`),
);
const call = options.map((value) => `helmet(${value})`);

const program = fc.record({
	main: call,
	singles: fc.array(single, { maxLength: 2 }),
	route: fc.option(fc.oneof(call, single), { nil: undefined }),
	uses: one("", "hand({ IMG, MIXED });", "IMG.push(\"'slef'\");", "use(IMG, HOST, AGE, ON, MIXED, ALIAS, COUNT, nonceOf);"),
	img: fc.array(quoted, { maxLength: 3 }),
	isLate: fc.boolean(),
});

/** With the constants before everything, or between the parts of the policy. */
const textOf = ({ main, singles, route, uses, img, isLate }: typeof program extends fc.Arbitrary<infer P> ? P : never): string => {
	const constants = `const IMG = [${img.join(", ")}];
const HOST = "a.example";
const AGE = 31536000;
const ON = true, COUNT = isDev ? 1 : 31536000;
const MIXED = ["'self' data:", ...(isDev ? ["ws:"] : [])];
const ALIAS = IMG;
function nonceOf(req: any, res: any): string { return "'nonce-x'"; }
${uses}`;
	return `import express from "express";
import helmet from "helmet";
const app = express();
${isLate ? "" : constants}
app.use(${main});
${isLate ? constants : ""}
${singles.map((one) => `app.use(${one});`).join("\n")}
${route === undefined ? "" : `app.get("/x", ${route}, end);`}
`;
};

const NAMES = ["express", "helmet", "secureHeaders", "process", "isDev", "isProd", "hosts", "url", "num", "obj", "fn", "end", "use", "hand"];
const known = { express: () => ({ use() {}, get() {} }), helmet, secureHeaders, end() {}, use() {}, hand() {} };
const fn = () => "'self'";
const BINDINGS: readonly Readonly<Record<string, unknown>>[] = [
	{
		isDev: true,
		isProd: false,
		hosts: ["'self'"],
		url: "https://a.example",
		num: 1,
		obj: {},
		fn,
		process: { env: { NODE_ENV: "test", CDN: "https://cdn.example" } },
	},
	{
		isDev: false,
		isProd: true,
		hosts: [],
		url: "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
		num: 5.5,
		obj: { x: "https://x.example" },
		fn,
		process: { env: { NODE_ENV: "production" } },
	},
	{
		isDev: true,
		isProd: true,
		hosts: ["'slef'", "a b"],
		url: "",
		num: Number.NaN,
		obj: { defaultSrc: ["*"], hsts: false },
		fn: "x",
		process: { env: { CDN: "https://a https://b" } },
	},
	{
		isDev: undefined,
		isProd: undefined,
		hosts: ["'none'", "'sha256-AAAA'"],
		url: "ünï",
		num: 31536000,
		obj: { maxAge: 1, policy: "x" },
		fn,
		process: { env: { CDN: "", AGE: "5", X: "1" } },
	},
];

/** Throws what the program throws when it starts. */
function start(script: string, binding: Readonly<Record<string, unknown>>): void {
	const all: Readonly<Record<string, unknown>> = { ...known, ...binding };
	new Function(...NAMES, script)(...NAMES.map((name) => all[name]));
}

function scriptOf(text: string): string {
	const { outputText, diagnostics } = ts.transpileModule(text, {
		reportDiagnostics: true,
		compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
	});
	expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
	return outputText.replace(/^import .*$/gm, "");
}

function problem(run: () => void): string | undefined {
	try {
		run();
		return undefined;
	} catch (error) {
		return (error as Error).message;
	}
}

test("what started with helmet starts with headguard, or was left alone", () => {
	vi.spyOn(console, "warn").mockImplementation(() => {});
	const counts = { migrated: 0, untouched: 0, started: 0 };
	fc.assert(
		fc.property(program, (parts) => {
			const text = textOf(parts);
			const after = migrateFile(text, "app.ts");
			expect(after).toBeDefined();
			counts[after?.text === text ? "untouched" : "migrated"]++;
			if (after === undefined || after.text === text) {
				expect(after?.findings.some(({ code }) => code === undefined)).toBe(true);
				return;
			}
			const [old, fresh] = [scriptOf(text), scriptOf(after.text)];
			for (const binding of BINDINGS) {
				if (problem(() => start(old, binding)) !== undefined) continue;
				counts.started++;
				expect(
					problem(() => start(fresh, binding)),
					`${text}\n---\n${after.text}\n${JSON.stringify(binding)}`,
				).toBeUndefined();
			}
		}),
		{ numRuns: runs(600) },
	);
	// A test in which nothing is migrated, or nothing starts, proves nothing.
	expect(counts.migrated).toBeGreaterThan(runs(200));
	expect(counts.started).toBeGreaterThan(runs(400));
	if (process.env["RUNS"] !== undefined) console.log(counts);
}, 120_000);
