import { describe, expect, test } from "vitest";
import { inFolder } from "../../support/cli.ts";
import { compile, install, malformed, readFiles, start, writeFiles } from "./project.ts";
import { SHAPES } from "./shapes.ts";

const { headguard, folder } = inFolder("init");

/** What each response must carry. The nonce differs, and errors of the framework keep their own default-src. */
const EXPECTED = {
	"x-frame-options": "DENY",
	"referrer-policy": "strict-origin-when-cross-origin",
	"cross-origin-opener-policy": "same-origin",
	"x-content-type-options": "nosniff",
	"x-powered-by": null,
};

async function expectPolicy(url: string, status: number): Promise<void> {
	const response = await fetch(url);
	const sent = Object.fromEntries(Object.keys(EXPECTED).map((name) => [name, response.headers.get(name)]));
	expect({ status: response.status, ...sent }, url).toEqual({ status, ...EXPECTED });
	expect(response.headers.get("content-security-policy"), url).toContain("frame-ancestors 'none'");
}

/** Whether a text is left of another one when parts of it are removed. */
function isWithin(before: string, after: string): boolean {
	let next = 0;
	for (const character of after) if (character === before[next]) next++;
	return next === before.length;
}

describe.each(Object.entries(SHAPES))("%s", (_name, { files, packages, start: entry, page = "/", fail = "/fail", changed, check, moved }) => {
	test("the policy is on every response after init, and a second run changes nothing", async () => {
		writeFiles(folder(), files);
		install(folder(), packages);
		const shown = await headguard("init", "--no-devtools");
		expect(shown.stderr).toBe("");
		expect(shown.status).toBe(0);
		expect(shown.stdout).toContain("Nothing was written. Add --yes to write the changes.\n");
		expect(readFiles(folder())).toEqual(files);

		expect(await headguard("init", "--yes", "--no-devtools")).toMatchObject({ status: 0, stderr: "" });
		const after = readFiles(folder());
		const written = Object.keys(after).filter((name) => after[name] !== files[name]);
		expect(written.toSorted()).toEqual(changed);
		for (const [name, text] of Object.entries(files)) if (name !== moved) expect(isWithin(text, after[name] ?? ""), after[name]).toBe(true);
		expect(JSON.parse(after["package.json"] ?? "").scripts["check:headers"]).toBe(check);

		if ("tsconfig.json" in files) compile(folder());
		const { port, stop } = await start(folder(), entry);
		try {
			const site = `http://127.0.0.1:${port}`;
			await expectPolicy(`${site}${page}`, 200);
			await expectPolicy(`${site}/missing`, 404);
			await expectPolicy(`${site}${fail}`, 500);
			expect(await malformed(port)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*X-Frame-Options: DENY\r\n/i);
		} finally {
			await stop();
		}

		const again = await headguard("init", "--yes", "--no-devtools");
		expect(again).toMatchObject({ status: 0, stderr: "" });
		expect(again.stdout).toContain("Nothing to add: the policy is mounted.\n");
		expect(readFiles(folder())).toEqual(after);
	});
});
