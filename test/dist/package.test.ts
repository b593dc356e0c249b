import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { licensesPage } from "../../scripts/licenses.ts";

/** The packed tarball, installed as a user has it: in a project of its own. */
const project = mkdtempSync(join(tmpdir(), "headguard-consumer-"));
const modules = resolve("node_modules");
let tarball = "";

beforeAll(() => {
	if (!existsSync("dist/index.js")) throw new Error("dist is missing. Run npm run build first.");
	const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], { encoding: "utf8" }));
	tarball = join(project, packed.filename);
	mkdirSync(join(project, "node_modules", "headguard"), { recursive: true });
	execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", join(project, "node_modules", "headguard")]);
	for (const name of ["express", "@types", "undici-types"]) if (existsSync(join(modules, name))) symlinkSync(join(modules, name), join(project, "node_modules", name));
	cpSync("test/consumers", project, { recursive: true });
	writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

const run = (file: string) => JSON.parse(execFileSync(process.execPath, [file], { cwd: project, encoding: "utf8" }));

describe("the packed tarball", () => {
	test("holds what it needs and nothing else", () => {
		const files = readdirSync(join(project, "node_modules", "headguard"), { recursive: true, encoding: "utf8" }).sort();
		const shapes = files.map((file) => file.replace(/(?<=dist\/[a-z0-9]+-)[A-Z0-9]{8}(?=\.c?js)/, "X").replace(/(?<=dist\/\w+)-[\w-]{8}(?=\.d\.)/, "-X"));
		const entries = ["audit", "edge", "helmet-exact", "helmet", "https", "index", "reports", "sources", "testing"].flatMap((name) => [".cjs", ".d.cts", ".d.ts", ".js"].map((ending) => `dist/${name}${ending}`));
		expect([...new Set(shapes)].filter((file) => !/-X\./.test(file))).toEqual([
			"CHANGELOG.md",
			"LICENSE",
			"README.md",
			"THIRD-PARTY-LICENSES.txt",
			"dist",
			...["dist/cli.js", ...entries].sort(),
			"docs",
			...["audit", "behind-a-proxy", "ci", "codes", "headers", "moving-from-helmet", "moving-from-others", "presets", "recipes", "reports", "rules", "sources", "testing"].map((name) => `docs/${name}.md`),
			"package.json",
		]);
	});

	test("has no dependencies", () => {
		const manifest = JSON.parse(readFileSync(join(project, "node_modules", "headguard", "package.json"), "utf8"));
		expect(manifest.dependencies).toBeUndefined();
		expect(manifest.peerDependencies).toEqual({ express: "^4.19 || ^5" });
		expect(manifest.peerDependenciesMeta).toEqual({ express: { optional: true } });
		expect(manifest.sideEffects).toBe(false);
		expect(manifest.engines).toEqual({ node: ">=20.19" });
	});

	test("imports nothing but node: modules", () => {
		const dist = join(project, "node_modules", "headguard", "dist");
		const code = readdirSync(dist).filter((file) => /\.c?js$/.test(file)).map((file) => readFileSync(join(dist, file), "utf8"));
		// At the start of a line: the command line tool also has code in its texts.
		const statement = /^(?:(?:import|export)[^"'\n]*|(?:var|const)[^"'\n]* = require\()["']([^"']+)["']/gm;
		const imported = code.flatMap((text) => [...text.matchAll(statement)].map(([, name = ""]) => name));
		expect(imported.filter((name) => !name.startsWith("node:") && !name.startsWith("./"))).toEqual([]);
		expect(imported).toContain("node:crypto");
	});

	test("holds the licences of what the command line tool brings along", () => {
		const folder = join(project, "node_modules", "headguard");
		expect(readFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), "utf8")).toBe(licensesPage(join(folder, "dist")));
		expect(licensesPage(join(folder, "dist"))).toContain("parse5");
	});

	test("its command runs, and nothing of the command line tool reaches the middleware", () => {
		writeFileSync(join(project, "page.html"), "<script>one()</script>");
		const bin = JSON.parse(readFileSync(join(project, "node_modules/headguard/package.json"), "utf8")).bin.headguard;
		expect(execFileSync(join(project, "node_modules/headguard", bin), ["hash", "page.html"], { cwd: project, encoding: "utf8" })).toContain("'sha256-");
		const dist = join(project, "node_modules/headguard/dist");
		const reached = (file: string, seen: Set<string>): Set<string> => {
			if (seen.has(file)) return seen;
			seen.add(file);
			for (const [, next = ""] of readFileSync(join(dist, file), "utf8").matchAll(/(?:from |require\(|import )["']\.\/([^"']+)["']/g)) reached(next, seen);
			return seen;
		};
		for (const entry of ["index.js", "index.cjs", "https.js", "sources.js", "helmet.js", "helmet.cjs", "helmet-exact.js"]) {
			const code = [...reached(entry, new Set())].map((file) => readFileSync(join(dist, file), "utf8")).join("");
			expect(code).not.toContain("node_modules/");
			expect(code).not.toContain("parse5");
		}
	});

	test.each(["app.mjs", "app.cjs"])("%s: a new Express app answers with the whole policy", (file) => {
		const { headers, nonce, middlewareLength, names } = run(file);
		expect(headers["content-security-policy"]).toContain(`script-src 'self' 'nonce-${nonce}'`);
		expect(headers["x-frame-options"]).toBe("DENY");
		expect(headers["x-powered-by"]).toBeUndefined();
		expect(middlewareLength).toBe(3);
		expect(names).toEqual(["PolicyError", "clearSiteData", "csp", "getNonce", "protectServer", "secureHeaders", "toLogger"]);
	});

	test("the ESM and the CJS copy understand each other's errors, keywords and responses", () => {
		expect(run("both.mjs")).toEqual({ broken: true, foreignError: true, sameNonce: true, keyword: true, once: 1 });
	});

	test("headguard/helmet is callable as it is imported and required, with helmet's 23 names", () => {
		expect(run("helmet-require.cjs")).toEqual({ callable: ["function", "function"], sameDefault: true, names: 23 });
		expect(run("helmet-import.mjs")).toEqual({ names: 23, set: 12, sameNames: true });
	});

	test.each(["node16", "nodenext", "bundler"])("types hold under moduleResolution %s", (moduleResolution) => {
		const module = moduleResolution === "bundler" ? "esnext" : moduleResolution;
		const files = moduleResolution === "bundler" ? ["types.mts", "helmet.mts"] : ["types.mts", "types.cts", "helmet.mts", "helmet.cts"];
		execFileSync(
			process.execPath,
			[join(modules, "typescript/bin/tsc"), "--noEmit", "--strict", "--skipLibCheck", "false", "--types", "node", "--module", module, "--moduleResolution", moduleResolution, "--target", "es2022", ...files],
			{ cwd: project, encoding: "utf8", stdio: "pipe" },
		);
	});

	test("a wrong option is a compile error for the consumer too (control)", () => {
		writeFileSync(join(project, "wrong.mts"), 'import { secureHeaders } from "headguard";\nsecureHeaders({ hsts: true });\n');
		expect(() =>
			execFileSync(process.execPath, [join(modules, "typescript/bin/tsc"), "--noEmit", "--strict", "--types", "node", "--module", "nodenext", "wrong.mts"], { cwd: project, stdio: "pipe" }),
		).toThrow();
	});

	test("publint has nothing to say", () => {
		const output = execFileSync(process.execPath, [join(modules, "publint/src/cli.js"), tarball, "--strict"], { encoding: "utf8" });
		expect(output).toContain("All good!");
	});

	test("are the types wrong? no", () => {
		const output = execFileSync(process.execPath, [join(modules, "@arethetypeswrong/cli/dist/index.js"), tarball, "--no-emoji", "--no-color"], { encoding: "utf8" });
		expect(output).toContain("No problems found");
	});
});
