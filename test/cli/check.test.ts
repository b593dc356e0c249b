import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { loadHeaders } from "../../src/register/config.ts";
import { inFolder, type Run } from "../support/cli.ts";

const { headguard, headguardProcess, headguardWith, write, folder } = inFolder("check");

const HEADGUARD = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/index.js")).href);
const IMPORTS = `import express from "express"; import { createServer } from "node:http"; import { protectServer, secureHeaders } from ${HEADGUARD}; import { httpsRedirect } from ${JSON.stringify(pathToFileURL(join(process.cwd(), "dist/https.js")).href)};`;
const POLICY = `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders();`;

/** One note: its report-only policy names no endpoint. */
const NOTED = `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders({ contentSecurityPolicyReportOnly: true });`;

/** The ids of what was found, in the text for people. */
const idsIn = ({ stdout }: Run): string[] => [...stdout.matchAll(/^ {2}([a-z-]+\/[a-z0-9-]+) {2}/gm)].map(([, id = ""]) => id);
const seriousIn = (run: Run): string[] => idsIn({ ...run, stdout: run.stdout.split("\nNotes")[0] ?? "" });

describe("--deploy", () => {
	const deploy = (env = "production", file = "app.mjs"): Promise<Run> => headguardWith({ NODE_ENV: env }, "check", file, "--deploy");

	test("an application that is in order", async () => {
		write(
			"app.mjs",
			`${IMPORTS} export const headers = secureHeaders(); export const app = express(); app.disable("x-powered-by"); app.set("trust proxy", 1); app.use(httpsRedirect(), headers); app.get("/", (q, r) => r.end()); export const server = createServer(app); protectServer(server, headers);`,
		);
		const run = await deploy();
		expect([run.status, run.stderr, seriousIn(run)]).toEqual([0, "", []]);
		expect(idsIn(run)).not.toContain("deploy/server-errors");
		expect(idsIn(await headguardWith({ NODE_ENV: "production" }, "check", "app.mjs")).filter((id) => id.startsWith("deploy/"))).toEqual([]);
	});

	test.each<[string, string, readonly string[]]>([
		[
			"routes, files and CORS before the policy",
			'app.get("/status", f); app.use(express.static(".")); app.use(headers)',
			["deploy/order", "deploy/powered-by"],
		],
		["no policy at all", 'app.get("/", f)', ["deploy/order", "deploy/powered-by"]],
		["a policy for some paths alone", 'app.use("/app", headers)', ["deploy/order", "deploy/powered-by"]],
		["loggers before the policy do no harm", 'app.disable("x-powered-by"); app.use((q, r, n) => n(), headers)', []],
		["a redirect behind a proxy that nobody trusts", 'app.disable("x-powered-by"); app.use(headers, httpsRedirect())', ["deploy/trust-proxy"]],
		["everybody is trusted", 'app.disable("x-powered-by"); app.set("trust proxy", true); app.use(headers)', ["deploy/trust-proxy"]],
		[
			"a route that allows more",
			'app.disable("x-powered-by"); app.use(headers); app.get("/pay", headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: ["https://js.pay.example"] } } }), f)',
			["deploy/override-weaker"],
		],
		["a server that answers by itself", 'app.disable("x-powered-by"); app.use(headers); export const server = createServer(app)', ["deploy/server-errors"]],
	])("%s", async (_what, body, ids) => {
		write("app.mjs", `${IMPORTS} const f = (q, r) => r.end(); export const headers = secureHeaders(); export const app = express(); ${body};`);
		expect(idsIn(await deploy()).filter((id) => id.startsWith("deploy/"))).toEqual(ids);
	});

	test("what the messages name", async () => {
		write(
			"app.mjs",
			`${IMPORTS} const f = (q, r) => r.end(); const headers = secureHeaders(); export const app = express(); const inner = express.Router(); inner.post("/pay", headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: ["https://js.pay.example"] } } }), f); app.get("/status", f); app.use(headers, inner);`,
		);
		const { stdout } = await deploy("test");
		expect(stdout).toContain("GET /status is mounted before the policy. Write app.use(headers) first.");
		expect(stdout).toContain("POST /pay adds script-src https://js.pay.example.");
		expect(stdout).toContain('NODE_ENV is "test".');
	});

	test("mounted applications and other middleware are read in the built command too", async () => {
		const helmet = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/helmet.js")).href);
		write(
			"app.mjs",
			`${IMPORTS} import helmet from ${helmet}; const f = (q, r) => r.end(); export const headers = secureHeaders(); export const app = express(); const sub = express(); app.disable("x-powered-by"); sub.get("/popup", headers.replace({ crossOriginOpenerPolicy: "unsafe-none" }), f); app.use(headers); app.use("/sub", sub); app.use("/h", helmet({ contentSecurityPolicy: false, hsts: false }));`,
		);
		const run = await deploy();
		const text = run.stdout.replace(/\s+/g, " ");
		expect(run.status).toBe(1);
		expect(text).toContain('GET /sub/popup sets Cross-Origin-Opener-Policy to "unsafe-none", so pages of other sites keep access to its window.');
		expect(text).toContain("helmet() for everything under /h is mounted after the policy and replaces its X-Frame-Options and 4 more.");
	});

	test("templates that never read the nonce", async () => {
		mkdirSync(join(folder(), "views"));
		const text = `${IMPORTS} export const headers = secureHeaders(); export const app = express(); app.disable("x-powered-by"); app.set("views", new URL("./views", import.meta.url).pathname); app.use(headers);`;
		write("app.mjs", text);
		write("views/page.ejs", "<script>start()</script>");
		expect(seriousIn(await deploy())).toEqual(["deploy/nonce-not-wired", "deploy/inline-blocked"]);
		write("views/page.ejs", '<script nonce="<%= cspNonce %>">start()</script>');
		expect(seriousIn(await deploy())).toEqual([]);
		write("views/page.ejs", '<link rel=stylesheet href=/style.css><script src=/start.js></script><script type="application/json">{}</script>');
		expect(seriousIn(await deploy())).toEqual([]);
	});

	test("the advice for a nonce holds in each language of templates", async () => {
		mkdirSync(join(folder(), "views"));
		write(
			"app.mjs",
			`${IMPORTS} export const headers = secureHeaders(); export const app = express(); app.disable("x-powered-by"); app.set("views", new URL("./views", import.meta.url).pathname); app.use(headers);`,
		);
		write("views/page.pug", "html\n  script.\n    start()");
		const { stdout } = await deploy();
		expect(stdout.replace(/\s+/g, " ")).toContain("no template reads cspNonce, so their inline code is blocked. Add the nonce: headguard templates shows how");
		expect(stdout).not.toContain("<%=");
	});

	test("all that the policy blocks in the templates, with its place", async () => {
		mkdirSync(join(folder(), "views/deep"), { recursive: true });
		write(
			"app.mjs",
			`${IMPORTS} export const headers = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: ["'self'", "https://img.example"] } } }); export const app = express(); app.disable("x-powered-by"); app.set("views", new URL("./views", import.meta.url).pathname); app.use(headers);`,
		);
		write(
			"views/page.ejs",
			'<script nonce="<%= cspNonce %>">a()</script><script>b()</script>\n<img src="https://img.example/a.png"><img src="https://other.example/b.png">\n<form action="https://pay.example/go"><p style="c" onclick="d()"><img src="<%= url %>"><img src="https://img.example/<%= x %>.png">\n<iframe src="//frame.example/<%= x %>"></iframe><link rel=stylesheet href=/a.css>',
		);
		write("views/deep/other.pug", 'script(src="https://cdn.example/a.js")\nscript.\n  e()');
		const { stdout } = await headguardWith({ NODE_ENV: "production" }, "check", "app.mjs", "--deploy", "--format", "json");
		const { findings } = JSON.parse(stdout) as { findings: readonly { id: string; message: string }[] };
		const messages = findings.flatMap(({ id, message }) => (id.startsWith("deploy/") ? [message.replace(/\. [A-Z].*$/, "")] : []));
		expect(messages.sort()).toEqual([
			'views/deep/other.pug:1:8: the policy blocks "https://cdn.example/a.js" in src of <script>',
			"views/deep/other.pug:2:1: the policy blocks <script>",
			"views/page.ejs:1:45: the policy blocks <script>",
			'views/page.ejs:2:43: the policy blocks "https://other.example/b.png" in src of <img>',
			"views/page.ejs:3:42: the policy blocks style of <p>",
			"views/page.ejs:3:52: the policy blocks onclick of <p>",
			'views/page.ejs:3:7: the policy blocks "https://pay.example/go" in action of <form>',
			'views/page.ejs:4:9: the policy blocks "//frame.example/…" in src of <iframe>',
		]);
		expect(stdout).toContain("Add https://other.example to img-src, or remove it.");
	});

	test("development that was left in", async () => {
		write(
			"app.mjs",
			`${IMPORTS} export const headers = secureHeaders({ contentSecurityPolicy: { directives: { defaultSrc: ["'self'"], connectSrc: ["ws://localhost:5173"] } } });`,
		);
		expect(seriousIn(await deploy())).toContain("deploy/dev-source");
		write(
			"later.mjs",
			`${IMPORTS} export const headers = secureHeaders({ contentSecurityPolicy: false, contentSecurityPolicyReportOnly: { directives: { reportUri: ["/r"] } } });`,
		);
		expect(idsIn(await deploy("production", "later.mjs"))).toContain("deploy/report-only");
	});
});

describe("modules", () => {
	test("an application alone", async () => {
		write("app.mjs", `${IMPORTS} const app = express(); app.use(secureHeaders({ referrerPolicy: "unsafe-url" })); export default app;`);
		expect(seriousIn(await headguard("check", "app.mjs"))).toEqual(["referrer/unsafe"]);
	});

	test("TypeScript, by this Node or the project's tsx", async () => {
		write("headers.ts", `import { secureHeaders } from ${HEADGUARD}; interface A { b: string } export const headers = secureHeaders({} satisfies Partial<A>);`);
		const run = await headguardProcess({}, "check", "headers.ts");
		expect([run.status, run.stderr]).toEqual([0, ""]);
		write("broken.ts", "export const headers: = 1;");
		expect(await headguardProcess({}, "check", "broken.ts")).toMatchObject({
			status: 2,
			stdout: "",
			stderr: expect.stringContaining("broken.ts cannot be loaded"),
		});
	});

	test("TypeScript that needs more than types removed, by the project's tsx", { timeout: 120_000 }, async () => {
		// What Node does not do, whatever its version: names without an extension, enums, and a .js that is a .ts.
		write("value.ts", "export enum Value { one = 1 } export const isOn: boolean = Value.one === 1;");
		write(
			"again.ts",
			`import { secureHeaders } from ${HEADGUARD}; import { isOn } from "./value"; export const headers = secureHeaders({ xContentTypeOptions: isOn });`,
		);
		expect(await headguardProcess({}, "check", "again.ts")).toMatchObject({ status: 0, stderr: "" });
		write("entry.mjs", 'export { headers } from "./again.ts";');
		expect(await headguardProcess({}, "check", "entry.mjs")).toMatchObject({ status: 0, stderr: "" });
		write("missing.ts", 'import "./nowhere"; export const headers = {};');
		expect(await headguardProcess({}, "check", "missing.ts")).toMatchObject({
			status: 2,
			stderr: expect.stringContaining("missing.ts cannot be loaded: Cannot find module"),
		});
		expect(await headguardProcess({}, "check", "gone.ts")).toMatchObject({ status: 2, stderr: expect.stringContaining("the file does not exist") });
	});
});

describe("the configuration file", () => {
	test("gives the module, what fails, and what does not count", async () => {
		write("headers.mjs", NOTED);
		write(
			"headguard.config.json",
			JSON.stringify({ policy: "headers.mjs", failOn: "note", ignore: [{ id: "report/none", reason: "reports come in spring", until: "2999-12-31" }] }),
		);
		write("none.json", "{}");
		const run = await headguard("check");
		expect(run.status).toBe(0);
		expect((await headguard("check", "headers.mjs", "--config", "none.json", "--fail-on", "note")).status).toBe(1);
		expect(idsIn(run)).not.toContain("report/none");
		expect(run.stdout).toContain("Ignored (1)\n  report/none: reports come in spring");
		expect((await headguard("check", "--fail-on", "error")).status).toBe(0);
	});

	test.each([
		["headguard.config.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders({ referrerPolicy: "unsafe-url" });`],
		["headguard.config.mjs", 'export const options = { referrerPolicy: "unsafe-url" };'],
		["headguard.config.cjs", 'module.exports = { options: { referrerPolicy: "unsafe-url" }, failOn: "error" };'],
	])("may be the file that contains the policy: %s %s", async (file, text) => {
		write(file, text);
		expect(seriousIn(await headguard("check"))).toEqual(["referrer/unsafe"]);
	});

	test("of several files, the command and headguard/register read the same one", async () => {
		write("headguard.config.json", '{ "failOn": "not a severity" }');
		for (const file of ["headguard.config.mjs", "headguard.config.js"]) {
			expect((await headguard("check")).status).toBe(2);
			write(file, 'export const options = { referrerPolicy: "unsafe-url" };');
			expect(seriousIn(await headguard("check"))).toEqual(["referrer/unsafe"]);
			expect((await loadHeaders(folder(), undefined)).file).toBe(join(folder(), file));
			rmSync(join(folder(), file));
		}
	});

	test("can be TypeScript, where Node can run it", async () => {
		write("headguard.config.ts", 'const referrerPolicy: string = "unsafe-url"; export const options = { referrerPolicy };');
		const run = await headguardProcess({}, "check");
		const isRun = Reflect.get(process.features, "typescript") === "strip";
		if (isRun) expect(seriousIn(run)).toEqual(["referrer/unsafe"]);
		else
			expect(run).toMatchObject({
				status: 2,
				stderr: expect.stringContaining("headguard.config.ts cannot be read: it is TypeScript, which your version of Node cannot run."),
			});
	});

	test("what a preset leaves open is ignored, with what that means", async () => {
		write("headers.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders({ preset: "compatible" });`);
		const run = await headguard("check", "headers.mjs", "--fail-on", "note");
		expect(run.status).toBe(0);
		expect(run.stdout).toContain("Ignored (2)\n  csp/no-script-src: the preset leaves it open: injected scripts run, and forms can send data anywhere");
	});

	test("JavaScript, under a name of its own", async () => {
		write("headers.mjs", POLICY);
		write("other.mjs", 'export default { policy: "headers.mjs" };');
		expect((await headguard("check", "--config", "other.mjs")).status).toBe(0);
	});

	test("an entry that has ended counts again", async () => {
		write("headers.mjs", NOTED);
		write(
			"headguard.config.json",
			JSON.stringify({
				ignore: [
					{ id: "report/none", reason: "soon", until: "2020-01-31" },
					{ id: "xcto/missing", reason: "old" },
				],
			}),
		);
		const run = await headguard("check", "headers.mjs");
		expect(idsIn(run)).toContain("report/none");
		expect(run.stdout).toContain("report/none was ignored until 2020-01-31, and counts again.");
		// It may be needed by the audit, which shares the file.
		expect(run.stdout).not.toContain("xcto/missing");
	});

	test("flags say why and how long as well", async () => {
		write("headers.mjs", NOTED);
		const run = await headguard("check", "headers.mjs", "--ignore", "report/none reports come in spring, until 2999-12-31");
		expect(run.stdout).toContain("report/none: reports come in spring");
		expect(idsIn(await headguard("check", "headers.mjs", "--ignore", "report/none:/other"))).toContain("report/none");
		expect(await headguard("check", "headers.mjs", "--ignore", "report/none until tomorrow")).toMatchObject({
			status: 2,
			stderr: expect.stringContaining('--ignore: "tomorrow" is not a date. Write it as 2027-01-31.'),
		});
	});

	test("every problem at once", async () => {
		write("headers.mjs", POLICY);
		write("headguard.config.json", JSON.stringify({ polcy: "x", failOn: 1, paths: ["x"], ignore: [{ id: "report/none" }, "x"] }));
		const { status, stderr } = await headguard("check", "headers.mjs");
		expect(status).toBe(2);
		for (const problem of [
			'polcy is not a valid key. Did you mean "policy"?',
			"failOn: write a string.",
			'paths[0]: write a path, such as "/login".',
			"ignore[0].reason: write why report/none is ignored.",
			'ignore[1]: write { "id"',
		])
			expect(stderr).toContain(problem);
	});

	test.each([
		["headguard.config.json", "{", "headguard.config.json cannot be read"],
		["headguard.config.json", "[]", "the file does not contain an object"],
		["headguard.config.mjs", "throw new Error('x')", "headguard.config.mjs cannot be read: x"],
		["headguard.config.json", '{"ignore":[{"id":"csp/mising","reason":"x"}]}', 'no rule has the id "csp/mising". Did you mean "csp/missing"?'],
		["headguard.config.json", '{"failOn":"eror"}', 'failOn: write error, warning, note. Did you mean "error"?'],
	])("%s with %s", async (file, text, message) => {
		write("headers.mjs", POLICY);
		write(file, text);
		expect(await headguard("check", "headers.mjs")).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(message) });
	});
});

test("a module that starts its application is read without listening, whether its port is free or taken", async () => {
	const taken = createServer().listen(0);
	await new Promise((resolve) => taken.once("listening", resolve));
	const { port } = taken.address() as AddressInfo;
	const listens = `app.listen(${port}, () => console.log("listening")); setTimeout(() => app.listen(${port}), 1);`;
	write("listens.mjs", `${IMPORTS} export const app = express(); app.use(secureHeaders()); ${listens} await new Promise((go) => setTimeout(go, 20));`);
	const run = await headguardProcess({}, "check", "listens.mjs");
	expect([run.status, run.stderr]).toEqual([0, ""]);
	expect(run.stdout).toContain("HEADER AUDIT PASSED");
	expect(run.stdout).not.toContain("listening");
	taken.close();
	write("weak.mjs", `${IMPORTS} export const app = express(); app.use(secureHeaders({ contentSecurityPolicy: false })); app.listen(0);`);
	expect((await headguardProcess({}, "check", "weak.mjs")).status, "the verdict decides").toBe(1);
});

test("servers listen again after the command", async () => {
	write("once.mjs", `${IMPORTS} export const app = express(); app.use(secureHeaders()); app.listen(0);`);
	expect((await headguard("check", "once.mjs")).status).toBe(0);
	const server = createServer().listen(0);
	await new Promise((resolve) => server.once("listening", resolve));
	server.close();
});
