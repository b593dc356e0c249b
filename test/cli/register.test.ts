import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CERTIFICATE } from "../support/certificate.ts";
import { askHttp1, askHttp2 } from "../support/register.ts";

const REGISTER = pathToFileURL(join(process.cwd(), "dist/register.js")).href;
const HEADGUARD = JSON.stringify(pathToFileURL(join(process.cwd(), "dist/index.js")).href);
const COMPATIBLE = "base-uri 'self'; frame-ancestors 'self'; object-src 'none'";
const CSP = "content-security-policy";

/** An application that knows nothing of a policy. It writes its port when it listens. */
const APP = `
	const http = require("node:http");
	const server = http.createServer((req, res) => {
		res.setHeader("X-Powered-By", "own");
		if (req.url === "/own") res.setHeader("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'");
		if (req.url === "/404") res.statusCode = 404;
		res.end("page");
	});
	server.listen(0, "127.0.0.1", () => console.log(server.address().port));`;

let folder = "";
const children: ChildProcess[] = [];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "headguard-register-"));
});
afterEach(() => {
	for (const child of children.splice(0)) child.kill();
	rmSync(folder, { recursive: true, force: true });
});

const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);

interface Started {
	/** What the application wrote first. Undefined if it ended before. */
	readonly line: string | undefined;
	readonly stderr: () => string;
	readonly status: () => number | null;
}

/** Starts an application that is not edited. */
function start(app: string, env: Readonly<Record<string, string>> = {}, file = "app.cjs"): Promise<Started> {
	write(file, app);
	const given = { ...process.env, NODE_OPTIONS: `--import ${REGISTER}`, HEADGUARD_CONFIG: "", FORCE_COLOR: "0", ...env };
	const child = spawn(process.execPath, [file], { cwd: folder, env: given });
	children.push(child);
	let stderr = "";
	child.stderr.on("data", (chunk) => {
		stderr += chunk;
	});
	return new Promise((resolve) => {
		const started = { stderr: () => stderr, status: () => child.exitCode };
		child.stdout.on("data", (chunk) => resolve({ ...started, line: String(chunk).trim() }));
		child.on("close", () => resolve({ ...started, line: undefined }));
	});
}

describe("without a configuration", () => {
	test("every answer has the preset for applications that you cannot change, and one line says so", async () => {
		const { line, stderr } = await start(APP);
		for (const path of ["/", "/404"]) {
			const { headers } = await askHttp1(Number(line), path);
			expect(headers[CSP]).toBe(COMPATIBLE);
			expect(headers["x-content-type-options"]).toBe("nosniff");
			expect(headers["x-powered-by"]).toBeUndefined();
		}
		expect(stderr()).toBe('headguard: there is no headguard.config.js, so the policy is the preset "compatible".\n');
	});

	test("a policy that the application sets itself is kept, and the other headers are added", async () => {
		const { line } = await start(APP);
		const { headers } = await askHttp1(Number(line), "/own");
		expect(headers[CSP]).toBe("default-src 'self'; frame-ancestors 'none'");
		expect(headers["x-frame-options"]).toBe("SAMEORIGIN");
	});

	test("the first request of a server may be malformed", async () => {
		const { line } = await start(APP);
		const { status, headers } = await askHttp1(Number(line), "/", "GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n");
		expect([status, headers[CSP]]).toEqual([400, COMPATIBLE]);
	});

	test("without the preload there is no policy (control)", async () => {
		const { line } = await start(APP, { NODE_OPTIONS: "" });
		const { headers } = await askHttp1(Number(line), "/");
		expect([headers[CSP], headers["x-powered-by"]]).toEqual([undefined, "own"]);
	});

	test("an HTTP/2 server, an ES module, and a server in a worker have it too", async () => {
		const http2 = await start(
			`import { createServer } from "node:http2"; const server = createServer((req, res) => res.end("x")); server.listen(0, "127.0.0.1", () => console.log(server.address().port));`,
			{},
			"app.mjs",
		);
		expect((await askHttp2(`http://127.0.0.1:${http2.line}`))[CSP]).toBe(COMPATIBLE);
		write("inside.cjs", APP);
		const worker = await start('const { Worker } = require("node:worker_threads"); new Worker("./inside.cjs");', {}, "worker.cjs");
		expect((await askHttp1(Number(worker.line), "/")).headers[CSP]).toBe(COMPATIBLE);
		expect(worker.stderr().match(/headguard/g)).toHaveLength(2);
	});

	test("HTTPS and HTTP/2 over TLS", async () => {
		for (const [name, create] of [
			["https", "createServer"],
			["http2", "createSecureServer"],
		]) {
			const app = `const server = require("node:${name}").${create}(${JSON.stringify(CERTIFICATE)}, (req, res) => res.end("x")); server.listen(0, "127.0.0.1", () => console.log(server.address().port));`;
			const { line } = await start(app, {}, `${name}.cjs`);
			const headers = name === "http2" ? await askHttp2(`https://127.0.0.1:${line}`) : (await askHttp1(Number(line), "/", undefined, true)).headers;
			expect([headers[CSP], headers["x-content-type-options"]]).toEqual([COMPATIBLE, "nosniff"]);
		}
	});
});

describe("the configuration", () => {
	const policyOf = async (env: Readonly<Record<string, string>> = {}) => {
		const started = await start(APP, env);
		if (started.line === undefined) return started.stderr();
		const { headers } = await askHttp1(Number(started.line), "/");
		return `${headers[CSP]} ${started.stderr()}`;
	};
	const own = (source: string) =>
		`{ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [${JSON.stringify(source)}], frameAncestors: ["'none'"] } } }`;

	test.each([
		["headguard.config.mjs", `export const options = ${own("https://a.example")};`],
		["headguard.config.cjs", `module.exports = { options: ${own("https://a.example")} };`],
		["headguard.config.js", `exports.options = ${own("https://a.example")};`],
		["headguard.config.mjs", `import { secureHeaders } from ${HEADGUARD}; export const headers = secureHeaders(${own("https://a.example")});`],
		["headguard.config.mjs", `import { secureHeaders } from ${HEADGUARD}; export default secureHeaders(${own("https://a.example")});`],
	])("%s: %s", async (file, text) => {
		write(file, text);
		expect(await policyOf()).toBe("default-src https://a.example; frame-ancestors 'none' ");
	});

	test("may be the configuration of the command, which names a module", async () => {
		write("policy.mjs", `export const options = ${own("https://a.example")};`);
		write("headguard.config.json", '{ "policy": "./policy.mjs", "failOn": "note" }');
		expect(await policyOf()).toBe("default-src https://a.example; frame-ancestors 'none' ");
	});

	test("may have another name", async () => {
		write("headguard.config.mjs", `export const options = ${own("https://a.example")};`);
		write("other.mjs", `export const options = ${own("https://b.example")};`);
		expect(await policyOf({ HEADGUARD_CONFIG: "other.mjs" })).toBe("default-src https://b.example; frame-ancestors 'none' ");
	});

	test.each<[string, string, RegExp]>([
		[
			"two problems",
			"export const options = { hsts: true, referrerPolicy: 5 };",
			/^headguard: headguard\.config\.mjs: 2 problems:\n {2}hsts: .*\n {2}referrerPolicy: .*\n$/s,
		],
		["an array", "export const options = [];", /^headguard: headguard\.config\.mjs: .*\[option\/type\]\n$/],
		["null", "export const options = null;", /exports no policy/],
		[
			"no policy",
			"export const other = 1;",
			/^headguard: headguard\.config\.mjs: the file exports no policy\. Write export const options = \{ preset: "compatible" \};\n$/,
		],
		["a policy that names itself", 'export default { policy: "./headguard.config.mjs" };', /exports no policy/],
		["an error", 'throw new Error("broken");', /^headguard: headguard\.config\.mjs: it cannot be loaded: broken\n$/],
	])("with %s is refused before the application starts", async (_title, text, message) => {
		write("headguard.config.mjs", text);
		const { line, stderr, status } = await start(APP);
		expect([line, status()]).toEqual([undefined, 1]);
		expect(stderr()).toMatch(message);
	});

	test("that does not exist is refused", async () => {
		const { line, stderr, status } = await start(APP, { HEADGUARD_CONFIG: "./missing.mjs" });
		expect([line, status(), stderr()]).toEqual([undefined, 1, "headguard: HEADGUARD_CONFIG: ./missing.mjs: the file does not exist.\n"]);
	});
});

test("an application with a policy of its own keeps that, on the answers of Node too", async () => {
	const app = `import { protectServer, secureHeaders } from ${HEADGUARD}; import { createServer } from "node:http";
		const headers = secureHeaders({ preset: "api" });
		const server = createServer((req, res) => { headers(req, res); res.end("x"); });
		protectServer(server, headers);
		server.listen(0, "127.0.0.1", () => console.log(server.address().port));`;
	const { line } = await start(app, {}, "app.mjs");
	const API = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
	expect((await askHttp1(Number(line), "/")).headers[CSP]).toBe(API);
	expect((await askHttp1(Number(line), "/", "bad\r\n\r\n")).headers[CSP]).toBe(API);
});
