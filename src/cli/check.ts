import { withoutIgnored } from "../audit/ignore.ts";
import { seenOf } from "../audit/policy.ts";
import { judge } from "../audit/rules.ts";
import { PolicyError } from "../core/errors.ts";
import { type Command, UsageError } from "./args.ts";
import { readConfig } from "./config.ts";
import { deploymentOf } from "./deployment.ts";
import { loadPolicy, type PolicyModule } from "./policy.ts";
import { explained, ignoresOf, REPORT_FLAGS, writeReport } from "./report.ts";

export const checkCommand: Command = {
	summary: "Judges a policy before it is deployed, without a server.",
	usage: "<module> [flags]",
	flags: { ...REPORT_FLAGS, deploy: { type: "boolean", summary: "what production needs as well: mount order, NODE_ENV, trust proxy, templates" } },
	notes: `The module exports the middleware, as headers or by default, or its options, as options:

  export const headers = secureHeaders({ … });

With --deploy it may export the application as app, and the server as server, which are looked at and not started.
It may be an ES module, CommonJS, or TypeScript where this Node or the project's tsx runs it. Without a module, policy of
the configuration file is taken. Exit code 0: passed, 1: failed or refused, 2: no policy was found.

  NODE_ENV=production headguard check ./app.js --deploy`,
	async run(args) {
		if (explained(args)) return 0;
		const config = await readConfig(args.text("config"));
		const [file = config.policy, ...more] = args.positionals;
		if (file === undefined || more.length > 0) throw new UsageError("one module is needed. Write headguard check ./headers.js.");
		const ignores = ignoresOf(args, config);
		const loaded = await load(file);
		if (loaded === undefined) return 1;
		const { compiled, application, server } = loaded;
		const deployment = args.has("deploy") ? deploymentOf(compiled, application, server, process.env["NODE_ENV"]) : undefined;
		const judged = withoutIgnored(judge([seenOf(compiled, file, deployment)]), ignores, new Date().toISOString().slice(0, 10));
		return writeReport(
			{ url: file, passed: judged.findings.every(({ severity }) => severity !== "error"), ...judged, estimates: [], responses: [] },
			file,
			args,
			config,
		);
	},
};

/** A policy that is refused is told at once, with all its problems. */
async function load(file: string): Promise<PolicyModule | undefined> {
	try {
		return await loadPolicy(file);
	} catch (error) {
		// The user's own copy of the library has its own class.
		if (!(error instanceof Error) || (!(error instanceof PolicyError) && error.name !== "PolicyError")) throw error;
		process.stderr.write(`${error.message}\n`);
		return undefined;
	}
}
