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

const project = (name: string, include: readonly string[], test: TestProject = {}): TestProjectConfiguration => ({
	extends: true,
	test: { name, include: [...include], testTimeout: 30_000, hookTimeout: 60_000, ...test },
});

type TestProject = NonNullable<Extract<TestProjectConfiguration, { test?: unknown }>["test"]>;

/** What Stryker changes is found wrong by the tests of these rooms, or by none. */
const mutation = project("mutation", ["test/*.test.ts", "test/{core,csp,edge,express,headers,policy,response,server,testing}/**/*.test.ts"], {
	exclude: [...PROCESS, ...EDGE, "test/docs.test.ts", "test/server/http2.test.ts"],
	testTimeout: 10_000,
});

const projects = [
	project("unit", ["test/**/*.test.ts"], {
		exclude: [...PROCESS, ...PACKAGE, ...BROWSER, ...EDGE],
		setupFiles: ["test/support/no-processes.ts"],
	}),
	project("process", PROCESS),
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
