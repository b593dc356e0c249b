import { describe, expect, test } from "vitest";
import { lintEdge } from "../../../src/edge/lint/index.ts";
import { SHAPES } from "./shapes/index.ts";
import { APP_HEADERS, type Shape } from "./shapes/shape.ts";

const SENT = new Set(Object.keys(APP_HEADERS).map((name) => name.toLowerCase()));

function found({ server, text, files = {} }: Shape, sent?: ReadonlySet<string>): string[] {
	const lints = lintEdge(server, text, "shape", (path) => readShape(files, path), undefined, sent);
	return lints.map(({ id, file, line, isConditional }) => `${id}${isConditional ? "?" : ""} ${file === "shape" ? "" : `${file}:`}${line}`);
}

/** One file, or those that a pattern with one asterisk matches. */
function readShape(files: Readonly<Record<string, string>>, path: string) {
	const [start = "", end] = path.split("*");
	const names = Object.keys(files).filter((name) => (end === undefined ? name === path.replace("FOLDER/", "") : name.startsWith(start) && name.endsWith(end)));
	return names.length === 0 ? undefined : names.map((file) => ({ file, text: files[file] ?? "" }));
}

describe.each(SHAPES.map((shape) => [`${shape.server}: ${shape.what}`, shape] as const))("%s", (_what, shape) => {
	test("has the findings of the table", () => {
		expect(found(shape, SENT)).toEqual(shape.lints);
	});

	test("each finding has a response that shows it, and a shape without findings has none", () => {
		const counts = Object.values(shape.sent);
		if (shape.notRun !== undefined) return;
		if (shape.lints.some((one) => one.startsWith("edge/apache-tables"))) expect(counts.some((count) => count !== 1)).toBe(true);
		else if (shape.lints.some((one) => TWICE.test(one))) expect(Math.max(...counts)).toBeGreaterThan(1);
		else expect(Math.max(0, ...counts)).toBeLessThan(2);
		const isMissing = counts.includes(0);
		expect(isMissing).toBe(isMissing && shape.lints.some((one) => MISSING.test(one)));
	});

	test("without a policy, what depends on the application is a condition", () => {
		const certain = (lints: readonly string[]): string[] => lints.map((one) => one.replace("?", ""));
		const without = found(shape);
		expect(certain(without)).toEqual(certain(shape.lints));
		expect(without.filter((one) => ALONE.test(one) && !one.includes("?"))).toEqual([]);
	});
});

test.each([
	["line ends of Windows", (text: string) => text.replaceAll("\n", "\r\n"), 0],
	["a mark of the byte order", (text: string) => `\uFEFF${text}`, 0],
	["a comment before it", (text: string) => `# comment "'{\n${text}`, 1],
])("%s changes nothing but the lines", (_what, change, lines) => {
	for (const shape of SHAPES) {
		const expected = shape.lints.map((one) => one.replace(/ (\d+)$/, (_all, line: string) => ` ${Number(line) + lines}`));
		expect([shape.what, found({ ...shape, text: change(shape.text) }, SENT)]).toEqual([shape.what, expected]);
	}
});

const TWICE = /no-hide|haproxy-add/;
const MISSING = /no-always|inheritance|hidden|apache-tables|deferred|haproxy-response|synth/;
const ALONE = /nginx-hidden/;
