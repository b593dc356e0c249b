import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { inFolder } from "../support/cli.ts";

const { headguard, write, folder } = inFolder("emit");
const HEADGUARD = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/index.js")).href);
const NONCED = `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders();`;
const STATIC = "export const options = { preset: 'api' };";

describe("emit", () => {
	test("from an application to a server in front of it", async () => {
		write("headers.mjs", NONCED);
		const { status, stdout, stderr } = await headguard(
			"emit",
			"nginx",
			"--policy",
			"headers.mjs",
			"--mode",
			"fill",
			"--upstream",
			"http://127.0.0.1:3000",
			"--out",
			"conf",
		);
		expect([status, stdout]).toEqual([0, "conf/headguard-headers.conf\nconf/headguard-http.conf\nconf/headguard-site.conf\n"]);
		expect(stderr).toContain("nginx -t");
		expect(readFileSync(join(folder(), "conf/headguard-site.conf"), "utf8")).toContain("proxy_pass http://127.0.0.1:3000;");
	});

	test("one file goes to the terminal as it is, and the policy may stand in the configuration file", async () => {
		write("headers.mjs", STATIC);
		write("headguard.config.json", '{ "policy": "headers.mjs" }');
		const { status, stdout } = await headguard("emit", "cloudflare");
		expect([status, stdout.split("\n")[1]]).toEqual([0, "/*"]);
		expect((await headguard("emit", "nginx", "--upstream", "http://127.0.0.1:3000")).stdout).toMatch(/^==> headguard-headers\.conf <==\n/);
	});

	test("a nonce is refused with the way out, and nothing is written", async () => {
		write("headers.mjs", NONCED);
		const { status, stdout, stderr } = await headguard("emit", "apache", "--policy", "headers.mjs", "--out", "conf");
		expect([status, stdout]).toEqual([1, ""]);
		expect(stderr).toMatch(/script-src and style-src have a nonce.*Use --mode fill/);
		expect(existsSync(join(folder(), "conf"))).toBe(false);
	});

	test.each([
		[["--nonce-slot", "short"], '--nonce-slot: received "short".'],
		[
			["--nonce-slot", "NONCE_0123456789abcdef", "--mode", "fill"],
			"--nonce-slot: in --mode fill the application makes the nonce. Remove --nonce-slot, or write --mode override.",
		],
		[[], "Use --mode fill, which keeps the application's policy; or hashes; or, with nginx, --nonce-slot."],
		[["--upstream", "http://127.0.0.1:3000", "--host", "a b"], '--host: received "a b".'],
	])("a problem names the flags of the command and not the options of emit(): %j", async (flags, message) => {
		write("headers.mjs", NONCED);
		const { status, stderr } = await headguard("emit", "nginx", "--policy", "headers.mjs", ...flags);
		expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
		expect(stderr).not.toMatch(/nonceSlot|mode "|site\./);
	});

	test.each([
		["no server and no nonce", STATIC, [], "headguard-headers.conf inside your server{}"],
		["a policy that is filled in", NONCED, ["--mode", "fill"], "headguard-http.conf inside http{}, and headguard-headers.conf inside your server{}"],
		["a whole server", NONCED, ["--mode", "fill", "--upstream", "http://127.0.0.1:3000"], "headguard-site.conf inside http{}"],
	])("the next step names only files that were written: %s", async (_title, policy, flags, step) => {
		write("headers.mjs", policy);
		const { stdout, stderr } = await headguard("emit", "nginx", "--policy", "headers.mjs", "--out", "conf", ...flags);
		expect(stderr).toBe(`Put the files next to nginx.conf. Include ${step}. Test it: nginx -t, then nginx -s reload.\n`);
		const named = [...stderr.matchAll(/headguard-\w+\.conf/g)].map(([name]) => `conf/${name}`);
		expect(stdout.trim().split("\n")).toEqual(expect.arrayContaining(named));
	});

	test.each([
		[["emit"], 2, "one target is needed. Run headguard emit nginx --policy ./headers.js."],
		[["emit", "nginx"], 2, "--policy is needed. Run headguard emit nginx --policy ./headers.js."],
		[["emit", "ngnx", "--policy", "headers.mjs"], 1, '"ngnx" is not a target. Did you mean "nginx"?'],
		[["emit", "nginx", "--policy", "missing.mjs"], 2, "missing.mjs cannot be loaded"],
		[["emit", "nginx", "--policy", "headers.mjs", "--port", "80"], 2, "--port needs --upstream http://127.0.0.1:3000."],
		[["emit", "nginx", "--policy", "headers.mjs", "--upstream", "localhost:3000"], 1, "--upstream: received"],
		[["emit", "nginx", "--policy", "headers.mjs", "--mode", "overide"], 2, 'Did you mean "override"?'],
	])("%j", async (args, code, message) => {
		write("headers.mjs", STATIC);
		expect(await headguard(...args)).toMatchObject({ status: code, stdout: "", stderr: expect.stringContaining(message) });
	});
});

describe("check --edge", () => {
	test("what was emitted passes, what was changed does not, with its line", async () => {
		write("headers.mjs", STATIC);
		await headguard("emit", "nginx", "--policy", "headers.mjs", "--upstream", "http://127.0.0.1:3000", "--out", ".");
		expect((await headguard("check", "headers.mjs", "--edge", "headguard-site.conf")).stdout).not.toContain("edge/");
		const file = join(folder(), "headguard-headers.conf");
		write("headguard-headers.conf", readFileSync(file, "utf8").replace('X-Content-Type-Options "nosniff" always', 'X-Content-Type-Options "sniff"'));
		const { status, stdout } = await headguard("check", "headers.mjs", "--edge", "headguard-site.conf");
		expect(status).toBe(1);
		expect(stdout).toMatch(/edge\/nginx-no-always {2}headguard-headers\.conf:\d+\n/);
		expect(stdout).toContain("edge/config-drift");
	});

	test("a file alone, and one of no server that is known", async () => {
		write("site.conf", "server {\n  add_header X-Frame-Options DENY;\n}\n");
		expect(await headguard("check", "--edge", "site.conf")).toMatchObject({ status: 1, stdout: expect.stringContaining("site.conf:2") });
		write("other.txt", "nothing to see\n");
		expect(await headguard("check", "--edge", "other.txt")).toMatchObject({ status: 2, stderr: expect.stringContaining("Use --server nginx") });
		expect(await headguard("check", "--edge", "missing.conf")).toMatchObject({ status: 2, stderr: expect.stringContaining("missing.conf cannot be read.") });
	});
});
