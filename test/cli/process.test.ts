import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { fileStore } from "../../src/reports/index.ts";
import { inFolder } from "../support/cli.ts";

/* The other tests of the command run it in their own process, for it takes half a second to start. */

const { headguard, headguardProcess, write, folder } = inFolder("process");

const HEADGUARD = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/index.js")).href);
const CLUSTER = { type: "csp-violation", disposition: "report", directive: "img-src", blocked: "https://b.example/a.png" } as const;

test.each<[string, number, readonly string[]]>([
	["the version", 0, ["--version"]],
	["no command", 2, []],
	["an unknown command", 2, ["hsah"]],
	["hash", 0, ["hash", "page.html"]],
	["hash that differs", 1, ["hash", "page.html", "--check", "other.json"]],
	["check", 0, ["check", "headers.mjs", "--format", "json"]],
	["check of a policy that is refused", 1, ["check", "refused.mjs"]],
	["emit", 0, ["emit", "cloudflare", "--policy", "api.mjs"]],
	["compile", 0, ["compile", "headers.mjs", "--out", "headers.compiled.js"]],
	["compile that differs", 1, ["compile", "headers.mjs", "--out", "none.compiled.js", "--check"]],
	["init without a project", 2, ["init"]],
	["migrate", 0, ["migrate", "app.js"]],
	["reports", 0, ["reports", "r.jsonl"]],
	["suggest", 0, ["suggest", "r.jsonl", "--policy", "headers.mjs"]],
	["audit of nobody", 2, ["audit", "http://127.0.0.1:1/"]],
])("%s: a process ends with exit code %i, and says what the command says in this one", async (_name, status, args) => {
	write("page.html", "<script>one()</script>");
	write("other.json", "{}");
	write("headers.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders();`);
	write("refused.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders({ frameguard: true });`);
	write("api.mjs", 'export const options = { preset: "api" };');
	write("app.js", 'import helmet from "helmet";\napp.use(helmet({ contentSecurityPolicy: false }));\n');
	const seen = { document: "https://a.example/", source: "", line: 0, message: "", count: 1, first: 1_000_000, last: 1_000_000 };
	await fileStore(join(folder(), "r.jsonl"))({ clusters: [{ ...CLUSTER, ...seen }], dropped: new Map() });
	const run = await headguardProcess({}, ...args);
	expect([run.status, run.stdout + run.stderr]).toEqual([status, expect.stringMatching(/./)]);
	// The report of a check says when it was made.
	const undated = ({ stdout, ...rest }: typeof run) => ({ ...rest, stdout: stdout.replace(/"date": "[^"]+"/, '"date": ""') });
	expect(undated(await headguard(...args))).toEqual(undated(run));
});

test("a process ends though the module that it looked at listens", async () => {
	write(
		"headers.mjs",
		`import { createServer } from "node:http"; import { secureHeaders } from ${HEADGUARD}; createServer().listen(0); export const headers = secureHeaders();`,
	);
	const { status, stdout } = await headguardProcess({}, "check", "headers.mjs", "--format", "json");
	expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ findings: expect.any(Array) })]);
});
