import { exchangeFrom } from "../audit/from-policy.ts";
import { acceptedIn, today, withoutIgnored } from "../audit/ignore.ts";
import { judge } from "../audit/judge.ts";
import type { Exchange } from "../audit/types.ts";
import { PolicyError } from "../core/errors.ts";
import { type Command, UsageError } from "./args.ts";
import { readConfig } from "./config.ts";
import { projectOf } from "./deploy/frameworks.ts";
import { deploymentOf } from "./deployment.ts";
import { LINTED, lintFiles } from "./edge-files.ts";
import { complain } from "./output.ts";
import { loadPolicy, type PolicyModule } from "./policy.ts";
import { explained, ignoresOf, REPORT_FLAGS, writeReport } from "./report.ts";

export const checkCommand: Command = {
	summary: "Checks a policy before you deploy it, without a server.",
	usage: "<module> [flags]",
	flags: {
		...REPORT_FLAGS,
		edge: { type: "string", value: "<file>", summary: "configuration of nginx, Apache, Caddy, HAProxy or Varnish; needs no module; can be repeated" },
		server: { type: "string", value: "<name>", summary: "server of the --edge file, if the command cannot detect it", oneOf: LINTED },
		deploy: { type: "boolean", summary: "also check what production needs: mount order, NODE_ENV, trust proxy, templates" },
	},
	notes: `The module exports the middleware (as headers or default) or its options (as options):

  export const headers = secureHeaders({ … });

The module can also export the application as app, and the server as server for --deploy. Neither is started. The module can be an ES
module, CommonJS, or TypeScript if your Node or the tsx of your project can run it. Without a module, the command uses the policy of
the configuration file. Exit code 0: passed, 1: a check failed or the policy is refused, 2: the command was called incorrectly or found
no policy.

  NODE_ENV=production headguard check ./app.js --deploy
  headguard check ./headers.js --edge /etc/nginx/nginx.conf`,
	async run(args) {
		if (explained(args)) return 0;
		const config = await readConfig(args.text("config"));
		const edges = args.all("edge");
		const [file = config.policy, ...more] = args.positionals;
		if ((file === undefined && edges.length === 0) || more.length > 0) throw new UsageError("one module is needed. Run headguard check ./headers.js.");
		const ignores = ignoresOf(args, config);
		const loaded = file === undefined ? undefined : await load(file);
		if (file !== undefined && loaded === undefined) return 1;
		const exchanges = [
			...(file === undefined || loaded === undefined ? [] : [exchangeOfPolicy(file, loaded, args.has("deploy"))]),
			...lintFiles(edges, args.text("server"), loaded?.compiled),
		];
		const all = judge(exchanges);
		const judged = withoutIgnored(all, [...ignores, ...acceptedIn(all, loaded?.compiled.policy.accepted ?? [])], today(), false);
		const name = file ?? edges[0] ?? "";
		return writeReport(
			{
				url: [file, ...edges].filter((one) => one !== undefined).join(" "),
				passed: judged.findings.every(({ severity }) => severity !== "error"),
				...judged,
				estimates: [],
				responses: [],
			},
			name,
			"check",
			args,
			config,
		);
	},
};

function exchangeOfPolicy(file: string, { compiled, application, server }: PolicyModule, isDeployed: boolean): Exchange {
	return exchangeFrom(compiled, file, isDeployed ? deploymentOf(compiled, application, server, process.env["NODE_ENV"], projectOf(file)) : undefined);
}

/** Reports an invalid policy with all its problems. */
async function load(file: string): Promise<PolicyModule | undefined> {
	try {
		return await loadPolicy(file);
	} catch (error) {
		// The application may use another copy of the library, with another class.
		if (!(error instanceof Error) || (!(error instanceof PolicyError) && error.name !== "PolicyError")) throw error;
		complain(`${error.message}\n`);
		return undefined;
	}
}
