import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";

const require = createRequire(import.meta.url);
const read = (file: string): string => readFileSync(file, "utf8");
const manifest = JSON.parse(read("package.json"));

const PAGES = ["CONTRIBUTING.md", "README.md", "ARCHITECTURE.md", "SECURITY.md"];
const WORKFLOWS = readdirSync(".github/workflows").map((name) => `.github/workflows/${name}`);
const FORMS = ["bug_report", "feature_request"].map((name) => `.github/ISSUE_TEMPLATE/${name}.yml`);

describe("what the pages and the workflows name", () => {
	const scriptsIn = (text: string): readonly string[] =>
		[...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test|start)\b)/g)].map(([, run, short]) => run ?? short ?? "");

	test.each([...PAGES, ...WORKFLOWS, ".ci/run", ".github/pull_request_template.md"])("%s names scripts of package.json", (file) => {
		expect(scriptsIn(read(file)).filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
	});

	test("scripts are found, and one that does not exist would be (control)", () => {
		expect(scriptsIn(read("CONTRIBUTING.md"))).toEqual(expect.arrayContaining(["test", "lint", "docs", "test:unit", "features"]));
		expect(scriptsIn("`npm run nonsense -- --write` and `npm test`")).toEqual(["nonsense", "test"]);
	});

	test.each([...PAGES, ...WORKFLOWS, ".github/pull_request_template.md"])("%s names files and folders that exist", (file) => {
		expect(pathsIn(read(file)).filter((path) => !exists(path))).toEqual([]);
	});

	test("paths are found, and one that does not exist would be (control)", () => {
		const found = PAGES.map((file) => pathsIn(read(file)).length);
		expect(Math.min(...found)).toBeGreaterThan(3);
		expect(pathsIn("`src/nowhere.ts`, [here](nowhere.md#top), `checks/<area>.ts`, `core/`, .github/nowhere.yml").filter((path) => !exists(path))).toEqual([
			"src/nowhere.ts",
			"checks",
			"nowhere.md",
			".github/nowhere.yml",
		]);
	});
});

/** In links and in code, where they have an ending or a slash at the end. What stands before a placeholder, for a path that has one. */
function pathsIn(text: string): readonly string[] {
	const code = [...text.matchAll(/`([\w./<>-]+)`/g)].flatMap(([, path = ""]) => (/\.(?:[cm]?[jt]s|json|md|txt|ya?ml)$|\/$/.test(path) ? [path] : []));
	const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = ""]) => path);
	const bare = [...text.matchAll(/(?<![\w`/])\.github\/[\w./-]*\w/g)].map(([path]) => path);
	return [...code, ...links, ...bare].map((path) => path.replace(/\/?[^/]*<.*$/, "")).filter((path) => !path.startsWith("/") && path !== "");
}

/** The pages leave out `src/`, where it goes without saying. */
function exists(path: string): boolean {
	return ["", "src/", "src/response/", "src/policy/", "src/headers/"].some((folder) => existsSync(`${folder}${path}`));
}

interface Job {
	readonly permissions?: Readonly<Record<string, string>>;
	readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
	readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

interface Workflow {
	readonly permissions: Readonly<Record<string, string>>;
	readonly jobs: Readonly<Record<string, Job>>;
}

const workflow = (file: string): Workflow => load(read(file)) as Workflow;

describe("the workflows", () => {
	test.each([
		...WORKFLOWS.map((file) => [file, "github-workflow"] as const),
		...FORMS.map((file) => [file, "github-issue-forms"] as const),
		[".github/ISSUE_TEMPLATE/config.yml", "github-issue-config"] as const,
	])("%s is valid", (file, schema) => {
		expect(problemsOf(load(read(file)), schema)).toEqual([]);
	});

	test("a workflow with a misspelt key is not (control)", () => {
		const broken = { ...(load(read(".github/workflows/ci.yml")) as object), permission: {} };
		expect(problemsOf(broken, "github-workflow")).toEqual(["must NOT have additional properties: permission"]);
	});

	test.each(WORKFLOWS)("%s may read alone, and takes actions of the host by their major version", (file) => {
		const { permissions, jobs } = workflow(file);
		expect(permissions).toEqual({ contents: "read" });
		const actions = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
		expect(actions.length).toBeGreaterThan(0);
		for (const action of actions) expect(action).toMatch(/^actions\/[\w-]+@v\d+$/);
	});

	test("only what publishes may sign, and it waits for the tests", () => {
		const { jobs } = workflow(".github/workflows/release.yml");
		expect(Object.entries(jobs).filter(([, { permissions }]) => permissions !== undefined)).toEqual([
			["publish", expect.objectContaining({ needs: "tests", permissions: { contents: "read", "id-token": "write" } })],
		]);
		expect(Object.values(workflow(".github/workflows/ci.yml").jobs).every(({ permissions }) => permissions === undefined)).toBe(true);
	});

	test("every part that they run is one of .ci/run, and every part is run but the one that the versions of Node make needless", () => {
		const known = /^parts=\((.*)\)$/m.exec(read(".ci/run"))?.[1]?.split(" ") ?? [];
		for (const part of known) expect(read(".ci/run")).toContain(`\n${part}() {\n`);
		const run = WORKFLOWS.flatMap((file) => Object.values(workflow(file).jobs)).flatMap(partsOf);
		expect(run.filter((part) => !known.includes(part))).toEqual([]);
		expect(known.filter((part) => !run.includes(part))).toEqual(["nodes"]);
		expect(known).toContain("tests");
	});

	test("the app of each framework is tested on the oldest and the newest version of Node", () => {
		const matrix = workflow(".github/workflows/ci.yml").jobs["frameworks"]?.strategy?.matrix ?? {};
		expect(matrix["node"]).toEqual([20, 26]);
		// .ci/run gives the names to Vitest, for which the beginning of a name is enough.
		const names = (matrix["apps"] ?? []).flatMap((apps) => String(apps).split(" "));
		const missed = (tests: readonly string[]) => tests.filter((file) => !names.some((name) => file.startsWith(name)));
		expect(missed(readdirSync("test/frameworks/apps"))).toEqual([]);
		expect(missed(["next.test.ts", "a-new-one.test.ts"])).toEqual(["a-new-one.test.ts"]);
	});

	test("without the name of a part, .ci/run runs each part once", () => {
		const all = /\ncase "\$\{1:-\}" in\n""\)\n(.*?)\n\t;;\n/s.exec(read(".ci/run"))?.[1] ?? "";
		const known = /^parts=\((.*)\)$/m.exec(read(".ci/run"))?.[1]?.split(" ") ?? [];
		const run = [...all.matchAll(/^\t+([a-z]+)(?= |$)/gm)].map(([, part = ""]) => part).filter((part) => known.includes(part));
		expect(run.sort()).toEqual(known.sort());
	});

	test("the versions of Node begin with the oldest that package.json allows", () => {
		for (const file of WORKFLOWS) expect(workflow(file).jobs["tests"]?.strategy?.matrix["node"]).toEqual([20, 22, 24, 26]);
		expect(manifest.engines.node).toBe(">=20.19");
	});
});

function partsOf({ steps, strategy }: Job): readonly string[] {
	return steps.flatMap(({ run = "" }) => {
		// A part can have names after it.
		const part = /^\.ci\/run (\$\{\{ matrix\.part \}\}|\S+)/.exec(run)?.[1];
		if (part === undefined) return [];
		return part === `\${{ matrix.part }}` ? (strategy?.matrix["part"] ?? []).map(String) : [part];
	});
}

function problemsOf(data: unknown, schema: string): readonly string[] {
	const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
		JSON.parse(read(require.resolve(`schemastore/schemas/json/${schema}.json`))),
	);
	validate(data);
	return (validate.errors ?? []).map(
		({ message, params }) => `${message}${params["additionalProperty"] === undefined ? "" : `: ${params["additionalProperty"]}`}`,
	);
}

describe("the package", () => {
	test("is built before it is packed, and published with provenance", () => {
		expect(manifest.scripts.prepack).toBe("npm run build");
		expect(manifest.publishConfig).toEqual({ access: "public", provenance: true });
		const installs = ["preinstall", "install", "postinstall", "prepare"];
		expect(Object.keys(manifest.scripts).filter((name) => installs.includes(name))).toEqual([]);
	});

	test("tests pack what was built, and build nothing", () => {
		for (const file of ["test/support/packed.ts", "examples/testing/run.sh"]) expect(read(file)).toMatch(/\bpack\b.*--ignore-scripts/);
	});

	test("editors indent as the formatter does", () => {
		const { formatter } = JSON.parse(read("biome.json"));
		expect(formatter).toEqual({ indentStyle: "tab", lineWidth: 160 });
		expect(read(".editorconfig")).toMatch(/^\[\*\]\n(?:.+\n)*indent_style = tab\n/m);
	});
});
