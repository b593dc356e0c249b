import { expect, test } from "vitest";
import { inFolder } from "../support/cli.ts";

const { headguard } = inFolder("help");

test("--help lists the commands, and each of them has its own", async () => {
	const { stdout } = await headguard("--help");
	const names = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = ""]) => name);
	expect(names).toEqual(["audit", "check", "compile", "emit", "hash", "init", "learn", "migrate", "reports", "suggest", "templates"]);
	for (const name of names) expect((await headguard(name, "--help")).stdout).toContain(`\n\nUsage: headguard ${name} `);
});

test.each([
	["audit", "--format <format>", "the format of the report: text, json, sarif, junit, github, markdown, html (default: text)"],
	["audit", "--timeout <seconds>", "for each request (default: 10)"],
	[
		"emit",
		"--mode <mode>",
		"whether the edge replaces the headers, or only fills in those that a response lacks, which keeps nonces: override, fill (default: override)",
	],
	["suggest", "--risk <risk>", "highest risk that goes into the patch: low, medium, high (default: low)"],
	["suggest", "--least <reports>", "fewest reports that a proposal needs; use 1 for a trial of your own (default: 3)"],
	["learn", "--max-time <seconds>", "for all rounds together (default: 600)"],
])("headguard %s --help says what %s takes, and its default", async (command, flag, text) => {
	const { stdout } = await headguard(command, "--help");
	expect(stdout).toMatch(new RegExp(`^  ${escaped(flag)} +${escaped(text)}$`, "m"));
});

test("a default is written in one way", async () => {
	for (const name of ["audit", "check", "compile", "emit", "hash", "init", "learn", "migrate", "reports", "suggest", "templates"]) {
		const flags = (await headguard(name, "--help")).stdout.split("\n").filter((line) => line.startsWith("  --"));
		expect(flags.length).toBeGreaterThan(1);
		const written = flags.map((line) => line.replace(/ \(default: [^()]+\)$/, "").replace("headers or default)", ""));
		expect(written.filter((line) => line.includes("default"))).toEqual([]);
	}
});

function escaped(text: string): string {
	return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
