import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inFolder } from "../support/cli.ts";

const { headguard, write, folder } = inFolder("templates");

const views = (files: Readonly<Record<string, string | Buffer>>): void => {
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(join(folder(), "views", name, ".."), { recursive: true });
		writeFileSync(join(folder(), "views", name), text);
	}
};
const read = (name: string): string => readFileSync(join(folder(), "views", name), "utf8");

describe("headguard templates", () => {
	test("names each place without a nonce, and writes nothing", async () => {
		views({
			"home.ejs": "<h1>x</h1>\n<script>a()</script>\n",
			"deep/page.pug": "style.\n  a{}\n",
			"in-order.njk": '<script nonce="{{ cspNonce }}">b()</script>',
		});
		expect(await headguard("templates", "views")).toEqual({
			status: 1,
			stdout:
				"views/deep/page.pug:1:1: <style>: It has no nonce.\nviews/home.ejs:2:1: <script>: It has no nonce.\n2 elements can get a nonce. Nothing was written: add it with headguard templates views --write.\n",
			stderr: "",
		});
		expect(read("home.ejs")).toBe("<h1>x</h1>\n<script>a()</script>\n");
	});

	test("--write adds the nonce in each language, keeps every other byte, and a second run finds nothing", async () => {
		views({
			"home.ejs": "\uFEFF<script>a('é')</script>\r\n<style>\r\n</style>",
			"home.eta": "<script>a()</script>",
			"home.pug": "script.\r\n  a()\r\n",
			"home.hbs": "<script>a()</script>",
			"partials/row.hbs": "<script>b()</script>",
			"home.njk": "<script>a()</script>",
			"other.ejs": '<style nonce="<%= nonce %>">a{}</style><script>b()</script>',
		});
		chmodSync(join(folder(), "views/home.ejs"), 0o640);
		const { status, stdout } = await headguard("templates", "views", "--write");
		expect([status, stdout.endsWith("Added 8 nonces.\n")]).toEqual([0, true]);
		expect(stdout).toContain("views/home.ejs:1:2: <script>: It has a nonce now.\n");
		expect(read("home.ejs")).toBe('\uFEFF<script nonce="<%= cspNonce %>">a(\'é\')</script>\r\n<style nonce="<%= cspNonce %>">\r\n</style>');
		expect(read("home.eta")).toBe('<script nonce="<%= it.cspNonce %>">a()</script>');
		expect(read("home.pug")).toBe("script(nonce=cspNonce).\r\n  a()\r\n");
		expect(read("home.hbs")).toBe('<script nonce="{{cspNonce}}">a()</script>');
		expect(read("partials/row.hbs")).toBe('<script nonce="{{@root.cspNonce}}">b()</script>');
		expect(read("home.njk")).toBe('<script nonce="{{ cspNonce }}">a()</script>');
		expect(read("other.ejs")).toBe('<style nonce="<%= nonce %>">a{}</style><script nonce="<%= nonce %>">b()</script>');
		expect(statSync(join(folder(), "views/home.ejs")).mode & 0o777).toBe(0o640);
		expect(readdirSync(join(folder(), "views")).filter((name) => name.startsWith("."))).toEqual([]);
		const times = readdirSync(join(folder(), "views")).map((name) => statSync(join(folder(), "views", name)).mtimeMs);
		expect(await headguard("templates", "views", "--write")).toEqual({ status: 0, stdout: "All inline code has a nonce.\n", stderr: "" });
		expect(readdirSync(join(folder(), "views")).map((name) => statSync(join(folder(), "views", name)).mtimeMs)).toEqual(times);
		expect(await headguard("templates", "views")).toEqual({ status: 0, stdout: "All inline code has a nonce.\n", stderr: "" });
	});

	test("what cannot get a nonce is named, and --no-attributes leaves out what no nonce allows", async () => {
		views({ "home.ejs": '<p onclick="a()" style="b">\n<script <%- c %>>d()</script>' });
		const all = await headguard("templates", "views", "--write");
		expect([all.status, all.stdout]).toEqual([
			1,
			"views/home.ejs:1:4: onclick of <p>: A nonce does not allow event handlers. Add a listener in a script.\nviews/home.ejs:1:18: style of <p>: A nonce does not allow style attributes. Use a class, or set the style in a script.\nviews/home.ejs:2:1: <script>: The template adds attributes to it, perhaps a nonce.\n3 places cannot get a nonce automatically.\n",
		]);
		views({ "home.ejs": '<p onclick="a()" style="b"><script nonce="<%= cspNonce %>">d()</script>' });
		expect((await headguard("templates", "views")).status).toBe(1);
		expect(await headguard("templates", "views", "--no-attributes")).toEqual({ status: 0, stdout: "All inline code has a nonce.\n", stderr: "" });
	});

	test("a script that prints a value is noted, and does not fail", async () => {
		views({ "home.ejs": '<script nonce="<%= cspNonce %>">a(<%- user %>)</script>' });
		const { status, stdout } = await headguard("templates", "views");
		expect([status, stdout]).toEqual([
			0,
			"views/home.ejs:1:1: <script>: Note: The nonce also allows what user prints. Make sure that no visitor can change the code with it.\nAll inline code has a nonce.\n",
		]);
	});

	test("--json has every place", async () => {
		views({ "home.ejs": '<script>a(<%= x %>)</script><p style="b">' });
		const { status, stdout } = await headguard("templates", "views", "--json");
		const script = { line: 1, column: 1, kind: "script", holder: "<script>" };
		expect([status, JSON.parse(stdout)]).toEqual([
			1,
			{
				isWritten: false,
				files: [
					{
						file: "views/home.ejs",
						language: "ejs",
						marked: [script],
						left: [{ line: 1, column: 32, kind: "style-attribute", holder: "style of <p>", message: expect.stringContaining("style attributes") }],
						notes: [{ ...script, message: expect.stringContaining("what x prints") }],
					},
				],
				skipped: [],
			},
		]);
	});

	test("--engine says what fills in .html files, and --name what the nonce is called", async () => {
		views({ "home.html": "<script>a({{ x }})</script>" });
		expect((await headguard("templates", "views", "--write")).stdout).toContain("Nothing fills in a nonce in this file.");
		expect(read("home.html")).toBe("<script>a({{ x }})</script>");
		expect((await headguard("templates", "views", "--write", "--engine", "nunjucks", "--name", "page.nonce")).status).toBe(0);
		expect(read("home.html")).toBe('<script nonce="{{ page.nonce }}">a({{ x }})</script>');
	});

	test("what is no template, too large, not UTF-8 or outside of the folder is not touched", async () => {
		const script = "<script>a()</script>";
		mkdirSync(join(folder(), "outside"));
		write("outside/page.ejs", script);
		views({
			"home.ejs": '<script nonce="<%= cspNonce %>">a()</script>',
			"node_modules/x/page.ejs": script,
			".cache/page.ejs": script,
			"large.ejs": `${script}${" ".repeat(2_000_000)}`,
			"binary.ejs": Buffer.from(`${script}\0`),
			"latin.ejs": Buffer.from(`${script}\xe9`, "latin1"),
			"component.vue": script,
			"script.js": script,
		});
		symlinkSync("../outside", join(folder(), "views/linked"));
		symlinkSync("../outside/page.ejs", join(folder(), "views/linked.ejs"));
		symlinkSync("home.ejs", join(folder(), "views/same.ejs"));
		symlinkSync(".", join(folder(), "views/loop"));
		symlinkSync("nowhere", join(folder(), "views/gone.ejs"));
		const { status, stdout } = await headguard("templates", "views", "--write");
		expect([status, stdout.split("\n").sort()]).toEqual([
			0,
			[
				"",
				"views/binary.ejs: skipped: it is not UTF-8.",
				"views/large.ejs: skipped: it has 2000020 bytes, too many for a template.",
				"views/latin.ejs: skipped: it is not UTF-8.",
				"views/linked.ejs: skipped: it is a link to another folder.",
				"views/linked: skipped: it is a link to another folder.",
			],
		]);
		expect(readFileSync(join(folder(), "outside/page.ejs"), "utf8")).toBe(script);
	});

	test("a file that cannot be written is named and fails", async () => {
		views({ "home.ejs": "<script>a()</script>", "other.ejs": "<script>b()</script>" });
		chmodSync(join(folder(), "views/home.ejs"), 0o444);
		const { status, stdout } = await headguard("templates", "views", "--write");
		expect([status, stdout]).toEqual([1, "views/other.ejs:1:1: <script>: It has a nonce now.\nviews/home.ejs: skipped: it is read-only.\nAdded 1 nonce.\n"]);
	});

	test("a name of a file and a text of a template do not control the terminal", async () => {
		views({ "\u001b[31m\n::error::x.ejs": '<script nonce="<%= cspNonce %>">a(<%= "\u001b]0;x\u0007" %>)</script><script>b()</script>' });
		const { stdout } = await headguard("templates", "views");
		expect(stdout).not.toMatch(/[\u001b\u0007]|^::error/m);
		expect(stdout).toContain("views/?[31m?::error::x.ejs:1:");
	});

	test.each([
		[["templates"], "no folder was given. Run headguard templates views."],
		[["templates", "nowhere"], '"nowhere" does not exist.'],
		[["templates", "."], "no template in .."],
		[["templates", ".", "--engine", "jsx"], '--engine: received "jsx".'],
		[["templates", ".", "--name", 'x" onclick="y'], '--name: received "x\\" onclick=\\"y". Write a name, such as cspNonce or locals.cspNonce.'],
		[["templates", ".", "--wirte"], "unknown flag --wirte."],
	])("%j is refused with exit code 2", async (args, message) => {
		const { status, stdout, stderr } = await headguard(...args);
		expect([status, stdout]).toEqual([2, ""]);
		expect(stderr).toContain(`headguard: ${message}`);
	});
});
