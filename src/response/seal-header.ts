import type { Code } from "../core/codes.ts";
import { noncesIn } from "../csp/complete.ts";
import { decide, type Remark } from "./precedence.ts";
import { currentText, emitEvent, type HeaderStore, type ResponseState } from "./state.ts";
import type { CompiledHeader } from "./wire.ts";

/** Puts on the response what the rules say goes out, and reports what they remark. */
export function sealHeader(state: ResponseState, store: HeaderStore, header: CompiledHeader, status: number): void {
	const given = [store.getHeader(header.lowerName) ?? []].flat().map(String);
	// helmet sends what the application set, empty or not.
	const values = state.compiled.removalWins ? given : given.filter((value) => value.trim() !== "");
	const isEmpty = given.length > 0 && values.length === 0;
	const errorValue = state.errorHeaders?.get(header.lowerName);
	const isFile = status === 304 && state.nonce === undefined && offersRanges(store);
	const verdict = decide({
		header,
		status,
		values,
		isEmpty,
		ours: currentText(state, header),
		nonce: state.nonce,
		isFile,
		wasThere: state.mode !== "stream",
		errorValue,
	});
	for (const remark of verdict.remarks) tell(state, header, remark);
	// As with ours, no shared cache may keep it.
	if (verdict.remarks.includes("completed") && noncesIn(given.join()).length > 0) state.hasOwnNonce = true;
	if (verdict.values.length === given.length && verdict.values.every((value, i) => value === given[i])) return;
	const [first, ...more] = verdict.values;
	if (first === undefined) store.removeHeader(header.name);
	else store.setHeader(header.name, more.length === 0 ? first : verdict.values);
}

function tell(state: ResponseState, header: CompiledHeader, remark: Remark): void {
	if (remark === "completed" && COMPLETED.has(header)) return;
	if (remark === "completed") COMPLETED.add(header);
	emitEvent(state.compiled, state.req, REMARKS[remark].code, header.name, REMARKS[remark].detail);
}

/** express.static and res.sendFile say so, also on a 304; nothing that is made for one request does. */
function offersRanges(store: HeaderStore): boolean {
	return /^\s*bytes\s*$/i.test(String(store.getHeader("accept-ranges") ?? ""));
}

/** The headers whose completion was told: a framework writes its policy on each of its pages. */
const COMPLETED = new WeakSet<CompiledHeader>();

const REMARKS: Readonly<Record<Remark, { readonly code: Code; readonly detail: string }>> = {
	weaker: {
		code: "override/weaker",
		detail: "the application set a value that protects less than the policy's; it was kept. To keep the policy's, name the header in the option lock.",
	},
	conflict: {
		code: "override/conflict",
		detail: "the response had several different values, of which browsers would ignore some or all; the policy's was sent.",
	},
	empty: {
		code: "override/empty",
		detail: "the application set an empty value, which protects nothing; the policy's was sent. To switch the header off, write false for its option.",
	},
	completed: {
		code: "override/completed",
		detail:
			'the application set a policy with neither default-src nor frame-ancestors; the directives that it lacks were added from the policy. To keep such policies as they are, write onOther: "keep". This is told once.',
	},
	"nonce dropped": {
		code: "nonce/dropped",
		detail:
			"the nonce of the response was read, but the application's own policy does not hold it, so browsers block what carries it. Append to the header instead of replacing it.",
	},
};
