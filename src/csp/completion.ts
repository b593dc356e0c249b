import { complete } from "./complete.ts";
import { whyIncomplete } from "./incomplete.ts";
import type { CspModel, CspPolicies } from "./model.ts";

/** A completed value of the application. */
export interface Completion {
	readonly text: string;
	/** Whether a framework set the value, on its own page, such as an error page. */
	readonly isFrameworks: boolean;
}

/** What is sent instead of a policy that the application or a framework set beside ours. Undefined keeps it. */
export function completion(
	theirs: string,
	status: number,
	nonce: string | undefined,
	ours: readonly CspModel[],
	onOther: CspPolicies["onOther"],
): Completion | undefined {
	const why = whyIncomplete(theirs, status, onOther);
	return why === undefined ? undefined : { text: complete(theirs, ours, nonce), isFrameworks: why === "framework" };
}
