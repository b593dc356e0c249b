import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { inFolder } from "../support/cli.ts";
import { COMMANDS, obeyed } from "../support/runners.ts";

const { headguard, write, folder } = inFolder("log");

const HEADGUARD = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/index.js")).href);
const OWN = /^::(?:error|warning|notice) [^:]*::/;
/** Names that a repository may give to files and folders. */
const NAMES = ["::error::##vso[x", "a\n--- section_start:1:x\r", "a\u001b[31m\u202ex"];

describe.each(NAMES.map((name) => [JSON.stringify(name), name] as const))("a file called %s", (_name, name) => {
	test.each([
		["migrate", ".js", 'import helmet from "helmet";\napp.use(helmet({ contentSecurityPolicy: false }));\nuse(helmet);\n', []],
		["hash", ".html", "<script>1</script><a href='javascript:1'>x</a>", []],
		["hash", ".html", "<script>1</script>", ["--check", "missing.json"]],
		["check", ".mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders({ frameguard: true });`, []],
		["check", ".mjs", "export const x = 1;", []],
		["reports", ".jsonl", "no report\n", []],
		["suggest", ".jsonl", "no report\n", []],
	])("%s *%s", async (command, extension, text, more) => {
		write(name + extension, text);
		const { stdout, stderr } = await headguard(command, `./${name}${extension}`, ...more);
		expect(stdout + stderr).not.toBe("");
		expect(stdout + stderr).not.toContain("internal error");
		expect([...obeyed(stdout), ...obeyed(stderr)]).toEqual([]);
	});

	test("found in a folder, and one that is not there", async () => {
		mkdirSync(join(folder(), name));
		write(join(name, "a.js"), 'import helmet from "helmet";\nuse(helmet);\n');
		write(join(name, "a.html"), "<a href='javascript:1'>x</a><script>1</script>");
		for (const args of [["migrate"], ["hash", "."], ["hash", name], ["check", `${name}.js`], ["emit", "nginx", "--policy", name], ["audit", name], [name]]) {
			const { stdout, stderr } = await headguard(...args);
			expect([...obeyed(stdout), ...obeyed(stderr)], args.join()).toEqual([]);
		}
	});
});

test("migrate: code and comments of the file", async () => {
	const code = COMMANDS.map((command) => `\`\n${command.replaceAll("\\", "")}\``).join(", ");
	write("a.mjs", `import helmet from "helmet";\napp.use(helmet({ contentSecurityPolicy: { directives: { defaultSrc: [(req) => [${code}]] } } }));\n`);
	const { stdout, status } = await headguard("migrate", "a.mjs");
	expect([status, stdout.includes("secureHeaders(")]).toEqual([0, true]);
	expect(obeyed(stdout)).toEqual([]);
});

test("emit: what stands beside the configuration, and a policy that is refused", async () => {
	const options = JSON.stringify({ contentSecurityPolicy: { directives: { imgSrc: COMMANDS } } });
	write("a.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders(${options});`);
	const { stderr, status } = await headguard("emit", "nginx", "--policy", "a.mjs");
	expect([status, obeyed(stderr)]).toEqual([1, []]);
	for (const i of COMMANDS.keys()) expect(stderr).toContain(`imgSrc[${i}]`);
});

test("check --edge: lines of the file", async () => {
	const lines = COMMANDS.map((command) => `add_header X-Frame-Options "${command.replace(/["\\]/g, "")}";`).join("\n");
	write("nginx.conf", `server {\n${lines}\n}\n`);
	for (const format of ["text", "github", "markdown", "junit", "html", "json", "sarif"]) {
		const { stdout, stderr } = await headguard("check", "--edge", "nginx.conf", "--server", "nginx", "--format", format);
		expect(stdout).not.toBe("");
		expect([...obeyed(stdout, format === "github" ? OWN : undefined), ...obeyed(stderr)], format).toEqual([]);
	}
});

test("reports and suggest: keys of what was left out", async () => {
	const keys = COMMANDS.flatMap((command) => [command, `x\n${command}`]);
	write("reports.jsonl", `${keys.map((key) => JSON.stringify({ dropped: { [key]: 1 } })).join("\n")}\n`);
	write("headers.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders();`);
	for (const args of [
		["reports", "reports.jsonl"],
		["reports", "reports.jsonl", "--format", "html"],
		["reports", "reports.jsonl", "--format", "json"],
		["suggest", "reports.jsonl", "--policy", "headers.mjs"],
		["suggest", "reports.jsonl", "--policy", "headers.mjs", "--format", "json"],
	]) {
		const { stdout, stderr } = await headguard(...args);
		expect(stdout).toMatch(/vso/);
		expect([...obeyed(stdout), ...obeyed(stderr)], args.join(" ")).toEqual([]);
	}
});

test("audit: headers, redirects and a page of a site", async () => {
	const said = COMMANDS.filter((command) => /^[\t\x20-\x7e\xa0-\xff]*$/.test(command));
	const server = createServer((req, res) => {
		const value = said.join(" ");
		if (req.url === "/away") return void res.writeHead(302, { Location: "gopher://x" }).end();
		res.writeHead(200, [
			["Content-Type", "text/html"],
			["Server", `x/1 ${value}`],
			...said.map((one) => ["X-Frame-Options", one]),
			["Referrer-Policy", value],
		] as never);
		res.end(`<!doctype html><script src="http://x.example/${COMMANDS.map((one) => one.replaceAll('"', "")).join("\n")}"></script>`);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	for (const format of ["text", "github", "markdown", "junit", "html", "json", "sarif"]) {
		const { stdout, stderr } = await headguard("audit", url, "--assume-tls", "--format", format);
		expect(stdout).toContain("vso");
		expect([...obeyed(stdout, format === "github" ? OWN : undefined), ...obeyed(stderr)], format).toEqual([]);
	}
	const { status, stderr } = await headguard("audit", `${url}away`);
	expect([status, obeyed(stderr)]).toEqual([2, []]);
	server.close();
	server.closeAllConnections();
}, 60_000);
