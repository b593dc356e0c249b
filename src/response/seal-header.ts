import type { Code } from "../core/codes.ts";
import { noncesIn } from "../csp/grammar.ts";
import { decide, type Remark } from "./precedence.ts";
import { currentText, emitEvent, type HeaderStore, type ResponseState } from "./state.ts";
import type { CompiledHeader } from "./wire.ts";

/** Sets a header to what the rules decide, and reports their remarks. */
export function sealHeader(state: ResponseState, store: HeaderStore, header: CompiledHeader, status: number): void {
	const given = [store.getHeader(header.lowerName) ?? []].flat().map(String);
	// helmet sends the value that the application set, even an empty one.
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
	// No shared cache may keep it, as with our nonce.
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

/** express.static and res.sendFile send this header, also on a 304. Responses that are made for one request do not. */
function offersRanges(store: HeaderStore): boolean {
	return /^\s*bytes\s*$/i.test(String(store.getHeader("accept-ranges") ?? ""));
}

/** The headers for which an event was emitted, because a framework sends its policy with each of its pages. */
const COMPLETED = new WeakSet<CompiledHeader>();

const REMARKS: Readonly<Record<Remark, { readonly code: Code; readonly detail: string }>> = {
	weaker: {
		code: "override/weaker",
		detail: "the application set a value that protects less, and it was sent. To send the policy's, name the header in the option lock.",
	},
	conflict: {
		code: "override/conflict",
		detail: "the response had several different values, and browsers would ignore some or all. The policy's was sent.",
	},
	empty: {
		code: "override/empty",
		detail: "the application set an empty value, which protects nothing. The policy's was sent. To switch the header off, write false for its option.",
	},
	completed: {
		code: "override/completed",
		detail:
			'the application set a policy without default-src and frame-ancestors, so the directives that it lacks were added. To keep such policies unchanged, write onOther: "keep". This event is emitted once.',
	},
	"nonce dropped": {
		code: "nonce/dropped",
		detail:
			"the nonce was read, but the application replaced the policy with one without it, so browsers block elements that carry it. Append to the header instead of replacing it.",
	},
};
