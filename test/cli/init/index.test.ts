import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { createAsk } from "../../../src/cli/init/ask.ts";
import { diffOf } from "../../../src/cli/init/diff.ts";
import { readManifest } from "../../../src/cli/init/manifest.ts";
import { HelmetFound, type Plan, planFor, type Settings } from "../../../src/cli/init/plan.ts";
import { inFolder } from "../../support/cli.ts";
import { install, readFiles, start, writeFiles } from "./project.ts";
import { type Files, GENERATED, SHAPES } from "./shapes.ts";

const { headguard, headguardWith, folder } = inFolder("init");

const SETTINGS: Settings = { entry: undefined, preset: undefined, hasDevtools: true, hasScript: true, version: "0.1.0" };
const PACKAGE = '{ "name": "shop" }\n';
const APP = `const express = require("express");
const app = express();
app.get("/", home);
app.listen(3000);
`;

function planned(files: Files, settings: Partial<Settings> = {}): Plan {
	writeFiles(folder(), { "package.json": PACKAGE, ...files });
	return planFor(folder(), readManifest(folder()), { ...SETTINGS, ...settings });
}

const textOf = (plan: Plan, name: string): string | undefined => plan.changes.find((change) => change.name === name)?.after;
const appOf = (text: string, name = "app.js", settings: Partial<Settings> = {}): string | undefined => textOf(planned({ [name]: text }, settings), name);

describe("what is added", () => {
	test("the policy and devtools before everything else, the error handler after everything, and the guard of the server", () => {
		expect(appOf(APP)).toBe(`const express = require("express");
const { protectServer, secureHeaders } = require("headguard");
const { devtools } = require("headguard/devtools");
const app = express();

const headers = secureHeaders();
app.use(headers);
app.use(devtools(headers));

app.get("/", home);

app.use(headers.errorHandler);

protectServer(app.listen(3000), headers);

module.exports = { app, headers };
`);
	});

	test("the same in an ES module in its own style, with a preset", () => {
		const text = `import express from 'express'
import {readFile} from 'node:fs/promises'

export const app = express()
app.use(express.json())
app.listen(3000)
`;
		expect(appOf(text, "server.mjs", { preset: "api" })).toBe(`import express from 'express'
import {readFile} from 'node:fs/promises'
import {protectServer, secureHeaders} from 'headguard'
import {devtools} from 'headguard/devtools'

export const app = express()

const headers = secureHeaders({ preset: 'api' })
app.use(headers)
app.use(devtools(headers))

app.use(express.json())

app.use(headers.errorHandler)

protectServer(app.listen(3000), headers)
`);
	});

	test("only what is missing, when headguard is mounted", () => {
		const text = `const { secureHeaders } = require("headguard");
const { devtools } = require("headguard/devtools");
const app = require("express")();
const policy = secureHeaders();
app.use(policy);
app.use(devtools(policy));
app.get("/", home);
protectServer(app.listen(3000), policy);
module.exports = app;
`.replace("{ secureHeaders }", "{ protectServer, secureHeaders }");
		expect(appOf(text)).toBe(text.replace("protectServer(app", "\napp.use(policy.errorHandler);\n\nprotectServer(app"));
	});

	test.each([
		["a variable of another file", 'const { policy } = require("./security");', "const policy = secureHeaders();\nmodule.exports = { policy };"],
		["the only export of another file", 'const policy = require("./security");', "module.exports = secureHeaders();"],
	])("nothing, when the policy is %s", (_what, line, security) => {
		const text = APP.replace("const app", `${line}\nconst app`)
			.replace("app.get", "app.use(policy);\napp.get")
			.replace("app.listen", "app.use(policy.errorHandler);\napp.listen");
		const plan = planned({ "app.js": text, "security.js": `const { secureHeaders } = require("headguard");\n${security}\n` }, { hasDevtools: false });
		expect(textOf(plan, "app.js")).toBe(
			text
				.replace("app.listen(3000)", "protectServer(app.listen(3000), policy)")
				.replace('("./security");', '("./security");\nconst { protectServer } = require("headguard");'),
		);
		expect(textOf(plan, "package.json")).toContain("headguard check ./security.js --deploy");
	});

	test.each<readonly [what: string, app: string, security: string, server: string, notes: number]>([
		[
			"another file under its own name",
			'const { policy } = require("./security");',
			"const policy = secureHeaders();\nexports.policy = policy;",
			'const { policy } = require("./security");',
			0,
		],
		["another file as a whole", 'const policy = require("./security");', "module.exports = secureHeaders();", "", 1],
	])("a server elsewhere gets a policy of %s, or a note", (_what, line, security, imported, notes) => {
		const app = `const app = require("express")();\n${line}\napp.use(policy);\napp.use(policy.errorHandler);\nmodule.exports = app;\n`;
		const server = 'const app = require("./app");\n\napp.listen(3000);\n';
		const plan = planned(
			{ "app.js": app, "server.js": server, "security.js": `const { secureHeaders } = require("headguard");\n${security}\n` },
			{ hasDevtools: false, entry: "server.js" },
		);
		expect(plan.notes.length).toBe(notes);
		const expected = server
			.replace("\n\n", `\nconst { protectServer } = require("headguard");\n${imported}\n\n`)
			.replace("app.listen(3000)", "protectServer(app.listen(3000), policy)");
		expect(textOf(plan, "server.js")).toBe(notes === 0 ? expected : undefined);
		expect(textOf(plan, "app.js")).toBeUndefined();
	});

	test("a policy that is mounted after something else is not moved, but named", () => {
		const text = `const { secureHeaders } = require("headguard");\n${APP.replace("app.listen", "app.use(secureHeaders());\napp.listen")}`;
		expect(planned({ "app.js": text }).notes).toEqual(["app.js:5: the policy is mounted after line 4, which answers without it. Move it up."]);
	});

	test("another file named headers stays", () => {
		const plan = planned({ ...GENERATED, "headers.js": "module.exports = 1;\n" });
		expect(plan.changes.map(({ name }) => name)).toEqual(["security-headers.js", "app.js", "bin/www", "package.json"]);
		expect(textOf(plan, "bin/www")).toContain("require('../security-headers')");
	});

	test("the skeleton of express-generator gets a file for the policy, which bin/www imports too", () => {
		const plan = planned(GENERATED);
		expect(textOf(plan, "headers.js")).toBe(
			"const { secureHeaders } = require('headguard');\n\nconst headers = secureHeaders();\n\nmodule.exports = { headers };\n",
		);
		expect(textOf(plan, "app.js")).toBe(
			(GENERATED["app.js"] ?? "")
				.replace("users');\n", "users');\nvar { devtools } = require('headguard/devtools');\nvar { headers } = require('./headers');\n")
				.replace("'ejs');\n", "'ejs');\n\napp.use(headers);\napp.use(devtools(headers));\n")
				.replace("// error handler\n", "app.use(headers.errorHandler);\n\n// error handler\n"),
		);
		expect(textOf(plan, "bin/www")).toBe(
			(GENERATED["bin/www"] ?? "")
				.replace("require('http');\n", "require('http');\nvar { protectServer } = require('headguard');\nvar { headers } = require('../headers');\n")
				.replace("http.createServer(app)", "protectServer(http.createServer(app), headers)"),
		);
		expect(plan.notes).toEqual([]);
	});

	test("code on one line still parses, and is only added to", () => {
		expect(
			appOf('const express = require("express");const app=express();app.get("/",home);app.listen(3000)', "app.js", { hasDevtools: false }),
		).toBe(`const express = require("express");
const { protectServer, secureHeaders } = require("headguard");
const app=express();

const headers = secureHeaders();
app.use(headers);
app.get("/",home);

app.use(headers.errorHandler);
protectServer(app.listen(3000), headers)

module.exports = { app, headers };
`);
	});

	test.each([
		["a name that is taken", "const headers = {};\n", "const securityHeaders = secureHeaders();"],
		["a property of that name", "log(request.headers);\n", "const headers = secureHeaders();"],
	])("%s", (_what, line, created) => {
		expect(appOf(APP.replace("app.get", `${line}app.get`))).toContain(created);
	});

	test("an export of headguard whose name is taken gets another name", () => {
		expect(appOf(APP.replace("app.get", "const devtools = 1;\napp.get"))).toContain('const { devtools: headguardDevtools } = require("headguard/devtools");');
	});

	test.each<readonly [what: string, line: string, isAfter: boolean]>([
		["after settings, which Express 4 reads at the first mount", 'app.set("query parser", "simple");', true],
		["before a function that is only declared", 'function routes() { app.get("/a", a); }', false],
		["before a call of a function that mounts", "routes(); function routes() { app.get('/a', a); }", false],
		["before a call of another file with the application", 'require("./routes")(app);', false],
		["before a mount under a condition", "if (isDevelopment) app.use(morgan());", false],
	])("the policy is mounted %s", (_what, line, isAfter) => {
		const text = appOf(APP.replace("app.get", `${line}\napp.get`)) ?? "";
		expect(text).toContain(line);
		expect(text.indexOf("app.use(headers)") > text.indexOf(line)).toBe(isAfter);
	});
});

describe("package.json", () => {
	test.each<readonly [what: string, before: string, result: string]>([
		[
			"on one line",
			'{ "name": "shop", "dependencies": { "express": "5" } }',
			'{ "name": "shop", "dependencies": { "express": "5", "headguard": "^0.1.0" }, "scripts": {\n"check:headers": "NODE_ENV=production headguard check ./app.js --deploy"\n} }',
		],
		[
			"with tabs, CRLF and a byte order mark",
			'\ufeff{\r\n\t"scripts": {\r\n\t\t"start": "node app"\r\n\t},\r\n\t"dependencies": {}\r\n}',
			'\ufeff{\r\n\t"scripts": {\r\n\t\t"start": "node app",\r\n\t\t"check:headers": "NODE_ENV=production headguard check ./app.js --deploy"\r\n\t},\r\n\t"dependencies": {\r\n\t\t"headguard": "^0.1.0"\r\n\t}\r\n}',
		],
		[
			"with packages in order, and a script that checks already",
			'{\n  "dependencies": {\n    "express": "5",\n    "zod": "4"\n  },\n  "scripts": {\n    "test": "headguard check app.js"\n  }\n}\n',
			'{\n  "dependencies": {\n    "express": "5",\n    "headguard": "^0.1.0",\n    "zod": "4"\n  },\n  "scripts": {\n    "test": "headguard check app.js"\n  }\n}\n',
		],
	])("%s", (_what, before, result) => {
		expect(textOf(planned({ "package.json": before, "app.js": APP }), "package.json")).toBe(result);
	});

	test("the script passes on what was written", async () => {
		writeFiles(folder(), { ...SHAPES["an ES module"]?.files });
		install(folder());
		expect(await headguard("init", "--yes", "--no-devtools")).toMatchObject({ status: 0 });
		const checked = await headguardWith({ NODE_ENV: "production" }, "check", "./app.js", "--deploy");
		expect(checked.stderr).toBe("");
		expect(checked.stdout).toContain("HEADER AUDIT PASSED");
		expect(checked.status).toBe(0);
	});
});

describe("vendors", () => {
	const TAG = '<script src="https://js.stripe.com/v3/"></script>';
	const CALL = `app.get("/pay", (req, res) => res.render("pay"));\n`;

	test("a route of the file that renders a page of the vendor is extended, once", () => {
		const plan = planned({ "app.js": APP.replace("app.listen", `${CALL}app.listen`), "views/pay.ejs": TAG });
		const text = textOf(plan, "app.js") ?? "";
		expect(text).toContain('app.get("/pay", headers.extend(stripe), (req, res) => res.render("pay"));');
		expect(text).toContain('const { stripe } = require("headguard/vendors");');
		expect(plan.notes).toEqual([]);
		const again = planned({ "app.js": text });
		expect(textOf(again, "app.js")).toBeUndefined();
	});

	test("elsewhere the addition is suggested, not written", () => {
		const plan = planned({
			"app.js": APP,
			"views/layout.pug": "link(href='https://fonts.googleapis.com/css2')",
			"package.json": '{"dependencies":{"@sentry/browser":"9"}}',
		});
		expect(textOf(plan, "app.js")).not.toContain("vendors");
		expect(plan.notes).toEqual([
			"views/layout.pug needs additions to the policy: import googleFonts from headguard/vendors, and write headers.extend(googleFonts) on its routes.",
			'@sentry/browser needs additions to the policy: import sentry from headguard/vendors, and write headers.extend(sentry("https://<key>@<host>/<project>")) on its routes.',
		]);
	});

	test("inline code without a nonce is named", () => {
		const views = { "views/a.ejs": "<script>run()</script>", "views/b.ejs": '<script nonce="<%= cspNonce %>">run()</script>' };
		expect(planned({ "app.js": APP, ...views }).notes).toEqual([
			expect.stringMatching(/^views\/a\.ejs contains inline code without a nonce, which the policy blocks\./),
		]);
	});

	test("folders with links in circles are read once", () => {
		mkdirSync(join(folder(), "views"));
		symlinkSync("..", join(folder(), "views/loop"));
		expect(planned({ "app.js": APP, "views/pay.ejs": TAG }).notes).toEqual([expect.stringContaining("headers.extend(stripe)")]);
	});
});

describe("what cannot be changed is left alone, with a reason", () => {
	test.each<readonly [what: string, files: Files, reason: string]>([
		["no application", { "app.js": "run();" }, "no file was found that creates an Express, Connect or NestJS application."],
		["several applications", { "app.js": `${APP}const other = express(); other.listen(4000);` }, "there are several applications (app.js:2, app.js:5)."],
		["no variable", { "app.js": 'require("http").createServer(require("express")()).listen(1)' }, "app.js:1: the application has no variable."],
		[
			"a condition",
			{ "app.js": 'const express = require("express"); let app; if (x) { app = express(); }' },
			"app.js:1: the application is created under a condition.",
		],
		["a file that cannot be parsed", { "app.js": "const = express()" }, "app.js cannot be parsed: "],
		["a package.json that is not JSON", { "package.json": "{", "app.js": APP }, "package.json cannot be read: "],
		["a package.json without an object", { "package.json": "[]", "app.js": APP }, "package.json does not contain an object."],
		["helmet", { "app.js": APP, "lib/security.js": 'import helmet from "helmet";' }, "lib/security.js uses helmet, and two policies must not be mounted."],
		["the drop-in for helmet", { "app.js": `${APP}app.use(require("headguard/helmet")());` }, "app.js mounts headguard/helmet, which already has a policy."],
		[
			"headguard in another file",
			{ "app.js": APP, "lib/s.js": 'app.use(require("headguard").secureHeaders())' },
			"lib/s.js already uses headguard, in a way that this command does not understand.",
		],
		[
			"the root of a workspace",
			{ "package.json": '{"workspaces":["apps/*"]}', "apps/web/package.json": PACKAGE },
			"this is the root of several packages. Run the command in one of them: apps/web.",
		],
		[
			"Fastify",
			{
				"src/main.ts": 'import { NestFactory } from "@nestjs/core";\nconst app = await NestFactory.create(Module, new FastifyAdapter());',
				"package.json": '{"scripts":{"start":"nest start"}}',
			},
			"src/main.ts:2: the application runs on Fastify, and headguard on Express.",
		],
	])("%s", (_what, files, reason) => {
		expect(() => planned(files)).toThrow(reason);
	});

	test("a file that is not UTF-8, and one that is too large", () => {
		writeFiles(folder(), { "package.json": PACKAGE });
		writeFileSync(join(folder(), "app.js"), Buffer.from(APP, "utf16le").fill(0xff, 0, 2));
		expect(() => planned({})).toThrow("app.js is not UTF-8, so writing it would change other parts of it. Save it as UTF-8.");
		writeFiles(folder(), { "package.json": PACKAGE, "app.js": `${APP}//${"x".repeat(1_000_000)}` });
		expect(() => planned({})).toThrow("app.js is too large for a file that was written by hand.");
	});

	test("a link out of the project", () => {
		writeFiles(folder(), { "outside/app.js": APP, "project/package.json": PACKAGE });
		const root = join(folder(), "project");
		symlinkSync("../outside/app.js", join(root, "app.js"));
		expect(() => planFor(root, readManifest(root), SETTINGS)).toThrow("app.js is outside of this project, so this command does not change it.");
	});

	test("a project without package.json, and a folder below one", async () => {
		expect((await headguard("init")).stderr).toContain("headguard: there is no package.json here. Run the command in ");
	});

	test("a read-only file: nothing is written, and the other files stay", async () => {
		writeFiles(folder(), GENERATED);
		chmodSync(join(folder(), "bin/www"), 0o444);
		const { status, stderr } = await headguard("init", "--yes");
		expect(stderr).toContain("headguard: bin/www cannot be written: it is read-only. Nothing was written.\n");
		expect(status).toBe(2);
		expect(readFiles(folder())).toEqual(GENERATED);
	});

	test("helmet: the exit code is 2, and the migration is named", async () => {
		writeFiles(folder(), { "package.json": PACKAGE, "app.js": `${APP}const helmet = require("helmet");\napp.use(helmet());\n` });
		const { status, stderr } = await headguard("init", "--yes");
		expect(stderr).toContain("Run npx headguard migrate --write, then this command again.");
		expect(status).toBe(2);
		expect(() => planned({})).toThrow(HelmetFound);
	});

	test("after the migration, the policy of helmet is completed", async () => {
		writeFiles(folder(), { "package.json": PACKAGE, "app.js": APP.replace("app.get", 'const helmet = require("helmet");\napp.use(helmet());\napp.get') });
		expect((await headguard("migrate", "--write")).status).toBe(0);
		expect(await headguard("init", "--yes", "--no-devtools")).toMatchObject({ status: 0, stderr: "" });
		const text = readFileSync(join(folder(), "app.js"), "utf8");
		expect(text).toContain("const headers = secureHeaders({");
		expect(text).toContain("\napp.use(headers);\n");
		expect(text).toContain("protectServer(app.listen(3000), headers);");
	});
});

describe("the command", () => {
	test("names files with changes that are not committed", async () => {
		const git = (...args: string[]): unknown =>
			execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.example", ...args], { cwd: folder(), stdio: "ignore" });
		writeFiles(folder(), { "package.json": PACKAGE, "app.js": APP });
		git("init");
		git("add", ".");
		git("commit", "-m", "start");
		expect((await headguard("init")).stdout).not.toContain("not committed");
		writeFiles(folder(), { "app.js": `${APP}// more\n` });
		expect((await headguard("init")).stdout).toContain("- app.js: has changes that are not committed.\n");
	});

	test.each([
		[["--preset", "sssr"], '--preset: received "sssr". Write api, ssr, spa, strict, compatible, none. Did you mean "ssr"?'],
		[["--yes", "--dry-run"], "--yes writes and --dry-run does not. Use one of them."],
		[["--entry", "missing.js"], "missing.js does not exist."],
		[["--entry", "."], ". is not a file."],
		[["app.js"], 'received "app.js". Use --entry with the path of a file.'],
	])("%j is refused", async (args, message) => {
		writeFiles(folder(), { "package.json": PACKAGE, "app.js": APP });
		const { status, stderr } = await headguard("init", ...args);
		expect(stderr).toContain(message);
		expect(status).toBe(2);
	});

	test("says how to install the package with the package manager of the project", async () => {
		writeFiles(folder(), { "package.json": PACKAGE, "app.js": APP, "pnpm-lock.yaml": "" });
		const { stdout } = await headguard("init", "--yes", "--no-devtools", "--no-script", "--preset", "ssr");
		expect(stdout).toContain("Written: app.js, package.json.\nNow write pnpm install.\n");
		expect(readFileSync(join(folder(), "app.js"), "utf8")).toContain('secureHeaders({ preset: "ssr" })');
		expect(readFileSync(join(folder(), "package.json"), "utf8")).not.toContain("check:headers");
		expect(existsSync(join(folder(), "headers.js"))).toBe(false);
	});

	test("a diff can be applied by git, and does not control the terminal", async () => {
		writeFiles(folder(), GENERATED);
		const { stdout } = await headguard("init", "--no-devtools");
		const patch = stdout.slice(stdout.indexOf("--- "), stdout.indexOf("Nothing was written."));
		writeFiles(folder(), { "all.patch": patch });
		execFileSync("git", ["apply", "--unsafe-paths", `--directory=${folder().slice(process.cwd().length + 1)}`, join(folder(), "all.patch")]);
		const applied = readFiles(folder());
		writeFiles(folder(), GENERATED);
		execFileSync("rm", [join(folder(), "headers.js"), join(folder(), "all.patch")]);
		await headguard("init", "--no-devtools", "--yes");
		expect({ ...applied, "all.patch": undefined }).toEqual({ ...readFiles(folder()), "all.patch": undefined });
		expect(diffOf("a.js", "a\u001b[31m\n", "a\u001b[31m\nb\n", false)).toBe("--- a/a.js\n+++ b/a.js\n@@ -1,1 +1,2 @@\n a?[31m\n+b\n");
	});

	test("an entry that is named is used", async () => {
		writeFiles(folder(), { "package.json": PACKAGE, "app.js": "run();\n", "web/main.js": APP });
		install(folder());
		expect((await headguard("init", "--yes", "--no-devtools", "--entry", "web/main.js")).stdout).toContain("Written: web/main.js, package.json.");
		const { stop } = await start(folder(), "web/main.js").catch(() => ({ stop: async () => {} }));
		await stop();
	});
});

describe("questions", () => {
	async function answers(text: string): Promise<readonly unknown[]> {
		const input = new PassThrough();
		const ask = createAsk(input, new PassThrough());
		const given = [];
		for (const line of text.split("\n")) {
			setImmediate(() => (line === "^D" ? input.end() : input.write(`${line}\n`)));
			given.push(given.length === 0 ? await ask.text("Which preset?", "none", ["none", "ssr"]) : await ask.yes("Write?", true));
		}
		ask.close();
		return given;
	}

	test.each<readonly [text: string, expected: readonly unknown[]]>([
		["\n", ["none", true]],
		["ssr\nn", ["ssr", false]],
		["none\nYES", ["none", true]],
		["ssr\n^D", ["ssr", false]],
	])("%j", async (text, expected) => {
		expect(await answers(text)).toEqual(expected);
	});

	test("an unknown answer is asked for again", async () => {
		const input = new PassThrough();
		const ask = createAsk(input, new PassThrough());
		setImmediate(() => input.write("sssr\n"));
		setTimeout(() => input.write("ssr\n"), 50);
		expect(await ask.text("Which preset?", "none", ["none", "ssr"])).toBe("ssr");
		ask.close();
	});
});
