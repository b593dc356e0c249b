import { readdirSync, readFileSync, statSync } from "node:fs";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Start other processes, or a compiler: the built command, an example, a second writer of a file. */
const PROCESS = [
	"test/cli/**/*.test.ts",
	"test/examples.test.ts",
	"test/guides.test.ts",
	"test/types/hover.test.ts",
	"test/reports/lock.test.ts",
	"test/response/fast-path/proof.test.ts",
];
const PACKAGE = ["test/dist/*.test.ts"];
const BROWSER = ["test/browser/**/*.test.ts"];
/** Each installs and builds an app of its own. */
const FRAMEWORKS = ["test/frameworks/apps/*.test.ts"];
const SITE = ["test/site/*.test.ts"];
const EDGE = ["test/edge/servers/*.test.ts"];

/**
 * They load the library anew or in parts, count what the process listens to, want Node's own writeHead, or replace the global Response, as the server
 * of Hono does: each has a process of its own.
 * All others share one, in which the library is loaded once.
 */
const ALONE = readdirSync("test", { recursive: true, encoding: "utf8" }).flatMap((name) => {
	const file = `test/${name.replaceAll("\\", "/")}`;
	const isAlone = file.endsWith(".test.ts") && /vi\.mock|resetModules|hasSubscribers|prototype\.writeHead|adapter-apps/.test(readFileSync(file, "utf8"));
	return isAlone ? [file] : [];
});

const project = (name: string, include: readonly string[], test: TestProject = {}): TestProjectConfiguration => ({
	extends: true,
	// Without this, Vitest empties style sheets, even those that are imported as text.
	test: { name, include: [...include], testTimeout: 30_000, hookTimeout: 60_000, css: { include: /\.css\?raw$/ }, ...test },
});

type TestProject = NonNullable<Extract<TestProjectConfiguration, { test?: unknown }>["test"]>;

/** What Stryker changes is found wrong by the tests of these rooms: a run for each change. MUTATION_TESTS names fewer, or others. */
const MUTATION = process.env["MUTATION_TESTS"]?.split(" ") ?? [
	"test/{codes,every-response}.test.ts",
	"test/helmet/{api,kept,swap}.test.ts",
	"test/{express,policy,response,server}/**/*.test.ts",
];
const mutation = project("mutation", MUTATION, {
	exclude: PROCESS,
	isolate: false,
	setupFiles: ["test/support/own-minutes.ts"],
	env: { RUNS: "0.02" },
	// A test that waits for an answer has failed; Stryker's own limit ends the whole process.
	testTimeout: 6000,
});

const UNIT = {
	exclude: [...PROCESS, ...PACKAGE, ...BROWSER, ...FRAMEWORKS, ...SITE, ...EDGE],
	setupFiles: ["test/support/no-processes.ts", "test/support/own-minutes.ts"],
};

const projects = [
	project("unit", ["test/**/*.test.ts"], { ...UNIT, isolate: false, exclude: [...UNIT.exclude, ...ALONE] }),
	project("alone", ALONE, UNIT),
	project("process", PROCESS, { isolate: false }),
	project("package", PACKAGE, { globalSetup: ["test/support/packed.ts"] }),
	project("browser", BROWSER),
	// A development server compiles each page at the first request.
	project("frameworks", FRAMEWORKS, { globalSetup: ["test/support/packed.ts"], testTimeout: 120_000 }),
	project("edge", EDGE),
	project("site", SITE, { globalSetup: ["test/support/built-site.ts"], testTimeout: 120_000 }),
];

/** These take minutes, and the others run beside them. Their size does not say it. */
const SLOWEST = /\/(?:learn|csp-match|engines|recipes-engines)\.test\.ts$/;

class Order extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		// One test that fails is enough.
		if (isMutation) return files.toSorted((a, b) => statSync(a.moduleId).size - statSync(b.moduleId).size);
		const sorted = await super.sort(files);
		return sorted.toSorted((a, b) => Number(SLOWEST.test(b.moduleId)) - Number(SLOWEST.test(a.moduleId)));
	}
}

const isMutation = process.env["STRYKER_MUTATOR_WORKER"] !== undefined;

export default defineConfig({
	test: {
		// The tests of a worker wait for servers and for other processes.
		maxWorkers: "100%",
		coverage: { include: ["src/**"], reporter: ["text-summary", "html"] },
		// Stryker cannot name a project. It runs its own alone.
		projects: isMutation ? [mutation] : projects,
		sequence: { sequencer: Order },
	},
});
