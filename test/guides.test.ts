import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningExample } from "./support/examples.ts";
import { startFiles } from "./support/recipes.ts";

const PAGES = [...["docs/start", "docs/guides"].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`)), "site/pages/index.md"];

describe.each(PAGES)("%s", (page) => {
	const text = readFileSync(page, "utf8");
	const files = [...text.matchAll(/^```[jt]s (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", code = ""]) => asJavaScript(name, code));
	const answers = [...text.matchAll(/^```http GET (\S+)\n([\s\S]*?)^```$/gm)].map(([, path = "", lines = ""]) => [path, lines.trim().split("\n")] as const);
	const commands = [...text.matchAll(/^npx headguard (.+)$/gm)].flatMap(([, line = ""]) =>
		line.includes("/headers.js") ? [["dist/cli.js", ...line.split(" ")]] : [],
	);
	let app: RunningExample;

	beforeAll(async () => {
		app = await startFiles(page, files, { prepare: commands });
	});
	afterAll(() => app?.stop());

	test.each(answers)("its program answers GET %s with what the page shows", async (path, lines) => {
		const received = await linesOf(app.origin + path);
		for (const line of lines) expect(received).toContainEqual(expect.stringMatching(patternOf(line)));
	});

	test("has a program with a response", () => {
		expect(files.map(([name]) => name)).toContain("app.js");
		expect(answers.length).toBeGreaterThan(0);
	});
});

test("a line that differs is noticed (control)", () => {
	expect("img-src 'self' data:; script-src 'self'").toMatch(patternOf("img-src 'self' …; script-src 'self'"));
	expect("img-src 'self' data:; script-src 'self' https:").not.toMatch(patternOf("img-src 'self' …; script-src 'self'"));
});

function asJavaScript(name: string, code: string): readonly [string, string] {
	if (!name.endsWith(".ts")) return [name, code];
	const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
	return [name.replace(/\.ts$/, ".js"), outputText];
}

/** The dots of a line are any text. */
function patternOf(line: string): RegExp {
	return new RegExp(
		`^${line
			.split(/\s?…\s?/)
			.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
			.join(".*")}$`,
	);
}

async function linesOf(url: string): Promise<readonly string[]> {
	const { statusCode, statusMessage, rawHeaders } = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
		request(url, (res) => resolve(res.resume()))
			.on("error", reject)
			.end();
	});
	const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
	return [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...lines];
}
