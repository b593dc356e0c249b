import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Migration, migrateFile } from "../../../src/cli/migrate/file.ts";
import { type HelmetVersion, readVersion } from "../../../src/cli/migrate/versions.ts";
import { parse } from "../../../src/csp/serialize.ts";
import { secureHeaders } from "../../../src/middleware.ts";
import { runHere } from "../../support/cli.ts";
import { type Headers, headersWith, helmetOf, MAJORS, type Middleware, serveForTests, unexplained, versionOf } from "../../support/helmets.ts";
import { runs } from "../../support/runs.ts";

/* Each major version of helmet runs beside what its code becomes. The headers are the same, or a note names the difference. */

serveForTests();

/** The middlewares that a program mounts. */
function middlewaresOf(text: string, helmet: unknown): readonly Middleware[] {
	const used: Middleware[] = [];
	const app = { use: (...given: readonly Middleware[]) => void used.push(...given) };
	new Function("express", "helmet", "secureHeaders", "isDev", text.replace(/^import .*$/gm, ""))(() => app, helmet, secureHeaders, false);
	return used;
}

const one = fc.constantFrom;
const text = (value: unknown): string => JSON.stringify(value);
const object = (fields: readonly (readonly [string, string])[]): string => `{ ${fields.map(([key, value]) => `${key}: ${value}`).join(", ")} }`;
const fieldsOf = (field: fc.Arbitrary<readonly [string, string]>, maxLength: number, minLength = 0): fc.Arbitrary<string> =>
	fc.uniqueArray(field, { minLength, maxLength, selector: ([key]) => key }).map(object);

const SOURCES = one("'self'", "https:", "data:", "https://a.example", "*.b.example", "https://c.example/x/");
const list = fc.oneof(
	fc.uniqueArray(SOURCES, { minLength: 1, maxLength: 3 }).map(text),
	one("[\"'none'\"]", `["'self'", (req, res) => "'nonce-" + res.locals.nonce + "'"]`, `isDev ? ["*"] : ["'self'"]`),
);
const directive = fc.oneof(
	fc.tuple(one("defaultSrc", "scriptSrc", "imgSrc", "'style-src'", "connectSrc", "fontSrc", "frameAncestors", "formAction", "baseUri", "objectSrc"), list),
	fc.tuple(one("imgSrc", "objectSrc", "frameAncestors"), one("null", "false", "'none'")),
	fc.tuple(one("upgradeInsecureRequests", "blockAllMixedContent"), one("true", "false", "[]")),
	fc.tuple(one("sandbox"), one("true", '["allow-forms"]', "[]")),
	fc.tuple(one("reportUri"), one("'/csp'", '["/csp"]')),
);
const directives = fc
	.tuple(list, fc.uniqueArray(directive, { maxLength: 4, selector: ([key]) => key }), fc.boolean())
	.map(([first, rest, isFirst]) => object([...(isFirst ? [["defaultSrc", first] as const] : []), ...rest.filter(([key]) => !isFirst || key !== "defaultSrc")]));
const BOOLEAN = one("true", "false");
const csp = fc.oneof(
	{ weight: 5, arbitrary: fieldsOf(fc.oneof(fc.tuple(one("directives"), directives), fc.tuple(one("useDefaults", "reportOnly"), BOOLEAN)), 3) },
	{ weight: 5, arbitrary: directives.map((all) => `{ directives: ${all} }`) },
	{ weight: 1, arbitrary: directives.map((all) => `isDev ? false : { directives: ${all} }`) },
	{ weight: 1, arbitrary: BOOLEAN },
);
const hsts = fc.oneof(
	{
		weight: 4,
		arbitrary: fieldsOf(
			fc.oneof(
				fc.tuple(one("maxAge"), one("0", "5", "5.6", "31536000", "undefined", "null")),
				fc.tuple(one("includeSubDomains", "preload"), one("true", "false", "undefined")),
				fc.tuple(one("includeSubdomains", "force"), BOOLEAN),
			),
			3,
		),
	},
	{ weight: 1, arbitrary: one("true", "false", "isDev ? false : { maxAge: 60 }", "isDev ? { maxAge: 60 } : undefined") },
);
const word = (field: string, ...words: readonly string[]): fc.Arbitrary<string> =>
	one("true", "false", "{}", ...words.map((value) => `{ ${field}: ${value} }`));
const OPTIONS: Readonly<Record<string, fc.Arbitrary<string>>> = {
	contentSecurityPolicy: csp,
	hsts,
	strictTransportSecurity: hsts,
	frameguard: word("action", "'deny'", "'SAMEORIGIN'", "'same-origin'"),
	xFrameOptions: word("action", "'DENY'"),
	referrerPolicy: word("policy", "'origin'", "['origin', 'strict-origin']", "['same-origin']", "'no-referrer'"),
	crossOriginOpenerPolicy: word("policy", "'unsafe-none'", "'same-origin-allow-popups'"),
	crossOriginEmbedderPolicy: word("policy", "'require-corp'", "'credentialless'"),
	crossOriginResourcePolicy: word("policy", "'same-site'", "'cross-origin'"),
	originAgentCluster: BOOLEAN,
	noSniff: BOOLEAN,
	xContentTypeOptions: BOOLEAN,
	dnsPrefetchControl: word("allow", "true", "false"),
	permittedCrossDomainPolicies: word("permittedPolicies", "'none'", "'all'"),
	ieNoOpen: BOOLEAN,
	xDownloadOptions: BOOLEAN,
	xssFilter: one("true", "false", "{ mode: null }"),
	hidePoweredBy: one("true", "false", "{ setTo: 'PHP 4.2.0' }"),
	expectCt: one("true", "false", "{ maxAge: 30, enforce: true }"),
	featurePolicy: one("{ features: { camera: [\"'none'\"] } }"),
	permissionsPolicy: one("{}"),
};
const SINGLES = ["contentSecurityPolicy", "hsts", "frameguard", "referrerPolicy", "crossOriginEmbedderPolicy", "crossOriginResourcePolicy", "noSniff"];
const option = one(...Object.keys(OPTIONS)).chain((name) => (OPTIONS[name] as fc.Arbitrary<string>).map((value) => [name, value] as const));
const single = one(...SINGLES).chain((name) =>
	fc.oneof(one(""), OPTIONS[name] as fc.Arbitrary<string>).map((value) => `app.use(helmet.${name}(${value.startsWith("{") ? value : ""}));\n`),
);
const program = fc
	.tuple(
		fc.option(
			fieldsOf(option, 5).map((options) => `app.use(helmet(${options}));\n`),
			{ nil: "" },
		),
		fc.array(single, { maxLength: 2 }),
	)
	.filter(([main, singles]) => main !== "" || singles.length > 0)
	.map(([main, singles]) => `import helmet from "helmet";\nconst app = express();\n${main}${singles.join("")}`);

/** What `--check` shows and is not so, or the other way round. Programs run with all conditions false, so their last changes apply. */
function wireDifferences({ findings }: Migration, before: Headers, after: Headers): readonly string[] {
	const changed = new Map(findings.flatMap(({ changes }) => changes?.().at(-1)?.headers ?? []).map((one) => [one.name, one]));
	const isSame = (name: string, a: string | undefined, b: string | undefined): boolean => {
		if (!name.startsWith("content-security")) return a?.replaceAll(" ", "") === b?.replaceAll(" ", "");
		const directives = (text: string | undefined): string | undefined =>
			text
				?.split(";")
				.map((part) => part.trim())
				.toSorted()
				.join(";");
		return directives(a?.replace(/\{.*?\}/, "N")) === directives(b);
	};
	// What has no constant value, or no effect.
	const names = [...new Set([...before.keys(), ...after.keys(), ...changed.keys()])].filter(
		(name) => !/^(?:x-powered-by|cache-control|x-content-security-policy|x-webkit-csp)/.test(name),
	);
	return names.flatMap((name) => {
		const shown = changed.get(name);
		if (shown === undefined) return isSame(name, before.get(name), after.get(name)) ? [] : [`${name} is not shown`];
		if (shown.before === "sent, with your options") return before.has(name) && after.get(name) === shown.after ? [] : [`${name} is not what changes`];
		const isRight = isSame(name, shown.before, before.get(name)) && isSame(name, shown.after, after.get(name));
		return isRight ? [] : [`${name}: ${shown.before} → ${shown.after}, and not ${before.get(name)} → ${after.get(name)}`];
	});
}

describe("what a program of helmet sends, it sends after the migration, or a note says what changes", () => {
	test.each(MAJORS)(
		"helmet %i",
		async (major) => {
			vi.spyOn(console, "warn").mockImplementation(() => {});
			vi.spyOn(process.stderr, "write").mockImplementation(() => true);
			const helmet = helmetOf(major);
			const counts = { refused: 0, untouched: 0, compared: 0 };
			await fc.assert(
				fc.asyncProperty(program, async (source) => {
					let before: Headers | undefined;
					try {
						before = await headersWith(middlewaresOf(source, helmet));
					} catch {
						before = undefined;
					}
					if (before === undefined) {
						counts.refused++;
						return;
					}
					const result = migrateFile(source, "app.ts", () => versionOf(major));
					if (result === undefined || result.text.includes("helmet")) {
						counts.untouched++;
						return;
					}
					const after = await headersWith(middlewaresOf(result.text, undefined));
					counts.compared++;
					expect(wireDifferences(result, before, after ?? new Map()), `${source}\n---\n${result.text}`).toEqual([]);
					const notes = result.findings.flatMap((finding) => finding.notes);
					expect(unexplained(before, after ?? new Map(), notes), `${source}\n---\n${result.text}\n${notes.join("\n")}`).toEqual([]);
				}),
				{ numRuns: runs(500), seed: 1_000 + major },
			);
			if (process.env["RUNS"] !== undefined) console.log(major, counts);
			expect(counts.compared).toBeGreaterThan(runs(200));
		},
		120_000,
	);
});

describe("the table in the guide is what each version sends", () => {
	const rows = readFileSync("docs/moving-from-helmet.md", "utf8")
		.split("\n| | helmet 3 |")[1]
		?.split("\n\n")[0]
		?.split("\n")
		.slice(2)
		.map((line) =>
			line
				.split("|")
				.slice(1, -1)
				.map((cell) => cell.trim()),
		);

	test.each(MAJORS)("helmet %i", async (major) => {
		const headers = await headersWith([helmetOf(major)()]);
		const policy = parse(headers?.get("content-security-policy") ?? "");
		expect(rows).toHaveLength(13);
		for (const [name = "", ...cells] of rows ?? []) {
			const [header = "", part] = name.replaceAll("`", "").split(": ");
			const directive = header.startsWith("its ") ? header.slice(4) : undefined;
			const line = headers?.get(header.toLowerCase());
			const whole = part === undefined ? line : /max-age=(\d+)/.exec(line ?? "")?.[1];
			const value = directive === undefined ? whole : policy.get(directive)?.join(" ");
			const isBare = directive === "block-all-mixed-content" || name === "Content-Security-Policy";
			expect(cells[major - 3], name).toBe(value === undefined ? "–" : isBare ? "sent" : `\`${value}\``);
		}
	});
});

test.each<readonly [range: string, version: HelmetVersion | undefined]>([
	["3.23.3", [3, 23, 3]],
	["v4.6.0", [4, 6, 0]],
	["=6.0.0", [6, 0, 0]],
	["^3.21.2", [3, Infinity, Infinity]],
	["~4.1.0", [4, 1, Infinity]],
	["5", [5, Infinity, Infinity]],
	["6.x", [6, Infinity, Infinity]],
	["6.1.*", [6, 1, Infinity]],
	["npm:helmet@^4.0.0", [4, Infinity, Infinity]],
	["8.0.0-beta.1", [8, 0, 0]],
	["99.0.0", [99, 0, 0]],
	["latest", undefined],
	["*", undefined],
	["", undefined],
	[">=4", undefined],
	["^3 || ^4", undefined],
	["npm:other@^4.0.0", undefined],
	["git+https://git.example/helmet.git#v4", undefined],
	["__proto__", undefined],
	["4\u0000", undefined],
	["4".repeat(100_000), undefined],
])("the version %j", (range, version) => {
	expect(readVersion(range)).toEqual(version);
});

describe("the command reads the version of the project", () => {
	let folder = "";
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "headguard-versions-"));
		put("app.js", 'const helmet = require("helmet");\napp.use(helmet({ contentSecurityPolicy: false, frameguard: false, referrerPolicy: false }));\n');
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	const put = (name: string, content: unknown): void => {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
	};
	/** Its lines with the version, and the headers that it keeps as they were. */
	const run = async (...args: string[]) => {
		const { stdout, status, stderr } = await runHere({}, folder, "migrate", ...args);
		const maxAge = /maxAge: (\d+)/.exec(stdout)?.[1];
		return {
			status,
			stderr,
			version: /as those of helmet (.*)\.$/m.exec(stdout)?.[1],
			maxAge,
			embedder: stdout.includes('crossOriginEmbedderPolicy: "require-corp"'),
			opener: !stdout.includes("crossOriginOpenerPolicy: false"),
			stdout,
		};
	};
	const lock = (version: string, key = "node_modules/helmet") => ({ lockfileVersion: 3, packages: { [key]: { version } } });

	test.each<[what: string, files: Readonly<Record<string, unknown>>, version: string]>([
		["package-lock.json", { "package-lock.json": lock("5.1.1") }, "5.1.1, from package-lock.json"],
		["a lock file of npm 6", { "package-lock.json": { dependencies: { helmet: { version: "5.0.2" } } } }, "5.0.2, from package-lock.json"],
		["the installed package", { "node_modules/helmet/package.json": { version: "6.2.0" } }, "6.2.0, from node_modules/helmet/package.json"],
		["a range", { "package.json": { dependencies: { helmet: "^5.0.0" } } }, "^5.0.0, from package.json"],
		["a development dependency, after a byte order mark", { "package.json": '\ufeff{"devDependencies":{"helmet":"6.x"}}' }, "6.x, from package.json"],
		["yarn.lock", { "yarn.lock": 'helmet-csp@2.0.0:\n  version "2.0.0"\n\nhelmet@^5.0.0:\n  version "5.1.0"\n' }, "5.1.0, from yarn.lock"],
		["yarn.lock of Yarn 2", { "yarn.lock": '"helmet@npm:5, helmet@npm:^5.0.0":\r\n  version: 5.0.1\r\n' }, "5.0.1, from yarn.lock"],
		["pnpm-lock.yaml", { "pnpm-lock.yaml": "packages:\n\n  koa-helmet@9.0.0:\n\n  helmet@6.1.5:\n    resolution: {}\n" }, "6.1.5, from pnpm-lock.yaml"],
		["an older pnpm-lock.yaml", { "pnpm-lock.yaml": "packages:\n  /helmet/5.1.1:\n    dev: false\n" }, "5.1.1, from pnpm-lock.yaml"],
		[
			"a lock file with several versions",
			{
				"package.json": { dependencies: { helmet: "^6.0.0" } },
				"pnpm-lock.yaml": "packages:\n  helmet@4.6.0:\n    dev: true\n  helmet@6.0.1:\n    dev: true\n",
			},
			"6.0.1, from pnpm-lock.yaml",
		],
		[
			"another version installed than package.json allows",
			{ "package.json": { dependencies: { helmet: "^5.0.0" } }, "node_modules/helmet/package.json": { version: "8.3.0" } },
			"^5.0.0, from package.json",
		],
		[
			"lock files that are broken, or have other fields",
			{ "package-lock.json": "{", "package.json": { dependencies: { helmet: "~6.0.0" } } },
			"~6.0.0, from package.json",
		],
	])("%s", async (_what, files, version) => {
		for (const [name, content] of Object.entries(files)) put(name, content);
		expect(await run()).toMatchObject({ status: 0, stderr: "", version, maxAge: "15552000", embedder: true, opener: true });
	});

	test("the nearest package of a workspace has its own", async () => {
		put("package-lock.json", { packages: { "node_modules/helmet": { version: "8.3.0" }, "packages/a/node_modules/helmet": { version: "3.23.3" } } });
		put("packages/a/src/app.js", readFileSync(join(folder, "app.js"), "utf8"));
		const { stdout } = await run();
		expect(stdout).toContain("helmet 8.3.0, from package-lock.json.");
		expect(stdout).toContain("helmet 3.23.3, from package-lock.json.");
		expect(await run("packages")).toMatchObject({ version: "3.23.3, from package-lock.json", maxAge: "15552000", opener: false });
		expect(await run("app.js")).toMatchObject({ version: "8.3.0, from package-lock.json", maxAge: undefined, opener: true });
	});

	test("--helmet replaces it, and without any, helmet 8 is named", async () => {
		expect(await run()).toMatchObject({ status: 0, maxAge: undefined, version: "8. To change that, add the version, as in --helmet 5" });
		put("package-lock.json", lock("8.3.0"));
		expect(await run("--helmet", "4")).toMatchObject({ status: 0, version: undefined, maxAge: "15552000", embedder: false, opener: false });
		expect(await run("--helmet=6.2.0")).toMatchObject({ status: 0, embedder: true });
	});

	test.each(["2", "9.0.0", "latest", "", "__proto__", "4\n5"])("--helmet %j is refused", async (version) => {
		const { status, stderr } = await run(`--helmet=${version}`);
		expect([status, stderr.includes("Write a version from 3 to 8, as in --helmet 5.")]).toEqual([2, true]);
	});

	test("--check shows each header that changes, before and after, and writes nothing", async () => {
		put("app.js", 'const helmet = require("helmet");\napp.use(helmet({ contentSecurityPolicy: false, frameguard: isDev ? false : { action: "deny" } }));\n');
		put("package-lock.json", lock("5.1.1"));
		const { stdout, status } = await run("--check");
		expect(status).toBe(0);
		expect(stdout).toContain("  referrer-policy\n    before: no-referrer\n    after:  strict-origin-when-cross-origin\n");
		expect(stdout).toContain("  expect-ct\n    before: max-age=0\n    after:  not sent\n");
		expect(stdout).toContain("On the wire, over https, if isDev is true:\n");
		expect(stdout).toContain("On the wire, over https, if isDev is false:\n");
		expect(stdout).not.toMatch(/^ {2}(?:strict-transport-security|cross-origin-embedder-policy|x-frame-options|content-security-policy)$/m);
		expect((await run()).stdout).not.toContain("On the wire");
		expect(readFileSync(join(folder, "app.js"), "utf8")).toContain("helmet(");
	});

	test("a version that it does not know leaves the file alone, with the reason", async () => {
		put("package-lock.json", lock("2.3.0"));
		const { status, stdout } = await run("--write");
		expect(status).toBe(1);
		expect(stdout).toContain("app.js:2: not changed: this command does not know helmet 2.");
		expect(readFileSync(join(folder, "app.js"), "utf8")).toContain("helmet(");
	});
});
