import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { migrateFile } from "../../../src/cli/migrate/file.ts";
import { parse } from "../../../src/csp/serialize.ts";
import { runHere } from "../../support/cli.ts";

const CSP = `contentSecurityPolicy: {
		useDefaults: false,
		directives: {
			defaultSrc: ["'self'"],
			baseUri: ["'self'"],
			fontSrc: ["'self'", "https:", "data:"],
			formAction: ["'self'"],
			frameAncestors: ["'self'"],
			imgSrc: ["'self'", "data:"],
			objectSrc: ["'none'"],
			scriptSrc: ["'self'"],
			scriptSrcAttr: ["'none'"],
			styleSrc: ["'self'", "https:", "'unsafe-inline'"],
			upgradeInsecureRequests: true,
		},
	},`;

const migrated = (text: string, name = "app.js") => migrateFile(text, name);
const notesOf = (text: string): string =>
	migrated(text)
		?.findings.flatMap(({ notes }) => notes)
		.join("\n") ?? "";
/** What stands in the place of `helmet(options)`. */
const optionsOf = (options: string): string => {
	const text = migrated(`import helmet from "helmet";\nexport const x = helmet(${options});\n`)?.text ?? "";
	return text.slice(text.indexOf("secureHeaders(") + "secureHeaders(".length, text.lastIndexOf(");"));
};

describe("a file", () => {
	test("ES module: the import, the call and nothing else", () => {
		expect(
			migrated(`import express from "express";\nimport helmet from "helmet";\n\nconst app = express();\napp.use(helmet());\napp.get("/", home);\n`)?.text,
		).toBe(
			`import express from "express";\nimport { secureHeaders } from "headguard";\n\nconst app = express();\napp.use(secureHeaders({\n\t${CSP}\n}));\napp.get("/", home);\n`,
		);
	});

	test("CommonJS, with the indentation of the file", () => {
		const text = migrated(`const helmet = require('helmet')\nmodule.exports = (app) => {\n  app.use(helmet({ contentSecurityPolicy: false }))\n}\n`)?.text;
		expect(text).toBe(
			`const { secureHeaders } = require("headguard");\nmodule.exports = (app) => {\n  app.use(secureHeaders({ contentSecurityPolicy: false, xFrameOptions: "SAMEORIGIN" }));\n}\n`,
		);
	});

	test.each([
		['import * as helmet from "helmet";', "helmet.default({ contentSecurityPolicy: false })"],
		['import helmet = require("helmet");', "helmet({ contentSecurityPolicy: false } as const)"],
		['import { default as helmet } from "helmet";', "helmet({ contentSecurityPolicy: false } satisfies object)"],
		['const helmet = require("helmet").default;', "helmet({ contentSecurityPolicy: !true })"],
	])("%s", (line, call) => {
		const text = migrated(`${line}\napp.use(${call});\n`, "app.ts")?.text;
		expect(text).toContain('secureHeaders({ contentSecurityPolicy: false, xFrameOptions: "SAMEORIGIN" })');
		expect(text).not.toContain("helmet");
	});

	test("helmet() and single middlewares on the same app become one policy, where the last function of it stood", () => {
		const text = migrated(
			`const { contentSecurityPolicy, hsts } = require("helmet");\nconst helmet = require("helmet");\napp.use(helmet({ xFrameOptions: false }));\napp.use((req, res, next) => { res.locals.nonce = nonce(); next(); });\napp.use(contentSecurityPolicy({ useDefaults: false, directives: { defaultSrc: ["'self'"], scriptSrc: [(req, res) => \`'nonce-\${res.locals.nonce}'\`] } }));\napp.use(hsts({ maxAge: 60 * 60 * 24 * 365 * 2 }));\n`,
		)?.text;
		expect(text?.split("\n").filter((line) => line !== "")).toEqual([
			'const { secureHeaders } = require("headguard");',
			"app.use((req, res, next) => { res.locals.nonce = nonce(); next(); });",
			"app.use(secureHeaders({",
			"\tcontentSecurityPolicy: {",
			"\t\tuseDefaults: false,",
			`\t\tdirectives: { defaultSrc: ["'self'"], scriptSrc: [(req, res) => \`'nonce-\${res.locals.nonce}'\`] },`,
			"\t},",
			"\tstrictTransportSecurity: { maxAge: 63072000 },",
			"\txFrameOptions: false,",
			"}));",
		]);
	});

	test("single middlewares alone keep the other headers off", () => {
		expect(migrated(`import helmet from "helmet";\nconst app = express();\napp.use(helmet.noSniff(), helmet.frameguard({ action: "deny" }));\n`)?.text).toBe(
			`import { secureHeaders } from "headguard";\nconst app = express();\napp.use(secureHeaders({\n\tcontentSecurityPolicy: false,\n\tstrictTransportSecurity: false,\n\txFrameOptions: "DENY",\n\treferrerPolicy: false,\n\tcrossOriginOpenerPolicy: false,\n\tcrossOriginResourcePolicy: false,\n\toriginAgentCluster: false,\n\tpermissionsPolicy: false,\n}));\n`,
		);
	});

	test("routes replace parts of the policy of the app", () => {
		const text = migrated(
			`import helmet from "helmet";\napp.use(helmet());\napp.get("/embed", helmet.frameguard({ action: "deny" }), embed);\napp.use("/api", helmet({ crossOriginResourcePolicy: { policy: "cross-origin" }, hsts: false }), api);\n`,
		)?.text;
		expect(text).toContain("const headers = secureHeaders({\n");
		expect(text).toContain("});\napp.use(headers);\n");
		expect(text).toContain('app.get("/embed", headers.replace({ xFrameOptions: "DENY" }), embed);');
		expect(text).toContain('app.use("/api", headers.replace({ crossOriginResourcePolicy: "cross-origin" }), api);');
	});

	test("several single middlewares of one route", () => {
		const text = migrated(
			'import helmet from "helmet";\napp.use(helmet());\napp.get("/", helmet.frameguard({ action: "deny" }), helmet.hsts({ maxAge: 5 }), end);\n',
		)?.text;
		expect(text).toContain('app.get("/", headers.replace({ xFrameOptions: "DENY" }), headers.replace({ strictTransportSecurity: { maxAge: 5 } }), end);');
	});

	test("a name that is taken is not taken again", () => {
		const text = migrated(`import helmet from "helmet";\nconst headers = 1;\napp.use(helmet());\napp.get("/", helmet.hsts(), end);\n`)?.text;
		expect(text).toContain("const securityHeaders = secureHeaders(");
		expect(text).toContain("securityHeaders.replace({ strictTransportSecurity: true })");
	});

	test("what was migrated is not migrated again, and other files are not touched", () => {
		const once = migrated('import helmet from "helmet";\napp.use(helmet());\n')?.text ?? "";
		expect(migrated(once)).toBeUndefined();
		expect(migrated('import { Helmet } from "react-helmet";\n')).toBeUndefined();
		expect(migrated("const helmet = 1;\n")).toBeUndefined();
	});
});

describe("whatever stands around it", () => {
	test("comments inside what is replaced are kept, line ends are those of the file", () => {
		const text = migrated(
			'\ufeffimport helmet from "helmet";\r\napp.use(helmet({\r\n\t// keep me\r\n\tcontentSecurityPolicy: false, /* why */\r\n})); // after\r\n',
		)?.text;
		expect(text).toBe(
			'\ufeffimport { secureHeaders } from "headguard";\r\n// keep me\r\n/* why */\r\napp.use(secureHeaders({ contentSecurityPolicy: false, xFrameOptions: "SAMEORIGIN" })); // after\r\n',
		);
	});

	test("decorators, JSX, a first line for the shell", () => {
		const call = "helmet({ contentSecurityPolicy: false })";
		for (const [name, text] of [
			["app.ts", `import helmet from "helmet";\n@Module({})\nclass A { constructor(@Inject() private readonly x: string) {} }\napp.use(${call});\n`],
			["app.tsx", `import helmet from "helmet";\nconst page = <p>{1}</p>;\napp.use(${call});\n`],
			["app.cjs", `#!/usr/bin/env node\nconst helmet = require("helmet");\napp.use(${call});\n`],
		] as const)
			expect(migrated(text, name)?.text, name).toContain("app.use(secureHeaders({ contentSecurityPolicy: false");
	});

	test("a declaration of several things stays, and the new one follows", () => {
		const text = migrated('const express = require("express"), helmet = require("helmet");\napp.use(helmet({ contentSecurityPolicy: false }));\n')?.text;
		expect(text?.split("\n").slice(0, 2)).toEqual([
			'const express = require("express"), helmet = require("helmet");',
			'const { secureHeaders } = require("headguard");',
		]);
	});

	test("branches without braces are not taken together", () => {
		const text = migrated(
			'import helmet from "helmet";\nif (a) app.use(helmet({ contentSecurityPolicy: false }));\nelse app.use(helmet({ contentSecurityPolicy: false, frameguard: false }));\n',
		)?.text;
		expect(text).toContain(
			'if (a) app.use(secureHeaders({ contentSecurityPolicy: false, xFrameOptions: "SAMEORIGIN" }));\nelse app.use(secureHeaders({ contentSecurityPolicy: false, xFrameOptions: false }));',
		);
	});

	test("on a router in a file with the app: its parts stay, those of the app are migrated", () => {
		const result = migrated(
			'import helmet from "helmet";\nconst app = express();\napp.use(helmet());\nconst r = express.Router();\nr.use(helmet.frameguard({ action: "deny" }));\n',
		);
		expect(result?.text).toContain('r.use(helmet.frameguard({ action: "deny" }));');
		expect(result?.text).toContain("app.use(secureHeaders({");
		expect(result?.findings.filter(({ code }) => code === undefined).map(({ line }) => line)).toEqual([5]);
	});

	test("a semicolon that guards the next line stays", () => {
		const text = migrated(
			'import helmet from "helmet"\nconst app = express()\napp.use(helmet({ contentSecurityPolicy: false }))\nconst list = []\napp.use(helmet.noSniff())\n;(function () {})()\n',
		)?.text;
		expect(text).toContain("const list = []\n;(function () {})()\n");
	});

	test("each function with a require of its own gets its own", () => {
		const part = (name: string) => `function ${name}(app) { const helmet = require("helmet"); app.use(helmet()); }\n`;
		const text = migrated(part("a") + part("b"))?.text ?? "";
		expect(text.split('const { secureHeaders } = require("headguard");')).toHaveLength(3);
		expect(text).not.toContain("helmet");
	});

	test("a route before the place of the policy does not use its variable", () => {
		const source =
			'import helmet from "helmet";\napp.use(helmet());\napp.use((req, res, next) => { res.locals.n = helmet.hsts(); next(); });\napp.use(helmet.contentSecurityPolicy({ directives: { scriptSrc: [(q, s) => s.locals.n] } }));\n';
		expect(migrated(source)?.text).not.toContain("headers.replace");
	});

	test("parentheses, types and default values of parameters", () => {
		expect(optionsOf("{ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [((req) => nonce(req))] } } }")).toContain(
			"defaultSrc: [((req) => nonce(req))]",
		);
		const typed = migrated(
			'import helmet, { type HelmetOptions } from "helmet";\nlet o: HelmetOptions;\napp.use(helmet({ contentSecurityPolicy: false }));\n',
			"app.ts",
		);
		expect(typed?.text).toContain("app.use(secureHeaders({");
		expect(migrated('import helmet from "helmet";\nfunction f(app, mw = helmet({ contentSecurityPolicy: false })) {}\n')?.text).toContain(
			"mw = secureHeaders({",
		);
	});

	test("what is taken from the rest of a require is not known", () => {
		const source = 'const { hsts, ...rest } = require("helmet");\nconst app = express();\napp.use(hsts(), rest.noSniff());\n';
		expect(migrated(source)).toMatchObject({ text: source, findings: [{ code: undefined }] });
	});

	test("a call that is no route is a policy of its own", () => {
		const text = migrated('import helmet from "helmet";\napp.use(helmet());\nexport default helmet({ contentSecurityPolicy: false });\n')?.text;
		expect(text).toContain('export default secureHeaders({ contentSecurityPolicy: false, xFrameOptions: "SAMEORIGIN" });');
		expect(text).not.toContain("headers.replace");
	});

	test("where the policy of the app was left alone, so are the routes that would need it", () => {
		const text = 'import helmet from "helmet";\napp.use(helmet(options));\napp.get("/", helmet.hsts(), end);\n';
		expect(migrated(text)?.text).toBe(text);
	});
});

describe("left alone, with the reason and the line", () => {
	test.each([
		["app.use(helmet(options));", "its options cannot be read from this file"],
		["app.use(helmet({ ...options, hsts: false }));", "its options cannot be read from this file"],
		["app.use(helmet({ contentSecurityPolicy: policy }));", 'contentSecurityPolicy is "policy", which cannot be read from this file'],
		["app.use(helmet({ contentSecurityPolicy: { directives: { ...directives() } } }));", "cannot be read from this file"],
		["app.use(helmet()); function f(helmet) { return helmet(); }", "something else in this file has the same name"],
		["app.get('/', (req, res) => { helmet()(req, { ...res }, () => {}); });", "it is created in each request"],
		["const f = () => { return h; function h(req, res, next) { helmet()(req, res, next); } };", "it is created in each request"],
		[
			`app.use((req, res, next) => { let n = a(); res.locals.n = n; n = b(); helmet({ contentSecurityPolicy: { directives: { scriptSrc: [\`'nonce-\${n}'\`] } } })(req, res, next); });`,
			"its policy reads n, a variable of the handler",
		],
		[
			`app.use((req, res, next) => { const n = a(); if (req.x) res.locals.n = n; helmet({ contentSecurityPolicy: { directives: { scriptSrc: [\`'nonce-\${n}'\`] } } })(req, res, next); });`,
			"its policy reads n, a variable of the handler",
		],
		["app.use((req, res, next) => helmet({ frameguard: req.secure })(req, res, next));", "xFrameOptions"],
		["app.use((req, res, next) => helmet({ hsts: req.secure ? false : undefined })(req, res, next));", "it depends on the request"],
		["app.use(helmet.frameguard());", "the application may have a policy elsewhere that these are added to"],
		["const r = express.Router(); r.use(helmet({ contentSecurityPolicy: false }));", "the policy of a router is added to that of the application"],
		["app.use(helmet()); app.get('/login', login); app.use(helmet.hsts());", "other middleware is mounted between its parts"],
		["app.use(helmet()); app.use(express.static('public')); app.use(helmet.hsts());", "other middleware is mounted between its parts"],
		["app.use(helmet.hsts()); app.use(helmet());", "helmet() does not come first on this app"],
		["app.use(helmet()); app.use(helmet.contentSecurityPolicy({ reportOnly: true }));", "it has an enforced and a report-only policy"],
		["function secureHeaders() {} app.use(helmet());", "this file already uses the name secureHeaders"],
		["app.use(helmet);", "this command does not know this use of helmet"],
		["register(helmet, { hsts: false });", "this command does not know this use of helmet"],
		["app.use(helmet()); app.use(helmet({ hsts: false }));", "helmet() is mounted twice on the same app"],
		["router.get('/', helmet.hsts());", "a single middleware needs a policy to build on"],
		["const app = express(); app.use(helmet.noCache());", "helmet 8 has no noCache"],
		["app.use(helmet({ contentSecurityPolicy: { directives: { scriptSrc: [\"'slef'\"] } } }));", "headguard refuses the result"],
		["app.use(helmet({ contentSecurityPolicy: { directives: { imgSrc: hosts } } }));", 'imgSrc contains "hosts", which is only known at run time'],
		["app.use(helmet({ contentSecurityPolicy: { directives: { imgSrc: [\"'self'\", ...hosts] } } }));", 'imgSrc contains "...hosts", which'],
		["app.use(helmet({ contentSecurityPolicy: { directives: { imgSrc: [process.env.CDN] } } }));", 'imgSrc contains "process.env.CDN", which'],
		["app.use(helmet({ hsts: { maxAge: Number(process.env.AGE) } }));", 'maxAge contains "Number(process.env.AGE)", which'],
		["app.use(helmet({ hsts: { maxAge: 1e400 } }));", "headguard refuses the result"],
		["app.use(helmet({ hsts: { includeSubDomains: !isDev, preload: isProd === true } }));", "headguard refuses the result"],
		["app.use(helmet({ contentSecurityPolicy: false, frameguard: { action } }));", 'xFrameOptions contains "action", which'],
		[
			"const imgSrc = [\"'sha256-AAAA'\"], all = { imgSrc }; app.use(helmet({ contentSecurityPolicy: { directives: { imgSrc: imgSrc } } }));",
			"headguard refuses the result",
		],
		["const a = a; app.use(helmet({ contentSecurityPolicy: { directives: { imgSrc: a } } }));", 'imgSrc contains "a", which'],
		["const a = [\"'self'\"]; a.push(b); app.use(helmet({ contentSecurityPolicy: { directives: { imgSrc: a } } }));", 'imgSrc contains "a", which'],
		["app.use(helmet({ __proto__: { hsts: false } }));", "its options cannot be read from this file"],
		["app.use(helmet()); app.use(helmet.constructor());", "helmet 8 has no constructor"],
		["app.use(helmet()); app.use(helmet.toString());", "helmet 8 has no toString"],
		["app.use(helmet({ hsts: a ? b ? c ? d ? e ? f ? g ? {} : false : {} : {} : {} : {} : {} : {} }));", "it depends on 7 conditions"],
	])("%s", (line, reason) => {
		const text = `import helmet from "helmet";\n${line}\n`;
		const result = migrated(text);
		expect(result?.text).toBe(text);
		const left = result?.findings.filter(({ code }) => code === undefined) ?? [];
		expect(left.map(({ line }) => line)).toEqual([2]);
		expect(left[0]?.notes.join()).toContain(reason);
	});

	test("beside what is understood: the import of helmet stays", () => {
		const text = migrated('import helmet from "helmet";\napp.use(helmet({ contentSecurityPolicy: false }));\nother(helmet);\n')?.text;
		expect(text?.split("\n").slice(0, 2)).toEqual(['import helmet from "helmet";', 'import { secureHeaders } from "headguard";']);
		expect(text).toContain("other(helmet);");
		expect(text).toContain("app.use(secureHeaders(");
	});

	test("a declaration that others see, or that is no statement by itself, stays", () => {
		const call = "app.use(helmet({ contentSecurityPolicy: false }));";
		expect(migrated(`export const helmet = require("helmet");\n${call}\n`)?.text).toBe(
			`export const helmet = require("helmet");\nconst { secureHeaders } = require("headguard");\napp.use(secureHeaders({ contentSecurityPolicy: false, xFrameOptions: "SAMEORIGIN" }));\n`,
		);
		const loop = `for (const helmet = require("helmet"); ; ) { ${call} }\n`;
		expect(migrated(loop)?.text).toBe(loop);
		expect(migrated(loop)?.findings.every(({ code }) => code === undefined)).toBe(true);
	});

	test("parts that read what is declared between them move behind it", () => {
		const source = `import helmet from "helmet";\nconst app = express();\napp.use(helmet({ contentSecurityPolicy: false }));\nconst ages = { AGE: 5 }, AGE = 5;\nlog({ AGE });\napp.use(helmet.hsts({ maxAge: AGE }));\n`;
		expect(migrated(source)?.text).toContain("log({ AGE });\napp.use(secureHeaders({");
	});

	test("a type of an older version", () => {
		const text = 'import type { HelmetOptions } from "helmet";\nlet x: HelmetOptions;\n';
		const note = "HelmetOptions is a type of helmet 4, whose options are not those of headguard";
		expect(migrateFile(text, "app.ts", () => [4, 6, 0])).toEqual({ text, findings: [{ line: 1, code: undefined, notes: [note] }] });
	});
});

describe("options", () => {
	test.each([
		["{ contentSecurityPolicy: false, frameguard: false }", "{ contentSecurityPolicy: false, xFrameOptions: false }"],
		["{ contentSecurityPolicy: false, hidePoweredBy: false }", '{ contentSecurityPolicy: false, xPoweredBy: false, xFrameOptions: "SAMEORIGIN" }'],
		["{ contentSecurityPolicy: false, xFrameOptions: { action: 'same-origin' } }", '{ contentSecurityPolicy: false, xFrameOptions: "SAMEORIGIN" }'],
		[
			"{ contentSecurityPolicy: false, frameguard: false, referrerPolicy: { policy: ['origin'] } }",
			'{ contentSecurityPolicy: false, xFrameOptions: false, referrerPolicy: "origin" }',
		],
		[
			"{ contentSecurityPolicy: false, frameguard: false, crossOriginEmbedderPolicy: true }",
			'{ contentSecurityPolicy: false, xFrameOptions: false, crossOriginEmbedderPolicy: "require-corp" }',
		],
		[
			"{ contentSecurityPolicy: false, frameguard: false, dnsPrefetchControl: { allow: true } }",
			'{ contentSecurityPolicy: false, xFrameOptions: false, xDnsPrefetchControl: "on" }',
		],
		[
			"{ contentSecurityPolicy: false, frameguard: false, hsts: { maxAge: 5.5, preload: true } }",
			"{ contentSecurityPolicy: false, strictTransportSecurity: { maxAge: 5 }, xFrameOptions: false }",
		],
		[
			"{ contentSecurityPolicy: false, frameguard: false, hsts: isProd ? { maxAge: 5 } : false }",
			"{\n\tcontentSecurityPolicy: false,\n\tstrictTransportSecurity: isProd ? { maxAge: 5 } : false,\n\txFrameOptions: false,\n}",
		],
	])("%s", (helmet, headguard) => {
		expect(optionsOf(helmet)).toBe(headguard);
	});

	test.each([
		["[\"'self' https://a.example\", 'https://b.example']", '["\'self\'", "https://a.example", "https://b.example"]'],
		["new Set([\"'self'\"])", "[\"'self'\"]"],
		["'https://a.example'", '["https://a.example"]'],
		["[\"'self'\", nonceOf]", "[\"'self'\", nonceOf]"],
		["SEVERAL", "SEVERAL"],
		["[\"'self'\", ...SEVERAL]", "[\"'self'\", ...SEVERAL]"],
		["(SEVERAL as string[])", "(SEVERAL as string[])"],
		[`['https://' + HOST, \`wss://\${HOST}\`]`, `['https://' + HOST, \`wss://\${HOST}\`]`],
		["[...(isDev ? ['ws:'] : []), (HOST satisfies string)!]", "[...(isDev ? ['ws:'] : []), (HOST satisfies string)!]"],
		["JOINED", '["\'self\'", "https://b.example"]'],
		["isDev ? ['*'] : null", 'isDev ? ["*"] : null'],
		["null", undefined],
	])("a directive: %s", (value, expected) => {
		const result = migrated(
			`import helmet from "helmet";
const SEVERAL = ["'self'", "https://a.example"], JOINED = ["'self' https://b.example"], HOST = "a.example";
const other = { SEVERAL, JOINED, HOST };
function nonceOf(req, res) { return res.locals.nonce; }
export const x = helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"], imgSrc: ${value} } } });
`,
			"app.ts",
		);
		expect(result?.findings.map(({ code }) => code === undefined)).toEqual([false]);
		expect(/imgSrc: (.*?) \}/.exec(result?.findings[0]?.code ?? "")?.[1]).toBe(expected);
	});

	test("defaults that are spread, the symbol, names in kebab-case and constants of the file", () => {
		const text = migrated(
			`import helmet from "helmet";\nconst images = ["'self'", "https://img.example"];\napp.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: {\n...helmet.contentSecurityPolicy.getDefaultDirectives(), "img-src": images, defaultSrc: helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc, objectSrc: null } } }));\n`,
		);
		expect(text?.text).toContain('imgSrc: ["\'self\'", "https://img.example"],');
		expect(text?.text).not.toMatch(/defaultSrc|objectSrc|helmet/);
		expect(text?.findings[0]?.notes.join()).toContain("there is no defaultSrc");
	});

	test("a report-only policy with helmet's defaults leaves out what browsers ignore there", () => {
		const line = optionsOf("{ contentSecurityPolicy: { reportOnly: true } }");
		expect(line).toContain("contentSecurityPolicyReportOnly: {");
		expect(line).not.toContain("upgradeInsecureRequests");
	});

	test("reportOnly becomes the option of its own", () => {
		const line = optionsOf("{ contentSecurityPolicy: { reportOnly: true, useDefaults: false, directives: { defaultSrc: ['https:'], reportUri: '/csp' } } }");
		expect(line).toContain("contentSecurityPolicy: false,");
		expect(line).toContain('contentSecurityPolicyReportOnly: { useDefaults: false, directives: { defaultSrc: ["https:"], reportUri: ["/csp"] } },');
	});
});

test.each([
	[
		"helmet()",
		[
			"permissionsPolicy is new",
			"referrerPolicy is now strict-origin-when-cross-origin",
			"no longer sent, because current browsers do not need them",
			"upgradeInsecureRequests: only sent if",
		],
	],
	["helmet({ hsts: { maxAge: 5, preload: true } })", ["preload is left out. Preload lists refuse"]],
	["helmet({ contentSecurityPolicy: false })", ["SAMEORIGIN is kept"]],
	["helmet({ frameguard: { action: 'deny' } })", ["xFrameOptions: follows frameAncestors, which browsers already preferred"]],
	["helmet({ permissionsPolicy: {} })", ["permissionsPolicy: helmet ignored this option"]],
	[
		"helmet({ contentSecurityPolicy: { directives: { 'block-all-mixed-content': [], scriptSource: ['*'] } } })",
		[
			"block-all-mixed-content: browsers ignore",
			"script-source: headguard does not know this directive. It is left out. If it is new, write it in allowUnknownDirectives.",
		],
	],
	["helmet({ contentSecurityPolicy: { directives: { scriptSrc: [(req, res) => nonceOf(res)] } } })", ["The nonce function stays and works"]],
])("the notes on %s", (call, notes) => {
	for (const note of notes) expect(notesOf(`import helmet from "helmet";\napp.use(${call});\n`)).toContain(note);
});

describe("the command", () => {
	let folder = "";
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "headguard-migrate-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	const run = (...args: string[]) => runHere({}, folder, "migrate", ...args);
	const APP = 'import helmet from "helmet";\nexport default (app) => app.use(helmet({ contentSecurityPolicy: false }));\n';

	test("prints and writes nothing; with --write it writes and prints the same", async () => {
		writeFileSync(join(folder, "app.mjs"), APP);
		mkdirSync(join(folder, "node_modules"));
		writeFileSync(join(folder, "node_modules/other.js"), APP);
		const dry = await run();
		expect(dry).toMatchObject({ status: 0, stderr: "" });
		expect(dry.stdout).toMatch(/^app\.mjs:2:\n\nsecureHeaders\(/);
		expect(dry.stdout).toContain("Nothing was written. Add --write");
		expect(readFileSync(join(folder, "app.mjs"), "utf8")).toBe(APP);
		const written = await run("--write", "app.mjs");
		expect(dry.stdout.startsWith(written.stdout)).toBe(true);
		expect(readFileSync(join(folder, "app.mjs"), "utf8")).toContain('import { secureHeaders } from "headguard";');
		expect(readFileSync(join(folder, "node_modules/other.js"), "utf8")).toBe(APP);
		expect((await run("--write")).stdout).toBe("No file uses helmet.\n");
	});

	test("exit code 1 and the place, when something was left alone or cannot be parsed", async () => {
		writeFileSync(join(folder, "app.js"), 'const helmet = require("helmet");\nuse(helmet);\n');
		writeFileSync(join(folder, "broken.js"), "const helmet = = 1;\n");
		const { status, stdout } = await run("app.js", "broken.js");
		expect(status).toBe(1);
		expect(stdout).toContain("app.js:2: not changed: this command does not know this use of helmet\n");
		expect(stdout).toMatch(/broken\.js:1: not changed: the file cannot be parsed: .*\(1:15\)/);
	});

	test("a file that is not there is exit code 2", async () => {
		expect(await run("missing.js")).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("missing.js does not exist.") });
	});

	test("an application gives the same policy before and after", async () => {
		const app = `import { randomBytes } from "node:crypto";
import express from "express";
import helmet from "helmet";

const app = express();
app.use((req, res, next) => {
	res.locals.nonce = randomBytes(16).toString("hex");
	next();
});
app.use(helmet({
	contentSecurityPolicy: { directives: { "script-src": ["'self'", (req, res) => \`'nonce-\${res.locals.nonce}'\`], imgSrc: ["'self' data:", "https://img.example"] } },
	crossOriginResourcePolicy: { policy: "same-site" },
	strictTransportSecurity: { maxAge: 63072000 },
	referrerPolicy: { policy: ["origin", "no-referrer"] },
}));
app.get("/", (req, res) => res.send("ok"));
app.get("/embed", helmet.contentSecurityPolicy({ useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["https://partner.example"] } }), (req, res) => res.send("ok"));
const server = app.listen(0, async () => {
	const answers = [];
	for (const path of ["/", "/embed", "/missing"]) answers.push(Object.fromEntries((await fetch(\`http://127.0.0.1:\${server.address().port}\${path}\`)).headers));
	console.log(JSON.stringify(answers));
	server.close();
});
`;
		writeFileSync(join(folder, "app.mjs"), app);
		mkdirSync(join(folder, "node_modules"));
		for (const name of ["express", "helmet"]) symlinkSync(join(process.cwd(), "node_modules", name), join(folder, "node_modules", name));
		symlinkSync(process.cwd(), join(folder, "node_modules/headguard"));
		const answers = () => JSON.parse(spawnSync(process.execPath, ["app.mjs"], { cwd: folder, encoding: "utf8" }).stdout);
		const before = answers();
		expect((await run("--write", "app.mjs")).status).toBe(0);
		const after = answers();
		// Over plain http the directive stays away.
		const policy = (text: string) =>
			Object.fromEntries([...parse(text.replace(/'nonce-[0-9a-f]{32}'/, "N"))].filter(([name]) => name !== "upgrade-insecure-requests"));
		for (const i of [0, 1]) {
			expect(policy(after[i]["content-security-policy"])).toEqual(policy(before[i]["content-security-policy"]));
			for (const name of ["cross-origin-resource-policy", "cross-origin-opener-policy", "x-content-type-options", "origin-agent-cluster"])
				expect(after[i][name], name).toBe(before[i][name]);
			expect(after[i]["referrer-policy"].replaceAll(" ", "")).toBe(before[i]["referrer-policy"]);
		}
		expect(before[2]["content-security-policy"]).toBe("default-src 'none'");
		expect(after[2]["content-security-policy"]).toContain("frame-ancestors 'self'");
	});
});

describe("a constant that is only read by helmet's options", () => {
	const programOf = (declaration: string, rest = "", typed = false): string =>
		migrateFile(
			`import ${typed ? "helmet, { HelmetOptions }" : "helmet"} from "helmet";\nlog(1);\n${declaration}\napp.use(helmet({ contentSecurityPolicy: false, frameguard: false, hsts: OPTIONS }));\n${rest}`,
			"app.ts",
		)?.text ?? "";

	test("is removed with its type, so that no unused variable remains", () => {
		expect(programOf("const OPTIONS: HelmetOptions['hsts'] = { maxAge: 5 };", "", true)).toBe(
			'import { secureHeaders } from "headguard";\nlog(1);\napp.use(secureHeaders({ contentSecurityPolicy: false, strictTransportSecurity: { maxAge: 5 }, xFrameOptions: false }));\n',
		);
	});

	test.each([
		["it is exported", "export const OPTIONS = { maxAge: 5 };", ""],
		["it is declared with another name", "const OPTIONS = { maxAge: 5 }, other = 1;", ""],
		["it is exported later", "const OPTIONS = { maxAge: 5 };", "export { OPTIONS };\n"],
		["other code reads it", "const OPTIONS = false;", "log(OPTIONS);\n"],
	])("stays if %s", (_why, declaration, rest) => {
		expect(programOf(declaration, rest)).toContain(declaration);
	});

	test.each([
		["a template", `[\`https://\${HOST}\`]`],
		["an addition", "['https://' + HOST]"],
		["a condition inside of a list", `["https:", ...(isDev ? [HOST] : [])]`],
		["a function", `["https:", () => HOST]`],
	])("stays if the new code contains it in %s", (_what, list) => {
		const text = `import helmet from "helmet";\nconst HOST = "a.example";\napp.use(helmet({ contentSecurityPolicy: { directives: { imgSrc: ${list} } } }));\n`;
		const result = migrated(text)?.text;
		expect(result).toContain('const HOST = "a.example";');
		expect(result).toContain(`imgSrc: ${list},`);
	});

	test("stays if the call is left alone", () => {
		const text = 'import helmet from "helmet";\nconst OPTIONS = { maxAge: 5 };\napp.use(helmet({ hsts: OPTIONS, contentSecurityPolicy: unknown() }));\n';
		expect(migrated(text)?.text).toBe(text);
	});
});
