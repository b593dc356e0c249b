import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

/** Start other processes, or a compiler: the built command, an example, a second writer of a file. */
const PROCESS = [
	"test/cli/**/*.test.ts",
	"test/examples.test.ts",
	"test/types/hover.test.ts",
	"test/reports/lock.test.ts",
	"test/response/fast-path/proof.test.ts",
];
const PACKAGE = ["test/dist/*.test.ts"];
const BROWSER = ["test/browser/**/*.test.ts"];
const EDGE = ["test/edge/servers/*.test.ts"];

/**
 * They count events, of which a process delivers ten a minute for each code, or change the clock, a module or Node itself: each has a
 * process of its own. All others share one, in which the library is loaded once.
 */
const ALONE = readdirSync("test", { recursive: true, encoding: "utf8" }).flatMap((name) => {
	const file = `test/${name.replaceAll("\\", "/")}`;
	const isAlone = file.endsWith(".test.ts") && /onEvent|diagnostics_channel|useFakeTimers|spyOn\(Date|vi\.mock|resetModules/.test(readFileSync(file, "utf8"));
	return isAlone ? [file] : [];
});

const project = (name: string, include: readonly string[], test: TestProject = {}): TestProjectConfiguration => ({
	extends: true,
	test: { name, include: [...include], testTimeout: 30_000, hookTimeout: 60_000, ...test },
});

type TestProject = NonNullable<Extract<TestProjectConfiguration, { test?: unknown }>["test"]>;

/** What Stryker changes is found wrong by the tests of these rooms, or by none: a run for each change. */
const mutation = project("mutation", ["test/{codes,every-response}.test.ts", "test/{express,policy,response,server}/**/*.test.ts"], {
	exclude: [...PROCESS, "test/server/http2.test.ts"],
	env: { RUNS: "0.02" },
	testTimeout: 60_000,
});

const UNIT = { exclude: [...PROCESS, ...PACKAGE, ...BROWSER, ...EDGE], setupFiles: ["test/support/no-processes.ts"] };

const projects = [
	project("unit", ["test/**/*.test.ts"], { ...UNIT, isolate: false, exclude: [...UNIT.exclude, ...ALONE] }),
	project("alone", ALONE, UNIT),
	project("process", PROCESS, { isolate: false }),
	project("package", PACKAGE, { globalSetup: ["test/support/packed.ts"] }),
	project("browser", BROWSER),
	project("edge", EDGE),
];

export default defineConfig({
	test: {
		// The tests of a worker wait for servers and for other processes.
		maxWorkers: "100%",
		coverage: { include: ["src/**"], reporter: ["text-summary", "html"] },
		// Stryker cannot name a project. It runs its own alone.
		projects: process.env["STRYKER_MUTATOR_WORKER"] === undefined ? projects : [mutation],
	},
});
