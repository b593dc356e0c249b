import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { seenOf } from "../audit/policy.ts";
import { judge } from "../audit/rules.ts";
import { type CompiledPolicy, compile } from "../compile.ts";
import { PolicyError } from "../core/errors.ts";
import { isRecord } from "../core/text.ts";
import { compiledOf } from "../middleware.ts";
import { createPolicy } from "../policy.ts";
import { type Command, UsageError } from "./args.ts";
import { explained, ignoredIds, REPORT_FLAGS, writeReport } from "./report.ts";

export const checkCommand: Command = {
	summary: "Judges a policy before it is deployed, without a server.",
	usage: "<module> [flags]",
	flags: REPORT_FLAGS,
	notes: `The module exports the middleware, as headers or by default, or its options, as options:

  export const headers = secureHeaders({ … });

It may be an ES module, CommonJS, or TypeScript where this Node runs it. Exit code 0: passed, 1: failed or refused,
2: no policy was found.`,
	async run(args) {
		if (explained(args)) return 0;
		const [file, ...more] = args.positionals;
		if (file === undefined || more.length > 0) throw new UsageError("one module is needed. Write headguard check ./headers.js.");
		const compiled = await load(file);
		if (compiled instanceof PolicyError) {
			process.stderr.write(`${compiled.message}\n`);
			return 1;
		}
		const ignored = ignoredIds(args);
		const findings = judge([seenOf(compiled, file)]).filter(({ id }) => !ignored.includes(id));
		return writeReport({ url: file, passed: findings.every(({ severity }) => severity !== "error"), findings, responses: [] }, args);
	},
};

/** The policy of a module, or what is wrong with it. */
async function load(file: string): Promise<CompiledPolicy | PolicyError> {
	try {
		const module = await importFile(file);
		const { headers, default: byDefault = undefined, options } = module;
		const inside = isRecord(byDefault) ? byDefault : {};
		for (const value of [headers, byDefault, Reflect.get(inside, "headers")]) {
			const compiled = compiledOf(value);
			if (compiled !== undefined) return compiled;
		}
		const given = options ?? Reflect.get(inside, "options");
		if (given !== undefined) return compile(createPolicy(given as never));
	} catch (error) {
		if (error instanceof PolicyError) return error;
		throw error;
	}
	throw new UsageError(`${file} exports no policy. Write export const headers = secureHeaders({ … });`);
}

async function importFile(file: string): Promise<Readonly<Record<string, unknown>>> {
	try {
		return await import(pathToFileURL(resolve(file)).href);
	} catch (error) {
		if (error instanceof PolicyError) throw error;
		const code: unknown = Reflect.get(Object(error), "code");
		const hint = code === "ERR_UNKNOWN_FILE_EXTENSION" ? " This Node runs no TypeScript: build it first, or use Node 22.18 or later." : "";
		throw new UsageError(`${file} cannot be loaded: ${error instanceof Error ? error.message.split("\n", 1)[0] : String(error)}.${hint}`);
	}
}
