import { PolicyError } from "../../core/errors.ts";
import { type Args, type Command, UsageError } from "../args.ts";
import { complain, writeText } from "../output.ts";
import { loadPolicy } from "../policy.ts";
import { checkInBrowser, learnInBrowser, type Outcome } from "./in-browser.ts";
import { moduleOf } from "./module.ts";
import { FLAGS, type LearnOptions, readOptions, refuseForeign } from "./options.ts";
import { withPlaces } from "./places.ts";
import type { SitePolicy } from "./policies.ts";
import { jsonOf, textOf } from "./report.ts";
import { checkMarkup, learnFromMarkup } from "./static.ts";

export const learnCommand: Command = {
	summary: "Learns the tightest policy from the running application, and tries it there before you use it.",
	usage: "<url> [flags]",
	flags: FLAGS,
	notes: `The command visits the pages in a browser that is installed on the machine, under a policy that allows nothing and only reports. It
follows links of the same origin, except those whose address says delete or sign out. It clicks tabs, summaries, links within the page
and buttons outside of forms, except those whose label says delete, pay or sign out. It visits pages with inline code twice, to tell static code from code that changes. Then it writes a module with the policy, and visits the
pages again with that policy enforced. The application needs no change for this. Scripts never get 'unsafe-inline'.
Use an application with test data: a click can change it.
Exit code 0: the policy breaks nothing, 1: it breaks something, 2: the pages or the browser cannot be used.

  headguard learn http://localhost:3000 --out headers.js
  headguard learn http://localhost:3000 --script login.js --templates views --out headers.js
  headguard learn http://localhost:3000 --check ./headers.js`,
	async run(args: Args): Promise<number> {
		const options = readOptions(args);
		const outcome = options.check === undefined ? await learned(options) : await checked(options, options.check);
		const what = options.check ?? "the policy";
		const module = outcome.learned === undefined ? undefined : moduleOf(outcome.learned, options.url.origin, options.out);
		if (options.out !== undefined && module !== undefined) {
			// A file may have appeared in the meantime.
			refuseForeign(options.out, args.has("force"));
			writeText(module, options.out);
		}
		complain(textOf(outcome, what));
		if (options.json) writeText(jsonOf(outcome, module), undefined);
		else if (options.out === undefined && module !== undefined) writeText(module, undefined);
		return outcome.broken.length === 0 ? 0 : 1;
	},
};

async function learned(options: LearnOptions): Promise<Outcome> {
	try {
		const outcome = options.isStatic ? await learnFromMarkup(options) : await learnInBrowser(options);
		if (options.templates === undefined || outcome.learned === undefined) return outcome;
		return { ...outcome, learned: { ...outcome.learned, changes: withPlaces(outcome.learned.changes, options.templates) } };
	} catch (error) {
		if (error instanceof PolicyError) throw new UsageError(`the pages need a policy that cannot be sent. ${error.message}`);
		throw error;
	}
}

async function checked(options: LearnOptions, file: string): Promise<Outcome> {
	const load = (): Promise<SitePolicy> => policiesIn(file);
	return options.isStatic ? checkMarkup(options, await load()) : checkInBrowser(options, load);
}

async function policiesIn(file: string): Promise<SitePolicy> {
	try {
		const { compiled, routes } = await loadPolicy(file);
		if (!compiled.policy.models.has("contentSecurityPolicy")) throw new UsageError(`${file} has no contentSecurityPolicy, so there is nothing to check.`);
		return { site: compiled, routes };
	} catch (error) {
		// The application may use another copy of the library, with another class.
		if (error instanceof Error && error.name === "PolicyError") throw new UsageError(`${file}: ${error.message}`);
		throw error;
	}
}
